test_that("the defaults are as documented", {
  control <- moe_control(progress = FALSE)
  expect_s3_class(control, "moe_control")
  expect_identical(
    unclass(control),
    list(method = "accelerated", search = "standard", max_iterations = 10000L, tolerance = 1e-12,
         threads = 1L, progress = FALSE, intercept_ridge = 0.1, max_experts = 8L,
         checkpoint = NULL)
  )
})

test_that("what is asked for is kept", {
  control <- moe_control("mm", search = "thorough", max_iterations = 0, tolerance = 1e-6,
                         threads = 2, progress = TRUE, intercept_ridge = 0.5, max_experts = 5,
                         checkpoint = "kept.rds")
  expect_identical(
    unclass(control),
    list(method = "mm", search = "thorough", max_iterations = 0L, tolerance = 1e-6, threads = 2L,
         progress = TRUE, intercept_ridge = 0.5, max_experts = 5L, checkpoint = "kept.rds")
  )
})

# One row, one test: which argument, the values to refuse, what the message says must hold.
for (case in list(
  list("method", list("a", NA_character_, 1, c("mm", "accelerated"), character()),
       "one of \"accelerated\", \"mm\""),
  list("search", list("fast", NA_character_, 3, c("quick", "thorough"), character()),
       "one of \"standard\", \"quick\", \"thorough\""),
  list("max_iterations", list(-1, 0.5, NA, Inf, "a", 1:2, NULL, 3e9),
       "one whole number of at least 0"),
  list("tolerance", list(-1e-9, 1.1, NA, NaN, Inf, "a", c(0.1, 0.2), NULL),
       "one finite number from 0 to 1"),
  list("threads", list(0, 1.5, NA, "a", 1:2, NULL, 1025), "one whole number from 1 to 1024"),
  list("progress", list(NA, "yes", 1, c(TRUE, FALSE), NULL), "TRUE or FALSE"),
  list("intercept_ridge", list(-0.1, 1.1, NA, Inf, "a", c(0, 1), NULL),
       "one finite number from 0 to 1"),
  list("max_experts", list(1, 0, 2.5, NA, Inf, "a", 2:3, NULL), "one whole number of at least 2")
)) {
  test_that(paste("bad values are refused:", case[[1]]), {
    for (value in case[[2]]) {
      arguments <- list(value)
      names(arguments) <- case[[1]]
      expect_error(do.call(moe_control, arguments),
                   paste0("`", case[[1]], "` must be ", case[[3]], ".*, not "),
                   class = "moe_error_input")
    }
  })
}

test_that("a message repeats a short value and describes a long one", {
  expect_error(moe_control(max_experts = 2.5), "not 2.5.", fixed = TRUE)
  expect_error(moe_control(max_experts = "many"), "not \"many\".", fixed = TRUE)
  expect_error(moe_control(max_experts = 1:9), "length 9.", fixed = TRUE)
  expect_error(moe_control(max_experts = diag(2)), "2 x 2.", fixed = TRUE)
  expect_error(moe_control(max_experts = NULL), "not NULL.", fixed = TRUE)
})

test_that("the limits themselves are accepted", {
  expect_identical(moe_control(tolerance = 0)$tolerance, 0)
  expect_identical(moe_control(tolerance = 1)$tolerance, 1)
  expect_identical(moe_control(intercept_ridge = 1)$intercept_ridge, 1)
  cores <- parallel::detectCores()
  skip_if(is.na(cores) || cores >= 1024)
  expect_message(control <- moe_control(threads = 1024), paste("from 1024 to", cores))
  expect_identical(control$threads, cores)
  expect_silent(check_control(control))
})

test_that("an unknown setting is an error", {
  expect_error(moe_control(speed = 9), "unused argument")
})

test_that("the option sets the number of threads and is checked too", {
  before <- options(moelogit.threads = 2)
  on.exit(options(before))
  expect_identical(moe_control()$threads, 2L)
  expect_identical(moe_control(threads = 1)$threads, 1L)
  options(moelogit.threads = "all")
  expect_error(moe_control(), "`threads` must be .* not \"all\"", class = "moe_error_input")
})

test_that("a fit keeps the settings it was made with", {
  control <- moe_control("mm", search = "quick", tolerance = 1e-5)
  set.seed(1)
  fit <- moe_fit(Species ~ Sepal.Length, iris, experts = 1, lambda = 1, control = control)
  expect_identical(fit$control, control)
})

test_that("a setting edited by hand is taken, and one taken out has its default", {
  control <- moe_control(tolerance = 1e-5)
  control$search <- "quick"
  control$max_iterations <- NULL
  set.seed(1)
  fit <- moe_fit(Species ~ Sepal.Length, iris, lambda = 1, control = control)
  expect_identical(fit$control$search, "quick")
  expect_identical(sum(fit$optima$found), 1L)
  expect_identical(fit$control$max_iterations, 10000L)
})

test_that("printing shows every setting with its value and returns the object", {
  control <- moe_control("mm", search = "quick", tolerance = 1e-6, progress = FALSE)
  expect_output(returned <- withVisible(print(control)), "Settings of moe_fit\\(\\)")
  expect_identical(returned$value, control)
  expect_false(returned$visible)
  lines <- capture.output(print(control))
  for (line in c("method +mm", "search +quick", "max_iterations +10000", "tolerance +1e-06",
                 "threads +1", "progress +FALSE", "intercept_ridge +0.1", "max_experts +8",
                 "checkpoint +none")) {
    expect_length(grep(paste0("^  ", line, "$"), lines), 1)
  }
  expect_length(lines, 1 + length(control))
})

# A child forks, loads the package and asks for two threads; it would hang if the parent had used
# OpenMP.
test_that("a child that loads the package itself has one thread", {
  skip_on_os("windows")
  before <- state$pid
  on.exit(state$pid <- before)
  threads <- parallel::mclapply(1:2, function(i) {
    state$pid <- Sys.getpid() # as .onLoad() does
    usable_threads(moe_control(threads = 2))
  }, mc.cores = 2)
  expect_identical(threads, list(1L, 1L))
  expect_identical(usable_threads(structure(list(threads = 2L))), 2L)
})
