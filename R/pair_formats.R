# How files of pairs are laid out: what they are known by, and which columns are which.

# The table in a file, as text, and its layout.
read_layout <- function(path, header, sep, columns) {
  lines <- read_text(path, "pairs")
  layout <- known_layout(lines, path)
  if (!is.null(sep)) layout$sep <- sep
  if (!is.null(columns)) layout$columns <- columns
  if (is.character(columns) && is.null(header)) header <- TRUE
  table <- if (is.null(layout$split)) {
    split_lines(lines, layout, header)
  } else {
    layout$split(lines)
  }
  if (nrow(table) == 0L) refuse("`pairs`: the file holds no pairs.")
  list(table = table, layout = layout)
}

# The first of the formats that a file is known for; a plain one is known for nothing.
known_layout <- function(lines, path) {
  plain <- list(sep = guess_separator(lines[1]))
  for (format in pair_formats) {
    if (format$known(lines, path)) return(utils::modifyList(plain, format$layout))
  }
  plain
}

guess_separator <- function(line) {
  for (sep in c("\t", ",", ";")) if (grepl(sep, line, fixed = TRUE)) return(sep)
  ""
}

# A data frame of text, with the header's names if there is one.
split_lines <- function(lines, layout, header) {
  quote <- if (layout$sep %in% c(",", ";")) "\"" else ""
  check_field_counts(lines, layout$sep, quote)
  table <- utils::read.table(
    text = lines, sep = layout$sep, quote = quote, comment.char = "", na.strings = character(),
    colClasses = "character", strip.white = TRUE, encoding = "UTF-8"
  )
  if (is.null(header)) header <- isTRUE(layout$header) || has_header(table)
  if (!header) return(table)
  names(table) <- sub("^#\\s*", "", unlist(table[1, ]))
  table[-1, , drop = FALSE]
}

check_field_counts <- function(lines, sep, quote) {
  text <- textConnection(lines, encoding = "UTF-8")
  on.exit(close(text))
  columns <- utils::count.fields(text, sep, quote, comment.char = "")
  other <- which(is.na(columns) | columns != columns[1])
  if (length(other)) {
    refuse("Every line of `pairs` must have as many columns as the first, ", columns[1], ", but ",
           dQuote(lines[other[1]], FALSE), " has not.")
  }
}

# Whether the first line names two columns of proteins, by words that are no protein's name below.
# "id" is not among them: ID1 and IDH2 are genes.
has_header <- function(table) {
  if (nrow(table) < 2L) return(FALSE)
  ends <- "(protein|interactor|node|gene|item|uniprot|ensembl).*[ab12]"
  pattern <- paste0("^#?(", ends, "|source|target|from|to)$")
  named <- grep(pattern, unlist(table[1, ]), ignore.case = TRUE)
  if (length(named) < 2L) return(FALSE)
  below <- unlist(table[-1, named], use.names = FALSE)
  !any(unlist(table[1, named]) %in% below)
}

# --- formats ---

begins <- function(...) {
  start <- paste0("^#?", paste(c(...), collapse = "[ \t]+"))
  function(lines, path) grepl(start, lines[1], ignore.case = TRUE)
}

is_sif <- function(lines, path) grepl("\\.sif(\\.gz)?$", path, ignore.case = TRUE)

# Fifteen columns or more, and the first two have the names of their databases before a colon.
is_mitab <- function(lines, path) {
  line <- lines[!startsWith(lines, "#")][1]
  fields <- strsplit(line, "\t", fixed = TRUE)[[1]]
  length(fields) >= 15L && all(grepl("^[A-Za-z][^:\t]*:.|^-$", fields[1:2]))
}

# A source, its relation, and one target or more; a name alone is a protein without an edge.
split_sif <- function(lines) {
  sep <- if (any(grepl("\t", lines, fixed = TRUE))) "\t" else "[ ]+"
  fields <- strsplit(trimws(lines), sep)
  count <- lengths(fields)
  if (any(count == 2L)) {
    refuse("Every line of a SIF file must have a source, a relation and targets, but ",
           dQuote(lines[which(count == 2L)[1]], FALSE), " has not.")
  }
  fields <- fields[count > 2L]
  targets <- lapply(fields, `[`, -(1:2))
  data.frame(
    protein_a = rep(vapply(fields, `[`, "", 1L), lengths(targets)),
    protein_b = as.character(unlist(targets)),
    class = rep(vapply(fields, `[`, "", 2L), lengths(targets))
  )
}

# Of the identifiers in a field, UniProt's if there is one, without its database.
mitab_name <- function(field) {
  uniprot <- regmatches(field, regexpr("uniprotkb:[^|]+", field))
  field[grepl("uniprotkb:", field, fixed = TRUE)] <- uniprot
  name <- sub("^[^:|]*:", "", sub("\\|.*", "", field))
  gsub("\"", "", sub("\\([^)]*\\)$", "", name), fixed = TRUE)
}

mitab_score <- function(field) {
  number <- "[0-9]*\\.?[0-9]+([eE][-+]?[0-9]+)?"
  extract <- function(before) {
    pattern <- paste0("^.*?", before, "(", number, ").*$")
    ifelse(grepl(pattern, field, perl = TRUE), sub(pattern, "\\1", field, perl = TRUE), NA)
  }
  score <- extract("miscore:")
  ifelse(is.na(score), extract(":"), score)
}

# Column 36, from version 2.6 on, marks what was tested and not found.
found_interactions <- function(table) {
  table <- table[!startsWith(table[[1]], "#"), , drop = FALSE]
  if (ncol(table) < 36L) return(table)
  keep_rows(table, tolower(table[[36]]) != "true",
            "lines: interactions that were tested and not found")
}

physical_interactions <- function(table) {
  type <- table[["Experimental System Type"]]
  if (is.null(type)) return(table)
  keep_rows(table, type == "physical", "lines: interactions that are not physical")
}

# The rows that are kept, of which there must be some; a message says what was left out.
keep_rows <- function(table, kept, ...) {
  if (all(kept)) return(table)
  left_out <- paste0(sum(!kept), " of ", length(kept), " ", ...)
  if (!any(kept)) refuse("Some of `pairs` must be left, but all are left out: ", left_out, ".")
  message("Left out ", left_out, ".")
  table[kept, , drop = FALSE]
}

pair_formats <- list(
  string_links = list(
    known = begins("protein1", "protein2", ".*combined_score"),
    layout = list(header = TRUE, columns = c(protein_a = "protein1", protein_b = "protein2",
                                             score = "combined_score"))
  ),
  string_export = list(
    known = begins("node1", "node2", ".*combined_score"),
    layout = list(header = TRUE, columns = c(protein_a = "node1", protein_b = "node2",
                                             score = "combined_score"))
  ),
  string_actions = list(
    known = begins("item_id_a", "item_id_b", "mode"),
    layout = list(header = TRUE, columns = c(protein_a = "item_id_a", protein_b = "item_id_b",
                                             class = "mode"))
  ),
  biogrid = list(
    known = begins("BioGRID Interaction ID"),
    layout = list(header = TRUE, absent = "-", rows = physical_interactions,
                  columns = c(protein_a = "Official Symbol Interactor A",
                              protein_b = "Official Symbol Interactor B"))
  ),
  mitab = list(
    known = is_mitab,
    layout = list(header = FALSE, absent = "-", rows = found_interactions, name = mitab_name,
                  score = mitab_score, columns = c(protein_a = 1, protein_b = 2, score = 15))
  ),
  sif = list(
    known = is_sif,
    layout = list(split = split_sif, one_class_is_none = TRUE)
  )
)
