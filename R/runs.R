# Runs of the core: one, from a given start, or many, of which the best counts.

# All runs on the full data, best first. Each start has a short run; those that can still win are
# run to the end, in order of promise.
run_starts <- function(problem, start = NULL) {
  if (!is.null(start) || problem$experts == 1L) {
    return(list(core_maximise(problem, single_start(problem, start))))
  }
  control <- problem$control
  rows <- length(problem$y)
  full <- finalists(control, rows)
  bar <- progress_bar(control, control$starts * (1L + searches_per_start(rows)) + full)
  on.exit(bar$done())
  thetas <- draw_starts(problem, control$starts, bar$tick)
  short <- lapply(thetas, function(theta) {
    bar$tick()
    core_maximise(problem, theta, min(short_steps, control$max_iterations), 1e-6)
  })
  short <- short[distinct(short, repeats = TRUE)]
  long <- lapply(utils::head(short, full), function(first) {
    bar$tick()
    steps <- control$max_iterations - first$iterations
    continue_run(first, core_maximise(problem, first$theta, steps))
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

single_start <- function(problem, start) {
  if (is.null(start)) return(numeric(theta_length(problem)))
  if (inherits(start, "moe_fit")) {
    return(theta_from_coefficients(start$coefficients, problem$design, problem$columns))
  }
  check_start_matrix(start, length(problem$y), problem$experts)
  storage.mode(start) <- "double"
  theta_from_posterior(problem, start)
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
