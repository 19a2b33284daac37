# Predictions where columns were dropped, against lm(), which warns of the same rows.

set.seed(5)
d <- data.frame(a = rnorm(60), b = rnorm(60))
d$sum <- 3 * d$a - d$b + 2
d$same <- 7
d$y <- factor(rep(c("p", "q"), 30))
fit_to <- function(formula, ...) suppressMessages(moe_fit(formula, d, experts = 1, ...))

test_that("combinations of the kept columns are found, whatever their units", {
  x <- cbind(1, a = 1e6 * d$a, b = 1e-6 * d$b + 1, sum = d$sum, same = 7)
  kept <- c(TRUE, TRUE, TRUE, FALSE, FALSE)
  expect_equal(implied_columns(x, kept, NULL), cbind(c(1e6 + 2, 3e-6, -1e6), c(7, 0, 0)),
               tolerance = 1e-8)
  weights <- rep(0:1, 30)
  x[weights == 0, "sum"] <- 0
  expect_equal(implied_columns(x, kept, weights)[2, 1], 3e-6, tolerance = 1e-8)
  expect_null(implied_columns(x, rep(TRUE, 5), NULL))
})

test_that("new rows that break what the dropped columns followed are warned of, others not", {
  fit <- fit_to(y ~ a + b + sum + same)
  new <- d[1:5, ]
  expect_silent(predict(fit, new))
  expect_silent(fitted(fit))
  new$sum[2] <- new$sum[2] + 0.01
  expect_warning(p <- predict(fit, new, "prob"), "\"sum\", \"same\".* in 1 row of `newdata`")
  expect_identical(p, fitted(fit)[1:5, ])
  new$same[3:4] <- 8
  expect_warning(predict(fit, new), "in 3 rows of `newdata`")
  expect_warning(predict(fit, new, "prob", interval = "confidence"), "in 3 rows of `newdata`")
  new$a <- NA
  expect_silent(predict(fit, new))
  by_matrix <- suppressMessages(moe_fit(as.matrix(d[1:4]), d$y, experts = 1))
  expect_warning(predict(by_matrix, transform(d[1:2, 1:4], sum = 0)), "in 2 rows")
  gate <- suppressMessages(suppressWarnings(
    moe_fit(y ~ a | a + b + sum, d, experts = 2, lambda = 1,
            control = moe_control(search = "quick"))
  ))
  expect_warning(predict(gate, transform(d[1:2, ], sum = 0)), "\"sum\".* in 2 rows")
})

test_that("a factor that another implies, and many rows, are looked at too", {
  d$g <- factor(rep(c("u", "v", "w"), 20))
  d$h <- factor(d$g, labels = c("x", "y", "z"))
  fit <- suppressMessages(moe_fit(y ~ g + h, d, experts = 1))
  expect_silent(predict(fit, data.frame(g = "v", h = "y")))
  many <- data.frame(g = "v", h = rep(c("y", "z"), c(40000, 3)))
  expect_warning(predict(fit, many), "in 3 rows of `newdata`")
})
