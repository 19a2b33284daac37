# Units: the rows of a group, which share one expert. A problem (problem.R) has
#   unit      NULL where each row is one, or list(start, row, repeats): rows start[g] + 1 ..
#             start[g + 1] of the problem are those of unit g, `row` says which row each of them was
#             as it came, and `repeats` how often it counts, NULL for once
# A row of counts is as many equal rows, and so a unit, or in a group a part of one: the problem has
# a row for each class that came in it.

# --- groups, as users give them ---

# A factor, its levels in the order in which they come.
as_groups <- function(group, rows, omitted = NULL, name = "group") {
  group <- check_row_values(group, name, rows, omitted)
  known <- unique(group)
  structure(match(group, known), levels = as.character(known), class = "factor")
}

# --- from rows as they came to rows by unit ---

# x and the codes of y by unit, z and weights with a row per unit, and `unit`; all as they came
# where each row is a unit.
rows_by_unit <- function(x, z, y, weights, group) {
  if (!is_counts(y) && (is.null(group) || !anyDuplicated(group))) {
    return(list(x = x, z = z, y = if (!is.null(y)) as.integer(y), weights = weights, unit = NULL))
  }
  group <- as_groups(if (is.null(group)) seq_len(nrow(x)) else group, nrow(x))
  first <- which(!duplicated(group))
  check_constant(z, weights, group, first)
  cells <- response_cells(y)
  of_unit <- group[cells$row]
  order <- order(of_unit)
  row <- cells$row[order]
  list(x = if (identical(row, seq_len(nrow(x)))) x else take_rows(x, row), z = take_rows(z, first),
       y = cells$class[order], weights = weights[first],
       unit = list(start = c(0L, cumsum(tabulate(of_unit, nlevels(group)))), row = row,
                   repeats = cells$times[order]))
}

check_constant <- function(z, weights, group, first) {
  of_group <- first[group]
  varies <- vapply(seq_len(ncol(z)), function(j) {
    values <- z[, j]
    any(values != values[of_group], na.rm = TRUE)
  }, NA)
  if (any(varies)) {
    refuse("Covariates of the gate must be constant within groups, as a group has one expert, but ",
           enumerate(colnames(z)[varies]), if (sum(varies) > 1L) " vary" else " varies",
           ": give the gate its own covariates, as in y ~ x | z, or none, as in y ~ x | 1.")
  }
  differ <- which(weights != weights[of_group])
  if (length(differ)) {
    refuse("`weights` must be constant within groups, as they count groups, but ",
           dQuote(group[differ[1]], FALSE), " has ", format(weights[of_group][differ[1]]), " and ",
           format(weights[differ[1]]), ".")
  }
}

# --- between units and rows ---

unit_lengths <- function(unit) diff(unit$start)

# The unit of each row of a problem; what comes per unit, per row.
unit_of_rows <- function(unit) rep.int(seq_along(unit_lengths(unit)), unit_lengths(unit))

spread_units <- function(values, unit) {
  if (is.null(unit) || is.null(values)) return(values)
  if (is.matrix(values)) values[unit_of_rows(unit), , drop = FALSE] else values[unit_of_rows(unit)]
}

# Weights of the rows of a problem, by those of its units.
unit_row_weights <- function(weights, unit) {
  weights <- spread_units(weights, unit)
  if (is.null(unit$repeats)) return(weights)
  if (is.null(weights)) unit$repeats else weights * unit$repeats
}

# Units in which nothing was counted say nothing, and so have no weight.
counted_weights <- function(weights, unit) {
  if (is.null(unit$repeats)) return(weights)
  counted <- rowsum(unit$repeats, unit_of_rows(unit), reorder = FALSE) > 0
  if (all(counted)) return(weights)
  if (is.null(weights)) as.double(counted) else weights * counted
}

# The rows of some units, and these units by themselves.
rows_of_units <- function(unit, units) {
  if (is.null(unit)) return(units)
  sequence(unit_lengths(unit)[units], unit$start[units] + 1L)
}

subset_units <- function(unit, units) {
  if (is.null(unit)) return(NULL)
  rows <- rows_of_units(unit, units)
  list(start = c(0L, cumsum(unit_lengths(unit)[units])), row = unit$row[rows],
       repeats = unit$repeats[rows])
}

# Means of the rows of each unit (a matrix with a row per row of the problem).
unit_means <- function(a, unit) {
  if (is.null(unit)) return(a)
  counts <- if (is.null(unit$repeats)) rep.int(1, nrow(a)) else unit$repeats
  sums <- rowsum(cbind(counts, counts * a), unit_of_rows(unit), reorder = FALSE)
  unname(sums[, -1, drop = FALSE]) / pmax(1, sums[, 1])
}
