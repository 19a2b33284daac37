# New rows, in the fit's terms: y, and x and z with all columns of the fit, intercept included; or
# instead of these the model frame that they are made of.

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
  list(frame = conform_columns(frame, fit$blueprint),
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

# Data with both designs of all rows.
with_designs <- function(fit, data) {
  if (is.null(data$frame)) return(data)
  c(new_designs(fit, data$frame)(seq_len(nrow(data$frame))),
    list(y = data$y, group = data$group))
}

# A function of row numbers that makes these rows of both designs.
new_designs <- function(fit, frame) {
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
  z <- if (!is.null(newz)) {
    new_matrix(newz, fit$columns$gate, "newz")
  } else if (identical(fit$columns$gate, fit$columns$expert)) {
    x
  } else if (length(fit$columns$gate) == 1L) {
    matrix(1, nrow(x), 1L)
  } else {
    refuse("The gate has covariates of its own: give them as `newz`.")
  }
  if (nrow(z) != nrow(x)) {
    refuse("`newdata` and `newz` must have the same rows, but have ", nrow(x), " and ", nrow(z),
           ".")
  }
  y <- if (!is.null(newy)) recode(fit, newy)
  if (!is.null(y) && length(y) != nrow(x)) {
    refuse("`newy` must have one value per row of `newdata`: there are ", nrow(x), " rows and ",
           length(y), " values.")
  }
  list(x = x, z = z, y = y)
}

# Columns are found by name where the matrix has names, by position otherwise.
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
    if (!identical(colnames(x), wanted)) x <- x[, wanted, drop = FALSE]
  }
  if (!is_sparse(x)) storage.mode(x) <- "double"
  with_intercept(x, name)
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
