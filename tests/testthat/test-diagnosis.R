# What can be wrong with a solution: each fault is made, and must be named with what to do.

test_that("separated classes give a finite fit and a warning that names the ridge", {
  d <- data.frame(x = c(-5:-1, 1:5) / 2, y = rep(c("a", "b"), each = 5))
  for (method in c("mm", "accelerated")) {
    expect_warning(
      fit <- moe_fit(y ~ x, d, experts = 1, control = moe_control(method, max_iterations = 2000)),
      "lambda"
    )
    expect_true(all(is.finite(c(coef(fit), fit$objective, fit$trace))))
    expect_true(all(is.finite(predict(fit, type = "prob"))))
  }
  expect_match(fit$problems, "separated", all = FALSE)
  expect_silent(moe_fit(y ~ x, d, experts = 1, lambda = 1))
})

test_that("separated regions and classes of several experts give a finite fit and a warning", {
  set.seed(32)
  d <- data.frame(x = seq(-2, 2, length.out = 60))
  d$y <- factor(ifelse(abs(d$x) < 1, "inside", "outside"))
  expect_warning(fit <- moe_fit(y ~ x, d, experts = 2, lambda = 0), "separated.*lambda")
  expect_true(all(is.finite(c(coef(fit), fit$objective))))
  expect_true(all(is.finite(predict(fit, type = "prob"))))
  expect_gt(fit$loglik, -0.1)
})

test_that("an expert without rows is warned of", {
  d <- oracle_data(n = 300, p = 3, M = 2, K = 2, seed = 33)
  tau <- cbind(oracle_start(d) * 0.999, 0.001)
  expect_warning(
    fit <- moe_fit(d$formula, d$frame, 3, lambda = 0.1, start = tau,
                   control = moe_control(max_iterations = 0)),
    "Almost no rows belong to expert3.*fewer experts"
  )
  expect_lt(fit$shares[["expert3"]], 0.01)
})

test_that("too few distinct rows for the parameters are warned of", {
  set.seed(34)
  d <- data.frame(x = sample(1:3, 90, TRUE), y = sample(c("a", "b"), 90, TRUE))
  expect_warning(moe_fit(y ~ x, d, experts = 2, lambda = 0), "fewer distinct covariate rows")
  expect_silent(moe_fit(y ~ x, d, experts = 1))
  with_ridge <- suppressWarnings(moe_fit(y ~ x, d, experts = 2, lambda = 1))
  expect_false(any(grepl("distinct", with_ridge$problems)))
})

test_that("as many distinct rows as parameters are enough", {
  set.seed(36)
  cells <- expand.grid(f = factor(1:3), h = factor(1:3))[1:8, ]
  d <- cells[rep(1:8, 20), ]
  d$y <- rbinom(160, 1, 0.5)
  expect_silent(suppressMessages(moe_fit(y ~ f * h, d, experts = 1)))
})

test_that("rows are distinct if as many as are needed differ, and not with one less", {
  x <- cbind("(Intercept)" = 1, x = rep(c(0, 1, 4), 20))
  y <- factor(rep(1:2, 30))
  for (z in list(x, x[, 1, drop = FALSE])) {
    problem <- full_rank_problem(x, z, y, 2L, NULL, 0, moe_control())
    expect_true(has_distinct_rows(problem, 3))
    expect_false(has_distinct_rows(problem, 4))
  }
})

test_that("a run that has not converged is warned of once and recorded", {
  d <- oracle_data(n = 300, p = 3, M = 3, K = 2, seed = 35)
  set.seed(1)
  caught <- character()
  fit <- withCallingHandlers(
    moe_fit(d$formula, d$frame, lambda = 1, control = moe_control(max_iterations = 3)),
    warning = function(w) {
      caught <<- c(caught, conditionMessage(w))
      invokeRestart("muffleWarning")
    }
  )
  expect_length(caught, 1)
  expect_match(caught, "has not converged.*max_iterations")
  expect_false(fit$converged)
  expect_identical(fit$status, "iteration limit")
  expect_length(fit$trace, fit$iterations + 1)
  fit$status <- "evaluation failed"
  expect_match(remark_convergence(fit), "evaluation failed after 3 .* no finite objective.*lambda")
})

test_that("separation by the level of a factor, however rare, is warned of", {
  set.seed(21)
  d <- data.frame(ward = factor(sample(c("A", "B", "C", "D"), 400, TRUE)))
  three <- sample(c("alive", "dead", "moved"), 400, TRUE)
  for (level in c("A", "D")) {
    d$y <- factor(ifelse(d$ward == level, "alive", three))
    expect_warning(fit <- moe_fit(y ~ ward, d, experts = 1), "separated")
    expect_match(fit$problems, "expert1 have grown very large", all = FALSE)
  }
  d$rare <- factor(seq_len(400) %in% 1:3)
  d$y <- factor(ifelse(d$rare == "TRUE", "dead", three))
  expect_warning(moe_fit(y ~ rare, d, experts = 1), "separated")
  d$y <- factor(three)
  expect_silent(moe_fit(y ~ ward + rare, d[-(1:2), ], experts = 1, lambda = 1))
  expect_silent(moe_fit(y ~ ward, d, experts = 1))
})
