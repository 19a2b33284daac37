# The best run of a problem: from a start, or by a search.

# A list of the run and of the optima that were found, as search_optimum() makes it.
best_run <- function(problem, start = NULL, cl = NULL) {
  if (is.null(start) && problem$experts > 1L) return(search_optimum(problem, cl))
  single_run(core_maximise(problem, single_start(problem, start)))
}

single_run <- function(run) {
  list(run = run, optima = data.frame(objective = run$objective, found = 1L))
}

# A run and its continuation as one.
continue_run <- function(first, second) {
  second$trace <- c(first$trace, second$trace[-1])
  second$iterations <- first$iterations + second$iterations
  second$evaluations <- first$evaluations + second$evaluations
  second
}

single_start <- function(problem, start) {
  if (is.null(start)) return(numeric(theta_length(problem)))
  if (inherits(start, "moe_fit")) {
    return(theta_from_coefficients(start$coefficients, problem$design, problem$columns))
  }
  if (is_elsewhere(problem)) {
    refuse("`start` must be NULL or a fit by moe_fit() where `data` is a source of rows, not ",
           given(start), ".")
  }
  check_start_matrix(start, count_units(problem), problem$experts)
  storage.mode(start) <- "double"
  theta_from_posterior(problem, start)
}

check_start_matrix <- function(start, n, experts) {
  if (!is.matrix(start) || !is.numeric(start)) {
    refuse("`start` must be NULL, a fit by moe_fit() or a matrix of responsibilities, not ",
           given(start), ".")
  }
  if (!identical(dim(start), c(n, experts))) {
    refuse("A matrix given as `start` must have one row per observation, or per group, and ",
           "one column per expert (", n, " x ", experts, "), but is ",
           paste(dim(start), collapse = " x "), ".")
  }
  valid <- are_shares(start)
  if (!all(valid)) {
    refuse("A matrix given as `start` must hold responsibilities: finite, not negative, and ",
           "summing to 1 in each row; row ", which(!valid)[1], " is not so.")
  }
}
