# Where fits start from. All kinds of start must hand the core a theta in its own form: the gate's
# columns, and the columns of each expert, sum to zero.

starts_task <- function(K = 3L, M = 3, formula_gate = TRUE) {
  d <- oracle_data(n = 120, p = 3, M = M, K = K, seed = 1)
  z <- if (formula_gate) d$x else d$x[, 1, drop = FALSE]
  search_task(full_rank_problem(d$x, z, d$frame$y, K, NULL, 1, moe_control()))
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
  task <- search_task(full_rank_problem(x, x, d$y, 3L, NULL, 1, moe_control()))
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

test_that("a move keeps the form and leaves all but two experts as they were", {
  task <- starts_task(K = 4)
  set.seed(7)
  theta <- start_kmeans(task)
  moved <- split_move(task$problem, theta)
  expect_symmetric(moved, task)
  expert <- function(theta) matrix(theta[-seq_len(12)], 9)
  changed <- colSums(abs(expert(moved) - expert(theta))) > 1e-8
  expect_lte(sum(changed), 2)
  expect_gte(sum(changed), 1)
})

test_that("softened labels are responsibilities", {
  tau <- soften(c(1, 3, 2), 3)
  expect_equal(rowSums(tau), rep(1, 3))
  expect_identical(max.col(tau), c(1L, 3L, 2L))
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

# --- fits from random starts ---

test_that("objectives are sorted, at most one per start, and the best is returned", {
  d <- oracle_data(n = 150, p = 3, M = 3, K = 3, seed = 8)
  for (starts in c(1, 2, 7)) {
    set.seed(9)
    fit <- suppressWarnings(moe_fit(d$formula, d$frame, 3, lambda = 0.1,
                                    control = moe_control(starts = starts)))
    expect_lte(length(fit$objectives), starts)
    expect_gte(length(fit$objectives), 1)
    expect_false(is.unsorted(rev(fit$objectives)))
    expect_identical(fit$objective, max(fit$objectives))
    expect_identical(fit$trace[length(fit$trace)], fit$objective)
  }
})

test_that("there is an objective for each start where the objective is rough", {
  d <- oracle_data(n = 150, p = 4, M = 4, K = 4, seed = 10)
  set.seed(11)
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, 4, lambda = 0.1,
                                  control = moe_control(starts = 6)))
  expect_length(fit$objectives, 6)
})

test_that("searches that ended in one place are one start", {
  d <- data.frame(y = rep(0:1, 30))
  set.seed(12)
  fit <- suppressWarnings(moe_fit(y ~ 1, d, 2, lambda = 5))
  expect_lte(length(fit$objectives), 10)
  expect_within(fit$loglik, 60 * log(0.5), 1e-8)
})

test_that("more starts find an optimum at least as good", {
  d <- oracle_data(n = 200, p = 4, M = 4, K = 4, seed = 13)
  best <- vapply(c(1, 8), function(starts) {
    median(vapply(1:3, function(seed) {
      set.seed(seed)
      suppressWarnings(moe_fit(d$formula, d$frame, 4, lambda = 0.2,
                               control = moe_control(starts = starts)))$objective
    }, 0))
  }, 0)
  expect_gte(best[2], best[1])
})

test_that("the search on a sample of many rows leads to the optimum of all of them", {
  d <- oracle_data(n = 5000, p = 3, M = 3, K = 2, seed = 14)
  set.seed(15)
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, lambda = 1,
                                  control = moe_control(starts = 4)))
  from_truth <- oracle_evaluate(d$truth, d$x, d$x, d$y)$tau
  peer <- suppressWarnings(moe_fit(d$formula, d$frame, lambda = 1, start = from_truth))
  expect_gt(fit$objective, peer$objective - 1e-6 * abs(peer$objective))
  expect_length(fit$objectives, 4)
})

test_that("the sample has rows of positive weight alone", {
  d <- oracle_data(n = 6000, p = 2, M = 2, K = 1, seed = 16)
  v <- rep(c(0, 1, 3), 2000)
  problem <- full_rank_problem(d$x, d$x, d$frame$y, 1L, v, 0, moe_control())
  part <- problem_sample(problem, 2000L)
  expect_length(part$y, 2000)
  expect_identical(dim(part$design$x), c(2000L, 2L))
  expect_true(all(part$weights > 0))
  expect_equal(part$total, sum(part$weights))
  expect_identical(part$design$x, part$design$z)
})

test_that("a class of few rows does not spoil a fit whose search sees a sample", {
  set.seed(17)
  n <- 20000
  d <- data.frame(x = rnorm(n))
  d$y <- factor(c(1 + (runif(n - 4) < plogis(2 * d$x[-(1:4)])), rep(3, 4)))
  fit <- suppressWarnings(moe_fit(y ~ x, d, 2, lambda = 1, control = moe_control(starts = 2)))
  one <- moe_fit(y ~ x, d, 1, lambda = 1)
  expect_true(all(is.finite(fit$objectives)))
  expect_gt(fit$objective, one$objective - 1)
})

# --- starts that are given ---

test_that("a start that does not fit the problem is refused", {
  d <- oracle_data(n = 60, p = 2, M = 2, K = 2, seed = 18)
  tau <- oracle_start(d)
  refuses <- function(start, message, experts = 2) {
    expect_error(moe_fit(d$formula, d$frame, experts, start = start), message)
  }
  refuses(tau[-1, ], "one row per observation")
  refuses(tau, "one column per expert", experts = 3)
  refuses(2 * tau, "responsibilities")
  refuses(replace(tau, 1, NA), "responsibilities")
  refuses(cbind(tau[, 1] + 1, -tau[, 1]), "responsibilities")
  refuses("kmeans", "must be NULL, a fit")
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, 2, lambda = 1, start = tau))
  refuses(fit, "as many experts", experts = 3)
  d$frame$more <- d$frame$x1^2
  expect_error(moe_fit(y ~ x1 + more, d$frame, 2, start = fit), "lacks \"more\"")
  d$frame$y <- factor(rep(1:3, 20))
  refuses(fit, "same classes")
})

test_that("a fit on other covariate units is a start for the same coefficients", {
  d <- oracle_data(n = 200, p = 3, M = 3, K = 2, seed = 19, expert_scale = 1.5)
  fit <- moe_fit(d$formula, d$frame, lambda = 1, start = oracle_start(d))
  half <- d$frame[1:100, ]
  from_fit <- suppressWarnings(moe_fit(d$formula, half, lambda = 1, start = fit,
                                       control = moe_control(max_iterations = 0)))
  expect_within(coef(from_fit)$expert, coef(fit)$expert, 1e-10)
  expect_within(predict(from_fit, d$frame, "prob"), predict(fit, d$frame, "prob"), 1e-10)
})

test_that("the last digits of an objective do not decide which search counts", {
  pool <- lapply(c(-10 - 1e-13, -12, -10, NA, -11), function(objective) list(objective = objective))
  expect_identical(distinct(pool), c(1L, 5L, 2L, 4L))
  expect_identical(distinct(pool, repeats = TRUE), c(1L, 5L, 2L, 4L, 3L))
})
