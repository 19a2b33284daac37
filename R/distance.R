#' Distance between the conditional densities of two mixtures
#'
#' Averages, over covariate rows, the distance between the class probabilities \eqn{p} and \eqn{q}
#' of two mixtures: Hellinger, \eqn{\left(\tfrac12 \sum_m (\sqrt{p_m} - \sqrt{q_m})^2\right)^{1/2}},
#' or total variation, \eqn{\tfrac12 \sum_m |p_m - q_m|}. Both are from 0 to 1.
#'
#' @param a,b Each a fit by [moe_fit()], or a [moe_measure()]: a known truth, say. The classes must
#'   be the same and in the same order.
#' @param x,z Matrices of the experts' and of the gate's covariates, without an intercept column,
#'   with the columns of the models in their order, dense or sparse; `z` is `x` by default. Columns
#'   that have the names of a fit's covariates are put in the fit's order.
#' @param type `"hellinger"` or `"total_variation"`.
#' @param weights `NULL`, or weights of the rows.
#' @return One number, the (weighted) mean over the rows.
#' @seealso [moe_loss()] for the distance between parameters.
#' @examples
#' truth <- moe_measure(cbind(c(0, 0), c(0.5, 2)), array(c(0, 0, 1, 2, 0, 0, -1, -2), c(2, 2, 2)))
#' other <- moe_measure(cbind(c(0, 0), c(0.5, 1)), array(c(0, 0, 1, 2, 0, 0, -1, -1), c(2, 2, 2)))
#' moe_distance(truth, other, x = matrix(seq(-2, 2, 0.1)))
#' @export
moe_distance <- function(a, b, x, z = x, type = c("hellinger", "total_variation"),
                         weights = NULL) {
  type <- check_choice(type, c("hellinger", "total_variation"), "type")
  x <- check_design(x, "x")
  z <- check_design(z, "z")
  if (nrow(x) != nrow(z)) {
    refuse("`x` and `z` must have the same rows, but have ", nrow(x), " and ", nrow(z), ".")
  }
  weights <- check_weights(weights, nrow(x))
  of_a <- as_full_measure(a, "a")
  of_b <- as_full_measure(b, "b")
  check_same_levels(a, b, "b")
  check_same_covariates(a, b, "b")
  x <- in_order(x, a, b, "expert")
  z <- in_order(z, a, b, "gate")
  p <- measure_probabilities(of_a, x, z)
  q <- measure_probabilities(of_b, x, z)
  if (ncol(p) != ncol(q)) {
    refuse("`a` and `b` must have the same classes, but have ", ncol(p), " and ", ncol(q), ".")
  }
  distance <- switch(type, hellinger = sqrt(rowSums((sqrt(p) - sqrt(q))^2) / 2),
                     total_variation = rowSums(abs(p - q)) / 2)
  unname(average(cbind(distance), weights))
}

# Measures have no names for their classes; fits do.
check_same_levels <- function(a, b, name) {
  if (!inherits(a, "moe_fit") || !inherits(b, "moe_fit")) return(invisible())
  if (identical(a$levels, b$levels)) return(invisible())
  refuse("`a` and `", name, "` must have the same classes in the same order, but have ",
         enumerate(a$levels), " and ", enumerate(b$levels), ".")
}

# Measures have no names for their covariates either.
check_same_covariates <- function(a, b, name) {
  if (!inherits(a, "moe_fit") || !inherits(b, "moe_fit")) return(invisible())
  for (part in c("gate", "expert")) {
    if (!identical(a$columns[[part]], b$columns[[part]])) {
      refuse("`a` and `", name, "` must have the same covariates in the same order, but their ",
             part, " has ", enumerate(a$columns[[part]][-1]), " and ",
             enumerate(b$columns[[part]][-1]), ".")
    }
  }
}

# The matrix with its columns in the order of a fit that names them all.
in_order <- function(x, a, b, part) {
  fit <- if (inherits(a, "moe_fit")) a else if (inherits(b, "moe_fit")) b
  wanted <- fit$columns[[part]][-1]
  if (length(wanted) && setequal(colnames(x), wanted)) x[, wanted, drop = FALSE] else x
}

measure_probabilities <- function(measure, x, z) {
  for (part in c("gate", "expert")) {
    matrix <- if (part == "gate") z else x
    rows <- dim(measure[[part]])[1] - 1L
    if (ncol(matrix) != rows) {
      refuse("`", if (part == "gate") "z" else "x", "` must have a column for each of the ", rows,
             " ", part, " covariates, but has ", ncol(matrix), ".")
    }
  }
  columns <- list(kept_expert = TRUE, kept_gate = TRUE)
  design <- new_design(with_intercept(x, "x"), with_intercept(z, "z"), columns,
                       measure_moments(measure))
  problem <- new_problem(design, NULL, seq_len(ncol(measure$expert)), ncol(measure$gate),
                         control = moe_control(threads = 1))
  prob <- core_predict(problem, as_theta(measure), "prob")$prob
  check_predicted(prob)
  prob
}

#' Voronoi loss between two mixing measures
#'
#' How far the atoms of one measure are from those of another, up to permutation and with any
#' numbers of atoms. Each atom \eqn{j} of `a`, with weight \eqn{q_j} and parameters
#' \eqn{\theta_j} (gate slopes and all coefficients of the expert), belongs to the Voronoi cell
#' \eqn{A_k} of the nearest atom of `truth`, with weight \eqn{q_k^0}; the loss is
#' \deqn{D = \sum_k \Big( \sum_{j \in A_k} q_j \|\Delta\theta_j\|^{s_k} +
#'   \Big| \sum_{j \in A_k} q_j - q_k^0 \Big| \Big).}
#' For `type = "exact"` (\eqn{D_1}) all \eqn{s_k = 1}; for `"overfitted"` (\eqn{D_2})
#' \eqn{s_k = 2} in cells with more than one atom, where parameters converge more slowly.
#'
#' @param a A fit or measure.
#' @param truth A fit or measure with the same covariates and classes, whose atoms make the cells.
#' @param type `"exact"` or `"overfitted"`.
#' @param center,scale The standardisation on which both are compared, as in [moe_measure()]; by
#'   default that of `truth`.
#' @return One number, 0 where the measures are equal.
#' @references Manole, T. and Ho, N. (2022). Refined convergence rates for maximum likelihood
#'   estimation under finite mixture models. *Proceedings of the 39th International Conference on
#'   Machine Learning*.
#' @seealso [moe_distance()] for the distance between conditional densities.
#' @examples
#' truth <- moe_measure(cbind(c(0, 0), c(0.5, 2)), array(c(0, 0, 1, 2, 0, 0, -1, -2), c(2, 2, 2)))
#' other <- moe_measure(cbind(c(0, 0), c(0.5, 1)), array(c(0, 0, 1, 2, 0, 0, -1, -1), c(2, 2, 2)))
#' moe_loss(other, truth)
#' @export
moe_loss <- function(a, truth, type = c("exact", "overfitted"), center = NULL, scale = NULL) {
  type <- check_choice(type, c("exact", "overfitted"), "type")
  fits <- list(a, truth)
  a <- as_full_measure(a, "a")
  truth <- as_full_measure(truth, "truth")
  check_same_levels(fits[[1]], fits[[2]], "truth")
  check_same_covariates(fits[[1]], fits[[2]], "truth")
  if (!identical(dim(a$expert)[1:2], dim(truth$expert)[1:2]) || nrow(a$gate) != nrow(truth$gate)) {
    refuse("`a` and `truth` must have the same covariates and classes.")
  }
  if (is.null(center)) {
    center <- list(gate = truth$gate_center[-1], expert = truth$expert_center[-1])
  }
  if (is.null(scale)) scale <- list(gate = truth$gate_scale[-1], expert = truth$expert_scale[-1])
  voronoi_loss(restandardise(a, center, scale), restandardise(truth, center, scale), type)
}

voronoi_loss <- function(a, truth, type) {
  theta <- measure_atoms(a)
  weight <- measure_weights(a)
  centre <- measure_atoms(truth)
  distance <- vapply(seq_len(ncol(centre)), function(k) sqrt(colSums((theta - centre[, k])^2)),
                     numeric(ncol(theta)))
  distance <- matrix(distance, ncol(theta))
  cell <- max.col(-distance, "first")
  size <- tabulate(cell, ncol(centre))
  power <- if (type == "overfitted") ifelse(size[cell] > 1L, 2, 1) else 1
  mass <- vapply(seq_len(ncol(centre)), function(k) sum(weight[cell == k]), 0)
  sum(weight * distance[cbind(seq_along(cell), cell)]^power) +
    sum(abs(mass - measure_weights(truth)))
}

# Coefficients on the covariates' own scale, then on another standardisation.
restandardise <- function(measure, center, scale) {
  gate <- unstandardise(measure$gate, measure$gate_center, measure$gate_scale)
  expert <- measure$expert
  for (k in seq_len(dim(expert)[3])) {
    expert[, , k] <- unstandardise(matrix(expert[, , k], dim(expert)[1]), measure$expert_center,
                                   measure$expert_scale)
  }
  moe_measure(gate, expert, center, scale)
}

# The measure of a fit, if no covariate was dropped, or a measure itself.
as_full_measure <- function(x, name) {
  if (inherits(x, "moe_measure")) {
    refuse_fault(measure_fault(x), name, "moe_measure()")
    return(x)
  }
  if (inherits(x, "moe_dendrogram")) x <- cut.moe_dendrogram(x)
  if (!inherits(x, "moe_fit")) {
    refuse("`", name, "` must be a fit by moe_fit() or a moe_measure(), not ", given(x), ".")
  }
  check_fit(x, name)
  if (!all(x$columns$kept_gate, x$columns$kept_expert)) {
    refuse("`", name, "` must be a fit without dropped covariates.")
  }
  x$measure
}
