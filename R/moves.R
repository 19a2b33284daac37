# Moves from one measure to others: an expert merged with another, left out, or split in two.

# --- fewer experts ---

most_drops <- 3L # the lightest experts

candidates_below <- function(measure, pairs) {
  c(candidate_merges(measure, pairs), candidate_drops(measure, most_drops))
}

candidate_merges <- function(measure, most) {
  merged <- merged_pairs(measure, most)
  stats::setNames(merged, paste("merge", seq_along(merged)))
}

# The measure without one of its experts, for each of the `most` lightest, lightest first.
candidate_drops <- function(measure, most) {
  weights <- measure_weights(measure)
  atoms <- measure_atoms(measure)
  lightest <- utils::head(order(weights), most)
  dropped <- lapply(lightest, function(j) {
    measure_from_atoms(measure, pmax(weights[-j], .Machine$double.xmin), atoms[, -j, drop = FALSE])
  })
  stats::setNames(dropped, rep("drop", length(dropped)))
}

# --- splits ---

most_splits <- 8L # candidates of a level

# Splitting expert k into two with coefficients +- delta and gate slopes +- gamma adds, to second
# order, delta' C_k gamma to the log-likelihood, where
#   C_k = sum_i v_i tau_ik (r_ik (x) x_i) z_i',   r_ik the residuals of expert k,
# so that the leading singular vectors of C_k are the most promising ways to split it. `most` of
# them over all experts, by singular value, two of an expert at most.
candidate_splits <- function(problem, measure, most = most_splits) {
  columns <- region_columns(problem$design, spread_evenly)
  if (length(columns) == 0L) return(list())
  experts <- ncol(measure$gate)
  gains <- split_gains(problem, measure, columns)
  ways <- lapply(seq_len(experts), function(k) {
    two <- min(2L, length(columns))
    ways <- svd(gains[[k]], two, two)
    lapply(seq_len(two), function(j) {
      list(expert = k, gain = ways$d[j], coefficients = ways$u[, j], direction = ways$v[, j])
    })
  })
  ways <- unlist(ways, recursive = FALSE)
  gain <- vapply(ways, `[[`, 0, "gain")
  best <- utils::head(order(gain, decreasing = TRUE), most)
  splits <- lapply(ways[best], function(way) {
    direction <- numeric(nrow(measure$gate))
    # Where the gate has no covariates, only the experts' coefficients can differ.
    if (length(direction) > 1L) direction[columns] <- way$direction
    coefficients <- matrix(way$coefficients, dim(measure$expert)[1])
    split_expert(measure, way$expert, experts + 1L, split_length * direction, coefficients)
  })
  stats::setNames(splits, rep("split", length(splits)))
}

# The C_k: coefficients of expert k (covariates fastest, then classes) x covariates of the gate, of
# which the `columns` are taken.
split_gains <- function(problem, measure, columns) {
  problem <- problem_with_experts(problem, ncol(measure$gate))
  at <- core_predict(problem, as_theta(measure), c("expert", "posterior"))
  x <- standardised(problem$design, "x")
  side <- region_side(problem$design)
  z <- standardised(problem$design, side, columns)
  if (side == "z") z <- spread_units(z, problem$unit)
  classes <- seq_len(problem$classes)
  hit <- outer(problem$y, classes, `==`)
  lapply(seq_len(problem$experts), function(k) {
    tau <- at$posterior[, k]
    if (!is.null(problem$weights)) tau <- tau * problem$weights
    tau <- unit_row_weights(tau, problem$unit)
    residual <- tau * (hit - matrix(at$expert[, , k], nrow(x)))
    do.call(rbind, lapply(classes, function(m) crossprod(x, residual[, m] * z)))
  })
}

split_length <- 1.5 # of the gate's slopes, which the covariates' standard deviation is the unit of

# Expert `from` becomes two that share its region: itself and number `to`, new or in the place of
# another. Gate coefficients differ by -+ direction, the expert's by -+ coefficients.
split_expert <- function(measure, from, to, direction, coefficients) {
  experts <- max(to, ncol(measure$gate))
  shape <- dim(measure$expert)
  gate <- measure$gate[, from]
  gate[1] <- gate[1] - log(2)
  expert <- measure$expert[, , from]
  measure$gate <- measure$gate[, pmin(seq_len(experts), shape[3]), drop = FALSE]
  measure$gate[, c(from, to)] <- c(gate - direction, gate + direction)
  measure$gate <- measure$gate - rowMeans(measure$gate)
  measure$expert <- measure$expert[, , pmin(seq_len(experts), shape[3]), drop = FALSE]
  measure$expert[, , c(from, to)] <- c(expert - coefficients, expert + coefficients)
  measure
}
