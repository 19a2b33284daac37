# Probabilities of more pairs than fit into memory.

#' Score pairs in blocks, and rank them
#'
#' Describes pairs of proteins block by block, predicts their class probabilities, writes them to a
#' file, and keeps the pairs that are most probable to interact. All pairs of a proteome can be
#' scored so in the memory of one block.
#'
#' @details
#' With `p` proteins as `pairs`, all \eqn{p (p - 1) / 2} pairs are scored; if `features` is a
#' network, those that it joins are left out, as their own edge would give them away, and so are
#' pairs of a protein with itself, whose neighbours say nothing. Pairs are ranked by one minus the
#' probability of the first class, the level that stands for no interaction.
#'
#' @param object A fit, or anything whose `predict(object, newdata, type = "prob")` is a matrix of
#'   class probabilities, such as fits by [moe_fit()] and [moe_tune()].
#' @param pairs A data frame with the columns `protein_a` and `protein_b`, or a vector of proteins,
#'   of which all pairs are meant.
#' @param features How pairs are described: a network by [moe_network()], for [moe_ppi_features()];
#'   or a function of a data frame of pairs that returns the new data for `predict()`.
#' @param file `NULL`, or the path of a file to write to, tabs between the columns `protein_a`,
#'   `protein_b` and the probability of each class (six significant digits); compressed if its name
#'   ends in `.gz`. An existing file is replaced.
#' @param top Number of pairs to return.
#' @param block Number of pairs that are described at once, at least.
#' @param ... Handed to `predict()`, such as `prior`, the classes' shares among all pairs, without
#'   which probabilities are as among the training pairs.
#' @return A data frame with the `top` pairs, the most probable first: `protein_a`, `protein_b` and
#'   a column of probabilities for each class. Its attribute `scored` is the number of pairs that
#'   were scored.
#' @seealso [moe_ppi_features()], [moe_sequence_recipe()]
#' @examples
#' if (all(vapply(c("igraph", "Matrix", "RSpectra"), requireNamespace, NA, quietly = TRUE))) {
#'   network <- moe_network(yeast_network)
#'   train <- subset(yeast_ppi, split == "train")
#'   fit <- moe_fit(confidence ~ l3 + high_share + spectral, train, experts = 1)
#'   hubs <- names(sort(table(unlist(yeast_network$edges[1:2])), decreasing = TRUE))[1:100]
#'   file <- tempfile(fileext = ".tsv.gz")
#'   moe_rank_pairs(fit, hubs, network, file, top = 5)
#'   read.delim(file, nrows = 2)
#' }
#' @export
moe_rank_pairs <- function(object, pairs, features, file = NULL, top = 1000, block = 1e5, ...) {
  top <- check_count(top, "top")
  block <- check_count(block, "block")
  describe <- as_description(features)
  blocks <- pairs_in_blocks(pairs, block)
  if (!is.null(file)) {
    out <- open_file(file)
    on.exit(close(out))
  }
  best <- NULL
  scored <- 0
  for (i in seq_len(blocks$count)) {
    table <- score_block(object, blocks$get(i), describe, ...)
    if (!is.null(file)) write_block(table, out, scored == 0)
    best <- best_pairs(rbind(best, table), top)
    scored <- scored + NROW(table)
  }
  if (scored == 0) {
    refuse("`pairs` must hold pairs of two proteins that the network does not join, but has none.")
  }
  structure(best, scored = scored)
}

# A function of pairs that gives those that are scored, and their features.
as_description <- function(features) {
  if (is.function(features)) {
    return(function(pairs) list(pairs = pairs, features = features(pairs)))
  }
  network <- moe_network(features)
  name <- network$proteins$name
  function(pairs) {
    a <- protein_numbers(pairs$protein_a, name, "`pairs`")
    b <- protein_numbers(pairs$protein_b, name, "`pairs`")
    pairs <- pairs[a != b & !are_joined(a, b, network), ]
    list(pairs = pairs, features = moe_ppi_features(pairs, network))
  }
}

# The number of blocks, and a function that gives one of them.
pairs_in_blocks <- function(pairs, size) {
  if (is.data.frame(pairs)) {
    check_columns(pairs, c("protein_a", "protein_b"), "pairs")
    rows <- row_blocks(nrow(pairs), size)
    ends <- c("protein_a", "protein_b")
    return(list(count = length(rows), get = function(i) as.data.frame(pairs)[rows[[i]], ends]))
  }
  if (!is.atomic(pairs) || length(pairs) < 2L) {
    refuse("`pairs` must be a data frame of pairs or a vector of proteins, not ", given(pairs), ".")
  }
  protein <- protein_names(pairs)
  check_unique(protein, "`pairs` as a vector must name each protein once")
  # All pairs of a protein with those after it stay together.
  later <- length(protein) - seq_along(protein)
  first <- split(seq_along(protein), (cumsum(later) - 1) %/% size)
  list(count = length(first), get = function(i) {
    start <- first[[i]]
    data.frame(protein_a = rep(protein[start], later[start]),
               protein_b = protein[unlist(lapply(start[later[start] > 0], function(j) {
                 seq.int(j + 1L, length(protein))
               }))])
  })
}

score_block <- function(object, pairs, describe, ...) {
  described <- describe(pairs)
  if (nrow(described$pairs) == 0L) return(NULL)
  prob <- stats::predict(object, described$features, type = "prob", ...)
  if (!is.matrix(prob) || nrow(prob) != nrow(described$pairs)) {
    refuse("predict() must give a matrix of class probabilities with a row for each of the ",
           nrow(described$pairs), " pairs, not ", given(prob), ".")
  }
  data.frame(described$pairs, unname_rows(prob), check.names = FALSE, row.names = NULL)
}

unname_rows <- function(x) {
  rownames(x) <- NULL
  x
}

best_pairs <- function(table, top) {
  if (is.null(table)) return(NULL)
  if (nrow(table) > top) {
    # Only what is at least as probable as the last that is kept has to be ordered.
    none <- table[[3]]
    table <- table[none <= sort(none, partial = top)[top], ]
  }
  table <- utils::head(table[order(table[[3]]), ], top)
  rownames(table) <- NULL
  table
}

open_file <- function(path) {
  if (!is.character(path) || length(path) != 1L || is.na(path)) {
    refuse("`file` must be the path of one file, not ", given(path), ".")
  }
  if (!dir.exists(dirname(path))) {
    refuse("`file` must be in a folder that exists, which ", dQuote(dirname(path), FALSE),
           " does not.")
  }
  if (grepl("\\.gz$", path)) gzfile(path, "w") else file(path, "w")
}

write_block <- function(table, file, header) {
  if (is.null(table)) return(invisible())
  table[-(1:2)] <- lapply(table[-(1:2)], signif, 6)
  utils::write.table(table, file, quote = FALSE, sep = "\t", row.names = FALSE,
                     col.names = header)
}
