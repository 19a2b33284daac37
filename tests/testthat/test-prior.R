# Sum-to-zero slopes (covariates x classes) of a plain logit with a ridge of 1, by optim() on the
# log-likelihood written out; columns of x are standardised.
oracle_slopes <- function(x, y, v = rep(1, length(y))) {
  classes <- max(y)
  value <- function(b) {
    b <- matrix(b, ncol(x) + 1)
    at <- oracle_log_softmax(cbind(1, x) %*% b)
    sum(v * at[cbind(seq_along(y), y)]) - sum(b[-1, ]^2) / 2
  }
  best <- optim(numeric((ncol(x) + 1) * classes), value, method = "BFGS",
                control = list(fnscale = -1, maxit = 1000, reltol = 1e-14))
  matrix(best$par, ncol(x) + 1)[-1, , drop = FALSE]
}

oracle_default <- function(slopes) {
  signif(min(max(nrow(slopes) * (ncol(slopes) - 1) / sum(slopes^2), 1), 10), 2)
}

once <- moe_control(search = "quick", max_iterations = 1)
default_of <- function(formula, data, ...) {
  suppressWarnings(do.call(moe_fit, list(formula, data, ..., control = once)))$lambda
}

logit_data <- function(n, slopes, seed) {
  set.seed(seed)
  d <- data.frame(x1 = rnorm(n), x2 = rnorm(n, 3, 5))
  eta <- cbind(0, slopes * d$x1, -slopes * d$x1)
  d$y <- factor(max.col(eta - log(-log(matrix(runif(3 * n), n)))), 1:3)
  d
}

test_that("the default ridge is that under which slopes are as large as those of a plain logit", {
  for (seed in 1:3) {
    d <- logit_data(400, 0.8, seed)
    x <- oracle_scale(cbind(1, d$x1, d$x2))[, -1]
    expected <- oracle_default(oracle_slopes(x, as.integer(d$y)))
    expect_gt(expected, 1)
    expect_lt(expected, 10)
    expect_identical(default_of(y ~ x1 + x2, d), expected)
    expect_identical(default_of(y ~ x1 + x2, d, experts = 3), expected)
  }
})

test_that("two classes have one free slope a covariate", {
  d <- subset(logit_data(500, 0.8, 4), y != "3")
  d$y <- droplevels(d$y)
  x <- oracle_scale(cbind(1, d$x1, d$x2))[, -1]
  expect_identical(default_of(y ~ x1 + x2, d), oracle_default(oracle_slopes(x, as.integer(d$y))))
})

test_that("it keeps to its limits", {
  expect_identical(default_of(y ~ x1 + x2, logit_data(300, 6, 5)), 1)
  expect_identical(default_of(y ~ x1 + x2, logit_data(300, 0, 5)), 10)
})

test_that("units, reference levels and repeated rows do not matter, weights count rows", {
  d <- logit_data(300, 0.8, 6)
  expected <- default_of(y ~ x1 + x2, d)
  other <- transform(d, x1 = 1e3 * x1 - 7, y = relevel(y, "3"))
  expect_identical(default_of(y ~ x1 + x2, other), expected)
  expect_identical(default_of(y ~ x1 + x2, d, weights = rep(2, 300)),
                   default_of(y ~ x1 + x2, rbind(d, d)))
})

test_that("where the experts have no covariates the gate's count", {
  d <- logit_data(300, 0.8, 7)
  expect_identical(default_of(y ~ 1 | x1 + x2, d), default_of(y ~ x1 + x2, d))
  expect_identical(default_of(y ~ 1, d), 1)
})

test_that("one expert has no ridge by default, and none on its intercept", {
  d <- logit_data(300, 0.8, 8)
  expect_identical(moe_fit(y ~ x1 + x2, d, experts = 1)$lambda, 0)
  fit <- moe_fit(y ~ x1 + x2, d, experts = 1, lambda = 5)
  shares <- colMeans(predict(fit, type = "prob"))
  expect_equal(unname(shares), as.vector(table(d$y) / 300), tolerance = 1e-6)
})
