# Variables of new data against those of the fit: what is the same model is the same probabilities,
# anything else is refused with its name, what was expected and what was given.

set.seed(2)
n <- 150
d <- data.frame(x = rnorm(n), day = as.Date("2021-01-01") + sample(0:99, n, TRUE),
                ward = factor(sample(c("A", "B", "C"), n, TRUE)))
d$time <- as.POSIXct("2021-01-01", tz = "UTC") + 3600 * sample(0:99, n, TRUE)
d$lag <- as.difftime(sample(1:50, n, TRUE), units = "hours")
d$scores <- matrix(rnorm(2 * n), n)
d$old <- d$x > 0
d$y <- factor(ifelse(runif(n) < ifelse(d$day > "2021-02-20", 0.8, 0.2), "ill", "well"))
of <- function(formula, data) moe_fit(formula, data, experts = 1, lambda = 1)
refused <- function(expression, message) {
  expect_error(expression, message, class = "moe_error_input")
}
prob <- function(fit, new) unname(predict(fit, new, "prob"))
same <- function(fit, new, old = d[1:9, ]) {
  expect_equal(prob(fit, new), prob(fit, old))
}

test_that("dates come as dates or as their text, and not as anything else", {
  fit <- of(y ~ day, d)
  few <- d[1:9, ]
  same(fit, transform(few, day = format(day)))
  same(fit, transform(few, day = factor(format(day))))
  expect_equal(prob(fit, data.frame(day = format(d$day[4]))),
               prob(fit, d[4, ]))
  kind <- "day was Date, but is "
  refused(predict(fit, transform(few, day = as.POSIXct(day))), paste0(kind, ".*POSIXct"))
  refused(predict(fit, transform(few, day = as.double(day))), paste0(kind, "a numeric vector"))
  refused(predict(fit, transform(few, day = "5 January 2021")), paste0(kind, "a character vector"))
  refused(predict(fit, transform(few, day = "2021-01-05 10:00")), paste0(kind, "a character vector"))
  refused(predict(fit, transform(few, day = "2021-02-30")), paste0(kind, "a character vector"))
  refused(moe_effects(fit, newdata = transform(few, day = as.double(day))), kind)
  expect_true(all(is.na(predict(fit, transform(few, day = NA)))))
  expect_true(all(is.na(predict(fit, transform(few, day = NA_character_)))))
  # Also inside of functions.
  expect_equal(prob(of(y ~ as.numeric(day - as.Date("2020-12-31")), d),
                       transform(few, day = format(day))),
               prob(of(y ~ as.numeric(day - as.Date("2020-12-31")), d), few))
})

test_that("times come as times, whatever their zone", {
  fit <- of(y ~ time, d)
  few <- d[1:9, ]
  same(fit, transform(few, time = as.POSIXct(format(time, tz = "Asia/Tokyo"), tz = "Asia/Tokyo")))
  refused(predict(fit, transform(few, time = as.Date(time))), "time was POSIXct, but is .*\"Date\"")
  refused(predict(fit, transform(few, time = format(time))), "time was POSIXct, but is a character")
  refused(predict(fit, transform(few, time = as.double(time))), "time was POSIXct, but is a numeric")
  expect_true(all(is.na(predict(fit, transform(few, time = NA)))))
})

test_that("differences of times are put into the units of the fit", {
  fit <- of(y ~ lag, d)
  few <- d[1:9, ]
  units(few$lag) <- "mins"
  same(fit, few)
  refused(predict(fit, transform(few, lag = as.double(lag))), "lag was difftime in hours, but is a n")
  # The units of a difference depend on its values.
  d$end <- d$time + 3600 * as.double(d$lag)
  fit <- of(y ~ I(end - time), d)
  near <- transform(d[1:9, ], end = time + 60)
  expect_equal(prob(fit, near),
               prob(of(y ~ hours, transform(d, hours = as.double(lag))),
                       data.frame(hours = rep(1 / 60, 9))))
})

test_that("numbers with units of their own keep them", {
  in_units <- function(x, of) structure(x, units = of, class = "units")
  d$far <- in_units(abs(d$x), "km")
  fit <- of(y ~ far, d)
  few <- transform(d[1:9, ], far = in_units(abs(x), "km"))
  same(fit, few, few)
  near <- transform(few, far = in_units(1000 * as.double(far), "m"))
  refused(predict(fit, near), "far was units in .*km.*, but is .*units.* in \"m\"")
  refused(predict(fit, transform(near, far = 1)), "far was units in .*km.*, but is a numeric")
})

test_that("numbers come as numbers or logical values", {
  fit <- of(y ~ x + scores, d)
  few <- d[1:9, ]
  refused(predict(fit, transform(few, x = as.character(x))), "x was numeric, but is a character")
  refused(predict(fit, transform(few, x = factor(x))), "x was numeric, but is .*factor")
  refused(predict(fit, transform(few, x = day)), "x was numeric, but is .*Date")
  refused(predict(fit, transform(few, x = lag)), "x was numeric, but is .*difftime.* in hours")
  refused(predict(fit, transform(few, x = x + 1i)), "x was numeric, but is a complex")
  same(fit, transform(few, x = TRUE), transform(few, x = 1))
  same(of(y ~ log(abs(x)), d), transform(few, x = 2L), transform(few, x = 2))
  refused(predict(of(y ~ log(abs(x)), d), transform(few, x = "2")), "x was numeric, but is a char")
  refused(predict(of(y ~ old, d), transform(few, old = "yes")), "old was logical, but is a character")
})

test_that("columns of a matrix are as many as they were, missing ones too", {
  fit <- of(y ~ scores + x, d)
  few <- d[1:4, ]
  few$scores <- NA
  expect_true(all(is.na(predict(fit, few))))
  few$scores <- matrix(rnorm(160), 4)
  refused(predict(fit, few), "scores had 2 columns, but has 40")
  refused(moe_effects(fit, "x", newdata = few), "scores had 2 columns, but has 40")
  refused(predict(fit, transform(d[1:4, ], scores = x)), "scores had 2 columns, but has 1")
  basis <- of(y ~ splines::ns(x, 3), d)
  expect_equal(prob(basis, d), unname(fitted(basis)))
})

test_that("covariates that are more than numbers are refused", {
  # As periods of lubridate are, whose days are beside their numbers.
  setClass("Span", contains = "numeric", where = environment())
  d$span <- as.double(seq_len(n))
  span <- new("Span", d$span)
  refused(of(y ~ span, d["y"]), "Covariates must be .* but span is .*\"Span\"")
  d$span <- complex(n)
  refused(of(y ~ span, d), "Covariates must be .* but span is a complex")
})

# --- contrasts and levels ---

test_that("contrasts set on a factor are those of the model", {
  skip_if_not_installed("nnet")
  equal <- function(formula, data, ...) {
    ours <- moe_fit(formula, data, experts = 1, ...)
    theirs <- nnet::multinom(formula, data, trace = FALSE, reltol = 1e-14, ...)
    expect_equal(ours$loglik, as.double(logLik(theirs)), tolerance = 1e-8)
    expect_equal(drop(ours$coefficients$expert), drop(t(coef(theirs))), tolerance = 1e-3,
                 ignore_attr = TRUE)
    expect_equal(prob(ours, data[1:9, ])[, 2], unname(fitted(theirs)[1:9, 1]),
                 tolerance = 1e-4)
    # Levels may come as text, and few of them.
    name <- all.vars(formula)[2]
    as_text <- data[7, ]
    as_text[[name]] <- as.character(as_text[[name]])
    expect_equal(prob(ours, as_text), prob(ours, data[7, ]))
  }
  expect_silent(equal(y ~ ward, d))
  trend <- d
  contrasts(trend$ward, 1) <- cbind(linear = -1:1)
  expect_silent(equal(y ~ ward, trend))
  expect_identical(of(y ~ ward, trend)$columns$expert, c("(Intercept)", "wardlinear"))
  sums <- d
  contrasts(sums$ward) <- contr.sum(3)
  expect_silent(equal(y ~ ward, sums))
  expect_silent(equal(y ~ C(ward, sum), d))
  expect_silent(equal(y ~ C(ward, contr.treatment, base = 2) + x, d))
  ordered <- transform(d, ward = factor(ward, ordered = TRUE))
  contrasts(ordered$ward) <- contr.treatment(3)
  expect_silent(equal(y ~ ward, ordered))
})

test_that("contrasts that levels without rows cost are said to be lost", {
  contrasts(d$ward) <- contr.sum(3)
  expect_warning(moe_fit(y ~ ward, d, subset = ward != "B", experts = 1), "contrasts set on ward .*do not occur: \"B\"")
})

test_that("NA as a level is a level", {
  d$ward[1:40] <- NA
  d$ward <- addNA(d$ward)
  fit <- of(y ~ ward, d)
  expect_identical(fit$columns$expert, c("(Intercept)", "wardB", "wardC", "wardNA"))
  expect_equal(fit$rows, n)
  expect_equal(prob(fit, d), unname(fitted(fit)))
  expect_equal(prob(fit, data.frame(ward = c(NA, "B"))),
               prob(fit, d[c(1, which(d$ward %in% "B")[1]), ]))
  expect_equal(nrow(moe_effects(fit)), 3L * 2L)
  refused(of(ward ~ x, d), "`ward` must not have NA as a level")
})

test_that("levels that new data lack stay inside functions of a factor", {
  for (formula in c(y ~ C(ward, sum), y ~ as.integer(ward), y ~ relevel(ward, "B"))) {
    fit <- of(formula, d)
    alone <- which(d$ward == "C")[1]
    expect_equal(prob(fit, data.frame(ward = "C")), prob(fit, d[alone, ]))
  }
})

# --- formulas ---

test_that("a response among the covariates is refused, and a part of it is warned of", {
  refused(of(reformulate(names(d), "y"), d), "on the left of the formula only, but y is also")
  refused(of(y ~ y + x, d), "but y is also among")
  refused(moe_fit(y ~ x | y, d), "but y is also among")
  refused(of(y ~ x:y, d), "but y is also among")
  refused(of(factor(old) ~ factor(old) + x, d), "but factor\\(old\\) is also among")
  refused(moe_tune(y ~ x + y, d), "but y is also among")
  expect_warning(of(factor(old) ~ old + x, d), "response is made of is also among .*\"old\"")
  expect_silent(of(y ~ ., d[c("y", "x", "day")]))
})

test_that("two columns of one name are refused in the formula's terms", {
  e <- data.frame(x = factor(d$old + 0L), x1 = d$x, y = d$y)
  refused(of(y ~ x + x1, e), "x and x1 both give \"x1\"")
  refused(of(y ~ x1 + x, e), "x1 and x both give \"x1\"")
  refused(moe_fit(y ~ x1 | x1 + x, e), "x1 and x both give \"x1\"")
  d$ma <- d$x
  d$m <- cbind(a = d$x, b = d$x^2)
  refused(of(y ~ m + ma, d), "m and ma both give \"ma\"")
  d$m <- cbind(a = d$x, a = d$x^2)
  refused(of(y ~ m, d), "the columns of m give twice \"ma\"")
})

test_that("random effects are refused, a logical or is not", {
  refused(of(y ~ x + (1 | ward), d), "Random effects .*expert part .*\\(1 [|] ward\\)")
  refused(of(y ~ x + (x || ward), d), "Random effects are not supported")
  refused(moe_fit(y ~ x | x + (1 | ward), d), "Random effects .*gate part")
  expect_identical(of(y ~ I(old | ward == "A"), d)$columns$expert[2], "I(old | ward == \"A\")TRUE")
})

test_that("variables that are no vectors, occur twice or are reserved are refused by name", {
  set.seed(1)
  d <- data.frame(x = rnorm(30), z = rnorm(30), y = factor(rep(c("a", "b"), 15)))
  fit <- moe_fit(y ~ x, d, experts = 1)
  refused <- function(message, formula, data) {
    expect_error(moe_fit(formula, data, experts = 1), message, class = "moe_error_input")
  }
  listed <- d
  listed$x <- as.list(d$x)
  nested <- d
  nested$x <- d["x"]
  twice <- cbind(d, x = d$z)
  for (data in list(listed, nested, twice)) {
    message <- if (identical(data, twice)) "\"x\" occurs twice" else "x of `data` is a"
    refused(message, y ~ x, data)
    refused(message, y ~ ., data)
    refused(message, y ~ z | log(abs(x)), data)
    refused(message, x ~ z, data)
    expect_error(predict(fit, data), sub("data", "newdata", message), class = "moe_error_input")
    # What is not used may be anything.
    expect_identical(moe_fit(y ~ z, data, experts = 1)$loglik,
                     moe_fit(y ~ z, d, experts = 1)$loglik)
  }
  for (name in c("(weights)", "(group)", "(offset)")) {
    refused("must not be called", y ~ ., setNames(d, c(name, "z", "y")))
  }
  refused("a name for every variable .* but 2 has none", y ~ ., setNames(d, c("x", "", "y")))
  refused("a name for every variable .* but 1 has none", y ~ ., setNames(d, c(NA, "z", "y")))
  refused("g has none", y ~ g, transform(d, g = factor(rep(NA, 30))))
})

test_that("a response that is an object of two columns is refused", {
  d <- data.frame(x = 1:6)
  d$y <- structure(cbind(time = 1:6, status = c(0, 1, 1, 0, 1, 0)), class = "Surv")
  expect_error(moe_fit(y ~ x, d), "not an object of class \"Surv\"", class = "moe_error_input")
})
