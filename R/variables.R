# What a fit knows of its variables: kind, width, units and levels of each, so that new data can be
# held against it. A blueprint is list(variables, columns): descriptions of the covariates as they
# are in the data, and of the columns that the formula makes of them.

describe_frame <- function(frame, data, env) {
  terms <- delete.response(attr(frame, "terms"))
  names <- all.vars(attr(terms, "variables"))
  variables <- lapply(setNames(names, names), function(name) {
    if (name %in% names(data)) data[[name]] else get0(name, env)
  })
  is_data <- vapply(variables, function(x) is.atomic(x) && NROW(x) > 1L, NA)
  columns <- unclass(frame)[all_columns(terms)]
  list(variables = lapply(variables[is_data], describe_variable),
       columns = Map(describe_variable, columns, lapply(columns, column_levels)))
}

describe_variable <- function(x, levels = base::levels(x)) {
  list(kind = variable_kind(x), width = NCOL(x), units = difference_units(x), levels = levels,
       labels = if (is.matrix(x)) colnames(x))
}

# Classes that leave numbers what they are.
harmless_classes <- c("AsIs", "ts", "mts", "matrix", "array", "table", "noquote", "integer",
                      "numeric", "double")

variable_kind <- function(x) {
  for (kind in c("ordered", "factor", "Date", "POSIXct", "difftime")) {
    if (inherits(x, kind)) return(kind)
  }
  other <- setdiff(oldClass(x), harmless_classes)
  if (length(other)) other[1] else if (is.numeric(x)) "numeric" else mode(x)
}

difference_units <- function(x) {
  if (inherits(x, "difftime")) attr(x, "units") else if (inherits(x, "units")) {
    deparse1(unclass(attr(x, "units")))
  }
}

all_columns <- function(terms) vapply(as.list(attr(terms, "variables"))[-1], deparse1, "")

# --- data, at the fit and later ---

# Of columns of a model frame, and of what R itself means by them.
reserved_names <- c("(weights)", "(group)", "(offset)", ".", "...", "..1")

# Of the variables that are used of a data frame or list: each must be there once, be a vector or a
# matrix, and have a name that a formula and its model frame give to nothing else.
check_data_variables <- function(used, data, what) {
  if (!is.list(data)) return(invisible())
  found <- names(data)[names(data) %in% used]
  check_unique(found, paste0("Variables of `", what, "` must have different names"))
  taken <- intersect(found, reserved_names)
  if (length(taken)) refuse("A variable must not be called ", enumerate(taken), ": rename it.")
  for (name in found) {
    x <- data[[name]]
    if (!is.list(x) || inherits(x, "POSIXlt")) next
    kind <- if (is.data.frame(x)) "a data frame: as.matrix() makes a matrix of it" else given(x)
    refuse("Variables must be vectors or matrices, but ", name, " of `", what, "` is ", kind, ".")
  }
}

# --- at the fit ---

is_covariate <- function(x) {
  known <- is.numeric(x) || is.logical(x) || is.character(x) || is.factor(x) ||
    inherits(x, c("Date", "POSIXct", "difftime"))
  known && !isS4(x)
}

# Covariates must be such that their numbers, or levels, are all that there is to them.
check_covariates <- function(columns) {
  for (name in names(columns)) {
    x <- columns[[name]]
    if (!is_covariate(x)) {
      refuse("Covariates must be numbers, factors, text, logical values, dates or times, but ",
             name, " is ", given(x), ".")
    }
  }
}

# Factors without the levels that do not occur, with the contrasts that are set on them.
drop_unused <- function(x, name) {
  unused <- setdiff(levels(x), as.character(unique(x)))
  if (length(unused) == 0L) return(x)
  if (!is.null(attr(x, "contrasts"))) {
    warning("The contrasts set on ", name, " are not used, as levels of it do not occur: ",
            enumerate(unused), ".", call. = FALSE)
  }
  droplevels(x)
}

# Text has levels too, NULL stands for none.
column_levels <- function(x) levels(if (is.character(x)) text_factor(x) else x)

# --- new data ---

# A variable of new data as the fit has seen it: converted where that loses nothing, refused by name
# otherwise. `was` is its description.
conform <- function(x, was, name) {
  x <- plain(x, name)
  if (is.logical(x) && all(is.na(x))) x <- absent(x, was)
  x <- switch(was$kind,
    factor = , ordered = as_levels(x, was, name),
    character = if (is.atomic(x)) as.character(x) else x,
    numeric = if (is.logical(x)) x + 0L else x,
    Date = as_date(x), difftime = as_units(x, was), x)
  check_kind(x, was, name)
  check_width(x, was, name)
  labels_in_order(x, was, name)
}

# As many missing values of the kind.
absent <- function(x, was) {
  switch(was$kind, factor = , ordered = , character = as.character(x), logical = x,
    Date = , POSIXct = , difftime = {
      structure(as.double(x), class = c(was$kind, if (was$kind == "POSIXct") "POSIXt"),
                units = was$units)
    },
    if (was$width == 1L) x + 0 else matrix(NA_real_, NROW(x), was$width))
}

as_levels <- function(x, was, name) {
  values <- as.character(x)
  unseen <- setdiff(values[!is.na(values)], was$levels)
  if (length(unseen)) {
    refuse("`newdata` must not have factor levels that the fit has not seen: ", name, " has ",
           enumerate(unseen), ".")
  }
  factor(values, levels = was$levels, ordered = was$kind == "ordered",
         exclude = if (!anyNA(was$levels)) NA)
}

# Text that is a date as format() writes it.
as_date <- function(x) {
  if (!is.character(x) && !is.factor(x)) return(x)
  text <- as.character(x)
  date <- as.Date(text, format = "%Y-%m-%d")
  if (identical(format(date), text)) date else x
}

as_units <- function(x, was) {
  if (inherits(x, "difftime")) units(x) <- was$units
  x
}

check_kind <- function(x, was, name) {
  if (variable_kind(x) == was$kind && identical(difference_units(x), was$units)) {
    return(invisible())
  }
  units <- function(of) if (!is.null(of)) paste(" in", of)
  refuse("`newdata` must have variables of the kind that the fit has seen: ", name, " was ",
         was$kind, units(was$units), ", but is ", given(x), units(difference_units(x)), ".")
}

# A matrix must have as many columns as it had, and what was a vector may be a matrix of one column.
check_width <- function(x, was, name) {
  if (NCOL(x) == was$width) return(invisible())
  refuse("`newdata` must have matrices as wide as the fit has seen: ", name, " had ", was$width,
         if (was$width > 1L) " columns" else " column", ", but has ", NCOL(x), ".")
}

# Columns of a matrix are found by name where both have names, by position otherwise.
labels_in_order <- function(x, was, name) {
  if (!is.matrix(x) || !are_labels(was$labels)) return(x)
  if (is.null(colnames(x))) colnames(x) <- was$labels
  labels <- colnames(x)
  if (!are_labels(labels) || identical(labels, was$labels)) return(x)
  missing <- setdiff(was$labels, labels)
  if (length(missing)) {
    refuse("`newdata` must have matrices with the columns that the fit has seen: ", name, " lacks ",
           enumerate(missing), ".")
  }
  x[, was$labels, drop = FALSE]
}

# New data whose variables are those of the fit.
conform_variables <- function(data, blueprint) {
  for (name in intersect(names(blueprint$variables), names(data))) {
    data[[name]] <- conform(data[[name]], blueprint$variables[[name]], name)
  }
  data
}

# The columns that the formula has made of them.
conform_columns <- function(frame, blueprint) {
  for (name in intersect(names(blueprint$columns), names(frame))) {
    was <- blueprint$columns[[name]]
    column <- conform(frame[[name]], was, name)
    frame[[name]] <- if (is.character(column)) as_levels(column, was, name) else column
  }
  frame
}
