# insight, parameters, performance, and modelsummary, which builds on them.

one <- client_fits$binary
logistic <- client_peers$binary
mixture <- client_fits$mixture

test_that("parameters, their errors and intervals are those of a glm", {
  skip_if_not_installed("parameters")
  table <- as.data.frame(parameters::model_parameters(one))
  expect_identical(table$Parameter, names(coef(one)))
  expect_same_numbers(table[c("Coefficient", "SE", "z", "p")], as.data.frame(
    parameters::model_parameters(logistic, ci_method = "wald")
  )[c("Coefficient", "SE", "z", "p")])
  expect_same_numbers(table[c("CI_low", "CI_high")], confint.default(logistic))
  expect_same_numbers(parameters::ci(one, 0.9)[3:4], confint.default(logistic, level = 0.9))
  expect_equal(parameters::standard_error(mixture)$SE, unname(sqrt(diag(vcov(mixture)))))
  expect_equal(parameters::p_value(mixture)$p, unname(coef(summary(mixture))[, 4]))
  odds <- as.data.frame(parameters::model_parameters(one, exponentiate = TRUE))
  expect_equal(log(odds$Coefficient), unname(coef(one)))
  expect_equal(log(odds$CI_low), table$CI_low)
  expect_output(print(parameters::model_parameters(mixture)), "gate:expert2:x2")
})

test_that("other covariances are used, and dropped coefficients are NA", {
  skip_if_not_installed("parameters")
  robust <- vcov(mixture, "sandwich")
  for (given in list("sandwich", robust, function(fit) robust)) {
    expect_equal(parameters::standard_error(mixture, vcov = given)$SE, unname(sqrt(diag(robust))))
  }
  twice <- transform(client_data, twice = 2 * x1)
  fit <- suppressMessages(moe_fit(b ~ x1 + twice, twice, experts = 1))
  table <- as.data.frame(parameters::model_parameters(fit, vcov = vcov(fit, complete = FALSE)))
  expect_identical(is.na(table$SE), c(FALSE, FALSE, TRUE))
})

test_that("what insight is told is true", {
  skip_if_not_installed("insight")
  expect_identical(insight::n_parameters(one), insight::n_parameters(logistic) + 0)
  expect_equal(insight::n_parameters(mixture), attr(logLik(mixture), "df"))
  expect_identical(insight::get_parameters(mixture)$Estimate, unname(coef(mixture)))
  expect_identical(insight::find_parameters(mixture)$conditional, names(coef(mixture)))
  expect_equal(insight::get_statistic(mixture)$Statistic, unname(coef(summary(mixture))[, 3]))
  expect_identical(insight::get_df(one), Inf)
  expect_equal(insight::get_df(one, type = "residual"), df.residual(logistic))
  info <- insight::model_info(mixture)
  expect_true(info$is_multinomial && !info$is_binomial)
  expect_true(insight::model_info(one)$is_binomial)
  expect_equal(insight::n_obs(mixture), 300)
})

test_that("performance is that of glm and multinom", {
  skip_if_not_installed("performance")
  expect_equal(performance::performance_logloss(one),
               as.numeric(performance::performance_logloss(logistic)))
  expect_equal(performance::performance_logloss(mixture), -as.numeric(logLik(mixture)) / 300)
  row <- performance::model_performance(mixture)
  expect_equal(c(row$AIC, row$BIC, row$Experts), c(AIC(mixture), BIC(mixture), 2))
  skip_if_not_installed("nnet")
  # McFadden's, of which versions of performance for multinom() find no null model here.
  null <- nnet::multinom(y ~ 1, client_data, trace = FALSE)
  expect_equal(unname(performance::r2(client_fits$classes)$R2),
               1 - as.numeric(logLik(client_peers$classes)) / as.numeric(logLik(null)),
               tolerance = 1e-5)
})

test_that("modelsummary shows fits side by side without special arguments", {
  skip_if_not_installed("modelsummary")
  skip_if_not_installed("parameters")
  table <- modelsummary::modelsummary(list(mixture, client_fits$classes), output = "data.frame")
  estimates <- table[table$statistic == "estimate", ]
  expect_identical(anyDuplicated(estimates$term), 0L)
  expect_length(setdiff(estimates$term, ""), 18 + 2)
  row <- grep("expert1.*mid.*x1$", estimates$term)
  for (k in 1:2) {
    fit <- list(mixture, client_fits$classes)[[k]]
    expect_equal(as.numeric(estimates[row, 3 + k]), coef(fit)[["expert1:mid:x1"]], tolerance = 1e-2)
  }
  robust <- modelsummary::modelsummary(mixture, vcov = ~ id, output = "data.frame")
  expect_equal(as.numeric(gsub("[()]", "", robust[2, 4])),
               sqrt(vcov(mixture, cluster = client_data$id)[1, 1]), tolerance = 1e-2)
})

test_that("predictions are class probabilities, of two classes those of a glm", {
  skip_if_not_installed("insight")
  expect_same_numbers(as.numeric(insight::get_predicted(one)), fitted(logistic))
  new <- client_data[1:7, ]
  table <- insight::get_predicted(mixture, data = new)
  prob <- predict(mixture, new, type = "prob")
  expect_equal(table$Predicted, prob[cbind(table$Row, match(table$Response, colnames(prob)))])
  expect_identical(nrow(table), length(prob))
})
