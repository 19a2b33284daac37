# What moe_fit() computes: against other packages where there is one expert, against the model in
# plain R otherwise, and against what theory says of any fit.

# --- one expert ---

# Multinomial data with correlated, unequally scaled covariates and a factor.
logit_data <- function(seed, n, M) {
  set.seed(seed)
  a <- rnorm(n)
  d <- data.frame(a = a, b = 50 * (a + rnorm(n)), f = factor(sample(letters[1:3], n, TRUE)))
  eta <- cbind(0, outer(d$a, rnorm(M - 1)) + outer(d$f == "b", rnorm(M - 1)))
  d$y <- factor(oracle_draw(oracle_softmax(eta)))
  d$v <- rexp(n)
  d
}

test_that("one expert is nnet::multinom", {
  skip_if_not_installed("nnet")
  for (seed in 1:4) {
    d <- logit_data(seed, n = 150 * seed, M = 2 + seed)
    fit <- moe_fit(y ~ a + b + f, d, experts = 1)
    peer <- nnet::multinom(y ~ scale(a) + scale(b) + f, d, trace = FALSE, reltol = 1e-16,
                           abstol = 0, maxit = 5000)
    slopes <- t(coef(peer))
    slopes[2:3, ] <- slopes[2:3, ] / c(sd(d$a), sd(d$b))
    slopes[1, ] <- slopes[1, ] - slopes[2, ] * mean(d$a) - slopes[3, ] * mean(d$b)
    expect_within(coef(fit, "list")$expert, slopes, 1e-5)
    expect_equal(fit$loglik, as.numeric(logLik(peer)), tolerance = 1e-8)
    expect_identical(attr(logLik(fit), "df"), as.numeric(attr(logLik(peer), "df")))
  }
})

test_that("one expert with case weights is nnet::multinom with them", {
  skip_if_not_installed("nnet")
  d <- logit_data(5, n = 300, M = 3)
  fit <- moe_fit(y ~ a + f, d, experts = 1, weights = v)
  peer <- nnet::multinom(y ~ a + f, d, weights = v, trace = FALSE, reltol = 1e-16, abstol = 0,
                         maxit = 5000)
  expect_within(coef(fit, "list")$expert, t(coef(peer)), 1e-5)
  expect_equal(fit$loglik, as.numeric(logLik(peer)), tolerance = 1e-8)
})

test_that("one expert and two classes are a binomial glm", {
  for (seed in 6:8) {
    d <- logit_data(seed, n = 200, M = 2)
    fit <- moe_fit(y ~ a + b + f, d, experts = 1)
    peer <- glm(y ~ a + b + f, binomial, d, epsilon = 1e-14)
    expect_within(coef(fit, "list")$expert, coef(peer), 1e-6)
    expect_equal(as.numeric(logLik(fit)), as.numeric(logLik(peer)), tolerance = 1e-10)
    expect_equal(AIC(fit), AIC(peer), tolerance = 1e-10)
    expect_equal(BIC(fit), BIC(peer), tolerance = 1e-10)
  }
})

test_that("the ridge is glmnet's on the symmetric coefficients of several classes", {
  skip_if_not_installed("glmnet")
  d <- logit_data(9, n = 250, M = 4)
  x <- model.matrix(~ a + b + f, d)[, -1]
  for (lambda in c(0.3, 5, 60)) {
    fit <- moe_fit(x, d$y, experts = 1, weights = d$v, lambda = lambda)
    peer <- glmnet::glmnet(x, d$y, family = "multinomial", weights = d$v, alpha = 0,
                           lambda = lambda / sum(d$v), thresh = 1e-20, maxit = 1e7)
    peer <- vapply(coef(peer), as.matrix, numeric(5))
    expect_within(coef(fit, "list")$expert, peer[, -1] - peer[, 1], 1e-5)
  }
})

# The two symmetric coefficients are +-b/2, so the penalty is lambda/2 * 2 * (b/2)^2 = lambda/4 b^2,
# and glmnet's n * lambda/2 b^2 is that for half of our lambda.
test_that("the ridge is half of glmnet's for two classes", {
  skip_if_not_installed("glmnet")
  d <- logit_data(10, n = 250, M = 2)
  x <- model.matrix(~ a + b + f, d)[, -1]
  for (lambda in c(0.3, 5, 60)) {
    fit <- moe_fit(x, d$y, experts = 1, lambda = lambda)
    peer <- glmnet::glmnet(x, d$y, family = "binomial", alpha = 0, lambda = lambda / 2 / nrow(x),
                           thresh = 1e-20, maxit = 1e7)
    expect_within(coef(fit, "list")$expert, as.matrix(coef(peer)), 1e-5)
  }
})

# --- the objective, its gradient and one step ---

# Small problems of all shapes, without much sense: correlated columns of very different scales, in
# some with weights, in some with a ridge.
random_problem <- function(seed) {
  set.seed(seed)
  n <- sample(c(40, 80, 150), 1)
  p <- sample(1:4, 1)
  K <- sample(1:6, 1)
  x <- matrix(rnorm(n * p), n) %*% chol(diag(p) + runif(1, 0, 5))
  x <- sweep(x, 2, 10^runif(p, -6, 6), "*")
  x <- sweep(x, 2, apply(x, 2, sd) * 10^runif(p, -3, 3), "+")
  tau <- matrix(rexp(n * K), n)
  list(x = x, y = factor(sample(rep_len(seq_len(sample(2:6, 1)), n))), K = K,
       tau = tau / rowSums(tau), v = if (seed %% 3 == 0) rexp(n) else rep(1, n),
       lambda = c(0, 0, 0.1, 3)[seed %% 4 + 1])
}

fit_problem <- function(q, ..., start = q$tau) {
  suppressWarnings(moe_fit(q$x, q$y, q$K, weights = q$v, lambda = q$lambda, start = start,
                           control = moe_control(...)))
}

# A fit's parameters for standardised covariates, with those covariates.
standardised <- function(fit, x, v) {
  par <- oracle_parameters(coef(fit, "list"))
  list(par = oracle_standardise(par, x, v = v), x = oracle_scale(x, v))
}

test_that("one step of method mm is the closed form of the minorizer", {
  for (seed in 1:12) {
    d <- oracle_data(n = 60 + 20 * seed, p = 3, M = 2 + seed %% 3, K = 1 + seed %% 4, seed = seed)
    v <- d$frame$v <- if (seed %% 2) rexp(nrow(d$x)) else rep(1, nrow(d$x))
    lambda <- c(0, 0.2, 8)[seed %% 3 + 1]
    run <- function(iterations, start) {
      suppressWarnings(moe_fit(d$formula, d$frame, d$K, weights = v, lambda = lambda, start = start,
                               control = moe_control("mm", max_iterations = iterations)))
    }
    before <- run(0, oracle_start(d))
    after <- run(1, before)
    now <- standardised(before, d$x, v)
    step <- oracle_mm_step(now$par, now$x, now$x, d$y, v, lambda)
    order <- order(colSums(v * oracle_softmax(now$x %*% step$gate)), decreasing = TRUE)
    arrived <- standardised(after, d$x, v)$par
    expect_within(arrived$gate, step$gate[, order], 1e-10)
    expect_within(arrived$expert, step$expert[, , order], 1e-10)
    expect_equal(after$trace[2], tolerance = 1e-12,
                 oracle_loglik(step, now$x, now$x, d$y, v) - oracle_penalty(step, lambda))
  }
})

test_that("objective and log-likelihood are those of the coefficients", {
  for (seed in 1:12) {
    q <- random_problem(seed)
    fit <- fit_problem(q, max_iterations = 20)
    x <- cbind(1, q$x)
    par <- standardised(fit, x, q$v)
    loglik <- oracle_loglik(par$par, par$x, par$x, as.integer(q$y), q$v)
    expect_equal(fit$loglik, loglik, tolerance = 1e-8)
    expect_equal(fit$objective, loglik - oracle_penalty(par$par, q$lambda), tolerance = 1e-8)
  }
})

# --- ascent ---

test_that("no step of either method lowers the objective, whatever the problem", {
  falls <- vapply(1:200, function(seed) {
    q <- random_problem(seed)
    vapply(c("mm", "accelerated"), function(method) {
      trace <- fit_problem(q, method = method, max_iterations = 30)$trace
      max(-diff(trace) / (1 + abs(trace[-1])), -Inf)
    }, 0)
  }, numeric(2))
  expect_lte(max(falls), 1e-10)
})

# A step that would lower the objective ends a run as "stalled". Only rounding may do that.
test_that("plain steps are never refused while there is something to gain", {
  for (seed in 1:200) {
    q <- random_problem(seed)
    fit <- fit_problem(q, method = "mm", max_iterations = 30)
    if (fit$status != "stalled") next
    now <- standardised(fit, cbind(1, q$x), q$v)
    value <- function(par) {
      oracle_loglik(par, now$x, now$x, as.integer(q$y), q$v) - oracle_penalty(par, q$lambda)
    }
    step <- oracle_mm_step(now$par, now$x, now$x, as.integer(q$y), q$v, q$lambda)
    expect_lt(value(step) - value(now$par), 1e-10 * (1 + abs(value(step))))
  }
  succeed()
})

# Ridge on slopes and, a little, on intercepts: every maximum is attained, so that plain MM arrives
# in a bearable time.
bounded_problem <- function(seed) {
  d <- oracle_data(n = 80 + 10 * (seed %% 5), p = 2 + seed %% 3, M = 2 + seed %% 4,
                   K = 2 + seed %% 3, seed = seed)
  control <- function(...) moe_control(intercept_ridge = 0.2, ...)
  list(d = d, tau = oracle_start(d), fit = function(start, ...) {
    moe_fit(d$formula, d$frame, d$K, lambda = 1 + seed %% 3, start = start,
            control = control(...))
  })
}

test_that("both methods stop where the gradient vanishes", {
  for (seed in 1:10) {
    q <- bounded_problem(seed)
    for (method in c("mm", "accelerated")) {
      fit <- suppressWarnings(q$fit(q$tau, method = method, max_iterations = 20000))
      expect_true(fit$converged)
      now <- standardised(fit, q$d$x, rep(1, nrow(q$d$x)))
      slope <- oracle_evaluate(now$par, now$x, now$x, q$d$y)$gradient
      lambda <- fit$lambda * c(0.2, rep(1, q$d$p - 1))
      slope <- c(slope$gate - lambda * now$par$gate, slope$expert - lambda * now$par$expert)
      expect_lt(max(abs(slope)), 1e-3)
      expect_within(fit$gradient_norm, max(abs(slope)), 1e-6)
    }
  }
})

test_that("where the accelerated method stops, plain MM finds nothing to gain", {
  for (seed in 1:50) {
    q <- bounded_problem(seed)
    fast <- suppressWarnings(q$fit(q$tau))
    plain <- suppressWarnings(q$fit(fast, method = "mm", max_iterations = 500))
    expect_lt(plain$objective - fast$objective, 1e-8 * (1 + abs(fast$objective)))
  }
})

test_that("the accelerated method reaches what plain MM reaches in a tenth of the passes", {
  runs <- vapply(1:50, function(seed) {
    q <- bounded_problem(seed)
    fast <- suppressWarnings(q$fit(q$tau))
    plain <- suppressWarnings(q$fit(q$tau, method = "mm", tolerance = 1e-10,
                                    max_iterations = 20000))
    expect_true(plain$converged)
    c(lead = (fast$objective - plain$objective) / (1 + abs(plain$objective)),
      passes = plain$evaluations / fast$evaluations)
  }, numeric(2))
  # The two need not end in the same basin; mostly they do.
  expect_gte(mean(runs["lead", ] > -1e-6), 0.85)
  expect_gte(median(runs["passes", ]), 10)
})

# --- the object ---

test_that("a fit records its course", {
  d <- oracle_data(n = 300, p = 3, M = 3, K = 2, seed = 1)
  set.seed(2)
  fit <- moe_fit(d$formula, d$frame, lambda = 1, control = moe_control(search = "quick"))
  expect_s3_class(fit, "moe_fit")
  expect_true(fit$converged)
  expect_identical(fit$status, "converged")
  expect_length(fit$trace, fit$iterations + 1)
  expect_identical(fit$trace[fit$iterations + 1], fit$objective)
  expect_gt(fit$evaluations, fit$iterations)
  expect_identical(fit$optima, data.frame(objective = fit$objective, found = 1L))
  expect_identical(fit$lambda, 1)
  expect_identical(fit$levels, levels(d$frame$y))
  expect_lt(fit$gain, 1e-12 * (1 + abs(fit$objective)))
  expect_identical(fit$problems, NULL)
})

test_that("degrees of freedom and observations are counted as for a likelihood", {
  d <- oracle_data(n = 200, p = 4, M = 3, K = 2, seed = 3)
  v <- d$frame$v <- rep(c(0.5, 2, 0), length.out = 200)
  fit <- moe_fit(y ~ x1 + x2 + x3 | x1, d$frame, experts = 3, weights = v, lambda = 1,
                 start = oracle_start(d, 3))
  likelihood <- logLik(fit)
  expect_identical(as.numeric(likelihood), fit$loglik)
  expect_equal(attr(likelihood, "df"), 2 * 2 + 3 * 4 * 2)
  expect_equal(attr(likelihood, "nobs"), sum(v))
  expect_equal(nobs(fit), sum(v))
  expect_equal(BIC(fit), -2 * fit$loglik + log(sum(v)) * 28)
  par <- oracle_parameters(coef(fit, "list"))
  expect_equal(fit$loglik, oracle_loglik(par, d$x, d$x[, 1:2], d$y, v),
               tolerance = 1e-10)
})

test_that("experts are in order of their mean gate probability", {
  d <- oracle_data(n = 300, p = 3, M = 3, K = 4, seed = 4)
  v <- d$frame$v <- rexp(300)
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, experts = 4, weights = v, lambda = 1,
                                  start = oracle_start(d)))
  expect_false(is.unsorted(rev(fit$shares)))
  gate <- oracle_softmax(d$x %*% oracle_parameters(coef(fit, "list"))$gate)
  expect_within(fit$shares, colSums(v * gate) / sum(v), 1e-10)
})

# --- case weights ---

test_that("whole weights are repeated rows", {
  d <- oracle_data(n = 250, p = 3, M = 3, K = 2, seed = 5, expert_scale = 1.5)
  d$frame$v <- sample(1:4, 250, TRUE)
  tau <- oracle_start(d)
  twice <- rep(1:250, d$frame$v)
  # Where a run stops must not show in the digits compared.
  to_the_end <- moe_control(tolerance = 1e-15)
  for (lambda in c(0, 2)) {
    weighted <- moe_fit(d$formula, d$frame, weights = v, lambda = lambda, start = tau,
                        control = to_the_end)
    repeated <- moe_fit(d$formula, d$frame[twice, ], lambda = lambda, start = tau[twice, ],
                        control = to_the_end)
    expect_equal(weighted$objective, repeated$objective, tolerance = 1e-10)
    expect_equal(nobs(weighted), nobs(repeated))
    expect_within(predict(weighted, d$frame, "prob"), predict(repeated, d$frame, "prob"), 1e-6)
    expect_within(coef(weighted, "list")$expert, coef(repeated, "list")$expert, 1e-4)
  }
})

test_that("rows of weight zero change nothing", {
  d <- oracle_data(n = 150, p = 3, M = 3, K = 2, seed = 6)
  d$frame$v <- rep(c(1, 0.3, 0), 50)
  tau <- oracle_start(d)
  kept <- d$frame$v > 0
  with <- moe_fit(d$formula, d$frame, weights = v, lambda = 1, start = tau)
  strange <- d$frame
  strange$x1[!kept] <- 1e6
  strange <- moe_fit(d$formula, strange, weights = v, lambda = 1, start = tau)
  without <- moe_fit(d$formula, d$frame[kept, ], weights = v, lambda = 1, start = tau[kept, ])
  for (fit in list(with, strange)) {
    expect_equal(fit$objective, without$objective, tolerance = 1e-10)
    expect_within(coef(fit, "list")$expert, coef(without, "list")$expert, 1e-5)
    expect_within(coef(fit, "list")$gate, coef(without, "list")$gate, 1e-5)
  }
})

# --- starts ---

test_that("a fit from its own solution stops at once", {
  for (seed in 1:5) {
    d <- oracle_data(n = 200, p = 3, M = 3, K = 2, seed = seed)
    for (lambda in c(0, 1)) {
      fit <- suppressWarnings(moe_fit(d$formula, d$frame, lambda = lambda,
                                      start = oracle_start(d)))
      again <- suppressWarnings(moe_fit(d$formula, d$frame, lambda = lambda, start = fit))
      expect_lte(again$iterations, 3) # so many steps show what is left
      expect_equal(again$objective, fit$objective, tolerance = 1e-11)
    }
  }
})

# EM proper: the M-step by nnet::multinom, for the experts and for the gate. It is slow, so after a
# few rounds its basin is found by another fit.
test_that("a fit from responsibilities ends in the basin that EM from them finds", {
  skip_if_not_installed("nnet")
  m_step <- function(response, x, v) {
    fit <- nnet::multinom(response ~ x[, -1], weights = v, trace = FALSE)
    slopes <- coef(fit, "list")
    cbind(0, if (is.matrix(slopes)) t(slopes) else slopes)
  }
  for (seed in c(11, 12, 18)) {
    d <- oracle_data(n = 600, p = 3, M = 3, K = 2, seed = seed, expert_scale = 1.5)
    tau <- oracle_start(d)
    fit <- moe_fit(d$formula, d$frame, lambda = 0, start = tau)
    indicator <- diag(3)[d$y, ]
    par <- list(expert = array(0, c(3, 3, 2)))
    for (round in 1:15) {
      par$gate <- m_step(tau, d$x, rep(1, 600))
      for (k in 1:2) par$expert[, , k] <- m_step(indicator, d$x, tau[, k])
      tau <- oracle_evaluate(par, d$x, d$x, d$y)$tau
    }
    expect_gt(fit$loglik, oracle_loglik(par, d$x, d$x, d$y))
    again <- moe_fit(d$formula, d$frame, lambda = 0, start = tau)
    expect_equal(again$loglik, fit$loglik, tolerance = 1e-8)
  }
})

# --- invariance ---

# Fits of one problem described in two ways, from the same start: the same objective, and the same
# probabilities once these are put in the same order.
expect_same_fit <- function(fit, prob, other, other_prob) {
  expect_lt(abs(fit$objective - other$objective), 1e-8 * (1 + abs(fit$objective)))
  expect_within(other_prob, prob, 1e-6)
}

invariance_problem <- function(K) {
  # Maxima that are attained without a ridge too.
  d <- oracle_data(n = 800, p = 3, M = 3, K = K, seed = 24, expert_scale = 1.5)
  d$tau <- oracle_start(d)
  d
}

refit <- function(d, ..., frame = d$frame, tau = d$tau) {
  suppressWarnings(moe_fit(d$formula, frame, ncol(tau), start = tau, ...,
                           control = moe_control(tolerance = 1e-14)))
}

test_that("the names and the order of classes do not matter", {
  for (K in 2:3) for (lambda in c(0, 2)) {
    d <- invariance_problem(K)
    fit <- refit(d, lambda = lambda)
    frame <- d$frame
    frame$y <- factor(c(c1 = "z", c2 = "a", c3 = "m")[as.character(frame$y)])
    other <- refit(d, frame = frame, lambda = lambda)
    expect_same_fit(fit, predict(fit, type = "prob"), other,
                    predict(other, type = "prob")[, c("z", "a", "m")])
  }
})

test_that("the order of rows does not matter", {
  for (K in 2:3) for (lambda in c(0, 2)) {
    d <- invariance_problem(K)
    fit <- refit(d, lambda = lambda)
    rows <- sample.int(800)
    other <- refit(d, frame = d$frame[rows, ], tau = d$tau[rows, ], lambda = lambda)
    expect_same_fit(fit, predict(fit, type = "prob")[rows, ], other, predict(other, type = "prob"))
  }
})

test_that("the units and the origin of covariates do not matter", {
  for (K in 2:3) for (lambda in c(0, 2)) {
    d <- invariance_problem(K)
    fit <- refit(d, lambda = lambda)
    for (unit in c(1e-6, 1e-2, 1e3, 1e6)) {
      frame <- d$frame
      frame$x1 <- unit * (frame$x1 - 70)
      frame$x2 <- (3 - frame$x2) / unit
      other <- refit(d, frame = frame, lambda = lambda)
      expect_same_fit(fit, predict(fit, type = "prob"), other, predict(other, type = "prob"))
      of_x1 <- function(fit) coef(fit, "list")$expert["x1", , ]
      expect_within(of_x1(other) * unit, of_x1(fit), 1e-4)
    }
  }
})

test_that("the order of experts in the start does not matter", {
  for (K in 2:3) for (lambda in c(0, 2)) {
    d <- invariance_problem(K)
    fit <- refit(d, lambda = lambda)
    other <- refit(d, tau = d$tau[, K:1], lambda = lambda)
    expect_same_fit(fit, predict(fit, type = "prob"), other, predict(other, type = "prob"))
    expect_within(other$shares, fit$shares, 1e-6)
  }
})

# --- statistics ---

permutations <- function(k) {
  if (k == 1) return(list(1L))
  unlist(lapply(permutations(k - 1), function(rest) {
    lapply(0:(k - 1), function(at) append(rest, k, at))
  }), recursive = FALSE)
}

# Root mean square error of the parameters under the best matching of the experts.
parameter_error <- function(fit, truth) {
  par <- oracle_parameters(coef(fit, "list"))
  min(vapply(permutations(ncol(truth$gate)), function(order) {
    sqrt(mean(c(par$gate[, order] - truth$gate, par$expert[, , order] - truth$expert)^2))
  }, 0))
}

test_that("parameters are recovered, the better the more rows there are", {
  for (K in 2:3) {
    errors <- vapply(c(500, 2000, 8000), function(n) {
      mean(vapply(1:3, function(seed) {
        d <- oracle_data(n, p = 4, M = 3, K = K, seed = 100 + seed, expert_scale = 2)
        set.seed(seed)
        fit <- suppressWarnings(moe_fit(d$formula, d$frame, K, lambda = 0.5,
                                        control = moe_control(search = "quick")))
        parameter_error(fit, d$truth)
      }, 0))
    }, 0)
    expect_lt(errors[2], errors[1])
    expect_lt(errors[3], 0.7 * errors[2])
    expect_lt(errors[3], 0.25)
  }
})

# --- reproducibility ---

test_that("a seed decides everything", {
  d <- oracle_data(n = 500, p = 3, M = 3, K = 2, seed = 30)
  fit <- function(seed) {
    set.seed(seed)
    suppressWarnings(moe_fit(d$formula, d$frame, 3, control = moe_control(search = "quick")))
  }
  expect_identical(fit(1), fit(1))
  expect_false(identical(fit(1)$trace, fit(2)$trace))
})

test_that("the number of threads changes nothing", {
  d <- oracle_data(n = 3000, p = 3, M = 3, K = 2, seed = 31)
  tau <- oracle_start(d)
  fit <- function(threads) {
    out <- moe_fit(d$formula, d$frame, 2, start = tau, control = moe_control(threads = threads))
    out[setdiff(names(out), c("call", "control"))]
  }
  expect_identical(fit(1), fit(2))
})
