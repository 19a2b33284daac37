# Columns that were dropped because those that are kept imply them: which combinations they are, and
# new rows that break it, for which the coefficients say nothing.

# The coefficients of dropped columns on the kept ones (kept x dropped), by least squares; NULL
# where none was dropped. Sparse columns, which would have to be filled in, are not looked at.
implied_columns <- function(x, kept, weights) {
  if (all(kept) || is_sparse(x)) return(NULL)
  if (is_distant(x)) {
    sample <- x$slices$sample
    return(implied_columns(sample[[x$side]], kept, sample$weights))
  }
  if (!is.null(weights)) x <- x[weights > 0, , drop = FALSE]
  out <- qr.coef(qr(x[, kept, drop = FALSE], tol = 1e-11), x[, !kept, drop = FALSE])
  size <- apply(abs(x), 2, max)
  # What rounding has left is no part of the combination.
  noise <- abs(out) * size[kept] <= 1e-10 * rep(size[!kept], each = sum(kept))
  out[is.na(out) | noise] <- 0
  unname(out)
}

# Rows of x whose dropped columns are not what the kept ones imply.
breaking_rows <- function(x, kept, implied) {
  if (is.null(implied) || is_sparse(x)) return(integer())
  dropped <- x[, !kept, drop = FALSE]
  size <- abs(x[, kept, drop = FALSE]) %*% abs(implied) + abs(dropped)
  off <- abs(dropped - x[, kept, drop = FALSE] %*% implied)
  which(rowSums(off > 1e-6 * size) > 0)
}

# Counts them for count_breaking(), for as many blocks of rows as there are.
note_breaking <- function(fit, data) {
  columns <- fit$columns
  rows <- unique(c(breaking_rows(data$x, columns$kept_expert, columns$implied_expert),
                   breaking_rows(data$z, columns$kept_gate, columns$implied_gate)))
  if (length(rows)) {
    signalCondition(structure(class = c("moe_breaking_rows", "condition"),
                              list(message = "", call = NULL, count = length(rows))))
  }
}

warn_of_breaking <- function(predictions, fit) {
  count <- 0
  out <- withCallingHandlers(predictions, moe_breaking_rows = function(condition) {
    count <<- count + condition$count
  })
  if (count > 0) {
    columns <- fit$columns
    dropped <- union(columns$expert[!columns$kept_expert], columns$gate[!columns$kept_gate])
    warning("Columns were dropped from the fit as others implied them (", enumerate(dropped),
            "), but in ", count, if (count > 1) " rows" else " row", " of `newdata` they do not: ",
            "predictions there take no account of what was dropped.", call. = FALSE)
  }
  out
}
