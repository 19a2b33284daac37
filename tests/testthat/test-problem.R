# The one object that the core is asked about: its parts, and the verbs that change it.

test_that("a part of a problem has the rows' share of the ridge, and the same maximum per row", {
  d <- oracle_data(n = 60, p = 3, M = 3, K = 2, seed = 1)
  twice <- rbind(d$x, d$x)
  control <- moe_control(intercept_ridge = 0.1)
  problem <- full_rank_problem(twice, twice, rep(d$frame$y, 2), 2L, NULL, 3, control)
  half <- problem_subset(problem, 1:60)
  expect_equal(half$lambda, 1.5)
  expect_equal(half$penalty, list(gate = c(0.15, 1.5, 1.5), expert = c(0.15, 1.5, 1.5)))
  theta <- unlist(oracle_random(3, 3, 3, 2))
  expect_equal(2 * core_maximise(half, theta, 0L)$objective,
               core_maximise(problem, theta, 0L)$objective)
  none <- problem_subset(problem, integer())
  expect_equal(c(none$total, nrow(none$design$x)), c(0, 0))
})

test_that("verbs change what they name and nothing else", {
  d <- oracle_data(n = 60, p = 3, M = 3, K = 2, seed = 1)
  problem <- full_rank_problem(d$x, d$x, d$frame$y, 2L, NULL, 3, moe_control())
  changed <- function(other) {
    names(problem)[!mapply(identical, problem, other[names(problem)])]
  }
  expect_identical(changed(problem_with_experts(problem, 3)), "experts")
  expect_setequal(changed(problem_with_lambda(problem, 1)), c("lambda", "penalty"))
  expect_setequal(changed(problem_with_least_penalty(problem, 7)), "penalty")
  expect_setequal(changed(problem_with_weights(problem, rep(2, 60))), c("weights", "total"))
  expect_setequal(changed(problem_with_rows(problem, d$x[1:5, ], d$x[1:5, ])),
                  c("design", "y", "total"))
  for (other in list(problem_with_weights(problem, NULL), problem_with_rows(problem, d$x, d$x),
                     problem_subset(problem, 1:9))) {
    expect_identical(names(other), names(problem))
    expect_s3_class(other, "moe_problem")
  }
})

test_that("equal sides are one object, and columns that add nothing are dropped from each", {
  d <- oracle_data(n = 60, p = 3, M = 3, K = 2, seed = 1)
  x <- cbind(d$x, sum = d$x[, 2] + d$x[, 3], 2)
  colnames(x) <- c("(Intercept)", "a", "b", "sum", "two")
  expect_message(problem <- full_rank_problem(x, x, d$frame$y, 2L, NULL, 0, moe_control()),
                 "Dropped 2 columns, .*: \"sum\", \"two\"")
  expect_identical(problem$columns$kept_gate, c(TRUE, TRUE, TRUE, FALSE, FALSE))
  expect_identical(problem$columns$kept_expert, problem$columns$kept_gate)
  expect_identical(problem$design$z, problem$design$x)
  expect_message(apart <- full_rank_problem(x[, 1:3], x, d$frame$y, 2L, NULL, 0, moe_control()),
                 "of the gate")
  expect_identical(apart$columns[c("kept_gate", "kept_expert")],
                   list(kept_gate = c(TRUE, TRUE, TRUE, FALSE, FALSE), kept_expert = rep(TRUE, 3)))
})

test_that("sizes are those of the parameters", {
  d <- oracle_data(n = 60, p = 3, M = 4, K = 2, seed = 1)
  problem <- full_rank_problem(d$x, d$x[, 1, drop = FALSE], d$frame$y, 5L, NULL, 1, moe_control())
  expect_identical(theta_length(problem), 5L * (1L + 3L * 4L))
  expect_equal(count_parameters(problem), 4 * 1 + 5 * 3 * 3)
  theta <- as.numeric(seq_len(65))
  measure <- problem_measure(problem, theta)
  expect_identical(as_theta(measure), theta)
  expect_identical(dim(measure$expert), c(3L, 4L, 5L))
})

test_that("the sample has rows of positive weight alone", {
  d <- oracle_data(n = 6000, p = 2, M = 2, K = 1, seed = 16)
  v <- rep(c(0, 1, 3), 2000)
  problem <- full_rank_problem(d$x, d$x, d$frame$y, 1L, v, 0, moe_control())
  part <- problem_spread(problem, 2000L)
  expect_length(part$y, 2000)
  expect_identical(dim(part$design$x), c(2000L, 2L))
  expect_true(all(part$weights > 0))
  expect_equal(part$total, sum(part$weights))
  expect_identical(part$design$x, part$design$z)
})

test_that("places are spread by the fractional parts of all of them", {
  for (count in c(1L, 2L, 37L, 5000L)) {
    parts <- (seq_len(count) * (sqrt(5) - 1) / 2) %% 1
    for (most in unique(pmin(count, c(1L, 7L, 500L, 4999L, count)))) {
      expect_identical(spread_evenly(count, most), order(parts)[seq_len(most)])
    }
  }
})

test_that("a part of the rows is spread evenly, without rows of no weight", {
  o <- overfits$plain
  problem <- fit_problem(o$fit)
  n <- length(problem$y)
  problem$weights <- rep(c(1, 0, 2), length.out = n)
  problem$design$x[, 2] <- seq_len(n)
  part <- problem_spread(problem, 60L)
  rows <- part$design$x[, 2]
  expect_length(rows, 60)
  expect_identical(part$y, problem$y[rows])
  expect_identical(part$weights, problem$weights[rows])
  expect_true(all(part$weights > 0))
  expect_equal(part$total, sum(part$weights))
  expect_false(is.unsorted(rows))
  expect_lt(max(diff(c(0, rows, n + 1))), 4 * n / 60)
  expect_identical(problem_spread(problem, n), problem)
})

test_that("rows that are alike are one row of their joint weight, with the same objective", {
  set.seed(5)
  n <- 500
  x <- cbind(1, sample(3, n, TRUE), rbinom(n, 1, 0.3))
  z <- cbind(1, sample(2, n, TRUE))
  y <- factor(sample(3, n, TRUE))
  for (v in list(NULL, rexp(n) * rbinom(n, 1, 0.9))) {
    problem <- full_rank_problem(x, z, y, 2L, v, 1, moe_control())
    distinct <- problem_distinct(problem)
    cells <- aggregate(v ~ y + z + x2 + x3, FUN = sum, data.frame(
      v = if (is.null(v)) rep(1, n) else v, y = as.integer(y), z = problem$design$z[, 2],
      x2 = problem$design$x[, 2], x3 = problem$design$x[, 3]
    ))
    same <- with(distinct, order(design$x[, 3], design$x[, 2], design$z[, 2], y))
    expect_equal(distinct$weights[same], cells$v)
    expect_identical(distinct$y[same], cells$y)
    theta <- rnorm(theta_length(problem))
    at <- core_evaluate(problem, theta)
    expect_gt(max(abs(at$gradient)), 1)
    expect_equal(core_evaluate(distinct, theta), at, tolerance = 1e-12)
  }
})

test_that("rows stay as they are where hardly any are alike", {
  x <- cbind(1, c(1:18, 18, 18))
  few_alike <- full_rank_problem(x, x, gl(2, 1, 20), 2L, NULL, 1, moe_control())
  expect_identical(problem_distinct(few_alike), few_alike)
  x[17, 2] <- 15
  more_alike <- full_rank_problem(x, x, gl(2, 1, 20), 2L, NULL, 1, moe_control())
  expect_identical(count_units(problem_distinct(more_alike)), 18L)
})
