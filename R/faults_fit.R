# What is wrong with a saved mixing measure, a fit, its summary, or the rows that it keeps.

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

# --- fits ---

fit_parts <- c("coefficients", "objective", "loglik", "trace", "iterations", "evaluations",
               "converged", "status", "gradient_norm", "gain", "optima", "shares", "lambda",
               "experts", "levels", "df", "nobs", "rows", "measure", "columns", "control",
               "prior_weights", "group", "counts", "class_shares")

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

is_selection <- function(names, kept, count) {
  is.character(names) && is.logical(kept) && length(kept) == length(names) && sum(kept) == count
}

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
