# The model in plain R, written from its definition and sharing no code with the package: what the
# tests hold the package against.
#
# Everywhere x (n x p) and z (n x r) have the intercept as their first column, y holds classes
# 1 .. M, v the case weights, and parameters are list(gate = r x K, expert = p x M x K). The model
# does not change when a vector is added to all columns of the gate or of one expert; where the
# penalty matters, they are taken to sum to 0.

# --- data from the model ---

# n rows in K clusters (along orthogonal directions, which the gate follows); p counts the
# intercept. The truth depends on the seed alone, not on n. Gives x, y, the true parameters, the
# latent expert of each row, and a data frame with its formula.
oracle_data <- function(n, p, M, K, seed, gate_scale = 2, expert_scale = 2.5, apart = 1.5) {
  set.seed(seed)
  slopes <- p - 1L
  along <- qr.Q(qr(matrix(rnorm(slopes^2), slopes)))[, rep_len(seq_len(slopes), K), drop = FALSE]
  along <- along * rep(rep_len(rep(c(1, -1), each = slopes), K), each = slopes)
  expert <- array(0, c(p, M, K))
  for (k in seq_len(K)) for (m in seq_len(M)) {
    b <- rnorm(slopes)
    expert[, m, k] <- c(rnorm(1, 0, 0.7), expert_scale * b / sqrt(sum(b^2)))
  }
  truth <- oracle_centre(list(gate = rbind(0, gate_scale * along), expert = expert))

  cluster <- sample.int(K, n, TRUE)
  x <- cbind(1, matrix(rnorm(n * slopes), n) + apart * t(along)[cluster, ])
  colnames(x) <- c("(Intercept)", paste0("x", seq_len(slopes)))
  latent <- oracle_draw(oracle_softmax(x %*% truth$gate))
  y <- integer(n)
  for (k in unique(latent)) {
    rows <- latent == k
    y[rows] <- oracle_draw(oracle_softmax(x[rows, , drop = FALSE] %*% truth$expert[, , k]))
  }
  frame <- data.frame(y = factor(paste0("c", y), paste0("c", seq_len(M))), x[, -1, drop = FALSE])
  list(x = x, y = y, truth = truth, latent = latent, frame = frame, p = p, M = M, K = K,
       formula = reformulate(colnames(x)[-1], "y"))
}

# One draw per row of a matrix of probabilities, by the largest of log p plus Gumbel noise.
oracle_draw <- function(prob) {
  noise <- -log(-log(matrix(runif(length(prob)), nrow(prob))))
  max.col(log(prob) + noise, "first")
}

# Responsibilities for a start: `own` on the row's cluster, the rest shared.
oracle_start <- function(d, K = d$K, seed = 1, own = 0.9) {
  set.seed(seed)
  cluster <- if (K > 1) kmeans(d$x[, -1, drop = FALSE], K, iter.max = 50, nstart = 2)$cluster else 1
  tau <- matrix((1 - own) / max(1, K - 1), nrow(d$x), K)
  tau[cbind(seq_len(nrow(d$x)), cluster)] <- if (K > 1) own else 1
  tau
}

# --- parameters ---

# Columns of the gate and of each expert made to sum to 0.
oracle_centre <- function(par) {
  par$gate <- par$gate - rowMeans(par$gate)
  for (k in seq_len(dim(par$expert)[3])) {
    slice <- matrix(par$expert[, , k], dim(par$expert)[1])
    par$expert[, , k] <- slice - rowMeans(slice)
  }
  par
}

# From a fit's coefficients: the reference is put back, dropped covariates (NA) count as 0.
oracle_parameters <- function(coefficients) {
  size <- dim(coefficients$expert)
  expert <- array(0, size + c(0, 1, 0))
  expert[, -1, ] <- coefficients$expert
  par <- list(gate = unname(cbind(0, coefficients$gate)), expert = expert)
  par$gate[is.na(par$gate)] <- 0
  par$expert[is.na(par$expert)] <- 0
  oracle_centre(par)
}

oracle_random <- function(r, p, M, K, sd = 1) {
  oracle_centre(list(gate = matrix(rnorm(r * K, sd = sd), r),
                     expert = array(rnorm(p * M * K, sd = sd), c(p, M, K))))
}

# The same model for covariates that have been standardised.
oracle_standardise <- function(par, x, z = x, v = rep(1, nrow(x))) {
  moments_x <- oracle_moments(x, v)
  moments_z <- oracle_moments(z, v)
  scaled <- function(a, m) {
    a[1, ] <- a[1, ] + colSums(a * m$center) # the intercept's own centre is 0
    a * m$scale
  }
  par$gate <- scaled(par$gate, moments_z)
  for (k in seq_len(dim(par$expert)[3])) {
    slice <- matrix(par$expert[, , k], ncol(x))
    par$expert[, , k] <- scaled(slice, moments_x)
  }
  par
}

# Weighted mean and standard deviation (divisor: the sum of the weights); the intercept is left as
# it is.
oracle_moments <- function(x, v = rep(1, nrow(x))) {
  center <- colSums(v * x) / sum(v)
  scale <- sqrt(colSums(v * sweep(x, 2, center)^2) / sum(v))
  center[1] <- 0
  scale[1] <- 1
  list(center = center, scale = scale)
}

oracle_scale <- function(x, v = rep(1, nrow(x))) {
  m <- oracle_moments(x, v)
  sweep(sweep(x, 2, m$center), 2, m$scale, "/")
}

# --- the log-likelihood, from its definition ---

oracle_log_softmax_one <- function(a) {
  top <- max(a)
  a - top - log(sum(exp(a - top)))
}

# Row by row, term by term.
oracle_loglik_scalar <- function(par, x, z, y, v = rep(1, length(y))) {
  K <- ncol(par$gate)
  M <- dim(par$expert)[2]
  total <- 0
  for (i in seq_along(y)) {
    gate <- numeric(K)
    for (k in 1:K) for (j in seq_len(ncol(z))) gate[k] <- gate[k] + z[i, j] * par$gate[j, k]
    joint <- oracle_log_softmax_one(gate)
    for (k in 1:K) {
      eta <- numeric(M)
      for (m in 1:M) for (j in seq_len(ncol(x))) eta[m] <- eta[m] + x[i, j] * par$expert[j, m, k]
      joint[k] <- joint[k] + oracle_log_softmax_one(eta)[y[i]]
    }
    total <- total + v[i] * (max(joint) + log(sum(exp(joint - max(joint)))))
  }
  total
}

# --- the same in matrices, with gradient and responsibilities ---

oracle_log_softmax <- function(a) {
  a <- a - apply(a, 1, max)
  a - log(rowSums(exp(a)))
}

oracle_softmax <- function(a) exp(oracle_log_softmax(a))

# loglik, its gradient (the shape of par) and the responsibilities tau (n x K) at par.
oracle_evaluate <- function(par, x, z, y, v = rep(1, length(y))) {
  K <- ncol(par$gate)
  M <- dim(par$expert)[2]
  indicator <- diag(M)[y, , drop = FALSE]
  log_gate <- oracle_log_softmax(z %*% par$gate)
  log_class <- lapply(seq_len(K), function(k) {
    oracle_log_softmax(x %*% matrix(par$expert[, , k], ncol(x)))
  })
  joint <- log_gate
  for (k in seq_len(K)) joint[, k] <- joint[, k] + log_class[[k]][cbind(seq_along(y), y)]
  top <- apply(joint, 1, max)
  rows <- top + log(rowSums(exp(joint - top)))
  tau <- exp(joint - rows)
  expert <- array(0, dim(par$expert))
  for (k in seq_len(K)) {
    expert[, , k] <- crossprod(x, v * tau[, k] * (indicator - exp(log_class[[k]])))
  }
  list(loglik = sum(v * rows), tau = tau,
       gradient = list(gate = crossprod(z, v * (tau - exp(log_gate))), expert = expert))
}

oracle_loglik <- function(par, x, z, y, v = rep(1, length(y))) {
  oracle_evaluate(par, x, z, y, v)$loglik
}

# Class probabilities, n x M.
oracle_probabilities <- function(par, x, z) {
  gate <- oracle_softmax(z %*% par$gate)
  Reduce(`+`, lapply(seq_len(ncol(gate)), function(k) {
    gate[, k] * oracle_softmax(x %*% matrix(par$expert[, , k], ncol(x)))
  }))
}

# --- the ridge and the MM step; x and z are standardised here ---

# The share of the ridge on intercepts unless a test asks for another.
oracle_share <- function(par) if (ncol(par$gate) > 1) 0.1 else 0

oracle_penalty <- function(par, lambda, share = oracle_share(par)) {
  intercepts <- sum(par$gate[1, ]^2) + sum(par$expert[1, , ]^2)
  lambda / 2 * (sum(par$gate[-1, ]^2) + sum(par$expert[-1, , ]^2) + share * intercepts)
}

# One step of the minorizer with curvature 1/2 Z'VZ + D for the gate and 1/2 X'V T_k X + D for
# expert k.
oracle_mm_step <- function(par, x, z, y, v = rep(1, length(y)), lambda = 0) {
  at <- oracle_evaluate(par, x, z, y, v)
  share <- oracle_share(par)
  ridge_z <- lambda * diag(c(share, rep(1, ncol(z) - 1)), ncol(z))
  ridge_x <- lambda * diag(c(share, rep(1, ncol(x) - 1)), ncol(x))
  step <- par
  step$gate <- par$gate + solve(crossprod(z, v * z) / 2 + ridge_z,
                                at$gradient$gate - ridge_z %*% par$gate)
  for (k in seq_len(ncol(par$gate))) {
    now <- matrix(par$expert[, , k], ncol(x))
    score <- matrix(at$gradient$expert[, , k], ncol(x)) - ridge_x %*% now
    step$expert[, , k] <- now + solve(crossprod(x, v * at$tau[, k] * x) / 2 + ridge_x, score)
  }
  step
}

# --- groups: rows that share one expert ---

# The log-likelihood with groups, row by row from its definition; z has a row per group and v a
# weight per group, `group` the number of each row's, `times` how often a row counts.
oracle_group_loglik <- function(par, x, z, y, group, v = rep(1, nrow(z)), times = rep(1, length(y))) {
  at <- oracle_group_logs(par, x, z, y, group, times)
  sum(v * apply(at, 1, function(a) max(a) + log(sum(exp(a - max(a))))))
}

# log pi_k(z_g) + sum_i w_i log p_k(y_i), groups x K.
oracle_group_logs <- function(par, x, z, y, group, times = rep(1, length(y))) {
  joint <- matrix(0, nrow(z), ncol(par$gate))
  for (g in seq_len(nrow(z))) {
    joint[g, ] <- oracle_log_softmax_one(drop(z[g, ] %*% par$gate))
    for (i in which(group == g)) for (k in seq_len(ncol(joint))) {
      p <- oracle_log_softmax_one(drop(x[i, ] %*% par$expert[, , k]))
      joint[g, k] <- joint[g, k] + times[i] * p[y[i]]
    }
  }
  joint
}

oracle_group_posterior <- function(par, x, z, y, group, times = rep(1, length(y))) {
  oracle_softmax(oracle_group_logs(par, x, z, y, group, times))
}

# One step of the minorizer: responsibilities are of groups, in all their rows for the experts and
# once for the gate.
oracle_group_mm_step <- function(par, x, z, y, group, v = rep(1, nrow(z)), lambda = 0) {
  tau <- oracle_group_posterior(par, x, z, y, group)
  indicator <- diag(dim(par$expert)[2])[y, , drop = FALSE]
  ridge_z <- lambda * diag(c(0, rep(1, ncol(z) - 1)), ncol(z))
  ridge_x <- lambda * diag(c(0, rep(1, ncol(x) - 1)), ncol(x))
  step <- par
  score <- crossprod(z, v * (tau - oracle_softmax(z %*% par$gate)))
  step$gate <- par$gate + solve(crossprod(z, v * z) / 2 + ridge_z, score - ridge_z %*% par$gate)
  for (k in seq_len(ncol(tau))) {
    now <- matrix(par$expert[, , k], ncol(x))
    of_rows <- (v * tau[, k])[group]
    score <- crossprod(x, of_rows * (indicator - oracle_softmax(x %*% now)))
    step$expert[, , k] <- now + solve(crossprod(x, of_rows * x) / 2 + ridge_x,
                                      score - ridge_x %*% now)
  }
  step
}

# Groups of random sizes from the model, their rows shuffled: x, y, group of the rows, z of the
# groups, a data frame, and the true parameters.
oracle_groups <- function(groups, most, p, r, M, K, seed, scale = 2) {
  set.seed(seed)
  truth <- oracle_random(r, p, M, K, scale)
  z <- cbind(1, matrix(rnorm(groups * (r - 1)), groups))
  latent <- oracle_draw(oracle_softmax(z %*% truth$gate))
  group <- rep(seq_len(groups), sample.int(most, groups, TRUE))
  group <- group[sample.int(length(group))]
  group <- match(group, unique(group))
  n <- length(group)
  x <- cbind(1, matrix(rnorm(n * (p - 1)), n))
  y <- integer(n)
  for (k in unique(latent)) {
    rows <- latent[group] == k
    y[rows] <- oracle_draw(oracle_softmax(x[rows, , drop = FALSE] %*% truth$expert[, , k]))
  }
  colnames(x) <- c("(Intercept)", paste0("x", seq_len(p - 1)))
  colnames(z) <- c("(Intercept)", paste0("z", seq_len(r - 1), recycle0 = TRUE))
  frame <- data.frame(y = factor(paste0("c", y), paste0("c", seq_len(M))), x[, -1, drop = FALSE],
                      z[group, -1, drop = FALSE], id = paste0("g", group))
  formula <- stats::as.formula(paste("y ~", paste(colnames(x)[-1], collapse = " + "), "|",
                                     paste(c("1", colnames(z)[-1]), collapse = " + ")))
  list(x = x, z = z, y = y, group = group, frame = frame, formula = formula, truth = truth,
       latent = latent, n = n, M = M, K = K)
}

# --- fits and comparisons ---

# Log-likelihood less penalty of a fit's coefficients, on the given data.
oracle_objective <- function(fit, x, z = x, y, v = rep(1, length(y)), lambda = fit$lambda) {
  par <- oracle_parameters(coef(fit, "list"))
  oracle_loglik(par, x, z, y, v) - oracle_penalty(oracle_standardise(par, x, z, v), lambda)
}

# The largest difference, relative where values are beyond 1.
expect_within <- function(object, expected, tolerance) {
  object <- as.vector(object)
  expected <- as.vector(expected)
  expect_length(object, length(expected))
  expect_lte(max(abs(object - expected)) / max(1, abs(expected)), tolerance)
}
