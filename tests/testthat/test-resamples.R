# Folds of the package rsample.

skip_if_not_installed("rsample")

quick <- moe_control(search = "quick")
d <- oracle_data(120, 3, 3, 2, 31)$frame
d$id <- rep(1:30, 4)

tuned <- function(folds, data = d, group = NULL) {
  set.seed(1)
  data$group <- group
  call <- quote(moe_tune(y ~ x1 + x2 | 1, data, experts = 1, lambda = c(3, 0.3), folds = folds,
                         control = quick))
  if (!is.null(group)) call$group <- quote(group)
  eval(call)
}

test_that("folds of rsample are the folds of their rows", {
  set.seed(2)
  folds <- rsample::vfold_cv(d, 4)
  fold_of <- integer(120)
  for (f in 1:4) fold_of[-folds$splits[[f]]$in_id] <- f
  expect_equal(tuned(folds)$values, tuned(fold_of)$values, tolerance = 1e-6)
})

test_that("what is drawn twice counts twice, and other rows are tested on", {
  set.seed(3)
  boots <- rsample::bootstraps(d, 3)
  out <- tuned(boots)
  loss <- vapply(1:3, function(b) {
    train <- rsample::analysis(boots$splits[[b]])
    test <- rsample::assessment(boots$splits[[b]])
    fit <- moe_fit(y ~ x1 + x2 | 1, train, experts = 1, lambda = 3 * nrow(train) / 120)
    prob <- predict(fit, test, type = "prob")
    -mean(log(prob[cbind(seq_len(nrow(test)), as.integer(test$y))]))
  }, 0)
  expect_within(out$values[1, , "logloss"], loss, 1e-5)
})

test_that("rows that na.action leaves out leave the folds too", {
  set.seed(4)
  some <- d
  some$x1[c(5, 50)] <- NA
  folds <- rsample::vfold_cv(some, 4)
  fold_of <- integer(120)
  for (f in 1:4) fold_of[-folds$splits[[f]]$in_id] <- f
  expect_equal(tuned(folds, some)$values, tuned(fold_of, some)$values, tolerance = 1e-6)
})

test_that("what cannot be folds is refused", {
  set.seed(5)
  expect_error(tuned(rsample::vfold_cv(d[1:100, ], 4)), "there are 120, but are of 100")
  expect_error(tuned(rsample::vfold_cv(d, 4), group = d$id), "group_vfold_cv")
  whole <- tuned(rsample::group_vfold_cv(d, id, v = 3), group = d$id)
  expect_equal(dim(whole$values)[2], 3L)
  sorted <- d[order(d$y), ]
  expect_error(tuned(rsample::sliding_window(sorted, lookback = 9, step = 60), sorted),
               "Every class must occur")
})
