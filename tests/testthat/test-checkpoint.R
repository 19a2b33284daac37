# Calls that end early and go on from their checkpoint, against calls that are not disturbed.

# Fails in the call of this number of a function of the package, until the test that asked ends.
fail_at <- function(name, number, env = parent.frame()) {
  calls <- 0
  count <- function() {
    calls <<- calls + 1
    if (calls == number) stop("power cut")
  }
  suppressMessages(trace(name, bquote(.(count)()), print = FALSE, where = asNamespace("moelogit")))
  list(calls = function() calls,
       mend = function() suppressMessages(untrace(name, where = asNamespace("moelogit"))))
}

# What run() gives after it has failed in a call of a function, and how often that was called.
resume <- function(run, name, number) {
  fault <- fail_at(name, number)
  on.exit(fault$mend())
  expect_error(run(), "power cut")
  run_again <- run()
  list(value = run_again, calls = fault$calls())
}

data <- data.frame(a = sin(1:150), b = cos((1:150)^2))
data$y <- factor(c("k", "l", "m")[1 + (data$a > 0.3) + (data$b * data$a > 0.2)])
quick <- function(...) moe_control(search = "quick", progress = FALSE, ...)

test_that("replicates and pieces that are done are not done again", {
  file <- tempfile()
  set.seed(1)
  fit <- moe_fit(y ~ a + b, data, lambda = 1, control = quick())
  calls <- list(
    draw_weights = function(file) moe_bootstrap(fit, 10, checkpoint = file, progress = FALSE),
    validate_path = function(file) {
      moe_tune(y ~ a, data, experts = 1:2, lambda = c(3, 1), folds = 3,
               control = quick(checkpoint = file))
    },
    draw_rows = function(file) {
      moe_average(y ~ a, data, experts = 2, lambda = 1, members = 8,
                  control = quick(checkpoint = file))
    }
  )
  for (name in names(calls)) {
    of <- calls[[name]]
    set.seed(2)
    whole <- of(NULL)
    set.seed(2)
    resumed <- resume(function() of(file), name, 5)
    again <- resumed$value
    same <- setdiff(names(whole), c("call", "fit"))
    expect_equal(again[same], whole[same])
    expect_equal(coef(again$fit), coef(whole$fit))
    # One more than undisturbed: that which failed.
    pieces <- c(draw_weights = 10, validate_path = 6, draw_rows = 8)
    expect_identical(resumed$calls, pieces[[name]] + 1)
    expect_false(file.exists(file))
  }
})

test_that("searches are kept, and the random numbers are those of the first call", {
  file <- tempfile()
  fit <- function(file) {
    moe_fit(y ~ a + b, data, lambda = 1, control = moe_control(checkpoint = file))
  }
  set.seed(3)
  whole <- fit(NULL)
  after <- runif(1)
  set.seed(3)
  again <- resume(function() fit(file), "search_once", 3)$value
  expect_identical(runif(1), after)
  expect_identical(again[setdiff(names(again), "call")], whole[setdiff(names(whole), "call")])
})

test_that("a choice of the number of experts goes on from wherever it ended", {
  file <- tempfile()
  fit <- function(file) {
    suppressMessages(moe_fit(y ~ a + b, data, experts = "auto", lambda = 1,
                             control = moe_control(max_experts = 3, checkpoint = file)))
  }
  set.seed(4)
  whole <- fit(NULL)
  after <- runif(1)
  settled <- fail_at("settle", 0)
  on.exit(settled$mend())
  searches <- fail_at("search_once", 0)
  set.seed(4)
  fit(NULL)
  searches$mend()
  levels <- settled$calls()
  # In the search for the overfit, in one for a level of its path, and in the last of all.
  faults <- list(list("search_once", 1), list("search_level", 2),
                 list("search_once", searches$calls()))
  for (i in seq_along(faults)) {
    set.seed(4)
    again <- resume(function() fit(file), faults[[i]][[1]], faults[[i]][[2]])$value
    expect_identical(runif(1), after)
    expect_identical(coef(again), coef(whole))
    expect_identical(again$objective, whole$objective)
    expect_false(file.exists(file))
    # No level was settled twice.
    expect_identical(settled$calls(), levels * (i + 1))
  }
})

test_that("a run over rows that are elsewhere goes on from the best coefficients", {
  file <- tempfile()
  start <- rough_fit(y ~ a + b, data)
  fit <- function(file) {
    moe_fit(y ~ a + b, moe_rows(data, memory = 0), lambda = 1, start = start,
            control = moe_control(checkpoint = file))
  }
  whole <- fit(NULL)
  fault <- fail_at("core_read", whole$evaluations - 2)
  expect_error(fit(file), class = "moe_error_rows")
  fault$mend()
  saved <- readRDS(file)$kept
  expect_named(saved[[1]], "theta")
  again <- fit(file)
  expect_equal(again$objective, whole$objective, tolerance = 1e-10)
  expect_equal(coef(again), coef(whole), tolerance = 1e-4)
  expect_lt(again$evaluations, whole$evaluations)
  expect_false(file.exists(file))
})

test_that("a cluster that dies leaves what it has done", {
  skip_on_os("windows")
  file <- tempfile()
  cl <- test_cluster(1)
  on.exit(stop_what_is_left(cl))
  run <- function(task, piece) {
    if (piece == 7 && task$dies) tools::pskill(Sys.getpid(), tools::SIGKILL)
    cat(piece, "\n", file = task$log, append = TRUE)
    piece^2
  }
  environment(run) <- baseenv()
  log <- tempfile()
  work <- function(cl) {
    with_checkpoint(file, "call", function(checkpoint) {
      task <- list(dies = !is.null(cl), log = log)
      run_tasks(run, task, as.list(1:12), cl, FALSE, "Pieces", checkpoint)
    })
  }
  expect_error(suppressWarnings(work(cl)), "all that were left have died")
  before <- scan(log, quiet = TRUE)
  expect_identical(work(NULL), as.list((1:12)^2))
  # Of the batch in which it died nothing is known.
  after <- scan(log, quiet = TRUE)[-seq_along(before)]
  expect_identical(after, as.numeric(after[1]:12))
  expect_gt(after[1], 1)
})

test_that("a file of another call, and one that is no checkpoint, are refused", {
  file <- tempfile()
  run <- function(n) with_checkpoint(file, list(n), function(checkpoint) stop("power cut"))
  expect_error(run(1), "power cut")
  expect_error(run(2), "is of another: remove it")
  expect_error(run(1), "power cut")
  writeLines("text", file)
  expect_error(run(1), "is neither")
  expect_error(moe_control(checkpoint = 1), "`checkpoint` must be NULL or the name")
  expect_error(moe_control(checkpoint = file.path(file, "in", "none")), "folder that exists")
  unlink(file)
})
