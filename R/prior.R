# The default ridge: a prior under which slopes are as large as those of a plain multinomial logit.

# The problem of model matrices; `lambda` NULL stands for the default.
penalised_problem <- function(x, z, y, experts, weights, lambda, control, group = NULL) {
  given <- if (is.null(lambda)) least_lambda(experts) else lambda
  problem <- full_rank_problem(x, z, y, experts, weights, given, control, group)
  if (is.null(lambda)) problem_with_lambda(problem, default_lambda(problem)) else problem
}

ridge_limits <- c(1, 10) # observations that the default is worth

least_lambda <- function(experts) if (experts == 1L) 0 else ridge_limits[1]

# M - 1 of the M sum-to-zero slopes of a covariate are free, and each has variance 1 / lambda under
# the prior. Two digits are as many as anyone wants to know, and keep rounding out.
default_lambda <- function(problem) {
  if (problem$experts == 1L) return(least_lambda(1L))
  slopes <- logit_slopes(problem)
  free <- nrow(slopes) * (ncol(slopes) - 1)
  if (free == 0) return(ridge_limits[1])
  signif(min(max(free / sum(slopes^2), ridge_limits[1]), ridge_limits[2]), 2)
}

# Slopes (covariates x classes) of the logit with the experts' covariates, or the gate's where the
# experts have none. It has the least ridge itself, and is run to its end however the fit is.
logit_slopes <- function(problem) {
  design <- problem$design
  if (ncol(design$x) == 1L) {
    problem$design[c("x_center", "x_scale")] <- design[c("z_center", "z_scale")]
    problem$design$x <- gate_rows(problem)
  }
  logit <- problem_with_lambda(problem_with_experts(problem, 1L), ridge_limits[1])
  logit$control$method <- "accelerated"
  run <- core_maximise(logit, numeric(theta_length(logit)), iterations = 1000L, tolerance = 1e-10)
  matrix(problem_measure(logit, run$theta)$expert[-1, , 1], ncol = logit$classes)
}
