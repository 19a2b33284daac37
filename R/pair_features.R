# Features of protein pairs from a network, computed for blocks of pairs that share proteins.

#' Features of protein pairs
#'
#' The features of [yeast_ppi], computed for any pairs of proteins from an observed network and,
#' where there is one, an annotation. Their definitions are on the page of [yeast_ppi].
#'
#' @section Which features there are:
#' A network without levels of confidence leaves out `cn_high`, `high_share` and `high_min`; one
#' without classes of proteins `same_class`, `n_unch` and `class_lo`; one without annotation
#' `fc_resnik`, `fc_jac` and `fc_missing`. The other 12 are always there.
#'
#' @section Why nothing leaks:
#' Nothing but the network and its annotation is looked at. A pair that is to be predicted must not
#' be among the network's edges; then its features are the same whether it is joined in truth or
#' not, and do not depend on which other pairs are asked for.
#'
#' A pair that the network does join is given away: its `dist` is 1, it adds to its proteins'
#' degrees, and `l3` also counts the ways of three steps that go back and forth along the edge. A
#' warning says how many such pairs there are. With `drop_own_edge = TRUE` each of them is described
#' by the network without its edge, as if it had not been observed. That needs the communities and
#' the eigenvectors of a network of its own for each such pair, about 0.2 seconds for the network of
#' [yeast_network]; to train on many edges, hide them all at once with [moe_ppi_split()].
#'
#' @section Time and memory:
#' Pairs are described in blocks, so that beyond the result some hundred megabytes are enough for
#' any number of pairs. A million pairs of [yeast_network] take some seconds.
#'
#' @param pairs A data frame with the columns `protein_a` and `protein_b`, names of proteins of the
#'   network. The order within a pair is of no consequence.
#' @param network The observed network, by [moe_network()], or anything that it takes.
#' @param annotation `NULL`, or annotation for a network that has none yet, as in [moe_network()].
#' @param drop_own_edge Whether a pair that the network joins is described without its own edge.
#' @return A data frame with one row per pair and up to 21 columns. The same each time, whatever the
#'   session's random numbers; `comm` may change with the order of the network's proteins.
#' @seealso [moe_network()] to prepare a network once; [moe_ppi_split()];
#'   [moe_rank_pairs()] for more pairs than fit into memory;
#'   [moe_sequence_features()] for features of sequences
#' @references See [yeast_ppi].
#' @examples
#' if (all(vapply(c("igraph", "Matrix", "RSpectra"), requireNamespace, NA, quietly = TRUE))) {
#'   # Pairs within a part of the network.
#'   edges <- head(yeast_network$edges, 1000)
#'   proteins <- subset(yeast_network$proteins, name %in% c(edges$protein_a, edges$protein_b))
#'   network <- moe_network(edges, proteins, yeast_funcat)
#'   pairs <- data.frame(protein_a = edges$protein_a[1:5], protein_b = edges$protein_b[101:105])
#'   cbind(pairs, moe_ppi_features(pairs, network)[c("deg_sum", "l3", "fc_jac")])
#'
#'   # Edges of the network, as if they had not been observed.
#'   moe_ppi_features(edges[1:2, ], network, drop_own_edge = TRUE)[c("deg_sum", "l3", "dist")]
#' }
#' @export
moe_ppi_features <- function(pairs, network, annotation = NULL, drop_own_edge = FALSE) {
  drop_own_edge <- check_flag(drop_own_edge, "drop_own_edge")
  check_columns(pairs, c("protein_a", "protein_b"), "pairs")
  network <- moe_network(network, annotation = annotation)
  a <- protein_numbers(pairs$protein_a, network$proteins$name, "`pairs`")
  b <- protein_numbers(pairs$protein_b, network$proteins$name, "`pairs`")
  joined <- which(are_joined(a, b, network))
  if (length(joined) && !drop_own_edge) warn_joined(length(joined), length(a))
  features <- describe_pairs(a, b, network)
  if (drop_own_edge) {
    for (i in joined) {
      features[i, ] <- describe_block(a[i], b[i], without_edge(network, a[i], b[i]))
    }
  }
  as.data.frame(features)
}

warn_joined <- function(count, pairs) {
  warning(count, " of ", pairs, if (count == 1) " pairs is an edge" else " pairs are edges",
          " of the network, which gives the class away: hide such edges by moe_ppi_split(), or ",
          "use `drop_own_edge = TRUE`.", call. = FALSE)
}

are_joined <- function(a, b, network) {
  size <- nrow(network$proteins)
  edges <- Matrix::summary(Matrix::triu(network$adjacency))
  pair_keys(a, b, size) %in% pair_keys(edges$i, edges$j, size)
}

without_edge <- function(network, a, b) {
  ends <- network$proteins$name[c(a, b)]
  with_edges(network, !(network$edges$protein_a %in% ends & network$edges$protein_b %in% ends))
}

# --- blocks ---

# A matrix with a row per pair and a column per feature.
describe_pairs <- function(a, b, network) {
  if (length(a) == 0L) return(describe_block(a, b, network))
  turned <- comes_first(b, a)
  blocks <- blocks_of_pairs(ifelse(turned, b, a), nrow(network$proteins))
  out <- NULL
  for (rows in blocks) {
    block <- describe_block(ifelse(turned, b, a)[rows], ifelse(turned, a, b)[rows], network)
    if (is.null(out)) {
      out <- matrix(NA_real_, length(a), ncol(block), dimnames = list(NULL, colnames(block)))
    }
    out[rows, ] <- block
  }
  out
}

# Paths are followed from one protein of each pair: from the one that occurs in more of the pairs,
# so that they start at as few proteins as can be.
comes_first <- function(a, b) {
  count <- tabulate(c(a, b))
  count[a] > count[b] | (count[a] == count[b] & a < b)
}

block_cells <- 1e6 # of a dense matrix with a column for each protein where paths start
block_pairs <- 1e5

# Rows of pairs, a vector for each block, those that start at the same protein together.
blocks_of_pairs <- function(start, size) {
  rows <- order(start)
  place <- match(start[rows], unique(start[rows])) - 1
  by_start <- place %/% max(1, block_cells %/% size)
  by_count <- (seq_along(rows) - 1) %/% block_pairs
  split(rows, cumsum(c(TRUE, diff(by_start) > 0 | diff(by_count) > 0)))
}

describe_block <- function(a, b, network) {
  bind_known(
    degree_features(a, b, network),
    path_features(a, b, network),
    place_features(a, b, network),
    confidence_features(a, b, network),
    class_features(a, b, network),
    annotation_features(a, b, network$annotation)
  )
}

# cbind() takes NULL for a column where there are no rows.
bind_known <- function(...) do.call(cbind, Filter(Negate(is.null), list(...)))

# --- groups of features: a matrix with a row per pair ---

degree_features <- function(a, b, network) {
  degree <- log1p(network$degree)
  cbind(deg_sum = degree[a] + degree[b], deg_diff = abs(degree[a] - degree[b]))
}

# Paths of two and three steps between the two proteins, and the distance. Counts are skewed, hence
# the logarithms and the root.
path_features <- function(a, b, network) {
  adjacency <- network$adjacency
  degree <- network$degree
  start <- unique(a)
  pick <- function(paths) as.matrix(paths)[cbind(b, match(a, start))]
  from <- adjacency[, start, drop = FALSE]
  onward <- function(weight) adjacency %*% (through(weight) %*% from)
  root <- ifelse(degree > 0, 1 / sqrt(degree), 0)
  three_steps <- adjacency %*% as.matrix(through(root) %*% onward(root))
  shared <- pick(adjacency %*% from)
  either <- degree[a] + degree[b] - shared
  bind_known(
    cn = log1p(shared),
    jaccard = ifelse(either > 0, shared / either, 0),
    adamic = log1p(pick(onward(ifelse(degree > 1, 1 / log(degree), 0)))),
    ra = sqrt(pick(onward(ifelse(degree > 0, 1 / degree, 0)))),
    l3 = log1p(pick(three_steps)),
    cn_high = if (!is.null(network$high)) {
      log1p(pick(network$high %*% network$high[, start, drop = FALSE]))
    },
    dist = distances(list(pick(from), shared, pick(three_steps)), three_steps, a, b, adjacency)
  )
}

farthest <- 6 # longer distances, and pairs without any path, count as this

# The length of the shortest of the paths, of which up to three steps are known for each pair, and
# those of three steps from each start. Longer ones are followed only from where they are needed.
distances <- function(known, three_steps, a, b, adjacency) {
  steps <- rep(farthest, length(a))
  for (length in 3:1) steps[known[[length]] > 0] <- length
  steps[a == b] <- 0
  start <- unique(a)
  ends <- three_steps
  for (length in seq(4, farthest - 1)) {
    open <- which(steps == farthest)
    still <- unique(a[open])
    ends <- adjacency %*% (1 * as.matrix(ends[, match(still, start), drop = FALSE] > 0))
    start <- still
    steps[open[as.matrix(ends)[cbind(b[open], match(a[open], start))] > 0]] <- length
  }
  steps
}

place_features <- function(a, b, network) {
  clustering <- network$clustering
  community <- network$community
  direction <- network$direction
  cbind(
    clust_min = pmin(clustering[a], clustering[b]),
    clust_max = pmax(clustering[a], clustering[b]),
    comm = as.numeric(community[a] == community[b]),
    spectral = rowSums(direction[a, , drop = FALSE] * direction[b, , drop = FALSE])
  )
}

# Share of high-confidence edges among a protein's edges, drawn towards 0.2, the share in the whole
# yeast network, where there are few.
confidence_features <- function(a, b, network) {
  if (is.null(network$high)) return(NULL)
  share <- (degrees(network$high) + 0.2) / (network$degree + 1)
  cbind(high_share = (share[a] + share[b]) / 2, high_min = pmin(share[a], share[b]))
}

class_features <- function(a, b, network) {
  class <- network$class
  if (is.null(class)) return(NULL)
  unknown <- class == "U"
  cbind(
    same_class = as.numeric(class[a] == class[b] & !unknown[a]),
    n_unch = unknown[a] + unknown[b],
    class_lo = network$class_ratio[cbind(as.integer(class[a]), as.integer(class[b]))]
  )
}

# The rarest category comes first in a column, so the first that two proteins share says most.
annotation_features <- function(a, b, annotation) {
  if (is.null(annotation)) return(NULL)
  size <- Matrix::colSums(annotation$has)
  shared <- annotation$has[, a, drop = FALSE] * annotation$has[, b, drop = FALSE]
  number_shared <- diff(shared@p)
  resnik <- numeric(length(a))
  some <- number_shared > 0
  resnik[some] <- annotation$information[shared@i[shared@p[-length(shared@p)][some] + 1L] + 1L]
  cbind(
    fc_resnik = resnik,
    fc_jac = number_shared / pmax(1, size[a] + size[b] - number_shared),
    fc_missing = as.numeric(size[a] == 0 | size[b] == 0)
  )
}
