# From formulas, data frames and matrices to the designs that are fitted. The fits all start from
# the same responsibilities, so that equal designs give equal fits.

# Two experts, of opposite sign, on the two sides of a + b = 0.
design_data <- local({
  set.seed(1)
  n <- 300
  d <- data.frame(a = rnorm(n), b = rnorm(n), w = rexp(n),
                  f = factor(sample(c("u", "v", "w"), n, TRUE)), g = sample(c("p", "q"), n, TRUE))
  side <- sign(d$a + d$b + rlogis(n, scale = 0.3))
  eta <- cbind(0, side * (1 + 2 * d$a) + (d$f == "v"), 1 - side * d$b)
  d$y <- factor(c("r", "s", "t")[oracle_draw(oracle_softmax(eta))])
  d
})

rows <- seq_len(nrow(design_data))
design_start <- local({
  left <- design_data$a + design_data$b < 0
  cbind(ifelse(left, 0.8, 0.3), ifelse(left, 0.2, 0.7))
})

# Weights and subset cannot be passed on by `...`, here or in lm().
quick_fit <- function(formula, data = design_data, ..., start = design_start, lambda = 0.5) {
  suppressWarnings(moe_fit(formula, data, start = start, lambda = lambda, ...))
}

# The same columns up to their names: the same optimum and the same coefficients.
expect_equal_fit <- function(fit, other) {
  expect_within(fit$objective, other$objective, 1e-10)
  expect_identical(fit$df, other$df)
  expect_within(predict(fit, type = "prob"), predict(other, type = "prob"), 1e-6)
}

# --- formulas ---

test_that("the gate has the covariates of the experts unless it is given its own", {
  fit <- quick_fit(y ~ a + b)
  expect_identical(rownames(coef(fit, "list")$gate), c("(Intercept)", "a", "b"))
  expect_equal_fit(fit, quick_fit(y ~ a + b | a + b))
  own <- quick_fit(y ~ a | b)
  expect_identical(rownames(coef(own, "list")$expert), c("(Intercept)", "a"))
  expect_identical(rownames(coef(own, "list")$gate), c("(Intercept)", "b"))
  expect_equal(own$df, 2 + 2 * 2 * 2)
})

test_that("a gate of 1 has an intercept alone", {
  fit <- quick_fit(y ~ a | 1)
  expect_identical(rownames(coef(fit, "list")$gate), "(Intercept)")
  gate <- predict(fit, type = "gate")
  expect_equal(gate, matrix(fit$shares, length(rows), 2, byrow = TRUE), ignore_attr = TRUE)
})

test_that("experts of 1 have an intercept alone", {
  fit <- quick_fit(y ~ 1 | a)
  expect_identical(rownames(coef(fit, "list")$expert), "(Intercept)")
  expert <- predict(fit, type = "expert")
  expect_equal(expert[1, , ], expert[200, , ])
})

test_that("a dot is all other variables, in either part", {
  d <- design_data[c("y", "a", "f")]
  expect_equal_fit(quick_fit(y ~ ., d), quick_fit(y ~ a + f))
  expect_equal_fit(quick_fit(y ~ a | ., d), quick_fit(y ~ a | a + f))
  expect_equal_fit(quick_fit(y ~ . | a, d), quick_fit(y ~ a + f | a))
  expect_equal_fit(quick_fit(y ~ . - f, d), quick_fit(y ~ a))
})

test_that("factors and interactions are coded as by model.matrix()", {
  fit <- quick_fit(y ~ a * f | g)
  x <- model.matrix(~ a * f, design_data)
  z <- model.matrix(~ g, design_data)
  expect_identical(rownames(coef(fit, "list")$expert), colnames(x))
  expect_identical(rownames(coef(fit, "list")$gate), colnames(z))
  expect_equal_fit(fit, suppressWarnings(
    moe_fit(x[, -1], design_data$y, z = z[, -1, drop = FALSE], lambda = 0.5, start = design_start)
  ))
})

test_that("a factor's unused levels are left out", {
  d <- design_data
  d$f <- factor(d$f, levels = c("u", "none", "v", "w"))
  expect_silent(fit <- quick_fit(y ~ a + f, d))
  expect_equal_fit(fit, quick_fit(y ~ a + f))
})

test_that("contrasts are used in the fit and in predictions", {
  fit <- quick_fit(y ~ f + a | a, contrasts = list(f = "contr.sum"))
  expect_identical(rownames(coef(fit, "list")$expert), c("(Intercept)", "f1", "f2", "a"))
  few <- design_data[c(5, 9), ]
  expect_within(predict(fit, few, "prob"), predict(fit, type = "prob")[c(5, 9), ], 1e-12)
  coded <- moe_fit(y ~ f + a, design_data, experts = 1, contrasts = list(f = "contr.sum"))
  plain <- moe_fit(y ~ f + a, design_data, experts = 1)
  expect_within(coded$loglik, plain$loglik, 1e-8)
  expect_within(coef(coded, "list")$expert["f1", , 1],
                -colMeans(coef(plain, "list")$expert[c("fv", "fw"), , 1]) * 2 / 3, 1e-5)
})

test_that("contrasts set as an option at the time of the fit hold in predictions", {
  old <- options(contrasts = c("contr.helmert", "contr.poly"))
  on.exit(options(old))
  fit <- quick_fit(y ~ f + a)
  before <- predict(fit, design_data, "prob")
  options(old)
  expect_identical(predict(fit, design_data, "prob"), before)
})

test_that("terms that depend on the data are evaluated as in the fit", {
  few <- c(3, 8, 11)
  for (formula in list(y ~ poly(a, 2) + splines::ns(b, 3) | log(w), y ~ scale(a) | poly(b, 2),
                       y ~ I(a^2) + log1p(w) | splines::bs(a, df = 4))) {
    fit <- quick_fit(formula)
    expect_within(predict(fit, design_data[few, ], "prob"), predict(fit, type = "prob")[few, ],
                  1e-12)
  }
})

test_that("a formula and its data can be given in any order", {
  fit <- quick_fit(y ~ a)
  by_name <- moe_fit(data = design_data, formula = y ~ a, start = design_start, lambda = 0.5)
  expect_equal_fit(fit, by_name)
  other <- moe_fit(design_data, formula = y ~ a, start = design_start, lambda = 0.5)
  expect_equal_fit(fit, other)
})

test_that("a formula may follow another named argument", {
  fit <- moe_fit(experts = 2, y ~ a, data = design_data, start = design_start, lambda = 0.5)
  expect_equal_fit(fit, quick_fit(y ~ a))
})

test_that("variables are found where the formula was written", {
  make <- function() {
    response <- design_data$y
    covariate <- design_data$a
    response ~ covariate
  }
  fit <- moe_fit(make(), start = design_start, lambda = 0.5)
  expect_equal_fit(fit, quick_fit(y ~ a))
})

test_that("a formula held in a variable, with weights from the data, works in a function", {
  inside <- function(f, d, s) moe_fit(f, d, weights = w, start = s, lambda = 0.5)
  fit <- inside(y ~ a, design_data, design_start)
  expect_equal(nobs(fit), sum(design_data$w))
})

test_that("formulas that the model does not have are refused", {
  expect_error(quick_fit(y ~ a - 1), "expert part.*intercept")
  expect_error(quick_fit(y ~ a | b + 0), "gate part.*intercept")
  expect_error(quick_fit(y ~ a + offset(b)), "offset")
  expect_error(quick_fit(y ~ a | offset(b)), "offset")
  expect_error(quick_fit(y ~ a | b | w), "one or two parts")
  expect_error(quick_fit(~a), "one response")
})

test_that("a design of many rows is the model matrix", {
  set.seed(5)
  n <- 2L * design_rows + 1L
  d <- data.frame(a = rnorm(n), b = rexp(n), f = gl(3, 1, n), h = rnorm(n) > 0)
  d$text <- c(rep(c("u", "v"), design_rows), "w") # one level in the last row alone
  d$ordered <- factor(rep(1:3, length.out = n), ordered = TRUE)
  contrasts(d$f) <- "contr.helmert"
  formula <- ~ poly(a, 2) * f + splines::ns(b, 3) + log(b) + h + text + ordered:b
  for (rows in c(n, n - 1L, design_rows, 3L)) {
    frame <- model.frame(formula, d[seq_len(rows) + n - rows, ])
    for (coding in list(NULL, list(text = "contr.sum"))) {
      want <- model.matrix(formula, frame, contrasts.arg = coding)
      got <- build_design(terms(frame), frame, coding)
      expect_equal(got, want, ignore_attr = TRUE)
      expect_identical(colnames(got), colnames(want))
      expect_identical(attr(got, "used_contrasts"), attr(want, "contrasts"))
    }
  }
  none <- model.frame(~ a + f, d[0, ])
  expect_identical(dim(build_design(terms(none), none, NULL)), c(0L, 4L))
})

# --- rows: subset, weights, missing values ---

test_that("subset takes rows as taking them by hand does, and is evaluated in the data", {
  kept <- design_data$b > 0
  fit <- moe_fit(y ~ a, design_data, subset = b > 0, start = design_start[kept, ], lambda = 0.5)
  expect_equal_fit(fit, quick_fit(y ~ a, design_data[kept, ], start = design_start[kept, ]))
  expect_equal(nobs(fit), sum(kept))
})

test_that("weights are evaluated in the data, also with a subset", {
  fit <- moe_fit(y ~ a, design_data, weights = 2 * w, start = design_start, lambda = 0.5)
  expect_equal(nobs(fit), 2 * sum(design_data$w))
  expect_equal(weights(fit), 2 * design_data$w)
  kept <- design_data$b > 0
  part <- moe_fit(y ~ a, design_data, weights = w, subset = b > 0, start = design_start[kept, ],
                  lambda = 0.5)
  expect_equal(nobs(part), sum(design_data$w[kept]))
})

test_that("rows with a missing value anywhere are left out by default", {
  d <- design_data
  d$a[3] <- NA
  d$y[7] <- NA
  d$b[9] <- NaN
  d$w[11] <- NA
  left <- -c(3, 7, 9, 11)
  start <- design_start[left, ]
  fit <- moe_fit(y ~ a | b, d, weights = w, start = start, lambda = 0.5)
  expect_equal_fit(fit, moe_fit(y ~ a | b, d[left, ], weights = w, start = start, lambda = 0.5))
  expect_identical(dim(fitted(fit)), c(length(rows) - 4L, 3L))
})

test_that("na.exclude gives rows that were left out back as NA", {
  d <- design_data
  d$a[3] <- NA
  d$y[7] <- NA
  left <- -c(3, 7)
  fit <- quick_fit(y ~ a, d, start = design_start[left, ], na.action = na.exclude)
  without <- quick_fit(y ~ a, d[left, ], start = design_start[left, ])
  expect_within(fitted(fit)[left, ], fitted(without), 1e-8)
  expect_identical(dim(fitted(fit)), c(length(rows), 3L))
  expect_true(all(is.na(fitted(fit)[c(3, 7), ])))
  expect_false(anyNA(fitted(fit)[left, ]))
})

test_that("a frame of which nothing is missing is not copied, whatever leaves rows out", {
  skip_if_not(capabilities("profmem"))
  # Where a vector is.
  place <- function(x) {
    on.exit(untracemem(x))
    tracemem(x)
  }
  for (action in list(na.omit, "na.exclude", na.fail)) {
    fit <- quick_fit(y ~ a | b, na.action = action)
    expect_identical(place(fit$model$a), place(design_data$a))
    expect_null(fit$na.action)
  }
})

test_that("a function of the user's own that leaves rows out is called in any case", {
  later <- function(frame) frame[-(1:10), ]
  fit <- quick_fit(y ~ a, start = design_start[-(1:10), ], na.action = later)
  expect_identical(fit$model$a, design_data$a[-(1:10)])
  old <- options(na.action = "na.fail")
  on.exit(options(old))
  expect_error(quick_fit(y ~ a, transform(design_data, a = replace(a, 2, NA))), "missing")
})

test_that("na.fail refuses missing values", {
  d <- design_data
  d$a[3] <- NA
  expect_error(quick_fit(y ~ a, d, na.action = na.fail), "missing")
})

# --- the response ---

test_that("all forms of a two-class response give the same fit", {
  d <- design_data
  d$factor <- factor(d$y == "s", labels = c("no", "yes"))
  d$character <- as.character(d$factor)
  d$logical <- d$factor == "yes"
  d$number <- as.numeric(d$logical)
  d$whole <- as.integer(d$logical)
  d$indicator <- cbind(no = 1 - d$number, yes = d$number)
  d$ordered <- factor(d$factor, ordered = TRUE)
  fit <- quick_fit(factor ~ a | b, d)
  levels <- list(character = c("no", "yes"), logical = c("FALSE", "TRUE"), number = c("0", "1"),
                 whole = c("0", "1"), indicator = c("no", "yes"), ordered = c("no", "yes"))
  for (form in names(levels)) {
    other <- quick_fit(as.formula(paste(form, "~ a | b")), d)
    expect_equal_fit(other, fit)
    expect_identical(other$levels, levels[[form]])
  }
})

test_that("all forms of a response of several classes give the same fit", {
  d <- design_data
  fit <- quick_fit(y ~ a, d)
  d$character <- as.character(d$y)
  d$indicator <- diag(3)[d$y, ]
  colnames(d$indicator) <- levels(d$y)
  expect_equal_fit(quick_fit(character ~ a, d), fit)
  expect_equal_fit(quick_fit(indicator ~ a, d), fit)
  expect_identical(quick_fit(indicator ~ a, d)$levels, levels(d$y))
  x <- as.matrix(d["a"])
  for (y in list(d$y, d$character, d$indicator)) {
    expect_equal_fit(suppressWarnings(moe_fit(x, y, lambda = 0.5, start = design_start)), fit)
  }
})

test_that("indicators in a data frame are those of its matrix", {
  x <- as.matrix(design_data["a"])
  columns <- diag(3)[rep_len(1:3, nrow(x)), ]
  colnames(columns) <- c("u", "v", "w")
  fit <- function(y) moe_fit(x, y, experts = 1, lambda = 0.5)[c("coefficients", "levels", "loglik")]
  expect_identical(fit(as.data.frame(columns)), fit(columns))
})

test_that("the first level is the reference", {
  d <- design_data
  fit <- quick_fit(y ~ a, d)
  expect_identical(dimnames(coef(fit, "list")$expert)[[2]], c("s", "t"))
  d$y <- relevel(d$y, "t")
  other <- quick_fit(y ~ a, d)
  expect_identical(dimnames(coef(other, "list")$expert)[[2]], c("r", "s"))
  expect_within(coef(other, "list")$expert[, "r", ], -coef(fit, "list")$expert[, "t", ], 1e-4)
})

test_that("a response that is no class is refused", {
  d <- design_data
  d$number <- rep(0:3, 75)
  d$mixture <- cbind(rep(0.5, length(rows)), 0.5)
  d$empty <- factor(d$y, levels = c("r", "s", "t", "none"))
  d$one <- "r"
  expect_error(quick_fit(number ~ a, d), "only 0 and 1")
  expect_error(quick_fit(mixture ~ a, d), "indicators of the classes or counts")
  expect_error(quick_fit(empty ~ a, d), "\"none\"")
  expect_error(quick_fit(one ~ a, d), "at least two classes")
})

# --- columns that add nothing ---

test_that("a redundant column is named, left out, and NA in the coefficients", {
  d <- design_data
  d$copy <- 3 - 2 * d$a
  d$constant <- 7
  d$sum <- d$a + d$b
  plain <- quick_fit(y ~ a + b)
  expect_message(fit <- quick_fit(y ~ a + copy + b + constant, d), "\"copy\", \"constant\"")
  expect_equal_fit(fit, plain)
  expect_true(all(is.na(coef(fit, "list")$expert[c("copy", "constant"), , ])))
  expect_true(all(is.na(coef(fit, "list")$gate[c("copy", "constant"), ])))
  kept <- c("(Intercept)", "a", "b")
  expect_within(coef(fit, "list")$expert[kept, , ], coef(plain, "list")$expert, 1e-5)
  expect_within(predict(fit, d[1:5, ], "prob"), predict(plain, d[1:5, ], "prob"), 1e-6)
  expect_message(quick_fit(y ~ a + b + sum, d), "Dropped 1 column.*\"sum\"")
})

test_that("columns are left out of the gate and of the experts apart", {
  d <- design_data
  d$sum <- d$a + d$b
  expect_message(gate <- quick_fit(y ~ a | a + b + sum, d), "of the gate.*\"sum\"")
  expect_equal_fit(gate, quick_fit(y ~ a | a + b))
  expect_true(is.na(coef(gate, "list")$gate["sum", ]))
  expect_message(expert <- quick_fit(y ~ a + b + sum | a, d), "of the experts.*\"sum\"")
  expect_equal_fit(expert, quick_fit(y ~ a + b | a))
  expect_true(all(is.na(coef(expert, "list")$expert["sum", , ])))
})

test_that("an interaction with an empty cell loses a column, as in glm()", {
  cells <- expand.grid(f = factor(1:3), h = factor(1:3))[1:8, ]
  d <- cells[rep(1:8, 20), ]
  set.seed(3)
  d$y <- rbinom(160, 1, 0.5)
  expect_message(fit <- suppressWarnings(moe_fit(y ~ f * h, d, experts = 1)), "f3:h3")
  peer <- coef(glm(y ~ f * h, binomial, d))
  expect_identical(is.na(drop(coef(fit, "list")$expert)), is.na(peer))
  expect_within(na.omit(drop(coef(fit, "list")$expert)), na.omit(peer), 1e-5)
})

test_that("a column that is constant where weights are positive is left out", {
  d <- design_data
  d$v <- as.numeric(rows <= 200)
  d$late <- 1 - d$v
  expect_message(
    fit <- moe_fit(y ~ a + late, d, weights = v, start = design_start, lambda = 0.5),
    "\"late\""
  )
  without <- moe_fit(y ~ a, d, weights = v, start = design_start, lambda = 0.5)
  expect_within(fit$objective, without$objective, 1e-10)
})

test_that("more columns than rows need a ridge", {
  set.seed(4)
  x <- matrix(rnorm(20 * 30), 20)
  y <- rep(0:1, 10)
  expect_error(moe_fit(x, y, lambda = 0), "at least as many rows as columns.*lambda")
  fit <- suppressWarnings(moe_fit(x, y, lambda = 0.5))
  expect_true(fit$converged)
  expect_true(all(is.finite(predict(fit, type = "prob"))))
})

# --- matrices ---

test_that("matrices give the fit of the formula", {
  x <- as.matrix(design_data[c("a", "b")])
  z <- as.matrix(design_data["w"])
  shared <- moe_fit(x, design_data$y, lambda = 0.5, start = design_start)
  expect_equal(coef(shared), coef(quick_fit(y ~ a + b)))
  apart <- moe_fit(x, design_data$y, z = z, lambda = 0.5, start = design_start)
  expect_equal(coef(apart), coef(quick_fit(y ~ a + b | w)))
  none <- moe_fit(x, design_data$y, z = x[, 0], lambda = 0.5, start = design_start)
  expect_equal(coef(none), coef(quick_fit(y ~ a + b | 1)))
})

test_that("columns without names get them", {
  x <- unname(as.matrix(design_data[c("a", "b")]))
  fit <- moe_fit(x, design_data$y, z = x[, 1, drop = FALSE], lambda = 0.5, start = design_start)
  expect_identical(rownames(coef(fit, "list")$expert), c("(Intercept)", "x1", "x2"))
  expect_identical(rownames(coef(fit, "list")$gate), c("(Intercept)", "z1"))
})

test_that("a whole-number matrix is as good as one of doubles", {
  x <- cbind(a = round(3 * design_data$a))
  whole <- x
  storage.mode(whole) <- "integer"
  fit <- moe_fit(x, design_data$y, lambda = 0.5, start = design_start)
  expect_identical(coef(moe_fit(whole, design_data$y, lambda = 0.5, start = design_start)),
                   coef(fit))
})

test_that("the worker gives the fit of the formula", {
  x <- model.matrix(~ a + f, design_data)
  z <- model.matrix(~ b, design_data)
  fit <- moe_fit_worker(x, z, design_data$y, weights = design_data$w, lambda = 0.5,
                        start = design_start)
  other <- moe_fit(y ~ a + f | b, design_data, weights = w, lambda = 0.5, start = design_start)
  expect_equal(coef(fit), coef(other))
})

# --- extreme scales ---

test_that("the worker names the columns of a matrix without names", {
  x <- unname(model.matrix(~ a + b, design_data))
  fit <- moe_fit_worker(x, x, design_data$y, experts = 1, lambda = 0.5)
  expect_identical(rownames(coef(fit, "list")$expert), c("(Intercept)", "x1", "x2"))
  alone <- moe_fit_worker(x[, 1, drop = FALSE], x, design_data$y, experts = 1, lambda = 0.5)
  expect_identical(rownames(coef(alone, "list")$expert), "(Intercept)")
})

test_that("a mean far from zero costs nothing", {
  d <- design_data
  d$a <- d$a + 1e8
  fit <- quick_fit(y ~ a | b)
  far <- quick_fit(y ~ a | b, d)
  # The sum itself loses half of the digits of a.
  expect_within(far$objective, fit$objective, 1e-7)
  expect_within(predict(far, type = "prob"), predict(fit, type = "prob"), 1e-6)
  expect_within(coef(far, "list")$expert["a", , ], coef(fit, "list")$expert["a", , ], 1e-5)
  expect_within(predict(far, d[1:9, ], "prob"), predict(far, type = "prob")[1:9, ], 1e-12)
})

test_that("columns of any scale are standardised without overflow", {
  for (scale in c(1e300, 1e-300)) {
    d <- design_data
    d$a <- d$a * scale
    for (formula in list(y ~ a | b, y ~ b | a, y ~ a + b)) {
      fit <- quick_fit(formula)
      other <- quick_fit(formula, d)
      expect_equal_fit(other, fit)
      expect_true(all(is.finite(coef(other))))
      expect_within(predict(other, d[1:9, ], "prob"), predict(fit, design_data[1:9, ], "prob"),
                    1e-6)
    }
  }
})

test_that("a deviation below 1e-304 is none", {
  d <- design_data
  d$a <- d$a / sqrt(mean((d$a - mean(d$a))^2))
  for (scale in c(0.99e-304, 1.01e-304)) {
    d$b <- d$a * scale
    fit <- suppressMessages(quick_fit(y ~ b | 1, d))
    expect_identical(is.na(coef(fit, "list")$expert[["b", 1, 1]]), scale < 1e-304)
  }
})

test_that("infinite covariates are refused by name and row", {
  d <- design_data
  d$a[4] <- Inf
  expect_error(quick_fit(y ~ a | b, d), "\"a\" has Inf in row 4")
  expect_error(quick_fit(y ~ b | a, d), "\"a\" has Inf in row 4")
})

test_that("covariates near the largest number are refused by name and row", {
  d <- design_data
  d$a[4] <- -1.7e308
  message <- "`x` must hold values of size 1e\\+305 at most: column \"a\" has -1.7e\\+308 in row 4"
  expect_error(quick_fit(y ~ a | b, d), message, class = "moe_error_input")
  expect_error(quick_fit(y ~ b | a, d), sub("`x`", "`z`", message), class = "moe_error_input")
  d$a[4] <- 1.001e305
  expect_error(quick_fit(y ~ a | b, d), "at most: column \"a\"", class = "moe_error_input")
  # Just below the limit (which not every machine reads alike) the spread is twice as large, and
  # its square has no number.
  half <- design_data
  half$a <- rep_len(c(-1, 1), nrow(half))
  d$a <- half$a * 0.999e305
  expect_equal_fit(quick_fit(y ~ a | b, d), quick_fit(y ~ a | b, half))
})

test_that("a predictor that overflows is refused and never shown as NaN", {
  fit <- quick_fit(y ~ a + b)
  for (type in c("class", "prob", "gate", "expert")) {
    expect_error(predict(fit, data.frame(a = c(0, NA, 1.7e308), b = c(0, 0, 1.7e308)), type),
                 "linear predictors are finite, but those of row 3", class = "moe_error_input")
  }
  far <- predict(fit, data.frame(a = c(1e300, NA), b = 0), "prob")
  expect_true(all(is.na(far[2, ])))
  expect_within(sum(far[1, ]), 1, 1e-12)
  wide <- moe_measure(cbind(c(0, 0), c(0, 1e200)), array(0, c(2, 2, 2)))
  expect_error(moe_distance(wide, wide, matrix(c(1, 1e200))), "those of row 2",
               class = "moe_error_input")
})

test_that("weights of any sum give the coefficients of weights that sum to the rows", {
  set.seed(4)
  weights <- runif(nrow(design_data))
  fit <- function(scale) {
    moe_fit(y ~ a | b, design_data, weights = weights * scale, lambda = scale, experts = 2,
            start = start, control = moe_control(search = "quick"))
  }
  start <- matrix(0.3 + 0.4 * (design_data$b > 0), nrow(design_data), 2)
  start[, 2] <- 1 - start[, 1]
  one <- fit(1)
  total <- sum(weights)
  for (scale in c(1.001e-100 / total, 1e-90, 1e-12, 1e-3, 1e90, 0.999e100 / total)) {
    other <- suppressWarnings(fit(scale))
    expect_within(coef(other), coef(one), 1e-4)
    expect_within(other$objective / scale, one$objective, 1e-10)
  }
  message <- "`weights` must have a sum from 1e-100 to 1e\\+100.*multiply them by a constant"
  for (scale in c(1e-300, 1e-320, 0.999e-100 / total, 1.001e100 / total, 1e200, 1e300)) {
    expect_error(fit(scale), message, class = "moe_error_input")
  }
})

test_that("`.` without anything to stand for is refused", {
  expect_error(moe_fit(y ~ ., design_data["y"]), "`[.]` needs covariates in `data`.*use 1 for none",
               class = "moe_error_input")
  y <- design_data$y
  expect_error(moe_fit(y ~ .), "`[.]` needs `data`", class = "moe_error_input")
})

test_that("a factor of one level among the covariates is refused by name", {
  d <- design_data
  d$one <- factor("u")
  d$word <- "v"
  expect_error(quick_fit(y ~ a + one, d), "at least two levels .* one has only \"u\"",
               class = "moe_error_input")
  expect_error(quick_fit(y ~ a | word, d), "at least two levels .* word has only \"v\"",
               class = "moe_error_input")
})

test_that("variances that no number holds are NA, with a warning; others are right", {
  fit <- quick_fit(y ~ a + b)
  for (scale in c(1e-300, 1e-155, 1e155, 1e300)) {
    d <- design_data
    d$a <- d$a * scale
    other <- quick_fit(y ~ a + b, d)
    expect_warning(covariance <- vcov(other), "Variances of 5 .* use another unit")
    lost <- grepl(":a$", rownames(covariance))
    expect_true(all(is.na(covariance[lost, ])))
    expect_within(covariance[!lost, !lost], vcov(fit)[!lost, !lost], 1e-5)
    expect_match(summary(other)$problems, "use another unit", all = FALSE)
  }
})

test_that("rows of weight 0 take no part, whatever they hold", {
  set.seed(4)
  d <- data.frame(x = rnorm(80), z = 1e-200 * rnorm(80), y = factor(rep(c("a", "b"), 40)))
  w <- rep(1:2, 40)
  w[c(5, 60)] <- 0
  extreme <- d
  extreme[c(5, 60), c("x", "z")] <- cbind(c(1e300, -1e300), c(1e200, 1e100))
  fit <- function(d, ...) {
    moe_fit(y ~ x + z, d, experts = 1, control = moe_control(threads = 1), ...)
  }
  some <- fit(d[w > 0, ], weights = w[w > 0])
  all <- fit(extreme, weights = w)
  expect_equal(all$coefficients, some$coefficients)
  expect_equal(all$loglik, some$loglik)
  expect_equal(all$df, some$df)
  vcov_of <- function(fit) suppressWarnings(vcov(fit, "sandwich"))
  expect_equal(vcov_of(all), vcov_of(some))
  x <- as.matrix(extreme[1:2])
  skip_if_not_installed("Matrix")
  sparse <- moe_fit(Matrix::Matrix(x, sparse = TRUE), d$y, weights = w, experts = 1)
  expect_equal(sparse$loglik, some$loglik)
})
