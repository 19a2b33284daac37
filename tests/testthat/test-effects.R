# Delta-method errors against numerical gradients of the plain-R oracle, effects against finite
# differences of predict().

set.seed(6)
n <- 260
d <- data.frame(x1 = rnorm(n, 3, 2), x2 = rnorm(n), z1 = runif(n, -2, 2),
                f = factor(sample(c("u", "v", "w"), n, TRUE)), flag = runif(n) > 0.5,
                w = sample(c(0, 1, 2.5), n, TRUE))
slope <- ifelse(d$z1 + rnorm(n) > 0, 2, -2)
d$y <- factor(c("low", "mid", "top")[apply(
  cbind(0, slope * d$x2, d$x1 / 3 + (d$f == "v") + d$flag) - log(-log(matrix(runif(3 * n), n))), 1,
  which.max
)])
d$id <- rep(1:26, 10)
quick <- moe_control(search = "quick")
fit <- moe_fit(y ~ x1 + x2 | z1, d, lambda = 0.5, control = quick)
rich <- moe_fit(y ~ x2 * f + flag | z1 + x2, d, weights = w, lambda = 2, control = quick)
matrices <- moe_fit(as.matrix(d[c("x1", "x2")]), d$y, z = as.matrix(d["z1"]), lambda = 0.5,
                    start = fit)
new <- data.frame(x1 = c(0, 3, 8), x2 = c(-2, 0, 1), z1 = c(1, 0, -1))

# What the oracle predicts at all coefficients in one vector, as a matrix with a column per output.
oracle_outputs <- function(b, fit, data, type) {
  coefficients <- coef(fit, "list")
  gate <- seq_along(coefficients$gate)
  coefficients$gate[] <- b[gate]
  coefficients$expert[] <- b[length(gate) + seq_along(coefficients$expert)]
  par <- oracle_parameters(coefficients)
  x <- cbind(1, data$x1, data$x2)
  z <- cbind(1, data$z1)
  switch(type, prob = oracle_probabilities(par, x, z), gate = oracle_softmax(z %*% par$gate),
         expert = do.call(cbind, lapply(1:2, function(k) oracle_softmax(x %*% par$expert[, , k]))))
}

delta_errors <- function(f, fit, covariance) {
  gradient <- numDeriv::jacobian(f, coef(fit))
  sqrt(rowSums((gradient %*% covariance) * gradient))
}

# --- predictions ---

test_that("errors of probabilities are those of a numerical gradient", {
  skip_if_not_installed("numDeriv")
  for (type in c("prob", "gate", "expert")) {
    out <- predict(fit, new, type = type, se.fit = TRUE)
    expect_named(out, c("fit", "se.fit"))
    expect_identical(out$fit, predict(fit, new, type = type))
    expect_identical(dimnames(out$se.fit), dimnames(out$fit))
    expected <- delta_errors(function(b) oracle_outputs(b, fit, new, type), fit, vcov(fit))
    expect_equal(as.vector(out$se.fit), expected, tolerance = 1e-6)
  }
})

test_that("errors follow the covariance that is asked for", {
  skip_if_not_installed("numDeriv")
  outputs <- function(b) oracle_outputs(b, fit, new, "prob")
  expect_equal(as.vector(predict(fit, new, "prob", se.fit = TRUE, vcov = "opg")$se.fit),
               delta_errors(outputs, fit, vcov(fit, "opg")), tolerance = 1e-6)
  expect_equal(as.vector(predict(fit, new, "prob", se.fit = TRUE, cluster = d$id)$se.fit),
               delta_errors(outputs, fit, vcov(fit, cluster = d$id)), tolerance = 1e-6)
})

test_that("one expert and two classes have the errors of predict.glm()", {
  d$two <- d$y == "top"
  one <- moe_fit(two ~ x1 + x2 + f, d, experts = 1)
  logistic <- glm(two ~ x1 + x2 + f, binomial, d, epsilon = 1e-14)
  theirs <- predict(logistic, type = "response", se.fit = TRUE)
  ours <- predict(one, type = "prob", se.fit = TRUE)
  expect_equal(ours$se.fit[, 2], theirs$se.fit, tolerance = 1e-4)
  expect_equal(ours$se.fit[, 1], ours$se.fit[, 2])
  linear <- predict(logistic, se.fit = TRUE)
  limits <- predict(one, type = "prob", interval = "confidence", level = 0.9)
  expect_equal(limits$lower[, 2], plogis(linear$fit - qnorm(0.95) * linear$se.fit),
               tolerance = 1e-4)
  expect_equal(limits$upper[, 2], plogis(linear$fit + qnorm(0.95) * linear$se.fit),
               tolerance = 1e-4)
})

test_that("limits lie around the probability, between 0 and 1", {
  far <- data.frame(x1 = c(-300, 300, 1e5), x2 = c(100, -100, 1e5), z1 = c(-50, 50, 1e5))
  for (type in c("prob", "gate", "expert")) {
    out <- predict(fit, rbind(new, far), type, interval = "confidence")
    expect_named(out, c("fit", "se.fit", "lower", "upper"))
    expect_true(all(out$lower >= 0 & out$upper <= 1))
    expect_true(all(out$lower <= out$fit + 1e-12 & out$fit <= out$upper + 1e-12))
    expect_false(anyNA(unlist(out)))
  }
})

test_that("missing rows, single rows and no rows keep their place", {
  holes <- predict(fit, transform(new, x1 = c(1, NA, 2)), "prob", interval = "confidence")
  for (part in holes) expect_identical(unname(which(is.na(part[, 1]))), 2L)
  for (type in c("prob", "gate", "expert")) {
    whole <- predict(fit, new, type, se.fit = TRUE)$se.fit
    one <- predict(fit, new[2, ], type, se.fit = TRUE)$se.fit
    expect_equal(as.vector(one), if (type == "expert") as.vector(whole[2, , ]) else whole[2, ],
                 ignore_attr = TRUE)
    none <- predict(fit, new[0, ], type, interval = "confidence")
    for (part in none) expect_identical(dim(part), c(0L, dim(whole)[-1]))
  }
  gaps <- transform(d, x1 = replace(x1, c(3, 70), NA))
  excluding <- moe_fit(y ~ x1 + x2 | z1, gaps, lambda = 0.5, start = fit, na.action = na.exclude)
  for (type in c("prob", "expert")) {
    out <- predict(excluding, type = type, se.fit = TRUE)
    expect_identical(is.na(out$se.fit), is.na(out$fit))
    expect_equal(dim(out$se.fit)[1], n)
  }
})

test_that("many rows, taken in blocks, have the errors of few", {
  few <- predict(fit, new, "prob", se.fit = TRUE)$se.fit
  many <- predict(fit, new[rep(1:3, 40000), ], "prob", se.fit = TRUE)$se.fit
  expect_equal(unname(many), unname(few[rep(1:3, 40000), ]))
})

test_that("errors stay finite where classes can be separated, and wide where that matters", {
  apart <- data.frame(x1 = c(-(30:1), 1:30) / 10)
  apart$y <- factor(c("no", "yes")[1 + (apart$x1 > 0)])
  single <- suppressWarnings(moe_fit(y ~ x1, apart, experts = 1))
  expect_no_warning(
    at <- predict(single, data.frame(x1 = c(-3, 0.001, 3)), "prob", interval = "confidence")
  )
  expect_false(anyNA(unlist(at)))
  expect_lt(at$lower[2, 2], 0.01)
  expect_gt(at$upper[2, 2], 0.99)
})

# --- effects ---

weighted_change <- function(fit, up, down, weights, width) {
  colSums(weights / sum(weights) * (predict(fit, up, "prob") - predict(fit, down, "prob")) / width)
}

estimates <- function(effects, variable, contrast = "dP/dx") {
  effects[effects$variable == variable & effects$contrast == contrast, "estimate"]
}

test_that("effects of numbers are mean derivatives, through gate and experts at once", {
  effects <- moe_effects(rich)
  expect_identical(unique(effects$variable), c("x2", "f", "flag", "z1"))
  for (name in c("x2", "z1")) {
    moved <- function(by) replace(d, name, d[[name]] + by)
    expected <- weighted_change(rich, moved(1e-4), moved(-1e-4), d$w, 2e-4)
    expect_equal(estimates(effects, name), unname(expected), tolerance = 1e-6)
  }
})

test_that("effects of factors and logical values are differences from the first level", {
  effects <- moe_effects(rich, c("flag", "f"))
  at <- function(name, value) replace(d, name, rep(value, n))
  for (level in c("v", "w")) {
    expected <- weighted_change(rich, at("f", level), at("f", "u"), d$w, 1)
    expect_equal(estimates(effects, "f", paste(level, "- u")), unname(expected))
  }
  expected <- weighted_change(rich, at("flag", TRUE), at("flag", FALSE), d$w, 1)
  expect_equal(estimates(effects, "flag", "TRUE - FALSE"), unname(expected))
  expect_identical(unique(effects$variable), c("flag", "f"))
  text <- moe_effects(rich, "f", newdata = transform(d, f = as.character(f)), weights = d$w)
  expect_equal(text, moe_effects(rich, "f"))
})

test_that("effects on the classes sum to 0", {
  effects <- moe_effects(rich)
  sums <- tapply(effects$estimate, paste(effects$variable, effects$contrast), sum)
  expect_lt(max(abs(sums)), 1e-9)
})

test_that("errors of effects are those of a numerical gradient", {
  skip_if_not_installed("numDeriv")
  effects <- moe_effects(fit, level = 0.9)
  for (name in c("x1", "x2", "z1")) {
    mean_derivative <- function(b) {
      at <- function(by) oracle_outputs(b, fit, replace(d, name, d[[name]] + by), "prob")
      colMeans(at(1e-3) - at(-1e-3)) / 2e-3
    }
    rows <- effects$variable == name
    expect_equal(effects$std.error[rows], delta_errors(mean_derivative, fit, vcov(fit)),
                 tolerance = 1e-5)
  }
  expect_equal(effects$statistic, effects$estimate / effects$std.error)
  expect_equal(effects$p.value, 2 * pnorm(-abs(effects$statistic)))
  expect_equal(effects$conf.low, effects$estimate - qnorm(0.95) * effects$std.error)
  expect_equal(effects$conf.high, effects$estimate + qnorm(0.95) * effects$std.error)
})

test_that("errors of effects are those of a logistic regression's", {
  skip_if_not_installed("numDeriv")
  d$two <- d$y == "top"
  one <- moe_fit(two ~ x1 + f, d, experts = 1)
  logistic <- glm(two ~ x1 + f, binomial, d, epsilon = 1e-14)
  x <- model.matrix(logistic)
  sandwich <- moe_effects(one, "x1", vcov = "sandwich")
  derivative <- function(b) mean(dlogis(x %*% b)) * b[2]
  gradient <- numDeriv::grad(derivative, coef(logistic))
  bread <- vcov(logistic)
  meat <- crossprod(x * residuals(logistic, "response"))
  expect_equal(sandwich$estimate[2], derivative(coef(logistic)), tolerance = 1e-4,
               ignore_attr = TRUE)
  expect_equal(sandwich$std.error[2],
               sqrt(drop(gradient %*% bread %*% meat %*% bread %*% gradient)), tolerance = 1e-4)
})

test_that("matrix fits have the effects of formula fits, a variable per column", {
  by_formula <- moe_effects(fit)
  by_matrix <- moe_effects(matrices)
  expect_equal(by_matrix, by_formula, tolerance = 1e-4)
  some <- as.matrix(d[1:50, c("x1", "x2", "z1")])
  expect_equal(moe_effects(matrices, "z1", newdata = some[, 1:2], newz = some[, 3, drop = FALSE]),
               moe_effects(fit, "z1", newdata = d[1:50, ]), tolerance = 1e-4)
  shared <- moe_fit(as.matrix(d[c("x1", "x2")]), d$y, lambda = 0.5, control = quick)
  x <- as.matrix(d[c("x1", "x2")])
  step <- cbind(rep(1e-4, n), 0)
  expected <- colMeans(predict(shared, x + step, "prob") - predict(shared, x - step, "prob")) / 2e-4
  expect_equal(moe_effects(shared, "x1")$estimate, unname(expected), tolerance = 1e-6)
})

test_that("weights and missing values decide which rows count", {
  half <- rep(0:1, n / 2)
  expect_equal(moe_effects(fit, weights = half), moe_effects(fit, newdata = d[half == 1, ]))
  holes <- transform(d, x1 = replace(x1, half == 0, NA))
  expect_equal(moe_effects(fit, newdata = holes), moe_effects(fit, newdata = d[half == 1, ]))
})

test_that("a transformed variable is moved inside its function, given the data", {
  d$size <- exp(d$x1 / 4)
  degree <- 2
  logs <- moe_fit(y ~ log(size) + poly(x2, degree), d, lambda = 0.5, control = quick)
  expect_error(moe_effects(logs), "transforms \"size\", \"x2\".*give the data as `newdata`",
               class = "moe_error_input")
  effects <- moe_effects(logs, newdata = d)
  expect_identical(unique(effects$variable), c("size", "x2"))
  moved <- function(by) transform(d, size = size + by)
  expect_equal(estimates(effects, "size"),
               unname(weighted_change(logs, moved(1e-4), moved(-1e-4), 1 + 0 * d$w, 2e-4)),
               tolerance = 1e-6)
})

test_that("effects do not depend on units", {
  scaled <- moe_fit(y ~ x1 + x2 | z1, transform(d, x1 = 100 * x1 + 1e6), lambda = 0.5,
                    start = predict(fit, type = "posterior"))
  ours <- moe_effects(scaled, "x1")
  theirs <- moe_effects(fit, "x1")
  expect_equal(100 * ours$estimate, theirs$estimate, tolerance = 1e-5)
  expect_equal(ours$statistic, theirs$statistic, tolerance = 1e-5)
})

test_that("effects at one row, and at equal rows, are derivatives there, in any unit", {
  moved <- function(data, by) transform(data, x1 = x1 + by)
  rows <- d[c(7, 7, 7, 7, 7), ]
  rows$x1 <- 0.2
  for (at in list(d[3, ], rows)) {
    expected <- weighted_change(fit, moved(at, 1e-4), moved(at, -1e-4), rep(1, nrow(at)), 2e-4)
    expect_equal(moe_effects(fit, "x1", newdata = at)$estimate, unname(expected), tolerance = 1e-6)
    by_matrix <- moe_effects(matrices, "x1", newdata = as.matrix(at[c("x1", "x2")]),
                             newz = as.matrix(at["z1"]))
    expect_equal(by_matrix$estimate, unname(expected), tolerance = 1e-4)
    tiny <- moe_fit(y ~ x1 + x2 | z1, transform(d, x1 = 1e-9 * x1), lambda = 0.5,
                    start = predict(fit, type = "posterior"))
    in_units <- moe_effects(tiny, "x1", newdata = transform(at, x1 = 1e-9 * x1))
    expect_equal(1e-9 * in_units$estimate, unname(expected), tolerance = 1e-4)
  }
  # Where the fit holds log(size) alone, the value itself is the scale.
  sized <- transform(d, size = 1e-9 * exp(x1 / 4))
  logs <- moe_fit(y ~ log(size) + x2, sized, lambda = 0.5, control = quick)
  at <- sized[3, ]
  grown <- function(factor) transform(at, size = factor * size)
  expected <- weighted_change(logs, grown(1 + 1e-5), grown(1 - 1e-5), 1, 2e-5 * at$size)
  expect_equal(moe_effects(logs, "size", newdata = at)$estimate, unname(expected), tolerance = 1e-6)
})

test_that("effects are printed with few digits and hold all", {
  effects <- moe_effects(fit, c("x1", "x2"))
  expect_s3_class(effects, "data.frame")
  lines <- capture.output(expect_identical(print(effects), effects))
  expect_match(lines[1], "^ *variable contrast +class estimate std.error statistic +p.value")
  expect_match(lines[2], sprintf("^ *x1 +dP/dx +low +%s", format(effects$estimate[1], digits = 4)))
  effects$p.value[1] <- 1e-300
  expect_match(capture.output(print(effects))[2], "<2e-16|< 2e-16")
  expect_length(capture.output(print(effects[c("class", "estimate")])), nrow(effects) + 1)
})

test_that("dates, times and columns of matrices have the effects of their numbers", {
  d$number <- as.double(seq_along(d$y))
  d$day <- as.Date("2020-01-01") + d$number
  d$lag <- as.difftime(d$number, units = "hours")
  d$time <- as.POSIXct("2020-01-01", tz = "UTC") + d$number
  of <- function(formula, ...) as.data.frame(moe_effects(moe_fit(formula, d, experts = 1), ...))
  plain <- of(y ~ number + x1)
  for (name in c("day", "lag", "time")) {
    effects <- of(reformulate(c(name, "x1"), "y"))
    expect_equal(effects[-1], plain[-1], tolerance = 1e-4)
    expect_identical(unique(effects$variable), c(name, "x1"))
  }
  d$both <- cbind(d$x1, d$x2)
  d$named <- cbind(p = d$x1, q = d$x2)
  columns <- of(y ~ x1 + x2)
  expect_equal(of(y ~ both)[-1], columns[-1], tolerance = 1e-6)
  expect_identical(unique(of(y ~ both)$variable), c("both1", "both2"))
  expect_identical(unique(of(y ~ named)$variable), c("namedp", "namedq"))
  dated <- moe_fit(y ~ day + x1, d, experts = 1)
  expect_equal(moe_effects(dated, newdata = transform(d, day = format(day))), moe_effects(dated))
})

# --- refusals ---

test_that("what cannot be is refused in words", {
  refused <- function(expression, pattern) {
    expect_error(expression, pattern, class = "moe_error_input")
  }
  refused(predict(fit, new, se.fit = TRUE), "`se.fit = TRUE` is for `type` \"prob\", \"link\",")
  refused(predict(fit, type = "posterior", interval = "confidence"), "`interval = \"confidence\"`")
  refused(predict(fit, new, "prob", se.fit = NA), "`se.fit` must be TRUE or FALSE")
  refused(predict(fit, new, "prob", interval = "prediction"), "`interval` must be one of")
  refused(predict(fit, new, "prob", se.fit = TRUE, level = 2), "`level` must be one finite number")
  refused(predict(fit, new, "prob", se.fit = TRUE, vcov = "hc3"), "`vcov` must be one of")
  refused(predict(fit, new, "prob", se.fit = TRUE, vcov = "opg", cluster = d$id),
          "`cluster` is for the sandwich covariance, but `vcov` is \"opg\"")
  refused(moe_effects(1), "must be a fit by moe_fit")
  refused(moe_effects(fit, "x9"), "`variables` must be among .*\"x1\", \"x2\", \"z1\".*\"x9\"")
  refused(moe_effects(fit, 1), "`variables` must be NULL or names")
  refused(moe_effects(fit, newdata = as.matrix(d["x1"])), "`newdata` must be a data frame")
  refused(moe_effects(fit, newdata = d["x1"]), "lacks \"x2\", \"z1\"")
  refused(moe_effects(fit, newdata = d["flag"]), "lacks \"x1\", \"x2\", \"z1\"")
  refused(moe_effects(fit, newdata = d[0, ]), "must be a row without missing values")
  refused(moe_effects(fit, weights = 1:3), "one value per row")
  refused(moe_effects(fit, level = 0), "`level` must lie between 0 and 1")
  refused(moe_effects(fit, newz = as.matrix(d["z1"])), "`newz` is for fits from matrices")
  without <- moe_fit(y ~ x1, d, experts = 1, model = FALSE)
  refused(moe_effects(without), "holds no training data")
  empty <- moe_fit(matrix(0, n, 0), d$y, experts = 1)
  refused(moe_effects(empty), "must have covariates")
  twice <- matrices
  twice$model$z[, 2] <- 0
  twice$columns$gate[2] <- colnames(twice$model$z)[2] <- "x1"
  refused(moe_effects(twice), "same values in both, but \"x1\" differs")
})

test_that("a variable that the formula makes into classes is refused", {
  d$k <- rep(1:4, length.out = n)
  d$g <- rep(c("u", "v"), length.out = n)
  of <- function(formula) suppressWarnings(moe_fit(formula, d, lambda = 1, control = quick))
  refused <- function(fit, through) {
    expect_error(moe_effects(fit, newdata = d), through, class = "moe_error_input")
  }
  refused(of(y ~ factor(k) + x1), "k enters through factor\\(k\\)")
  refused(of(y ~ x1 | I(k > 2)), "k enters through I\\(k > 2\\)")
  refused(of(y ~ x1 + k | cut(k, 2)), "k enters through cut\\(k, 2\\)")
  refused(of(y ~ x1 + relevel(f, "v")), "f enters through relevel\\(f, \"v\"\\)")
  refused(of(y ~ factor(g) + x1), "g enters through factor\\(g\\)")
  fit <- of(y ~ factor(k) + x1)
  expect_identical(unique(moe_effects(fit, "x1", newdata = d)$variable), "x1")
  # Text that is there as it is may be compared as well.
  fit <- of(y ~ g + x1 | I(g == "u"))
  at <- function(level) colMeans(predict(fit, transform(d, g = level), "prob"))
  expect_equal(moe_effects(fit, "g")$estimate, unname(at("v") - at("u")), tolerance = 1e-10)
})

test_that("covariates that are plain columns move as any others do", {
  frame <- effect_frame(fit, NULL, NULL)
  weights <- seq_len(nrow(frame)) / sum(seq_len(nrow(frame)))
  tangent <- average_tangent(fit, effect_data(fit, frame), weights)
  derivatives <- plain_derivatives(fit, names(frame), tangent)
  for (name in names(frame)) {
    expect_true(is_plain(name, fit, frame))
    expect_equal(derivatives[[name]], derivative(fit, frame, name, weights), tolerance = 1e-8)
  }
  bent <- moe_fit(y ~ x1 * x2 + log(x3) | z1 + z2, transform(d, x3 = exp(z1), z2 = x2 > 0),
                  lambda = 0.5, control = moe_control(max_iterations = 5, search = "quick")) |>
    suppressWarnings()
  frame <- transform(d, x3 = exp(z1), z2 = x2 > 0)
  plain <- vapply(c("x1", "x2", "x3", "z1", "z2"), is_plain, NA, fit = bent, values = frame)
  expect_identical(names(plain)[plain], "z1")
})
