# Folds of pairs in moe_tune().

test_that("moe_tune() trains and tests on the rows that the folds name", {
  pairs <- subset(yeast_ppi, split == "test")[1:900, ]
  set.seed(1)
  folds <- moe_pair_folds(pairs$protein_a, pairs$protein_b, 3, c("C2", "C3"))
  tuned <- moe_tune(confidence ~ l3 + high_share, pairs, experts = 1, lambda = c(10, 1),
                    folds = folds)
  expected <- vapply(as.list(folds), function(fold) {
    lambda <- 1 * length(fold$train) / nrow(pairs)
    fit <- moe_fit(confidence ~ l3 + high_share, pairs[fold$train, ], experts = 1, lambda = lambda)
    test <- pairs[fold$test, ]
    prob <- predict(fit, test, type = "prob")
    mean(-log(prob[cbind(seq_len(nrow(test)), test$confidence)]))
  }, 0)
  expect_equal(unname(tuned$values[2, , "logloss"]), unname(expected), tolerance = 1e-6)
  sizes <- lengths(lapply(as.list(folds), `[[`, "test"))
  expect_equal(tuned$path$mean[2], sum(expected * sizes) / sum(sizes), tolerance = 1e-6)
  # What the proteins alone tell, beside.
  baseline <- moe_pair_baseline(folds, pairs$confidence)
  identity <- subset(baseline, model == "identity only")
  expect_equal(tuned$baseline$losses[["logloss"]], weighted.mean(identity$log_loss, identity$pairs))
  expect_output(print(tuned), "proteins alone")
  expect_error(moe_tune(confidence ~ l3, pairs[-1, ], folds = folds), "899 rows .* 900",
               class = "moe_error_input")
})

test_that("folds of rows that are left out for missing values are left out", {
  pairs <- subset(yeast_ppi, split == "test")[1:600, ]
  set.seed(1)
  folds <- moe_pair_folds(pairs$protein_a, pairs$protein_b, 3)
  with_gaps <- pairs
  with_gaps$l3[c(3, 50)] <- NA
  tune_on <- function(data, folds) {
    set.seed(2)
    moe_tune(confidence ~ l3 + cn, data, experts = 1, lambda = 1, folds = folds)$values
  }
  left <- folds
  for (part in c("fold", "kind", "a", "b")) left[[part]] <- left[[part]][-c(3, 50)]
  expect_identical(tune_on(with_gaps, folds), tune_on(pairs[-c(3, 50), ], left))
})
