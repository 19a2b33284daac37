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

# Weighted sums over the rows: `prob`, of class probabilities (M), and `gradient`, of their
# derivatives by the kept coefficients on standardised covariates (d x M).
average_prob <- function(fit, problem, weights) {
  layout <- predictor_layout(fit)
  prob <- numeric(length(fit$levels))
  gradient <- matrix(0, length(layout$of), length(prob))
  for (rows in row_chunks(fit, nrow(problem$design$x))) {
    chunk <- problem_subset(problem, rows)
    at <- core_predict(chunk, as_theta(fit$measure), c("gate", "expert"))
    slopes <- prob_slopes(at$gate, at$expert)
    scaled <- scaled_designs(chunk$design)
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

# Predictions of one kind, and their standard errors.
predict_with_errors <- function(fit, data, type, covariance) {
  data <- with_designs(fit, data)
  problem <- warn_of_breaking(predicted_problem(fit, data), fit)
  kind <- if (type == "link") "prob" else type
  at <- predict_designs(fit, data, union(kind, c("gate", "expert")), problem = problem)
  out <- label_predictions(fit, at)[[kind]]
  if (type == "link") out <- log_odds(out)
  errors <- lapply(row_chunks(fit, nrow(out)), function(rows) {
    gate <- at$gate[rows, , drop = FALSE]
    expert <- at$expert[rows, , , drop = FALSE]
    scaled <- scaled_designs(subset_design(problem$design, rows))
    sqrt(delta_variance(fit, scaled, type, gate, expert, covariance))
  })
  list(fit = out, se.fit = array(do.call(rbind, errors), dim(out), dimnames(out)))
}

# n x outputs. Each output depends on some of the linear predictors.
delta_variance <- function(fit, scaled, type, gate, expert, covariance) {
  forms <- function(slopes, predictors) {
    quadratic_forms(fit, scaled, slopes, predictors, covariance)
  }
  if (type %in% c("prob", "link")) {
    at <- prob_slopes(gate, expert)
    slopes <- if (type == "prob") at$slopes else log_odds_slopes(at)
    return(forms(slopes, seq_len(dim(slopes)[3])))
  }
  gates <- fit$experts - 1L
  if (type == "gate") return(forms(softmax_slopes(gate), seq_len(gates)))
  free <- length(fit$levels) - 1L
  by_expert <- lapply(seq_len(fit$experts), function(k) {
    slopes <- softmax_slopes(matrix(expert[, , k], nrow(gate), free + 1L))
    forms(slopes, gates + (k - 1L) * free + seq_len(free))
  })
  do.call(cbind, by_expert)
}

# d log(p_m / p_1) / d eta for m = 2, ...
log_odds_slopes <- function(at) {
  relative <- at$slopes / as.vector(at$prob)
  relative[, -1, , drop = FALSE] - relative[, rep(1L, dim(relative)[2] - 1L), , drop = FALSE]
}

# sum_ab slope_a slope_b x_a' Cov_ab x_b per row and output over the given linear predictors.
quadratic_forms <- function(fit, scaled, slopes, predictors, covariance) {
  layout <- predictor_layout(fit)
  n <- nrow(scaled$x)
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
