# Covariances against numerical derivatives of the plain-R oracle, and against other packages where
# the model is theirs.

set.seed(4)
n <- 260
d <- data.frame(x1 = rnorm(n, 3, 2), x2 = rnorm(n), z1 = runif(n, -2, 2),
                f = factor(sample(c("u", "v", "w"), n, TRUE)), w = sample(c(0.5, 1, 2, 3), n, TRUE))
slope <- ifelse(d$z1 + rnorm(n) > 0, 2, -2)
d$y <- factor(c("low", "mid", "top")[apply(
  cbind(0, slope * d$x2, d$x1 / 3 + (d$f == "v")) - log(-log(matrix(runif(3 * n), n))), 1, which.max
)])
d$id <- sample(40, n, TRUE)
# Where a run stops must not show in the digits compared.
quick <- moe_control(search = "quick", tolerance = 1e-15)
fit <- moe_fit(y ~ x1 + x2, d, lambda = 0.5, control = quick)
rich <- moe_fit(y ~ x2 + f | z1, d, weights = w, lambda = 2, control = quick)
single <- moe_fit(y ~ x1 + x2 + f, d, experts = 1, weights = w)

# Data whose classes the sign of x1 separates in all rows.
apart <- data.frame(x1 = c(-(30:1), 1:30) / 10, x2 = rep(c(-1, 0, 1), 20))
apart$y <- factor(c("no", "yes")[1 + (apart$x1 > 0)])

# The oracle's parameters of a fit of this shape from all coefficients in one vector.
from_free <- function(b, fit) {
  coefficients <- coef(fit, "list")
  gate <- seq_along(coefficients$gate)
  coefficients$gate[] <- b[gate]
  coefficients$expert[] <- b[length(gate) + seq_along(coefficients$expert)]
  oracle_parameters(coefficients)
}

penalised <- function(b, fit) {
  par <- from_free(b, fit)
  x <- model.matrix(fit)
  z <- model.matrix(fit, "gate")
  v <- weights(fit)
  oracle_loglik(par, x, z, as.integer(d$y), v) -
    oracle_penalty(oracle_standardise(par, x, z, v), fit$lambda, fit$control$intercept_ridge)
}

hessian_of <- function(fit) {
  -numDeriv::hessian(penalised, coef(fit), method.args = list(r = 3), fit = fit)
}

# Entries of an information matrix in units of its diagonal.
expect_information <- function(object, expected, tolerance = 1e-5) {
  unit <- sqrt(outer(diag(expected), diag(expected)))
  expect_lte(max(abs(object - expected) / unit), tolerance)
}

# --- observed information ---

test_that("the observed information is the Hessian of the penalised log-likelihood", {
  skip_if_not_installed("numDeriv")
  expect_information(solve(vcov(fit)), hessian_of(fit))
})

test_that("so it is with weights, factors and a gate of its own", {
  skip_if_not_installed("numDeriv")
  expect_information(solve(vcov(rich)), hessian_of(rich))
})

test_that("so it is without a ridge, and with more of one on intercepts", {
  skip_if_not_installed("numDeriv")
  none <- moe_fit(y ~ x2 | z1, d, lambda = 0, control = quick)
  expect_information(solve(vcov(none)), hessian_of(none))
  control <- moe_control(search = "quick", intercept_ridge = 0.5)
  both <- moe_fit(y ~ x2 | z1, d, lambda = 3, control = control)
  expect_information(solve(vcov(both)), hessian_of(both))
})

test_that("coefficients of dropped covariates are NA, the others as without them", {
  d$twice <- 2 * d$x1 - 1
  aliased <- suppressMessages(moe_fit(y ~ x1 + twice + x2, d, lambda = 0.5, control = quick,
                                      start = predict(fit, type = "posterior")))
  whole <- vcov(aliased)
  dropped <- grepl(":twice$", rownames(whole))
  expect_identical(sum(dropped), 5L)
  expect_true(all(is.na(whole[dropped, ])) && all(is.na(whole[, dropped])))
  expect_equal(whole[!dropped, !dropped], vcov(fit), tolerance = 1e-4)
  expect_identical(vcov(aliased, complete = FALSE), whole[!dropped, !dropped])
})

test_that("names and order are those of the coefficients", {
  flat <- coef(rich, matrix = TRUE)
  names <- outer(rownames(flat), colnames(flat), function(r, c) paste0(c, ":", r))
  known <- !is.na(flat)
  expect_setequal(rownames(vcov(rich)), names[known])
  expect_identical(rownames(vcov(rich)), colnames(vcov(rich)))
  expect_identical(rownames(coef(summary(rich))), rownames(vcov(rich)))
  expect_equal(coef(summary(rich))[names[known], "Estimate"], setNames(flat[known], names[known]))
  expect_equal(unname(coef(summary(rich))[, 1]), unname(coef(rich)))
})

test_that("one expert has the covariance of nnet::multinom", {
  skip_if_not_installed("nnet")
  logit <- nnet::multinom(y ~ x1 + x2 + f, d, weights = w, trace = FALSE, reltol = 1e-15,
                          maxit = 1000)
  expect_equal(unname(vcov(single)), unname(vcov(logit)), tolerance = 1e-4)
  expect_identical(rownames(vcov(single)), paste0("expert1:", rownames(vcov(logit))))
})

test_that("one expert and two classes have that of glm()", {
  d$two <- d$y == "top"
  one <- moe_fit(two ~ x1 + x2 + f, d, experts = 1)
  logistic <- glm(two ~ x1 + x2 + f, binomial, d, epsilon = 1e-14)
  expect_equal(unname(vcov(one)), unname(vcov(logistic)), tolerance = 1e-4)
  ours <- coef(summary(one))
  expect_equal(unname(ours), unname(coef(summary(logistic))), tolerance = 1e-4)
  expect_identical(colnames(ours), colnames(coef(summary(logistic))))
  expect_equal(unname(confint(one, level = 0.9)), unname(confint.default(logistic, level = 0.9)),
               tolerance = 1e-4)
})

test_that("covariances do not depend on units, origin or threads", {
  shifted <- moe_fit(y ~ x1 + x2, transform(d, x1 = 1000 * x1 + 5e4), lambda = 0.5,
                     start = predict(fit, type = "posterior"), control = quick)
  slopes <- grepl(":x2$", rownames(vcov(fit)))
  expect_equal(vcov(shifted)[slopes, slopes], vcov(fit)[slopes, slopes], tolerance = 1e-5)
  fit$control$threads <- 2L
  threaded <- vcov(fit)
  fit$control$threads <- 1L
  expect_identical(threaded, vcov(fit))
})

test_that("covariances are symmetric to the last digit", {
  for (type in c("observed", "sandwich", "opg")) {
    covariance <- vcov(rich, type = type)
    expect_identical(covariance, t(covariance))
  }
})

# --- scores ---

# Each row's log-likelihood, differentiated: n x d.
numerical_scores <- function(fit) {
  x <- model.matrix(fit)
  z <- model.matrix(fit, "gate")
  rows <- function(b) {
    par <- from_free(b, fit)
    log(oracle_probabilities(par, x, z)[cbind(seq_len(nrow(x)), as.integer(d$y))])
  }
  numDeriv::jacobian(rows, coef(fit))
}

test_that("the outer product of gradients is that of the rows' numerical scores", {
  skip_if_not_installed("numDeriv")
  for (case in list(fit, rich)) {
    scores <- numerical_scores(case)
    unpenalised <- case
    unpenalised$lambda <- 0
    ridge <- solve(vcov(case)) - solve(vcov(unpenalised))
    expect_information(solve(vcov(case, "opg")) - ridge, crossprod(sqrt(weights(case)) * scores))
  }
})

test_that("the sandwich has the observed information outside and scores inside", {
  skip_if_not_installed("numDeriv")
  scores <- numerical_scores(rich)
  expected <- vcov(rich) %*% crossprod(sqrt(weights(rich)) * scores) %*% vcov(rich)
  expect_equal(vcov(rich, "sandwich"), expected, tolerance = 1e-6, ignore_attr = TRUE)
})

test_that("scores of a cluster are summed, in chunks too, with the documented factor", {
  skip_if_not_installed("numDeriv")
  sums <- rowsum(weights(rich) * numerical_scores(rich), d$id)
  groups <- nrow(sums)
  expected <- groups / (groups - 1) * vcov(rich) %*% crossprod(sums) %*% vcov(rich)
  by_cluster <- vcov(rich, cluster = d$id)
  expect_equal(by_cluster, expected, tolerance = 1e-6, ignore_attr = TRUE)
  expect_identical(vcov(rich, "sandwich", cluster = factor(d$id)), by_cluster)
  problem <- fit_problem(rich)
  theta <- as_theta(rich$measure)
  whole <- cluster_meat(problem, theta, d$id)
  for (chunk in c(1, 7, 100)) {
    expect_equal(cluster_meat(problem, theta, d$id, chunk * ncol(whole)), whole, tolerance = 1e-12)
  }
})

test_that("a cluster per row gives the sandwich times n / (n - 1)", {
  expect_equal(vcov(fit, cluster = seq_len(n)), vcov(fit, "sandwich") * n / (n - 1),
               tolerance = 1e-10)
})

test_that("weights count rows: repeated rows in one cluster are a weighted row", {
  d$w <- rep(1:2, n / 2)
  weighted <- moe_fit(y ~ x2 | z1, d, weights = w, lambda = 0.5, control = quick)
  long <- d[rep(seq_len(n), d$w), ]
  repeated <- moe_fit(y ~ x2 | z1, long, lambda = 0.5, start = weighted)
  for (type in covariance_types) {
    expect_equal(vcov(repeated, type), vcov(weighted, type), tolerance = 1e-5)
  }
  expect_equal(vcov(repeated, cluster = rep(seq_len(n), d$w)),
               vcov(weighted, cluster = seq_len(n)), tolerance = 1e-5)
})

test_that("clusters may be given for the rows before missing values were left out", {
  gaps <- replace(d$x1, c(3, 70), NA)
  holes <- moe_fit(y ~ x1 + x2, transform(d, x1 = gaps), lambda = 0.5, start = fit)
  expect_identical(vcov(holes, cluster = d$id), vcov(holes, cluster = d$id[-c(3, 70)]))
})

# --- no information ---

test_that("separated classes give NA, one warning that says why, and intervals of NA", {
  single <- suppressWarnings(moe_fit(y ~ x1 + x2, apart, experts = 1))
  expect_warning(covariance <- vcov(single), "of expert1, .*separated.*`lambda` > 0")
  expect_true(all(is.na(covariance)))
  expect_warning(limits <- confint(single), "no information")
  expect_true(all(is.na(limits)))
  expect_no_warning(s <- summary(single))
  expect_true(all(is.na(coef(s)[, "Std. Error"])))
  expect_output(print(s), "! There is next to no information about 3 coefficients")
})

test_that("a ridge makes them finite", {
  expect_true(all(is.finite(vcov(moe_fit(y ~ x1 + x2, apart, experts = 1, lambda = 1)))))
})

test_that("only coefficients without information are NA", {
  # No `top` where f is u: its intercept runs off, what compares the others stays.
  few <- subset(d, !(f == "u" & y == "top"))
  single <- suppressWarnings(moe_fit(y ~ x2 + f, few, experts = 1))
  covariance <- suppressWarnings(vcov(single))
  unseen <- is.na(diag(covariance))
  expect_identical(names(which(unseen)), paste0("expert1:top:", c("(Intercept)", "fv", "fw")))
  skip_if_not_installed("nnet")
  logit <- nnet::multinom(y ~ x2 + f, few, trace = FALSE, reltol = 1e-15, maxit = 1000)
  expect_equal(unname(covariance[!unseen, !unseen]), unname(vcov(logit)[!unseen, !unseen]),
               tolerance = 1e-3)
})

test_that("redundant experts give NA, one warning that names them, and the remedy", {
  set.seed(8)
  start <- matrix(1 / 3, n, 3)
  start[, 1] <- 1 / 3 + 0.2 * sign(d$x2)
  start[, 2:3] <- (1 - start[, 1]) / 2 # experts 2 and 3 stay equal
  twins <- suppressWarnings(moe_fit(y ~ x1 + x2, d, experts = 3, start = start))
  twin <- which(duplicated(round(t(apply(coef(twins, "list")$expert, 3, c)), 6)) |
                  duplicated(round(t(apply(coef(twins, "list")$expert, 3, c)), 6), fromLast = TRUE))
  expect_length(twin, 2)
  expect_warning(covariance <- vcov(twins), "fewer experts, as moe_dendrogram")
  unseen <- is.na(diag(covariance))
  for (k in twin) expect_true(all(unseen[startsWith(names(unseen), paste0("expert", k, ":"))]))
  warned <- tryCatch(vcov(twins), warning = conditionMessage)
  for (k in twin) expect_match(warned, paste0("expert", k))
  expect_match(warned, "the gate")
})

# --- summary ---

test_that("summary tabulates estimates, errors, z and p", {
  s <- summary(rich, type = "sandwich")
  table <- coef(s)
  error <- sqrt(diag(vcov(rich, "sandwich")))
  expect_equal(table[, "Std. Error"], error)
  expect_equal(table[, "z value"], table[, "Estimate"] / error)
  expect_equal(table[, "Pr(>|z|)"], 2 * (1 - pnorm(abs(table[, "Estimate"] / error))),
               tolerance = 1e-10)
  expect_output(print(s), "Standard errors from the sandwich covariance, the ridge counted")
  expect_output(print(s), "conditional on 2 +experts")
  expect_output(print(summary(rich, cluster = d$id)), "sandwich covariance by 40 clusters")
})

test_that("summary can go without errors, and has none without data", {
  expect_identical(colnames(coef(summary(fit, se = FALSE))), "Estimate")
  expect_output(print(summary(fit, se = FALSE)), "No standard errors: not asked for")
  without <- moe_fit(y ~ x1, d, experts = 1, model = FALSE)
  one <- capture.output(print(summary(moe_fit(y ~ x1, d, experts = 1))))
  expect_true(any(grepl("Standard errors", one)))
  expect_false(any(grepl("conditional on", one)))
  expect_output(print(summary(without)), "No standard errors: the fit holds no training data")
})

test_that("summary of a fit merged without refinement has none", {
  over <- suppressWarnings(moe_fit(y ~ x2 | z1, d, experts = 3, lambda = 1, control = quick))
  merged <- suppressWarnings(cut(moe_dendrogram(over, refine = FALSE), experts = 2))
  expect_output(print(summary(merged)), "No standard errors: a merged fit")
  expect_error(vcov(merged), "merged without refinement", class = "moe_error_input")
})

# --- intervals ---

test_that("intervals are estimate and error times the normal quantile", {
  limits <- confint(fit, level = 0.8)
  expected <- coef(summary(fit))[, 1] + outer(sqrt(diag(vcov(fit))), qnorm(c(0.1, 0.9)))
  expect_equal(limits, expected, ignore_attr = TRUE)
  expect_identical(dimnames(limits), list(rownames(vcov(fit)), c("10 %", "90 %")))
  expect_identical(colnames(confint(fit)), c("2.5 %", "97.5 %"))
  some <- c("expert2:top:x2", "gate:expert2:x1")
  expect_identical(confint(fit, some, level = 0.8), limits[some, ])
  expect_identical(confint(fit, 3:4, level = 0.8), limits[3:4, ])
  x1 <- "gate:expert2:x1"
  expect_equal(confint(fit, x1, cluster = d$id)[1, 2] - coef(fit)[[x1]],
               qnorm(0.975) * sqrt(vcov(fit, cluster = d$id)["gate:expert2:x1", "gate:expert2:x1"]))
})

# --- refusals ---

test_that("what cannot be is refused in words", {
  refused <- function(expression, pattern) {
    expect_error(expression, pattern, class = "moe_error_input")
  }
  refused(vcov(fit, "robust"), "`type` must be one of \"observed\", \"sandwich\", \"opg\"")
  refused(vcov(fit, NA), "`type` must be one of")
  refused(vcov(fit, "opg", cluster = d$id), "`cluster` is for the sandwich covariance")
  refused(vcov(fit, cluster = d$id[-1]), "one value per row: there are 260 rows and 259 values")
  refused(vcov(fit, cluster = replace(d$id, 7, NA)), "missing values: row 7 is NA")
  refused(vcov(fit, cluster = rep(1, n)), "at least two clusters")
  refused(vcov(fit, cluster = d["id"]), "must be a vector, not an object of class \"data.frame\"")
  refused(vcov(fit, cluster = as.matrix(d$id)), "must be a vector")
  refused(vcov(fit, complete = NA), "`complete` must be TRUE or FALSE")
  refused(vcov(fit, method = "opg"), "Unused argument: \"method\"")
  refused(vcov(moe_fit(y ~ x1, d, experts = 1, model = FALSE)), "holds no training data")
  refused(confint(fit, "x1"), "`parm` must hold names or numbers of coefficients, but \"x1\"")
  refused(confint(fit, 99), "but 99 is none")
  refused(confint(fit, level = 1), "`level` must lie between 0 and 1")
  refused(confint(fit, level = 95), "`level` must be one finite number")
  refused(summary(fit, type = "bootstrap"), "`type` must be one of")
  refused(summary(fit, se = NULL), "`se` must be TRUE or FALSE")
})

test_that("a cluster without weight is no cluster", {
  cluster <- rep_len(1:20, n)
  more <- rbind(d, transform(d[1:30, ], w = 0))
  start <- moe_fit(y ~ x1 + x2, d, weights = w, lambda = 1, control = quick)
  with <- moe_fit(y ~ x1 + x2, more, weights = w, lambda = 1, start = start)
  without <- moe_fit(y ~ x1 + x2, d, weights = w, lambda = 1, start = start)
  expect_equal(vcov(with, cluster = c(100 + 1:30, cluster)[c(30 + seq_len(n), 1:30)]),
               vcov(without, cluster = cluster), tolerance = 1e-8)
  expect_output(print(summary(with, cluster = c(cluster, 100 + 1:30))), "20 clusters")
  expect_error(vcov(with, cluster = c(rep(1, n), rep(2, 30))), "positive weight",
               class = "moe_error_input")
})

test_that("remarks count coefficients in the right number", {
  remark <- function(extreme) covariance_remarks(NULL, list(unseen = FALSE, extreme = extreme))
  expect_match(remark(c(TRUE, FALSE, FALSE)), "Variances of 1 coefficient are NA")
  expect_match(remark(c(TRUE, FALSE, TRUE)), "Variances of 2 coefficients are NA")
  expect_null(remark(c(FALSE, FALSE)))
})
