# Designs: the matrices of the experts (x) and of the gate (z) beside the moments that standardise
# them, list(x, x_center, x_scale, z, z_center, z_scale), as the core takes them.

# Of the kept columns of x and z; `moments` has centres and scales of these. Where both sides are
# equal they share their objects, so that one is checked, and read by the core, for both.
new_design <- function(x, z, columns, moments) {
  side <- function(a, kept, center, scale) {
    if (!all(kept)) a <- a[, kept, drop = FALSE]
    list(if (is_sparse(a)) compress_rows(a, center, scale) else a, center, scale)
  }
  of_x <- side(x, columns$kept_expert, moments$x_center, moments$x_scale)
  shared <- identical(x, z) && identical(columns$kept_expert, columns$kept_gate) &&
    identical(moments$x_center, moments$z_center) && identical(moments$x_scale, moments$z_scale)
  of_z <- if (shared) of_x else side(z, columns$kept_gate, moments$z_center, moments$z_scale)
  setNames(c(of_x, of_z), c("x", "x_center", "x_scale", "z", "z_center", "z_scale"))
}

# The design of some rows, and of the units that they are of.
subset_design <- function(design, rows, units = rows) {
  shared <- identical(design$x, design$z) && identical(rows, units)
  design$x <- take_rows(design$x, rows)
  design$z <- if (shared) design$x else take_rows(design$z, units)
  design
}

# Rows without weight moved to where they are 0 when standardised: what is infinite there times 0
# would be no number.
mute_rows <- function(design, rows, units = rows) {
  muted <- function(x, center, rows) {
    if (is_compressed(x)) {
      x$value[entry_rows(x) %in% rows] <- 0
    } else {
      x[rows, ] <- rep(center, each = length(rows))
      x[rows, 1L] <- 1
    }
    x
  }
  shared <- identical(design$x, design$z) && identical(rows, units)
  design$x <- muted(design$x, design$x_center, rows)
  design$z <- if (shared) design$x else muted(design$z, design$z_center, units)
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
  if (is_distant(x)) return(x$slices$moments[[x$side]])
  usable_moments(core_moments(x, weights))
}

usable_moments <- function(moments) {
  moments$center[1] <- 0
  moments$scale[1] <- 1
  moments$varies <- moments$scale > pmax(1e-13 * abs(moments$center), smallest_deviation)
  moments$scale[!moments$varies] <- 1
  moments
}
