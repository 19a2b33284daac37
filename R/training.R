# The rows that a fit has seen, if it holds them.

training_data <- function(fit) {
  check_fit(fit)
  kept <- fit$model
  if (!is.null(fit$source)) {
    refuse("The rows of this fit are elsewhere, in ", fit$source$rows$label, ": give them as ",
           "`newdata` where there is such an argument.")
  }
  if (is.null(kept)) {
    refuse("The fit holds no training data (`model = FALSE`, or made by moe_fit_worker()): give ",
           "`newdata`, or fit with `model = TRUE`.")
  }
  data <- if (is.null(fit$terms)) {
    kept
  } else {
    designs <- build_designs(fit$terms[c("expert", "gate")], kept, fit$contrasts)
    y <- Formula::model.part(fit$formula, kept, lhs = 1, drop = TRUE)
    list(x = designs$x, z = designs$z, y = as_response(y))
  }
  refuse_fault(training_fault(fit, data), "object", "moe_fit()")
  c(data[c("x", "z", "y")], list(group = fit$group)[!is.null(fit$group)])
}

# Names of these rows, as in the data; NULL where they have none.
used_rows <- function(fit) if (!is.null(fit$terms)) row.names(fit$model) else rownames(fit$model$x)

holds_rows <- function(fit) !is.null(fit$model) || !is.null(fit$source)

# Training data, of distant matrices where they are elsewhere.
fitted_rows <- function(fit) {
  if (is.null(fit$source)) training_data(fit) else reopen_rows(check_fit(fit))
}

# The problem that the fit solves; over other rows than those it has seen, with their weights and
# groups.
fit_problem <- function(fit, data = fitted_rows(fit), weights = fit$prior_weights,
                        group = data$group) {
  rows <- rows_by_unit(data$x, data$z, data$y, weights, group)
  design <- new_design(rows$x, rows$z, fit$columns, measure_moments(fit$measure))
  new_problem(design, rows$y, fit$levels, fit$experts, rows$weights, fit$lambda, fit$control,
              fit$columns, rows$unit)
}
