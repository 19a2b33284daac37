# moe_fit() as users enter it: the number of experts by itself.

test_that("experts = \"auto\" is an overfit, its dendrogram and the fit that HQ chooses", {
  d <- oracle_data(n = 300, p = 3, M = 3, K = 2, seed = 32)
  for (lambda in list(NULL, 2)) {
    set.seed(2)
    expect_message(
      fit <- suppressWarnings(moe_fit(d$formula, d$frame, "auto", lambda = lambda,
                                      control = moe_control(search = "quick", max_experts = 4))),
      "Merged 4 experts \\(ridge [0-9.]+\\): HQ .* chooses"
    )
    set.seed(2)
    overfit <- suppressWarnings(
      moe_fit(d$formula, d$frame, 4, lambda = lambda,
              control = moe_control(search = "quick", tolerance = 1e-6))
    )
    chosen <- suppressWarnings(cut(moe_dendrogram(overfit)))
    expect_identical(fit$experts, chosen$experts)
    expect_equal(fit$loglik, chosen$loglik, tolerance = 1e-6)
    expect_true(fit$converged)
    expect_identical(fit$call$experts, chosen$experts)
    expect_identical(fit$call$lambda, overfit$lambda)
  }
})

# Of these levels a quick search misses the best optimum.
test_that("experts = \"auto\" gives the fit that a search for the chosen number finds", {
  skip_on_cran()
  pairs <- subset(yeast_ppi, split == "test")
  chosen <- function(search) {
    set.seed(1)
    suppressMessages(suppressWarnings(
      moe_fit(confidence ~ l3 + fc_jac + high_share, pairs, "auto", lambda = 1,
              control = moe_control(search = search, max_experts = 4))
    ))
  }
  fit <- chosen("standard")
  set.seed(2)
  alone <- suppressWarnings(moe_fit(confidence ~ l3 + fc_jac + high_share, pairs, fit$experts,
                                    lambda = 1))
  expect_equal(fit$objective, alone$objective, tolerance = 1e-6)
  expect_gt(sum(fit$optima$found), 3)
  expect_identical(chosen("quick")$experts, fit$experts)
})

test_that("where the path leads higher than a search, its level is the fit", {
  d <- oracle_data(n = 300, p = 3, M = 3, K = 2, seed = 32)
  set.seed(2)
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, 4, lambda = 2))
  tree <- suppressWarnings(moe_dendrogram(fit))
  level <- suppressWarnings(cut(tree))
  lower <- list(objective = level$objective - 1)
  expect_equal(search_selected(tree, lower)$objective, level$objective)
  as_high <- list(objective = level$objective)
  expect_identical(search_selected(tree, as_high), as_high)
})

test_that("the fit that is chosen has the user's tolerance, whatever the overfit had", {
  d <- oracle_data(n = 100, p = 2, M = 2, K = 2, seed = 32)
  for (tolerance in c(1e-9, 1e-4)) {
    fit <- suppressMessages(suppressWarnings(
      moe_fit(d$formula, d$frame, "auto", lambda = 1,
              control = moe_control(search = "quick", max_experts = 3, tolerance = tolerance))
    ))
    expect_identical(fit$control$tolerance, tolerance)
  }
})

test_that("experts = \"auto\" takes matrices, few rows, and leaves data out if told to", {
  d <- oracle_data(n = 6, p = 2, M = 2, K = 1, seed = 33)
  set.seed(3)
  fit <- suppressMessages(suppressWarnings(
    moe_fit(d$x[, -1, drop = FALSE], rep(0:1, 3), "auto", lambda = 1, model = FALSE)
  ))
  expect_lte(fit$experts, 6)
  expect_null(fit$model)
})

test_that("the call of an automatic choice makes the same penalty again", {
  d <- oracle_data(n = 120, p = 3, M = 3, K = 2, seed = 34)$frame
  set.seed(1)
  settings <- moe_control(search = "quick", max_experts = 2)
  few <- 2
  fits <- suppressMessages(suppressWarnings(list(
    moe_fit(y ~ x1 + x2, d, experts = "auto"),
    moe_fit(y ~ x1 + x2, d, experts = "auto", control = moe_control(max_experts = few)),
    moe_fit(y ~ x1 + x2, d, experts = "auto", control = settings),
    moe_fit(y ~ x1 + x2, d, experts = "auto", control = moe_control(intercept_ridge = 0.5))
  )))
  for (fit in fits) {
    again <- suppressWarnings(update(fit))
    expect_identical(again$control$intercept_ridge, fit$control$intercept_ridge)
    expect_identical(again$control$max_experts, fit$control$max_experts)
    expect_identical(again$lambda, fit$lambda)
  }
  expect_identical(vapply(fits, function(fit) fit$control$intercept_ridge, 0),
                   c(0.1, 0.1, 0.1, 0.5))
})
