# broom's verbs: the columns that its tools rely on, and the numbers in them.

skip_if_not_installed("generics")
tidy <- generics::tidy
glance <- generics::glance
augment <- generics::augment

d <- oracle_data(400, 3, 3, 2, seed = 5)$frame
d$g <- rep(c("u", "v"), 200)
fit <- local({
  set.seed(1)
  moe_fit(y ~ x1 + x2 | x2, d, lambda = 1,
          control = moe_control(search = "quick", intercept_ridge = 0.1))
})
single <- moe_fit(y ~ x1, d, experts = 1)

test_that("tidy() has a row per coefficient, with broom's columns", {
  table <- tidy(fit, conf.int = TRUE, conf.level = 0.9)
  expect_s3_class(table, c("tbl_df", "tbl", "data.frame"), exact = TRUE)
  expect_identical(names(table), c("component", "y.level", "term", "estimate", "std.error",
                                   "statistic", "p.value", "conf.low", "conf.high"))
  expect_identical(attr(table, "row.names"), seq_len(nrow(table)))
  # Row names that are not automatic would be shown as such.
  expect_lt(.row_names_info(table), 0)
  expect_identical(unname(vapply(table, class, "")), rep(c("character", "numeric"), c(3, 6)))
  predictor <- ifelse(table$component == "gate", paste0("gate:", table$y.level),
                      paste0(table$component, ":", table$y.level))
  expect_identical(paste0(predictor, ":", table$term), rownames(vcov(fit)))
  expect_equal(table$estimate, coef(fit), ignore_attr = TRUE)
  expect_equal(table$std.error, sqrt(diag(vcov(fit))), ignore_attr = TRUE)
  expect_equal(table[6:7], as.data.frame(coef(summary(fit))[, 3:4]), ignore_attr = TRUE)
  expect_equal(as.matrix(table[8:9]), confint(fit, level = 0.9), ignore_attr = TRUE)
  expect_identical(names(tidy(fit)), names(table)[1:7])
  odds <- tidy(fit, conf.int = TRUE, conf.level = 0.9, exponentiate = TRUE)
  expect_equal(log(odds[c(4, 8, 9)]), table[c(4, 8, 9)])
  expect_identical(odds[c(1:3, 5:7)], table[c(1:3, 5:7)])
  expect_equal(tidy(fit, type = "sandwich")$std.error, sqrt(diag(vcov(fit, type = "sandwich"))),
               ignore_attr = TRUE)
  groups <- rep(1:50, 8)
  expect_equal(tidy(fit, cluster = groups)$std.error, sqrt(diag(vcov(fit, cluster = groups))),
               ignore_attr = TRUE)
})

test_that("with one expert tidy() is that of a multinomial logit", {
  skip_if_not_installed("nnet")
  other <- nnet::multinom(y ~ x1, d, trace = FALSE, reltol = 1e-14, maxit = 500, Hess = TRUE)
  table <- tidy(single)
  by_level <- summary(other)
  expect_identical(table$component, rep("expert1", 4))
  expect_identical(table$y.level, rep(c("c2", "c3"), each = 2))
  expect_identical(table$term, rep(c("(Intercept)", "x1"), 2))
  expect_within(table$estimate, t(by_level$coefficients), 1e-4)
  expect_within(table$std.error, t(by_level$standard.errors), 1e-3)
})

test_that("two classes and one expert give the table of a glm", {
  e <- transform(d, y = as.integer(y == "c1"))
  table <- tidy(moe_fit(y ~ x1 + g, e, experts = 1), conf.int = TRUE)
  other <- glm(y ~ x1 + g, binomial, e)
  expect_within(as.matrix(table[4:7]), coef(summary(other)), 1e-4)
  expect_within(as.matrix(table[8:9]), confint.default(other), 1e-4)
  expect_identical(table$term, names(coef(other)))
})

test_that("fits without a covariance have estimates alone", {
  expect_warning(table <- tidy(update(single, model = FALSE), conf.int = TRUE), NA)
  expect_equal(table$estimate, tidy(single)$estimate)
  expect_true(all(is.na(table[5:9])))
  set.seed(1)
  tree <- moe_dendrogram(fit, refine = FALSE)
  expect_true(all(is.na(tidy(cut(tree, 1))$std.error)))
  e <- transform(d, twice = 2 * x1)
  suppressMessages(dropped <- tidy(moe_fit(y ~ x1 + twice, e, experts = 1)))
  expect_true(all(is.na(dropped[dropped$term == "twice", 4:7])))
  expect_equal(dropped[dropped$term != "twice", ], tidy(single), tolerance = 1e-6,
               ignore_attr = TRUE)
})

test_that("glance() is one row of what describes the model", {
  row <- glance(fit)
  expect_s3_class(row, c("tbl_df", "tbl", "data.frame"), exact = TRUE)
  expect_identical(nrow(row), 1L)
  expect_equal(as.list(row), list(experts = 2L, lambda = 1, logLik = as.numeric(logLik(fit)),
                                  AIC = AIC(fit), BIC = BIC(fit), deviance = deviance(fit),
                                  df = 14, nobs = 400, converged = TRUE))
})

test_that("augment() adds predictions to the data", {
  table <- augment(fit)
  expect_s3_class(table, c("tbl_df", "tbl", "data.frame"), exact = TRUE)
  expect_identical(names(table), c("y", "x1", "x2", ".fitted", ".prob_c1", ".prob_c2",
                                   ".prob_c3", ".expert"))
  expect_identical(table$y, d$y)
  expect_identical(table$.fitted, predict(fit))
  expect_equal(as.matrix(table[5:7]), predict(fit, type = "prob"), ignore_attr = TRUE)
  expect_identical(as.character(table$.expert),
                   paste0("expert", max.col(predict(fit, type = "gate"))))
  few <- transform(d[c(3, 99), ], x1 = c(NA, 6))
  expect_identical(augment(fit, newdata = few)[1:4], structure(
    transform(few, row.names = NULL), row.names = 1:2, class = c("tbl_df", "tbl", "data.frame")
  ))
  expect_identical(augment(fit, newdata = few)[5:9], augment(fit, few)[5:9])
  expect_true(all(is.na(augment(fit, few)[1, 5:9])))
  expect_equal(augment(fit, d)[5:9], table[4:8])
})

test_that("augment() says which columns of the data it replaces", {
  table <- augment(fit, d)
  marked <- cbind(d, .fitted = 1, .expert = 2)
  expect_warning(again <- augment(fit, marked), "replaced: \".fitted\", \".expert\"")
  expect_identical(again$.fitted, table$.fitted)
  expect_identical(again$.expert, table$.expert)
})

test_that("augment() takes fits from matrices and data with missing values", {
  x <- as.matrix(d[c("x1", "x2")])
  set.seed(1)
  own <- moe_fit(x, d$y, z = cbind(z1 = d$x2), lambda = 1,
                 control = moe_control(search = "quick"))
  expect_identical(names(augment(own))[1:4], c("y", "x1", "x2", "z1"))
  expect_identical(augment(own, x[1:5, ], newz = cbind(z1 = d$x2[1:5]))$.fitted, predict(own)[1:5])
  d$x1[4] <- NA
  gaps <- moe_fit(y ~ x1, d, experts = 1, na.action = na.exclude)
  expect_identical(nrow(augment(gaps)), 399L)
  expect_identical(which(is.na(augment(gaps, d)$.fitted)), 4L)
})

test_that("dendrograms and bootstraps have tidy tables", {
  tree <- moe_dendrogram(fit)
  expect_equal(as.data.frame(tidy(tree)), as.data.frame(tree))
  set.seed(1)
  boot <- moe_bootstrap(single, 20)
  table <- tidy(boot, conf.int = TRUE, conf.level = 0.9, type = "basic")
  expect_identical(names(table), c("component", "y.level", "term", "estimate", "bias",
                                   "std.error", "conf.low", "conf.high"))
  expect_equal(table$estimate, tidy(single)$estimate)
  expect_equal(as.matrix(table[c("bias", "std.error")]), summary(boot)[, c("Bias", "Std. Error")],
               ignore_attr = TRUE)
  expect_equal(as.matrix(table[7:8]), confint(boot, level = 0.9, type = "basic"),
               ignore_attr = TRUE)
})

test_that("arguments that tools hand over for other models do no harm", {
  expect_identical(tidy(fit, effects = "fixed"), tidy(fit))
  expect_identical(glance(fit, gof_map = NULL), glance(fit))
  expect_identical(augment(fit, se_fit = FALSE), augment(fit))
})

test_that("wrong arguments are refused", {
  refused <- function(call, message) expect_error(call, message, class = "moe_error_input")
  refused(tidy(fit, conf.int = NA), "`conf.int` must be TRUE or FALSE")
  refused(tidy(fit, conf.int = TRUE, conf.level = 2), "`conf.level` must be")
  refused(tidy(fit, exponentiate = "yes"), "`exponentiate` must be TRUE or FALSE")
  refused(augment(fit, newdata = d["x1"]), "lacks \"x2\"")
  refused(augment(update(single, model = FALSE)), "no training data")
})

# --- what is not a fit ---

test_that("what is no tree is refused, not tidied", {
  tree <- moe_dendrogram(fit, refine = FALSE)
  tree$height <- NULL
  expect_error(tidy(tree), "moe_dendrogram\\(\\)", class = "moe_error_input")
})

test_that("dendrograms, cross-validations and bootstraps have one row that describes them", {
  set.seed(1)
  tree <- moe_dendrogram(fit)
  expect_identical(as.list(glance(tree)), list(experts = 2L, selected = tree$selected,
                                               criterion = "hq", refined = TRUE))
  measured <- moe_dendrogram(fit$measure)
  expect_true(is.na(glance(measured)$criterion))
  tuned <- moe_tune(y ~ x1, d, experts = 1, lambda = c(5, 1), folds = 3)
  table <- tidy(tuned)
  expect_identical(names(table), c("experts", "lambda", "estimate", "std.error"))
  expect_identical(table$estimate, as.data.frame(tuned)$mean)
  row <- glance(tuned)
  expect_identical(row$estimate, table$estimate[table$lambda == tuned$lambda])
  expect_identical(c(row$folds, nrow(row)), c(3L, 1L))
  boot <- moe_bootstrap(single, replicates = 3)
  expect_identical(as.list(glance(boot))[c("replicates", "failed", "experts")],
                   list(replicates = 3L, failed = 0L, experts = 1L))
})

test_that("effects, calibrations and measures have tidy tables", {
  effects <- moe_effects(single)
  table <- tidy(effects)
  expect_s3_class(table, c("tbl_df", "tbl", "data.frame"), exact = TRUE)
  expect_identical(table$term, effects$variable)
  expect_identical(table$y.level, effects$class)
  expect_identical(table$estimate, effects$estimate)
  calibration <- moe_calibration(predict(single, type = "prob"), d$y, bootstrap = 0)
  table <- tidy(calibration)
  expect_identical(table$estimate, as.data.frame(calibration)$estimate)
  expect_true(all(c("std.error", "conf.low", "conf.high") %in% names(table)))
  expect_identical(glance(calibration)$nobs, calibration$total)
  table <- tidy(fit$measure)
  expect_equal(table$estimate, c(fit$measure$gate, fit$measure$expert))
  sums <- tapply(table$estimate, table[c("component", "term")], sum)
  expect_equal(as.vector(na.omit(c(sums))), rep(0, 8), tolerance = 1e-8)
})
