# Other ways to fit the same model: the log-likelihood in vectorised R with optim(), EM with nnet's
# M-steps, and flexmix.
#
# Free coefficients b are p x q: the gate's columns 2..K, then columns 2..M of each expert. Both
# designs are x (n x p), standardised where a ridge is to be compared.

# --- vectorised R ---

# What the evaluation needs of the data, made once.
plain_problem <- function(x, y, M, K, lambda = 0) {
  y <- as.integer(y)
  list(x = x, y = y, n = nrow(x), p = ncol(x), M = M, K = K, lambda = lambda,
       indicator = diag(M)[y, -1, drop = FALSE])
}

# log(1 + sum of exp) over the columns of eta, row by row.
log_total <- function(eta) {
  top <- pmax.int(eta[, 1], 0)
  for (j in seq_len(ncol(eta))[-1]) top <- pmax.int(top, eta[, j])
  top + log(exp(-top) + rowSums(exp(eta - top)))
}

expert_columns <- function(a, k) a$K - 1L + (k - 1L) * (a$M - 1L) + seq_len(a$M - 1L)

# The objective, its gradient (p x q) and the responsibilities (n x K) at b. Two matrix products,
# the fewest there can be.
plain_evaluate <- function(a, b) {
  b <- matrix(b, a$p)
  eta <- a$x %*% b
  gate <- eta[, seq_len(a$K - 1L), drop = FALSE]
  log_gate <- cbind(0, gate) - log_total(gate)
  joint <- log_gate
  prob <- vector("list", a$K)
  for (k in seq_len(a$K)) {
    expert <- eta[, expert_columns(a, k), drop = FALSE]
    total <- log_total(expert)
    prob[[k]] <- exp(expert - total)
    joint[, k] <- joint[, k] + rowSums(expert * a$indicator) - total
  }
  rows <- joint[, 1] + log_total(joint[, -1, drop = FALSE] - joint[, 1])
  tau <- exp(joint - rows)
  residual <- c(list(tau[, -1, drop = FALSE] - exp(log_gate[, -1, drop = FALSE])),
                lapply(seq_len(a$K), function(k) tau[, k] * (a$indicator - prob[[k]])))
  gradient <- crossprod(a$x, do.call(cbind, residual))
  penalty <- plain_penalty(a, b)
  list(objective = sum(rows) - penalty$value, gradient = gradient - penalty$gradient, tau = tau)
}

# lambda / 2 times the sum of squares of the coefficients in sum-to-zero form, intercepts left out.
plain_penalty <- function(a, b) {
  if (a$lambda == 0) return(list(value = 0, gradient = 0))
  value <- 0
  gradient <- matrix(0, a$p, ncol(b))
  for (columns in c(list(seq_len(a$K - 1L)), lapply(seq_len(a$K), expert_columns, a = a))) {
    centred <- cbind(0, b[-1, columns, drop = FALSE])
    centred <- centred - rowMeans(centred)
    value <- value + a$lambda / 2 * sum(centred^2)
    gradient[-1, columns] <- a$lambda * centred[, -1]
  }
  list(value = value, gradient = gradient)
}

# b of the core's parameters (gate p x K, then expert p x M x K, columns that sum to 0).
free_coefficients <- function(theta, p, M, K) {
  gate <- matrix(theta[seq_len(p * K)], p)
  expert <- array(theta[-seq_len(p * K)], c(p, M, K))
  cbind(gate[, -1] - gate[, 1],
        do.call(cbind, lapply(seq_len(K), function(k) expert[, -1, k] - expert[, 1, k])))
}

# The other way round.
symmetric_theta <- function(b, p, M, K) {
  b <- matrix(b, p)
  complete <- function(columns) {
    a <- cbind(0, b[, columns, drop = FALSE])
    a - rowMeans(a)
  }
  a <- list(M = M, K = K)
  c(complete(seq_len(K - 1L)), vapply(seq_len(K), function(k) complete(expert_columns(a, k)),
                                      matrix(0, p, M)))
}

# --- ways to fit; each gives the objective and the seconds since the start, evaluation by
# evaluation, until `target` is reached or `limit` seconds have passed ---

stop_quietly <- function() {
  stop(structure(list(message = "done", call = NULL), class = c("done", "error", "condition")))
}

# L-BFGS-B from b. With target = Inf it runs until it stops by itself. Where only evaluations are
# counted, `at` may be a faster function of (a, b) that gives the same.
run_lbfgsb <- function(a, b, target = Inf, limit = Inf, at = plain_evaluate) {
  trace <- new.env()
  trace$objective <- trace$seconds <- numeric()
  start <- now()
  last <- list(b = NULL)
  evaluate <- function(b) {
    if (identical(b, last$b)) return(last)
    last <<- c(list(b = b), at(a, b))
    elapsed <- now() - start
    trace$objective <- c(trace$objective, last$objective)
    trace$seconds <- c(trace$seconds, elapsed)
    if (last$objective >= target || elapsed > limit) stop_quietly()
    last
  }
  control <- list(maxit = 10000, factr = 1e-13 / .Machine$double.eps, lmm = 10)
  tryCatch(
    optim(as.vector(b), function(b) -evaluate(b)$objective, function(b) -evaluate(b)$gradient,
          method = "L-BFGS-B", control = control),
    done = function(e) NULL
  )
  data.frame(objective = trace$objective, seconds = trace$seconds)
}

# One weighted multinomial logit by the engine of nnet::multinom, from weights of an earlier one if
# there are any.
nnet_multinom <- function(x, y, weights, earlier) {
  inputs <- ncol(x)
  mask <- c(rep(FALSE, inputs + 1), rep(c(FALSE, rep(TRUE, inputs)), ncol(y) - 1))
  start <- if (is.null(earlier)) numeric(length(mask)) else earlier
  nnet::nnet.default(x, y, weights, Wts = start, mask = mask, size = 0, skip = TRUE,
                     softmax = TRUE, trace = FALSE, maxit = 100, reltol = 1e-8)$wts
}

# EM from responsibilities, M-steps warm-started: the trace, and the responsibilities at the end.
run_em <- function(a, tau, target = Inf, limit = Inf, iterations = 1000) {
  y <- diag(a$M)[a$y, ]
  gate <- NULL
  expert <- vector("list", a$K)
  trace <- data.frame()
  start <- now()
  slopes <- function(wts) matrix(wts, a$p + 1)[-1, -1]
  for (i in seq_len(iterations)) {
    gate <- nnet_multinom(a$x, tau, rep(1, a$n), gate)
    for (k in seq_len(a$K)) expert[[k]] <- nnet_multinom(a$x, y, tau[, k], expert[[k]])
    at <- plain_evaluate(a, do.call(cbind, lapply(c(list(gate), expert), slopes)))
    tau <- at$tau
    trace <- rbind(trace, data.frame(objective = at$objective, seconds = now() - start))
    if (at$objective >= target || now() - start > limit) break
  }
  structure(trace, tau = tau)
}

# flexmix for a given number of iterations.
flexmix_fit <- function(d, tau, iterations, verbose = 0) {
  gate <- stats::delete.response(stats::terms(d$formula))
  flexmix::flexmix(
    d$formula, data = d$frame, cluster = tau, k = ncol(tau), model = flexmix::FLXMRmultinom(),
    concomitant = flexmix::FLXPmultinom(stats::formula(gate)),
    control = list(iter.max = iterations, tolerance = 1e-12, minprior = 0, verbose = verbose)
  )
}

# The log-likelihood after each iteration of flexmix, read off what it prints.
flexmix_objectives <- function(d, tau, iterations) {
  lines <- utils::capture.output(flexmix_fit(d, tau, iterations, verbose = 1))
  lines <- grep("Log-likelihood", lines, value = TRUE)
  as.numeric(sub(".*: *", "", lines[grepl("^ *[0-9]+ ", lines)]))
}
