# Files of sequences, and of text at all.

amino_acids <- strsplit("ARNDCEQGHILKMFPSTWYV", "")[[1]]

check_files <- function(path, name) {
  if (!is.character(path) || length(path) == 0L) {
    refuse("`", name, "` must be the path of a file, not ", given(path), ".")
  }
  absent <- path[!file.exists(path) | dir.exists(path)]
  if (length(absent)) refuse("`", name, "`: there is no file ", enumerate(absent), ".")
}

# Lines that are not blank, without the mark of byte order that some programs put before the first.
# Files compressed by gzip are read as they are.
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

# As text, and numbers without an exponent. A column of weights is no column of names.
protein_names <- function(x) {
  if (!is.numeric(x)) return(as.character(x))
  broken <- which(x != trunc(x))
  if (length(broken)) {
    refuse("Names of proteins must be text or whole numbers, not ", x[broken[1]], ".")
  }
  names <- format(x, scientific = FALSE, trim = TRUE, digits = 15)
  ifelse(is.na(x), NA, names)
}

read_sequences <- function(paths) {
  check_files(paths, "fasta")
  distinct_sequences(unlist(lapply(unname(paths), read_sequence_file)),
                     "Files of sequences must have one sequence for each protein")
}

# A protein may come again with the same sequence.
distinct_sequences <- function(sequences, rule) {
  sequences <- sequences[!duplicated(data.frame(names(sequences), sequences))]
  twice <- unique(names(sequences)[duplicated(names(sequences))])
  if (length(twice)) refuse(rule, ", but ", enumerate(twice), " has different ones.")
  sequences
}

read_sequence_file <- function(path) {
  lines <- trimws(read_text(path, "fasta"))
  lines <- lines[!startsWith(lines, ";")]
  heads <- startsWith(lines, ">")
  sequences <- if (length(lines) && heads[1]) {
    read_fasta(lines, heads)
  } else {
    read_dictionary(lines, path)
  }
  # Not toupper(), whose letters depend on the locale: a Turkish i keeps its dot.
  chartr(paste(letters, collapse = ""), paste(LETTERS, collapse = ""), sequences)
}

read_fasta <- function(lines, heads) {
  record <- factor(cumsum(heads)[!heads], seq_len(sum(heads)))
  sequences <- vapply(split(lines[!heads], record), paste, "", collapse = "")
  names(sequences) <- sub("\\s.*", "", sub("^>\\s*", "", lines[heads]))
  sequences
}

read_dictionary <- function(lines, path) {
  tab <- regexpr("\t", lines, fixed = TRUE)
  if (length(lines) == 0L || any(tab < 2L)) {
    refuse("A file of sequences must be FASTA, that is begin with a line that begins with \">\", ",
           "or have a name, a tab and a sequence on each line, which ", dQuote(path, FALSE),
           " does not.")
  }
  sequences <- trimws(substring(lines, tab + 1L))
  names(sequences) <- trimws(substr(lines, 1L, tab - 1L))
  sequences
}

# The number of each protein's sequence, by its name or by the accession within a UniProt name.
match_proteins <- function(protein, sequences) {
  at <- match(protein, names(sequences))
  if (!anyNA(at)) return(at)
  accession <- sub("^[a-z]+\\|([^|]+)\\|.*", "\\1", names(sequences))
  check_unique(accession[accession %in% protein[is.na(at)]],
               "Files of sequences must have one sequence for each accession in `pairs`")
  ifelse(is.na(at), match(protein, accession), at)
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
