# Matrices of covariates as users give them, with the intercept's column or without, dense or
# sparse.

# A design: a numeric matrix without missing or infinite values, stored as doubles, dense or as a
# dgCMatrix.
check_design <- function(x, name) {
  x <- bare_matrix(x, name)
  if (is_sparse(x)) {
    x <- as_sparse(x, name)
    check_finite(x, name)
    return(x)
  }
  if (is.data.frame(x)) {
    refuse("`", name, "` must be a numeric matrix, not a data frame: use a formula, or ",
           "data.matrix() or model.matrix().")
  }
  if (!is.matrix(x) || !(is.numeric(x) || is.logical(x))) {
    refuse("`", name, "` must be a numeric matrix, not ", given(x), ".")
  }
  if (storage.mode(x) != "double") storage.mode(x) <- "double"
  check_finite(x, name)
  x
}

# The numbers themselves, as a class may have methods by which they look otherwise.
bare_matrix <- function(x, name) {
  x <- plain(x, name)
  if (is.atomic(x) && is.object(x)) unclass(x) else x
}

# Columns are told apart by their names, where they have any.
check_column_names <- function(labels, name) {
  nameless <- which(is.na(labels) | labels == "")
  if (length(nameless)) {
    refuse("Columns of `", name, "` must all have a name, or none of them, but column ",
           nameless[1], " has none.")
  }
  if (anyDuplicated(labels)) {
    refuse("Columns of `", name, "` must have different names, but ",
           dQuote(labels[duplicated(labels)][1], FALSE), " occurs twice.")
  }
}

# Beyond, differences and deviations of finite values may overflow.
largest_covariate <- 1e305

# The extremes find NA, NaN, Inf and huge values without a copy of x, which range() would make; only
# then is it searched.
check_finite <- function(x, name) {
  values <- if (is_sparse(x)) x@x else x
  if (length(values) == 0L || isTRUE(max(values, -min(values)) <= largest_covariate)) {
    return(invisible())
  }
  for (j in if (is_sparse(x)) suspect_columns(x) else seq_len(ncol(x))) {
    label <- if (is.null(colnames(x))) paste("column", j) else
      paste("column", dQuote(colnames(x)[j], FALSE))
    check_finite_column(x[, j], name, label)
  }
}

check_finite_column <- function(column, name, label) {
  missing <- which(is.na(column))
  if (length(missing)) {
    what <- if (any(is.nan(column))) "NaN" else "NA"
    refuse("`", name, "` must not hold missing values: ", label, " has ", what, " in row ",
           missing[1], ".")
  }
  infinite <- which(is.infinite(column))
  if (length(infinite)) {
    refuse("`", name, "` must be finite: ", label, " has ", column[infinite[1]], " in row ",
           infinite[1], ".")
  }
  huge <- which(abs(column) > largest_covariate)
  if (length(huge)) {
    refuse("`", name, "` must hold values of size ", largest_covariate, " at most: ", label,
           " has ", format(column[huge[1]]), " in row ", huge[1], "; use another unit.")
  }
}

# Columns with an entry that is missing or too large.
suspect_columns <- function(x) {
  suspect <- is.na(x@x) | abs(x@x) > largest_covariate
  unique(findInterval(which(suspect) - 1L, x@p))
}

# The matrix with a column of ones before it, and names for all columns.
add_intercept <- function(x, name) {
  x <- check_design(x, name)
  labels <- colnames(x)
  if (is.null(labels)) labels <- if (ncol(x)) paste0(name, seq_len(ncol(x))) else character()
  check_column_names(labels, name)
  if ("(Intercept)" %in% labels) {
    refuse("`", name, "` must not hold the intercept, which is added to it: leave out its column ",
           "\"(Intercept)\".")
  }
  x <- with_intercept(x, name)
  dimnames(x) <- list(NULL, c("(Intercept)", labels))
  x
}

check_model_matrix <- function(x, name) {
  x <- check_design(x, name)
  if (ncol(x) == 0L || !all(x[, 1] == 1)) {
    refuse("The first column of `", name, "` must be the intercept, all ones.")
  }
  labels <- colnames(x)
  if (is.null(labels)) labels <- c("", paste0(name, seq_len(ncol(x) - 1L), recycle0 = TRUE))
  # As cbind(1, x) leaves it.
  if (labels[1] == "") labels[1] <- "(Intercept)"
  check_column_names(labels, name)
  if (!identical(labels, colnames(x))) colnames(x) <- labels
  x
}

check_rows <- function(x, z, y) {
  if (nrow(z) != nrow(x)) {
    refuse("`x` and `z` must have the same rows, but have ", nrow(x), " and ", nrow(z), ".")
  }
  if (!is.factor(y) && !is_counts(y)) refuse("`y` must be a factor, not ", given(y), ".")
  if (is.factor(y)) check_codes(y, "`y`")
  if (length(y) != nrow(x)) {
    refuse("`y` must have one value per row of `x`: there are ", nrow(x), " rows and ", length(y),
           " values.")
  }
  if (anyNA(y)) {
    refuse("`y` must not hold missing values: row ", which(is.na(y))[1], " is NA.")
  }
}

# 1, ..., n in blocks of `most` numbers; one block of none where n is 0.
row_blocks <- function(n, most) {
  lapply(seq.int(1, max(n, 1), by = most), function(first) {
    seq.int(first, length.out = min(most, n - first + 1))
  })
}

average <- function(a, weights) {
  if (is.null(weights)) colMeans(a) else colSums(a * weights) / sum(weights)
}
