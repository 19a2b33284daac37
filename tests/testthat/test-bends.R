# Splines of a model matrix against truncated powers.

# Natural cubic splines of four knots: a basis written out.
natural_basis <- function(x, knots) {
  cubic <- function(k) (pmax(x - knots[k], 0)^3 - pmax(x - knots[4], 0)^3) / (knots[4] - knots[k])
  cbind(1, x, cubic(1) - cubic(3), cubic(2) - cubic(3))
}

test_that("bent columns span the natural cubic splines, also beyond the knots", {
  set.seed(1)
  x <- cbind(`(Intercept)` = 1, a = rexp(50), b = rbinom(50, 1, 0.5))
  knots <- spline_knots(x)
  expect_equal(knots[[2]], quantile(x[, "a"], (0:3) / 3, names = FALSE))
  new <- cbind(`(Intercept)` = 1, a = seq(-1, 10, length.out = 40), b = 0)
  bent <- bend_columns(new, knots)
  expect_identical(colnames(bent), c("(Intercept)", "a.1", "a.2", "a.3", "b"))
  expect_identical(bent[, c(1, 5)], new[, c(1, 3)])
  basis <- natural_basis(new[, "a"], knots[[2]])
  expect_identical(qr(bent[, 1:4])$rank, 4L)
  for (j in 2:4) expect_lt(max(abs(lm.fit(basis, bent[, j])$residuals)), 1e-9)
})

test_that("columns of few values stay, and knots of counts differ", {
  x <- cbind(1, rep(0:4, 20), rep(c(0, 0, 0, 0, 0, 1:5), 10))
  knots <- spline_knots(x)
  expect_null(knots[[2]])
  expect_equal(knots[[3]], c(0, 5 / 3, 10 / 3, 5))
  expect_identical(bent_from(knots), c(1L, 2L, 3L, 3L, 3L))
})

test_that("missing values stay missing in their row alone", {
  x <- cbind(1, c(seq(0, 1, 0.1)))
  knots <- spline_knots(x)
  bent <- bend_columns(rbind(x[1:3, ], c(1, NA)), knots)
  expect_identical(which(is.na(rowSums(bent))), 4L)
})
