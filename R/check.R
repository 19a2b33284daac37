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

is_number <- function(x, lower, upper) {
  is.numeric(x) && length(x) == 1L && is.finite(x) && x >= lower && x <= upper
}

check_number <- function(x, name, lower = -Inf, upper = Inf) {
  if (!is_number(x, lower, upper)) {
    limits <- if (is.finite(upper)) {
      paste0(" from ", lower, " to ", upper)
    } else if (is.finite(lower)) {
      paste0(" of at least ", lower)
    }
    refuse("`", name, "` must be one finite number", limits, ", not ", given(x), ".")
  }
  as.double(x)
}

check_count <- function(x, name, lower = 1L, upper = .Machine$integer.max, or = "") {
  if (!is_number(x, lower, upper) || x != trunc(x)) {
    limits <- if (upper < .Machine$integer.max) paste("from", lower, "to", upper) else
      paste("of at least", lower)
    refuse("`", name, "` must be one whole number ", limits, or, ", not ", given(x), ".")
  }
  as.integer(x)
}

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

check_fit <- function(x, name = "object") {
  if (!inherits(x, "moe_fit")) {
    refuse("`", name, "` must be a fit by moe_fit(), not ", given(x), ".")
  }
  refuse_fault(fit_fault(x), name, "moe_fit()")
  check_control(x$control)
  invisible(x)
}

# Case weights as doubles; NULL stands for all 1.
check_weights <- function(weights, n) {
  if (is.null(weights)) return(NULL)
  if (!is.numeric(weights) || length(dim(weights)) > 1L) {
    refuse("`weights` must be a numeric vector, not ", given(weights), ".")
  }
  if (length(weights) != n) {
    refuse("`weights` must have one value per row: there are ", n, " rows and ", length(weights),
           " weights.")
  }
  check_each(is.finite(weights), weights, "`weights` must be finite")
  check_each(weights >= 0, weights, "`weights` must not be negative")
  if (sum(weights) == 0) refuse("`weights` must have a positive sum, but all are 0.")
  if (!is.finite(sum(weights))) refuse("`weights` must have a finite sum.")
  if (abs(log10(sum(weights))) > 100) {
    refuse("`weights` must have a sum from 1e-100 to 1e+100, beyond which products of them are ",
           "lost to rounding, not ", format(sum(weights)), ": multiply them by a constant.")
  }
  as.double(weights)
}

# Refuses values that are not valid, naming the first of them.
check_each <- function(valid, values, rule) {
  if (all(valid)) return(invisible())
  bad <- which(!valid)
  more <- if (length(bad) > 1L) paste0(" (and ", length(bad) - 1L, " more)")
  refuse(rule, ", but row ", bad[1], " has ", format(values[bad[1]]), more, ".")
}

# A design: a numeric matrix without missing or infinite values, stored as doubles, dense or as a
# dgCMatrix.
check_design <- function(x, name) {
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

# The range finds NA, NaN, Inf and huge values without a copy of x; only then is it searched.
check_finite <- function(x, name) {
  values <- if (is_sparse(x)) x@x else x
  if (length(values) == 0L || isTRUE(max(abs(range(values))) <= largest_covariate)) {
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
