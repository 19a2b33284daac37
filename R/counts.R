# A response of counts: how often each class came in each row, as cbind(a, b, c) gives it. An object
# of class moe_counts is that matrix with the classes as levels, whose elements are its rows.

new_counts <- function(counts, levels) {
  storage.mode(counts) <- "double"
  structure(matrix(counts, nrow(counts)), levels = levels, class = "moe_counts")
}

is_counts <- function(y) inherits(y, "moe_counts")

#' @export
length.moe_counts <- function(x) nrow(x)

#' @export
`[.moe_counts` <- function(x, i) new_counts(unclass(x)[i, , drop = FALSE], levels(x))

#' @export
is.na.moe_counts <- function(x) rowSums(is.na(unclass(x))) > 0

# Whether all numbers of a matrix can be counts; rows that are missing pass.
hold_counts <- function(y) all(y >= 0 & y == trunc(y) & is.finite(y), na.rm = TRUE)

# --- any response ---

# A response as the classes that came, each with the row that it came in and how often (`times`,
# NULL where each counts once): what the core is given as rows. A row without a count has one that
# came 0 times, as no unit may be empty.
response_cells <- function(y) {
  if (!is_counts(y)) return(list(row = seq_along(y), class = as.integer(y), times = NULL))
  counts <- unclass(y)
  first <- col(counts) == 1L
  at <- which(t(counts > 0 | (first & rowSums(counts) == 0)), arr.ind = TRUE)
  list(row = unname(at[, 2]), class = unname(at[, 1]), times = counts[at[, 2:1, drop = FALSE]])
}

# How often the classes came in all, by weights of the rows.
class_totals <- function(y, weights = NULL) {
  if (is_counts(y)) {
    counts <- class_counts(y)
    return(colSums(if (is.null(weights)) counts else counts * weights))
  }
  if (is.null(weights)) return(as.double(tabulate(y, nlevels(y))))
  vapply(split(weights, y), sum, 0, USE.NAMES = FALSE)
}

# The classes' shares of the weights.
class_shares <- function(y, weights = NULL) {
  totals <- class_totals(y, weights)
  stats::setNames(totals / sum(totals), levels(y))
}

# How often each class came in each row, a matrix.
class_counts <- function(y) {
  if (is_counts(y)) return(matrix(y, length(y)))
  outer(as.integer(y), seq_len(nlevels(y)), `==`) + 0
}

# The class that came most often in each row, the first of equals, as a number.
leading_class <- function(y) if (is_counts(y)) max.col(unclass(y), "first") else as.integer(y)

# Responses of one after the other's; both have the same levels.
join_responses <- function(first, second) {
  if (is_counts(first)) return(new_counts(rbind(unclass(first), unclass(second)), levels(first)))
  factor(c(as.character(first), as.character(second)), levels(first))
}
