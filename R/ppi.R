# Protein pairs: which edges of a network are observed and which are to be predicted, and features
# that only the observed ones enter. Needs the packages igraph, Matrix and RSpectra.

#' Split a protein network into an observed part and pairs to classify
#'
#' Draws another data set of the kind of [yeast_ppi]: most edges of the network are kept as the
#' observed network, the others are the targets of prediction, and as many pairs without an edge are
#' drawn beside them. [moe_ppi_features()] then describes the pairs by the observed network.
#'
#' @details
#' Edges are split at random within each level of confidence. Pairs without an edge (`"none"`) are
#' never joined in the *whole* network, and are split between training and testing in the same
#' proportions as edges. `negatives` says how they are drawn:
#' * `"mix"`: half of them uniformly, half with proteins drawn in proportion to their observed
#'   degree plus one half, because pairs of hubs look most like edges;
#' * `"hard"`: a third uniformly, a third by degree, and a third at distance two, that is pairs that
#'   share an observed neighbour. Pairs drawn twice are dropped, so that slightly fewer remain.
#'
#' @param network A list of two data frames, as [yeast_network] is one: `edges`, with the columns
#'   `protein_a`, `protein_b` and `confidence` (`"medium"` or `"high"`), each edge once; and
#'   `proteins`, with the columns `name` and `class` (`"U"` and `NA` stand for uncharacterised).
#' @param negatives How pairs without an edge are drawn, `"mix"` or `"hard"`.
#' @param shares Shares of the edges that are `observed`, for training (`train`) and for testing
#'   (`test`): three positive numbers with these names and sum 1.
#' @return A list of `pairs`, a data frame with the columns `protein_a`, `protein_b` (in the order
#'   of `network$proteins`, so that the order within a pair carries no meaning), `split`
#'   (`train` or `test`) and `confidence` (`none`, `medium` or `high`), and `observed`, the network
#'   without its target edges. Random: set a seed to make it reproducible.
#' @seealso [moe_ppi_features()], [yeast_ppi]
#' @examples
#' # The whole network is what yeast_network shows and the targets of yeast_ppi.
#' targets <- subset(yeast_ppi, confidence != "none", c(protein_a, protein_b, confidence))
#' whole <- yeast_network
#' whole$edges <- droplevels(rbind(whole$edges, targets))
#' if (all(vapply(c("igraph", "Matrix", "RSpectra"), requireNamespace, NA, quietly = TRUE))) {
#'   set.seed(2)
#'   task <- moe_ppi_split(whole, negatives = "hard")
#'   table(task$pairs$split, task$pairs$confidence)
#' }
#' @export
moe_ppi_split <- function(network, negatives = c("mix", "hard"),
                          shares = c(observed = 0.60, train = 0.25, test = 0.15)) {
  negatives <- check_choice(negatives, c("mix", "hard"), "negatives")
  check_network(network)
  check_shares(shares)
  need_ppi_packages()
  part <- split_edges(network$edges$confidence, shares)
  observed <- network
  observed$edges <- network$edges[part == "observed", ]
  rownames(observed$edges) <- NULL
  targets <- cbind(in_order_of(network)[edge_columns], split = part)[part != "observed", ]
  check_parts(targets$split, "joined")
  unjoined <- draw_negatives(nrow(targets), network, observed, negatives, shares)
  check_parts(unjoined$split, "unjoined")
  pairs <- rbind(targets, unjoined)
  pairs <- pairs[order(pairs$split, pairs$protein_a, pairs$protein_b, method = "radix"), ]
  rownames(pairs) <- NULL
  pairs$split <- factor(pairs$split, c("train", "test"))
  pairs$confidence <- factor(pairs$confidence, c("none", "medium", "high"))
  list(pairs = pairs[c("protein_a", "protein_b", "split", "confidence")], observed = observed)
}

#' Features of protein pairs
#'
#' The 21 features of [yeast_ppi], computed for any pairs of proteins from an observed network and
#' an annotation. Their definitions are on the page of [yeast_ppi].
#'
#' @section Why nothing leaks:
#' Nothing but `network` and `annotation` is looked at. A pair that is to be predicted must not be
#' among the network's edges; then its features are the same whether it is joined in truth or not,
#' and do not depend on which other pairs are asked for. A pair that the network does join is
#' described as it stands in it: its `dist` is 1, and `l3` also counts the ways of three steps that
#' go back and forth along the edge.
#'
#' @param pairs A data frame with the columns `protein_a` and `protein_b`, names of proteins of the
#'   network. The order within a pair is of no consequence.
#' @param network The observed network, as in [moe_ppi_split()].
#' @param annotation A data frame with the columns `protein` and `category`, one row per
#'   annotation, as [yeast_funcat] is one. Proteins that the network does not have are left out.
#' @return A data frame with one row per pair and 21 columns. The same each time, whatever the
#'   session's random numbers; `comm` may change with the order of `network$proteins`.
#' @seealso [moe_ppi_split()]; [moe_sequence_features()] for features of sequences
#' @references See [yeast_ppi].
#' @examples
#' if (all(vapply(c("igraph", "Matrix", "RSpectra"), requireNamespace, NA, quietly = TRUE))) {
#'   # Pairs within a part of the network.
#'   edges <- head(yeast_network$edges, 1000)
#'   proteins <- subset(yeast_network$proteins, name %in% c(edges$protein_a, edges$protein_b))
#'   pairs <- data.frame(protein_a = edges$protein_a[1:5], protein_b = edges$protein_b[2:6])
#'   features <- moe_ppi_features(pairs, list(edges = edges, proteins = proteins), yeast_funcat)
#'   cbind(pairs, features[c("deg_sum", "l3", "fc_jac")])
#' }
#' @export
moe_ppi_features <- function(pairs, network, annotation) {
  check_network(network)
  check_columns(annotation, c("protein", "category"), "annotation")
  check_columns(pairs, c("protein_a", "protein_b"), "pairs")
  need_ppi_packages()
  a <- protein_numbers(pairs$protein_a, network, "pairs")
  b <- protein_numbers(pairs$protein_b, network, "pairs")
  adjacency <- adjacency_matrix(network)
  high <- adjacency_matrix(network, confidence = "high")
  cbind(
    degree_features(a, b, adjacency),
    neighbour_features(a, b, adjacency, high),
    position_features(a, b, adjacency),
    spectral = spectral_similarity(a, b, adjacency),
    confidence_features(a, b, adjacency, high),
    class_features(a, b, adjacency, network$proteins$class),
    annotation_features(a, b, annotation_matrix(annotation, network$proteins$name))
  )
}

# --- what is given ---

check_shares <- function(shares) {
  parts <- c("observed", "train", "test")
  named <- is.numeric(shares) && length(shares) == 3L && setequal(names(shares), parts)
  if (!named || !isTRUE(all(shares > 0) && abs(sum(shares) - 1) < 1e-8)) {
    refuse("`shares` must be three positive numbers with sum 1, named ", enumerate(parts), ", not ",
           if (is.numeric(shares)) toString(shares) else given(shares), ".")
  }
}

check_parts <- function(split, kind) {
  empty <- setdiff(c("train", "test"), split)
  if (length(empty)) {
    refuse("`network` must have edges enough for all parts, but by these `shares` no ", kind,
           " pair is left for ", empty[1], "ing.")
  }
}

# --- which edges are observed, and which are targets ---

# The edges with the protein first that comes first in the network.
in_order_of <- function(network) {
  edges <- network$edges
  name <- network$proteins$name
  a <- match(edges$protein_a, name)
  b <- match(edges$protein_b, name)
  edges$protein_a <- name[pmin(a, b)]
  edges$protein_b <- name[pmax(a, b)]
  edges
}

# Within each level of confidence, so that every part has the levels in the same proportions.
split_edges <- function(confidence, shares) {
  part <- character(length(confidence))
  for (level in c("high", "medium")) {
    edges <- which(confidence == level)
    edges <- edges[sample.int(length(edges))]
    sizes <- round(shares[c("observed", "train")] * length(edges))
    part[edges] <- rep(c("observed", "train", "test"), c(sizes, length(edges) - sum(sizes)))
  }
  part
}
