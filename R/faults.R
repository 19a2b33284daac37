# What is wrong with an object that was edited, cut short or made by another version, in the words
# of the object. The glue would refuse what it then hands over, but cannot say where that came from.

refuse_fault <- function(fault, name, maker) {
  if (is.null(fault)) return(invisible())
  refuse("`", name, "` must be as ", maker, " made it, but ", fault, ": it was edited, or made by ",
         "another version of moelogit. Make it again.")
}

# What is wrong with a list, in words; NULL if nothing is. `rules` are conditions on its elements,
# each named by what is wrong where it does not hold, and are tried in order.
first_fault <- function(x, needed, rules) {
  if (!is.list(x)) return("it is no list")
  lacking <- setdiff(needed, names(x))
  if (length(lacking)) return(paste("it lacks", enumerate(lacking)))
  holds <- function(rule) isTRUE(tryCatch(eval(rule, unclass(x)), error = function(e) FALSE))
  for (fault in names(rules)) if (!holds(rules[[fault]])) return(fault)
  NULL
}

is_one_number <- function(x) is.numeric(x) && length(x) == 1L

# --- fits ---

fit_parts <- c("coefficients", "objective", "loglik", "trace", "iterations", "evaluations",
               "converged", "status", "gradient_norm", "gain", "optima", "shares", "lambda",
               "experts", "levels", "df", "nobs", "rows", "measure", "columns", "control",
               "prior_weights", "group", "counts", "class_shares")

# What a fit may lack, and has for each of its rows otherwise.
is_column <- function(x, kind, rows) is.null(x) || kind(x) && length(x) == rows

fit_rules <- alist(
  "its `measure` is no mixing measure" = is.null(measure_fault(measure)),
  "its `experts` are not those of its measure" = identical(experts, ncol(measure$gate)),
  "its `levels` are not the classes of its measure" =
    is.character(levels) && length(levels) == dim(measure$expert)[2] && !anyDuplicated(levels),
  "its `columns` are not the covariates of its measure" =
    is_selection(columns$gate, columns$kept_gate, nrow(measure$gate)) &&
    is_selection(columns$expert, columns$kept_expert, nrow(measure$expert)),
  "its `shares` are not one per expert" =
    is.double(shares) && identical(names(shares), paste0("expert", seq_len(experts))),
  "its `class_shares` are not one per class" =
    is.double(class_shares) && identical(names(class_shares), levels),
  "its `status` is unknown" = is.character(status) && status %in% fit_statuses,
  "its `optima` are no table" = is.null(optima) || is.data.frame(optima),
  "its `rows` are no whole number" = is.integer(rows) && is_one_number(rows) && rows >= 1L,
  "its `prior_weights` are not one per row" =
    is_column(prior_weights, is.double, rows),
  "its `group` is not one per row" = is_column(group, is.factor, rows),
  "its `counts` are no number" = is.null(counts) || is_one_number(counts),
  "its `lambda`, `objective`, `loglik`, `df` and `nobs` are not single numbers" =
    all(vapply(list(lambda, objective, loglik, df, nobs), is_one_number, NA)),
  "its `iterations`, `evaluations`, `gradient_norm` and `gain` are not single numbers" =
    all(vapply(list(iterations, evaluations, gradient_norm, gain), is_one_number, NA)),
  "its `trace` is not of numbers" = is.numeric(trace) && is.null(dim(trace)),
  "its `converged` is neither TRUE nor FALSE" = isTRUE(converged) || isFALSE(converged)
)

coefficient_rules <- alist(
  "its `coefficients` are not of the size of its measure" =
    is_real_array(coefficients$gate, c(length(columns$gate), experts - 1L)) &&
    is_real_array(coefficients$expert, c(length(columns$expert), length(levels) - 1L, experts))
)

# What a fit may lack: remarks, and where it came from. Of a formula it is all there, of matrices
# nothing.
origin_rules <- alist(
  "its `problems` are no sentences" = is.null(fit$problems) || is.character(fit$problems),
  "its `call` is no call" = is.null(fit$call) || is.call(fit$call),
  "its `formula` is no formula" = is.null(fit$formula) || inherits(fit$formula, "formula"),
  "its `terms` are not those of its formula" = if (is.null(fit$formula)) is.null(fit$terms) else
    all(vapply(fit$terms[c("full", "expert", "gate")], inherits, NA, "terms")),
  "its `model` holds no variables" = is.null(fit$model) || is.list(fit$model) &&
    if (is.null(fit$terms)) all(c("x", "z", "y") %in% names(fit$model)) else
      is.data.frame(fit$model) && length(fit$model) > 0L,
  "its `variables` are no names" = is.null(fit$variables) || is.character(fit$variables),
  "its `blueprint`, `xlevels` and `contrasts` are no lists of variables" =
    all(vapply(fit[c("blueprint", "xlevels", "contrasts")], is_listing, NA))
)

is_listing <- function(x) is.null(x) || is.list(x) && length(x) == length(names(x))

fit_fault <- function(fit) {
  fault <- first_fault(fit, fit_parts, c(fit_rules, coefficient_rules))
  if (is.null(fault)) origin_fault(fit) else fault
}

origin_fault <- function(x) first_fault(list(fit = unclass(x)), character(), origin_rules)

check_fit <- function(x, name = "object") {
  if (!inherits(x, "moe_fit")) {
    refuse("`", name, "` must be a fit by moe_fit(), not ", given(x), ".")
  }
  refuse_fault(fit_fault(x), name, "moe_fit()")
  check_control(x$control)
  invisible(x)
}

# A summary is a fit whose coefficients are a table of them, with what was computed from the rows.
summary_parts <- c(fit_parts, "criteria", "predictors", "errors")

summary_rules <- alist(
  "its `predictors` are not one per coefficient" =
    is.character(predictors) && length(predictors) == nrow(coefficients),
  "its `coefficients` are no table of estimates" = is.double(coefficients) &&
    !is.null(rownames(coefficients)) && ncol(coefficients) %in% c(1L, 4L),
  "its `criteria` are no numbers" = is.numeric(criteria) && !is.null(names(criteria)),
  "its `errors` are no words" = is.character(errors),
  "its `classes` and `assigned` are not those of its experts" =
    if (is.null(x$classes)) is.null(x$assigned) else
      is_real_array(x$classes, c(length(levels), experts)) && is.integer(x$assigned) &&
        length(x$assigned) == experts
)

check_summary <- function(x) {
  whole <- if (is.list(x)) c(unclass(x), list(x = unclass(x))) else x
  fault <- first_fault(whole, summary_parts, c(fit_rules, summary_rules))
  if (is.null(fault)) fault <- origin_fault(x)
  refuse_fault(fault, "x", "summary()")
  check_control(x$control)
  invisible(x)
}

is_real_array <- function(x, size) is.double(x) && identical(dim(x), size)

is_selection <- function(names, kept, count) {
  is.character(names) && is.logical(kept) && length(kept) == length(names) && sum(kept) == count
}

# All that a fit is asked for as a start are its coefficients.
start_rules <- alist(
  "its `experts` are no number" = is_one_number(experts),
  "its `levels` are not the classes of its coefficients" =
    is.character(levels) && length(levels) == dim(coefficients$expert)[2] + 1L,
  "its `coefficients` are not those of its experts" =
    is.double(coefficients$gate) && ncol(coefficients$gate) == experts - 1L &&
    is.double(coefficients$expert) && dim(coefficients$expert)[3] == experts
)

check_start_fit <- function(start, problem) {
  refuse_fault(first_fault(start, c("coefficients", "experts", "levels"), start_rules), "start",
               "moe_fit()")
  if (start$experts != problem$experts) {
    refuse("A fit given as `start` must have as many experts as asked for (", problem$experts,
           "), but has ", start$experts, ".")
  }
  if (!identical(start$levels, problem$levels)) {
    refuse("A fit given as `start` must have the same classes in the same order (",
           enumerate(problem$levels), "), but has ", enumerate(start$levels), ".")
  }
  for (part in c("gate", "expert")) {
    missing <- setdiff(problem$columns[[part]], dimnames(start$coefficients[[part]])[[1]])
    if (length(missing)) {
      refuse("A fit given as `start` must have the same covariates, but its ", part, " lacks ",
             enumerate(missing), ".")
    }
  }
}

# Training data that are kept must be those that the fit has seen.
training_rules <- alist(
  "its `model` does not hold numbers" = holds_numbers(x) && holds_numbers(z),
  "its `model` has not the rows of the fit" = all(c(nrow(x), nrow(z), length(y)) == fit$rows),
  "its `model` has not the covariates of the fit" =
    identical(colnames(x), fit$columns$expert) && identical(colnames(z), fit$columns$gate),
  "its `model` has not the classes of the fit" =
    holds_classes(y) && identical(levels(y), fit$levels)
)

training_fault <- function(fit, data) {
  first_fault(c(data[c("x", "z", "y")], list(fit = fit)), character(), training_rules)
}

holds_classes <- function(y) {
  if (is_counts(y)) return(identical(dim(y), c(length(y), nlevels(y))) && hold_counts(unclass(y)))
  is.factor(y) && sum(tabulate(y, nlevels(y))) == length(y)
}

holds_numbers <- function(x) {
  if (!is_sparse(x)) return(is.double(x))
  identical(class(x)[1], "dgCMatrix") && isTRUE(methods::validObject(x, test = TRUE))
}

# --- mixing measures ---

measure_parts <- c("gate", "expert", "gate_center", "gate_scale", "expert_center", "expert_scale")

measure_rules <- alist(
  "its `gate` is no finite matrix" =
    is.double(gate) && is.matrix(gate) && length(gate) > 0L && all(is.finite(gate)),
  "its `expert` is no finite array for the experts of its gate" =
    is_real_array(expert, c(nrow(expert), ncol(expert), ncol(gate))) && nrow(expert) > 0L &&
    ncol(expert) > 1L && all(is.finite(expert)),
  "its centres and scales are not one per covariate" =
    standardises(gate_center, gate_scale, nrow(gate)) &&
    standardises(expert_center, expert_scale, nrow(expert))
)

measure_fault <- function(measure) {
  if (!inherits(measure, "moe_measure")) return("it is no mixing measure")
  first_fault(measure, measure_parts, measure_rules)
}

standardises <- function(center, scale, count) {
  both <- list(center, scale)
  all(vapply(both, is.double, NA), lengths(both) == count) && all(is.finite(unlist(both))) &&
    all(scale > 0)
}

# --- dendrograms ---

tree_parts <- c("merge", "height", "order", "labels", "weights", "levels", "path", "selected")

tree_rules <- alist(
  "its `merge` and `height` do not belong together" =
    is.numeric(merge) && is.double(height) && identical(dim(merge), c(length(height), 2L)),
  "its `path` has not one row per level" =
    is.data.frame(path) && nrow(path) == length(height) + 1L,
  "its `labels`, `order` and `weights` are not one per expert" =
    all(is.character(labels), is.numeric(order), is.double(weights),
        lengths(list(labels, order, weights)) == nrow(path)),
  "its `selected` is no number" = is_one_number(selected)
)

# A dendrogram of a fit has more: the fit, a run per level, and what was chosen.
grown_rules <- alist(
  "its `fit` is not as moe_fit() made it" = is.null(fit_fault(fit)),
  "its `runs` are not one per level" = are_runs(runs, fit$measure),
  "its `refined` is neither TRUE nor FALSE" = isTRUE(refined) || isFALSE(refined),
  "its `criterion` is none of its path" = is.character(criterion) && length(criterion) == 1L &&
    criterion %in% names(criteria) && is.numeric(path[[criterion]]),
  "its `selected` is none of its levels" = selected %in% path$experts
)

check_tree <- function(x, name = "x") {
  fault <- first_fault(x, tree_parts, tree_rules)
  if (is.null(fault) && !is.null(x$fit)) {
    fault <- first_fault(x, c("fit", "runs", "refined", "criterion"), grown_rules)
  }
  refuse_fault(fault, name, "moe_dendrogram()")
  invisible(x)
}

# Level s has one expert fewer than the level before it.
are_runs <- function(runs, measure) {
  experts <- ncol(measure$gate)
  per_expert <- nrow(measure$gate) + prod(dim(measure$expert)[1:2])
  sizes <- vapply(runs, function(run) if (is.double(run$theta)) length(run$theta) else NA_integer_,
                  0L)
  identical(as.double(sizes), as.double(experts:1 * per_expert))
}

# --- cross-validations, bootstraps, calibrations ---

tune_parts <- c("fit", "lambda", "experts", "path", "best", "chosen", "values", "shares", "measure",
                "rule", "rows")

tune_rules <- alist(
  "its `fit` is not as moe_fit() made it" =
    inherits(fit, "moe_fit") && is.null(fit_fault(fit)),
  "its `path` has not the columns experts, lambda, mean and se" =
    is.data.frame(path) && nrow(path) > 0L &&
    all(vapply(path[c("experts", "lambda", "mean", "se")], is.numeric, NA)),
  "its `shares` are no numbers" = is.double(shares) && length(shares) > 1L,
  "its `values` are not one per row of the path, fold and loss" =
    is_real_array(values, c(nrow(path), length(shares), length(dimnames(values)[[3]]))),
  "its `measure` is none of its losses" =
    is.character(measure) && length(measure) == 1L && measure %in% dimnames(values)[[3]],
  "its `rows` are no number" = is_one_number(rows),
  "its `rule` is unknown" = identical(rule, "min") || identical(rule, "1se"),
  "its `best` and `chosen` are no rows of its path" =
    is_one_number(best) && is_one_number(chosen) && all(c(best, chosen) %in% seq_len(nrow(path)))
)

check_tuned <- function(x, name = "object") {
  refuse_fault(first_fault(x, tune_parts, tune_rules), name, "moe_tune()")
}

bootstrap_parts <- c("replicates", "estimate", "converged", "failures", "realigned", "type",
                     "clusters", "experts", "levels", "labels")

bootstrap_rules <- alist(
  "its `replicates` are no matrix of numbers" = is.double(replicates) && is.matrix(replicates),
  "its `estimate` has not the coefficients of its replicates" =
    is.double(estimate) && identical(names(estimate), colnames(replicates)),
  "its `converged` is not one per replicate" =
    is.logical(converged) && length(converged) == nrow(replicates),
  "its `failures` are no data frame" = is.data.frame(failures),
  "its `type` is unknown" = identical(type, "exponential") || identical(type, "dirichlet"),
  "its `experts` and `realigned` are not single numbers" =
    is_one_number(experts) && is_one_number(realigned),
  "its `clusters` are no number" = is.null(clusters) || is_one_number(clusters),
  "its `labels` are not one per coefficient" =
    is.data.frame(labels) && nrow(labels) == ncol(replicates)
)

check_bootstrap <- function(x, name = "object") {
  refuse_fault(first_fault(x, bootstrap_parts, bootstrap_rules), name, "moe_bootstrap()")
}

calibration_parts <- c("measures", "bins", "classes", "resamples", "models", "levels", "rows",
                       "total", "n_bins", "interval", "level", "weighted")

# A data frame by model with these columns, some of them numbers.
is_table <- function(x, numbers = character(), columns = character()) {
  is.data.frame(x) && is.factor(x$model) && all(columns %in% names(x)) &&
    all(vapply(numbers, function(name) is.double(x[[name]]), NA))
}

calibration_rules <- alist(
  "its `measures` are no table of measures" =
    is_table(measures, "estimate", c("measure", "target", "binning", "lower", "upper", "se")),
  "its `models` are no names" = is.null(models) || is.character(models) && is.null(dim(models)),
  "its `bins` are no table of bins" =
    is_table(bins, c("predicted", "observed"), c("target", "binning", "rows", "weight")),
  "its `classes` are no table of classes" = is_table(classes),
  "its `resamples`, `rows`, `total`, `n_bins` and `level` are not single numbers" =
    all(vapply(list(resamples, rows, total, n_bins, level), is_one_number, NA)),
  "its `levels` are no words" = is.character(levels),
  "its `interval` is unknown" = identical(interval, "basic") || identical(interval, "percentile"),
  "its `weighted` is neither TRUE nor FALSE" = isTRUE(weighted) || isFALSE(weighted)
)

check_calibration <- function(x, name = "x") {
  refuse_fault(first_fault(x, calibration_parts, calibration_rules), name, "moe_calibration()")
}

# --- averages ---

average_parts <- c("members", "knots", "experts", "lambda", "power", "path", "prob", "y",
                   "prior_weights", "unseen", "losses", "baseline", "levels", "class_shares",
                   "columns", "rows", "by_folds", "control")

average_rules <- alist(
  "its `levels` are no classes" =
    is.character(levels) && length(levels) > 1L && !anyDuplicated(levels),
  "its `columns` are no names of covariates" =
    is.character(columns$expert) && is.character(columns$gate),
  "its `knots` are not one per covariate" = is.null(knots) ||
    length(knots$x) == length(columns$expert) && length(knots$z) == length(columns$gate),
  "its `members` are not mixtures of its classes" = is.list(members) && length(members) > 0L &&
    all(vapply(members, is_member, NA, levels, bent = !is.null(knots))),
  "its `experts`, `lambda`, `power` and `rows` are not single numbers" =
    all(vapply(list(experts, lambda, power, rows), is_one_number, NA))
)

# How it was chosen and is judged.
judgement_rules <- alist(
  "its `y` is not one per row" = is.factor(y) && length(y) == rows,
  "its `unseen` and `prior_weights` are not one per row" =
    is.numeric(unseen) && length(unseen) == rows && is_column(prior_weights, is.double, rows),
  "its `prob` has not its rows and classes" = is_real_array(prob, c(rows, length(levels))),
  "its `path` and `losses` are no tables" =
    is.data.frame(path) && is.matrix(losses) && is.numeric(losses) && nrow(losses) == 2L,
  "its `baseline` has no losses" = is.null(baseline) || is.numeric(baseline$losses),
  "its `class_shares` are not one per class" =
    is.double(class_shares) && identical(names(class_shares), levels),
  "its `by_folds` is neither TRUE nor FALSE" = is.logical(by_folds) && by_folds %in% c(TRUE, FALSE)
)

is_member <- function(member, levels, bent) {
  is.null(measure_fault(member$measure)) && identical(member$levels, levels) &&
    member$kind %in% (if (bent) member_kinds else "none") && is_one_number(member$lambda)
}

check_average <- function(x, name = "object") {
  if (!inherits(x, "moe_average")) {
    refuse("`", name, "` must be an average by moe_average(), not ", given(x), ".")
  }
  fault <- first_fault(x, average_parts, c(average_rules, judgement_rules))
  if (is.null(fault)) fault <- origin_fault(x)
  refuse_fault(fault, name, "moe_average()")
  check_control(x$control)
  invisible(x)
}

# --- effects and contributions ---

# Columns of effects may have been left out, but for those that are `needed`.
check_effects <- function(x, name = "x", needed = character()) {
  whole <- is.list(x) && all(vapply(unclass(x), is.atomic, NA)) &&
    all(lengths(unclass(x)) == length(attr(x, "row.names")))
  fault <- if (!whole) "its columns are no vectors with a value per row" else
    first_fault(x, needed, if (length(needed)) drawn_rules)
  refuse_fault(fault, name, "moe_effects()")
}

drawn_effects <- c("variable", "contrast", "class", "estimate", "conf.low", "conf.high")

drawn_rules <- alist(
  "its `estimate`, `conf.low` and `conf.high` are no numbers" =
    all(vapply(list(estimate, conf.low, conf.high), is.numeric, NA))
)

contributions_parts <- c("terms", "experts", "log_odds", "prob", "reference")

contributions_rules <- alist(
  "its `terms` are no table of contributions" = is.data.frame(terms) &&
    all(c("row", "class", "term", "value") %in% names(terms)) && is.numeric(terms$contribution),
  "its `experts` are no table of weights" =
    is.data.frame(experts) && is.numeric(experts$row) && is.numeric(experts$weight),
  "its `log_odds` and `prob` have not the same rows and classes" =
    is.double(prob) && is_real_array(log_odds, dim(prob) - c(0L, 1L)) &&
    identical(colnames(prob)[-1], colnames(log_odds)),
  "its `reference` is no class" = is.character(reference) && reference == colnames(prob)[1]
)

check_contributions <- function(x, name = "x") {
  refuse_fault(first_fault(x, contributions_parts, contributions_rules), name,
               "moe_contributions()")
}
