# A mixing measure as weighted atoms: their tree, and which atom of one measure is which of another.

measure_from_atoms <- function(measure, weights, atoms) {
  slopes <- seq_len(nrow(measure$gate) - 1L)
  atoms <- matrix(atoms, ncol = length(weights))
  gate <- rbind(log(weights), atoms[slopes, , drop = FALSE])
  measure$gate <- gate - rowMeans(gate)
  expert <- atoms[setdiff(seq_len(nrow(atoms)), slopes), , drop = FALSE]
  measure$expert <- array(expert, c(dim(measure$expert)[1:2], length(weights)))
  measure
}

# --- the tree ---

# The hclust of a measure, with the measures of all levels, K experts first.
merge_measure <- function(measure) {
  experts <- ncol(measure$gate)
  # An expert whose weight underflows is still an atom.
  weights <- pmax(measure_weights(measure), .Machine$double.xmin)
  atoms <- measure_atoms(measure)
  merged <- core_merge(weights, atoms)
  structure(
    list(merge = merged$merge, height = merged$height, order = leaf_order(merged$merge),
         labels = paste0("expert", seq_len(experts)), method = "ward.D", dist.method = "Ward",
         weights = weights, levels = level_measures(measure, weights, atoms, merged)),
    class = c("moe_dendrogram", "hclust")
  )
}

# Leaves from left to right: each merge puts its first branch before its second.
leaf_order <- function(merge) {
  leaves <- vector("list", nrow(merge))
  for (s in seq_len(nrow(merge))) {
    leaves[[s]] <- unlist(lapply(merge[s, ], function(a) if (a < 0) -a else leaves[[a]]))
  }
  leaves[[nrow(merge)]]
}

level_measures <- function(measure, weights, atoms, merged) {
  alive <- -seq_along(weights)
  atom <- function(a) if (a < 0) atoms[, -a] else merged$atoms[, a]
  weight <- function(a) if (a < 0) weights[-a] else merged$weight[a]
  levels <- list(measure)
  for (s in seq_along(merged$height)) {
    pair <- merged$merge[s, ]
    alive[match(pair[1], alive)] <- s
    alive <- setdiff(alive, pair[2])
    levels[[s + 1L]] <- measure_from_atoms(
      measure, vapply(alive, weight, 0), vapply(alive, atom, atoms[, 1])
    )
  }
  levels
}

# The measure with one of its closest pairs merged, for each of the `most` closest, closest first.
merged_pairs <- function(measure, most) {
  weights <- pmax(measure_weights(measure), .Machine$double.xmin)
  atoms <- measure_atoms(measure)
  pairs <- utils::combn(length(weights), 2L, simplify = FALSE)
  merged <- lapply(pairs, function(pair) core_merge(weights[pair], atoms[, pair, drop = FALSE]))
  closest <- utils::head(order(vapply(merged, `[[`, 0, "height")), most)
  Map(function(pair, one) {
    weights[pair[1]] <- one$weight
    atoms[, pair[1]] <- one$atoms
    measure_from_atoms(measure, weights[-pair[2]], atoms[, -pair[2], drop = FALSE])
  }, pairs[closest], merged[closest])
}

# --- matching ---

# The expert of `measure` that each expert of `target` corresponds to, both on one standardisation.
match_experts <- function(measure, target) {
  match_atoms(measure_atoms(measure), measure_atoms(target))
}

match_atoms <- function(atoms, goals) {
  # Squares of large coefficients would overflow.
  unit <- max(abs(atoms), abs(goals), .Machine$double.xmin)
  cost <- squares_apart(goals / unit, atoms / unit)
  # Where no two are nearest to the same, nothing is to be weighed.
  nearest <- max.col(-cost, "first")
  if (anyDuplicated(nearest)) least_assignment(cost) else nearest
}

# Squared distances of atoms from others: a row for each of the first.
squares_apart <- function(atoms, others) {
  outer(colSums(atoms^2), colSums(others^2), `+`) - 2 * crossprod(atoms, others)
}

# The permutation s for which the sum of cost[k, s[k]] is least, by the Hungarian method: rows join
# one at a time, each along the shortest path of reassignments. `price` and `rent` are the dual
# variables of rows and columns: cost[k, j] - price[k] - rent[j] is never negative, and 0 for pairs
# that are assigned.
least_assignment <- function(cost) {
  size <- nrow(cost)
  price <- rent <- numeric(size)
  row_of <- integer(size)
  for (new in seq_len(size)) {
    reach <- rep(Inf, size)
    from <- integer(size)
    seen <- logical(size)
    row <- new
    column <- 0L
    repeat {
      slack <- cost[row, ] - price[row] - rent
      shorter <- !seen & slack < reach
      reach[shorter] <- slack[shorter]
      from[shorter] <- column
      column <- which.min(ifelse(seen, Inf, reach))
      step <- reach[column]
      rows <- c(new, row_of[seen])
      price[rows] <- price[rows] + step
      rent[seen] <- rent[seen] - step
      reach[!seen] <- reach[!seen] - step
      seen[column] <- TRUE
      if (row_of[column] == 0L) break
      row <- row_of[column]
    }
    while (column > 0L) {
      row_of[column] <- if (from[column] == 0L) new else row_of[from[column]]
      column <- from[column]
    }
  }
  order(row_of)
}
