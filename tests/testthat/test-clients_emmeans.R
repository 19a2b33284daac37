# emmeans, against what it gives for multinom(), and predict() with its errors.

skip_if_not_installed("emmeans")
mixture <- client_fits$mixture
numbers <- function(x) as.data.frame(x)[, c(3, 4)]

test_that("means, contrasts and trends are those of multinom()", {
  skip_if_not_installed("nnet")
  one <- client_fits$classes
  other <- client_peers$classes
  for (mode in c("prob", "latent")) {
    means <- function(fit) emmeans::emmeans(fit, ~ y | f, mode = mode)
    expect_same_numbers(numbers(means(one)), numbers(means(other)))
    expect_same_numbers(numbers(pairs(means(one))), numbers(pairs(means(other))))
  }
  trends <- function(fit) {
    as.data.frame(emmeans::emtrends(fit, ~ y, var = "x1", mode = "prob"))[2:3]
  }
  expect_same_numbers(trends(one), trends(other))
})

test_that("means of a mixture are averages of predictions, with their errors", {
  means <- as.data.frame(emmeans::emmeans(mixture, ~ y | f, at = list(x1 = 2, x2 = 0.5)))
  grid <- data.frame(x1 = 2, x2 = 0.5, f = c("u", "v", "w"))
  expected <- predict(mixture, grid, type = "prob", se.fit = TRUE)
  expect_equal(means$emmean, as.vector(t(expected$fit)))
  expect_equal(means$SE, as.vector(t(expected$se.fit)))
  averaged <- as.data.frame(emmeans::emmeans(mixture, ~ y, at = list(x1 = 2, x2 = 0.5)))
  expect_equal(averaged$emmean, unname(colMeans(expected$fit)))
})

test_that("another covariance can be given", {
  mean_of <- function(...) {
    as.data.frame(emmeans::emmeans(mixture, ~ y | f, at = list(x1 = 2, x2 = 0.5), ...))$SE
  }
  grid <- data.frame(x1 = 2, x2 = 0.5, f = c("u", "v", "w"))
  robust <- predict(mixture, grid, type = "prob", se.fit = TRUE, vcov = "sandwich")$se.fit
  expect_equal(mean_of(vcov. = vcov(mixture, "sandwich")), as.vector(t(robust)))
  expect_equal(mean_of(vcov. = function(fit) vcov(fit, "sandwich")), as.vector(t(robust)))
})

test_that("a fit inside a function is found", {
  inside <- function(table) emmeans::emmeans(moe_fit(y ~ x1 + f, table, experts = 1), ~ y | f)
  expect_identical(nrow(as.data.frame(inside(client_data))), 9L)
})
