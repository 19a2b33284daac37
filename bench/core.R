# The package's inner functions that benchmarks call, all in one place: a problem (designs, their
# moments, the response), one evaluation, one run of the optimiser from given parameters.
inner <- asNamespace("moelogit")

core_problem <- function(x, y, lambda = 0, weights = NULL, z = x) {
  inner$new_problem(x, z, y, weights, lambda)
}

core_ridge <- function(problem, lambda, control) {
  inner$ridge_vectors(problem$design, lambda, control)
}

# The parameters after an M-step from responsibilities.
core_start <- function(problem, tau, lambda = 0, control = moe_control()) {
  inner$theta_from_posterior(problem, tau, core_ridge(problem, lambda, control), control)
}

# Log-likelihood, gradient and, if asked for, the Gram matrices.
core_evaluate <- function(problem, theta, experts, threads = 1L, gram = FALSE) {
  .Call(inner$C_moe_evaluate, problem$design, problem$y, problem$weights, NULL, theta,
        as.integer(c(problem$classes, experts)), gram, as.integer(threads))
}

core_maximise <- function(problem, theta, experts, lambda = 0, control = moe_control(),
                          max_iterations = control$max_iterations, tolerance = control$tolerance) {
  inner$maximise(problem, theta, as.integer(experts), core_ridge(problem, lambda, control), control,
                 as.integer(max_iterations), tolerance)
}
