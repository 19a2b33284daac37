# Errors of what depends on all coefficients at once, by the delta method. They do not depend on how
# experts are labelled, so they stay meaningful where coefficients do not.

# --- derivatives by linear predictors ---

# Of which linear predictor each kept coefficient is (`of`), and which of these are the gate's.
predictor_layout <- function(fit) {
  predictors <- c(fit$experts - 1L, fit$experts * (length(fit$levels) - 1L))
  sizes <- rep(c(nrow(fit$measure$gate), nrow(fit$measure$expert)), predictors)
  list(of = rep(seq_along(sizes), sizes), gate = rep(c(TRUE, FALSE), predictors))
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

# Class probabilities and their derivatives by all linear predictors, n x M x predictors, from the
# probabilities of the gate and of the experts.
prob_slopes <- function(gate, expert) {
  size <- dim(expert)
  experts <- seq_len(size[3])
  expert <- lapply(experts, function(k) matrix(expert[, , k], size[1], size[2]))
  prob <- Reduce(`+`, lapply(experts, function(k) gate[, k] * expert[[k]]))
  by_gate <- lapply(experts[-1], function(k) gate[, k] * (expert[[k]] - prob))
  by_expert <- lapply(experts, function(k) gate[, k] * softmax_slopes(expert[[k]]))
  slopes <- array(unlist(c(by_gate, by_expert)),
                  c(size[1:2], size[3] - 1L + size[3] * (size[2] - 1L)))
  list(prob = prob, slopes = slopes)
}

# --- errors of predictions ---

# Predictions of one kind, and their standard errors, of a block as predict_designs() takes it.
predict_with_errors <- function(fit, data, type, covariance, before) {
  problem <- predicted_problem(fit, data)
  kind <- if (type == "link") "prob" else type
  out <- predict_designs(fit, data, kind, before, problem)[[kind]]
  if (type == "link") out <- log_odds(out)
  variances <- core_variances(problem, as_theta(fit$measure), type, covariance)
  errors <- replace(sqrt(variances), is.na(out), NA)
  list(fit = out, se.fit = array(errors, dim(out), dimnames(out)))
}

symmetric_limits <- function(estimate, error, level) {
  reach <- stats::qnorm((1 + level) / 2) * error
  list(lower = estimate - reach, upper = estimate + reach)
}

# Limits on the logit scale, which keeps them between 0 and 1.
logit_limits <- function(prob, error, level) {
  reach <- stats::qnorm((1 + level) / 2) * error / (prob * (1 - prob))
  reach[prob * (1 - prob) == 0] <- 0
  limit <- function(reach) replace(prob, TRUE, stats::plogis(stats::qlogis(prob) + reach))
  list(lower = limit(-reach), upper = limit(reach))
}
