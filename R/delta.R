# Errors of what depends on all coefficients at once, by the delta method. They do not depend on how
# experts are labelled, so they stay meaningful where coefficients do not.

# --- derivatives by linear predictors ---

# Of which linear predictor each kept coefficient is (`of`), and which of these are the gate's.
predictor_layout <- function(fit) {
  predictors <- c(fit$experts - 1L, fit$experts * (length(fit$levels) - 1L))
  sizes <- rep(c(nrow(fit$measure$gate), nrow(fit$measure$expert)), predictors)
  list(of = rep(seq_along(sizes), sizes), gate = rep(c(TRUE, FALSE), predictors))
}

# So many rows that their derivatives, or covariates, are a million numbers; one chunk of none where
# n is 0.
row_chunks <- function(fit, n) {
  if (n == 0L) return(list(integer()))
  per_row <- max(length(fit$levels) * length(predictor_layout(fit)$gate),
                 nrow(fit$measure$gate), nrow(fit$measure$expert))
  split(seq_len(n), (seq_len(n) - 1L) %/% max(1, 1e6 %/% per_row))
}

scaled_designs <- function(design) {
  list(x = standardised(design, "x"), z = standardised(design, "z"))
}

# d p_m / d eta_q = p_m (1{m = q} - p_q) for q = 2, ...: n x M x (M - 1)
softmax_slopes <- function(p) {
  out <- array(0, c(dim(p), ncol(p) - 1L))
  for (q in seq_len(ncol(p))[-1]) {
    out[, , q - 1L] <- -p * p[, q]
    out[, q, q - 1L] <- out[, q, q - 1L] + p[, q]
  }
  out
}

gate_and_experts <- function(fit, design) {
  of <- function(what) predict_core(fit$measure, design, NULL, what, fit$control)
  list(gate = of("gate"), expert = of("expert"))
}

# Class probabilities and their derivatives by all linear predictors, n x M x predictors.
prob_slopes <- function(fit, design) {
  parts <- gate_and_experts(fit, design)
  n <- nrow(design$x)
  classes <- length(fit$levels)
  experts <- seq_len(fit$experts)
  expert <- lapply(experts, function(k) matrix(parts$expert[, , k], n, classes))
  prob <- Reduce(`+`, lapply(experts, function(k) parts$gate[, k] * expert[[k]]))
  by_gate <- lapply(experts[-1], function(k) parts$gate[, k] * (expert[[k]] - prob))
  by_expert <- lapply(experts, function(k) parts$gate[, k] * softmax_slopes(expert[[k]]))
  slopes <- array(unlist(c(by_gate, by_expert)),
                  c(n, classes, length(predictor_layout(fit)$gate)))
  list(prob = prob, slopes = slopes)
}

# Weighted sums over the rows: `prob`, of class probabilities (M), and `gradient`, of their
# derivatives by the kept coefficients on standardised covariates (d x M).
average_prob <- function(fit, design, weights) {
  layout <- predictor_layout(fit)
  prob <- numeric(length(fit$levels))
  gradient <- matrix(0, length(layout$of), length(prob))
  for (rows in row_chunks(fit, nrow(design$x))) {
    part <- subset_design(design, rows)
    slopes <- prob_slopes(fit, part)
    scaled <- scaled_designs(part)
    prob <- prob + colSums(weights[rows] * slopes$prob)
    for (a in seq_along(layout$gate)) {
      at <- layout$of == a
      x <- if (layout$gate[a]) scaled$z else scaled$x
      slope <- matrix(slopes$slopes[, , a], length(rows), length(prob))
      gradient[at, ] <- gradient[at, ] + crossprod(x, weights[rows] * slope)
    }
  }
  list(prob = prob, gradient = gradient)
}

# --- errors of predictions ---

# Standard errors of what predict_rows() gives, in its shape.
prediction_errors <- function(fit, data, type, covariance) {
  design <- fitted_design(fit, with_designs(fit, data))
  errors <- lapply(row_chunks(fit, nrow(design$x)), function(rows) {
    part <- subset_design(design, rows)
    sqrt(delta_variance(fit, part, type, covariance))
  })
  do.call(rbind, errors)
}

# n x outputs. Each output depends on some of the linear predictors.
delta_variance <- function(fit, design, type, covariance) {
  gate <- fit$experts - 1L
  classes <- length(fit$levels)
  if (type == "prob") {
    slopes <- prob_slopes(fit, design)$slopes
    return(quadratic_forms(fit, design, slopes, seq_len(dim(slopes)[3]), covariance))
  }
  parts <- gate_and_experts(fit, design)
  if (type == "gate") {
    return(quadratic_forms(fit, design, softmax_slopes(parts$gate), seq_len(gate), covariance))
  }
  by_expert <- lapply(seq_len(fit$experts), function(k) {
    slopes <- softmax_slopes(matrix(parts$expert[, , k], nrow(design$x), classes))
    own <- gate + (k - 1L) * (classes - 1L) + seq_len(classes - 1L)
    quadratic_forms(fit, design, slopes, own, covariance)
  })
  do.call(cbind, by_expert)
}

# sum_ab slope_a slope_b x_a' Cov_ab x_b per row and output over the given linear predictors.
quadratic_forms <- function(fit, design, slopes, predictors, covariance) {
  layout <- predictor_layout(fit)
  scaled <- scaled_designs(design)
  n <- nrow(design$x)
  out <- matrix(0, n, dim(slopes)[2])
  for (a in seq_along(predictors)) for (b in seq_len(a)) {
    at <- predictors[c(a, b)]
    x <- lapply(layout$gate[at], function(gate) if (gate) scaled$z else scaled$x)
    block <- covariance[layout$of == at[1], layout$of == at[2], drop = FALSE]
    form <- rowSums((x[[1]] %*% block) * x[[2]])
    product <- matrix(slopes[, , a] * slopes[, , b], n, ncol(out))
    out <- out + (if (a == b) 1 else 2) * form * product
  }
  pmax(out, 0)
}

# Limits on the logit scale, which keeps them between 0 and 1.
logit_limits <- function(prob, error, level) {
  reach <- stats::qnorm((1 + level) / 2) * error / (prob * (1 - prob))
  reach[prob * (1 - prob) == 0] <- 0
  limit <- function(reach) replace(prob, TRUE, stats::plogis(stats::qlogis(prob) + reach))
  list(lower = limit(-reach), upper = limit(reach))
}
