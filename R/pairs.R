# Pairs of proteins as they are handed around, and their sequences.

#' Read pairs of proteins and their sequences
#'
#' Reads lists of protein pairs, with classes or scores where the files have them, in the forms in
#' which databases and benchmarks of interaction prediction give them, and the sequences of their
#' proteins.
#'
#' @section Files of pairs:
#' These are known by their look, and read without further arguments; files may be compressed by
#' gzip:
#' * *two or three columns* apart by tabs, commas, semicolons or white space: two names and perhaps
#'   a class, as those of HuRI, PIPR and D-SCRIPT. Where the first line has names such as
#'   `protein1`, `protein2` or `source`, `target`, which occur nowhere else, it is taken for a
#'   header;
#' * *STRING*: links, with their `combined_score` as `score`; exports of the web site; and actions,
#'   whose `mode` is the class;
#' * *BioGRID* tab2 and tab3: the official symbols of physical interactions;
#' * *PSI-MI TAB* 2.5 to 2.8, as from IntAct: the identifiers without their database, UniProt's
#'   where there are several, and the first number among the confidence values, if possible a
#'   MI score, as `score`. Interactions that were tested and not found are left out;
#' * *SIF*, by the file's name ending in `.sif` or `.sif.gz`: the relation is the class if there
#'   are several.
#'
#' Anything else needs `columns`. A third column that holds scores, or very many classes, is
#' refused: see `threshold`. Messages say which lines and pairs are left out; that none remains is
#' an error.
#'
#' The order within a pair carries no meaning, so that pairs that occur more than once, in either
#' order, are left out but for the first, or the one with the highest score, with a message. A pair
#' that occurs with more than one class is kept with each of them, with a warning.
#'
#' @section Sequences:
#' In a FASTA file a protein's name is the first word after `>`; of a UniProt header such as
#' `>sp|P00750|TPA_HUMAN ...` the list of pairs may also have the accession alone. A dictionary has
#' a name and a sequence on each line, a tab between them. Blank lines, comment lines (`;`) and `*`
#' at the end of a sequence are left out. Letters that do not stand for one of the twenty amino
#' acids (`X`, `B`, `Z`, `U`, ...) are taken out, with a message. A protein may occur more than
#' once, as in files of their own for positive and for negative pairs, if its sequence is the same
#' each time.
#'
#' @param pairs Path of a file of pairs; or several paths, named by the class of their pairs, such
#'   as `c(yes = "positive.txt", no = "negative.txt")`; or a data frame.
#' @param fasta Paths of FASTA files or of dictionaries; `NULL` to read no sequences.
#' @param header Whether the first line of a file of pairs names its columns; `NULL` to tell by its
#'   look.
#' @param sep Separator of the columns, one character, or `""` for white space; `NULL` to tell by
#'   the first line. Quotes (`"`) are read where commas or semicolons separate.
#' @param columns Which columns to read, by name or number: the two proteins, and perhaps a class,
#'   in this order; or named `protein_a`, `protein_b`, `class` and `score` in any order, such as
#'   `c(1, 2, score = 10)`.
#' @param threshold Pairs with a score below this are left out. Without a column known as score, the
#'   third of three is taken for one.
#' @param missing What becomes of pairs with a protein that has no sequence: `"refuse"`, or `"drop"`
#'   to leave them out with a message.
#' @return A list of `pairs`, a data frame with the columns `protein_a`, `protein_b` and, where it
#'   is known, `class` (a factor; levels made from text are in the order of their characters' codes,
#'   whatever the locale, those of several files in the order of the files) and `score` (on the
#'   file's scale); and `sequences`, a character vector with the sequences of these proteins and
#'   their names, or `NULL`.
#' @seealso [moe_network()], which takes the pairs as edges; [moe_sequence_recipe()] and
#'   [moe_sequence_features()], which go on from sequences
#' @examples
#' folder <- tempdir()
#' fasta <- file.path(folder, "proteins.fasta")
#' writeLines(c(">P1 some kinase", "MKTAYIAKQRQISFVKSHFSRQ", "LEERLGLIEVQ",
#'              ">P2", "MSILVTRPSPAGEELVSRLRTLGQVAWHFPLI"), fasta)
#' list <- file.path(folder, "pairs.txt")
#' writeLines("P1 P2 yes", list)
#' moe_read_pairs(list, fasta)
#'
#' # The layout of STRING's links: edges of a network.
#' links <- file.path(folder, "protein.links.txt")
#' writeLines(c("protein1 protein2 combined_score", "9.A 9.B 910", "9.B 9.A 910", "9.A 9.C 160"),
#'            links)
#' moe_read_pairs(links, threshold = 700)$pairs
#' @export
moe_read_pairs <- function(pairs, fasta = NULL, header = NULL, sep = NULL, columns = NULL,
                           threshold = NULL, missing = c("refuse", "drop")) {
  missing <- check_choice(missing, c("refuse", "drop"), "missing")
  if (!is.null(header)) header <- check_flag(header, "header")
  if (!is.null(threshold)) threshold <- check_number(threshold, "threshold")
  check_separator(sep)
  pairs <- if (is.data.frame(pairs)) {
    read_pairs(as.data.frame(pairs), list(columns = columns), threshold)
  } else {
    read_files(pairs, header, sep, columns, threshold)
  }
  pairs <- distinct_pairs(pairs)
  if (is.null(fasta)) return(list(pairs = pairs, sequences = NULL))
  with_sequences(pairs, read_sequences(fasta), missing)
}

check_separator <- function(sep) {
  if (!is.null(sep) && (!is.character(sep) || !isTRUE(nchar(sep, "bytes") <= 1L))) {
    refuse("`sep` must be one character, or \"\" for white space, not ", given(sep), ".")
  }
}

# One file, or a file for each class.
read_files <- function(paths, header, sep, columns, threshold) {
  check_files(paths, "pairs")
  read_one <- function(path) {
    file <- read_layout(path, header, sep, columns)
    read_pairs(file$table, file$layout, threshold)
  }
  class <- names(paths)
  if (is.null(class)) {
    if (length(paths) == 1L) return(read_one(paths))
    refuse("`pairs` must be the path of one file, or of several named by the class of their pairs,",
           " not of ", length(paths), " without names.")
  }
  parts <- lapply(seq_along(paths), function(i) {
    part <- read_one(paths[[i]])
    if (!is.null(part$class)) {
      refuse("Files that are named by the class of their pairs must not hold classes, but ",
             dQuote(paths[[i]], FALSE), " does: choose `columns`.")
    }
    cbind(part, class = rep(factor(class[i], unique(class)), nrow(part)))
  })
  do.call(rbind, parts)
}

# --- from a table to pairs ---

pair_columns <- c("protein_a", "protein_b", "class", "score")

# `layout` says which columns of the table are which, and what to do with its rows and names.
read_pairs <- function(table, layout, threshold) {
  if (!is.null(layout$rows)) table <- layout$rows(table)
  columns <- choose_columns(table, layout$columns, threshold)
  pairs <- table[columns]
  names(pairs) <- names(columns)
  tidy <- if (is.null(layout$name)) protein_names else layout$name
  pairs[1:2] <- lapply(pairs[1:2], tidy)
  if (!is.null(pairs$score) && !is.null(layout$score)) pairs$score <- layout$score(pairs$score)
  pairs <- named_pairs(pairs, layout$absent)
  if (!is.null(pairs$score)) {
    pairs <- scored_pairs(pairs, threshold)
  } else if (!is.null(threshold)) {
    refuse("`threshold` needs a column of scores: name it by `columns = c(..., score = )`.")
  }
  if (!is.null(pairs$class)) pairs$class <- as_class(pairs$class)
  if (isTRUE(layout$one_class_is_none) && nlevels(pairs$class) < 2L) pairs$class <- NULL
  rownames(pairs) <- NULL
  pairs[intersect(pair_columns, names(pairs))]
}

# The numbers of the columns that are read, named by what they hold.
choose_columns <- function(table, columns, threshold) {
  if (is.null(columns)) columns <- usual_columns(table, threshold)
  labels <- names(columns)
  if (is.null(labels)) labels <- rep("", length(columns))
  wrong <- setdiff(labels, c("", pair_columns))
  if (length(wrong)) {
    refuse("Names of `columns` must be among ", enumerate(pair_columns), ", not ",
           enumerate(wrong), ".")
  }
  labels[labels == ""] <- setdiff(pair_columns[1:3], labels)[seq_len(sum(labels == ""))]
  if (anyNA(labels) || anyDuplicated(labels) || !all(pair_columns[1:2] %in% labels)) {
    refuse("`columns` must be two proteins and perhaps a class and a score, not ",
           given(columns), ".")
  }
  found <- if (is.numeric(columns)) match(columns, seq_along(table)) else
    match(columns, names(table))
  if (anyNA(found)) {
    refuse("`columns` must be columns of `pairs`, but ", enumerate(columns[is.na(found)]),
           " is not: it has ", enumerate(names(table), 12L), ".")
  }
  names(found) <- labels
  found[intersect(pair_columns, labels)]
}

usual_columns <- function(table, threshold) {
  if (ncol(table) %in% 2:3) {
    third <- if (is.null(threshold)) "class" else "score"
    return(stats::setNames(seq_along(table), c("protein_a", "protein_b", third)[seq_along(table)]))
  }
  if (!all(pair_columns[1:2] %in% names(table))) {
    refuse("`pairs` must have two columns of names and perhaps one of classes, but has ",
           ncol(table), ", ", enumerate(names(table)), ": say by `columns` which to read.")
  }
  found <- intersect(pair_columns, names(table))
  stats::setNames(found, found)
}

# `absent` is what a format writes where there is no name.
named_pairs <- function(pairs, absent) {
  nameless <- Reduce(`|`, lapply(pairs[1:2], function(x) is.na(x) | x == "" | x %in% absent))
  if (any(nameless) && is.null(absent)) {
    refuse("Every pair must name two proteins, but row ", which(nameless)[1], " does not.")
  }
  keep_rows(pairs, !nameless, "lines, which do not name two proteins")
}

scored_pairs <- function(pairs, threshold) {
  score <- suppressWarnings(as.double(pairs$score))
  wrong <- which(is.na(score) & !as.character(pairs$score) %in% c(NA, "", "-", "NA"))
  if (length(wrong)) {
    refuse("Scores of `pairs` must be numbers, but row ", wrong[1], " has ",
           dQuote(pairs$score[wrong[1]], FALSE), ".")
  }
  pairs$score <- score
  if (is.null(threshold)) return(pairs)
  kept <- !is.na(score) & score >= threshold
  # A threshold may be meant for another scale: scores of one database go to 1 or to 1000.
  known <- score[!is.na(score)]
  range <- if (length(known)) paste0("; scores are from ", min(known), " to ", max(known))
  if (all(kept)) message("No score is below ", threshold, range, ".")
  keep_rows(pairs, kept, "pairs, whose score is below ", threshold, " or missing", range)
}

most_classes <- 20L

as_class <- function(x) {
  empty <- which(is.na(x) | !nzchar(as.character(x)))
  if (length(empty)) refuse("Every pair must have a class, but row ", empty[1], " has none.")
  values <- unique(as.character(x))
  number <- suppressWarnings(as.double(values))
  many <- length(values) > most_classes
  if (!anyNA(number) && (many || any(number != trunc(number)))) {
    refuse("Classes of `pairs` must not be scores, but there are ", length(values),
           " different numbers, ", enumerate(values, 3L), ": give `threshold`, the least score of ",
           "the pairs to keep, or leave the column out by `columns`.")
  }
  if (many) {
    refuse("`pairs` must have at most ", most_classes, " classes, but has ", length(values), ", ",
           enumerate(values, 3L), ": choose another column by `columns`.")
  }
  if (is.character(x)) factor(x, sort(unique(x), method = "radix")) else factor(x)
}

# --- pairs that occur more than once ---

distinct_pairs <- function(pairs) {
  name <- unique(c(pairs$protein_a, pairs$protein_b))
  a <- match(pairs$protein_a, name)
  b <- match(pairs$protein_b, name)
  key <- pair_keys(a, b, length(name))
  best <- if (is.null(pairs$score)) seq_along(key) else order(-pairs$score)
  same <- cbind(key, if (!is.null(pairs$class)) as.integer(pairs$class))[best, , drop = FALSE]
  repeated <- logical(length(key))
  repeated[best] <- duplicated(same)
  if (any(repeated)) {
    turned <- sum(repeated & (a < b) != (a < b)[best][match(key, key[best])])
    message("Left out ", sum(repeated), if (sum(repeated) == 1) " repeat" else " repeats",
            " of a pair, ", turned, " of them in the other order.")
  }
  warn_classes(pairs, duplicated(key) & !repeated & !is.null(pairs$class))
  pairs <- pairs[!repeated, , drop = FALSE]
  rownames(pairs) <- NULL
  pairs
}

warn_classes <- function(pairs, again) {
  if (!any(again)) return(invisible())
  shown <- which(again)[1]
  warning(sum(again), if (sum(again) == 1) " pair occurs" else " pairs occur",
          " again with another class, ", pairs$protein_a[shown], " - ", pairs$protein_b[shown],
          " for one: such pairs stand in the data with each of their classes.", call. = FALSE)
}

# --- sequences ---

with_sequences <- function(pairs, sequences, missing) {
  at_a <- match_proteins(pairs$protein_a, sequences)
  at_b <- match_proteins(pairs$protein_b, sequences)
  without <- is.na(at_a) | is.na(at_b)
  if (any(without)) {
    proteins <- unique(c(pairs$protein_a[is.na(at_a)], pairs$protein_b[is.na(at_b)]))
    if (missing == "refuse") {
      refuse("Every protein of `pairs` must have a sequence, but there is none of ",
             enumerate(proteins), ". With `missing = \"drop\"` their pairs are left out.")
    }
    pairs <- keep_rows(pairs, !without, "pairs, as there is no sequence of ", enumerate(proteins))
    rownames(pairs) <- NULL
  }
  name <- c(pairs$protein_a, pairs$protein_b)
  at <- c(at_a[!without], at_b[!without])[!duplicated(name)]
  found <- sequences[at]
  names(found) <- unique(name)
  list(pairs = pairs, sequences = only_amino_acids(found))
}
