# marginaleffects, against our own effects and what it gives for glm() and multinom().

skip_if_not_installed("marginaleffects")
# Version 1.0.0 calls R 4.4's `%||%` without asking for that R.
lent <- !exists("%||%")
if (lent) assign("%||%", function(x, y) if (is.null(x)) y else x, globalenv())
mixture <- client_fits$mixture
numbers <- function(x) as.data.frame(x)[c("estimate", "std.error")]

test_that("slopes are our effects", {
  ours <- moe_effects(mixture)
  slopes <- as.data.frame(marginaleffects::avg_slopes(mixture))
  labels <- function(variable, class, contrast) {
    paste(variable, class, sub("dP/dx", "dY/dX", contrast))
  }
  at <- match(labels(ours$variable, ours$class, ours$contrast),
              labels(slopes$term, slopes$group, slopes$contrast))
  expect_equal(slopes$estimate[at], ours$estimate, tolerance = 1e-5)
  expect_equal(slopes$std.error[at], ours$std.error, tolerance = 1e-4)
  by_cluster <- marginaleffects::avg_slopes(mixture, variables = "x1", vcov = ~ id)
  expect_equal(as.data.frame(by_cluster)$std.error,
               moe_effects(mixture, "x1", cluster = client_data$id)$std.error, tolerance = 1e-4)
})

test_that("with one expert slopes and comparisons are those of the usual models", {
  of_yes <- function(x) numbers(x)[as.data.frame(x)$group == "yes", ]
  expect_same_numbers(of_yes(marginaleffects::avg_slopes(client_fits$binary)),
                      numbers(marginaleffects::avg_slopes(client_peers$binary)))
  skip_if_not_installed("nnet")
  expect_same_numbers(numbers(marginaleffects::avg_comparisons(client_fits$classes)),
                      numbers(marginaleffects::avg_comparisons(client_peers$classes)))
  expect_same_numbers(numbers(marginaleffects::predictions(client_fits$classes)),
                      numbers(marginaleffects::predictions(client_peers$classes)))
})

test_that("gate probabilities have groups of their own, and covariances can be named", {
  gate <- as.data.frame(marginaleffects::avg_predictions(mixture, type = "gate"))
  expect_identical(as.character(gate$group), c("expert1", "expert2"))
  expect_equal(gate$estimate, unname(mixture$shares))
  error <- function(vcov) {
    as.data.frame(marginaleffects::avg_slopes(mixture, variables = "x1", vcov = vcov))$std.error
  }
  expect_equal(error("HC0"), error("sandwich"))
  expect_equal(error(vcov(mixture, "opg")), error("opg"))
})

test_that("coefficients can be set", {
  changed <- marginaleffects::set_coef(mixture, coef(mixture) + 0.1)
  expect_equal(coef(changed), coef(mixture) + 0.1)
  x <- model.matrix(mixture)
  z <- model.matrix(mixture, "gate")
  expect_within(predict(changed, type = "prob"),
                oracle_probabilities(oracle_parameters(coef(changed, "list")), x, z), 1e-10)
})

if (lent) rm("%||%", envir = globalenv())
