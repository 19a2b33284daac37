# What the tests of networks and pairs of proteins share.

skip_without_networks <- function() {
  skip_if_not_installed("igraph")
  skip_if_not_installed("Matrix")
  skip_if_not_installed("RSpectra")
}

whole_network <- function() {
  targets <- subset(yeast_ppi, confidence != "none", c(protein_a, protein_b, confidence))
  network <- yeast_network
  network$edges <- droplevels(rbind(network$edges, targets))
  network
}

joined_pairs <- function(pairs) {
  paste(pmin(pairs$protein_a, pairs$protein_b), pmax(pairs$protein_a, pairs$protein_b))
}

# Proteins in groups that are joined within, and a few edges between.
small_network <- function(size = 60, seed = 1) {
  set.seed(seed)
  ends <- t(combn(size, 2))
  near <- ends[, 1] %% 6 == ends[, 2] %% 6
  ends <- ends[runif(nrow(ends)) < ifelse(near, 0.4, 0.02), ]
  name <- paste0("P", seq_len(size))
  list(
    edges = data.frame(protein_a = name[ends[, 1]], protein_b = name[ends[, 2]],
                       confidence = sample(c("medium", "high"), nrow(ends), TRUE, c(3, 1))),
    proteins = data.frame(name = name, class = sample(c("A", "B", "U", NA), size, TRUE))
  )
}

small_annotation <- function(network) {
  data.frame(protein = rep(network$proteins$name, each = 2),
             category = sprintf("%02d", rep_len(1:7, 2 * nrow(network$proteins))))
}

write_lines <- function(...) {
  path <- tempfile()
  writeLines(c(...), path)
  path
}
