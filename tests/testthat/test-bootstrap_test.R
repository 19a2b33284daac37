# The bootstrap likelihood ratio test, against a loop that does what its page says.

quick <- moe_control(search = "quick")
plain <- client_fits$binary
set.seed(2)
mixed <- moe_fit(b ~ x1 + x2 + f, client_data, control = quick)

compare <- function(..., replicates = 4, seed = 3) {
  set.seed(seed)
  anova(..., test = "bootstrap", replicates = replicates)
}

ratios <- function(table) drop(attr(table, "replicates"))

# Of models that moe_fit() itself fits to what simulate() draws, each replicate with a state of the
# random numbers of its own. `refit` is a function of a fit and the drawn response.
ratios_by_hand <- function(small, large, refit, count = 4, seed = 3) {
  kinds <- RNGkind()
  on.exit(do.call(RNGkind, as.list(kinds)))
  set.seed(seed)
  set.seed(sample.int(.Machine$integer.max, 1), kind = "L'Ecuyer-CMRG")
  stream <- .Random.seed
  vapply(seq_len(count), function(b) {
    stream <<- parallel::nextRNGStream(stream)
    assign(".Random.seed", stream, globalenv())
    y <- simulate(small)[[1]]
    fits <- lapply(list(small, large), function(fit) suppressWarnings(refit(fit, y)))
    2 * (fits[[2]]$loglik - fits[[1]]$loglik)
  }, 0)
}

refit_with <- function(data, name) {
  function(fit, y) {
    data[[name]] <- y
    moe_fit(fit$formula, data, fit$experts, lambda = fit$lambda, control = quick)
  }
}

test_that("the p value is the rank of the ratio among those of responses from the smaller fit", {
  table <- compare(plain, mixed)
  expect_equal(ratios(table), ratios_by_hand(plain, mixed, refit_with(client_data, "b")),
               tolerance = 1e-6)
  ratio <- 2 * (mixed$loglik - plain$loglik)
  expect_equal(table$LR, c(NA, ratio))
  expect_equal(table$`Pr(>LR)`[2], (1 + sum(ratios(table) >= ratio)) / 5)
  expect_identical(table$Df, c(NA, as.double(mixed$df - plain$df)))
  expect_output(print(table), "2 experts, ridge")
  expect_identical(compare(mixed, plain)$LR[2], table$LR[2])
  expect_identical(compare(mixed, plain)$`Pr(>LR)`, table$`Pr(>LR)`)
})

test_that("groups draw one expert for all their rows, and counts as many as there were", {
  set.seed(1)
  fit_groups <- function(experts) {
    moe_fit(b ~ x1 | 1, client_data, experts, group = id, lambda = 0.1, control = quick)
  }
  small <- fit_groups(2)
  large <- fit_groups(3)
  refit_groups <- function(fit, y) {
    client_data$b <- y
    moe_fit(b ~ x1 | 1, client_data, fit$experts, group = id, lambda = 0.1, control = quick)
  }
  expect_equal(ratios(compare(small, large)), ratios_by_hand(small, large, refit_groups),
               tolerance = 1e-6)
  counts <- data.frame(x = rnorm(40))
  counts$y <- t(vapply(plogis(counts$x), function(p) rmultinom(1, 5, c(p, 1 - p))[, 1], c(0L, 0L)))
  fit_counts <- function(experts) {
    suppressWarnings(moe_fit(y ~ x | 1, counts, experts, lambda = 1, control = quick))
  }
  small <- fit_counts(1)
  large <- fit_counts(2)
  expect_equal(ratios(compare(small, large)),
               ratios_by_hand(small, large, refit_with(counts, "y")), tolerance = 1e-6)
})

test_that("fits of as many experts give the ratios of glm()", {
  small <- moe_fit(b ~ x1, client_data, experts = 1)
  deviance_of <- function(formula) deviance(glm(formula, binomial, client_data))
  by_glm <- function(fit, y) {
    client_data$drawn <<- y
    list(loglik = -deviance_of(if (fit$df == 2) drawn ~ x1 else drawn ~ x1 + x2 + f) / 2)
  }
  expect_equal(ratios(compare(small, plain)), ratios_by_hand(small, plain, by_glm),
               tolerance = 1e-6)
})

test_that("rows that na.exclude left out are not drawn", {
  data <- client_data
  data$x1[5:9] <- NA
  fit_all <- function(experts, ...) {
    suppressWarnings(moe_fit(b ~ x1 + x2, data, experts, lambda = 1, control = quick, ...))
  }
  set.seed(1)
  expect_identical(
    ratios(compare(fit_all(1, na.action = na.exclude), fit_all(2, na.action = na.exclude))),
    ratios(compare(fit_all(1), fit_all(2)))
  )
})

test_that("several fits are compared in turn, over any number of processes", {
  larger <- suppressWarnings(update(mixed, experts = 3))
  table <- compare(plain, mixed, larger, replicates = 2)
  expect_identical(dim(attr(table, "replicates")), c(2L, 2L))
  expect_identical(is.na(table$`Pr(>LR)`), c(TRUE, FALSE, FALSE))
  skip_on_cran()
  cl <- test_cluster(2)
  on.exit(parallel::stopCluster(cl))
  parallel::clusterCall(cl, .libPaths, .libPaths())
  set.seed(3)
  expect_equal(anova(plain, mixed, larger, test = "bootstrap", replicates = 2, cl = cl), table)
})

test_that("experts that are there are found", {
  set.seed(1)
  data <- data.frame(x = rnorm(300))
  data$y <- factor(rbinom(300, 1, plogis(ifelse(runif(300) < 0.5, 1, -1) * (3 + 3 * data$x))))
  data$y[data$x > 0] <- factor(rbinom(sum(data$x > 0), 1, plogis(4 * data$x[data$x > 0] - 6)))
  one <- moe_fit(y ~ x, data, experts = 1)
  two <- moe_fit(y ~ x, data, lambda = 1, control = quick)
  expect_identical(compare(one, two, replicates = 19)$`Pr(>LR)`[2], 1 / 20)
})

test_that("without more experts p values are uniform", {
  p <- vapply(1:25, function(seed) {
    set.seed(seed)
    data <- data.frame(x = rnorm(60))
    data$y <- factor(rbinom(60, 1, plogis(data$x)))
    one <- moe_fit(y ~ x, data, experts = 1)
    two <- suppressWarnings(moe_fit(y ~ x, data, lambda = 1, control = quick))
    compare(one, two, replicates = 4, seed = seed)$`Pr(>LR)`[2]
  }, 0)
  # Of five equal shares; .001 and .999 quantiles of the binomial.
  expect_lte(max(tabulate(5 * p, 5)), qbinom(0.999, 25, 1 / 5))
  expect_gte(sum(p <= 0.6), qbinom(0.001, 25, 3 / 5))
})

test_that("fits that cannot be drawn from or are not nested are refused", {
  refused <- function(..., message) {
    expect_error(anova(..., test = "bootstrap"), message, class = "moe_error_input")
  }
  refused(plain, message = "give two at least")
  refused(client_fits$weighted, client_fits$weighted, message = "0 or 1 .*repeated rows")
  refused(moe_fit(b ~ w, client_data, experts = 1), mixed, message = "no linear combinations")
  refused(plain, plain, message = "as many parameters")
  refused(plain, mixed, replicates = 0, message = "`replicates` must be one whole number")
  refused(plain, mixed, cl = 2, message = "`cl` must be NULL or a cluster")
  refused(moe_fit(b ~ x1, client_data[-1, ], experts = 1), mixed, message = "same responses")
  wide <- moe_fit(b ~ x1 + x2 + f + w + I(w^2) + I(w^3) + id + I(x1^2) + I(x2^2) + x1:x2 + x2:w +
                    x1:w + f:w, client_data, experts = 1)
  refused(suppressWarnings(moe_fit(b ~ x1, client_data, lambda = 1, control = quick)), wide,
          message = "fewer parameters with more experts: 2 and 1")
})
