# Wald tests of terms and likelihood ratio tests, by hand and against glm() and multinom().

one <- client_fits$binary
classes <- client_fits$classes
mixture <- client_fits$mixture

wald <- function(fit, names, covariance = vcov(fit)) {
  b <- coef(fit)[names]
  drop(b %*% solve(covariance[names, names]) %*% b)
}

test_that("terms of a mixture are tested in all experts and for all classes", {
  table <- anova(mixture)
  expect_s3_class(table, c("anova", "data.frame"), exact = TRUE)
  expect_identical(rownames(table), c("experts: x1", "experts: f", "gate: x2"))
  expect_identical(table$Df, c(4L, 8L, 1L))
  names <- names(coef(mixture))
  of_f <- grep("^expert[12]:(mid|top):f[vw]$", names, value = TRUE)
  expect_length(of_f, 8)
  expect_equal(table["experts: f", "Chisq"], wald(mixture, of_f))
  expect_equal(table["gate: x2", "Chisq"], wald(mixture, "gate:expert2:x2"))
  expect_equal(table$`Pr(>Chisq)`, pchisq(table$Chisq, c(4, 8, 1), lower.tail = FALSE))
  robust <- anova(mixture, cluster = ~ id)
  expect_equal(robust["experts: f", "Chisq"],
               wald(mixture, of_f, vcov(mixture, cluster = client_data$id)))
})

test_that("a term is tested without its interactions by type II, with them by type III", {
  fit <- moe_fit(b ~ x1 * x2, client_data, experts = 1)
  names <- names(coef(fit))
  expect_equal(anova(fit)["x1", "Chisq"], wald(fit, names[c(2, 4)]) - wald(fit, names[4]))
  expect_equal(anova(fit, type = "III")["x1", "Chisq"], wald(fit, names[2]))
  expect_equal(anova(fit)["x1:x2", "Chisq"], wald(fit, names[4]))
})

test_that("columns of matrices are terms, and dropped ones count for nothing", {
  x <- cbind(a = client_data$x1, b = client_data$x2)
  fit <- moe_fit(x, client_data$b, experts = 1)
  expect_identical(rownames(anova(fit)), c("a", "b"))
  more <- suppressMessages(moe_fit(cbind(x, twice = 2 * x[, 1]), client_data$b, experts = 1))
  expect_equal(anova(more)[1:2, ], anova(fit)[1:2, ], tolerance = 1e-6)
  expect_error(anova(moe_fit(b ~ 1, client_data, experts = 1)), "covariates to test",
               class = "moe_error_input")
})

test_that("likelihood ratios of nested fits are those of glm() and multinom()", {
  small <- moe_fit(b ~ x1, client_data, experts = 1)
  table <- anova(small, one)
  other <- anova(glm(b ~ x1, binomial, client_data), client_peers$binary, test = "Chisq")
  expect_equal(table$Chisq[2], other$Deviance[2], tolerance = 1e-6)
  expect_equal(table$`Pr(>Chisq)`[2], other$`Pr(>Chi)`[2], tolerance = 1e-5)
  expect_identical(table$`#Df`, c(2, 5))
  expect_identical(table$Df, c(NA, 3))
  back <- anova(one, small, test = "LRT")
  expect_equal(back$Chisq[2], table$Chisq[2])
  expect_identical(back$Df, c(NA, -3))
  skip_if_not_installed("nnet")
  smaller <- nnet::multinom(y ~ x1 + f, client_data, trace = FALSE, reltol = 1e-12, maxit = 500)
  other <- anova(smaller, client_peers$classes)
  table <- anova(moe_fit(y ~ x1 + f, client_data, experts = 1), classes)
  expect_equal(table$Chisq[2], other$`LR stat.`[2], tolerance = 1e-5)
  expect_equal(table$Df[2], other$`   Df`[2])
})

test_that("mixtures are compared by their log-likelihoods, several in a row", {
  set.seed(1)
  large <- update(mixture, . ~ . | . + x1)
  table <- anova(mixture, large)
  expect_equal(table$Chisq[2], 2 * abs(as.numeric(logLik(large) - logLik(mixture))))
  expect_identical(table$Df[2], 1)
  expect_match(attr(table, "heading"), "2 experts, ridge 0.5", all = FALSE)
  fits <- lapply(list(b ~ x1, b ~ x1 + x2, b ~ x1 + x2 + f), moe_fit, client_data, experts = 1)
  expect_equal(do.call(anova, fits)$LogLik, vapply(fits, function(fit) fit$loglik, 0))
})

test_that("covariates may be linear combinations of the other fit's", {
  small <- moe_fit(b ~ I(x1 - x2), client_data, experts = 1)
  expect_identical(anova(small, one)$Df[2], 3)
  squares <- moe_fit(b ~ poly(x1, 2), client_data, experts = 1)
  expect_identical(anova(moe_fit(b ~ x1, client_data, experts = 1), squares)$Df[2], 1)
})

test_that("fits that have no likelihood ratio test are refused, with what to use instead", {
  refused <- function(..., message) {
    expect_error(anova(...), message, class = "moe_error_input")
  }
  refused(classes, mixture, message = "number of experts, .* 1 and 2.*BIC\\(\\).*moe_tune\\(\\)")
  refused(one, update(one, . ~ . - f, lambda = 1), message = "same ridge, but have 0 and 1")
  refused(one, moe_fit(b ~ f + w, client_data, experts = 1), message = "in the experts .*vuongtest")
  refused(one, moe_fit(b ~ x1 + x2 + w + id, client_data, experts = 1),
          message = "nested, but have as many parameters")
  refused(one, moe_fit(b ~ x1, client_data[-1, ], experts = 1), message = "same responses")
  refused(one, moe_fit(b ~ x1, client_data, experts = 1, weights = w), message = "same responses")
  refused(one, client_peers$binary, message = "fit by moe_fit")
  none <- suppressWarnings(update(mixture, . ~ 1 | 1))
  refused(none, mixture, message = "cannot be told apart")
  set.seed(1)
  tree <- moe_dendrogram(mixture, refine = FALSE)
  refused(cut(tree, 1), cut(tree, 1), message = "not at a maximum")
})

test_that("a fit that is worse than one nested in it is reported", {
  small <- moe_fit(b ~ x1, client_data, experts = 1)
  missed <- one
  missed$loglik <- small$loglik - 1
  expect_warning(table <- anova(small, missed), "missed the best")
  expect_identical(table$Chisq[2], 0)
})
