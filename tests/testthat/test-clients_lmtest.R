# lmtest, car and multcomp: with one expert as for a glm.

one <- client_fits$binary
logistic <- client_peers$binary
mixture <- client_fits$mixture
small <- moe_fit(b ~ x1, client_data, experts = 1)
small_glm <- glm(b ~ x1, binomial, client_data)

test_that("coeftest() and coefci() are those of a glm", {
  skip_if_not_installed("lmtest")
  test <- lmtest::coeftest(one)
  expect_same_numbers(unclass(test)[, 1:4], unclass(lmtest::coeftest(logistic))[, 1:4])
  expect_identical(attr(test, "method"), "z test of coefficients")
  expect_same_numbers(lmtest::coefci(one, level = 0.9), lmtest::coefci(logistic, level = 0.9))
  robust <- lmtest::coeftest(mixture, vcov(mixture, "sandwich"))
  expect_equal(robust[, 2], sqrt(diag(vcov(mixture, "sandwich"))))
  expect_identical(rownames(robust), names(coef(mixture)))
})

test_that("waldtest() is that of a glm", {
  skip_if_not_installed("lmtest")
  expect_same_numbers(lmtest::waldtest(small, one)[2, ],
                      lmtest::waldtest(small_glm, logistic, test = "Chisq")[2, ])
  without_f <- glm(b ~ x1 + x2, binomial, client_data)
  expect_same_numbers(lmtest::waldtest(one, moe_fit(b ~ x1 + x2, client_data, experts = 1))[2, ],
                      lmtest::waldtest(logistic, without_f, test = "Chisq")[2, ])
})

test_that("lrtest() takes fits, formulas and terms, as of a glm", {
  skip_if_not_installed("lmtest")
  none <- glm(b ~ 1, binomial, client_data)
  expect_same_numbers(lmtest::lrtest(one)[2, ], lmtest::lrtest(logistic, none)[2, ])
  expected <- lmtest::lrtest(logistic, small_glm)[2, ]
  expect_same_numbers(lmtest::lrtest(one, small)[2, ], expected)
  expect_same_numbers(lmtest::lrtest(one, . ~ x1)[2, ], expected)
  expect_same_numbers(lmtest::lrtest(one, c("x2", "f"))[2, ], expected)
  expect_same_numbers(lmtest::lrtest(one, 2:3)[2, ], expected)
  inside <- function(table) {
    lmtest::lrtest(moe_fit(b ~ x1 + x2, table, experts = 1), "x2")
  }
  expect_equal(inside(client_data)$LogLik[2], as.numeric(logLik(small)))
})

test_that("lrtest() does not compare what has no likelihood ratio test", {
  skip_if_not_installed("lmtest")
  expect_error(lmtest::lrtest(client_fits$classes, mixture), "same number of experts, .* 1 and 2",
               class = "moe_error_input")
  expect_error(lmtest::lrtest(mixture), "must have covariates", class = "moe_error_input")
  expect_error(lmtest::lrtest(one, "x9"), "names or numbers of terms.*\"f\", not \"x9\"",
               class = "moe_error_input")
  expect_error(lmtest::lrtest(one, 4), "names or numbers of terms", class = "moe_error_input")
})

test_that("Anova() gives Wald tests, those of a glm, by both types", {
  skip_if_not_installed("car")
  crossed <- moe_fit(b ~ x1 * f + x2, client_data, experts = 1)
  crossed_glm <- glm(b ~ x1 * f + x2, binomial, client_data)
  by_glm <- function(type) car::Anova(crossed_glm, type = type, test.statistic = "Wald")
  expect_same_numbers(car::Anova(crossed), by_glm("II"))
  expect_same_numbers(car::Anova(crossed, type = "III"), by_glm("III")[-1, ])
  expect_identical(rownames(car::Anova(crossed)), rownames(by_glm("II")))
  robust <- vcov(one, "sandwich")
  expect_same_numbers(car::Anova(one, vcov. = robust),
                      car::Anova(one, vcov. = function(fit) robust))
  expect_same_numbers(car::Anova(one, vcov. = robust)["x2", "Chisq"],
                      (coef(one)[[3]] / sqrt(robust[3, 3]))^2)
})

test_that("car's other functions are those of a glm", {
  skip_if_not_installed("car")
  x1 <- "expert1:yes:x1"
  expect_equal(car::linearHypothesis(one, paste(x1, "= 0"))$Chisq[2],
               car::linearHypothesis(logistic, "x1 = 0")$Chisq[2], tolerance = 1e-4)
  expect_same_numbers(car::Confint(one), cbind(coef(logistic), confint.default(logistic)))
  expect_same_numbers(car::compareCoefs(one, print = FALSE),
                      car::compareCoefs(logistic, print = FALSE))
  expect_same_numbers(car::vif(one), car::vif(logistic)[, 1])
  expect_identical(dimnames(car::vif(mixture)), list(
    c("x2", "x1", "f"),
    c("gate:expert2", "expert1:mid", "expert1:top", "expert2:mid", "expert2:top")
  ))
})

test_that("deltaMethod() takes names in backticks, or others", {
  skip_if_not_installed("car")
  expected <- car::deltaMethod(logistic, "x1 / (Intercept)")
  expect_same_numbers(car::deltaMethod(one, "`expert1:yes:x1` / `expert1:yes:Intercept`"), expected)
  expect_same_numbers(car::deltaMethod(one, "b1 / b0", parameterNames = paste0("b", 0:4)), expected)
  by_sandwich <- car::deltaMethod(one, "b1", parameterNames = paste0("b", 0:4),
                                  vcov. = vcov(one, "sandwich"))
  expect_equal(by_sandwich$SE, sqrt(vcov(one, "sandwich")[2, 2]))
})

test_that("multcomp's glht() is that of a glm", {
  skip_if_not_installed("multcomp")
  rows <- diag(5)[2:3, ]
  p_values <- function(model) summary(multcomp::glht(model, rows), multcomp::univariate())$test
  expect_same_numbers(p_values(one)$pvalues, p_values(logistic)$pvalues)
  by_name <- multcomp::glht(one, "expert1:yes:x2 = 0")
  expect_identical(as.vector(by_name$linfct), c(0, 0, 1, 0, 0))
})
