# The search for starts, as seen from fits.

test_that("objectives are sorted, at most one per start, and the best is returned", {
  d <- oracle_data(n = 150, p = 3, M = 3, K = 3, seed = 8)
  for (starts in c(1, 2, 7)) {
    set.seed(9)
    fit <- suppressWarnings(moe_fit(d$formula, d$frame, 3, lambda = 0.1,
                                    control = moe_control(starts = starts)))
    expect_lte(length(fit$objectives), starts)
    expect_gte(length(fit$objectives), 1)
    expect_false(is.unsorted(rev(fit$objectives)))
    expect_identical(fit$objective, max(fit$objectives))
    expect_identical(fit$trace[length(fit$trace)], fit$objective)
  }
})

test_that("there is an objective for each start where the objective is rough", {
  d <- oracle_data(n = 150, p = 4, M = 4, K = 4, seed = 10)
  set.seed(11)
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, 4, lambda = 0.1,
                                  control = moe_control(starts = 6)))
  expect_length(fit$objectives, 6)
})

test_that("searches that ended in one place are one start", {
  d <- data.frame(y = rep(0:1, 30))
  set.seed(12)
  fit <- suppressWarnings(moe_fit(y ~ 1, d, 2, lambda = 5))
  expect_lte(length(fit$objectives), 10)
  expect_within(fit$loglik, 60 * log(0.5), 1e-8)
})

test_that("more starts find an optimum at least as good", {
  d <- oracle_data(n = 200, p = 4, M = 4, K = 4, seed = 13)
  best <- vapply(c(1, 8), function(starts) {
    median(vapply(1:3, function(seed) {
      set.seed(seed)
      suppressWarnings(moe_fit(d$formula, d$frame, 4, lambda = 0.2,
                               control = moe_control(starts = starts)))$objective
    }, 0))
  }, 0)
  expect_gte(best[2], best[1])
})

test_that("the search on a sample of many rows leads to the optimum of all of them", {
  d <- oracle_data(n = 5000, p = 3, M = 3, K = 2, seed = 14)
  set.seed(15)
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, lambda = 1,
                                  control = moe_control(starts = 4)))
  from_truth <- oracle_evaluate(d$truth, d$x, d$x, d$y)$tau
  peer <- suppressWarnings(moe_fit(d$formula, d$frame, lambda = 1, start = from_truth))
  expect_gt(fit$objective, peer$objective - 1e-6 * abs(peer$objective))
  expect_length(fit$objectives, 4)
})

test_that("a class of few rows does not spoil a fit whose search sees a sample", {
  set.seed(17)
  n <- 20000
  d <- data.frame(x = rnorm(n))
  d$y <- factor(c(1 + (runif(n - 4) < plogis(2 * d$x[-(1:4)])), rep(3, 4)))
  fit <- suppressWarnings(moe_fit(y ~ x, d, 2, lambda = 1, control = moe_control(starts = 2)))
  one <- moe_fit(y ~ x, d, 1, lambda = 1)
  expect_true(all(is.finite(fit$objectives)))
  expect_gt(fit$objective, one$objective - 1)
})

test_that("the last digits of an objective do not decide which search counts", {
  pool <- lapply(c(-10 - 1e-13, -12, -10, NA, -11), function(objective) list(objective = objective))
  expect_identical(distinct(pool), c(1L, 5L, 2L, 4L))
  expect_identical(distinct(pool, repeats = TRUE), c(1L, 5L, 2L, 4L, 3L))
})
