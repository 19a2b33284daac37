# Checks of what users hand over. Every message says what must hold and what was given.

refuse <- function(...) {
  message <- paste0(...)
  stop(structure(
    class = c("moe_error_input", "error", "condition"),
    list(message = message, call = NULL)
  ))
}

# What was given, in a few words: a short value itself, otherwise its kind and size.
given <- function(x) {
  if (is.null(x)) return("NULL")
  if (is.function(x)) return("a function")
  if (is_scalar(x)) {
    return(if (is.character(x) && !is.na(x)) dQuote(x, FALSE) else format(unname(x)))
  }
  kind <- kind_of(x)
  if (length(dim(x)) > 1L) return(paste0(kind, ", ", paste(dim(x), collapse = " x ")))
  paste(kind, "of length", length(x))
}

is_scalar <- function(x) is.atomic(x) && length(x) == 1L && is.null(dim(x))

kind_of <- function(x) {
  if (is.object(x)) return(paste("an object of class", dQuote(class(x)[1], FALSE)))
  if (is.list(x)) return("a list")
  paste("a", mode(x), if (is.null(dim(x))) "vector" else class(x)[1])
}

# A few names for a message: "a", "b" and 3 more.
enumerate <- function(x, most = 6L) {
  shown <- paste(dQuote(utils::head(x, most), FALSE), collapse = ", ")
  if (length(x) > most) paste0(shown, " and ", length(x) - most, " more") else shown
}

need_package <- function(package, purpose) {
  if (!requireNamespace(package, quietly = TRUE)) {
    refuse("The package ", package, " must be installed for ", purpose, ".")
  }
}

is_number <- function(x, lower, upper) {
  is.numeric(x) && length(x) == 1L && is.finite(x) && x >= lower && x <= upper
}

check_number <- function(x, name, lower = -Inf, upper = Inf, or = "") {
  if (!is_number(x, lower, upper)) {
    limits <- if (is.finite(upper)) {
      paste0(" from ", lower, " to ", upper)
    } else if (is.finite(lower)) {
      paste0(" of at least ", lower)
    }
    refuse("`", name, "` must be one finite number", limits, or, ", not ", given(x), ".")
  }
  as.double(x)
}

check_level <- function(level, name = "level") {
  level <- check_number(level, name, lower = 0, upper = 1)
  if (level == 0 || level == 1) refuse("`", name, "` must lie between 0 and 1, not be ", level, ".")
  level
}

# NULL stands for the default.
check_lambda <- function(lambda) {
  if (is.null(lambda)) NULL else check_number(lambda, "lambda", lower = 0, or = ", or NULL")
}

check_count <- function(x, name, lower = 1L, upper = .Machine$integer.max, or = "") {
  if (!is_number(x, lower, upper) || x != trunc(x)) {
    limits <- if (upper < .Machine$integer.max) paste("from", lower, "to", upper) else
      paste("of at least", lower)
    refuse("`", name, "` must be one whole number ", limits, or, ", not ", given(x), ".")
  }
  as.integer(x)
}

check_digits <- function(digits) check_count(digits, "digits", lower = 1L, upper = 22L)

check_flag <- function(x, name) {
  if (!is.logical(x) || length(x) != 1L || is.na(x)) {
    refuse("`", name, "` must be TRUE or FALSE, not ", given(x), ".")
  }
  x
}

# The first of choices is the default, as in match.arg().
check_choice <- function(x, choices, name) {
  if (identical(x, choices)) return(choices[1])
  if (!is.character(x) || length(x) != 1L || is.na(x) || !x %in% choices) {
    refuse("`", name, "` must be one of ", enumerate(choices, length(choices)), ", not ",
           given(x), ".")
  }
  x
}

check_unused <- function(...) {
  if (...length() == 0L) return(invisible())
  names <- ...names()
  if (is.null(names)) names <- rep("", ...length())
  names[is.na(names) | names == ""] <- "(unnamed)"
  refuse("Unused argument", if (length(names) > 1L) "s", ": ", enumerate(names), ".")
}

check_columns <- function(x, columns, name) {
  if (!is.data.frame(x)) refuse("`", name, "` must be a data frame, not ", given(x), ".")
  missing <- setdiff(columns, names(x))
  if (length(missing)) {
    refuse("`", name, "` must have the columns ", enumerate(columns), ", but lacks ",
           enumerate(missing), ".")
  }
}

check_unique <- function(names, rule) {
  twice <- unique(names[duplicated(names)])
  if (length(twice)) refuse(rule, ", but ", enumerate(twice), " occurs twice.")
}

# Whether they tell things apart by name.
are_labels <- function(x) !is.null(x) && !anyNA(x) && all(x != "") && !anyDuplicated(x)

# Which rows of a matrix hold shares: finite, not negative, and with sum 1. Infinite ones have no
# finite sum, and where none is negative, as a rule, each row need not be looked through again.
are_shares <- function(x) {
  valid <- (abs(rowSums(x) - 1) <= 1e-6) %in% TRUE
  if (isTRUE(min(x, 0) >= 0)) valid else valid & rowSums(x < 0, na.rm = TRUE) == 0
}

# --- values per row ---

# Refuses values that are not valid, naming the first of them.
check_each <- function(valid, values, rule) {
  if (all(valid)) return(invisible())
  bad <- which(!valid)
  more <- if (length(bad) > 1L) paste0(" (and ", length(bad) - 1L, " more)")
  refuse(rule, ", but row ", bad[1], " has ", format(values[bad[1]]), more, ".")
}

# A value for each row that is used, given for them or for those that `na.action` left out too.
check_row_values <- function(group, name, rows, omitted) {
  if (!is.atomic(group) || length(dim(group)) > 1L) {
    refuse("`", name, "` must be a vector, not ", given(group), ".")
  }
  if (length(omitted) && length(group) == rows + length(omitted)) group <- group[-omitted]
  if (length(group) != rows) {
    refuse("`", name, "` must have one value per row: there are ", rows, " rows and ",
           length(group), " values.")
  }
  if (anyNA(group)) {
    refuse("`", name, "` must not hold missing values: row ", which(is.na(group))[1], " is NA.")
  }
  group
}

check_groups <- function(group, name, groups, rows, omitted) {
  group <- check_row_values(group, name, rows, omitted)
  if (length(unique(group)) < 2L) {
    refuse("`", name, "` must tell at least two ", groups, " apart, but has one.")
  }
  group
}
