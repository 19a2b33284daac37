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

edge_columns <- c("protein_a", "protein_b", "confidence")

need_ppi_packages <- function() {
  for (package in c("igraph", "Matrix", "RSpectra")) {
    need_package(package, "features and splits of networks")
  }
}

need_package <- function(package, purpose) {
  if (!requireNamespace(package, quietly = TRUE)) {
    refuse("The package ", package, " must be installed for ", purpose, ".")
  }
}

check_columns <- function(x, columns, name) {
  if (!is.data.frame(x)) refuse("`", name, "` must be a data frame, not ", given(x), ".")
  missing <- setdiff(columns, names(x))
  if (length(missing)) {
    refuse("`", name, "` must have the columns ", enumerate(columns), ", but lacks ",
           enumerate(missing), ".")
  }
}

check_network <- function(network) {
  if (!is.list(network) || is.data.frame(network)) {
    refuse("`network` must be a list of the data frames `edges` and `proteins`, not ",
           given(network), ".")
  }
  check_columns(network$edges, edge_columns, "network$edges")
  check_columns(network$proteins, c("name", "class"), "network$proteins")
  nameless <- which(is.na(network$proteins$name) | !nzchar(network$proteins$name))
  if (length(nameless)) {
    refuse("`network$proteins` must name each protein, but row ", nameless[1], " has no name.")
  }
  if (anyDuplicated(network$proteins$name)) {
    refuse("`network$proteins` must name each protein once, but ",
           dQuote(network$proteins$name[anyDuplicated(network$proteins$name)], FALSE),
           " occurs twice.")
  }
  unknown <- setdiff(network$edges$confidence, c("medium", "high"))
  if (length(unknown)) {
    refuse("The confidence of an edge must be \"medium\" or \"high\", not ",
           enumerate(as.character(unknown)), ".")
  }
  check_edges(protein_numbers(network$edges$protein_a, network, "network$edges"),
              protein_numbers(network$edges$protein_b, network, "network$edges"))
}

check_edges <- function(a, b) {
  if (any(a == b)) {
    refuse("An edge must join two proteins, but row ", which(a == b)[1],
           " of `network$edges` joins one to itself.")
  }
  twice <- anyDuplicated(cbind(pmin(a, b), pmax(a, b)))
  if (twice) {
    refuse("`network$edges` must hold each edge once, but row ", twice, " repeats an earlier one.")
  }
}

check_shares <- function(shares) {
  parts <- c("observed", "train", "test")
  named <- is.numeric(shares) && length(shares) == 3L && setequal(names(shares), parts)
  if (!named || !isTRUE(all(shares > 0) && abs(sum(shares) - 1) < 1e-8)) {
    refuse("`shares` must be three positive numbers with sum 1, named ", enumerate(parts), ", not ",
           if (is.numeric(shares)) toString(shares) else given(shares), ".")
  }
}

protein_numbers <- function(protein, network, name) {
  number <- match(protein, network$proteins$name)
  if (anyNA(number)) {
    refuse("Every protein of `", name, "` must be one of `network$proteins`, but ",
           enumerate(unique(as.character(protein[is.na(number)]))), " is not.")
  }
  number
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

# --- pairs without an edge ---

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
  full <- adjacency_matrix(network)
  check_room(size, full)
  seen <- adjacency_matrix(observed)
  weight <- degrees(seen) + 0.5
  pool <- switch(negatives,
    mix = mixed_pairs(size, full, weight),
    hard = hard_pairs(size, full, weight, seen)
  )
  chosen <- pool[sample(nrow(pool), min(size, nrow(pool))), , drop = FALSE]
  train <- round(nrow(chosen) * shares[["train"]] / (1 - shares[["observed"]]))
  name <- network$proteins$name
  data.frame(
    protein_a = name[chosen[, 1]], protein_b = name[chosen[, 2]], confidence = "none",
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

# --- the network as a matrix ---

adjacency_matrix <- function(network, confidence = c("medium", "high")) {
  edges <- network$edges[network$edges$confidence %in% confidence, ]
  name <- network$proteins$name
  a <- match(edges$protein_a, name)
  b <- match(edges$protein_b, name)
  size <- length(name)
  Matrix::sparseMatrix(c(a, b), c(b, a), x = 1, dims = c(size, size))
}

degrees <- function(adjacency) Matrix::rowSums(adjacency)

# Scales rows and columns by a weight per protein. A path a-u-v-b then counts weight[u] * weight[v].
through <- function(weight) Matrix::Diagonal(x = weight)

# --- groups of features: each returns a data frame with one row per pair ---

degree_features <- function(a, b, adjacency) {
  degree <- log1p(degrees(adjacency))
  data.frame(deg_sum = degree[a] + degree[b], deg_diff = abs(degree[a] - degree[b]))
}

# Paths of two and three steps between the two proteins. Counts are skewed, hence the logarithms
# and the root.
neighbour_features <- function(a, b, adjacency, high) {
  pair <- cbind(a, b)
  degree <- degrees(adjacency)
  shared <- (adjacency %*% adjacency)[pair]
  either <- degree[a] + degree[b] - shared
  inverse <- ifelse(degree > 0, 1 / degree, 0)
  inverse_log <- ifelse(degree > 1, 1 / log(degree), 0)
  inverse_root <- ifelse(degree > 0, 1 / sqrt(degree), 0)
  three_steps <- adjacency %*% through(inverse_root) %*% adjacency %*% through(inverse_root) %*%
    adjacency
  data.frame(
    cn = log1p(shared),
    jaccard = ifelse(either > 0, shared / either, 0),
    adamic = log1p((adjacency %*% through(inverse_log) %*% adjacency)[pair]),
    ra = sqrt((adjacency %*% through(inverse) %*% adjacency)[pair]),
    l3 = log1p(three_steps[pair]),
    cn_high = log1p((high %*% high)[pair])
  )
}

# Distances beyond `farthest`, and pairs without any path, count as `farthest`.
position_features <- function(a, b, adjacency, farthest = 6) {
  graph <- igraph::graph_from_adjacency_matrix(adjacency, "undirected")
  clustering <- igraph::transitivity(graph, "local", isolates = "zero")
  community <- with_own_seed(
    as.integer(igraph::membership(igraph::cluster_louvain(graph)))
  )
  data.frame(
    dist = pmin(igraph::distances(graph)[cbind(a, b)], farthest),
    clust_min = pmin(clustering[a], clustering[b]),
    clust_max = pmax(clustering[a], clustering[b]),
    comm = as.numeric(community[a] == community[b])
  )
}

# A seed and generators of its own make what a method draws a function of the network alone, and the
# caller's random numbers go on as if nothing had been drawn.
with_own_seed <- function(value) {
  if (!exists(".Random.seed", globalenv())) set.seed(NULL)
  caller <- get(".Random.seed", globalenv())
  on.exit(assign(".Random.seed", caller, globalenv()))
  set.seed(1, "Mersenne-Twister", "Inversion", "Rejection")
  force(value)
}

# Cosine of the angle between two proteins' coordinates on the leading eigenvectors of the
# normalised adjacency matrix, 0 where one of them has none. The added one keeps proteins without an
# edge at finite weight.
spectral_similarity <- function(a, b, adjacency, dimensions = 32L) {
  scaling <- through(1 / sqrt(degrees(adjacency) + 1))
  spectrum <- leading_spectrum(scaling %*% adjacency %*% scaling, dimensions)
  place <- spectrum$vectors %*% diag(sqrt(pmax(spectrum$values, 0)), length(spectrum$values))
  length <- sqrt(rowSums(place^2))
  direction <- place / ifelse(length > no_place, length, Inf)
  rowSums(direction[a, , drop = FALSE] * direction[b, , drop = FALSE])
}

no_place <- 1e-6 # coordinates as short as this are rounding

dense_size <- 300L # up to here a full decomposition is quick, and it has no limits on dimensions

# The eigenvectors of equal eigenvalues are arbitrary but for the space they span, so a group of
# these is kept or left out as a whole.
leading_spectrum <- function(matrix, dimensions) {
  count <- min(dimensions + 1L, nrow(matrix))
  spectrum <- if (nrow(matrix) <= dense_size) {
    eigen(as.matrix(matrix), symmetric = TRUE)
  } else {
    RSpectra::eigs_sym(matrix, count, "LA", opts = list(
      initvec = with_own_seed(stats::rnorm(nrow(matrix))), ncv = 3L * count, tol = 1e-14,
      maxitr = 10000L
    ))
  }
  leading <- seq_len(min(dimensions, count))
  if (count > dimensions) {
    leading <- which(spectrum$values[leading] > spectrum$values[count] + 1e-8)
  }
  list(values = spectrum$values[leading], vectors = spectrum$vectors[, leading, drop = FALSE])
}

# Share of high-confidence edges among a protein's edges, drawn towards 0.2, the share in the whole
# network, where there are few.
confidence_features <- function(a, b, adjacency, high) {
  share <- (degrees(high) + 0.2) / (degrees(adjacency) + 1)
  data.frame(high_share = (share[a] + share[b]) / 2, high_min = pmin(share[a], share[b]))
}

class_features <- function(a, b, adjacency, class) {
  class <- factor(ifelse(is.na(class), "U", as.character(class)))
  unknown <- class == "U"
  data.frame(
    same_class = as.numeric(class[a] == class[b] & !unknown[a]),
    n_unch = unknown[a] + unknown[b],
    class_lo = class_log_ratio(adjacency, class)[cbind(as.integer(class[a]), as.integer(class[b]))]
  )
}

# Logarithm of how often two classes are joined by an edge, over how often they would be if edges
# ignored classes. The added ones keep empty cells finite.
class_log_ratio <- function(adjacency, class) {
  edges <- Matrix::summary(adjacency)
  joined <- table(class[edges$i], class[edges$j])
  ends <- rowSums(joined)
  expected <- outer(ends, ends) / max(1, sum(ends))
  unclass(log((joined + 1) / (expected + 1)))
}

annotation_matrix <- function(annotation, name) {
  # No category is what a join with a table of annotations leaves where there is none.
  none <- is.na(annotation$category) | !nzchar(as.character(annotation$category))
  known <- annotation[annotation$protein %in% name & !none, ]
  categories <- unique(as.character(known$category))
  annotated <- matrix(0, length(name), length(categories))
  annotated[cbind(match(known$protein, name), match(known$category, categories))] <- 1
  annotated
}

# Rare categories say more when shared, hence the information content: -log of the frequency.
annotation_features <- function(a, b, annotated) {
  information <- -log(colMeans(annotated))
  size <- rowSums(annotated)
  shared <- annotated[a, , drop = FALSE] * annotated[b, , drop = FALSE]
  number_shared <- rowSums(shared)
  data.frame(
    fc_resnik = apply(shared * rep(information, each = nrow(shared)), 1, max, 0),
    fc_jac = number_shared / pmax(1, size[a] + size[b] - number_shared),
    fc_missing = as.numeric(size[a] == 0 | size[b] == 0)
  )
}
