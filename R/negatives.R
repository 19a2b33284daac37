# Pairs of proteins without an edge, drawn to stand beside the edges.

# Pairs are rows of a matrix of two columns: the proteins' numbers, the smaller one first.
keep_non_edges <- function(u, v, full) {
  pairs <- cbind(pmin(u, v), pmax(u, v))
  pairs[u != v & full[pairs] == 0, , drop = FALSE]
}

no_pairs <- matrix(0L, 0L, 2L)

# Half of the ends uniform, half in proportion to `weight`: pairs of hubs look most like edges, and
# uniform pairs alone would leave them out.
mixed_pairs <- function(size, full, weight) {
  half <- size %/% 2
  draw_ends <- function() {
    c(sample(nrow(full), half, TRUE), sample(nrow(full), size - half, TRUE, weight))
  }
  pool <- no_pairs
  while (nrow(pool) < size) {
    u <- draw_ends()
    v <- draw_ends()
    batch <- keep_non_edges(u, v, full)
    pool <- unique(rbind(pool, batch[sample(nrow(batch)), , drop = FALSE]))
  }
  pool
}

# Four times the size is drawn at once, so that one round is nearly always enough.
weighted_pairs <- function(size, full, weight = NULL) {
  pool <- no_pairs
  while (nrow(pool) < size) {
    u <- sample(nrow(full), 4 * size, TRUE, weight)
    v <- sample(nrow(full), 4 * size, TRUE, weight)
    pool <- unique(rbind(pool, keep_non_edges(u, v, full)))
  }
  pool[sample(nrow(pool), size), , drop = FALSE]
}

# Pairs that share an observed neighbour: the hardest to tell from edges.
two_step_pairs <- function(size, full, observed) {
  joined <- Matrix::summary(Matrix::triu(observed %*% observed, 1))
  pairs <- keep_non_edges(joined$i, joined$j, full)
  pairs[sample(nrow(pairs), min(size, nrow(pairs))), , drop = FALSE]
}

hard_pairs <- function(size, full, weight, observed) {
  third <- size %/% 3
  unique(rbind(
    weighted_pairs(third, full),
    weighted_pairs(third, full, weight),
    two_step_pairs(size - 2 * third, full, observed)
  ))
}

# No negative is an edge of the full network. The half added to the degrees admits proteins that
# have no observed edge.
draw_negatives <- function(size, network, observed, negatives, shares) {
  full <- network$adjacency
  check_room(size, full)
  weight <- observed$degree + 0.5
  pool <- switch(negatives,
    mix = mixed_pairs(size, full, weight),
    hard = hard_pairs(size, full, weight, observed$adjacency)
  )
  chosen <- pool[sample(nrow(pool), min(size, nrow(pool))), , drop = FALSE]
  train <- round(nrow(chosen) * shares[["train"]] / (1 - shares[["observed"]]))
  name <- network$proteins$name
  data.frame(
    protein_a = name[chosen[, 1]], protein_b = name[chosen[, 2]], response = "none",
    split = sample(rep(c("train", "test"), c(train, nrow(chosen) - train)))
  )
}

# Drawing by rejection needs far more pairs without an edge than are drawn.
check_room <- function(size, full) {
  free <- nrow(full) * (nrow(full) - 1) / 2 - sum(full) / 2
  if (free < 10 * size) {
    refuse("The network must leave far more pairs unjoined than are drawn, but it leaves ", free,
           " and ", size, " are wanted.")
  }
}
