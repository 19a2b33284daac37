# Designs: the matrices of the experts (x) and of the gate (z) beside the moments that standardise
# them, list(x, x_center, x_scale, z, z_center, z_scale), as the core takes them.

# Of the kept columns of x and z; `moments` has centres and scales of these. Where both sides are the
# same, they are one object, and the core reads its rows once.
new_design <- function(x, z, columns, moments) {
  stored <- function(a, kept, center, scale) {
    if (!all(kept)) a <- a[, kept, drop = FALSE]
    if (is_sparse(a)) compress_rows(a, center, scale) else a
  }
  shared <- identical(x, z) && identical(columns$kept_expert, columns$kept_gate) &&
    identical(moments$x_center, moments$z_center) && identical(moments$x_scale, moments$z_scale)
  design <- unclass(moments)[c("x_center", "x_scale", "z_center", "z_scale")]
  design$x <- stored(x, columns$kept_expert, moments$x_center, moments$x_scale)
  design$z <- if (shared) design$x else
    stored(z, columns$kept_gate, moments$z_center, moments$z_scale)
  design
}

# The design of some rows.
subset_design <- function(design, rows) {
  shared <- identical(design$x, design$z)
  design$x <- take_rows(design$x, rows)
  design$z <- if (shared) design$x else take_rows(design$z, rows)
  design
}

# Columns of one side, "x" or "z", standardised and filled in; all by default.
standardised <- function(design, side, columns = seq_len(ncol(design[[side]]))) {
  x <- design[[side]]
  if (is_compressed(x)) return(expand_rows(x, columns))
  center <- design[[paste0(side, "_center")]][columns]
  scale <- design[[paste0(side, "_scale")]][columns]
  x <- x[, columns, drop = FALSE]
  (x - rep(center, each = nrow(x))) / rep(scale, each = nrow(x))
}

# Below, coefficients could overflow, and one over the deviation does not far from here.
smallest_deviation <- 1e-304

# Centre and scale of each column, and whether it varies; those of the intercept, and the scale of a
# constant column, leave it as it is.
column_moments <- function(x, weights) {
  moments <- core_moments(x, weights)
  moments$center[1] <- 0
  moments$scale[1] <- 1
  moments$varies <- moments$scale > pmax(1e-13 * abs(moments$center), smallest_deviation)
  moments$scale[!moments$varies] <- 1
  moments
}
