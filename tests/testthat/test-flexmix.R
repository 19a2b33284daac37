# flexmix fits the same model by EM, with nnet::multinom for each M-step: an independent program
# whose optima ours must reach.

flexmix_problem <- function(n, p, M, K, seed) {
  d <- oracle_data(n, p, M, K, seed, expert_scale = 1.5)
  gate <- reformulate(colnames(d$x)[-1])
  # EM sometimes ends in an error where a likelihood underflows: NULL then.
  d$flexmix <- function(tau = NULL, rounds = 100) {
    utils::capture.output(fit <- suppressWarnings(tryCatch(
      flexmix::flexmix(d$formula, data = d$frame, k = K, cluster = tau,
                       model = flexmix::FLXMRmultinom(), concomitant = flexmix::FLXPmultinom(gate),
                       control = list(minprior = 0, iter.max = rounds, tolerance = 1e-7)),
      error = function(e) NULL
    )))
    fit
  }
  d$moe <- function(..., lambda = 0) {
    suppressWarnings(moe_fit(d$formula, d$frame, K, lambda = lambda, ...))
  }
  d
}

flexmix_problems <- function() {
  list(flexmix_problem(200, 3, 3, 2, seed = 1), flexmix_problem(250, 3, 2, 2, seed = 2),
       flexmix_problem(200, 2, 3, 3, seed = 3), flexmix_problem(200, 3, 4, 2, seed = 4))
}

value <- function(fit) if (is.null(fit)) NA_real_ else fit@logLik

test_that("a fit reaches at least what flexmix reaches from five starts", {
  skip_on_cran()
  skip_if_not_installed("flexmix")
  for (d in flexmix_problems()) {
    set.seed(20)
    peer <- max(vapply(1:5, function(run) value(d$flexmix()), 0), na.rm = TRUE)
    fit <- d$moe()
    expect_gte(fit$loglik, peer - 1e-6 * (1 + abs(peer)))
  }
})

test_that("from flexmix's responsibilities a fit goes on where flexmix stopped", {
  skip_on_cran()
  skip_if_not_installed("flexmix")
  compared <- 0
  for (d in flexmix_problems()) {
    peer <- d$flexmix(oracle_start(d), rounds = 40)
    if (is.null(peer)) next
    fit <- d$moe(start = flexmix::posterior(peer))
    expect_gte(fit$loglik, value(peer) - 1e-6 * (1 + abs(value(peer))))
    compared <- compared + 1
  }
  expect_gte(compared, 2)
})

test_that("log-likelihoods and coefficients mean what they mean in flexmix", {
  skip_on_cran()
  skip_if_not_installed("flexmix")
  d <- flexmix_problem(250, 3, 2, 2, seed = 2)
  peer <- d$flexmix(oracle_start(d), rounds = 30)
  par <- list(gate = unname(cbind(flexmix::parameters(peer, which = "concomitant"))),
              expert = array(0, c(3, 2, 2)))
  par$expert[, 2, ] <- flexmix::parameters(peer)
  # flexmix keeps the value from before its last M-step.
  expect_within(oracle_loglik(par, d$x, d$x, d$y), value(peer), 1e-3)
  expect_identical(attr(logLik(d$moe(lambda = 1, start = oracle_start(d))), "df"),
                   peer@df)
})

test_that("from the same start the optimum is mostly flexmix's or a higher one", {
  skip_on_cran()
  skip_if_not_installed("flexmix")
  leads <- vapply(flexmix_problems(), function(d) {
    peer <- value(d$flexmix(oracle_start(d)))
    d$moe(start = oracle_start(d))$loglik - peer
  }, 0)
  expect_gte(mean(leads > -1e-6, na.rm = TRUE), 0.5)
})
