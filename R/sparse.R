# Sparse matrices: those of package Matrix, as users give them, and the standardised rows that the
# core takes.

# --- as users give them ---

# Dense matrices of package Matrix count too, so that they can be refused as such. Loads the
# package, which a session that has read or was sent the matrix may not have done.
is_sparse <- function(x) {
  if (!isS4(x)) return(FALSE)
  of_matrix <- identical(attr(class(x), "package"), "Matrix") || methods::is(x, "sparseMatrix")
  if (of_matrix && !requireNamespace("Matrix", quietly = TRUE)) {
    refuse("Sparse matrices need the package Matrix, which is not installed.")
  }
  of_matrix
}

# Any sparse matrix as a dgCMatrix.
as_sparse <- function(x, name) {
  if (!methods::is(x, "sparseMatrix")) {
    refuse("`", name, "` must be a numeric matrix or a sparse one, not ", given(x),
           ": use as.matrix().")
  }
  flaw <- methods::validObject(x, test = TRUE)
  if (!isTRUE(flaw)) refuse("`", name, "` must be a valid sparse matrix, but: ", flaw[1], ".")
  if (!identical(class(x)[1], "dgCMatrix")) {
    for (kind in c("dMatrix", "generalMatrix", "CsparseMatrix")) x <- methods::as(x, kind)
    # Classes of other packages may add slots.
    x <- new_sparse(x@p, x@i, x@x, dim(x), colnames(x))
  }
  x
}

new_sparse <- function(p, i, x, dim, labels = NULL) {
  methods::new("dgCMatrix", p = p, i = i, x = x, Dim = dim, Dimnames = list(NULL, labels))
}

# A matrix with a column of ones before it, without names.
with_intercept <- function(x, name) {
  n <- nrow(x)
  if (!is_sparse(x)) {
    x <- cbind(rep.int(1, n), x)
    dimnames(x) <- NULL # in place, which unname() is not
    return(x)
  }
  if (length(x@x) + n > .Machine$integer.max) refuse_entries(name)
  new_sparse(c(0L, x@p + n), c(seq_len(n) - 1L, x@i), c(rep.int(1, n), x@x), dim(x) + 0:1)
}

refuse_entries <- function(name) {
  refuse("`", name, "` must have fewer than 2^31 entries that are not 0, intercept included.")
}

# --- as the core takes them ---

# The standardised rows of a dgCMatrix whose first column is the intercept, without what is 0:
# list(start, column, value, base, dim), see src/moe.h.
compress_rows <- function(x, center, scale) {
  rows <- core_compress_rows(x, center, scale)
  if (is.null(rows)) refuse_entries("x")
  structure(rows, class = "compressed_rows")
}

is_compressed <- function(x) inherits(x, "compressed_rows")

#' @export
dim.compressed_rows <- function(x) x$dim

# The row of each entry.
entry_rows <- function(x) rep.int(seq_len(nrow(x)), diff(x$start))

take_rows <- function(x, rows) {
  if (is_sparse(x) || !is_compressed(x)) return(x[rows, , drop = FALSE])
  from <- x$start[rows]
  length <- x$start[rows + 1L] - from
  entries <- sequence(length, from + 1L)
  x$start <- c(0L, cumsum(length))
  x$column <- x$column[entries]
  x$value <- x$value[entries]
  x$dim[1] <- length(rows)
  x
}

# Standardised rows in full, of the given columns.
expand_rows <- function(x, columns) {
  out <- matrix(x$base[columns], nrow(x), length(columns), byrow = TRUE)
  to <- cbind(entry_rows(x), match(x$column + 1L, columns))
  wanted <- !is.na(to[, 2])
  out[to[wanted, ]] <- out[to[wanted, ]] + x$value[wanted]
  out
}

# Values of a linear function of the standardised covariates.
linear_function <- function(x, center, scale, slopes) {
  if (!is_compressed(x)) return(drop(x %*% (slopes / scale)) - sum(center * slopes / scale))
  out <- rep.int(sum(x$base * slopes), nrow(x))
  row <- entry_rows(x)
  of_entries <- rowsum(x$value * slopes[x$column + 1L], row, reorder = FALSE)
  out[unique(row)] <- out[unique(row)] + of_entries
  out
}
