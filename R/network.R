# Networks of proteins: what is given, and as a matrix.

edge_columns <- c("protein_a", "protein_b", "confidence")

need_ppi_packages <- function() {
  for (package in c("igraph", "Matrix", "RSpectra")) {
    need_package(package, "features and splits of networks")
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

protein_numbers <- function(protein, network, name) {
  number <- match(protein, network$proteins$name)
  if (anyNA(number)) {
    refuse("Every protein of `", name, "` must be one of `network$proteins`, but ",
           enumerate(unique(as.character(protein[is.na(number)]))), " is not.")
  }
  number
}

adjacency_matrix <- function(network, confidence = c("medium", "high")) {
  edges <- network$edges[network$edges$confidence %in% confidence, ]
  name <- network$proteins$name
  a <- match(edges$protein_a, name)
  b <- match(edges$protein_b, name)
  size <- length(name)
  Matrix::sparseMatrix(c(a, b), c(b, a), x = 1, dims = c(size, size))
}

degrees <- function(adjacency) Matrix::rowSums(adjacency)
