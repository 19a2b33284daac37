# What "reaching the optimum" means for all methods: an objective within 1e-6 (relative) of the best
# that moelogit finds from the common start.

# The first entry of a trace that is that close.
reaches <- function(objective, best) which(objective >= best - 1e-6 * abs(best))[1]

# Data, starts, the target, and moelogit's ways to it.
prepare <- function(set) {
  d <- make_data(set)
  d$problem <- core_problem(d$x, d$y_factor, d$K)
  d$tau <- common_start(d)
  d$theta <- core_start(d$problem, d$tau)
  d$plain <- plain_problem(standardise(d$x, d$problem), d$y, d$M, d$K)
  d$b <- free_coefficients(d$theta, d$p, d$M, d$K)
  full <- core_maximise(d$problem, d$theta)
  d$best <- full$objective
  d$target <- d$best - 1e-6 * abs(d$best)
  d$iterations <- reaches(full$trace, d$best) - 1
  d$from_parameters <- function() {
    core_maximise(d$problem, d$theta, d$iterations)
  }
  iterations <- max(1, reaches(whole_fit(d, 10000)$trace, d$best) - 1)
  d$whole <- function() whole_fit(d, iterations)
  d
}

# All of a fit from responsibilities, checks and rank test included.
whole_fit <- function(d, iterations) {
  control <- moe_control(max_iterations = iterations, progress = FALSE)
  suppressWarnings(moe_fit_worker(d$x, d$x, d$y_factor, d$K, start = d$tau, control = control))
}

# Iterations that flexmix needs, tried with twice as many until they suffice.
flexmix_iterations <- function(d) {
  for (most in 25 * 2^(0:3)) {
    iterations <- reaches(flexmix_objectives(d, d$tau, most), d$best)
    if (!is.na(iterations)) break
  }
  iterations
}
