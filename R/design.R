# From what the user gives to what the core takes: the response as codes, the designs as full-rank
# matrices with the moments that standardise them.

# --- response ---

# A factor whose levels all occur.
as_response <- function(y, name = "y") {
  y <- if (length(dim(y)) == 2L) {
    response_from_indicators(y, name)
  } else if (is.factor(y)) {
    y
  } else if (is.character(y) || is.logical(y)) {
    factor(y)
  } else if (is.numeric(y) && all(y %in% c(0, 1, NA))) {
    factor(y)
  } else if (is.numeric(y)) {
    refuse("A numeric response must hold only 0 and 1, but `", name, "` has ",
           format(y[!y %in% c(0, 1, NA)][1]), "; for more classes use factor(", name, ").")
  } else {
    refuse("`", name, "` must be a factor, a character, logical or 0/1 vector, or an indicator ",
           "matrix, not ", given(y), ".")
  }
  if (anyNA(y)) {
    refuse("`", name, "` must not hold missing values: row ", which(is.na(y))[1], " is NA.")
  }
  y
}

# Rows of NA are missing responses.
response_from_indicators <- function(y, name) {
  if (is.data.frame(y)) y <- as.matrix(y)
  if (!is.numeric(y) && !is.logical(y)) {
    refuse("An indicator matrix `", name, "` must be numeric, not ", given(y), ".")
  }
  absent <- rowSums(is.na(y)) == ncol(y)
  valid <- absent | (rowSums(y == 0 | y == 1) == ncol(y) & rowSums(y) == 1) %in% TRUE
  if (!all(valid)) {
    refuse("Each row of the indicator matrix `", name, "` must hold one 1 and 0 elsewhere, but ",
           "row ", which(!valid)[1], " does not.")
  }
  labels <- colnames(y)
  if (is.null(labels)) labels <- character(ncol(y))
  labels <- ifelse(labels == "", seq_len(ncol(y)), labels)
  y[absent, ] <- 0
  label <- labels[max.col(y, "first")]
  label[absent] <- NA
  factor(label, levels = labels)
}

check_classes <- function(y, weights) {
  if (length(y) == 0L) refuse("There must be at least one row, but there is none",
                              " (left, after `subset` and `na.action`).")
  if (nlevels(y) < 2L) {
    refuse("The response must have at least two classes, but all rows are ",
           dQuote(levels(y)[1], FALSE), ".")
  }
  size <- if (is.null(weights)) tabulate(y, nlevels(y)) else
    vapply(split(weights, y), sum, 0)
  empty <- levels(y)[size == 0]
  if (length(empty)) {
    refuse("Every level of the response must occur with positive weight, but ",
           enumerate(empty), if (length(empty) > 1L) " do" else " does",
           " not; droplevels() removes empty levels.")
  }
}

# --- designs ---

# The two designs and the response, ready for the core. With `drop`, columns that add nothing to
# those before them are left out. kept_x and kept_z say which columns stay.
new_problem <- function(x, z, y, weights, lambda) {
  n <- nrow(x)
  total <- if (is.null(weights)) n else sum(weights)
  rows <- if (is.null(weights)) n else sum(weights > 0)
  shared <- identical(x, z)
  design_x <- full_rank_design(x, weights, rows, lambda, "expert")
  design_z <- if (shared) design_x else full_rank_design(z, weights, rows, lambda, "gate")
  report_dropped(design_x, if (shared) "" else " of the experts")
  if (!shared) report_dropped(design_z, " of the gate")
  list(
    design = core_design(design_x, design_z), y = as.integer(y), weights = weights,
    kept_x = design_x$kept, kept_z = design_z$kept, classes = nlevels(y), total = total
  )
}

core_design <- function(x, z) {
  list(x = x$values, x_center = x$center, x_scale = x$scale,
       z = z$values, z_center = z$center, z_scale = z$scale)
}

# The design of some rows.
subset_design <- function(design, rows) {
  shared <- identical(design$x, design$z)
  design$x <- take_rows(design$x, rows)
  design$z <- if (shared) design$x else take_rows(design$z, rows)
  design
}

# Columns of one part, "x" or "z", standardised and filled in; all by default.
standardised <- function(design, part, columns = seq_len(ncol(design[[part]]))) {
  x <- design[[part]]
  if (is_compressed(x)) return(expand_rows(x, columns))
  center <- design[[paste0(part, "_center")]][columns]
  scale <- design[[paste0(part, "_scale")]][columns]
  x <- x[, columns, drop = FALSE]
  (x - rep(center, each = nrow(x))) / rep(scale, each = nrow(x))
}

# Below, coefficients could overflow, and one over the deviation does not far from here.
smallest_deviation <- 1e-304

full_rank_design <- function(x, weights, rows, lambda, part) {
  if (ncol(x) > rows && lambda == 0) {
    refuse("Without a ridge there must be at least as many rows as columns, but the ", part,
           " design has ", ncol(x), " columns and ", rows, " rows",
           if (rows < nrow(x)) " of positive weight", "; use `lambda` > 0 or fewer covariates.")
  }
  moments <- column_moments(x, weights)
  moments$center[1] <- 0
  moments$scale[1] <- 1
  kept <- moments$scale > pmax(1e-13 * abs(moments$center), smallest_deviation)
  moments$scale[!kept] <- 1
  design <- standard_design(x, moments$center, moments$scale)
  if (ncol(x) <= rows) {
    kept <- .Call(C_moe_independent_columns, gram(design, weights), kept)
  }
  if (!all(kept)) {
    design <- standard_design(x[, kept, drop = FALSE], design$center[kept], design$scale[kept])
  }
  c(design, list(kept = kept, names = colnames(x)))
}

column_moments <- function(x, weights) {
  if (!is_sparse(x)) return(.Call(C_moe_moments, x, weights))
  .Call(C_moe_sparse_moments, x@p, x@i, x@x, dim(x), weights)
}

# A design with its standardisation, which compressed rows have taken already.
standard_design <- function(x, center, scale) {
  list(values = if (is_sparse(x)) compress_rows(x, center, scale) else x, center = center,
       scale = scale)
}

# Z'VZ of a standardised design: the core's Gram matrix for a model with one expert.
gram <- function(design, weights) {
  n <- nrow(design$values)
  p <- ncol(design$values)
  out <- .Call(C_moe_evaluate, core_design(design, design), rep.int(1L, n), weights, NULL,
               numeric(3L * p), c(2L, 1L), TRUE, 1L)
  matrix(out$gram[seq_len(p * p)], p)
}

report_dropped <- function(design, part) {
  if (all(design$kept)) return(invisible())
  n <- sum(!design$kept)
  message("Dropped ", n, " column", if (n > 1L) "s", part,
          ", constant or a linear combination of others: ",
          enumerate(design$names[!design$kept]), ".")
}

# --- formulas ---

build_model_frame <- function(formula, call, env) {
  wanted <- match(c("data", "subset", "weights", "na.action"), names(call), 0L)
  call <- call[c(1L, wanted)]
  call[[1L]] <- quote(stats::model.frame)
  call$formula <- formula
  eval(call, env)
}

# Unused levels stay in the response, so that they can be refused by name, and leave the covariates,
# as in glm().
drop_covariate_levels <- function(frame, response) {
  for (name in setdiff(names(frame), response)) {
    if (is.factor(frame[[name]])) frame[[name]] <- droplevels(frame[[name]])
  }
  frame
}

# `y ~ x` gives the gate the covariates of the experts; `y ~ x | z` its own.
as_two_parts <- function(formula) {
  formula <- Formula(formula)
  parts <- length(formula)
  if (parts[1] != 1L) {
    refuse("The formula must have one response on its left, as in y ~ x or y ~ x | z; it has ",
           parts[1], ".")
  }
  if (parts[2] > 2L) {
    refuse("The formula must have one or two parts on its right, as in y ~ x or y ~ x | z; it has ",
           parts[2], ".")
  }
  formula
}

# terms() would not say what is wrong.
check_dot <- function(formula, data) {
  if (!"." %in% all.vars(formula)) return(invisible())
  if (is.null(data)) refuse("A formula with `.` needs `data`, whose variables it stands for.")
  response <- all.vars(formula(formula, rhs = 0))
  if (length(setdiff(names(data), response)) == 0L) {
    refuse("A formula with `.` needs covariates in `data`, but there is nothing beside ",
           enumerate(response), "; use 1 for none.")
  }
}

part_terms <- function(formula, data) {
  gate <- length(formula)[2]
  list(expert = delete.response(terms(formula, lhs = 1, rhs = 1, data = data)),
       gate = delete.response(terms(formula, lhs = 1, rhs = gate, data = data)))
}

check_contrasts <- function(contrasts, frame) {
  if (is.null(contrasts)) return(invisible())
  if (!is.list(contrasts) || is.null(names(contrasts))) {
    refuse("`contrasts` must be NULL or a list named by variables, not ", given(contrasts), ".")
  }
  unknown <- setdiff(names(contrasts), names(frame))
  if (length(unknown)) {
    refuse("`contrasts` must be for variables of the formula, but names ", enumerate(unknown), ".")
  }
}

check_terms <- function(terms) {
  for (part in names(terms)) {
    if (attr(terms[[part]], "intercept") == 0L) {
      refuse("The ", part, " part of the formula must keep its intercept (no `- 1` or `+ 0`).")
    }
    if (!is.null(attr(terms[[part]], "offset"))) {
      refuse("offset() is not supported; the ", part, " part of the formula has one.")
    }
  }
}

check_levels <- function(covariates) {
  for (name in names(covariates)) {
    values <- covariates[[name]]
    if (!is.factor(values) && !is.character(values)) next
    found <- if (is.factor(values)) levels(values) else unique(values)
    if (length(found) < 2L) {
      refuse("A factor among the covariates must have at least two levels in the rows that are ",
             "used, but ", name, " has only ", enumerate(found), ".")
    }
  }
}

# --- model matrices ---

# Whether experts and gate have the same covariates, and so one design.
is_shared <- function(terms) {
  identical(attr(terms$expert, "term.labels"), attr(terms$gate, "term.labels"))
}

# Model matrices of both parts; the same object twice when they have the same columns.
build_designs <- function(terms, frame, contrasts) {
  x <- build_design(terms$expert, frame, contrasts)
  if (is_shared(terms)) return(list(x = x, z = x))
  list(x = x, z = build_design(terms$gate, frame, contrasts))
}

# What model.matrix() returns cannot be stripped of its row names without a copy, so it is asked for
# some rows at a time, and there is one whole matrix only.
build_design <- function(terms, frame, contrasts) {
  of_rows <- design_maker(terms, frame, contrasts)
  parts <- row_parts(nrow(frame), design_rows)
  first <- of_rows(parts[[1]])
  out <- matrix(0, nrow(frame), ncol(first), dimnames = list(NULL, colnames(first)))
  out[parts[[1]], ] <- first
  for (rows in parts[-1]) out[rows, ] <- of_rows(rows)
  attr(out, "used_contrasts") <- attr(first, "contrasts")
  out
}

design_rows <- 25000L # whose part of a model matrix stays in the processor's cache

# 1, ..., n in parts of `most` numbers; one part of none where n is 0.
row_parts <- function(n, most) {
  lapply(seq.int(1, max(n, 1), by = most), function(first) {
    seq.int(first, length.out = min(most, n - first + 1))
  })
}

# A function of row numbers that makes these rows of the model matrix of a frame.
design_maker <- function(terms, frame, contrasts) {
  columns <- unclass(frame)[all_columns(terms)]
  check_levels(columns)
  contrasts <- contrasts[intersect(names(contrasts), names(columns))]
  # Each part of the rows has all levels.
  columns <- lapply(columns, function(column) if (is.character(column)) factor(column) else column)
  function(rows) {
    some <- lapply(columns, function(column) {
      if (length(dim(column)) == 2L) column[rows, , drop = FALSE] else column[rows]
    })
    # Much faster than subsetting a data frame, whose row names would be checked.
    some <- structure(some, names = names(columns), row.names = .set_row_names(length(rows)),
                      terms = terms, class = "data.frame")
    model.matrix(terms, some, contrasts.arg = contrasts)
  }
}
