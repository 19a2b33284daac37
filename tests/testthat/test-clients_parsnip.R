# The engine of the package parsnip.

skip_if_not_installed("parsnip")

d <- oracle_data(150, 3, 3, 2, 41)$frame
d$v <- rep(1:2, 75)
quick <- moe_control(search = "quick")
model <- parsnip::set_engine(parsnip::multinom_reg(penalty = 2), "moelogit", experts = 2,
                             control = quick)

test_that("a model of parsnip is the fit, with its probabilities", {
  set.seed(1)
  ours <- moe_fit(y ~ x1 + x2, d, lambda = 2, control = quick)
  set.seed(1)
  theirs <- parsnip::fit(model, y ~ x1 + x2, d)
  expect_equal(coef(theirs$fit), coef(ours))
  prob <- predict(theirs, d, type = "prob")
  expect_equal(unname(as.matrix(prob)), unname(predict(ours, d, type = "prob")))
  expect_equal(names(prob), paste0(".pred_", levels(d$y)))
  expect_equal(predict(theirs, d)$.pred_class, predict(ours, d))
  for (kind in c("multinom_reg", "logistic_reg")) {
    needed <- parsnip::get_dependency(kind)
    expect_identical(needed$pkg[needed$engine == "moelogit"], list("moelogit"))
  }
})

test_that("case weights and formulas of two parts are taken", {
  skip_if_not_installed("hardhat")
  set.seed(2)
  theirs <- parsnip::fit(model, y ~ x1 | x2, d, case_weights = hardhat::frequency_weights(d$v))
  ours <- moe_fit(y ~ x1 | x2, d, lambda = 2, control = quick, weights = v, start = theirs$fit)
  expect_equal(nobs(theirs$fit), sum(d$v))
  expect_equal(coef(theirs$fit), coef(ours), tolerance = 1e-4)
})

test_that("two classes are a logistic_reg()", {
  two <- droplevels(d[d$y != levels(d$y)[3], ])
  logit <- parsnip::set_engine(parsnip::logistic_reg(penalty = 0), "moelogit", experts = 1)
  fit <- parsnip::fit(logit, y ~ x1 + x2, two)
  expect_equal(coef(fit$fit), coef(glm(y ~ x1 + x2, binomial, two)), tolerance = 1e-5,
               ignore_attr = TRUE)
})

test_that("experts and penalty are tuned, on each fold by its own fit", {
  for (package in c("tune", "dials", "rsample", "yardstick")) skip_if_not_installed(package)
  set.seed(3)
  folds <- rsample::vfold_cv(d, 2)
  model <- parsnip::set_engine(parsnip::multinom_reg(penalty = tune::tune()), "moelogit",
                               experts = tune::tune(), control = quick)
  dials <- hardhat::extract_parameter_set_dials(model)
  expect_setequal(dials$id, c("penalty", "experts"))
  expect_identical(dials$object[[match("experts", dials$id)]]$range, list(lower = 1L, upper = 6L))
  found <- tune::tune_grid(model, y ~ x1 + x2, folds, grid = expand.grid(penalty = c(1, 20),
                                                                         experts = 1:2),
                           metrics = yardstick::metric_set(yardstick::mn_log_loss))
  found <- as.data.frame(tune::collect_metrics(found))
  expect_identical(sort(found$experts), c(1L, 1L, 2L, 2L))
  of_one <- vapply(c(1, 20), function(lambda) {
    mean(vapply(folds$splits, function(split) {
      fit <- moe_fit(y ~ x1 + x2, rsample::analysis(split), experts = 1, lambda = lambda)
      test <- rsample::assessment(split)
      -mean(log(predict(fit, test, "prob")[cbind(seq_along(test$y), as.integer(test$y))]))
    }, 0))
  }, 0)
  found <- found[found$experts == 1L, ]
  expect_equal(found$mean[order(found$penalty)], of_one, tolerance = 1e-5)
})

test_that("a bar that a workflow has read as a logical or is refused", {
  skip_if_not_installed("workflows")
  flow <- workflows::workflow(y ~ x1 | x2, model)
  expect_error(parsnip::fit(flow, d), "add_model\\(formula = \\)", class = "moe_error_input")
})

test_that("columns as hardhat makes them of a bar are refused", {
  made <- data.frame(y = d$y, a = as.double(d$x1 | d$x2))
  names(made)[2] <- "x1 | x2TRUE"
  expect_error(moe_fit(y ~ ., made), "taken for a logical or", class = "moe_error_input")
})
