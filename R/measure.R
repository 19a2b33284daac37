# The mixing measure: the parameters in the symmetric form on standardised covariates, and what
# standardised them. Users see reference coding on their own scale.

#' A mixing measure
#'
#' A mixture of experts as a discrete measure on parameters, for trees and losses of a known truth.
#'
#' @param gate Matrix (gate covariates, intercept first, x K): a column of coefficients per expert.
#' @param expert Array (expert covariates, intercept first, x M x K): coefficients of each class in
#'   each expert.
#' @param center,scale What standardises the covariates: for both parts one vector, when they have
#'   the same covariates, or a list with elements `gate` and `expert`; a value per covariate, the
#'   intercept left out. By default 0 and 1: coefficients then belong to covariates as they are.
#' @details Coefficients are those of the covariates on their own scale, in any coding: adding the
#'   same vector to all columns of the gate, or to all classes of one expert, changes nothing. They
#'   are kept as coefficients of \eqn{(x - center) / scale} that sum to zero.
#' @return An object of class `moe_measure`.
#' @seealso [moe_dendrogram()]
#' @examples
#' gate <- cbind(c(0, 0), c(0.5, 2))
#' expert <- array(c(0, 0, 1, 2, 0, 0, -1, -2), c(2, 2, 2))
#' moe_measure(gate, expert)
#' @export
moe_measure <- function(gate, expert, center = 0, scale = 1) {
  check_measure(gate, expert)
  of <- function(a, part, rows, neutral) {
    if (is.list(a)) a <- a[[part]]
    if (!is_finite(a) || !length(a) %in% c(1L, rows - 1L)) {
      refuse("`center` and `scale` must hold one finite number per covariate (", rows - 1L,
             " of the ", part, "), not ", given(a), ".")
    }
    c(neutral, rep_len(as.double(a), rows - 1L))
  }
  r <- nrow(gate)
  p <- dim(expert)[1]
  design <- list(z_center = of(center, "gate", r, 0), z_scale = of(scale, "gate", r, 1),
                 x_center = of(center, "expert", p, 0), x_scale = of(scale, "expert", p, 1))
  if (any(design$z_scale <= 0) || any(design$x_scale <= 0)) refuse("`scale` must be positive.")
  gate <- standardise(gate, design$z_center, design$z_scale)
  for (k in seq_len(ncol(gate))) {
    a <- standardise(matrix(expert[, , k], p), design$x_center, design$x_scale)
    expert[, , k] <- a - rowMeans(a)
  }
  if (!is_finite(gate) || !is_finite(expert)) {
    refuse("Coefficients of standardised covariates must be finite: `scale` or `center` is too ",
           "large for them.")
  }
  new_measure(unname(gate - rowMeans(gate)), unname(expert), design)
}

is_finite <- function(x) is.numeric(x) && all(is.finite(x))

check_measure <- function(gate, expert) {
  if (!is.matrix(gate) || length(gate) == 0L || !is_finite(gate)) {
    refuse("`gate` must be a finite numeric matrix (covariates x experts), not ", given(gate), ".")
  }
  if (length(dim(expert)) != 3L || any(dim(expert)[1:2] < 1:2) || !is_finite(expert)) {
    refuse("`expert` must be a finite numeric array (covariates x classes x experts) with the ",
           "intercept and at least two classes, not ", given(expert), ".")
  }
  if (dim(expert)[3] != ncol(gate)) {
    refuse("`gate` and `expert` must have the same number of experts, but have ", ncol(gate),
           " and ", dim(expert)[3], ".")
  }
}

new_measure <- function(gate, expert, design) {
  structure(
    list(gate = gate, expert = expert,
         gate_center = design$z_center, gate_scale = design$z_scale,
         expert_center = design$x_center, expert_scale = design$x_scale),
    class = "moe_measure"
  )
}

# What standardises the covariates, as a design has it.
measure_moments <- function(measure) {
  list(x_center = measure$expert_center, x_scale = measure$expert_scale,
       z_center = measure$gate_center, z_scale = measure$gate_scale)
}

# theta of the core: the gate (r x K), then the experts (p x M x K)
as_theta <- function(measure) c(measure$gate, measure$expert)

permute_experts <- function(measure, order) {
  measure$gate <- measure$gate[, order, drop = FALSE]
  measure$expert <- measure$expert[, , order, drop = FALSE]
  measure
}

# Atoms in columns: gate slopes, then the coefficients of the expert.
measure_atoms <- function(measure) {
  experts <- ncol(measure$gate)
  rbind(measure$gate[-1, , drop = FALSE], matrix(measure$expert, ncol = experts))
}

measure_weights <- function(measure) {
  weight <- exp(measure$gate[1, ] - max(measure$gate[1, ]))
  weight / sum(weight)
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
