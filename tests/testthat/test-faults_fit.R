made <- fit_to_edit()
fit <- made$fit
d <- made$data
quick <- made$control
by_matrix <- suppressWarnings(moe_fit(cbind(x1 = d$x1), d$y, lambda = 1, control = quick))

whole <- fit

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
  loss = function(fit) moe_loss(fit, whole)
)

refused_by_all <- function(fit, message) {
  for (use in uses) {
    expect_refused(use(fit), message)
    expect_refused(use(fit), "made by another version")
  }
}

test_that("whole fits and measures pass", {
  expect_null(fit_fault(fit))
  expect_null(fit_fault(by_matrix))
  expect_null(measure_fault(fit$measure))
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

test_that("measures that were edited are refused", {
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
})

test_that("fits, measures, summaries and settings that were edited are refused in words", {
  set.seed(6)
  d <- data.frame(x = rnorm(60), y = factor(rep(c("a", "b"), 30)))
  fit <- moe_fit(y ~ x, d, experts = 1)
  measure <- moe_fit(y ~ x, d, experts = 2, control = moe_control(search = "quick"))$measure
  expect_refused_in_words(fit, list(print, stats::weights, df.residual, deviance, extractAIC),
                          fit_parts)
  expect_refused_in_words(measure, list(print, moe_dendrogram, tidy.moe_measure), measure_parts)
  expect_refused_in_words(summary(fit), list(print),
                          c(summary_parts, "classes", "assigned", "problems"))
  expect_refused_in_words(quick, list(print), names(quick))
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
