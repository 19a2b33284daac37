# Where fits start from. All kinds of start must hand the core a theta in its own form: the gate's
# columns, and the columns of each expert, sum to zero.

starts_task <- function(K = 3L, M = 3, formula_gate = TRUE) {
  d <- oracle_data(n = 120, p = 3, M = M, K = K, seed = 1)
  z <- if (formula_gate) d$x else d$x[, 1, drop = FALSE]
  search_task(full_rank_problem(d$x, z, d$frame$y, K, NULL, 1, moe_control()),
              search_efforts$quick)
}

starters <- list(kmeans = start_kmeans, hyperplanes = start_hyperplanes, random = start_random,
                 labels = start_labels)

expect_symmetric <- function(theta, task) {
  r <- ncol(task$problem$design$z)
  p <- ncol(task$problem$design$x)
  M <- task$problem$classes
  K <- task$problem$experts
  gate <- matrix(theta[seq_len(r * K)], r)
  expert <- array(theta[-seq_len(r * K)], c(p, M, K))
  expect_true(all(is.finite(theta)))
  expect_length(theta, r * K + p * M * K)
  expect_lt(max(abs(rowSums(gate))), 1e-8 * max(1, abs(gate)))
  expect_lt(max(abs(apply(expert, c(1, 3), sum))), 1e-8 * max(1, abs(expert)))
}

test_that("every kind of start is finite and sums to zero", {
  for (kind in names(starters)) for (K in c(2, 5)) for (own_gate in c(TRUE, FALSE)) {
    task <- starts_task(K, formula_gate = own_gate)
    set.seed(2)
    expect_symmetric(starters[[kind]](task), task)
  }
})

test_that("no kind of start has equal experts, a saddle that no ascent leaves", {
  for (kind in names(starters)) {
    task <- starts_task(K = 3)
    set.seed(3)
    theta <- starters[[kind]](task)
    expert <- array(theta[-seq_len(9)], c(3, 3, 3))
    expect_gt(max(abs(expert[, , 1] - expert[, , 2])), 1e-3)
    expect_gt(max(abs(expert[, , 2] - expert[, , 3])), 1e-3)
  }
})

test_that("starts differ from draw to draw, and not under one seed", {
  for (kind in names(starters)) {
    task <- starts_task(K = 3)
    draw <- function(seed) {
      set.seed(seed)
      starters[[kind]](task)
    }
    expect_identical(draw(4), draw(4))
    expect_false(identical(draw(4), draw(5)))
  }
})

test_that("starts from clusters do without clusters where rows are all alike", {
  d <- data.frame(x = rep(1:2, 20), y = factor(rep(0:1, each = 20)))
  x <- model.matrix(~x, d)
  problem <- full_rank_problem(x, x, d$y, 3L, NULL, 1, moe_control())
  task <- search_task(problem, search_efforts$quick)
  set.seed(6)
  expect_symmetric(start_kmeans(task), task)
})

test_that("clusters start in rows that lie apart, where there are enough of them", {
  x <- cbind(c(rep(0, 40), rep(c(1, 2), each = 5), 1e-200), 0)
  for (seed in 1:20) {
    set.seed(seed)
    expect_setequal(round(draw_centers(x, 3)[, 1]), 0:2)
    expect_null(draw_centers(x, 4))
  }
})

test_that("no error of the clustering is hidden, be it a time limit or lack of memory", {
  task <- starts_task(2)
  task$covariates[120, ] <- NaN
  set.seed(1)
  expect_error(start_kmeans(task), "NaN")
})

test_that("softened labels are responsibilities", {
  tau <- soften(c(1, 3, 2), 3)
  expect_equal(rowSums(tau), rep(1, 3))
  expect_identical(max.col(tau), c(1L, 3L, 2L))
  set.seed(1)
  own <- vapply(1:20, function(i) max(soften(1:2, 2)), 0)
  expect_setequal(own, sharpness)
})

test_that("the M-step of responsibilities separates the experts and the gate", {
  task <- starts_task(K = 2)
  d <- oracle_data(n = 120, p = 3, M = 3, K = 2, seed = 1)
  tau <- oracle_start(d)
  theta <- theta_from_posterior(task$problem, tau)
  expect_symmetric(theta, task)
  x <- oracle_scale(d$x)
  value <- function(theta) {
    par <- list(gate = matrix(theta[1:6], 3), expert = array(theta[-(1:6)], c(3, 3, 2)))
    log_gate <- oracle_log_softmax(x %*% par$gate)
    total <- -oracle_penalty(par, 1)
    for (k in 1:2) {
      log_class <- oracle_log_softmax(x %*% par$expert[, , k])[cbind(1:120, d$y)]
      total <- total + sum(tau[, k] * (log_gate[, k] + log_class))
    }
    total
  }
  best <- optim(theta, value, method = "BFGS", control = list(fnscale = -1, maxit = 500))$value
  expect_lt(best - value(theta), 0.01 * abs(best))
  expect_gt(value(theta), value(0 * theta) + 10)
})

test_that("a start from responsibilities does not depend on the scale of the weights", {
  d <- oracle_data(n = 120, p = 3, M = 3, K = 2, seed = 1)
  tau <- oracle_start(d)
  start <- function(scale) {
    weights <- scale * rep(1:2, 60)
    theta_from_posterior(full_rank_problem(d$x, d$x, d$frame$y, 2L, weights, 0, moe_control()), tau)
  }
  for (scale in c(1e-6, 1e6)) expect_equal(start(scale), start(1), tolerance = 1e-6)
})
