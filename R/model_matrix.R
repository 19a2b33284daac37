# From terms and a model frame to the model matrices of experts and gate.

# Whether experts and gate have the same covariates, and so one design.
is_shared <- function(terms) {
  identical(attr(terms$expert, "term.labels"), attr(terms$gate, "term.labels"))
}

# Model matrices of both parts; the same object twice when they have the same columns.
build_designs <- function(terms, frame, contrasts) {
  x <- build_design(terms$expert, frame, contrasts)
  if (is_shared(terms)) return(list(x = x, z = x))
  list(x = x, z = build_design(terms$gate, frame, contrasts))
}

# What model.matrix() returns cannot be stripped of its row names without a copy, so it is asked for
# some rows at a time, and there is one whole matrix only.
build_design <- function(terms, frame, contrasts) {
  of_rows <- design_maker(terms, frame, contrasts)
  blocks <- row_blocks(nrow(frame), design_rows)
  first <- of_rows(blocks[[1]])
  check_design_names(first, attr(terms, "term.labels"))
  out <- matrix(0, nrow(frame), ncol(first), dimnames = list(NULL, colnames(first)))
  out[blocks[[1]], ] <- first
  for (rows in blocks[-1]) out[rows, ] <- of_rows(rows)
  attr(out, "used_contrasts") <- attr(first, "contrasts")
  out
}

# Coefficients are told apart by their names.
check_design_names <- function(x, terms) {
  twice <- colnames(x)[duplicated(colnames(x))][1]
  if (is.na(twice)) return(invisible())
  from <- c("(Intercept)", terms)[1L + unique(attr(x, "assign")[colnames(x) == twice])]
  refuse("Every column of the design must have a name of its own, but ",
         if (length(from) > 1L) paste(from, collapse = " and ") else paste("the columns of", from),
         if (length(from) > 1L) " both give " else " give twice ", dQuote(twice, FALSE),
         " (names are those of the variables with the level, or the matrix column, behind them): ",
         "rename a variable, level or column.")
}

design_rows <- 25000L # whose block of a model matrix stays in the processor's cache

# A function of row numbers that makes these rows of the model matrix of a frame.
design_maker <- function(terms, frame, contrasts) {
  columns <- unclass(frame)[all_columns(terms)]
  check_levels(columns)
  contrasts <- contrasts[intersect(names(contrasts), names(columns))]
  # Each block of rows has all levels.
  columns <- lapply(columns, function(a) if (is.character(a)) text_factor(a) else a)
  function(rows) {
    some <- lapply(columns, function(column) {
      if (length(dim(column)) == 2L) column[rows, , drop = FALSE] else column[rows]
    })
    # Much faster than subsetting a data frame, whose row names would be checked.
    some <- structure(some, names = names(columns), row.names = .set_row_names(length(rows)),
                      terms = terms, class = "data.frame")
    model.matrix(terms, some, contrasts.arg = contrasts)
  }
}

check_levels <- function(covariates) {
  for (name in names(covariates)) {
    values <- covariates[[name]]
    if (!is.factor(values) && !is.character(values)) next
    found <- if (is.factor(values)) levels(values) else unique(values)
    if (length(found) < 2L) {
      only <- if (length(found)) paste("only", enumerate(found)) else "none"
      refuse("A factor among the covariates must have at least two levels in the rows that are ",
             "used, but ", name, " has ", only, ".")
    }
  }
}
