# Groups whose rows share one expert, against brute force over groups in plain R.

quick <- moe_control(search = "quick")

# The problem of oracle_groups(), on covariates as they are.
group_problem <- function(d, weights = NULL, lambda = 0) {
  y <- factor(d$y, seq_len(d$M))
  problem <- full_rank_problem(d$x, d$z[d$group, , drop = FALSE], y, d$K, weights, lambda, quick,
                               d$group)
  for (part in c("x", "z")) {
    problem$design[[paste0(part, "_center")]][] <- 0
    problem$design[[paste0(part, "_scale")]][] <- 1
  }
  problem
}

as_parameters <- function(theta, d) {
  gate <- seq_len(ncol(d$z) * d$K)
  list(gate = matrix(theta[gate], ncol(d$z)), expert = array(theta[-gate], c(ncol(d$x), d$M, d$K)))
}

test_that("the core refuses units that do not cover the rows, and says what it was given", {
  problem <- group_problem(oracle_groups(25, 6, 3, 2, 3, 3, 1))
  rows <- length(problem$y)
  theta <- numeric(theta_length(problem))
  problem$unit$start[1] <- 1L
  expect_error(core_evaluate(problem, theta), paste("the", rows, "rows, not from 1 to", rows))
  problem$unit$start[c(1, 26)] <- c(0L, rows - 1L)
  expect_error(core_evaluate(problem, theta), paste("the", rows, "rows, not from 0 to", rows - 1))
})

test_that("log-likelihood, gradient, posterior and one step are those of brute force", {
  skip_if_not_installed("numDeriv")
  for (seed in 1:4) {
    d <- oracle_groups(25, 6, 3, 2, 3, 3, seed)
    v <- round(runif(25, 0.5, 3), 2)
    problem <- group_problem(d, v[d$group])
    par <- oracle_random(2, 3, 3, 3)
    theta <- unlist(par)
    value <- function(theta) oracle_group_loglik(as_parameters(theta, d), d$x, d$z, d$y, d$group, v)
    at <- core_evaluate(problem, theta)
    expect_within(at$loglik, value(theta), 1e-12)
    expect_within(at$gradient, numDeriv::grad(value, theta), 1e-6)
    expect_within(core_predict(problem, theta, "posterior")$posterior,
                  oracle_group_posterior(par, d$x, d$z, d$y, d$group), 1e-10)
    problem$control$method <- "mm"
    step <- core_maximise(problem, theta, 1L, 0)
    expect_within(step$theta, unlist(oracle_group_mm_step(par, d$x, d$z, d$y, d$group, v)), 1e-7)
  }
})

test_that("information and scores are those of brute force", {
  skip_if_not_installed("numDeriv")
  d <- oracle_groups(20, 5, 3, 2, 3, 2, 5)
  v <- rep(c(1, 2), 10)
  problem <- group_problem(d, v[d$group])
  par <- oracle_random(2, 3, 3, 2)
  coded <- c(par$gate[, -1] - par$gate[, 1], sweep(par$expert[, -1, ], c(1, 3), par$expert[, 1, ]))
  decode <- function(b) {
    expert <- array(0, c(3, 3, 2))
    expert[, -1, ] <- b[-(1:2)]
    list(gate = cbind(0, b[1:2]), expert = expert)
  }
  value <- function(b, v) oracle_group_loglik(decode(b), d$x, d$z, d$y, d$group, v)
  theta <- unlist(par)
  expect_within(core_information(problem, theta), -numDeriv::hessian(value, coded, v = v), 1e-5)
  scores <- t(vapply(1:20, function(g) {
    numDeriv::grad(value, coded, v = replace(numeric(20), g, v[g]))
  }, coded))
  expect_within(core_scores(problem, theta), scores, 1e-6)
  expect_within(core_information(problem, theta, "scores"), crossprod(scores / sqrt(v)), 1e-6)
})

test_that("the trace never falls", {
  skip_on_cran()
  fallen <- vapply(1:200, function(seed) {
    d <- oracle_groups(30, 8, 2, 1 + seed %% 2, 2 + seed %% 3, 1 + seed %% 4, seed)
    problem <- problem_with_lambda(group_problem(d), c(0, 0.1, 1)[1 + seed %% 3])
    problem$control$method <- c("mm", "accelerated")[1 + seed %% 2]
    trace <- core_maximise(problem, unlist(oracle_random(ncol(d$z), 2, d$M, d$K)), 40L, 0)$trace
    max(-diff(trace), 0) > 1e-10 * (1 + abs(trace[1]))
  }, NA)
  expect_length(fallen, 200)
  expect_false(any(fallen))
})

test_that("groups of one row are rows, to the last bit", {
  d <- oracle_data(150, 3, 3, 2, 7)
  d$frame$id <- sample.int(1000, 150)
  set.seed(1)
  alone <- moe_fit(d$formula, d$frame, lambda = 0.5, control = quick)
  set.seed(1)
  grouped <- moe_fit(d$formula, d$frame, lambda = 0.5, control = quick, group = id)
  same <- setdiff(names(alone), c("call", "model", "terms", "group", "formula"))
  expect_identical(unclass(grouped)[same], unclass(alone)[same])
  expect_equal(nlevels(grouped$group), 150)
})

test_that("units of one row have the values of rows", {
  d <- oracle_data(150, 3, 3, 2, 7)
  x <- d$x
  problem <- full_rank_problem(x, x, d$frame$y, 2L, NULL, 0, quick)
  unit <- problem
  unit$unit <- list(start = 0:150, row = seq_len(150))
  unit$design$z <- x + 0
  theta <- as.double(unlist(oracle_random(3, 3, 3, 2)))
  alone <- core_evaluate(problem, theta, gram = TRUE)
  as_units <- core_evaluate(unit, theta, gram = TRUE)
  expect_within(as_units$loglik, alone$loglik, 1e-13)
  expect_within(as_units$gradient, alone$gradient, 1e-12)
  expect_within(as_units$gram, alone$gram, 1e-12)
})

test_that("neither the order of the rows nor the names of groups matter", {
  d <- oracle_groups(60, 8, 3, 2, 3, 2, 8)
  set.seed(1)
  fit <- moe_fit(d$formula, d$frame, lambda = 0.5, control = quick, group = id)
  order <- sample.int(d$n)
  moved <- d$frame[order, ]
  moved$id <- factor(moved$id, sample(unique(moved$id)), LETTERS[sample.int(60) %% 26 + 1] |>
                       paste0(seq_len(60)))
  again <- moe_fit(d$formula, moved, lambda = 0.5, control = quick, group = id, start = fit)
  expect_equal(again$objective, fit$objective, tolerance = 1e-10)
  expect_equal(unlist(again$coefficients), unlist(fit$coefficients), tolerance = 1e-5)
  expect_equal(vcov(again), vcov(fit), tolerance = 1e-4)
  both <- merge(data.frame(id = d$frame$id, row = seq_len(d$n)),
                data.frame(row = order, new = as.character(moved$id)))
  names <- both[!duplicated(both$id), ]
  expect_equal(unname(predict(again, type = "posterior")[names$new, ]),
               unname(predict(fit, type = "posterior")[names$id, ]), tolerance = 1e-4)
})

test_that("weights of groups are groups repeated", {
  d <- oracle_groups(40, 5, 2, 2, 3, 2, 9)
  d$frame$v <- (d$group %% 3 == 0) + 1
  twice <- d$frame[d$frame$v == 2, ]
  twice$id <- paste(twice$id, "again")
  weighted <- moe_fit(d$formula, d$frame, lambda = 0.5, control = quick, group = id, weights = v)
  repeated <- moe_fit(d$formula, rbind(d$frame, twice), lambda = 0.5, control = quick, group = id,
                      start = weighted)
  expect_equal(repeated$objective, weighted$objective, tolerance = 1e-9)
  expect_equal(nobs(repeated), nobs(weighted))
  expect_equal(BIC(repeated), BIC(weighted), tolerance = 1e-7)
  expect_equal(vcov(repeated, "sandwich"), vcov(weighted, "sandwich"), tolerance = 1e-4)
  expect_equal(weights(weighted), d$frame$v)
  d$frame$v[1] <- 7
  expect_error(moe_fit(d$formula, d$frame, group = id, weights = v), "constant within groups")
})

test_that("groups without weight are as good as absent", {
  d <- oracle_groups(40, 5, 2, 2, 3, 2, 9)
  v <- as.double(d$group %% 4 > 0)
  kept <- v > 0
  par <- oracle_random(2, 2, 3, 2)
  problem <- group_problem(d, v)
  # Rows of no weight are where they are 0 when standardised, those with weight where they were.
  expect_within(problem$design$x[spread_units(problem$weights, problem$unit) > 0, ],
                d$x[order(d$group), ][sort(d$group) %% 4 > 0, ], 0)
  of_kept <- match(d$group[kept], unique(d$group[kept]))
  expect_within(core_evaluate(problem, unlist(par))$loglik,
                oracle_group_loglik(par, d$x[kept, ], d$z[unique(d$group[kept]), ], d$y[kept], of_kept),
                1e-12)
})

test_that("thousands of rows in a group do not underflow", {
  d <- oracle_groups(30, 5, 2, 2, 3, 2, 10)
  big <- d$frame[rep(which(d$group <= 2), c(10000, rep(2000, sum(d$group <= 2) - 1))), ]
  fit <- moe_fit(d$formula, rbind(d$frame[d$group > 2, ], big), lambda = 1, control = quick,
                 group = id)
  posterior <- predict(fit, type = "posterior")
  expect_true(all(is.finite(posterior)))
  expect_equal(unname(rowSums(posterior)), rep(1, 30))
  expect_true(is.finite(fit$loglik))
})

test_that("what a fit with groups is asked for has their number", {
  d <- oracle_groups(50, 6, 3, 2, 3, 2, 11)
  set.seed(2)
  fit <- moe_fit(d$formula, d$frame, lambda = 0.5, control = quick, group = id)
  expect_equal(nobs(fit), 50)
  expect_equal(fit$rows, d$n)
  expect_equal(BIC(fit), -2 * fit$loglik + log(50) * fit$df)
  expect_match(paste(capture.output(fit), collapse = " "),
               paste(d$n, "observations in 50 groups"))
  expect_match(paste(capture.output(summary(fit)), collapse = "\n"), "groups they lead")
  par <- oracle_parameters(fit$coefficients)
  tau <- oracle_group_posterior(par, d$x, d$z, d$y, d$group)
  posterior <- predict(fit, type = "posterior")
  expect_within(posterior, tau, 1e-8)
  expect_equal(rownames(posterior), unique(d$frame$id))
  expect_equal(moe_icl(fit), BIC(fit) - 2 * sum(ifelse(tau > 0, tau * log(tau), 0)))
  expect_equal(dim(predict(fit, type = "gate")), c(d$n, 2))
  expect_equal(unname(fitted(fit)), oracle_probabilities(par, d$x, d$z[d$group, ]),
               tolerance = 1e-8)
})

test_that("the sandwich is that of a hand computation, groups its clusters", {
  d <- oracle_groups(80, 6, 2, 2, 2, 2, 12, scale = 1)
  fit <- moe_fit(d$formula, d$frame, lambda = 0.1, control = quick, group = id)
  problem <- fit_problem(fit)
  theta <- as_theta(fit$measure)
  scores <- core_scores(problem, theta)
  bread <- solve(core_information(problem, theta) + reference_ridge(problem))
  by_hand <- bread %*% crossprod(scores) %*% bread
  scaled <- to_user_scale(fit, t(to_user_scale(fit, by_hand)))
  expect_equal(unname(vcov(fit, "sandwich")), unname(scaled), tolerance = 1e-8)
  expect_equal(vcov(fit, cluster = d$frame$id), vcov(fit, "sandwich") * 80 / 79, tolerance = 1e-8)
  expect_error(vcov(fit, cluster = seq_len(d$n)), "must not divide groups")
})

test_that("replicates, folds and draws take whole groups", {
  d <- oracle_groups(60, 6, 2, 2, 2, 2, 13)
  set.seed(3)
  fit <- moe_fit(d$formula, d$frame, lambda = 0.5, control = quick, group = id)
  boot <- moe_bootstrap(fit, 5, progress = FALSE)
  set.seed(4)
  drawn <- with_random_state(random_streams(1)[[1]], draw_weights("exponential", 60, NULL))
  expect_length(drawn, 60)
  expect_equal(nrow(boot$replicates), 5)
  tuned <- moe_tune(d$formula, d$frame, experts = 2, lambda = c(3, 0.3), folds = 3, group = id,
                    control = moe_control(search = "quick"))
  expect_true(all(tapply(tuned$folds, d$frame$id, function(a) length(unique(a))) == 1))
  expect_equal(sort(unique(tuned$folds)), 1:3)
  expect_error(moe_tune(d$formula, d$frame, folds = rep_len(1:3, d$n), group = id),
               "must not divide groups")
  sample <- problem_spread(fit_problem(fit), 50)
  expect_lte(length(sample$y), 50)
  expect_equal(unit_lengths(sample$unit), tabulate(d$group)[unique(d$group[sample$unit$row])])
})

test_that("all responses of a simulated group are of one expert", {
  d <- oracle_groups(40, 6, 2, 2, 2, 2, 14)
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, lambda = 0.5, control = quick, group = id))
  # Experts that never agree.
  fit$measure$expert[, , 1] <- rbind(c(50, -50), 0)
  fit$measure$expert[, , 2] <- rbind(c(-50, 50), 0)
  fit$measure$gate[] <- 0
  drawn <- simulate(fit, 20, seed = 1)
  for (column in drawn) {
    expect_true(all(tapply(column, d$frame$id, function(a) length(unique(a))) == 1))
  }
  expect_gt(mean(vapply(drawn, function(column) mean(column == "c1"), 0)), 0.3)
  expect_lt(mean(vapply(drawn, function(column) mean(column == "c1"), 0)), 0.7)
})

test_that("sparse matrices and dense ones give the same fit", {
  skip_if_not_installed("Matrix")
  d <- oracle_groups(60, 6, 4, 2, 3, 2, 15)
  x <- d$x[, -1] * (abs(d$x[, -1]) > 0.6)
  z <- d$z[d$group, -1, drop = FALSE]
  set.seed(5)
  dense <- moe_fit(x, factor(d$y), z = z, lambda = 0.5, control = quick, group = d$group)
  sparse <- moe_fit(Matrix::Matrix(x, sparse = TRUE), factor(d$y), z = Matrix::Matrix(z, sparse = TRUE),
                    lambda = 0.5, control = quick, group = d$group, start = dense)
  expect_equal(sparse$objective, dense$objective, tolerance = 1e-9)
  expect_equal(vcov(sparse), vcov(dense), tolerance = 1e-4)
  expect_equal(predict(sparse, type = "posterior"), predict(dense, type = "posterior"),
               tolerance = 1e-4)
})

test_that("dendrograms of groups choose among their fits", {
  d <- oracle_groups(150, 8, 3, 2, 3, 2, 16)
  set.seed(6)
  over <- moe_fit(d$formula, d$frame, experts = 3, lambda = 0.5, group = id,
                  control = moe_control(search = "quick", intercept_ridge = 0.01))
  tree <- moe_dendrogram(over)
  path <- as.data.frame(tree)
  expect_equal(path$bic, -2 * path$loglik + log(150) * path$df)
  chosen <- cut(tree, 2)
  direct <- moe_fit(d$formula, d$frame, experts = 2, lambda = 0.5, group = id, start = chosen,
                    control = moe_control(search = "quick", intercept_ridge = 0.01))
  expect_equal(chosen$objective, direct$objective, tolerance = 1e-8)
  expect_identical(chosen$group, over$group)
})

test_that("what cannot be a group is refused in words", {
  d <- oracle_groups(40, 6, 2, 2, 2, 2, 17)
  frame <- d$frame
  expect_error(moe_fit(y ~ x1, frame, group = id), "constant within groups.*\"x1\" varies")
  expect_error(moe_fit(d$formula, frame, group = 1:3), "one value per row")
  expect_error(moe_fit_worker(d$x, d$z[d$group, ], factor(d$y), group = 1:3), "one value per row")
  expect_error(moe_fit(y ~ x1 + (1 | id), frame), "Random effects are not supported.*`group = id`")
  expect_error(moe_fit(y ~ x1 | id, frame), "as an identifier has.*`group = id`")
  frame$id[3] <- NA
  expect_equal(moe_fit(d$formula, frame, lambda = 1, control = quick, group = id)$rows, d$n - 1)
})

test_that("flexmix with the same groups is never higher", {
  skip_on_cran()
  skip_if_not_installed("flexmix")
  skip_if_not_installed("nnet")
  d <- oracle_groups(80, 6, 3, 1, 3, 2, 18)
  set.seed(7)
  theirs <- flexmix::stepFlexmix(y ~ x1 + x2 | id, data = d$frame, k = 2, nrep = 2, verbose = FALSE,
                                 model = flexmix::FLXMRmultinom(),
                                 control = list(minprior = 0, iter.max = 500, tolerance = 1e-10))
  # Without a penalty, as theirs, coefficients may grow.
  ours <- suppressWarnings(moe_fit(y ~ x1 + x2 | 1, d$frame, experts = 2, lambda = 0, group = id))
  expect_gte(ours$loglik, theirs@logLik * (1 + 1e-6))
  expect_equal(ours$loglik, theirs@logLik, tolerance = 1e-4)
})
