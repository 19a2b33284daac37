# Which edges of a network are observed, and which are to be predicted.

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
#' @param network The whole network, by [moe_network()], or anything that it takes.
#' @param negatives How pairs without an edge are drawn, `"mix"` or `"hard"`.
#' @param shares Shares of the edges that are `observed`, for training (`train`) and for testing
#'   (`test`): three positive numbers with these names and sum 1.
#' @return A list of `pairs`, a data frame with the columns `protein_a`, `protein_b` (in the order
#'   of the network's proteins, so that the order within a pair carries no meaning), `split`
#'   (`train` or `test`) and `confidence` (`none`, `medium` or `high`), and `observed`, the network
#'   without its target edges, by [moe_network()]. For a network without levels of confidence the
#'   last column is `class` (`none` or `edge`). Random: set a seed to make it reproducible.
#' @seealso [moe_ppi_features()], [moe_network()], [yeast_ppi]
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
  check_shares(shares)
  need_ppi_packages()
  whole <- if (inherits(network, "moe_network")) network else add_matrices(read_network(network))
  part <- split_edges(whole$edges$confidence, nrow(whole$edges), shares)
  targets <- cbind(target_edges(whole), split = part)[part != "observed", ]
  check_parts(targets$split, "joined")
  observed <- with_edges(whole, part == "observed")
  unjoined <- draw_negatives(nrow(targets), whole, observed, negatives, shares)
  check_parts(unjoined$split, "unjoined")
  list(pairs = as_split_pairs(rbind(targets, unjoined), whole$edges$confidence),
       observed = observed)
}

# The edges with the protein first that comes first in the network, and what is to be predicted.
target_edges <- function(network) {
  edges <- network$edges
  name <- network$proteins$name
  a <- match(edges$protein_a, name)
  b <- match(edges$protein_b, name)
  data.frame(protein_a = name[pmin(a, b)], protein_b = name[pmax(a, b)],
             response = if (is.null(edges$confidence)) rep("edge", length(a)) else
               as.character(edges$confidence))
}

as_split_pairs <- function(pairs, confidence) {
  pairs <- pairs[order(pairs$split, pairs$protein_a, pairs$protein_b, method = "radix"), ]
  rownames(pairs) <- NULL
  pairs$split <- factor(pairs$split, c("train", "test"))
  levels <- if (is.null(confidence)) c("none", "edge") else c("none", "medium", "high")
  pairs$response <- factor(pairs$response, levels)
  pairs <- pairs[c("protein_a", "protein_b", "split", "response")]
  names(pairs)[4] <- if (is.null(confidence)) "class" else "confidence"
  pairs
}

# Within each level of confidence, so that every part has the levels in the same proportions.
split_edges <- function(confidence, count, shares) {
  levels <- if (is.null(confidence)) rep("edge", count) else confidence
  part <- character(count)
  for (level in intersect(c("high", "medium", "edge"), levels)) {
    edges <- which(levels == level)
    edges <- edges[sample.int(length(edges))]
    sizes <- round(shares[c("observed", "train")] * length(edges))
    part[edges] <- rep(c("observed", "train", "test"), c(sizes, length(edges) - sum(sizes)))
  }
  part
}

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
