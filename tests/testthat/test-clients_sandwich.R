# sandwich and nonnest2: with one expert as for a glm, with more as vcov() says.

skip_if_not_installed("sandwich")
one <- client_fits$binary
logistic <- client_peers$binary
mixture <- client_fits$mixture
id <- client_data$id

test_that("scores, bread and their products are those of a glm", {
  expect_same_numbers(sandwich::estfun(one), sandwich::estfun(logistic))
  expect_identical(dimnames(sandwich::estfun(one)),
                   list(as.character(1:300), names(coef(one))))
  expect_same_numbers(sandwich::bread(one), sandwich::bread(logistic))
  for (covariance in list(sandwich::sandwich, sandwich::vcovOPG, sandwich::vcovHAC)) {
    expect_same_numbers(covariance(one), covariance(logistic))
  }
  expect_same_numbers(sandwich::vcovCL(one, cluster = id), sandwich::vcovCL(logistic, cluster = id))
  expect_same_numbers(sandwich::vcovPL(one, cluster = id), sandwich::vcovPL(logistic, cluster = id))
})

test_that("the covariance under autocorrelation of a mixture is by its scores", {
  scores <- sandwich::estfun(mixture)
  n <- nrow(scores)
  meat <- crossprod(scores)
  for (lag in 1:2) {
    next_one <- crossprod(scores[-seq_len(lag), ], scores[seq_len(n - lag), ])
    meat <- meat + (1 - lag / 3) * (next_one + t(next_one))
  }
  bartlett <- function(x, ...) 1 - 0:2 / 3
  expect_equal(sandwich::vcovHAC(mixture, weights = bartlett, adjust = FALSE),
               vcov(mixture) %*% meat %*% vcov(mixture))
  expect_true(all(is.finite(sandwich::vcovHAC(mixture, order.by = client_data$x1))))
})

test_that("under case weights, too", {
  weighted <- client_fits$weighted
  expect_same_numbers(sandwich::estfun(weighted), sandwich::estfun(client_peers$weighted))
  expect_same_numbers(sandwich::bread(weighted), sandwich::bread(client_peers$weighted))
  expect_same_numbers(sandwich::sandwich(weighted), sandwich::sandwich(client_peers$weighted))
})

test_that("scores of a mixture are derivatives of its log-likelihood", {
  skip_if_not_installed("numDeriv")
  x <- model.matrix(mixture)
  z <- model.matrix(mixture, "gate")
  rows <- c(1, 50, 299)
  loglik <- function(b) {
    parts <- coef(mixture, "list")
    gate <- seq_along(parts$gate)
    parts$gate[] <- b[gate]
    parts$expert[] <- b[-gate]
    par <- oracle_parameters(parts)
    vapply(rows, function(i) {
      oracle_loglik(par, x[i, , drop = FALSE], z[i, , drop = FALSE],
                    as.integer(client_data$y[i]))
    }, 0)
  }
  expect_within(sandwich::estfun(mixture)[rows, ], numDeriv::jacobian(loglik, coef(mixture)), 1e-6)
})

test_that("of a mixture, sandwich() and vcovCL() are vcov() by type and by cluster", {
  expect_equal(sandwich::sandwich(mixture), vcov(mixture, "sandwich"))
  by_cluster <- vcov(mixture, cluster = id)
  expect_equal(sandwich::vcovCL(mixture, cluster = id, type = "HC0"), by_cluster)
  expect_equal(sandwich::vcovCL(mixture, cluster = ~ id, type = "HC0"), by_cluster)
})

test_that("dropped columns and rows left out are in no matrix", {
  gaps <- transform(client_data, x1 = replace(x1, c(3, 70), NA), twice = 2 * x2)
  fit <- suppressMessages(moe_fit(b ~ x1 + x2 + twice, gaps, experts = 1, na.action = na.exclude))
  plain <- glm(b ~ x1 + x2, binomial, gaps)
  expect_same_numbers(sandwich::estfun(fit), sandwich::estfun(plain))
  expect_identical(rownames(sandwich::estfun(fit)), rownames(sandwich::estfun(plain)))
  expect_same_numbers(sandwich::vcovCL(fit, cluster = id), sandwich::vcovCL(plain, cluster = id))
})

test_that("vcovHC() gives the types that need no hat values, and refuses the others", {
  for (type in c("HC0", "HC1")) {
    expect_same_numbers(sandwich::vcovHC(one, type), sandwich::vcovHC(logistic, type))
  }
  expect_identical(sandwich::vcovHC(one, "const"), vcov(one))
  expect_equal(sandwich::vcovHC(mixture), vcov(mixture, "sandwich"))
  expect_error(sandwich::vcovHC(one, "HC3"), "no hat values, .*not \"HC3\"",
               class = "moe_error_input")
  expect_error(sandwich::vcovHC(one, "HC9"), "must be one of", class = "moe_error_input")
})

test_that("vcovBS() resamples with matched experts", {
  set.seed(2)
  covariance <- sandwich::vcovBS(mixture, R = 5)
  set.seed(2)
  expect_equal(covariance, vcov(moe_bootstrap(mixture, replicates = 5)))
})

test_that("llcont() has each row's share of the log-likelihood, as of a glm", {
  skip_if_not_installed("nonnest2")
  expect_same_numbers(nonnest2::llcont(one), nonnest2::llcont(logistic))
  expect_equal(sum(nonnest2::llcont(client_fits$weighted)),
               as.numeric(logLik(client_fits$weighted)))
  expect_equal(sum(nonnest2::llcont(mixture)), as.numeric(logLik(mixture)))
  other <- moe_fit(b ~ x1, client_data, experts = 1)
  other_glm <- glm(b ~ x1, binomial, client_data)
  test <- nonnest2::vuongtest(one, other)
  test_glm <- nonnest2::vuongtest(logistic, other_glm)
  for (name in c("omega", "p_omega", "LRTstat")) {
    expect_equal(test[[name]], test_glm[[name]], tolerance = 1e-4)
  }
})
