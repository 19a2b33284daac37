# The package's inner functions that benchmarks call, all in one place: a problem (designs, their
# moments, the response, the number of experts), one evaluation, one run of the optimiser from given
# parameters.
inner <- asNamespace("moelogit")

core_problem <- function(x, y, experts, lambda = 0) {
  inner$full_rank_problem(x, x, y, experts, NULL, lambda, moe_control())
}

with_threads <- function(problem, threads) {
  problem$control$threads <- as.integer(threads)
  problem
}

# The parameters after an M-step from responsibilities.
core_start <- inner$theta_from_posterior

# Log-likelihood, gradient and, if asked for, the Gram matrices.
core_evaluate <- inner$core_evaluate

core_maximise <- inner$core_maximise
