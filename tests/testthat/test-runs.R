# Runs as part of a session: what stops them, what runs beside them, and what they show.

d <- oracle_data(n = 150, p = 3, M = 3, K = 2, seed = 4)
start <- oracle_start(d)
small <- function(...) {
  suppressWarnings(moe_fit(d$formula, d$frame, 2, lambda = 1, start = start,
                           control = moe_control(...)))
}
same_model <- function(fit, other) expect_identical(fit[c("coefficients", "trace")],
                                                    other[c("coefficients", "trace")])

# --- interrupts ---

# Far too long for one call of the core; R's time limit goes the way of an interrupt.
endless <- local({
  set.seed(1)
  n <- 2e5
  list(x = matrix(rnorm(n * 6), n), y = factor(sample(4, n, TRUE)))
})
interrupted <- function(code, after = 0.3) {
  setTimeLimit(elapsed = after, transient = TRUE)
  on.exit(setTimeLimit())
  code
}

test_that("a run stops when R asks it to, and the session is as it was", {
  before <- small()
  tau <- oracle_softmax(matrix(rnorm(2e5 * 6), ncol = 6))
  for (threads in 1:2) {
    control <- moe_control(threads = threads, tolerance = 0, max_iterations = 1e6)
    expect_error(interrupted(moe_fit(endless$x, endless$y, 6, start = tau, control = control)),
                 "time limit")
    same_model(small(), before)
  }
})

# A search of seconds, for limits far below one.
long <- oracle_data(n = 3000, p = 6, M = 4, K = 3, seed = 4)
search_long <- function(...) {
  moe_fit(long$formula, long$frame, 4, control = moe_control(search = "thorough", ...))
}

test_that("a time limit stops the search for starts wherever it strikes", {
  set.seed(1)
  for (after in seq(0.01, 0.1, length.out = 50)) {
    expect_error(interrupted(search_long(), after), "time limit")
  }
})

test_that("a time limit is no failure of a replicate or a fold", {
  fit <- moe_fit(d$formula, d$frame, 1, lambda = 1)
  expect_error(interrupted(moe_bootstrap(fit, replicates = 20000, progress = FALSE)), "time limit")
  expect_error(interrupted(moe_tune(d$formula, d$frame, experts = 1:3, lambda = 100:1)),
               "time limit")
})

test_that("a progress bar is closed when a run is stopped", {
  suppressMessages(expect_error(interrupted(search_long(progress = TRUE)), "time limit"))
  expect_length(cli:::clienv$progress, 0)
})

# --- fits beside fits ---

test_that("a fit while another one is being set up does not disturb it", {
  apart <- small()
  inside <- NULL
  nested <- function(x) {
    inside <<- small()
    x
  }
  formula <- y ~ nested(x1) + x2
  around <- suppressWarnings(moe_fit(formula, d$frame, 2, lambda = 1, start = start))
  same_model(inside, apart)
  expect_equal(unname(coef(around, "list")$expert), unname(coef(apart, "list")$expert))
  expect_identical(around$trace, apart$trace)
})

test_that("forked children fit after threads have been used, and fit the same", {
  skip_on_os("windows")
  parent <- small(threads = 2)
  children <- parallel::mclapply(1:2, function(i) small(threads = 2), mc.cores = 2)
  for (child in children) same_model(child, parent)
})

test_that("a process other than the one that loaded the package uses one thread", {
  control <- moe_control(threads = 2)
  expect_identical(usable_threads(control), 2L)
  process <- state
  loaded_by <- process$pid
  process$pid <- loaded_by + 1L
  on.exit(process$pid <- loaded_by)
  expect_identical(usable_threads(control), 1L)
})

# --- ends ---

test_that("a run ends as stalled where rounding hides what is left", {
  exact <- moe_fit(d$formula, d$frame, 1, lambda = 1, control = moe_control(tolerance = 1e-14))
  for (method in c("mm", "accelerated")) {
    expect_warning(
      fit <- moe_fit(d$formula, d$frame, 1, lambda = 1,
                     control = moe_control(method, tolerance = 0, max_iterations = 1e5)),
      "stalled"
    )
    expect_identical(fit$status, "stalled")
    expect_false(is.unsorted(fit$trace))
    expect_equal(fit$objective, exact$objective, tolerance = 1e-13)
  }
})

# --- the progress bar ---

test_that("a progress bar changes nothing and is not shown before its time", {
  old <- options(cli.progress_show_after = 1e4)
  on.exit(options(old))
  fit <- function(progress) {
    set.seed(1)
    suppressWarnings(moe_fit(d$formula, d$frame, 2, lambda = 1,
                             control = moe_control(search = "quick", progress = progress)))
  }
  expect_silent(with_bar <- fit(TRUE))
  same_model(with_bar, fit(FALSE))
})

# --- starts that are given ---

test_that("a start that does not fit the problem is refused", {
  d <- oracle_data(n = 60, p = 2, M = 2, K = 2, seed = 18)
  tau <- oracle_start(d)
  refuses <- function(start, message, experts = 2) {
    expect_error(moe_fit(d$formula, d$frame, experts, start = start), message)
  }
  refuses(tau[-1, ], "one row per observation")
  refuses(tau, "one column per expert", experts = 3)
  refuses(2 * tau, "responsibilities")
  refuses(replace(tau, 1, NA), "responsibilities")
  refuses(cbind(tau[, 1] + 1, -tau[, 1]), "responsibilities")
  refuses("kmeans", "must be NULL, a fit")
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, 2, lambda = 1, start = tau))
  refuses(fit, "as many experts", experts = 3)
  d$frame$more <- d$frame$x1^2
  expect_error(moe_fit(y ~ x1 + more, d$frame, 2, start = fit), "lacks \"more\"")
  d$frame$y <- factor(rep(1:3, 20))
  refuses(fit, "same classes")
})

test_that("a fit on other covariate units is a start for the same coefficients", {
  d <- oracle_data(n = 200, p = 3, M = 3, K = 2, seed = 19, expert_scale = 1.5)
  fit <- moe_fit(d$formula, d$frame, lambda = 1, start = oracle_start(d))
  half <- d$frame[1:100, ]
  from_fit <- suppressWarnings(moe_fit(d$formula, half, lambda = 1, start = fit,
                                       control = moe_control(max_iterations = 0)))
  expect_within(coef(from_fit, "list")$expert, coef(fit, "list")$expert, 1e-10)
  expect_within(predict(from_fit, d$frame, "prob"), predict(fit, d$frame, "prob"), 1e-10)
})
