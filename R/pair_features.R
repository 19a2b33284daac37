# Features of protein pairs: each function returns a data frame with one row per pair, or a column.

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

# Scales rows and columns by a weight per protein. A path a-u-v-b then counts weight[u] * weight[v].
through <- function(weight) Matrix::Diagonal(x = weight)

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
