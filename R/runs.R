# Runs of the core: one, from a given start, or many, of which the best counts.

# All runs on the full data, best first. Each start has a short run; those that can still win are
# run to the end, in order of promise.
run_starts <- function(problem, experts, ridge, control, start, columns) {
  run <- function(theta, iterations = control$max_iterations, tolerance = control$tolerance) {
    maximise(problem, theta, experts, ridge, control, iterations, tolerance)
  }
  if (!is.null(start) || experts == 1L) {
    return(list(run(single_start(problem, experts, ridge, control, start, columns))))
  }
  full <- finalists(control, length(problem$y))
  bar <- progress_bar(control, control$starts * (1L + searches_per_start(length(problem$y))) + full)
  on.exit(bar$done())
  thetas <- draw_starts(problem, experts, ridge, control, control$starts, bar$tick)
  short <- lapply(thetas, function(theta) {
    bar$tick()
    run(theta, min(short_steps, control$max_iterations), 1e-6)
  })
  short <- short[distinct(short, repeats = TRUE)]
  long <- lapply(utils::head(short, full), function(first) {
    bar$tick()
    continue_run(first, run(first$theta, control$max_iterations - first$iterations))
  })
  runs <- c(long, utils::tail(short, -length(long)))
  runs[best_of(runs)]
}

best_of <- function(runs) {
  order(vapply(runs, `[[`, 0, "objective"), decreasing = TRUE, na.last = TRUE)
}

short_steps <- 20L
few_rows <- 2000L

# How many starts are run to the end: all where rows are few, so that running costs little.
finalists <- function(control, rows) {
  if (rows <= few_rows) control$starts else max(2L, ceiling(control$starts / 3))
}

# A run and its continuation as one.
continue_run <- function(first, second) {
  second$trace <- c(first$trace, second$trace[-1])
  second$iterations <- first$iterations + second$iterations
  second$evaluations <- first$evaluations + second$evaluations
  second
}

single_start <- function(problem, experts, ridge, control, start, columns) {
  size <- experts * (ncol(problem$design$z) + ncol(problem$design$x) * problem$classes)
  if (is.null(start)) return(numeric(size))
  if (inherits(start, "moe_fit")) {
    return(theta_from_coefficients(start$coefficients, problem$design, columns))
  }
  check_start_matrix(start, length(problem$y), experts)
  storage.mode(start) <- "double"
  theta_from_posterior(problem, start, ridge, control)
}

check_start_matrix <- function(start, n, experts) {
  if (!is.matrix(start) || !is.numeric(start)) {
    refuse("`start` must be NULL, a fit by moe_fit() or a matrix of responsibilities, not ",
           given(start), ".")
  }
  if (!identical(dim(start), c(n, experts))) {
    refuse("A matrix given as `start` must have one row per observation and one column per ",
           "expert (", n, " x ", experts, "), but is ", paste(dim(start), collapse = " x "), ".")
  }
  valid <- rowSums(is.finite(start) & start >= 0) == experts & abs(rowSums(start) - 1) <= 1e-6
  if (!all(valid)) {
    refuse("A matrix given as `start` must hold responsibilities: finite, not negative, and ",
           "summing to 1 in each row; row ", which(!valid)[1], " is not so.")
  }
}
