# Metrics for yardstick against their definitions, and among yardstick's own.

skip_if_not_installed("yardstick")

data <- local({
  set.seed(1)
  score <- matrix(rnorm(900), 300)
  prob <- exp(score) / rowSums(exp(score))
  truth <- factor(c("a", "b", "c")[max.col(log(prob) - log(-log(matrix(runif(900), 300))))])
  data.frame(truth, a = prob[, 1], b = prob[, 2], c = prob[, 3], w = rep(c(1, 2), 150),
             part = rep(c("u", "v"), each = 150))
})

# Of equal width, by its definition.
ece_by_hand <- function(p, o, w, bins) {
  bin <- pmax(1, ceiling(p * bins))
  sum(sapply(split(seq_along(p), bin), function(i) {
    abs(sum(w[i] * (p[i] - o[i])))
  })) / sum(w)
}

test_that("the calibration error is that of its definition", {
  prob <- as.matrix(data[c("a", "b", "c")])
  top <- moe_metric_ece(binning = "width", bins = 5)
  right <- c("a", "b", "c")[max.col(prob)] == data$truth
  out <- top(data, truth, a, b, c)
  expect_identical(names(out), c(".metric", ".estimator", ".estimate"))
  expect_identical(c(out$.metric, out$.estimator), c("ece", "multiclass"))
  expect_equal(out$.estimate, ece_by_hand(apply(prob, 1, max), right, rep(1, 300), 5))
  expect_equal(top(data, truth, a, b, c, case_weights = w)$.estimate,
               ece_by_hand(apply(prob, 1, max), right, data$w, 5))
  classwise <- moe_metric_ece("classwise", binning = "width", bins = 5)
  expect_equal(classwise(data, truth, a, b, c)$.estimate, mean(sapply(1:3, function(m) {
    ece_by_hand(prob[, m], data$truth == levels(data$truth)[m], rep(1, 300), 5)
  })))
  debiased <- moe_metric_ece(debiased = TRUE)
  expect_lt(debiased(data, truth, a, b, c)$.estimate,
            moe_metric_ece()(data, truth, a, b, c)$.estimate)
})

test_that("metrics stand beside yardstick's, in groups and with missing values", {
  ece <- moe_metric_ece()
  metrics <- yardstick::metric_set(yardstick::roc_auc, yardstick::mn_log_loss, ece)
  out <- metrics(data, truth, a, b, c)
  expect_identical(out$.metric, c("roc_auc", "mn_log_loss", "ece"))
  expect_equal(out$.estimate[3], ece(data, truth, a, b, c)$.estimate)
  skip_if_not_installed("dplyr")
  by_part <- ece(dplyr::group_by(data, part), truth, a, b, c)
  expect_equal(by_part$.estimate, sapply(c("u", "v"), function(part) {
    ece(data[data$part == part, ], truth, a, b, c)$.estimate
  }), ignore_attr = TRUE)
  missing <- data
  missing$a[1:3] <- NA
  expect_equal(ece(missing, truth, a, b, c)$.estimate,
               ece(data[-(1:3), ], truth, a, b, c)$.estimate)
  expect_identical(ece(missing, truth, a, b, c, na_rm = FALSE)$.estimate, NA_real_)
})

test_that("precision at k counts the most probable rows", {
  two <- data.frame(truth = factor(c("yes", "no", "yes", "no", "no"), c("yes", "no")),
                    p = c(0.9, 0.8, 0.5, 0.5, 0.1), w = c(1, 3, 1, 1, 1))
  at <- function(k, ...) moe_metric_precision_at(k)(two, truth, p, ...)$.estimate
  expect_equal(c(at(1), at(2), at(3), at(4), at(9)), c(1, 1 / 2, 1.5 / 3, 2 / 4, 2 / 5))
  expect_equal(at(2, case_weights = w), 1 / 4)
  expect_equal(at(1, event_level = "second"), 0)
  expect_identical(moe_metric_precision_at(10)(two, truth, p)$.metric, "precision_at_10")
  expect_error(moe_metric_precision_at(2)(data, truth, a, b, c), "two classes")
})

test_that("two classes have the error of either event", {
  two <- data.frame(truth = factor(rep(c("x", "y"), 50)), p = seq(0.01, 0.99, length.out = 100))
  ece <- moe_metric_ece("classwise")
  second <- ece(two, truth, p, event_level = "second")
  expect_identical(second$.estimator, "binary")
  expect_equal(second$.estimate, as.data.frame(moe_calibration(two$p, two$truth, bootstrap = 0)) |>
                 subset(measure == "ece" & target == "classwise" & binning == "mass", estimate) |>
                 unlist(), ignore_attr = TRUE)
  flipped <- ece(transform(two, p = 1 - p), truth, p, event_level = "first")
  expect_equal(flipped$.estimate, second$.estimate)
})
