# Sequences of proteins: from files of sequences and a list of pairs to a matrix that moe_fit()
# takes. Needs the package protr.

#' Read pairs of proteins and their sequences
#'
#' Reads the form in which benchmarks of interaction prediction from sequences are handed around: a
#' FASTA file, and a list of pairs of its proteins with their class.
#'
#' @details
#' In the FASTA file a protein's name is the first word after `>`; of a UniProt header such as
#' `>sp|P00750|TPA_HUMAN ...` the list of pairs may also have the accession alone. Blank lines,
#' comment lines (`;`) and `*` at the end of a sequence are left out. Letters that do not stand for
#' one of the twenty amino acids (`X`, `B`, `Z`, `U`, ...) are taken out, with a message.
#'
#' Where positive and negative pairs come in files of their own, read each and put them together:
#' `rbind(cbind(positive$pairs, class = "yes"), cbind(negative$pairs, class = "no"))`.
#'
#' @param pairs Path of a text file with a pair per line, its columns apart by white space, commas
#'   or tabs (see `sep`): two names and, if there is a third column, the class. No line but a blank
#'   one is left out, and no character begins a comment or quotes, but for `"` around what commas
#'   separate. Or a data frame with such columns.
#' @param fasta Path of a FASTA file, or several.
#' @param header Whether the first line of the file of pairs names its columns.
#' @param sep Separator of the columns, one character; white space by default.
#' @return A list of `pairs`, a data frame with the columns `protein_a`, `protein_b` and, if there
#'   was one, `class` (a factor; levels made from text are in the order of their characters' codes,
#'   whatever the locale), and `sequences`, a character vector with the sequences of these proteins
#'   and their names.
#' @seealso [moe_sequence_features()] and [moe_pair_features()], which go on from here
#' @examples
#' folder <- tempdir()
#' fasta <- file.path(folder, "proteins.fasta")
#' writeLines(c(">P1 some kinase", "MKTAYIAKQRQISFVKSHFSRQ", "LEERLGLIEVQ",
#'              ">P2", "MSILVTRPSPAGEELVSRLRTLGQVAWHFPLI"), fasta)
#' list <- file.path(folder, "pairs.txt")
#' writeLines("P1 P2 yes", list)
#' moe_read_pairs(list, fasta)
#' @export
moe_read_pairs <- function(pairs, fasta, header = FALSE, sep = "") {
  header <- check_flag(header, "header")
  pairs <- if (is.data.frame(pairs)) as.data.frame(pairs) else read_columns(pairs, header, sep)
  if (!ncol(pairs) %in% 2:3) {
    refuse("`pairs` must have two columns of names and perhaps one of classes, but has ",
           ncol(pairs), ".")
  }
  names(pairs) <- c("protein_a", "protein_b", "class")[seq_along(pairs)]
  pairs[1:2] <- lapply(pairs[1:2], protein_names)
  if (ncol(pairs) == 3L) pairs$class <- as_class(pairs$class)
  list(pairs = pairs,
       sequences = find_sequences(unique(c(pairs$protein_a, pairs$protein_b)), read_fasta(fasta)))
}

#' Features of sequences, and of pairs of them
#'
#' `moe_sequence_features()` describes each protein by its conjoint triads (Shen et al. 2007) and
#' the auto covariance of seven physicochemical properties along the sequence (Guo et al. 2008),
#' with the package protr. `moe_pair_features()` makes features of pairs of them that do not depend
#' on the order within a pair.
#'
#' @details
#' For conjoint triads amino acids are put into seven groups, and the 343 triples of groups are
#' counted and scaled to 0 to 1. For property \eqn{j} of the residues, standardised over the twenty
#' amino acids, and lag \eqn{l}, the auto covariance of a sequence of length \eqn{L} is
#' \deqn{\frac{1}{L - l} \sum_{i=1}^{L-l} (x_{ij} - \bar x_j) (x_{i+l,j} - \bar x_j).}
#' The properties are those of Guo et al. as far as AAindex has them: hydrophobicity
#' (`EISD840101`), hydrophilicity (`HOPT810101`), side chain volume (`KRIW790103`), polarity
#' (`GRAR740102`), polarizability (`CHAM820101`), accessible surface (`CHOC760101`) and net charge
#' (`KLEP840101`).
#'
#' A pair gets the mean and the absolute difference of its proteins' features. These are many and
#' correlated: reduce them by principal components, as in the example, whose rotation comes from
#' training pairs alone.
#'
#' Take care with what is measured: on pairs where the same proteins recur, a model can do well by
#' remembering proteins. `vignette("ppi")` shows how to tell.
#'
#' @param sequences Character vector of sequences in the one-letter code, named by protein, as
#'   [moe_read_pairs()] gives it.
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
#' Shen, J., Zhang, J., Luo, X., Zhu, W., Yu, K., Chen, K., Li, Y. and Jiang, H. (2007). Predicting
#' protein-protein interactions based only on sequences information. *Proceedings of the National
#' Academy of Sciences* 104, 4337-4341.
#'
#' Xiao, N., Cao, D.-S., Zhu, M.-F. and Xu, Q.-S. (2015). protr/ProtrWeb: R package and web server
#' for generating various numerical representation schemes of protein sequences. *Bioinformatics*
#' 31, 1857-1859.
#' @examples
#' if (requireNamespace("protr", quietly = TRUE)) {
#'   # Made-up sequences: proteins of one class of pairs are rich in charged residues.
#'   set.seed(1)
#'   residues <- strsplit("ACDEFGHIKLMNPQRSTVWY", "")[[1]]
#'   charged <- residues %in% c("D", "E", "K", "R")
#'   draw <- function(weight) {
#'     paste(sample(residues, 60, TRUE, ifelse(charged, weight, 1)), collapse = "")
#'   }
#'   sequences <- c(replicate(20, draw(3)), replicate(20, draw(1)))
#'   names(sequences) <- paste0("P", 1:40)
#'   pairs <- data.frame(protein_a = sample(names(sequences), 200, TRUE),
#'                       protein_b = sample(names(sequences), 200, TRUE))
#'   rich <- (pairs$protein_a %in% names(sequences)[1:20]) +
#'     (pairs$protein_b %in% names(sequences)[1:20])
#'   class <- rbinom(200, 1, ifelse(rich == 2, 0.9, 0.2))
#'
#'   x <- moe_pair_features(pairs, moe_sequence_features(sequences, lag = 5))
#'   train <- 1:150
#'   components <- prcomp(x[train, ], rank. = 5)
#'   fit <- moe_fit(components$x, class[train], experts = 2, lambda = 1,
#'                  control = moe_control(starts = 2))
#'   prob <- predict(fit, predict(components, x[-train, ]), type = "prob")
#'   mean((prob[, 2] > 0.5) == class[-train])
#' }
#' @export
moe_sequence_features <- function(sequences, lag = 30) {
  lag <- check_count(lag, "lag")
  check_sequences(sequences, lag)
  need_package("protr", "features of sequences")
  properties <- residue_properties()
  t(vapply(sequences, describe_sequence, numeric(343L + nrow(properties) * lag),
           properties = properties, lag = lag))
}

#' @rdname moe_sequence_features
#' @export
moe_pair_features <- function(pairs, features) {
  check_columns(pairs, c("protein_a", "protein_b"), "pairs")
  features <- check_design(features, "features")
  if (ncol(features) == 0L) refuse("`features` must have columns, but has none.")
  check_unique(rownames(features), "`features` must have one row for each protein")
  rows <- function(protein) {
    protein <- protein_names(protein)
    unknown <- setdiff(protein, rownames(features))
    if (length(unknown)) {
      refuse("Every protein of `pairs` must be a row of `features`, but ", enumerate(unknown),
             " is not.")
    }
    features[match(protein, rownames(features)), , drop = FALSE]
  }
  a <- rows(pairs$protein_a)
  b <- rows(pairs$protein_b)
  out <- cbind((a + b) / 2, abs(a - b))
  labels <- colnames(features)
  if (is.null(labels)) labels <- paste0("feature", seq_len(ncol(features)))
  dimnames(out) <- list(rownames(pairs), paste0(labels, rep(c(".mean", ".difference"),
                                                            each = length(labels))))
  out
}

# --- files ---

amino_acids <- strsplit("ARNDCEQGHILKMFPSTWYV", "")[[1]]

check_files <- function(path, name) {
  if (!is.character(path) || length(path) == 0L) {
    refuse("`", name, "` must be the path of a file, not ", given(path), ".")
  }
  absent <- path[!file.exists(path) | dir.exists(path)]
  if (length(absent)) refuse("`", name, "`: there is no file ", enumerate(absent), ".")
}

# Lines that are not blank, without the mark of byte order that some programs put before the first.
read_text <- function(path, name) {
  lines <- readLines(path, warn = FALSE)
  if (length(lines)) lines[1] <- sub("^\xef\xbb\xbf", "", lines[1], useBytes = TRUE)
  foreign <- which(!validUTF8(lines))
  if (length(foreign)) {
    refuse("`", name, "` must be text in ASCII or UTF-8, but line ", foreign[1], " of ",
           dQuote(path, FALSE), " is not.")
  }
  Encoding(lines) <- "UTF-8"
  lines <- lines[nzchar(trimws(lines))]
  if (length(lines) == 0L) refuse("`", name, "`: the file ", dQuote(path, FALSE), " is empty.")
  lines
}

# A data frame of text. The names that a header gives are not used.
read_columns <- function(path, header, sep) {
  check_files(path, "pairs")
  if (length(path) > 1L) refuse("`pairs` must be the path of one file, not of ", length(path), ".")
  if (!is.character(sep) || !isTRUE(nchar(sep, "bytes") <= 1L)) {
    refuse("`sep` must be one character, or \"\" for white space, not ", given(sep), ".")
  }
  lines <- read_text(path, "pairs")
  if (header) lines <- lines[-1]
  if (length(lines) == 0L) refuse("`pairs`: the file holds no pairs.")
  quote <- if (sep == ",") "\"" else ""
  text <- textConnection(lines, encoding = "UTF-8")
  on.exit(close(text))
  columns <- utils::count.fields(text, sep, quote, comment.char = "")
  other <- which(is.na(columns) | columns != columns[1])
  if (length(other)) {
    refuse("Every line of `pairs` must have as many columns as the first, ", columns[1], ", but ",
           dQuote(lines[other[1]], FALSE), " has not.")
  }
  utils::read.table(text = lines, sep = sep, quote = quote, comment.char = "",
                    na.strings = character(), colClasses = "character", strip.white = TRUE,
                    encoding = "UTF-8")
}

# As text, and numbers without an exponent.
protein_names <- function(x) {
  if (is.numeric(x)) format(x, scientific = FALSE, trim = TRUE, digits = 15) else as.character(x)
}

as_class <- function(x) {
  empty <- which(!nzchar(as.character(x)))
  if (length(empty)) refuse("Every pair must have a class, but row ", empty[1], " has none.")
  if (is.character(x)) factor(x, sort(unique(x), method = "radix")) else factor(x)
}

read_fasta <- function(path) {
  check_files(path, "fasta")
  sequences <- unlist(lapply(unname(path), read_fasta_file))
  check_unique(names(sequences), "A FASTA file must name each protein once")
  sequences
}

read_fasta_file <- function(path) {
  lines <- trimws(read_text(path, "fasta"))
  lines <- lines[!startsWith(lines, ";")]
  heads <- startsWith(lines, ">")
  if (length(lines) == 0L || !heads[1]) {
    refuse("A FASTA file must begin with a line that begins with \">\", which ",
           dQuote(path, FALSE), " does not.")
  }
  record <- factor(cumsum(heads)[!heads], seq_len(sum(heads)))
  sequences <- vapply(split(lines[!heads], record), paste, "", collapse = "")
  names(sequences) <- sub("\\s.*", "", sub("^>\\s*", "", lines[heads]))
  # Not toupper(), whose letters depend on the locale: a Turkish i keeps its dot.
  chartr(paste(letters, collapse = ""), paste(LETTERS, collapse = ""), sequences)
}

# Sequences by name, or by the accession within a UniProt name.
find_sequences <- function(protein, sequences) {
  at <- match(protein, names(sequences))
  accession <- sub("^[a-z]+\\|([^|]+)\\|.*", "\\1", names(sequences))
  check_unique(accession[accession %in% protein[is.na(at)]],
               "The FASTA file must have one sequence for each accession in `pairs`")
  at <- ifelse(is.na(at), match(protein, accession), at)
  if (anyNA(at)) {
    refuse("Every protein of `pairs` must have a sequence, but there is none of ",
           enumerate(protein[is.na(at)]), ".")
  }
  found <- sequences[at]
  names(found) <- protein
  only_amino_acids(found)
}

only_amino_acids <- function(sequences) {
  sequences <- sub("\\*$", "", sequences)
  other <- paste0("[^", paste(amino_acids, collapse = ""), "]")
  clean <- gsub(other, "", sequences)
  changed <- clean != sequences
  if (any(changed)) {
    message("Took letters that stand for no amino acid out of ",
            enumerate(names(sequences)[changed]), ".")
  }
  clean
}

# --- features ---

check_sequences <- function(sequences, lag) {
  if (!is.character(sequences) || length(sequences) == 0L || is.null(names(sequences))) {
    refuse("`sequences` must be a character vector with names, not ", given(sequences), ".")
  }
  nameless <- which(is.na(names(sequences)) | !nzchar(names(sequences)))
  if (length(nameless)) {
    refuse("Each of `sequences` must have a name, but number ", nameless[1], " has none.")
  }
  check_unique(names(sequences), "Each of `sequences` must have a name of its own")
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
}

property_names <- c("EISD840101", "HOPT810101", "KRIW790103", "GRAR740102", "CHAM820101",
                    "CHOC760101", "KLEP840101")

# Properties x amino acids, each property standardised.
residue_properties <- function() {
  holder <- new.env()
  utils::data("AAindex", package = "protr", envir = holder)
  table <- holder$AAindex[match(property_names, holder$AAindex$AccNo), amino_acids]
  out <- t(scale(t(data.matrix(table))))
  dimnames(out) <- list(property_names, amino_acids)
  out
}

describe_sequence <- function(sequence, properties, lag) {
  along <- properties[, strsplit(sequence, "")[[1]], drop = FALSE]
  covariance <- auto_covariances(along - rowMeans(along), lag)
  names(covariance) <- paste(rep(rownames(properties), lag),
                             rep(seq_len(lag), each = nrow(properties)), sep = ".")
  c(protr::extractCTriad(sequence), covariance)
}

# Lag by lag, those of the centred rows. protr's acc() would compute those of all pairs of rows.
auto_covariances <- function(along, lag) {
  last <- ncol(along)
  of_lag <- function(l) {
    here <- along[, seq_len(last - l), drop = FALSE]
    rowMeans(here * along[, seq.int(l + 1L, last), drop = FALSE])
  }
  as.vector(vapply(seq_len(lag), of_lag, numeric(nrow(along))))
}
