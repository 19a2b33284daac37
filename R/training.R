# The rows that a fit has seen, if it holds them.

training_data <- function(fit) {
  check_fit(fit)
  kept <- fit$model
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
  data
}

# The problem of a fit, to be solved again with fewer experts.
fitted_problem <- function(fit) {
  data <- training_data(fit)
  list(design = fitted_design(fit, data), y = as.integer(data$y), weights = fit$prior_weights,
       classes = length(fit$levels), total = fit$nobs)
}

# The fit's kept columns of new matrices, with the fit's standardisation.
fitted_design <- function(fit, data) {
  keep <- function(x, kept, center, scale) {
    standard_design(if (all(kept)) x else x[, kept, drop = FALSE], center, scale)
  }
  measure <- fit$measure
  x <- keep(data$x, fit$columns$kept_expert, measure$expert_center, measure$expert_scale)
  same <- identical(data$x, data$z) && identical(measure$gate_center, measure$expert_center) &&
    identical(measure$gate_scale, measure$expert_scale) &&
    identical(fit$columns$kept_gate, fit$columns$kept_expert)
  if (same) return(core_design(x, x))
  core_design(x, keep(data$z, fit$columns$kept_gate, measure$gate_center, measure$gate_scale))
}
