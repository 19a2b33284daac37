# Features of protein pairs, computed from an observed network and an annotation of its proteins.
#
# `network` is a list of two data frames: `edges` (protein_a, protein_b, confidence: "medium" or
# "high") and `proteins` (name, class, where "U" and NA mean uncharacterised).
# `annotation` is a data frame of two columns, protein and category, one row per annotation.
# Nothing else is looked at: a pair's features can only know what the observed network shows.

pair_features <- function(pairs, network, annotation) {
  a <- match(pairs$protein_a, network$proteins$name)
  b <- match(pairs$protein_b, network$proteins$name)
  if (anyNA(c(a, b))) stop("Every protein of `pairs` must be one of `network$proteins`.")
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

# --- The network as a matrix ----------------------------------------------------------------------

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

# --- Groups of features: each returns a data frame with one row per pair --------------------------

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
  community <- louvain_communities(graph)
  data.frame(
    dist = pmin(igraph::distances(graph)[cbind(a, b)], farthest),
    clust_min = pmin(clustering[a], clustering[b]),
    clust_max = pmax(clustering[a], clustering[b]),
    comm = as.numeric(community[a] == community[b])
  )
}

# The method visits proteins in random order. A seed of its own makes the communities a function of
# the network alone, and the caller's random numbers go on as if nothing had been drawn.
louvain_communities <- function(graph) {
  if (!exists(".Random.seed", globalenv())) set.seed(NULL)
  caller <- get(".Random.seed", globalenv())
  on.exit(assign(".Random.seed", caller, globalenv()))
  set.seed(1)
  as.integer(igraph::membership(igraph::cluster_louvain(graph)))
}

# Cosine of the angle between two proteins' coordinates on the leading eigenvectors of the
# normalised adjacency matrix. The added one keeps proteins without an edge at finite weight.
spectral_similarity <- function(a, b, adjacency, dimensions = 32) {
  scaling <- through(1 / sqrt(degrees(adjacency) + 1))
  spectrum <- eigen(as.matrix(scaling %*% adjacency %*% scaling), symmetric = TRUE)
  leading <- seq_len(dimensions)
  place <- spectrum$vectors[, leading] %*% diag(sqrt(pmax(spectrum$values[leading], 0)))
  norms <- sqrt(rowSums(place[a, ]^2) * rowSums(place[b, ]^2))
  rowSums(place[a, ] * place[b, ]) / pmax(1e-9, norms)
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
  edges <- which(as.matrix(adjacency) > 0, arr.ind = TRUE)
  joined <- table(class[edges[, 1]], class[edges[, 2]])
  ends <- rowSums(joined)
  expected <- outer(ends, ends) / sum(ends)
  unclass(log((joined + 1) / (expected + 1)))
}

annotation_matrix <- function(annotation, name) {
  known <- annotation[annotation$protein %in% name, ]
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
    fc_resnik = apply(shared * rep(information, each = nrow(shared)), 1, max),
    fc_jac = number_shared / pmax(1, size[a] + size[b] - number_shared),
    fc_missing = as.numeric(size[a] == 0 | size[b] == 0)
  )
}
