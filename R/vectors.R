# What vectors carry with them: classes and marks that other packages put on numbers and text, and
# how text becomes levels. What is plain here is what the rest of the package counts with.

# Classes that say nothing about the numbers or text that they are put on.
worn_classes <- c("labelled", "haven_labelled", "haven_labelled_spss", "hardhat_case_weights",
                  "hardhat_frequency_weights", "hardhat_importance_weights")

# The vector without what it wears; values stay as they are, codes declared as missing become NA.
# 64-bit integers, whose bits other functions would read as tiny numbers, become doubles.
plain <- function(x, name) {
  if (!is.object(x)) return(x)
  if (is.factor(x)) check_codes(x, name)
  if (inherits(x, "integer64")) return(from_integer64(x, name))
  if (inherits(x, "POSIXlt")) return(as.POSIXct(x))
  if (!inherits(x, worn_classes)) return(x)
  missing <- declared_missing(x)
  classes <- intersect(oldClass(x), c("factor", "ordered", "Date", "POSIXct", "POSIXt", "difftime"))
  kept <- attributes(x)[c("dim", "dimnames", "levels", "contrasts", "units", "tzone")]
  x <- as.vector(unclass(x))
  attributes(x) <- Filter(length, kept)
  if (length(classes)) class(x) <- classes
  x[missing] <- NA
  x
}

# What edits levels may leave codes that stand for none.
check_codes <- function(x, name) {
  if (sum(tabulate(x, nlevels(x))) == length(x)) return(invisible())
  beyond <- which(!as.integer(x) %in% c(seq_along(levels(x)), NA))
  if (length(beyond)) {
    refuse("A factor must have codes from 1 to its ", nlevels(x), " levels, but ", name, " has ",
           as.integer(x)[beyond[1]], " in row ", beyond[1], ": make it again by factor().")
  }
}

# haven keeps the codes that SPSS declares as missing.
declared_missing <- function(x) {
  codes <- as.vector(unclass(x))
  limits <- attr(x, "na_range")
  which(codes %in% attr(x, "na_values") |
          (length(limits) == 2L & codes >= limits[1] & codes <= limits[2]) %in% TRUE)
}

largest_exact <- 2^53 - 1 # larger whole numbers have no double of their own

from_integer64 <- function(x, name) {
  need_package("bit64", "64-bit integers")
  out <- suppressWarnings(as.double(x)) # which warns of those that are refused here
  beyond <- which(abs(out) > largest_exact)
  if (length(beyond)) {
    refuse("64-bit integers must be below 2^53 in size, but ", name, " has ",
           as.character(x)[beyond[1]], " in row ", beyond[1], ": use factor() for identifiers, ",
           "another unit for sizes.")
  }
  dim(out) <- dim(x)
  dimnames(out) <- dimnames(x)
  out
}

# Columns of a data frame or list, plain where they were not; the same object if none was.
plain_columns <- function(data) {
  if (!is.list(data)) return(data)
  for (name in names(data)) {
    column <- plain(data[[name]], name)
    if (!identical(attributes(column), attributes(data[[name]]))) data[[name]] <- column
  }
  data
}

# Text as a factor whose levels are in the order of their code points, whatever the locale.
text_factor <- function(x) {
  levels <- unique(as.character(x))
  factor(x, levels = sort(levels[!is.na(levels)], method = "radix"))
}

# Case weights as doubles; NULL stands for all 1.
check_weights <- function(weights, n) {
  if (is.null(weights)) return(NULL)
  weights <- plain(weights, "`weights`")
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
