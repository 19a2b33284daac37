# DALEX: a classifier's explainer, not a regression's.

skip_if_not_installed("DALEX")
explain <- function(...) suppressWarnings(DALEX::explain(..., verbose = FALSE))

test_that("three classes are explained by their probabilities", {
  fit <- client_fits$mixture
  explainer <- explain(fit, client_data, client_data$y)
  expect_identical(explainer$model_info$type, "multiclass")
  expect_equal(explainer$y_hat, predict(fit, client_data, type = "prob"))
  expect_equal(DALEX::model_performance(explainer)$measures$accuracy,
               mean(predict(fit) == client_data$y))
})

test_that("of two classes the second is explained, as for a glm, or one that is named", {
  fit <- client_fits$binary
  yes <- as.integer(client_data$b == "yes")
  explainer <- explain(fit, client_data, yes)
  expect_identical(explainer$model_info$type, "classification")
  expect_same_numbers(explainer$y_hat, fitted(client_peers$binary))
  of_glm <- explain(client_peers$binary, client_data, yes)
  expect_equal(DALEX::model_performance(explainer)$measures$auc,
               DALEX::model_performance(of_glm)$measures$auc, tolerance = 1e-6)
  named <- explain(fit, client_data, 1 - yes, predict_function_target_column = "no")
  expect_same_numbers(named$y_hat, 1 - fitted(client_peers$binary))
})
