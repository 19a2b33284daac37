# Random problems through everything the package does; inst/simulations/random.R does it at length.

random <- new.env()
source(system.file("simulations", "random.R", package = "moelogit"), random)

test_that("random problems end in sound numbers or a refusal", {
  skip_on_cran()
  outcomes <- random$try_problems(1:60)
  expect_identical(outcomes[startsWith(outcomes, "FAILED")], character())
  # Neither is rare: refusing everything would not be sound.
  expect_gt(sum(outcomes == "sound"), 40)
  expect_gt(sum(startsWith(outcomes, "refused")), 3)
})

test_that("problems at the edge of what numbers can tell do so too", {
  # Linear predictors so large that their differences are rounded; covariances of extreme spread.
  expect_identical(random$try_problems(c(103620, 100758)), c("sound", "sound"))
})

test_that("unsound results would be seen", {
  problem <- list(Species ~ Petal.Length, iris, experts = 2, lambda = 1,
                  control = moe_control(search = "quick"))
  set.seed(1)
  fit <- do.call(moe_fit, problem)
  expect_no_error(random$check_sound_fit(fit))
  change <- function(part, value) {
    fit[[part]] <- value
    fit
  }
  unsound <- function(fit, what) expect_error(random$check_sound_fit(fit), what)
  unsound(change("loglik", NaN), "log-likelihood is finite")
  unsound(change("trace", c(fit$trace, fit$trace[1] - 1)), "the trace rises")
  unsound(change("shares", fit$shares / 2), "shares sum to 1")
  prob <- predict(fit, type = "prob")
  check <- function(prob, missing = logical(150)) random$check_probabilities(prob, missing, "prob")
  expect_no_error(check(prob))
  expect_error(check(prob * (1 + 1e-11)), "prob sum to 1")
  expect_error(check(replace(prob, 7, NaN)), "prob are probabilities")
  expect_error(check(replace(prob, 7, -0.1)), "prob are probabilities")
  expect_error(check(prob, rep(c(TRUE, FALSE), c(1, 149))), "missing rows are NA")
})
