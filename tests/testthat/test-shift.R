# Prior shift against Bayes' rule with known densities, and against repeated rows.

refused <- function(code, message) expect_error(code, message, class = "moe_error_input")

# Two normal densities and a flat one, by class.
densities <- function(x) cbind(a = dnorm(x), b = dnorm(x, 1, 2), c = dunif(x, -5, 5))

bayes <- function(x, shares) {
  joint <- densities(x) * rep(shares, each = length(x))
  joint / rowSums(joint)
}

test_that("shifted probabilities are those of Bayes' rule in the population", {
  x <- seq(-4, 4, length.out = 9)
  from <- c(a = 0.2, b = 0.5, c = 0.3)
  to <- c(a = 0.99, b = 0.003, c = 0.007)
  expect_equal(shift_probabilities(bayes(x, from), from, to), bayes(x, to))
  expect_identical(shift_probabilities(bayes(x, from), from, NULL), bayes(x, from))
})

test_that("weights give classes the shares, and are those of repeated rows", {
  y <- factor(c("a", "b", "b", "c"))
  weights <- c(2, 1, 1, 4)
  to <- c(a = 0.7, b = 0.2, c = 0.1)
  shifted <- shift_weights(y, weights, to)
  expect_equal(class_shares(y, shifted), to)
  expect_equal(shifted, c(0.7, 0.1, 0.1, 0.1) * sum(weights))
  expect_equal(class_shares(y, c(2, 1, 1, 4)), c(a = 0.25, b = 0.25, c = 0.5))
})

# Rows drawn by class, half and half, from a population in which one in 100 is of class "b".
drawn <- function(seed, count) {
  set.seed(seed)
  y <- factor(rep(c("a", "b"), each = count))
  data.frame(y, x = rnorm(2 * count, 1.5 * (y == "b")))
}

test_that("a fit to rows drawn by class predicts the population's probabilities", {
  fit <- moe_fit(y ~ x, drawn(1, 20000), experts = 1)
  x <- c(-1, 0, 1, 2, 3)
  prior <- c(b = 0.01, a = 0.99)
  prob <- predict(fit, data.frame(x), type = "prob", prior = prior)
  truth <- 0.01 * dnorm(x, 1.5) / (0.01 * dnorm(x, 1.5) + 0.99 * dnorm(x))
  expect_lt(max(abs(qlogis(prob[, "b"]) - qlogis(truth))), 0.1)
  expect_equal(predict(fit, data.frame(x), type = "link", prior = prior)[, 1],
               log(prob[, "b"] / prob[, "a"]), ignore_attr = TRUE)
  expect_identical(as.vector(predict(fit, data.frame(x), prior = prior)),
                   ifelse(prob[, "b"] > 0.5, "b", "a"), ignore_attr = TRUE)
})

test_that("the training shares are those of the case weights", {
  d <- drawn(2, 200)
  d$v <- ifelse(d$y == "b", 3, 1)
  fit <- moe_fit(y ~ x, d, experts = 1, weights = v)
  expect_equal(fit$class_shares, c(a = 0.25, b = 0.75))
  own <- predict(fit, d, type = "prob", prior = fit$class_shares)
  expect_equal(own, predict(fit, d, type = "prob"))
})

test_that("the dendrogram and the tuned fit take a prior", {
  set.seed(1)
  d <- drawn(3, 150)
  prior <- c(a = 0.9, b = 0.1)
  tuned <- moe_tune(y ~ x, d, experts = 1, lambda = c(2, 1), folds = 2)
  expect_equal(predict(tuned, d, type = "prob", prior = prior),
               predict(tuned$fit, d, type = "prob", prior = prior))
  tree <- suppressWarnings(
    moe_dendrogram(moe_fit(y ~ x, d, 3, lambda = 1, control = moe_control(search = "quick")))
  )
  expect_equal(predict(tree, d, type = "prob", prior = prior),
               predict(cut(tree), d, type = "prob", prior = prior))
})

test_that("a calibration for a prior is that of a population of repeated rows", {
  set.seed(4)
  y <- factor(rep(c("a", "b"), c(60, 40)))
  prob <- plogis(rnorm(100, ifelse(y == "b", 1, -1)))
  # 1 in 10: the rows of class "a" occur six times as often.
  repeated <- rep(1:100, ifelse(y == "a", 6, 1))
  by_prior <- moe_calibration(prob, y, bootstrap = 0, prior = c(a = 0.9, b = 0.1))
  by_hand <- moe_calibration(prob[repeated], y[repeated], bootstrap = 0)
  shown <- c("log_loss", "brier", "accuracy", "balanced_accuracy")
  of <- function(x) subset(as.data.frame(x), measure %in% shown)$estimate
  expect_equal(of(by_prior), of(by_hand))
  by_width <- function(x) subset(as.data.frame(x), binning == "width" & measure == "ece")$estimate
  expect_equal(by_width(by_prior), by_width(by_hand))
})

test_that("what is no prior is refused", {
  d <- drawn(5, 50)
  fit <- moe_fit(y ~ x, d, experts = 1)
  refused(predict(fit, d, type = "prob", prior = c(0.1, 0.9)), "named \"a\", \"b\"")
  refused(predict(fit, d, type = "prob", prior = c(a = 0.1, c = 0.9)), "named \"a\", \"c\"")
  refused(predict(fit, d, type = "prob", prior = c(a = 0.1, b = 0.8)), "sum 1")
  refused(predict(fit, d, type = "prob", prior = c(a = 0, b = 1)), "positive")
  refused(predict(fit, d, type = "gate", prior = c(a = 0.5, b = 0.5)), "must be NULL")
  refused(predict(fit, d, type = "prob", se.fit = TRUE, prior = c(a = 0.5, b = 0.5)),
          "without `prior`")
})
