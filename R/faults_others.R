# What is wrong with saved objects that were made of fits.

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

# --- cross-validations and bootstraps ---

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
