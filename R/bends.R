# Natural cubic splines in place of the columns of a model matrix that take many values.

spline_values <- 6L # different values at least

# Of each column the four knots of its splines, boundaries included; NULL where it stays as it is.
spline_knots <- function(x) lapply(seq_len(ncol(x)), function(j) column_knots(x[, j]))

# Where many values are equal, as in counts that are mostly 0, thirds are of those that differ.
column_knots <- function(x) {
  values <- unique(x)
  if (length(values) < spline_values) return(NULL)
  knots <- stats::quantile(x, (0:3) / 3, names = FALSE)
  if (anyDuplicated(knots)) stats::quantile(values, (0:3) / 3, names = FALSE) else knots
}

# The matrix with three columns of natural splines in place of each that has knots. Beyond the
# boundaries they go on as straight lines.
bend_columns <- function(x, knots) {
  columns <- lapply(seq_len(ncol(x)), function(j) {
    if (is.null(knots[[j]])) return(x[, j])
    splines::ns(x[, j], knots = knots[[j]][2:3], Boundary.knots = knots[[j]][c(1, 4)])
  })
  matrix(unlist(columns), nrow(x), dimnames = list(NULL, bent_names(colnames(x), knots)))
}

# Which column of x each column of the bent matrix is of.
bent_from <- function(knots) rep(seq_along(knots), ifelse(lengths(knots) > 0L, 3L, 1L))

bent_names <- function(names, knots) {
  from <- bent_from(knots)
  paste0(names[from], ifelse(lengths(knots)[from] > 0L, paste0(".", sequence(table(from))), ""))
}
