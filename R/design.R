# Designs: full-rank matrices with the moments that standardise them.

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
