# The door to the C core: every .Call of the package and nothing else. The core is asked about a
# problem (problem.R) at parameters theta: the gate (r x K), then the experts (p x M x K), both in
# the symmetric form.

# Log-likelihood, its gradient (the shape of theta) and, if asked for, the Gram matrices Z'VZ and,
# for each expert, X'V T_k X. With responsibilities tau (units x K) given, the log-likelihood is the
# expected complete-data one.
core_evaluate <- function(problem, theta, gram = FALSE, tau = NULL) {
  if (is_elsewhere(problem)) return(evaluate_distant(problem, theta, gram))
  .Call(C_moe_evaluate, problem, theta, tau, gram, usable_threads(problem$control))
}

# Of the Gram matrices, which are symmetric, the lower triangles travel.
evaluate_distant <- function(problem, theta, gram) {
  if (!gram) return(sum_over_slices(problem, "core_evaluate", theta))
  out <- sum_over_slices(problem, "evaluate_triangles", theta)
  out$gram <- out$gram[triangle_places(problem)]
  out
}

evaluate_triangles <- function(problem, theta) {
  out <- core_evaluate(problem, theta, gram = TRUE)
  out$gram <- out$gram[!duplicated(triangle_places(problem))]
  out
}

# Of each entry of the Gram matrices, where it is among those of their lower triangles.
triangle_places <- function(problem) {
  sides <- c(ncol(problem$design$z), rep.int(ncol(problem$design$x), problem$experts))
  lengths <- sides * (sides + 1) / 2
  unlist(Map(function(side, before) {
    places <- matrix(0, side, side)
    lower <- lower.tri(places, diag = TRUE)
    places[lower] <- before + seq_len(sum(lower))
    pmax(places, t(places))
  }, sides, cumsum(lengths) - lengths))
}

core_methods <- c("mm", "accelerated")

# One run of the optimiser from theta: a list of theta, objective, loglik, status (a word),
# iterations, evaluations, gradient_norm, gain and trace. It ends early, as "trailed", where the
# target, an objective, seems out of reach.
core_maximise <- function(problem, theta, iterations = problem$control$max_iterations,
                          tolerance = problem$control$tolerance, tau = NULL, target = NULL) {
  settings <- list(method = match(problem$control$method, core_methods) - 1L,
                   max_iterations = iterations,
                   # The stop rule counts in units of the objective, which weights may make tiny.
                   tolerance = tolerance * min(1, problem$total), target = target)
  run <- if (is_elsewhere(problem)) maximise_distant(problem, theta, settings) else
    .Call(C_moe_maximise, problem, theta, tau, settings, usable_threads(problem$control))
  run$status <- run_statuses[run$status + 1L]
  run
}

# Over rows that are elsewhere. What goes wrong there ends the run at its last good point, which the
# error then has. A checkpoint keeps list(theta), the best so far, and then list(theta, run).
maximise_distant <- function(problem, theta, settings) {
  checkpoint <- problem$control$checkpoint
  key <- result_key(list(theta, settings), checkpoint)
  kept <- kept_result(checkpoint, key)
  if (!is.null(kept$run)) return(kept$run)
  reason <- NULL
  keep_best <- best_keeper(problem, key)
  evaluate <- function(theta, gram) {
    tryCatch(keep_best(theta, core_evaluate(problem, theta, gram)), error = function(e) {
      reason <<- e
      NULL
    })
  }
  run <- .Call(C_moe_maximise_distant, problem, distant_columns(problem),
               if (is.null(kept)) theta else kept$theta, settings, evaluate)
  if (!is.null(reason)) stop(lost_with_run(reason, run))
  keep_result(checkpoint, key, list(theta = run$theta, run = run))
  run
}

# A function that gives an evaluation back, and keeps its theta if it is the best so far.
best_keeper <- function(problem, key) {
  checkpoint <- problem$control$checkpoint
  if (is.null(checkpoint)) return(function(theta, evaluation) evaluation)
  best <- -Inf
  function(theta, evaluation) {
    objective <- evaluation$loglik - ridge_value(problem, theta)
    if (isTRUE(objective > best)) {
      best <<- objective
      keep_result(checkpoint, key, list(theta = theta))
    }
    evaluation
  }
}

ridge_value <- function(problem, theta) {
  ridge <- problem$penalty
  gate <- seq_len(length(ridge$gate) * problem$experts)
  (sum(ridge$gate * theta[gate]^2) + sum(ridge$expert * theta[-gate]^2)) / 2
}

core_objective <- function(problem, theta) {
  core_evaluate(problem, theta)$loglik - ridge_value(problem, theta)
}

distant_columns <- function(problem) {
  as.integer(c(ncol(problem$design$x), ncol(problem$design$z)))
}

core_predictions <- c("prob", "gate", "expert", "posterior")

# The predictions that are asked for, in one pass over the rows: a list with prob (n x M), gate
# (units x K), expert (n x M x K) or posterior (units x K), which needs y.
core_predict <- function(problem, theta, what) {
  refuse_elsewhere(problem)
  wanted <- core_predictions %in% what
  out <- .Call(C_moe_predict, problem, theta, wanted, usable_threads(problem$control))
  out[core_predictions[wanted]]
}

core_informations <- c("observed", "scores")

# Of the coefficients in reference coding: minus the Hessian of the log-likelihood, or the sum of
# outer products of the scores.
core_information <- function(problem, theta, kind = core_informations) {
  if (is_elsewhere(problem)) return(sum_over_slices(problem, "core_information", theta, kind[1]))
  .Call(C_moe_information, problem, theta, match(kind[1], core_informations) - 1L,
        usable_threads(problem$control))
}

# v_g s_g in row g
core_scores <- function(problem, theta) {
  refuse_elsewhere(problem)
  .Call(C_moe_scores, problem, theta, usable_threads(problem$control))
}

core_outputs <- c("prob", "link", "gate", "expert")

# n x outputs: variances of predictions of one kind, from the covariance of the coefficients in
# reference coding. Each row must be a unit, here and below.
core_variances <- function(problem, theta, kind, covariance) {
  .Call(C_moe_variances, problem, theta, match(kind, core_outputs) - 1L, covariance,
        usable_threads(problem$control))
}

# Weighted sums over the rows: `prob`, of class probabilities (M), and `gradient`, of their
# derivatives by these coefficients (d x M).
core_averages <- function(problem, theta) {
  .Call(C_moe_averages, problem, theta, usable_threads(problem$control))
}

# The derivative of that gradient by each linear predictor, moved by the same in all rows: an array,
# d x M x predictors.
core_tangent <- function(problem, theta) {
  .Call(C_moe_tangent, problem, theta, usable_threads(problem$control))
}

# Weighted sums over the units of the gate's probabilities.
core_gate_sums <- function(problem, theta) {
  if (is_elsewhere(problem)) return(sum_over_slices(problem, "core_gate_sums", theta))
  .Call(C_moe_gate_sums, problem, theta, usable_threads(problem$control))
}

# --- columns ---

# Weighted mean and standard deviation of each column: list(center, scale). x is a matrix or a
# dgCMatrix.
core_moments <- function(x, weights) {
  if (!isS4(x)) return(.Call(C_moe_moments, x, weights))
  .Call(C_moe_sparse_moments, x@p, x@i, x@x, dim(x), weights)
}

# The standardised rows of a dgCMatrix whose first column is the intercept, without what is 0:
# list(start, column, value, base, dim), see src/moe.h. NULL where an integer cannot count them.
core_compress_rows <- function(x, center, scale) {
  .Call(C_moe_compress_rows, x@p, x@i, x@x, dim(x), center, scale)
}

# Which of the columns that are kept are no linear combinations of kept ones before them.
core_independent_columns <- function(gram, kept) .Call(C_moe_independent_columns, gram, kept)

# --- pairs ---

# For each column of the matrix x the mean of rows a and b, and then the absolute difference: a row
# per pair, and no other memory.
core_pair_features <- function(x, a, b) .Call(C_moe_pair_features, x, a, b)

# --- results that come in parts ---

# A matrix of integers or doubles, all of which are to be written before one is read.
core_room <- function(rows, columns, is_integer) .Call(C_moe_room, rows, columns, is_integer)

# --- files ---

# Overwrites vectors of doubles or integers, to which nothing else may refer, by the numbers of a
# file.
core_read <- function(path, vectors) .Call(C_moe_read, path, vectors)

# --- atoms ---

# Ward's merges of atoms (a column each): list(merge, height, weight, atoms).
core_merge <- function(weights, atoms) .Call(C_moe_merge, weights, atoms)
