# What a data frame may hold, wherever rows come in: what means the same gives the same, and what
# cannot be read is refused in words. The first uses of each kind are in the tests of the files.

set.seed(11)
n <- 120
d <- data.frame(x = rnorm(n), z = rnorm(n), w = rpois(n, 2) + 1L,
                day = as.Date("2021-01-01") + sample(0:99, n, TRUE),
                g = factor(sample(c("u", "v", "w"), n, TRUE)))
d$lag <- as.difftime(as.double(sample(1:50, n, TRUE)), units = "days")
d$m <- cbind(a = rnorm(n), b = rnorm(n))
d$twice <- 2 * d$x
d$y <- factor(ifelse(runif(n) < plogis(d$x), "b", "a"))
quick <- moe_control(search = "quick")
few <- d[1:7, ]

refused <- function(call, message) expect_error(call, message, class = "moe_error_input")

# An object of each class that predicts, all from one call but for its own arguments.
predictors <- function(formula, data) {
  of <- function(fun, ...) suppressMessages(fun(formula, data, ..., control = quick))
  list(fit = of(moe_fit, experts = 1), matched = of(moe_fit, experts = 2, lambda = 1),
       tune = of(moe_tune, experts = 1, lambda = c(1, 10), folds = 3),
       average = of(moe_average, experts = 1, members = 3),
       tree = moe_dendrogram(of(moe_fit, experts = 2, lambda = 1)))
}

# Everything that takes new rows.
uses <- c(lapply(predictors(y ~ day + lag + m, d), function(object) {
  function(rows) predict(object, rows, "prob")
}), local({
  fit <- moe_fit(y ~ day + lag + m, d, experts = 1)
  list(effects = function(rows) as.data.frame(moe_effects(fit, newdata = rows)),
       contributions = function(rows) moe_contributions(fit, rows)$log_odds,
       augment = function(rows) as.matrix(augment.moe_fit(fit, rows)[c(".prob_a", ".prob_b")]))
}))

test_that("new rows may be written otherwise, whoever reads them", {
  dated <- transform(few, day = structure(as.integer(day), class = c("IDate", "Date")))
  weekly <- few
  units(weekly$lag) <- "weeks"
  swapped <- few
  swapped$m <- few$m[, 2:1]
  nameless <- few
  nameless$m <- unname(few$m)
  framed <- transform(few, day = factor(format(day)))
  for (use in uses) for (other in list(dated, weekly, swapped, nameless, framed)) {
    expect_equal(use(other), use(few))
  }
})

test_that("new rows of another kind are refused, whoever reads them", {
  wide <- few
  wide$m <- cbind(few$m, c = 1)
  renamed <- few
  colnames(renamed$m) <- c("a", "c")
  for (use in uses) {
    refused(use(wide), "m had 2 columns, but has 3")
    refused(use(renamed), "columns that the fit has seen: m lacks \"b\"")
    refused(use(transform(few, day = as.double(day))), "day was Date, but is a numeric")
    refused(use(transform(few, lag = as.double(lag))), "lag was difftime in days, but is a numeric")
    refused(use(transform(few, day = as.POSIXct(day))), "day was Date, but is .*POSIXct")
  }
})

test_that("levels and contrasts are the fit's, whatever new rows carry", {
  plain <- predictors(y ~ g, d)
  own <- few
  contrasts(own$g) <- contr.sum(3)
  for (object in plain) for (other in list(
    transform(few, g = factor(g, c("w", "v", "u"))), transform(few, g = ordered(g)),
    transform(few, g = as.character(g)), transform(few, g = addNA(g)), own
  )) {
    expect_equal(predict(object, other, "prob"), predict(object, few, "prob"))
  }
  trend <- d
  contrasts(trend$g, 1) <- cbind(up = -1:1)
  for (object in predictors(y ~ g, trend)) {
    # On the logit scale a trend is linear in its codes.
    prob <- predict(object, data.frame(g = c("u", "v", "w")), "prob")
    if (is.null(object$members) && identical(object$experts, 1L)) {
      expect_equal(diff(qlogis(prob[, 2]), differences = 2), 0, ignore_attr = TRUE)
    }
    expect_length(grep("^gup$", object$columns$expert), as.integer(!is.null(object$columns)))
  }
})

test_that("coding by the session's contrasts is kept with the fit", {
  reference <- moe_fit(y ~ g, d, experts = 1)
  old <- options(contrasts = c("contr.helmert", "contr.poly"))
  on.exit(options(old))
  fits <- list(moe_fit(y ~ g, d, experts = 1),
               moe_fit(y ~ g, transform(d, g = as.character(g)), experts = 1))
  options(old)
  for (fit in fits) {
    expect_false(isTRUE(all.equal(coef(fit), coef(reference), check.attributes = FALSE)))
    expect_equal(predict(fit, few, "prob"), predict(reference, few, "prob"), tolerance = 1e-5)
    expect_equal(moe_effects(fit)$estimate, moe_effects(reference)$estimate, tolerance = 1e-4)
    expect_equal(update(fit, . ~ . + x)$loglik, update(reference, . ~ . + x)$loglik)
  }
})

test_that("variables may have any name that R can quote", {
  names <- c("gr\u00f6\u00dfe", "\u53d8\u91cf", "a b", "`", "x$y", "I(x)", "1", "if", "x\ny",
             "(Intercept)", "a:b", "expert1", "y.level", ".resid")
  reference <- moe_fit(y ~ x, d, experts = 1)
  for (name in names) {
    data <- stats::setNames(d[c("y", "x")], c("y", name))
    fit <- moe_fit(y ~ ., data, experts = 1)
    expect_equal(unname(coef(fit)), unname(coef(reference)), info = name)
    expect_equal(predict(fit, data[1:7, ], "prob"), predict(reference, few, "prob"), info = name)
    expect_identical(moe_effects(fit)$variable, c(name, name))
    expect_equal(update(fit, . ~ .)$loglik, reference$loglik)
  }
  for (name in c(".", "...", "..1")) {
    refused(moe_fit(y ~ ., stats::setNames(d[c("y", "x")], c("y", name))), "must not be called")
  }
})

test_that("weights that are numbers are the same numbers, others are refused", {
  reference <- moe_fit(y ~ x, d, weights = w, experts = 1)
  worn <- list(structure(d$w, class = c("labelled", "integer"), label = "times"),
               structure(as.double(d$w), class = "haven_labelled"), as.table(d$w), I(d$w),
               stats::ts(d$w))
  tuned <- function(v) {
    set.seed(1)
    moe_tune(y ~ x, d, experts = 1, lambda = c(1, 10), folds = 3, weights = v)$losses
  }
  for (v in worn) {
    fit <- moe_fit(y ~ x, d, weights = v, experts = 1)
    expect_equal(fit$loglik, reference$loglik)
    expect_equal(tuned(v), tuned(d$w))
    expect_equal(moe_effects(fit)$estimate, moe_effects(reference)$estimate)
    expect_equal(moe_calibration(fitted(fit), d$y, weights = v, bootstrap = 0)$measures,
                 moe_calibration(fitted(fit), d$y, weights = d$w, bootstrap = 0)$measures)
  }
  for (v in list(factor(d$w), as.character(d$w), d$w > 1, d$day, d$lag, cbind(d$w), as.list(d$w),
                 ~ w, "w", d$w[-1], complex(n))) {
    refused(moe_fit(y ~ x, d, weights = v), "`weights` must ")
    refused(moe_tune(y ~ x, d, weights = v), "`weights` must ")
  }
  for (v in list(as.list(d$g), ~ g, "g", d$g[-1])) {
    refused(moe_fit(y ~ x | 1, d, group = v), "`group` must ")
  }
})

test_that("whoever reads rows says where what was dropped is no longer implied", {
  broken <- transform(few, twice = twice + c(0, 1, 0, 1, 0, 1, 0))
  fit <- suppressMessages(moe_fit(y ~ x + twice, d, experts = 1))
  readers <- c(lapply(predictors(y ~ x + twice, d), function(object) {
    function(rows) predict(object, rows, "prob")
  }), effects = function(rows) moe_effects(fit, newdata = rows),
  contributions = function(rows) moe_contributions(fit, rows))
  for (use in readers) {
    expect_warning(use(broken), "\"twice\".* in 3 rows of `newdata` they do not")
    expect_silent(use(few))
  }
  expect_message(moe_average(y ~ x + twice, d, experts = 1, members = 2),
                 "Dropped 1 column.*\"twice\"")
})

test_that("what was taken for another argument is told by what to give", {
  fit <- moe_fit(y ~ x, d, experts = 1)
  prob <- fitted(fit)
  for (fun in list(moe_fit, moe_tune, moe_average)) {
    refused(fun("y ~ x", data = d), "needs a formula, not its text \"y ~ x\": give it without")
    refused(fun(y ~ x, as.matrix(d["x"])), "`data` must be a data frame.*not a numeric matrix")
    refused(fun(as.matrix(d["x"]), d["y"]), "as in y\\[\\[1\\]\\]")
    refused(fun(d["x"], d$y), "not a data frame: use a formula")
  }
  for (object in list(fit, glm(y ~ x, binomial, d))) {
    refused(moe_calibration(object, d$y), "not a fit .* give predict\\(fit, type = \"prob\"\\)")
  }
  refused(moe_calibration(round(prob + 0.002, 2), d$y), "divide each row by its sum")
  refused(moe_calibration(prob, d["y"]), "as in truth\\[\\[1\\]\\]")
  refused(moe_calibration(array(prob, c(dim(prob), 1)), d$y), "drop its third dimension")
})

test_that("counts are counts, or refused by what they lack", {
  counts <- cbind(a = d$w, b = rpois(n, 2))
  x <- cbind(x = d$x)
  reference <- glm(counts[, 2:1] ~ x, binomial)
  for (y in list(counts, as.data.frame(counts), as.table(counts), counts + 0, unname(counts))) {
    fit <- moe_fit(x, as.matrix(y), experts = 1)
    expect_equal(unname(coef(fit)), unname(coef(reference)), tolerance = 1e-3)
  }
  fits <- function(y) moe_fit(x, y, experts = 1)
  refused(fits(counts + 0.5), "whole numbers of at least 0, but row 1 is")
  refused(fits(-counts), "whole numbers of at least 0")
  refused(fits(replace(counts, 3, NA)), "but row 3 is NA")
  refused(fits(counts[, c(1, 1)]), "one per class, must have different names, but \"a\"")
  refused(fits(array(counts, c(dim(counts), 1))), "a vector or a matrix, not a numeric array")
  refused(fits(0 * counts), "\"a\", \"b\" do not; leave out their columns")
  refused(moe_average(counts ~ x, d, experts = 1), "not counts: write a row for each class")
  refused(moe_calibration(matrix(0.5, n, 2, dimnames = list(NULL, c("a", "b"))), counts),
          "for counts, give a row for each class")
})
