# Moves from one measure to others, against their definitions in plain R.

# What refinement starts from; polishing hides where that was.
test_that("candidates are the merges of the closest pairs, closest first", {
  for (seed in 1:20) {
    par <- random_par(seed, K = 5)
    atoms <- atoms_of(par)
    d <- ward_matrix(atoms)
    pairs <- combn(5, 2)
    pairs <- pairs[, order(d[t(pairs)])]
    found <- candidate_merges(moe_measure(par$gate, par$expert), 7)
    expect_length(found, 7)
    for (s in 1:7) {
      i <- pairs[1, s]
      j <- pairs[2, s]
      q <- atoms$q[c(i, j)] / sum(atoms$q[c(i, j)])
      want <- list(q = replace(atoms$q, i, atoms$q[i] + atoms$q[j])[-j], theta = atoms$theta)
      want$theta[, i] <- atoms$theta[, c(i, j)] %*% q
      want <- oracle_centre(par_of(list(q = want$q, theta = want$theta[, -j]), par))
      expect_within(found[[s]]$gate, want$gate, 1e-12)
      expect_within(found[[s]]$expert, want$expert, 1e-12)
    }
  }
})

test_that("candidates leave out the lightest experts, and nothing else changes", {
  par <- random_par(3, K = 4)
  measure <- moe_measure(par$gate, par$expert)
  weights <- exp(measure$gate[1, ])
  found <- candidate_drops(measure, 2)
  expect_length(found, 2)
  for (s in 1:2) {
    rest <- -order(weights)[s]
    expect_equal(found[[s]]$expert, measure$expert[, , rest])
    expect_equal(found[[s]]$gate[-1, ], measure$gate[-1, rest] - rowMeans(measure$gate[-1, rest]))
    expect_equal(diff(found[[s]]$gate[1, ]), diff(measure$gate[1, rest]))
  }
})

# Expert k split along delta and gamma by steps of size e gains e^2 delta' C_k gamma from the cross
# term alone; the terms in delta alone and gamma alone are the same for gamma and -gamma.
test_that("the gain of a split is the cross term of the log-likelihood's second derivative", {
  for (kind in c("plain", "six")) {
    o <- overfits[[kind]]
    measure <- o$fit$measure
    problem <- fit_problem(o$fit)
    z <- oracle_scale(o$z, o$v)
    x <- oracle_scale(o$x, o$v)
    loglik <- function(measure) oracle_evaluate(measure, x, z, o$y, o$v)$loglik
    set.seed(1)
    gains <- split_gains(problem, measure, seq_len(ncol(z))[-1])
    for (k in seq_len(ncol(measure$gate))) {
      delta <- matrix(rnorm(prod(dim(measure$expert)[1:2])), dim(measure$expert)[1])
      delta <- delta - rowMeans(delta)
      gamma <- rnorm(nrow(measure$gate) - 1)
      e <- 1e-3
      at <- function(sign) {
        loglik(split_expert(measure, k, ncol(measure$gate) + 1L, sign * e * c(0, gamma),
                            e * delta))
      }
      second <- (at(1) - at(-1)) / (2 * e^2)
      expect_equal(second, drop(as.vector(delta) %*% gains[[k]] %*% gamma), tolerance = 1e-4)
    }
  }
})

test_that("an expert split along no direction leaves the log-likelihood as it is", {
  o <- overfits$plain
  measure <- o$fit$measure
  shape <- dim(measure$expert)
  x <- oracle_scale(o$x, o$v)
  z <- oracle_scale(o$z, o$v)
  at <- function(measure) oracle_evaluate(measure, x, z, o$y, o$v)$loglik
  for (k in seq_len(shape[3])) {
    split <- split_expert(measure, k, shape[3] + 1L, numeric(nrow(measure$gate)),
                          matrix(0, shape[1], shape[2]))
    expect_equal(at(split), at(measure), tolerance = 1e-12)
  }
})

# The gain of each split that is tried, by the form above, against singular values.
test_that("splits are along the leading directions of all experts, the most promising first", {
  for (kind in c("plain", "gate", "six")) {
    o <- overfits[[kind]]
    measure <- o$fit$measure
    problem <- fit_problem(o$fit)
    experts <- seq_len(ncol(measure$gate))
    new <- length(experts) + 1L
    gains <- split_gains(problem, measure, seq_len(nrow(measure$gate))[-1])
    promised <- unlist(lapply(gains, function(gain) head(svd(gain)$d, 2)))
    splits <- candidate_splits(problem, measure, 4)
    expect_length(splits, 4)
    gain <- vapply(splits, function(split) {
      changed <- apply(abs(split$expert[, , experts] - measure$expert), 3, max) > 1e-8
      expect_identical(sum(changed), 1L)
      delta <- (split$expert[, , new] - split$expert[, , which(changed)]) / 2
      gamma <- (split$gate[-1, new] - split$gate[-1, which(changed)]) / 2
      drop(c(delta) %*% gains[[which(changed)]] %*% gamma)
    }, 0)
    expect_equal(unname(gain), split_length * sort(promised, decreasing = TRUE)[1:4])
  }
})

# One expert for two regimes is a maximum with one and a saddle with two.
test_that("the leading split leaves the maximum with one expert less, and leads furthest", {
  d <- oracle_data(n = 300, p = 3, M = 3, K = 2, seed = 2)
  problem <- full_rank_problem(d$x, d$x, d$frame$y, 1L, NULL, 0.5, moe_control())
  one <- core_maximise(problem, numeric(theta_length(problem)))
  splits <- candidate_splits(problem, problem_measure(problem, one$theta), 2)
  two <- vapply(splits, function(measure) {
    core_maximise(problem_with_experts(problem, 2L), as_theta(measure), 20L)$objective
  }, 0)
  expect_gt(two[[1]], one$objective + 15)
  expect_gt(two[[1]], two[[2]] + 1)
})
