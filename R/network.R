# Protein networks, prepared once: the matrices, and all that features need to know of each protein.
# Needs the packages igraph, Matrix and RSpectra.

#' Prepare a protein network
#'
#' Takes a network of proteins in the form in which it is at hand and computes, once, what
#' [moe_ppi_features()] needs to know of each protein, so that pairs can then be described in many
#' calls.
#'
#' @details
#' Names of proteins are text; numbers as names are written in full. An edge that occurs more than
#' once, in either order, counts once, and edges that join a protein to itself are left out; a
#' message says how many there were. Of an edge that occurs with both levels of confidence, the
#' higher level counts.
#'
#' Prepared are the adjacency matrix \eqn{A}, degrees \eqn{d}, local clustering coefficients,
#' communities of greatest modularity (the Louvain method with a fixed seed), and each protein's
#' direction in the space of the 32 leading eigenvectors of
#' \eqn{D^{-1/2} A D^{-1/2}}{D^-1/2 A D^-1/2}, where \eqn{D} is the diagonal matrix of
#' \eqn{d + 1}; the page of [yeast_ppi] says how features follow. 18,000 proteins with 200,000 edges
#' take some seconds and less than 1 GB.
#'
#' @param edges The edges, as one of
#'   * a data frame with a row per edge: the columns `protein_a` and `protein_b`, or, if it does not
#'     have these, its first two; and perhaps `confidence` (`"medium"` or `"high"`). Other columns
#'     are not used: of pairs by [moe_read_pairs()] give those whose class stands for an edge;
#'   * a graph of igraph, in which vertices may have the attributes `name` and `class`, and edges
#'     `confidence`; the direction of edges is ignored, and vertices without names are numbered;
#'   * a square matrix, dense or of package Matrix, whose row names are the proteins. Proteins are
#'     joined where it is not zero on either side of the diagonal;
#'   * a list with such a data frame `edges` and a data frame `proteins`, as [yeast_network] is one;
#'   * a network by `moe_network()`, to add annotation to it.
#' @param proteins `NULL` for the proteins that have an edge; or the names of all proteins, or a
#'   data frame with the column `name` and perhaps `class`, a functional class of each protein
#'   (`"U"` and `NA` stand for uncharacterised).
#' @param annotation `NULL`, or a data frame with the columns `protein` and `category`, one row per
#'   annotation, as [yeast_funcat] is one. Proteins that the network does not have are left out.
#' @param x A network by `moe_network()`.
#' @param ... Not used.
#' @return A list of class `moe_network`, of which others may use
#'   \item{edges}{data frame with a row per edge that is kept: `protein_a`, `protein_b` and, where
#'     it is known, `confidence`}
#'   \item{proteins}{data frame with a row per protein: `name` and, where it is known, `class`}
#'   \item{adjacency}{symmetric matrix of zeros and ones, proteins in the order of `proteins`: a
#'     `dgCMatrix`}
#' @seealso [moe_ppi_features()], [moe_ppi_split()], [moe_read_pairs()] to read edges from files
#' @examples
#' if (all(vapply(c("igraph", "Matrix", "RSpectra"), requireNamespace, NA, quietly = TRUE))) {
#'   # An edge table is enough. One edge occurs in both directions.
#'   edges <- data.frame(from = c("A", "B", "B", "C", "D"), to = c("B", "A", "C", "D", "A"))
#'   network <- moe_network(edges)
#'   network
#'   moe_ppi_features(data.frame(protein_a = "A", protein_b = "C"), network)
#' }
#' @export
moe_network <- function(edges, proteins = NULL, annotation = NULL) {
  need_ppi_packages()
  network <- if (inherits(edges, "moe_network") && is.null(proteins)) {
    edges
  } else {
    prepare_network(read_network(edges, proteins))
  }
  if (is.null(annotation)) return(network)
  check_columns(annotation, c("protein", "category"), "annotation")
  network$annotation <- annotation_of(annotation, network$proteins$name)
  network
}

need_ppi_packages <- function() {
  for (package in c("igraph", "Matrix", "RSpectra")) {
    need_package(package, "features and splits of networks")
  }
}

#' @rdname moe_network
#' @export
print.moe_network <- function(x, ...) {
  high <- sum(x$edges$confidence == "high")
  cat("Network of ", nrow(x$proteins), " proteins (", sum(x$degree == 0), " without an edge) and ",
      nrow(x$edges), " edges", if (!is.null(x$high)) paste0(" (", high, " of high confidence)"),
      "\n", sep = "")
  cat("Classes of proteins: ", if (is.null(x$class)) "not known" else nlevels(x$class), "\n",
      sep = "")
  cat("Categories of annotation: ",
      if (is.null(x$annotation)) "none given" else length(x$annotation$information), "\n", sep = "")
  invisible(x)
}

# --- preparing ---

prepare_network <- function(network) {
  network <- add_matrices(network)
  network <- c(network, places(network$adjacency))
  if (!is.null(network$proteins$class)) {
    network$class <- known_class(network$proteins$class)
    network$class_ratio <- class_log_ratio(network$adjacency, network$class)
  }
  structure(network, class = "moe_network")
}

# The network with some of its edges.
with_edges <- function(network, kept) {
  edges <- network$edges[kept, , drop = FALSE]
  rownames(edges) <- NULL
  out <- prepare_network(list(edges = edges, proteins = network$proteins))
  out$annotation <- network$annotation
  out
}

add_matrices <- function(network) {
  size <- nrow(network$proteins)
  a <- match(network$edges$protein_a, network$proteins$name)
  b <- match(network$edges$protein_b, network$proteins$name)
  high <- network$edges$confidence == "high"
  network$adjacency <- adjacency_matrix(a, b, size)
  network$high <- if (length(high)) adjacency_matrix(a[high], b[high], size)
  network$degree <- degrees(network$adjacency)
  network
}

adjacency_matrix <- function(a, b, size) {
  Matrix::sparseMatrix(c(a, b), c(b, a), x = 1, dims = c(size, size))
}

degrees <- function(adjacency) Matrix::rowSums(adjacency)

# Scales rows and columns by a weight per protein. A path a-u-v-b then counts weight[u] * weight[v].
through <- function(weight) Matrix::Diagonal(x = weight)

# Where each protein stands: what depends on the network beyond its neighbours.
places <- function(adjacency) {
  graph <- igraph::graph_from_adjacency_matrix(adjacency, "undirected")
  community <- with_own_seed(igraph::membership(igraph::cluster_louvain(graph)))
  list(
    clustering = igraph::transitivity(graph, "local", isolates = "zero"),
    community = as.integer(community),
    direction = spectral_directions(adjacency)
  )
}

# A row per protein: the unit vector along its coordinates on the leading eigenvectors of the
# normalised adjacency matrix, 0 where it has none. The added one keeps proteins without an edge at
# finite weight.
spectral_directions <- function(adjacency, dimensions = 32L) {
  scaling <- through(1 / sqrt(degrees(adjacency) + 1))
  spectrum <- leading_spectrum(scaling %*% adjacency %*% scaling, dimensions)
  place <- spectrum$vectors %*% diag(sqrt(pmax(spectrum$values, 0)), length(spectrum$values))
  length <- sqrt(rowSums(place^2))
  place / ifelse(length > no_place, length, Inf)
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

known_class <- function(class) factor(ifelse(is.na(class), "U", as.character(class)))

# Logarithm of how often two classes are joined by an edge, over how often they would be if edges
# ignored classes. The added ones keep empty cells finite.
class_log_ratio <- function(adjacency, class) {
  edges <- Matrix::summary(adjacency)
  joined <- table(class[edges$i], class[edges$j])
  ends <- rowSums(joined)
  expected <- outer(ends, ends) / max(1, sum(ends))
  unclass(log((joined + 1) / (expected + 1)))
}

# Which categories (rows, the rarest first) each protein (column) has, and the information content
# of each category: minus the logarithm of its frequency, as rare ones say more when shared.
annotation_of <- function(annotation, name) {
  # No category is what a join with a table of annotations leaves where there is none.
  none <- is.na(annotation$category) | !nzchar(as.character(annotation$category))
  known <- unique(data.frame(
    protein = match(protein_names(annotation$protein), name),
    category = as.character(annotation$category)
  )[!none, ])
  known <- known[!is.na(known$protein), ]
  size <- sort(table(known$category))
  list(
    has = Matrix::sparseMatrix(match(known$category, names(size)), known$protein, x = 1,
                               dims = c(length(size), length(name))),
    information = -log(as.vector(size) / length(name))
  )
}
