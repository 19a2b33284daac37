# Which expert is which: experts of one measure matched to those of another.

# The expert of `measure` that each expert of `target` corresponds to, both on one standardisation.
match_experts <- function(measure, target) {
  atoms <- measure_atoms(measure)
  goals <- measure_atoms(target)
  # Squares of large coefficients would overflow.
  unit <- max(abs(atoms), abs(goals), .Machine$double.xmin)
  cost <- vapply(seq_len(ncol(atoms)), function(j) colSums(((goals - atoms[, j]) / unit)^2),
                 numeric(ncol(goals)))
  least_assignment(matrix(cost, ncol(goals)))
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
