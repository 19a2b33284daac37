# Objects that were edited, cut short or made by another version, in place of those the package
# made: each must be refused in words before the core trusts it.

set.seed(1)
n <- 60
d <- data.frame(y = factor(rep(c("a", "b", "c"), 20)), x1 = rnorm(n), f = rep(c("u", "v"), 30))
weights <- rep(1:2, 30)
quick <- moe_control(search = "quick", max_iterations = 50)
fit <- suppressWarnings(moe_fit(y ~ x1 + f | x1, d, experts = 3, lambda = 1, weights = weights,
                                control = quick))
by_matrix <- suppressWarnings(moe_fit(cbind(x1 = d$x1), d$y, lambda = 1, control = quick))
tree <- suppressWarnings(moe_dendrogram(fit, pairs = 1))

# The object with the element at a path of names replaced, or taken away.
edited <- function(x, path, value) {
  x[[path]] <- value
  x
}

# Everything that walks the rows with a fit.
uses <- list(
  predict = function(fit) predict(fit, d),
  "predict, training data" = function(fit) predict(fit),
  summary = function(fit) summary(fit),
  residuals = function(fit) residuals(fit),
  simulate = function(fit) simulate(fit),
  dendrogram = function(fit) moe_dendrogram(fit),
  ICL = function(fit) moe_icl(fit),
  vcov = function(fit) vcov(fit),
  confint = function(fit) confint(fit),
  loss = function(fit) moe_loss(fit, tree$fit)
)

expect_refused <- function(call, message) {
  error <- expect_error(call, message, class = "moe_error_input")
  if (!is.null(error)) expect_match(conditionMessage(error), "[.]$")
}

refused_by_all <- function(fit, message) {
  for (use in uses) {
    expect_refused(use(fit), message)
    expect_refused(use(fit), "made by another version")
  }
}

test_that("whole objects pass", {
  expect_null(fit_fault(fit))
  expect_null(fit_fault(by_matrix))
  expect_null(measure_fault(fit$measure))
  expect_identical(check_tree(tree), tree)
  for (experts in 1:3) expect_null(fit_fault(suppressWarnings(cut(tree, experts))))
  for (use in uses) expect_error(suppressWarnings(use(fit)), NA)
})

test_that("fits that lack a part are refused by its name", {
  # `problems` is not there where there are none, and the rest is for showing or for fits of one
  # kind.
  for (part in fit_parts) {
    expect_refused(predict(fit[names(fit) != part] |> structure(class = "moe_fit"), d),
                   paste0("it lacks \"", part, "\""))
  }
  refused_by_all(structure(list(), class = "moe_fit"), "it lacks \"coefficients\"")
  expect_refused(predict(structure(1, class = "moe_fit"), d), "it is no list")
})

test_that("fits whose parts do not belong together are refused", {
  measure <- fit$measure
  other <- function(part, value) edited(fit, c("measure", part), value)
  refused_by_all(other("gate", measure$gate[, 1:2]), "its `measure` is no mixing measure")
  refused_by_all(other("gate", measure$gate[-1, ]), "`measure`")
  refused_by_all(other("expert", measure$expert[, 1:2, ]), "its `levels` are not the classes")
  refused_by_all(other("expert", measure$expert[-1, , ]), "`measure`")
  refused_by_all(other("expert", replace(measure$expert, 4, NaN)), "`measure`")
  refused_by_all(other("expert", array("a", dim(measure$expert))), "`measure`")
  refused_by_all(other("expert_scale", 0 * measure$expert_scale), "`measure`")
  refused_by_all(other("gate_center", 1:2), "`measure`")
  refused_by_all(edited(fit, "measure", unclass(measure)), "`measure`")
  refused_by_all(edited(fit, "experts", 2L), "its `experts`")
  refused_by_all(edited(fit, "levels", c("a", "b")), "its `levels`")
  refused_by_all(edited(fit, "levels", c("a", "b", "b")), "its `levels`")
  refused_by_all(edited(fit, c("columns", "kept_expert"), c(TRUE, TRUE, FALSE)), "its `columns`")
  refused_by_all(edited(fit, c("columns", "gate"), "x1"), "its `columns`")
  refused_by_all(edited(fit, c("coefficients", "expert"), fit$coefficients$expert[, , 1:2]),
                 "its `coefficients`")
  refused_by_all(edited(fit, "shares", 1), "its `shares`")
  refused_by_all(edited(fit, "rows", 1e9), "its `rows`")
  refused_by_all(edited(fit, "prior_weights", 1), "its `prior_weights`")
  refused_by_all(edited(fit, "lambda", "a"), "`lambda`.* are not single numbers")
})

test_that("fits with settings that moe_control() would refuse are refused", {
  for (use in uses[names(uses) != "loss"]) {
    expect_refused(use(edited(fit, c("control", "threads"), 1e9)), "`threads` must be")
    expect_refused(use(edited(fit, "control", list())), "`control` must come from moe_control")
  }
})

test_that("training data that the fit has not seen are refused", {
  of_rows <- uses[c("predict, training data", "residuals", "ICL", "dendrogram", "vcov")]
  refused <- function(fit, message) for (use in of_rows) {
    expect_refused(suppressWarnings(use(fit)), message)
  }
  refused(edited(fit, "model", fit$model[1:9, ]), "its `model` has not the rows")
  refused(edited(fit, c("model", "y"), factor(rep(c("a", "b", "z"), 20))), "classes")
  refused(edited(fit, c("model", "y"), factor(rep(c("a", "b", "c", "z"), 15))), "classes")
  refused(edited(fit, c("model", "f"), rep(c("u", "v", "w"), 20)), "covariates")
  refused(edited(by_matrix, c("model", "x"), by_matrix$model$x[1:9, ]), "rows")
  refused(edited(by_matrix, c("model", "x"), cbind(by_matrix$model$x, 1)), "covariates")
  refused(edited(by_matrix, c("model", "y"), as.integer(d$y)), "classes")
})

test_that("a start needs sound coefficients and nothing else", {
  start <- function(fit) moe_fit(y ~ x1 + f | x1, d, experts = 3, start = fit, lambda = 1)
  bare <- structure(fit[c("coefficients", "experts", "levels")], class = "moe_fit")
  expect_error(suppressWarnings(start(bare)), NA)
  parts <- fit$coefficients
  for (bad in list(bare[1:2], edited(bare, "experts", "a"), edited(bare, "levels", c("a", "b")),
                   edited(bare, c("coefficients", "gate"), parts$gate[, 1]),
                   edited(bare, c("coefficients", "gate"), parts$gate[, 1, drop = FALSE]),
                   edited(bare, c("coefficients", "expert"), parts$expert[, , 1:2]),
                   edited(bare, c("coefficients", "expert"), parts$expert > 0))) {
    expect_refused(start(structure(bad, class = "moe_fit")),
                   "`start` must be as moe_fit\\(\\) made")
  }
})

test_that("measures and dendrograms that were edited are refused", {
  measure <- moe_measure(cbind(c(0, 0), c(0.5, 2)), array(c(0, 0, 1, 2, 0, 0, -1, -2), c(2, 2, 2)))
  x <- matrix(0, 3, 1)
  for (bad in list(edited(measure, "gate", measure$gate[1, ]),
                   edited(measure, "expert", measure$expert[, , c(1, 2, 2)]),
                   edited(measure, "expert", measure$expert[, 1, , drop = FALSE]),
                   edited(measure, "gate_scale", NULL))) {
    expect_refused(moe_dendrogram(bad), "`x` must be as moe_measure\\(\\) made it")
    expect_refused(moe_loss(bad, measure), "`a` must be as moe_measure\\(\\) made it")
    expect_refused(moe_distance(measure, bad, x), "`b` must be as moe_measure\\(\\) made it")
  }
  expect_refused(cut(edited(tree, "runs", tree$runs[1:2])), "its `runs` are not one per level")
  expect_refused(cut(edited(tree, c("runs", 2), tree$runs[[1]])), "its `runs`")
  expect_refused(cut(edited(tree, "path", NULL)), "it lacks \"path\"")
  expect_refused(print(edited(tree, "labels", tree$labels[-1])), "its `labels`, `order` and")
  expect_refused(print(edited(tree, "criterion", "best")), "its `criterion` is none of its path")
  expect_refused(autoplot(edited(tree, "selected", 9L)), "its `selected` is none of its levels")
  expect_refused(predict(edited(tree, "path", tree$path[-1, ])), "its `path`")
  expect_refused(predict(edited(tree, "refined", NA)), "its `refined`")
  expect_refused(cut(edited(tree, c("fit", "levels"), "a")), "its `fit`")
})

test_that("cross-validations, bootstraps and calibrations that were edited are refused in words", {
  set.seed(6)
  d <- data.frame(x = rnorm(60), y = factor(rep(c("a", "b"), 30)))
  quick <- moe_control(search = "quick")
  fit <- moe_fit(y ~ x, d, experts = 1)
  objects <- list(
    tune = moe_tune(y ~ x, d, experts = 1, lambda = c(1, 2), folds = 3, control = quick),
    bootstrap = moe_bootstrap(fit, 3),
    calibration = moe_calibration(fitted(fit), d$y, bins = 3, bootstrap = 3),
    measure = moe_fit(y ~ x, d, experts = 2, control = quick)$measure, fit = fit,
    average = moe_average(y ~ x, d, experts = 1, members = 3, control = quick),
    contributions = moe_contributions(fit, d[1:3, ]), effects = moe_effects(fit),
    summary = summary(fit), control = quick, tree = tree
  )
  verbs <- list(
    tune = list(print, summary, as.data.frame, function(x) print(summary(x)), glance.moe_tune),
    bootstrap = list(print, summary, as.data.frame, coef, vcov, confint, glance.moe_bootstrap),
    calibration = list(print, as.data.frame, function(x) print(summary(x)), autoplot,
                       tidy.moe_calibration, glance.moe_calibration),
    measure = list(print, moe_dendrogram, tidy.moe_measure),
    fit = list(print, stats::weights, df.residual, deviance, extractAIC),
    average = list(print, function(x) print(summary(x)), predict,
                   function(x) predict(x, d, "prob", interval = "confidence"),
                   function(x) moe_contributions(x, d[1:3, ])),
    contributions = list(print, as.data.frame, autoplot),
    effects = list(print, function(x) ggplot2::ggplot_build(autoplot(x)), tidy.moe_effects),
    summary = list(print), control = list(print),
    tree = list(print, function(x) print(summary(x)), stats::as.hclust,
                function(x) ggplot2::ggplot_build(autoplot(x)))
  )
  needed <- list(tune = tune_parts, bootstrap = bootstrap_parts, calibration = calibration_parts,
                 measure = measure_parts, fit = fit_parts,
                 average = c(average_parts, "call", "terms", "blueprint", "variables"),
                 contributions = contributions_parts, effects = names(objects$effects),
                 summary = c(summary_parts, "classes", "assigned", "problems"),
                 control = names(quick),
                 tree = c(tree_parts, "fit", "runs", "refined", "criterion"))
  for (kind in names(objects)) for (verb in verbs[[kind]]) {
    expect_error(capture.output(verb(objects[[kind]])), NA)
    for (part in needed[[kind]]) for (wrong in list(NULL, list(1), "nonsense", mean)) {
      edited <- unclass(objects[[kind]])
      edited[part] <- list(wrong)
      class(edited) <- class(objects[[kind]])
      out <- tryCatch(capture.output(verb(edited)), error = function(e) e)
      # Fields that are only shown may hold anything.
      expect(!inherits(out, "error") || inherits(out, "moe_error_input"),
             paste0(kind, "$", part, " <- ", deparse(wrong), ": ", out))
    }
  }
})

test_that("effects whose columns are no longer columns are refused, some of them are not", {
  effects <- moe_effects(fit)
  expect_output(print(effects[c("variable", "estimate")]), "estimate")
  for (wrong in list(NULL, list(1), 1:2, mean, d)) {
    bad <- unclass(effects)
    bad["estimate"] <- list(wrong)
    class(bad) <- class(effects)
    expect_refused(print(bad), "its columns are no vectors")
    expect_refused(tidy.moe_effects(bad), "its columns are no vectors")
    expect_refused(autoplot(bad), "its columns are no vectors")
  }
  expect_named(tidy.moe_effects(effects[c("estimate", "class")]), c("estimate", "y.level"))
  expect_refused(autoplot(effects[names(effects) != "conf.low"]), "it lacks \"conf.low\"")
  expect_refused(autoplot(transform(effects, estimate = "a") |> structure(class = class(effects))),
                 "`estimate`, `conf.low` and `conf.high` are no numbers")
})

test_that("summaries and settings that were edited are refused by what is wrong", {
  whole <- summary(fit)
  refused <- function(part, value, message) {
    expect_refused(utils::capture.output(print(edited(whole, part, value))), message)
  }
  refused("coefficients", whole$coefficients[-1, ], "its `predictors` are not one per coefficient")
  refused("coefficients", whole$coefficients[, 1:2], "its `coefficients` are no table")
  refused("classes", whole$classes[, 1:2], "its `classes` and `assigned`")
  refused("assigned", NULL, "its `classes` and `assigned`")
  refused("criteria", "a", "its `criteria` are no numbers")
  refused("shares", 1, "its `shares` are not one per expert")
  refused("call", "a", "its `call` is no call")
  refused(c("control", "threads"), 0, "`threads` must be")
  expect_refused(print(edited(quick, "search", "slow")), "`search` must be")
})

test_that("whatever a part of a fit is replaced with, its methods say so or do without", {
  set.seed(1)
  d <- data.frame(x1 = rnorm(40), x2 = rnorm(40), y = factor(rep(c("a", "b"), 20)))
  fit <- moe_fit(y ~ x1 + x2, d, experts = 1)
  uses <- list(print = function(fit) utils::capture.output(print(fit)), coef = coef, vcov = vcov,
               predict = function(fit) predict(fit, d), residuals = residuals,
               summary = summary, tidy = function(fit) generics::tidy(fit), anova = anova,
               update = function(fit) update(fit, . ~ . - x2, evaluate = FALSE))
  for (part in names(fit)) for (other in list(NULL, NA, "a", -1, list(), mean)) {
    edited <- fit
    edited[part] <- list(other)
    for (use in uses) {
      outcome <- tryCatch(suppressWarnings(use(edited)), error = identity)
      expect_true(!inherits(outcome, "error") || inherits(outcome, "moe_error_input"),
                  label = paste(part, "as", class(other)))
    }
  }
})
