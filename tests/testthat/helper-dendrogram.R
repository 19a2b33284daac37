# What the tests of trees, paths and their plots share: Ward's tree in plain R, and overfitted fits
# of several kinds.

# --- Ward's tree in plain R ---

# Atoms (a column of theta each) with weights q, of parameters on standardised covariates.
atoms_of <- function(par) {
  list(q = exp(oracle_log_softmax_one(par$gate[1, ])),
       theta = rbind(par$gate[-1, , drop = FALSE], matrix(par$expert, ncol = ncol(par$gate))))
}

par_of <- function(atoms, like) {
  K <- length(atoms$q)
  slopes <- seq_len(nrow(like$gate) - 1)
  expert <- atoms$theta[setdiff(seq_len(nrow(atoms$theta)), slopes), ]
  list(gate = rbind(log(atoms$q), atoms$theta[slopes, , drop = FALSE]),
       expert = array(expert, c(dim(like$expert)[1:2], K)))
}

ward_matrix <- function(atoms) {
  K <- length(atoms$q)
  d <- matrix(0, K, K)
  for (i in 1:K) for (j in 1:K) {
    q <- atoms$q[c(i, j)]
    d[i, j] <- q[1] * q[2] / (q[1] + q[2]) * sum((atoms$theta[, i] - atoms$theta[, j])^2)
  }
  d
}

# All levels of the greedy loop: parameters, who has been merged, at what height.
merge_by_hand <- function(par) {
  atoms <- atoms_of(par)
  members <- as.list(seq_along(atoms$q))
  out <- list(levels = list(par), height = numeric(), merged = character())
  while (length(atoms$q) > 1) {
    d <- ward_matrix(atoms)
    d[upper.tri(d, diag = TRUE)] <- Inf
    pair <- sort(arrayInd(which.min(d), dim(d)))
    i <- pair[1]
    j <- pair[2]
    q <- atoms$q[pair]
    atoms$theta[, i] <- (q[1] * atoms$theta[, i] + q[2] * atoms$theta[, j]) / sum(q)
    atoms <- list(q = replace(atoms$q, i, sum(q))[-j], theta = atoms$theta[, -j, drop = FALSE])
    members[[i]] <- sort(c(members[[i]], members[[j]]))
    out$height <- c(out$height, min(d))
    out$merged <- c(out$merged, paste(members[[i]], collapse = " "))
    out$levels <- c(out$levels, list(par_of(atoms, par)))
    members <- members[-j]
  }
  out
}

# Who is together after each merge of an hclust, atoms named by `names`.
merged_sets <- function(tree, names = seq_along(tree$order)) {
  members <- list()
  for (s in seq_len(nrow(tree$merge))) {
    parts <- lapply(tree$merge[s, ], function(a) if (a < 0) names[-a] else members[[a]])
    members[[s]] <- sort(unlist(parts))
  }
  vapply(members, paste, "", collapse = " ")
}

# --- measures ---

# Parameters of all shapes: a gate with covariates of its own or with none, experts likewise.
random_par <- function(seed, K = 2 + seed %% 11) {
  set.seed(seed)
  oracle_random(r = sample(1:4, 1), p = sample(1:4, 1), M = sample(2:5, 1), K = K,
                sd = exp(rnorm(1)))
}

tree_of <- function(par, ...) moe_dendrogram(moe_measure(par$gate, par$expert, ...))

# --- fits ---

# Overfits of several kinds, their designs by stats::model.matrix(), and the covariates' weights.
overfit <- function(formula, x = ~ x1 + x2, z = x, weighted = FALSE, K = 4, seed = 1, ...) {
  d <- oracle_data(n = 250, p = 3, M = 3, K = 2, seed = seed)
  d$frame$copy <- d$frame$x1 - d$frame$x2
  d$frame$v <- if (weighted) 2 * rexp(250) else rep(1, 250)
  fit <- suppressMessages(suppressWarnings(
    moe_fit(formula, d$frame, K, weights = v, lambda = 0.5, start = oracle_start(d, K),
            control = moe_control(search = "quick", intercept_ridge = 0.05), ...)
  ))
  stopifnot(fit$converged)
  list(fit = fit, x = model.matrix(x, d$frame), z = model.matrix(z, d$frame), y = d$y,
       v = d$frame$v, d = d)
}

# Made once, by the first test that asks for them.
delayedAssign("overfits", list(
  plain = overfit(y ~ x1 + x2),
  weighted = overfit(y ~ x1 + x2, weighted = TRUE),
  gate = overfit(y ~ x1 + x2 | x1, z = ~x1),
  `no gate` = overfit(y ~ x1 | 1, ~x1, ~1),
  `constant experts` = overfit(y ~ 1 | x1 + x2, ~1, ~ x1 + x2),
  dropped = overfit(y ~ x1 + x2 + copy, ~ x1 + x2 + copy),
  six = overfit(y ~ x1 + x2, weighted = TRUE, K = 6)
))
delayedAssign("refined", lapply(overfits, function(o) moe_dendrogram(o$fit)))
delayedAssign("merged", lapply(overfits, function(o) moe_dendrogram(o$fit, refine = FALSE)))

standard_par <- function(o) {
  oracle_standardise(oracle_parameters(coef(o$fit, "list")), o$x, o$z, o$v)
}

# All levels by hand, with log-likelihood and responsibilities of each.
levels_by_hand <- function(o) {
  out <- merge_by_hand(standard_par(o))
  x <- oracle_scale(o$x, o$v)
  z <- oracle_scale(o$z, o$v)
  at <- lapply(out$levels, oracle_evaluate, x, z, o$y, o$v)
  out$loglik <- vapply(at, `[[`, 0, "loglik")
  out$entropy <- vapply(at, function(a) -sum(o$v * ifelse(a$tau > 0, a$tau * log(a$tau), 0)), 0)
  out
}

delayedAssign("by_hand", lapply(overfits, levels_by_hand))

# A fit with just these coefficients.
fit_at <- function(o, coefficients) {
  at <- function(start) {
    suppressWarnings(moe_fit(o$d$formula, o$d$frame, dim(coefficients$expert)[3], weights = v,
                             lambda = 0.5, start = start,
                             control = moe_control(search = "quick", max_iterations = 0)))
  }
  start <- at(NULL)
  start$coefficients <- coefficients
  at(start)
}
