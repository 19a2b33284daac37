# The mixing measure: the parameters in the symmetric form on standardised covariates, and what
# standardised them. Users see reference coding on their own scale.

new_measure <- function(gate, expert, design) {
  structure(
    list(gate = gate, expert = expert,
         gate_center = design$z_center, gate_scale = design$z_scale,
         expert_center = design$x_center, expert_scale = design$x_scale),
    class = "moe_measure"
  )
}

# theta of the core: the gate (r x K), then the experts (p x M x K)
as_theta <- function(measure) c(measure$gate, measure$expert)

as_measure <- function(theta, experts, classes, design) {
  r <- ncol(design$z)
  p <- ncol(design$x)
  gate <- matrix(theta[seq_len(r * experts)], r)
  expert <- array(theta[-seq_len(r * experts)], c(p, classes, experts))
  new_measure(gate, expert, design)
}

permute_experts <- function(measure, order) {
  measure$gate <- measure$gate[, order, drop = FALSE]
  measure$expert <- measure$expert[, , order, drop = FALSE]
  measure
}

# Coefficients a (columns of a design in rows) of standardised covariates -> of the covariates.
unstandardise <- function(a, center, scale) {
  a <- a / scale
  a[1, ] <- a[1, ] - colSums(a[-1, , drop = FALSE] * center[-1])
  a
}

standardise <- function(a, center, scale) {
  a[1, ] <- a[1, ] + colSums(a[-1, , drop = FALSE] * center[-1])
  a * scale
}

# Reference coding: differences from the first column, which is left out.
subtract_first <- function(a) a[, -1, drop = FALSE] - a[, 1]

add_reference <- function(a) {
  a <- cbind(0, a)
  a - rowMeans(a)
}

# Coefficients as users read them. Rows of columns that were dropped are NA.
user_coefficients <- function(measure, columns, levels) {
  experts <- ncol(measure$gate)
  labels <- paste0("expert", seq_len(experts))
  gate <- matrix(NA_real_, length(columns$gate), experts - 1L,
                 dimnames = list(columns$gate, labels[-1]))
  gate[columns$kept_gate, ] <- subtract_first(
    unstandardise(measure$gate, measure$gate_center, measure$gate_scale)
  )
  expert <- array(NA_real_, c(length(columns$expert), length(levels) - 1L, experts),
                  dimnames = list(columns$expert, levels[-1], labels))
  for (k in seq_len(experts)) {
    a <- matrix(measure$expert[, , k], dim(measure$expert)[1])
    expert[columns$kept_expert, , k] <- subtract_first(
      unstandardise(a, measure$expert_center, measure$expert_scale)
    )
  }
  list(gate = gate, expert = expert)
}

# The other way: theta of a problem from coefficients whose rows have the names of its columns.
theta_from_coefficients <- function(coefficients, design, columns) {
  gate <- coefficients$gate[columns$gate[columns$kept_gate], , drop = FALSE]
  expert <- coefficients$expert[columns$expert[columns$kept_expert], , , drop = FALSE]
  gate[is.na(gate)] <- 0
  expert[is.na(expert)] <- 0
  expert <- vapply(seq_len(dim(expert)[3]), function(k) {
    a <- matrix(expert[, , k], dim(expert)[1])
    add_reference(standardise(a, design$x_center, design$x_scale))
  }, matrix(0, dim(expert)[1], dim(expert)[2] + 1L))
  c(add_reference(standardise(gate, design$z_center, design$z_scale)), expert)
}
