# The problem.

# The two designs and the response, ready for the core. With `drop`, columns that add nothing to
# those before them are left out. kept_x and kept_z say which columns stay.
new_problem <- function(x, z, y, weights, lambda) {
  n <- nrow(x)
  total <- if (is.null(weights)) n else sum(weights)
  rows <- if (is.null(weights)) n else sum(weights > 0)
  shared <- identical(x, z)
  design_x <- full_rank_design(x, weights, rows, lambda, "expert")
  design_z <- if (shared) design_x else full_rank_design(z, weights, rows, lambda, "gate")
  report_dropped(design_x, if (shared) "" else " of the experts")
  if (!shared) report_dropped(design_z, " of the gate")
  list(
    design = core_design(design_x, design_z), y = as.integer(y), weights = weights,
    kept_x = design_x$kept, kept_z = design_z$kept, classes = nlevels(y), total = total
  )
}

count_parameters <- function(problem, experts) {
  r <- ncol(problem$design$z)
  p <- ncol(problem$design$x)
  r * (experts - 1) + experts * p * (problem$classes - 1)
}

# The diagonal of D for the columns of each design.
ridge_vectors <- function(design, lambda, control) {
  of <- function(columns) lambda * c(control$intercept_ridge, rep(1, columns - 1L))
  list(gate = of(ncol(design$z)), expert = of(ncol(design$x)))
}

# --- parts of the rows ---

# The problem on at most `most` rows of positive weight, drawn at random.
sample_problem <- function(problem, most) {
  rows <- weighted_rows(problem)
  if (length(rows) <= most) return(problem)
  part_of_problem(problem, sort(rows[sample.int(length(rows), most)]))
}

# The same, but with rows spread evenly.
spread_problem <- function(problem, most) {
  rows <- weighted_rows(problem)
  if (length(rows) <= most) return(problem)
  part_of_problem(problem, rows[sort(spread_evenly(length(rows), most))])
}

# `most` of so many places by the fractional parts of multiples of the golden ratio, in step with no
# period that their order may have.
spread_evenly <- function(count, most) {
  order((seq_len(count) * (sqrt(5) - 1) / 2) %% 1)[seq_len(most)]
}

weighted_rows <- function(problem) {
  if (is.null(problem$weights)) seq_along(problem$y) else which(problem$weights > 0)
}

part_of_problem <- function(problem, rows) {
  problem$design <- subset_design(problem$design, rows)
  problem$y <- problem$y[rows]
  problem$weights <- problem$weights[rows]
  problem$total <- if (is.null(problem$weights)) length(rows) else sum(problem$weights)
  problem
}

# --- the core ---

# One run of the core from theta.
maximise <- function(problem, theta, experts, ridge, control, max_iterations, tolerance,
                     tau = NULL) {
  settings <- list(method = match(control$method, c("mm", "accelerated")) - 1L,
                   max_iterations = max_iterations,
                   # The stop rule counts in units of the objective, which weights may make tiny.
                   tolerance = tolerance * min(1, problem$total),
                   threads = usable_threads(control))
  .Call(C_moe_fit, problem$design, problem$y, problem$weights, tau, theta, ridge,
        c(problem$classes, experts), settings)
}

# One of the core's predictions as an array.
predict_core <- function(measure, design, y, what, control) {
  kinds <- c("prob", "gate", "expert", "posterior")
  shape <- dim(measure$expert)[2:3]
  out <- .Call(C_moe_predict, design, y, as_theta(measure), shape, kinds == what,
               usable_threads(control))[[what]]
  n <- nrow(design$x)
  switch(what, expert = array(out, c(n, shape)), prob = matrix(out, n, shape[1]),
         matrix(out, n, shape[2]))
}
