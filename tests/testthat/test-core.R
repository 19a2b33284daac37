# The door to the core: what goes in and what comes out, against the model in plain R.

test_that("the core's log-likelihood and gradient are those of the definition", {
  skip_if_not_installed("numDeriv")
  for (shape in list(c(5, 3, 2, 1), c(9, 2, 3, 2), c(130, 1, 2, 4), c(17, 4, 6, 3))) {
    set.seed(sum(shape))
    n <- shape[1]
    x <- cbind(1, matrix(rnorm(n * (shape[2] - 1)), n))
    z <- cbind(1, rnorm(n))
    y <- sample.int(shape[3], n, TRUE)
    v <- rexp(n)
    par <- oracle_random(2, shape[2], shape[3], shape[4])
    at <- function(theta) {
      r <- length(par$gate)
      list(gate = array(theta[seq_len(r)], dim(par$gate)),
           expert = array(theta[-seq_len(r)], dim(par$expert)))
    }
    unit <- function(a) list(numeric(ncol(a)), rep(1, ncol(a)))
    design <- setNames(c(list(x), unit(x), list(z), unit(z)),
                       c("x", "x_center", "x_scale", "z", "z_center", "z_scale"))
    core <- core_evaluate(new_problem(design, y, seq_len(shape[3]), shape[4], v), unlist(par))
    slope <- numDeriv::grad(function(theta) oracle_loglik_scalar(at(theta), x, z, y, v),
                            unlist(par))
    expect_equal(core$loglik, oracle_loglik_scalar(par, x, z, y, v), tolerance = 1e-13)
    expect_lt(max(abs(core$gradient - slope)) / max(abs(slope)), 1e-6)
  }
})

test_that("one design is read for both sides only where all of it is equal", {
  set.seed(5)
  x <- cbind(1, matrix(rnorm(40) * rbinom(40, 1, 0.5), 20))
  y <- sample.int(3, 20, TRUE)
  par <- oracle_random(3, 3, 3, 2)
  loglik <- function(design) core_evaluate(new_problem(design, y, 1:3, 2), unlist(par))$loglik
  as_sides <- function(side) {
    copy <- unserialize(serialize(side, NULL)) # two objects, as in another process
    setNames(c(side, copy), c("x", "x_center", "x_scale", "z", "z_center", "z_scale"))
  }
  scaled <- function(design, side) {
    of <- function(what) rep(design[[paste0(side, what)]], each = 20)
    (design[[side]] - of("_center")) / of("_scale")
  }
  dense <- as_sides(list(x, c(0, 0.1, 0.2), c(1, 2, 3)))
  changed <- list(dense, replace(dense, "z", list(replace(x, 60, 9))),
                  replace(dense, "z_center", list(c(0, 0.1, 0.3))),
                  replace(dense, "z_scale", list(c(1, 2, 4))))
  for (design in changed) {
    expected <- oracle_loglik_scalar(par, scaled(design, "x"), scaled(design, "z"), y, rep(1, 20))
    expect_equal(loglik(design), expected, tolerance = 1e-13)
  }
  zeros <- Matrix::Matrix(x, sparse = TRUE)
  compressed <- as_sides(list(compress_rows(zeros, numeric(3), rep(1, 3)), numeric(3), rep(1, 3)))
  last <- length(compressed$z$value)
  other_column <- compressed
  other_column$z$column[last] <- 3L - other_column$z$column[last]
  other_value <- compressed
  other_value$z$value[last] <- 9
  other_base <- compressed
  other_base$z$base[3] <- 0.5
  for (design in list(compressed, other_column, other_value, other_base)) {
    expected <- oracle_loglik_scalar(par, expand_rows(design$x, 1:3),
                                     expand_rows(design$z, 1:3), y, rep(1, 20))
    expect_equal(loglik(design), expected, tolerance = 1e-13)
  }
})

test_that("more experts than a block has rows do not run over its scratch", {
  set.seed(40)
  n <- 500
  K <- 300L
  one <- matrix(1, n, 1)
  y <- sample.int(2, n, TRUE)
  par <- oracle_random(1, 1, 2, K)
  tau <- matrix(rexp(n * K), n)
  tau <- tau / rowSums(tau)
  log_gate <- drop(oracle_log_softmax(par$gate))
  log_class <- apply(par$expert, 3, oracle_log_softmax_one)
  expected <- sum(vapply(1:n, function(i) sum(tau[i, ] * (log_gate + log_class[y[i], ])), 0))
  design <- list(x = one, x_center = 0, x_scale = 1, z = one, z_center = 0, z_scale = 1)
  core <- core_evaluate(new_problem(design, y, 1:2, K), unlist(par), tau = tau)
  expect_equal(core$loglik, expected, tolerance = 1e-12)
})

test_that("sums over rows are those of predictions, and move as differences of them do", {
  d <- oracle_data(n = 60, p = 3, M = 3, K = 2, seed = 6)
  weights <- rexp(60)
  problem <- full_rank_problem(d$x, d$x, d$frame$y, 2L, weights, 0, moe_control())
  theta <- unlist(oracle_random(3, 3, 3, 2))
  at <- core_predict(problem, theta, c("prob", "gate"))
  expect_equal(core_gate_sums(problem, theta), colSums(weights * at$gate), tolerance = 1e-13)
  expect_equal(core_averages(problem, theta)$prob, colSums(weights * at$prob), tolerance = 1e-13)
  # The intercepts of the second expert's gate and of its last class.
  tangent <- core_tangent(problem, theta)
  for (case in list(c(place = 4, predictor = 1), c(place = 22, predictor = 5))) {
    moved <- function(by) {
      core_averages(problem, replace(theta, case[["place"]], theta[case[["place"]]] + by))$gradient
    }
    expect_equal(tangent[, , case[["predictor"]]], (moved(1e-5) - moved(-1e-5)) / 2e-5,
                 tolerance = 1e-7)
  }
})

test_that("predictions asked for together are those asked for apart, in their shapes", {
  d <- oracle_data(n = 40, p = 3, M = 4, K = 3, seed = 5)
  problem <- full_rank_problem(d$x, d$x, d$frame$y, 3L, NULL, 0, moe_control())
  theta <- unlist(oracle_random(3, 3, 4, 3))
  together <- core_predict(problem, theta, core_predictions)
  expect_named(together, core_predictions)
  expect_identical(lapply(together, dim), list(prob = c(40L, 4L), gate = c(40L, 3L),
                                               expert = c(40L, 4L, 3L), posterior = c(40L, 3L)))
  for (kind in core_predictions) {
    expect_identical(core_predict(problem, theta, kind), together[kind])
  }
  # Bayes' rule, and the mixture.
  of_class <- together$expert[cbind(rep(1:40, 3), rep(problem$y, 3), rep(1:3, each = 40))]
  joint <- together$gate * matrix(of_class, 40)
  expect_equal(together$posterior, joint / rowSums(joint), tolerance = 1e-12)
  mixed <- Reduce(`+`, lapply(1:3, function(k) together$gate[, k] * together$expert[, , k]))
  expect_equal(together$prob, mixed, tolerance = 1e-12)
})

test_that("runs and evaluations agree on where they stand, and a run says how it ended", {
  d <- oracle_data(n = 80, p = 3, M = 3, K = 2, seed = 6)
  problem <- full_rank_problem(d$x, d$x, d$frame$y, 2L, NULL, 1, moe_control())
  theta <- theta_from_posterior(problem, oracle_start(d))
  still <- core_maximise(problem, theta, 0L)
  expect_identical(still$theta, theta)
  expect_identical(still$loglik, core_evaluate(problem, theta)$loglik)
  expect_identical(still$status, "iteration limit")
  done <- core_maximise(problem, theta)
  expect_identical(done$status, "converged")
  expect_identical(done$loglik, core_evaluate(problem, done$theta)$loglik)
  expect_length(done$trace, done$iterations + 1L)
  expect_identical(core_maximise(problem, NaN * theta)$status, "not finite")
})

test_that("rows that only a function of R reaches are maximised as those in memory", {
  set.seed(3)
  design <- list(x = cbind(1, rnorm(90)), x_center = c(0, 0), x_scale = c(1, 1))
  design <- c(design, setNames(design, c("z", "z_center", "z_scale")))
  problem <- new_problem(design, sample.int(3, 90, TRUE), c("a", "b", "c"), 2, lambda = 1)
  theta <- rnorm(theta_length(problem))
  settings <- list(method = 1L, max_iterations = 100L, tolerance = 1e-12)
  run <- function(evaluate) {
    .Call(C_moe_maximise_distant, problem, c(2L, 2L), theta, settings, evaluate)
  }
  evaluate <- function(theta, gram) core_evaluate(problem, theta, gram)
  expect_identical(run(evaluate), .Call(C_moe_maximise, problem, theta, NULL, settings, 1L))

  count <- 0
  until <- function(last, then) function(theta, gram) {
    count <<- count + 1
    if (count > last) then() else evaluate(theta, gram)
  }
  lost <- run(until(5, function() NULL))
  expect_identical(run_statuses[lost$status + 1L], "evaluation failed")
  expect_gt(lost$objective, core_evaluate(problem, theta)$loglik - 100)
  count <- 0
  expect_identical(run_statuses[run(until(0, function() NULL))$status + 1L], "not finite")
  count <- 0
  expect_error(run(until(3, function() stop("a jump"))), "a jump")
  count <- 0
  expect_identical(withRestarts(run(until(3, function() invokeRestart("out"))),
                                out = function() "left"), "left")
  expect_error(run(function(theta, gram) list(loglik = 1)), "gradient")
  expect_error(run(function(theta, gram) list(loglik = 1, gradient = 1)), "length")
  expect_error(run(1), "must be a function")
  expect_error(.Call(C_moe_maximise_distant, problem, c(0L, 2L), theta, settings, evaluate), "dim")
})
