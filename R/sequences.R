# Features of sequences, and of pairs of proteins that are described by features.

#' Features of sequences, and of pairs of them
#'
#' `moe_sequence_features()` describes each protein by its conjoint triads (Shen et al. 2007) and
#' the auto covariance of seven physicochemical properties along the sequence (Guo et al. 2008).
#' `moe_pair_features()` makes features of pairs of them that do not depend on the order within a
#' pair. [moe_sequence_recipe()] puts both together, with what is to be learnt between them.
#'
#' @details
#' For conjoint triads amino acids are put into seven groups (`AGV`, `ILFP`, `YMTS`, `HNQW`, `RK`,
#' `DE` and `C`), and the 343 triples of groups of three residues in a row are counted; with
#' \eqn{n_t} the counts, the features are \eqn{(n_t - \min n) / \max n}. For property \eqn{j} of the
#' residues, standardised over the twenty amino acids, and lag \eqn{l}, the auto covariance of a
#' sequence of length \eqn{L} is
#' \deqn{\frac{1}{L - l} \sum_{i=1}^{L-l} (x_{ij} - \bar x_j) (x_{i+l,j} - \bar x_j).}
#' The properties are those of Guo et al. as far as AAindex (Kawashima and Kanehisa 2000) has them:
#' hydrophobicity (`EISD840101`), hydrophilicity (`HOPT810101`), side chain volume (`KRIW790103`),
#' polarity (`GRAR740102`), polarizability (`CHAM820101`), accessible surface (`CHOC760101`) and net
#' charge (`KLEP840101`).
#'
#' A pair gets the mean and the absolute difference of its proteins' features, which are written
#' straight into the result: hardly more memory is needed than it takes itself.
#'
#' Take care with what is measured: on pairs where the same proteins recur, a model can do well by
#' remembering proteins. [moe_pair_folds()] shows how well.
#'
#' @param sequences Character vector of sequences in the one-letter code, named by protein, as
#'   [moe_read_pairs()] gives it. A protein may occur again with the same sequence, and counts once.
#' @param lag Largest lag of the auto covariance; every sequence must be longer. 30 is usual.
#' @param pairs A data frame with the columns `protein_a` and `protein_b`.
#' @param features A matrix with a row per protein, named, such as `moe_sequence_features()` makes.
#' @return `moe_sequence_features()`: a matrix with a row per sequence and `343 + 7 * lag` columns.
#'   `moe_pair_features()`: a matrix with a row per pair and twice the columns of `features`.
#' @references
#' Guo, Y., Yu, L., Wen, Z. and Li, M. (2008). Using support vector machine combined with auto
#' covariance to predict protein-protein interactions from protein sequences. *Nucleic Acids
#' Research* 36, 3025-3030.
#'
#' Kawashima, S. and Kanehisa, M. (2000). AAindex: amino acid index database. *Nucleic Acids
#' Research* 28, 374.
#'
#' Shen, J., Zhang, J., Luo, X., Zhu, W., Yu, K., Chen, K., Li, Y. and Jiang, H. (2007). Predicting
#' protein-protein interactions based only on sequences information. *Proceedings of the National
#' Academy of Sciences* 104, 4337-4341.
#' @examples
#' sequences <- c(P1 = "MKTAYIAKQRQISFVKSHFSRQ", P2 = "MSILVTRPSPAGEELVSRLRTLGQ")
#' features <- moe_sequence_features(sequences, lag = 2)
#' dim(features)
#' pairs <- data.frame(protein_a = "P1", protein_b = "P2")
#' moe_pair_features(pairs, features)[, c("EISD840101.1.mean", "EISD840101.1.difference")]
#' @export
moe_sequence_features <- function(sequences, lag = 30) {
  lag <- check_count(lag, "lag")
  sequences <- check_sequences(sequences, lag)
  labels <- c(triad_names, paste(rep(property_names, lag),
                                 rep(seq_len(lag), each = length(property_names)), sep = "."))
  out <- matrix(0, length(sequences), length(labels), dimnames = list(names(sequences), labels))
  for (i in seq_along(sequences)) {
    residues <- match(strsplit(sequences[[i]], "")[[1]], amino_acids)
    out[i, ] <- c(conjoint_triads(residue_groups[residues]),
                  auto_covariances(residue_properties[, residues], lag))
  }
  out
}

#' @rdname moe_sequence_features
#' @export
moe_pair_features <- function(pairs, features) {
  check_columns(pairs, c("protein_a", "protein_b"), "pairs")
  features <- check_design(features, "features")
  if (ncol(features) == 0L) refuse("`features` must have columns, but has none.")
  check_unique(rownames(features), "`features` must have one row for each protein")
  a <- rows_of_proteins(pairs$protein_a, features)
  b <- rows_of_proteins(pairs$protein_b, features)
  labels <- colnames(features)
  if (is.null(labels)) labels <- paste0("feature", seq_len(ncol(features)))
  labels <- list(row_names(pairs), paste0(labels, rep(c(".mean", ".difference"),
                                                      each = length(labels))))
  if (is_sparse(features)) {
    used <- unique(c(a, b))
    features <- as.matrix(features[used, , drop = FALSE])
    a <- match(a, used)
    b <- match(b, used)
  }
  out <- core_pair_features(features, a, b)
  dimnames(out) <- labels
  out
}

# Names that were given, and not the numbers that stand for none.
row_names <- function(x) if (.row_names_info(x) > 0L) rownames(x)

rows_of_proteins <- function(protein, features) {
  at <- match(protein_names(protein), rownames(features))
  if (anyNA(at)) {
    refuse("Every protein of `pairs` must be a row of `features`, but ",
           enumerate(unique(protein_names(protein)[is.na(at)])), " is not.")
  }
  at
}

# --- what is known of amino acids ---

residue_groups <- local({
  groups <- strsplit(c("AGV", "ILFP", "YMTS", "HNQW", "RK", "DE", "C"), "")
  rep(seq_along(groups), lengths(groups))[match(amino_acids, unlist(groups))]
})

# Names of the triples of groups, the first residue's group varying fastest.
triad_names <- with(expand.grid(first = 1:7, second = 1:7, third = 1:7),
                    paste0("VS", first, second, third))

# Indices of AAindex, amino acids in the order above.
property_values <- rbind(
  EISD840101 = c(0.25, -1.76, -0.64, -0.72, 0.04, -0.62, -0.69, 0.16, -0.4, 0.73, 0.53, -1.1,
                 0.26, 0.61, -0.07, -0.26, -0.18, 0.37, 0.02, 0.54),
  HOPT810101 = c(-0.5, 3, 0.2, 3, -1, 3, 0.2, 0, -0.5, -1.8, -1.8, 3, -1.3, -2.5, 0, 0.3, -0.4,
                 -3.4, -2.3, -1.5),
  KRIW790103 = c(27.5, 105, 58.7, 40, 44.6, 62, 80.7, 0, 79, 93.5, 93.5, 100, 94.1, 115.5, 41.9,
                 29.3, 51.3, 145.5, 117.3, 71.5),
  GRAR740102 = c(8.1, 10.5, 11.6, 13, 5.5, 12.3, 10.5, 9, 10.4, 5.2, 4.9, 11.3, 5.7, 5.2, 8, 9.2,
                 8.6, 5.4, 6.2, 5.9),
  CHAM820101 = c(0.046, 0.291, 0.134, 0.105, 0.128, 0.151, 0.18, 0, 0.23, 0.186, 0.186, 0.219,
                 0.221, 0.29, 0.131, 0.062, 0.108, 0.409, 0.298, 0.14),
  CHOC760101 = c(115, 225, 160, 150, 135, 190, 180, 75, 195, 175, 170, 200, 185, 210, 145, 115,
                 140, 255, 230, 155),
  KLEP840101 = c(0, 1, 0, -1, 0, -1, 0, 0, 0, 0, 0, 1, 0, 0, 0, 0, 0, 0, 0, 0)
)

property_names <- rownames(property_values)

# Properties x amino acids, each property standardised.
residue_properties <- t(scale(t(property_values)))

# --- features of a sequence ---

# Counts of triples of groups, scaled to 0 to 1.
conjoint_triads <- function(group) {
  last <- length(group)
  triple <- group[-c(last - 1L, last)] + 7L * (group[-c(1L, last)] - 1L) +
    49L * (group[-(1:2)] - 1L)
  counts <- tabulate(triple, 343L)
  (counts - min(counts)) / max(counts)
}

# Lag by lag, those of the rows once they are centred.
auto_covariances <- function(along, lag) {
  along <- along - rowMeans(along)
  last <- ncol(along)
  of_lag <- function(l) {
    here <- along[, seq_len(last - l), drop = FALSE]
    rowMeans(here * along[, seq.int(l + 1L, last), drop = FALSE])
  }
  as.vector(vapply(seq_len(lag), of_lag, numeric(nrow(along))))
}

# The sequences, each protein once.
check_sequences <- function(sequences, lag) {
  if (!is.character(sequences) || length(sequences) == 0L || is.null(names(sequences))) {
    refuse("`sequences` must be a character vector with names, not ", given(sequences), ".")
  }
  nameless <- which(is.na(names(sequences)) | !nzchar(names(sequences)))
  if (length(nameless)) {
    refuse("Each of `sequences` must have a name, but number ", nameless[1], " has none.")
  }
  sequences <- distinct_sequences(sequences, "`sequences` must have one for each protein")
  wrong <- !grepl(paste0("^[", paste(amino_acids, collapse = ""), "]*$"), sequences)
  if (any(wrong)) {
    refuse("Sequences must hold the letters of the twenty amino acids only, but ",
           enumerate(names(sequences)[wrong]), " has others: read them with moe_read_pairs(), ",
           "which takes these out.")
  }
  short <- nchar(sequences) <= max(lag, 2L)
  if (any(short)) {
    refuse("Sequences must be longer than `lag` (", lag, ") and than 2, but ",
           enumerate(names(sequences)[short]), " is not.")
  }
  sequences
}
