# Replicates under random weights: the weights, the intervals, and that it does not matter where
# replicates are computed.

boot_data <- oracle_data(600, 3, 3, 2, seed = 3)
boot_fit <- local({
  set.seed(1)
  moe_fit(boot_data$formula, boot_data$frame, lambda = 0.5, control = moe_control(search = "quick"))
})
simple <- moe_fit(c ~ x1, data.frame(c = rep(0:1, 100), x1 = rep(c(-1, 0, 0.5, 1, 1.5), 40)),
                  experts = 1)

boot <- function(fit = boot_fit, replicates = 3, ..., seed = 1) {
  set.seed(seed)
  moe_bootstrap(fit, replicates, ..., progress = FALSE)
}

# --- weights ---

test_that("weights are exponential or Dirichlet, and equal within clusters", {
  set.seed(3)
  weights <- draw_weights("exponential", 1e4, NULL)
  expect_gt(ks.test(weights, "pexp")$p.value, 0.01)
  weights <- draw_weights("dirichlet", 50, NULL)
  expect_within(mean(weights), 1, 1e-14)
  # One share of a flat Dirichlet vector of 50 is Beta(1, 49).
  shares <- replicate(2000, draw_weights("dirichlet", 50, NULL)[1]) / 50
  expect_gt(ks.test(shares, "pbeta", 1, 49)$p.value, 0.01)
  cluster <- rep(1:5, each = 4)[c(7, 1:6, 8:20)]
  weights <- draw_weights("exponential", 20, cluster)
  expect_true(all(tapply(weights, cluster, function(w) length(unique(w))) == 1))
  expect_length(unique(weights), 5)
})

test_that("each replicate maximises the likelihood under its weights", {
  skip_if_not_installed("nnet")
  d <- data.frame(y = iris$Species, x = iris$Sepal.Length, v = rep(1:3, 50))
  fit <- moe_fit(y ~ x, d, experts = 1, weights = v)
  replicates <- coef(boot(fit, 2, seed = 4))
  set.seed(4)
  streams <- random_streams(2)
  for (b in 1:2) {
    d$w <- d$v * with_random_state(streams[[b]], rexp(150))
    other <- nnet::multinom(y ~ x, d, weights = w, trace = FALSE, reltol = 1e-14, maxit = 500)
    expect_within(replicates[b, ], t(coef(other)), 1e-3)
  }
})

test_that("replicates of a mixture are maxima of their own penalised likelihood", {
  result <- boot(replicates = 2, type = "dirichlet")
  task <- bootstrap_task(boot_fit, "dirichlet", NULL, TRUE)
  set.seed(1)
  streams <- random_streams(2)
  for (b in 1:2) {
    weights <- with_random_state(streams[[b]], draw_weights("dirichlet", 600, NULL))
    size <- lengths(boot_fit$coefficients)
    at <- seq_len(size[1])
    parts <- boot_fit$coefficients
    parts$gate[] <- coef(result)[b, at]
    parts$expert[] <- coef(result)[b, -at]
    # On the fit's standardisation, which is that of equal weights.
    objective <- function(parts) {
      par <- oracle_parameters(parts)
      oracle_loglik(par, boot_data$x, boot_data$x, boot_data$y, weights) -
        oracle_penalty(oracle_standardise(par, boot_data$x), 0.5)
    }
    best <- objective(parts)
    moved <- vapply(1:20, function(i) {
      set.seed(i)
      objective(lapply(parts, function(a) a + rnorm(length(a), sd = 0.02)))
    }, 0)
    expect_true(all(moved < best))
    expect_lt(objective(coef(boot_fit, "list")), best)
  }
})

# --- what comes out ---

test_that("the spread is that of large-sample theory", {
  d <- oracle_data(6000, 3, 3, 2, seed = 3)
  set.seed(1)
  fit <- moe_fit(d$formula, d$frame, lambda = 0.5,
                 control = moe_control(search = "quick", intercept_ridge = 0.1))
  result <- boot(fit, 150)
  ratio <- sqrt(diag(vcov(result)) / diag(vcov(fit, type = "sandwich")))
  # 150 replicates know a standard deviation to 6%.
  expect_gt(min(ratio), 0.8)
  expect_lt(max(ratio), 1.3)
  expect_true(all(result$converged))
  expect_identical(nrow(result$failures), 0L)
  table <- summary(result)
  expect_identical(rownames(table), rownames(vcov(fit)))
  expect_identical(colnames(table), c("Estimate", "Bias", "Std. Error", "2.5 %", "97.5 %"))
  expect_equal(table[, "Estimate"], coef(fit), ignore_attr = TRUE)
  expect_true(all(table[, 4] < table[, 1] & table[, 1] < table[, 5]))
})

test_that("with clusters the spread is that of the cluster-robust covariance", {
  d <- data.frame(c = simple$model$c, x1 = simple$model$x1)
  twice <- moe_fit(c ~ x1, rbind(d, d, d, d), experts = 1)
  cluster <- rep(1:200, 4)
  result <- boot(twice, 300, cluster = cluster)
  expect_identical(result$clusters, 200L)
  expect_within(sqrt(diag(vcov(result)) / diag(vcov(twice, cluster = cluster))), c(1, 1), 0.15)
})

test_that("intervals are those of their definitions", {
  result <- boot(simple, 40)
  a <- coef(result)[, "expert1:1:x1"]
  estimate <- coef(simple, "list")$expert["x1", 1, 1]
  interval <- function(...) as.vector(confint(result, "expert1:1:x1", ...))
  q <- unname(quantile(a, c(0.05, 0.95)))
  expect_equal(interval(level = 0.9), q)
  expect_equal(interval(level = 0.9, type = "basic"), 2 * estimate - rev(q))
  expect_equal(interval(type = "normal"),
               2 * estimate - mean(a) + c(-1, 1) * qnorm(0.975) * sd(a))
  expect_identical(dimnames(confint(result, 2, 0.9)), list("expert1:1:x1", c("5 %", "95 %")))
  expect_equal(vcov(result), cov(coef(result)))
})

test_that("covariates that were dropped have NA, and one replicate has no spread", {
  d <- data.frame(c = simple$model$c, x1 = simple$model$x1, twice = 2 * simple$model$x1)
  suppressMessages(fit <- moe_fit(c ~ x1 + twice, d, experts = 1))
  result <- boot(fit, 3)
  expect_true(all(is.na(summary(result)["expert1:1:twice", ])))
  expect_equal(summary(result)[1:2, ], summary(boot(simple, 3)), tolerance = 1e-6)
  expect_true(all(is.na(vcov(boot(simple, 1)))))
})

test_that("a data frame has a row per replicate and coefficient", {
  result <- boot(replicates = 2)
  table <- as.data.frame(result)
  expect_identical(names(table), c("replicate", "component", "y.level", "term", "estimate"))
  expect_identical(nrow(table), 2L * ncol(coef(result)))
  label <- ifelse(table$component == "gate", paste0("gate:", table$y.level),
                  paste0(table$component, ":", table$y.level))
  expect_equal(table$estimate,
               coef(result)[cbind(table$replicate,
                                  match(paste0(label, ":", table$term), colnames(coef(result))))])
})

test_that("printing says how it was made", {
  expect_output(print(boot(simple, 3)),
                "bootstrap of a mixture of 1 expert.*3 replicates with exponential.*0 failed")
  expect_output(print(boot(replicates = 2, type = "dirichlet", cluster = rep(1:300, 2))),
                "2 replicates with Dirichlet weights by 300 clusters; .* changed places in 0")
})

# --- errors of replicates ---

test_that("replicates that fail are counted, left out and never hidden", {
  task <- bootstrap_task(simple, "exponential", NULL, TRUE)
  set.seed(1)
  sound <- run_tasks(run_replicate, task, random_streams(2), NULL, FALSE, "")
  broken <- task
  broken$problem$design$x[7] <- NaN
  failed <- run_tasks(run_replicate, broken, random_streams(1), NULL, FALSE, "")
  expect_identical(failed[[1]]$error, "the objective is not finite")
  result <- new_bootstrap(c(sound[1], failed, sound[2]), simple, "exponential", NULL, quote(f()))
  expect_warning(report_failures(result),
                 "1 of 3 replicates failed and are left out \\(the objective is not finite\\)")
  expect_identical(result$failures,
                   data.frame(replicate = 2L, message = "the objective is not finite"))
  expect_identical(result$converged, c(TRUE, NA, TRUE))
  expect_true(all(is.na(coef(result)[2, ])))
  expect_equal(vcov(result), cov(coef(result)[-2, ]))
  expect_equal(confint(result)[2, 1], unname(quantile(coef(result)[-2, 2], 0.025)))
  expect_error(new_bootstrap(failed, simple, "exponential", NULL, quote(f())), "All replicates")
})

test_that("replicates that have not converged are counted", {
  d <- boot_fit$model
  hasty <- suppressWarnings(moe_fit(formula(boot_fit), d, lambda = 0.5, start = boot_fit,
                                    control = moe_control(max_iterations = 1)))
  expect_warning(result <- boot(hasty, 2), "2 of 2 replicates have not converged.*max_iterations")
  expect_identical(result$converged, c(FALSE, FALSE))
})

# --- where replicates are computed ---

test_that("results do not depend on the cluster, nor the random numbers that follow", {
  skip_on_os("windows")
  reference <- boot(replicates = 5)
  after <- runif(1)
  for (type in c("PSOCK", "FORK")) {
    cl <- test_cluster(2, type = type)
    on.exit(parallel::stopCluster(cl))
    result <- boot(replicates = 5, cl = cl)
    expect_identical(coef(result), coef(reference))
    expect_identical(runif(1), after)
    # What was sent is not kept there.
    expect_null(parallel::clusterEvalQ(cl, moelogit:::state$task)[[1]])
    parallel::stopCluster(cl)
    on.exit()
  }
  expect_false(identical(coef(boot(replicates = 5, seed = 2)), coef(reference)))
  # The first replicates do not depend on how many follow, or on the kind of the generator.
  expect_identical(coef(boot(replicates = 2)), coef(reference)[1:2, ])
  kind <- RNGkind()
  set.seed(1)
  before <- .Random.seed
  expect_length(with_random_state(random_streams(1)[[1]], rexp(2)), 2)
  expect_identical(RNGkind(), kind)
})

test_that("processes use one thread each", {
  threaded <- boot_fit
  threaded$control$threads <- 2L
  expect_identical(bootstrap_task(threaded, "exponential", NULL, FALSE)$problem$control$threads, 1L)
  expect_identical(bootstrap_task(threaded, "exponential", NULL, TRUE)$problem$control$threads, 2L)
})

# --- refusals ---

test_that("what cannot be bootstrapped is refused", {
  refused <- function(call, message) expect_error(call, message, class = "moe_error_input")
  refused(moe_bootstrap(1), "`fit` must be a fit by moe_fit\\(\\), not 1")
  merged <- suppressWarnings(cut(moe_dendrogram(boot_fit, refine = FALSE), experts = 1))
  refused(moe_bootstrap(merged), "merged without refinement and is not at a maximum")
  refused(moe_bootstrap(simple, 0), "`replicates` must be one whole number of at least 1, not 0")
  refused(moe_bootstrap(simple, 2, "rows"), "`type` must be one of \"exponential\", \"dirichlet\"")
  refused(moe_bootstrap(simple, 2, cluster = 1:3), "`cluster` must have one value per row")
  refused(moe_bootstrap(simple, 2, cl = 2), "`cl` must be NULL or a cluster by .*, not 2")
  empty <- structure(list(), class = c("SOCKcluster", "cluster"))
  refused(moe_bootstrap(simple, 2, cl = empty), "`cl` must have at least one process")
  stopped <- test_cluster(1)
  parallel::stopCluster(stopped)
  refused(moe_bootstrap(simple, 2, cl = stopped), "`cl` must be a running cluster")
  refused(moe_bootstrap(simple, 2, progress = NA), "`progress` must be TRUE or FALSE")
  refused(moe_bootstrap(simple, 2, reps = 3), "Unused argument: \"reps\"")
  refused(moe_bootstrap(update(simple, model = FALSE, data = simple$model)), "no training data")
  result <- boot(simple, 2)
  refused(confint(result, type = "bca"), "`type` must be one of")
  refused(confint(result, "nosuch"), "`parm` must hold names or numbers of coefficients")
  refused(confint(result, level = 1), "`level` must lie between 0 and 1")
  refused(coef(result, 1), "Unused argument")
})
