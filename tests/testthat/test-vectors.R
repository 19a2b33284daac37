# Classes that other packages put on numbers and text, against the bare numbers and text.

set.seed(1)
n <- 120
d <- data.frame(count = sample(0:20, n, TRUE), x = rnorm(n))
d$y <- factor(ifelse(runif(n) < plogis(0.3 * (d$count - 10)), "yes", "no"))
d$w <- sample(1:3, n, TRUE)
fit <- moe_fit(y ~ count + x, d, experts = 1)
same <- function(data, ...) {
  other <- moe_fit(y ~ count + x, data, experts = 1, ...)
  expect_equal(other$coefficients, fit$coefficients)
  expect_equal(predict(other, data[1:9, ], "prob"), predict(fit, d[1:9, ], "prob"))
}

test_that("64-bit integers are the numbers that they stand for, everywhere", {
  skip_if_not_installed("bit64")
  e <- transform(d, count = bit64::as.integer64(count))
  same(e)
  expect_equal(predict(fit, e, "prob"), predict(fit, d, "prob"))
  expect_equal(moe_fit(y ~ I(count - 10L) + x, e, experts = 1)$loglik, fit$loglik)
  zero_one <- bit64::as.integer64(d$y == "yes")
  expect_identical(moe_fit(zero_one ~ x, d, experts = 1)$levels, c("0", "1"))
  expect_equal(moe_fit(cbind(d$count), zero_one, experts = 1)$loglik,
               moe_fit(cbind(d$count), d$y, experts = 1)$loglik)
  weighted <- moe_fit(y ~ x, d, weights = w, experts = 1)
  expect_equal(moe_fit(y ~ x, transform(d, w = bit64::as.integer64(w)), weights = w,
                       experts = 1)$loglik, weighted$loglik)
  expect_equal(moe_effects(fit, newdata = e)$estimate, moe_effects(fit, newdata = d)$estimate)
  e$count[3] <- NA
  expect_identical(which(is.na(predict(fit, e))), 3L)
  e$count[3] <- bit64::as.integer64("9007199254740993")
  expect_error(predict(fit, e), "count has 9007199254740993 in row 3", class = "moe_error_input")
})

test_that("labelled columns are their values", {
  label <- function(x, class) structure(x, class = c(class, typeof(x)), label = "how many",
                                        labels = c(none = 0L))
  same(transform(d, count = label(count, c("haven_labelled", "vctrs_vctr"))))
  same(transform(d, count = structure(count, class = c("labelled", "integer"), label = "how many")))
  ward <- sample(c("A", "B", "C"), n, TRUE)
  bare <- moe_fit(y ~ ward, d, experts = 1)
  worn <- moe_fit(y ~ ward, transform(d, ward = structure(factor(ward), label = "Ward",
                                                          class = c("labelled", "factor"))),
                  experts = 1)
  expect_equal(worn$coefficients, bare$coefficients)
  expect_equal(predict(worn, data.frame(ward = "B"), "prob"),
               predict(bare, data.frame(ward = "B"), "prob"))
})

test_that("codes that a labelled column declares as missing are missing", {
  e <- d
  e$count[1:4] <- c(98L, 99L, 150L, 7L)
  e$count <- structure(e$count, na_values = c(98, 99), na_range = c(140, 200),
                       class = c("haven_labelled_spss", "haven_labelled", "vctrs_vctr", "integer"))
  kept <- moe_fit(y ~ count + x, d[-(1:3), ], experts = 1)
  expect_equal(moe_fit(y ~ count + x, e, experts = 1)$rows, n - 3)
  expect_identical(which(is.na(predict(kept, e))), 1:3)
})

test_that("case weights of tidymodels are the numbers that they hold", {
  skip_if_not_installed("hardhat")
  weighted <- moe_fit(y ~ x, d, weights = w, experts = 1)
  prob <- predict(weighted, type = "prob")
  for (weights in list(hardhat::frequency_weights(d$w),
                       hardhat::importance_weights(as.double(d$w)))) {
    expect_equal(moe_fit(y ~ x, d, weights = weights, experts = 1)$loglik, weighted$loglik)
    d$column <- weights
    expect_equal(moe_fit(y ~ x, d, weights = column, experts = 1)$loglik, weighted$loglik)
    expect_equal(moe_fit(cbind(d$x), d$y, weights = weights, experts = 1)$loglik, weighted$loglik)
    expect_equal(moe_effects(weighted, weights = weights), moe_effects(weighted))
    expect_equal(moe_calibration(prob, d$y, weights = weights, bootstrap = 0)$measures,
                 moe_calibration(prob, d$y, weights = d$w, bootstrap = 0)$measures)
  }
})

test_that("dates and times as lists are vectors", {
  e <- transform(d, time = as.POSIXct("2020-01-01", tz = "UTC") + 86400 * count)
  listed <- e
  listed$time <- as.POSIXlt(e$time)
  as_vector <- moe_fit(y ~ time, e, experts = 1)
  expect_equal(moe_fit(y ~ time, listed, experts = 1)$coefficients, as_vector$coefficients)
  expect_equal(predict(as_vector, listed, "prob"), predict(as_vector, e, "prob"))
})

test_that("levels of text are in the order of code points, in any locale", {
  text <- c("b", "B", "a", "_", "\u00e9", "Z", "10", "9")
  expected <- c("10", "9", "B", "Z", "_", "a", "b", "\u00e9")
  expect_identical(levels(text_factor(c(text, NA))), expected)
  e <- data.frame(class = rep(c("b", "B", "a"), 40), ward = rep(c("x", "Y", "z", "X"), 30))
  fit <- moe_fit(class ~ ward, e, experts = 1, lambda = 1)
  expect_identical(fit$levels, c("B", "a", "b"))
  expect_identical(fit$xlevels$ward, c("X", "Y", "x", "z"))
  expect_identical(fit$columns$expert, c("(Intercept)", "wardY", "wardx", "wardz"))
})

test_that("a factor whose codes stand for no level is refused wherever it comes from", {
  broken <- function(code) {
    structure(c(1L, 2L, code, rep(1:2, length.out = n - 3)), levels = c("a", "b"),
              class = "factor")
  }
  for (code in c(0L, 3L, 100000000L, -5L)) {
    refused <- function(expression) {
      expect_error(expression, paste("from 1 to its 2 levels, but .* has", code, "in row 3"),
                   class = "moe_error_input")
    }
    d$f <- broken(code)
    refused(moe_fit(f ~ x, d, experts = 1))
    refused(moe_fit(y ~ f, d, experts = 1))
    refused(moe_fit(cbind(d$x), d$f, experts = 1))
    refused(moe_fit_worker(cbind(1, x = d$x), cbind(1, x = d$x), d$f, experts = 1))
    refused(moe_tune(f ~ x, d, experts = 1))
    refused(predict(moe_fit(y ~ f, transform(d, f = broken(1L)), experts = 1), d))
    refused(moe_calibration(rep(0.5, n), d$f, bootstrap = 0))
    edited <- moe_fit(cbind(d$x), d$y, experts = 1)
    edited$model$y[] <- edited$model$y
    edited$model$y <- structure(replace(as.integer(edited$model$y), 3, code),
                                levels = edited$levels, class = "factor")
    expect_error(vcov(edited), "has not the classes of the fit", class = "moe_error_input")
  }
})

test_that("a matrix of a class whose dim() lies is its numbers", {
  lying <- structure(cbind(d$x, d$count), class = "lying")
  registerS3method("dim", "lying", function(x) c(10000L, 50L), envir = environment())
  bare <- moe_fit(cbind(d$x, d$count), d$y, experts = 1)
  expect_equal(moe_fit(lying, d$y, experts = 1)$coefficients, bare$coefficients)
  expect_equal(predict(bare, lying, "prob"), fitted(bare))
})
