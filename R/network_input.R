# Networks as users have them: edge tables, graphs, matrices.

# A list of the data frames `edges`, each edge once and between two proteins, and `proteins`.
read_network <- function(edges, proteins = NULL) {
  given <- as_edge_table(edges)
  if (is.null(proteins)) proteins <- given$proteins
  edges <- name_edges(given$edges)
  proteins <- as_proteins(proteins, edges)
  if (nrow(proteins) == 0L) {
    refuse("A network must have proteins, but there is neither an edge nor a name.")
  }
  a <- protein_numbers(edges$protein_a, proteins$name, "the edges")
  b <- protein_numbers(edges$protein_b, proteins$name, "the edges")
  kept <- kept_edges(a, b, edges$confidence, nrow(proteins))
  edges <- edges[kept, , drop = FALSE]
  rownames(edges) <- NULL
  list(edges = edges, proteins = proteins)
}

# Whatever is given, as a list of `edges` and, where they are known, `proteins`.
as_edge_table <- function(x) {
  if (is.data.frame(x)) return(list(edges = x))
  if (inherits(x, "igraph")) return(table_of_graph(x))
  if (is.matrix(x) || inherits(x, "Matrix")) return(table_of_matrix(x))
  if (!is.list(x) || !is.data.frame(x$edges)) {
    refuse("A network must be a data frame of edges, a graph of igraph, a square matrix, or a ",
           "list of the data frames `edges` and `proteins`, not ", given(x), ".")
  }
  x[c("edges", "proteins")]
}

table_of_graph <- function(graph) {
  parts <- igraph::as_data_frame(graph, "both")
  if (is.null(parts$vertices$name)) {
    parts$vertices <- data.frame(name = as.character(seq_len(igraph::vcount(graph))))
  }
  confidence <- parts$edges$confidence
  edges <- data.frame(protein_a = as.character(parts$edges$from),
                      protein_b = as.character(parts$edges$to))
  if (!is.null(confidence)) edges$confidence <- confidence
  proteins <- parts$vertices[intersect(c("name", "class"), names(parts$vertices))]
  list(edges = edges, proteins = proteins)
}

# An edge that stands on both sides of the diagonal is no repeat.
table_of_matrix <- function(x) {
  name <- rownames(x)
  if (nrow(x) != ncol(x) || is.null(name)) {
    refuse("A network as a matrix must be square, with the proteins as row names, not ", nrow(x),
           " x ", ncol(x), if (is.null(name)) " without row names", ".")
  }
  if (!is.null(colnames(x)) && !identical(colnames(x), name)) {
    refuse("A network as a matrix must have the same proteins in rows and columns, in one order.")
  }
  if (anyNA(x)) refuse("A network as a matrix must have no missing entries.")
  cells <- Matrix::which(x != 0, arr.ind = TRUE)
  ends <- unique(cbind(pmin(cells[, 1], cells[, 2]), pmax(cells[, 1], cells[, 2])))
  list(edges = data.frame(protein_a = name[ends[, 1]], protein_b = name[ends[, 2]]),
       proteins = data.frame(name = name))
}

# The columns of a table of edges that are used.
name_edges <- function(edges) {
  ends <- c("protein_a", "protein_b")
  if (!all(ends %in% names(edges))) {
    if (ncol(edges) < 2L || any(ends %in% names(edges))) {
      refuse("A table of edges must have the columns ", enumerate(ends), ", or the proteins in ",
             "its first two columns, but has the column", if (ncol(edges) != 1L) "s", " ",
             enumerate(names(edges)), ".")
    }
    names(edges)[1:2] <- ends
  }
  edges <- as.data.frame(edges)
  classes <- unique(edges[["class"]])
  if (length(classes) > 1L) {
    message("All rows are taken for edges, whatever their `class`: ",
            enumerate(as.character(classes)), ".")
  }
  edges <- edges[intersect(c(ends, "confidence"), names(edges))]
  edges[ends] <- lapply(edges[ends], protein_names)
  nameless <- which(rowSums(is.na(edges[ends]) | edges[ends] == "") > 0)
  if (length(nameless)) {
    refuse("Every edge must name two proteins, but row ", nameless[1], " does not.")
  }
  check_confidence(edges$confidence)
  edges
}

check_confidence <- function(confidence) {
  unknown <- setdiff(confidence, c("medium", "high"))
  if (length(unknown)) {
    refuse("The confidence of an edge must be \"medium\" or \"high\", not ",
           enumerate(as.character(unknown)), ". Leave the column out where there is none.")
  }
}

as_proteins <- function(proteins, edges) {
  if (is.null(proteins)) {
    found <- unique(c(edges$protein_a, edges$protein_b))
    return(data.frame(name = sort(found, method = "radix")))
  }
  if (!is.data.frame(proteins)) {
    if (!is.atomic(proteins)) {
      refuse("`proteins` must be a vector of names or a data frame, not ", given(proteins), ".")
    }
    proteins <- data.frame(name = protein_names(proteins))
  }
  check_columns(proteins, "name", "proteins")
  proteins$name <- protein_names(proteins$name)
  nameless <- which(is.na(proteins$name) | !nzchar(proteins$name))
  if (length(nameless)) {
    refuse("`proteins` must name each protein, but row ", nameless[1], " has no name.")
  }
  check_unique(proteins$name, "`proteins` must name each protein once")
  proteins
}

protein_numbers <- function(protein, name, where) {
  number <- match(protein_names(protein), name)
  if (anyNA(number)) {
    refuse("Every protein of ", where, " must be one of the network's, but ",
           enumerate(unique(as.character(protein[is.na(number)]))), " is not.")
  }
  number
}

# One number for each pair of proteins, whatever their order; exact for any network in memory.
pair_keys <- function(a, b, size) (pmin(a, b) - 1) * as.double(size) + pmax(a, b)

# Which rows are kept: of each edge one with the highest confidence it has.
kept_edges <- function(a, b, confidence, size) {
  itself <- a == b
  key <- pair_keys(a, b, size)
  by_confidence <- if (is.null(confidence)) seq_along(key) else order(confidence != "high")
  repeated <- logical(length(key))
  repeated[by_confidence] <- duplicated(key[by_confidence])
  report_left_out(sum(repeated & !itself), sum(itself))
  which(!repeated & !itself)
}

report_left_out <- function(repeated, itself) {
  if (repeated + itself == 0) return(invisible())
  parts <- c(
    if (repeated) paste(repeated, if (repeated == 1) "repeat" else "repeats",
                        "of an edge in either order"),
    if (itself) paste(itself, if (itself == 1) "edge" else "edges", "from a protein to itself")
  )
  message("Left out ", paste(parts, collapse = " and "), ".")
}
