# New rows, in the fit's terms. Whole designs would take longer to write to memory than to use, so
# there are never any: data that are new are
#   n        how many rows there are
#   most     how many rows to ask for at most
#   designs  a function of row numbers that makes these rows of x and z with all columns of the fit,
#            intercept included
#   names    a function that gives the names of the rows, NULL where they have none
#   y        the response, where it is known
# Data that the fit has seen (training.R) are held whole, list(x, z, y).

# New rows, or those that the fit has seen where `newdata` is NULL.
rows_for <- function(fit, newdata, newz = NULL, newy = NULL, with_response = FALSE) {
  check_matrices_wanted(fit, newdata, newz, newy)
  if (is.null(newdata)) return(training_data(fit))
  if (is.null(fit$terms)) return(new_matrices(fit, newdata, newz, newy))
  new_frame(fit, newdata, with_response)
}

check_matrices_wanted <- function(fit, newdata, newz, newy) {
  given <- c(if (!is.null(newz)) "`newz`", if (!is.null(newy)) "`newy`")
  if (length(given) == 0L) return(invisible())
  if (!is.null(fit$terms)) {
    refuse(given[1], " is for fits from matrices; this one is from a formula: ",
           "put all variables into `newdata`.")
  }
  if (is.null(newdata)) refuse(given[1], " must come with `newdata`, which is missing.")
}

# --- data frames ---

new_frame <- function(fit, newdata, with_response) {
  newdata <- collected(newdata)
  if (!is.data.frame(newdata) && !is.list(newdata)) {
    refuse("`newdata` must be a data frame, not ", given(newdata), ".")
  }
  terms <- fit$terms$full
  if (!with_response) terms <- delete.response(terms)
  check_variables(terms, newdata, fit$variables)
  check_data_variables(all.vars(attr(terms, "variables")), newdata, "newdata")
  newdata <- conform_variables(newdata, fit$blueprint)
  frame <- model.frame(terms, newdata, na.action = stats::na.pass)
  if (is.data.frame(newdata) && nrow(frame) != nrow(newdata)) {
    refuse("Variables that `newdata` lacks were found elsewhere, with ", nrow(frame), " rows and ",
           "not ", nrow(newdata), ": put them into `newdata`.")
  }
  frame <- conform_columns(frame, fit$blueprint)
  list(n = nrow(frame), most = design_rows, designs = frame_designs(fit, frame),
       names = function() row.names(frame),
       y = if (with_response) recode(fit, Formula::model.part(fit$formula, frame, lhs = 1,
                                                             drop = TRUE)))
}

# Tables whose rows are still in a database, or to be computed, as data frames.
collected <- function(table) {
  lazy <- c("tbl_lazy", "dtplyr_step", "ArrowTabular", "arrow_dplyr_query")
  if (inherits(table, lazy)) as.data.frame(table) else table
}

check_variables <- function(terms, newdata, from_data) {
  needed <- all.vars(attr(terms, "variables"))
  missing <- setdiff(needed, names(newdata))
  # Constants and functions' arguments may come from where the formula was written.
  elsewhere <- vapply(missing, exists, NA, envir = environment(terms)) & !missing %in% from_data
  missing <- missing[!elsewhere | missing %in% all_columns(terms)]
  if (length(missing)) {
    refuse("`newdata` must have all variables of the formula, but lacks ", enumerate(missing), ".")
  }
}

frame_designs <- function(fit, frame) {
  expert <- design_maker(fit$terms$expert, frame, fit$contrasts)
  gate <- design_maker(fit$terms$gate, frame, fit$contrasts)
  function(rows) {
    x <- expert(rows)
    list(x = x, z = if (is_shared(fit$terms)) x else gate(rows))
  }
}

# --- matrices ---

new_matrices <- function(fit, newdata, newz, newy) {
  x <- new_matrix(newdata, fit$columns$expert, "newdata")
  z <- if (!is.null(newz)) new_matrix(newz, fit$columns$gate, "newz")
  if (!is.null(z) && z$n != x$n) {
    refuse("`newdata` and `newz` must have the same rows, but have ", x$n, " and ", z$n, ".")
  }
  y <- if (!is.null(newy)) recode(fit, newy)
  if (!is.null(y) && length(y) != x$n) {
    refuse("`newy` must have one value per row of `newdata`: there are ", x$n, " rows and ",
           length(y), " values.")
  }
  list(n = x$n, most = max(x$most, z$most), designs = matrix_designs(fit, x, z),
       names = function() rownames(newdata), y = y)
}

matrix_designs <- function(fit, x, z) {
  shared <- is.null(z) && identical(fit$columns$gate, fit$columns$expert)
  if (is.null(z) && !shared && length(fit$columns$gate) > 1L) {
    refuse("The gate has covariates of its own: give them as `newz`.")
  }
  function(rows) {
    of_x <- x$make(rows)
    list(x = of_x, z = if (shared) of_x else if (is.null(z)) matrix(1, length(rows), 1L) else
      z$make(rows))
  }
}

# One side: n and most, as above, and make(rows). Columns are found by name where the matrix has
# names, by position otherwise.
new_matrix <- function(x, columns, name) {
  if (is.data.frame(x)) x <- as.matrix(plain_columns(x[intersect(names(x), columns)]))
  x <- bare_matrix(x, name)
  if (is_sparse(x)) {
    x <- as_sparse(x, name)
  } else if (!is.matrix(x) || !(is.numeric(x) || is.logical(x))) {
    refuse("`", name, "` must be a numeric matrix, not ", given(x), ".")
  }
  wanted <- columns[-1]
  if (is.null(colnames(x))) {
    if (ncol(x) != length(wanted)) {
      refuse("`", name, "` must have the ", length(wanted), " columns of the fit, but has ",
             ncol(x), ".")
    }
  } else {
    missing <- setdiff(wanted, colnames(x))
    if (length(missing)) {
      refuse("`", name, "` must have the columns of the fit, but lacks ", enumerate(missing), ".")
    }
  }
  columns <- if (is.null(colnames(x))) seq_along(wanted) else match(wanted, colnames(x))
  list(n = nrow(x), most = rows_at_once(x),
       make = function(rows) rows_with_intercept(x, rows, columns, name))
}

# --- blocks ---

# To take rows of a sparse matrix is to go through all of it.
rows_at_once <- function(x) if (is_sparse(x)) max(1L, nrow(x)) else design_rows

# Rows of a matrix, which is not copied where they are all.
some_rows <- function(x, rows) if (length(rows) == nrow(x)) x else take_rows(x, rows)

# Ones are written over a column that was taken twice: to bind them to the others would be to copy
# these once more.
rows_with_intercept <- function(x, rows, columns, name) {
  if (is_sparse(x) || length(columns) == 0L) {
    return(with_intercept(x[rows, columns, drop = FALSE], name))
  }
  out <- x[rows, c(1L, columns), drop = FALSE]
  storage.mode(out) <- "double"
  out[, 1L] <- 1
  dimnames(out) <- NULL
  out
}

# Data that are held whole as those are that are new.
as_new <- function(data) {
  if (!is.null(data$designs)) return(data)
  shared <- identical(data$x, data$z)
  list(n = nrow(data$x), most = max(rows_at_once(data$x), rows_at_once(data$z)), y = data$y,
       designs = function(rows) {
         x <- some_rows(data$x, rows)
         list(x = x, z = if (shared) x else some_rows(data$z, rows))
       })
}

# Data with both designs of all rows.
with_designs <- function(data) {
  if (is.null(data$designs)) return(data)
  c(data$designs(seq_len(data$n)), data[c("y", "group")])
}

# What run(block, before) gives of each row, a list of vectors and arrays, for all rows. It is asked
# about blocks, which `before` rows come before: each leaves R a chance to be interrupted, and the
# processor's cache holds it.
in_blocks <- function(data, run, most = NULL) {
  data <- as_new(data)
  blocks <- row_blocks(data$n, if (is.null(most)) data$most else most)
  out <- NULL
  for (rows in blocks) {
    part <- run(c(data$designs(rows), list(y = data$y[rows])), before = rows[1] - 1)
    if (length(blocks) == 1L) return(part)
    if (is.null(out)) out <- lapply(part, room_for, data$n)
    for (kind in names(part)) out[[kind]][rows, ] <- part[[kind]]
  }
  for (kind in names(part)) attributes(out[[kind]]) <- shape_of_all(part[[kind]], data$n)
  out
}

# For so many rows, a matrix whatever the shape of what is known of each.
room_for <- function(part, n) {
  core_room(as.integer(n), as.integer(length(part) / NROW(part)), is.integer(part))
}

shape_of_all <- function(part, n) {
  if (is.null(dim(part))) return(NULL)
  list(dim = c(n, dim(part)[-1]), dimnames = c(list(NULL), dimnames(part)[-1]))
}

# --- both ---

# A new response as a factor with the fit's levels.
recode <- function(fit, y) {
  if (!is.null(fit$counts)) return(recode_counts(fit, y))
  y <- plain(y, "the response")
  if (length(dim(y)) == 2L) y <- response_from_matrix(y, "newy")
  if (is_counts(y)) {
    refuse("The response must be a class in each row, as that of the fit was, but holds counts.")
  }
  y <- as.character(y)
  unseen <- setdiff(unique(y[!is.na(y)]), fit$levels)
  if (length(unseen)) {
    refuse("The response must have the classes of the fit (", enumerate(fit$levels),
           "), but holds ", enumerate(unseen), ".")
  }
  factor(y, levels = fit$levels)
}

# Columns are found by name where they have one. A row in which one is missing is missing.
recode_counts <- function(fit, y) {
  if (is_counts(y)) y <- structure(unclass(y), dimnames = list(NULL, levels(y)))
  if (length(dim(y)) != 2L || ncol(y) != length(fit$levels) ||
        !setequal(column_labels(y), fit$levels)) {
    refuse("The response must be a matrix of counts of the classes of the fit (",
           enumerate(fit$levels), "), not ", given(y),
           if (!is.null(colnames(y))) paste0(", of ", enumerate(colnames(y))), ".")
  }
  y <- y[, match(fit$levels, column_labels(y)), drop = FALSE]
  y[rowSums(is.na(y)) > 0, ] <- NA
  check_counts(y, is.na(y[, 1]), "response")
  new_counts(y, fit$levels)
}

# The rows in which a covariate is missing; none may be infinite.
missing_rows <- function(fit, data, before = 0) {
  in_x <- missing_in(data$x, "newdata", before)
  if (identical(data$x, data$z)) return(in_x)
  union(in_x, missing_in(data$z, if (is.null(fit$terms)) "newz" else "newdata", before))
}

missing_in <- function(x, name, before) {
  values <- if (is_sparse(x)) x@x else x
  if (is.finite(sum(values))) return(integer())
  rows_where <- function(at) if (is_sparse(x)) x@i[at] + 1L else row(x)[at]
  infinite <- rows_where(which(is.infinite(values)))
  if (length(infinite)) {
    refuse("Covariates of `", name, "` must be finite or missing, but row ",
           before + min(infinite), " is infinite.")
  }
  unique(rows_where(which(is.na(values))))
}
