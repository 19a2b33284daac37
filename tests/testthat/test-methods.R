# What users expect of a fitted model. Expected values are worked out from coef() and the
# data.

set.seed(1)
n <- 120
d <- data.frame(x1 = rnorm(n), x2 = rnorm(n), z1 = runif(n, -2, 2),
                f = factor(rep(c("u", "v"), n / 2)), w = rep(c(1, 2, 0.5), n / 3))
slope <- ifelse(d$z1 > 0, 2, -2)
d$y <- factor(c("low", "mid", "top")[apply(
  cbind(0, slope * d$x1, d$x2) - log(-log(matrix(runif(3 * n), n))), 1, which.max
)])
quick <- moe_control(search = "quick")
fit <- moe_fit(y ~ x1 + x2 | z1, d, experts = 2, lambda = 0.5, control = quick)
weighted <- moe_fit(y ~ x1 + x2 | z1, d, experts = 2, weights = w, lambda = 0.5, control = quick)
single <- moe_fit(y ~ x1 + x2, d, experts = 1, control = quick)
matrices <- moe_fit(as.matrix(d[c("x1", "x2")]), d$y, z = as.matrix(d["z1"]), lambda = 0.5,
                    control = quick)
gaps <- replace(d$x1, c(3, 70), NA)
excluding <- moe_fit(y ~ x1 + x2 | z1, transform(d, x1 = gaps), weights = w, lambda = 0.5,
                     control = quick, na.action = na.exclude)

softmax_rows <- function(a) exp(a) / rowSums(exp(a))

# n x M class probabilities of the fits above.
probability <- function(fit, data = d) {
  b <- coef(fit, "list")
  x <- cbind(1, data$x1, data$x2)
  z <- if (nrow(b$gate) == 2) cbind(1, data$z1) else x
  gate <- softmax_rows(cbind(0, z %*% b$gate))
  unname(Reduce(`+`, lapply(seq_len(ncol(gate)), function(k) {
    gate[, k] * softmax_rows(cbind(0, x %*% b$expert[, , k]))
  })))
}

of_response <- function(p, y = d$y) p[cbind(seq_along(y), as.integer(y))]

# Lines as in a window of 80 columns.
printed <- function(x, ...) {
  before <- options(width = 80)
  on.exit(options(before))
  capture.output(print(x, ...))
}
expect_line <- function(lines, regexp) expect_length(grep(regexp, lines), 1)

# --- showing ---

test_that("print says what was fitted, to what, and how well", {
  lines <- printed(fit)
  expect_line(lines, "^Softmax-gated mixture of 2 multinomial-logistic experts$")
  expect_line(lines, "^Call: moe_fit\\(formula = y ~ x1 \\+ x2 \\| z1, data = d, ")
  expect_line(lines, "^120 observations.* 3 classes \\(low, mid, top\\), ridge 0.5 on")
  expect_line(lines, "^Mean gate probabilities:$")
  expect_line(lines, paste0("^Log-likelihood ", format(fit$loglik, digits = 7), " on 14 param"))
  expect_line(lines, paste0("BIC ", format(BIC(fit), digits = 7)))
  expect_line(lines, "^Converged after [0-9]+ iterations")
})

test_that("print of many searches says how many found the optimum", {
  many <- fit
  many$optima <- data.frame(objective = fit$objective - c(0, 0.5), found = 2:1)
  expect_match(paste(printed(many), collapse = " "), "; found by 2 of +3 independent +searches")
  expect_no_match(paste(printed(fit), collapse = " "), "found by")
})

test_that("print of one expert speaks of one, and of no searches", {
  lines <- printed(single)
  expect_line(lines, "^Softmax-gated mixture of 1 multinomial-logistic expert$")
  expect_length(grep("searches", lines[-(2:3)]), 0)
  expect_line(lines, "on 6 parameters")
})

test_that("print tells the number of rows from the sum of their weights", {
  expect_line(printed(weighted), "^120 .*140")
})

test_that("print returns the fit invisibly and heeds digits", {
  capture.output(returned <- withVisible(print(fit)))
  expect_false(returned$visible)
  expect_identical(returned$value, fit)
  expect_line(printed(fit, digits = 2),
              paste0("^Log-likelihood ", format(fit$loglik, digits = 5), " "))
})

test_that("problems of a fit are warned of, kept, and printed within the width", {
  expect_warning(
    short <- moe_fit(y ~ x1 + x2 | z1, d, lambda = 0.5,
                     control = moe_control("mm", search = "quick", max_iterations = 2)),
    "has not converged \\(iteration limit after 2 iterations.*raise `max_iterations`"
  )
  expect_false(short$converged)
  expect_identical(short$status, "iteration limit")
  expect_match(short$problems, "has not converged")
  lines <- printed(short)
  expect_line(lines, "^Not converged \\(iteration limit\\) after 2 iterations")
  expect_line(lines, "^! The fit has not converged")
  # A call is broken where deparse() breaks it.
  expect_lte(max(nchar(lines[-(2:3)])), 80)
})

test_that("a call that holds the data is cut short when printed", {
  held <- suppressWarnings(do.call(moe_fit, list(y ~ x1 + x2 | z1, d, lambda = 0.5,
                                                 control = quick)))
  said <- capture.output(print(held))
  expect_match(said, "^ *\\.\\.\\.$", all = FALSE)
  expect_lt(length(said), 20)
})

test_that("many classes do not make lines wider than the window", {
  many <- data.frame(y = factor(rep(state.name[1:20], 6)), x = d$x1)
  fit <- moe_fit(y ~ x, many, experts = 1, lambda = 1)
  expect_lte(max(nchar(printed(fit))), 80)
  expect_lte(max(nchar(printed(summary(fit)))), 80)
  expect_line(printed(fit), "120 observations, 20 classes \\(Alabama, Alaska, ")
  expect_line(printed(fit), "Georgia, \\.\\.\\.\\), ridge 1 on slopes$")
  expect_false(any(grepl("Hawaii", printed(fit))))
})

test_that("print says how many rows were left out", {
  expect_match(paste(printed(excluding), collapse = " "),
               "118 observations of .* \\(2 observations +deleted due to +missingness\\), +3 classes")
  expect_false(any(grepl("deleted", printed(fit))))
})

test_that("print of a run that was stopped speaks of no optimum", {
  stopped <- suppressWarnings(moe_fit(y ~ x1 + x2 | z1, d, experts = 2, lambda = 0.5,
                                      control = moe_control(search = "quick", max_iterations = 2)))
  expect_match(paste(printed(stopped), collapse = " "), "Not converged \\(iteration limit\\)")
  expect_no_match(paste(printed(stopped), collapse = " "), "optimum")
})

test_that("summary holds criteria, rows that an expert leads, and its mean class probabilities", {
  s <- summary(weighted)
  expect_s3_class(s, "summary.moe_fit")
  expect_equal(s$criteria, c(AIC = AIC(weighted), BIC = BIC(weighted), ICL = moe_icl(weighted)))
  gate <- predict(weighted, type = "gate")
  expert <- predict(weighted, type = "expert")
  expect_equal(as.vector(s$assigned), c(sum(gate[, 1] >= gate[, 2]), sum(gate[, 1] < gate[, 2])))
  for (k in 1:2) {
    expect_equal(unname(s$classes[, k]),
                 apply(expert[, , k], 2, weighted.mean, w = d$w * gate[, k]), ignore_attr = TRUE)
  }
  expect_identical(dimnames(s$classes), list(c("low", "mid", "top"), c("expert1", "expert2")))
})

test_that("summary prints sections in words and every coefficient", {
  lines <- printed(summary(fit))
  expect_line(lines, "^Experts \\(mean gate probability, rows they lead, mean class probab")
  expect_line(lines, "^Coefficients \\(log-odds against class \"low\"; gate against expert1\\):$")
  expect_line(lines, "gate:expert2")
  expect_match(paste(lines, collapse = " "), "; AIC .*, +BIC .*, +ICL +[0-9.]+ ")
  slope <- grep("^z1 ", lines, value = TRUE)[1]
  expect_equal(as.numeric(strsplit(slope, " +")[[1]][2]), coef(fit)[["gate:expert2:z1"]],
               tolerance = 1e-3)
  expect_lte(max(nchar(lines)), 80)
})

test_that("summary prints a row per expert: share, rows it leads, class probabilities", {
  s <- summary(fit)
  lines <- printed(s)
  for (k in 1:2) {
    row <- strsplit(grep(paste0("^expert", k, " "), lines, value = TRUE), " +")[[1]][-1]
    expect_equal(as.numeric(row), unname(c(s$shares[k], s$assigned[k], s$classes[, k])),
                 tolerance = 1e-3)
    expect_identical(row[2], as.character(s$assigned[[k]]))
  }
})

test_that("summary of one expert has no gate to speak of", {
  lines <- printed(summary(single))
  expect_length(grep("gate:|gate against", lines), 0)
  expect_line(lines, "expert1:mid")
})

test_that("summary of a fit without data has what needs no data", {
  without <- moe_fit(y ~ x1, d, experts = 1, lambda = 1, model = FALSE)
  s <- summary(without)
  expect_null(s$classes)
  expect_null(s$assigned)
  expect_identical(names(s$criteria), c("AIC", "BIC"))
  expect_line(printed(s), "^Coefficients")
})

test_that("summary of a fit without data names only what it shows", {
  without <- moe_fit(y ~ x1, d, lambda = 0.5, control = quick, model = FALSE)
  expect_line(printed(summary(without)), "^Experts \\(mean gate probability\\):$")
  expect_line(printed(summary(fit)), "^Experts \\(mean gate probability, rows they lead, mean class")
})

test_that("summary prints a fit by the worker whose column of ones has no name", {
  x <- cbind(1, as.matrix(d[c("x1", "x2")]))
  worker <- moe_fit_worker(x, x, d$y, lambda = 1, control = quick)
  expect_length(grep("^\\(Intercept\\) ", printed(summary(worker))), 5)
})

# --- coefficients ---

test_that("coefficients have a row per column of the design, named like it", {
  b <- coef(fit, "list")
  expect_named(b, c("gate", "expert"))
  expect_identical(dimnames(b$gate), list(c("(Intercept)", "z1"), "expert2"))
  expect_identical(dimnames(b$expert), list(c("(Intercept)", "x1", "x2"), c("mid", "top"),
                                            c("expert1", "expert2")))
})

test_that("one expert has a gate without columns", {
  expect_identical(dim(coef(single, "list")$gate), c(3L, 0L))
  expect_identical(dim(coef(single, "list")$expert), c(3L, 2L, 1L))
  expect_identical(colnames(coef(single, matrix = TRUE)), c("expert1:mid", "expert1:top"))
})

test_that("the matrix of coefficients holds the list's, NA where a part lacks a covariate", {
  b <- coef(fit, "list")
  flat <- coef(fit, matrix = TRUE)
  expect_identical(rownames(flat), c("(Intercept)", "x1", "x2", "z1"))
  expect_identical(colnames(flat), c("gate:expert2", "expert1:mid", "expert1:top", "expert2:mid",
                                     "expert2:top"))
  expect_identical(flat[c("(Intercept)", "z1"), "gate:expert2"], b$gate[, 1])
  for (k in 1:2) {
    for (m in c("mid", "top")) {
      expect_identical(flat[1:3, paste0("expert", k, ":", m)], b$expert[, m, k])
    }
  }
  expect_true(all(is.na(flat[c("x1", "x2"), "gate:expert2"])))
  expect_true(all(is.na(flat["z1", -1])))
})

test_that("the matrix of coefficients loses none, whatever the columns of x are", {
  x <- as.matrix(d[c("x1", "x2")])
  odd <- moe_fit(cbind(x, constant = 1), d$y, lambda = 0.5, control = quick) |> suppressMessages()
  expect_identical(sum(!is.na(coef(odd, matrix = TRUE))), 15L)
})

test_that("experts are ordered by their mean gate probability, weights included", {
  expect_equal(unname(weighted$shares),
               unname(apply(predict(weighted, type = "gate"), 2, weighted.mean, w = d$w)))
  expect_false(is.unsorted(rev(weighted$shares)))
  expect_equal(sum(weighted$shares), 1)
})

test_that("one expert and two classes have the coefficients of glm()", {
  d$two <- d$y == "top"
  one <- moe_fit(two ~ x1 + x2, d, experts = 1, weights = w)
  logistic <- suppressWarnings(glm(two ~ x1 + x2, binomial, d, weights = w))
  expect_equal(coef(one, "list")$expert[, 1, 1], coef(logistic), tolerance = 1e-5)
})

# --- likelihood ---

test_that("the log-likelihood is the weighted sum of log probabilities of the classes seen", {
  expect_equal(as.numeric(logLik(fit)), sum(log(of_response(probability(fit)))))
  expect_equal(as.numeric(logLik(weighted)), sum(d$w * log(of_response(probability(weighted)))))
})

test_that("logLik has the number of parameters and the sum of weights", {
  expect_s3_class(logLik(fit), "logLik")
  expect_identical(attr(logLik(fit), "df"), 2 * 1 + 2 * 3 * 2)
  expect_identical(attr(logLik(single), "df"), 6)
  expect_identical(nobs(weighted), sum(d$w))
  expect_identical(attr(logLik(weighted), "nobs"), sum(d$w))
  expect_equal(nobs(fit), n)
})

test_that("dropped columns do not count as parameters", {
  dropped <- suppressMessages(moe_fit(y ~ x1 + x2 + I(2 * x1) | z1 + I(z1 - 3), d, lambda = 0.5,
                                      control = quick))
  expect_identical(attr(logLik(dropped), "df"), attr(logLik(fit), "df"))
})

test_that("AIC, BIC and deviance are the usual functions of the log-likelihood", {
  l <- sum(d$w * log(of_response(probability(weighted))))
  expect_equal(AIC(weighted), -2 * l + 2 * 14)
  expect_equal(BIC(weighted), -2 * l + log(sum(d$w)) * 14)
  expect_equal(deviance(weighted), -2 * l)
})

test_that("AIC and BIC compare fits in a table", {
  table <- BIC(single, fit)
  expect_identical(rownames(table), c("single", "fit"))
  expect_equal(table$df, c(6, 14))
  expect_equal(table$BIC, c(BIC(single), BIC(fit)))
  expect_equal(AIC(single, fit)$AIC, c(AIC(single), AIC(fit)))
})

test_that("ICL is BIC plus twice the entropy of the responsibilities", {
  tau <- predict(weighted, type = "posterior")
  expect_equal(moe_icl(weighted), BIC(weighted) - 2 * sum(d$w * tau * log(tau)))
  expect_equal(moe_icl(single), BIC(single))
  expect_gt(moe_icl(fit), BIC(fit))
})

test_that("ICL takes responsibilities of 0 as no entropy", {
  far <- data.frame(y = rep(c("a", "b"), 40), x = rep(c(-1, 1), each = 40) * 1e3 + rnorm(80))
  split <- suppressWarnings(moe_fit(y ~ x, far, lambda = 1e-8, control = quick))
  split$measure$gate <- split$measure$gate * 1e6
  expect_true(is.finite(moe_icl(split)))
})

# --- data ---

test_that("formula and terms are the fit's", {
  expect_equal(formula(fit), y ~ x1 + x2 | z1, ignore_attr = TRUE)
  expect_setequal(attr(terms(fit), "term.labels"), c("x1", "x2", "z1"))
  expect_setequal(all.vars(formula(moe_fit(y ~ x1 + f, d, experts = 1, lambda = 1))),
                  c("y", "x1", "f"))
})

test_that("the model frame has the variables of both parts and the rows that were used", {
  frame <- model.frame(fit)
  expect_setequal(names(frame), c("y", "x1", "x2", "z1"))
  expect_identical(frame$z1, d$z1)
  expect_identical(nrow(model.frame(excluding)), 118L)
  some <- moe_fit(y ~ x1, d, subset = z1 > 0, experts = 1, lambda = 1)
  expect_identical(model.frame(some)$x1, d$x1[d$z1 > 0])
})

test_that("model matrices are those of model.matrix()", {
  expect_equal(model.matrix(fit), model.matrix(~ x1 + x2, d), ignore_attr = TRUE)
  expect_identical(colnames(model.matrix(fit)), c("(Intercept)", "x1", "x2"))
  expect_equal(model.matrix(fit, "gate"), model.matrix(~ z1, d), ignore_attr = TRUE)
  expect_identical(colnames(model.matrix(fit, part = "gate")), c("(Intercept)", "z1"))
  expect_equal(model.matrix(matrices), model.matrix(~ x1 + x2, d), ignore_attr = TRUE)
  expect_equal(model.matrix(matrices, "gate"), model.matrix(~ z1, d), ignore_attr = TRUE)
})

test_that("weights are the case weights, 1 if there were none, NA where na.exclude left out", {
  expect_identical(weights(weighted), d$w)
  expect_identical(weights(fit), rep(1, n))
  expect_identical(weights(matrices), rep(1, n))
  expect_equal(weights(excluding), replace(d$w, c(3, 70), NA), ignore_attr = TRUE)
})

test_that("fitted values are the class probabilities, padded after na.exclude", {
  expect_equal(unname(fitted(fit)), probability(fit), tolerance = 1e-10)
  expect_equal(unname(fitted(matrices)), probability(matrices), tolerance = 1e-10)
  expect_identical(dim(fitted(excluding)), c(120L, 3L))
  expect_identical(unname(which(is.na(fitted(excluding)[, 1]))), c(3L, 70L))
})

# --- residuals ---

test_that("response residuals are indicators minus probabilities, and sum to 0 in a row", {
  p <- probability(weighted)
  r <- residuals(weighted)
  expect_equal(unname(r), 1 * outer(as.integer(d$y), 1:3, "==") - p, tolerance = 1e-10)
  expect_identical(colnames(r), levels(d$y))
  expect_lt(max(abs(rowSums(r))), 1e-12)
  expect_identical(residuals(weighted, "response"), r)
})

test_that("Pearson residuals are scaled by the binomial standard deviation and the weight", {
  p <- probability(weighted)
  expect_equal(unname(residuals(weighted, "pearson")),
               sqrt(d$w) * (outer(as.integer(d$y), 1:3, "==") - p) / sqrt(p * (1 - p)),
               tolerance = 1e-9)
})

test_that("squares of deviance residuals, times the weights, sum to the deviance", {
  r <- residuals(weighted, "deviance")
  expect_length(r, n)
  expect_equal(as.vector(r), sqrt(-2 * log(of_response(probability(weighted)))), tolerance = 1e-9)
  expect_equal(sum(d$w * r^2), deviance(weighted))
})

test_that("residuals of one class of two are those of glm()", {
  d$two <- d$y == "top"
  one <- moe_fit(two ~ x1 + x2, d, experts = 1, control = quick)
  logistic <- glm(two ~ x1 + x2, binomial, d)
  expect_equal(unname(residuals(one, "response")[, "TRUE"]),
               unname(residuals(logistic, "response")), tolerance = 1e-5)
  expect_equal(unname(residuals(one, "pearson")[, "TRUE"]),
               unname(residuals(logistic, "pearson")), tolerance = 1e-5)
  expect_equal(as.vector(residuals(one, "deviance")),
               abs(unname(residuals(logistic, "deviance"))), tolerance = 1e-5)
})

test_that("residuals are padded after na.exclude", {
  for (type in c("response", "pearson")) {
    r <- residuals(excluding, type)
    expect_identical(dim(r), c(120L, 3L))
    expect_identical(unname(which(is.na(r[, 1]))), c(3L, 70L))
  }
  expect_identical(unname(which(is.na(residuals(excluding, "deviance")))), c(3L, 70L))
  used <- transform(d[-c(3, 70), ])
  p <- probability(excluding, used)
  expect_equal(unname(residuals(excluding)[-c(3, 70), ]),
               outer(as.integer(used$y), 1:3, "==") - p, tolerance = 1e-9)
})

test_that("residuals of an impossible class are finite or say so, never negative under the root", {
  sure <- data.frame(y = rep(c("a", "b"), each = 20), x = c(-20:-1, 1:20))
  separated <- suppressWarnings(moe_fit(y ~ x, sure, experts = 1, lambda = 1e-4))
  expect_false(anyNA(residuals(separated, "deviance")))
})

# --- simulate ---

test_that("simulated responses are factors with all classes, a column for each", {
  s <- simulate(fit, nsim = 3, seed = 1)
  expect_named(s, c("sim_1", "sim_2", "sim_3"))
  expect_identical(dim(s), c(120L, 3L))
  for (column in s) expect_identical(levels(column), c("low", "mid", "top"))
  expect_identical(levels(simulate(fit, seed = 1, newdata = d[1, ])$sim_1), c("low", "mid", "top"))
})

test_that("a seed makes a simulation reproducible and leaves the random numbers alone", {
  set.seed(9)
  expected <- runif(1)
  set.seed(9)
  s <- simulate(fit, seed = 3)
  expect_identical(runif(1), expected)
  expect_identical(simulate(fit, seed = 3), s)
  expect_false(identical(simulate(fit, seed = 4), s))
  expect_identical(attr(s, "seed"), structure(3, kind = as.list(RNGkind())))
})

test_that("a failed simulation with a seed restores the random numbers too", {
  set.seed(9)
  before <- .Random.seed
  try(simulate(fit, seed = 3, newdata = d["x1"]), silent = TRUE)
  expect_identical(.Random.seed, before)
})

test_that("without a seed the stream goes on, and its state is kept", {
  set.seed(9)
  first <- simulate(fit)
  second <- simulate(fit)
  expect_false(identical(first$sim_1, second$sim_1))
  assign(".Random.seed", attr(first, "seed"), globalenv())
  expect_identical(simulate(fit)$sim_1, first$sim_1)
})

test_that("a session that has drawn no random number can simulate", {
  before <- get(".Random.seed", globalenv())
  on.exit(assign(".Random.seed", before, globalenv()))
  rm(".Random.seed", envir = globalenv())
  expect_identical(dim(simulate(fit)), c(120L, 1L))
  expect_true(exists(".Random.seed", globalenv()))
})

test_that("simulated frequencies are the probabilities", {
  draws <- 5000
  for (row in c(1, 2, 40)) {
    s <- simulate(fit, seed = row, newdata = d[rep(row, draws), ])$sim_1
    p <- drop(probability(fit, d[row, ]))
    expect_true(all(abs(tabulate(s, 3) / draws - p) < 4 * sqrt(p * (1 - p) / draws)))
  }
})

test_that("rows of one simulation are drawn independently", {
  s <- simulate(fit, nsim = 2, seed = 1, newdata = d[rep(1, 5000), ])
  p <- probability(fit, d[1, ])
  agree <- mean(s$sim_1 == s$sim_2)
  expect_lt(abs(agree - sum(p^2)), 4 * sqrt(0.25 / 5000))
  expect_lt(abs(mean(s$sim_1[-1] == s$sim_1[-5000]) - sum(p^2)), 4 * sqrt(0.25 / 5000))
})

test_that("simulation at missing covariates, at none, and for matrices", {
  s <- simulate(fit, seed = 1, newdata = transform(d[1:3, ], x1 = c(0, NA, 1)))
  expect_identical(is.na(s$sim_1), c(FALSE, TRUE, FALSE))
  expect_identical(dim(simulate(fit, nsim = 2, newdata = d[0, ])), c(0L, 2L))
  x <- as.matrix(d[1:4, c("x1", "x2")])
  z <- as.matrix(d[1:4, "z1"])
  expect_identical(nrow(simulate(matrices, seed = 1, newdata = x, newz = z)), 4L)
})

test_that("a fit to simulated responses can be had by update()", {
  d$again <- simulate(fit, seed = 2)$sim_1
  refit <- update(fit, again ~ ., data = d)
  expect_identical(names(model.frame(refit))[1], "again")
})

# --- update ---

test_that("update changes what it is told and keeps the rest", {
  changed <- update(fit, lambda = 2)
  expect_identical(changed$lambda, 2)
  expect_identical(changed$experts, 2L)
  expect_equal(formula(changed), formula(fit), ignore_formula_env = TRUE)
  expect_identical(changed$call$control, quote(quick))
})

test_that("update of a formula understands both parts", {
  call <- function(...) deparse(update(..., evaluate = FALSE)$formula)
  expect_identical(call(fit, . ~ . + f | .), "y ~ x1 + x2 + f | z1")
  expect_identical(call(fit, . ~ . | . + x1), "y ~ x1 + x2 | z1 + x1")
  expect_identical(call(fit, . ~ . - x2), "y ~ x1 | z1")
  expect_identical(call(single, . ~ . | z1), "y ~ x1 + x2 | z1")
  expect_identical(call(fit, y == "mid" ~ .), "y == \"mid\" ~ x1 + x2 | z1")
})

test_that("update of a formula refits", {
  changed <- update(single, . ~ . - x2)
  expect_identical(rownames(coef(changed, "list")$expert), c("(Intercept)", "x1"))
  expect_equal(coef(changed), coef(moe_fit(y ~ x1, d, experts = 1)))
})

test_that("update adds and removes arguments, and evaluate = FALSE gives the call", {
  call <- update(fit, weights = w, lambda = NULL, evaluate = FALSE)
  expect_type(call, "language")
  expect_identical(call$weights, quote(w))
  expect_identical(update(fit, subset = z1 > 0, evaluate = FALSE)$subset, quote(z1 > 0))
})

test_that("update works inside a function, on its variables", {
  refit <- function(fit, ridge) update(fit, lambda = ridge)
  expect_identical(refit(fit, 3)$lambda, 3)
  whole <- function(table) {
    inner <- moe_fit(y ~ x1, table, experts = 1, lambda = 1)
    update(inner, . ~ . + x2)
  }
  expect_identical(rownames(coef(whole(d), "list")$expert), c("(Intercept)", "x1", "x2"))
})

test_that("update works on fits from matrices", {
  x <- as.matrix(d["x1"])
  y <- d$y
  one <- moe_fit(x, y, experts = 1, lambda = 1)
  expect_identical(update(one, lambda = 2)$lambda, 2)
  expect_identical(update(one, experts = 2, control = quick)$experts, 2L)
})

# --- calls ---

test_that("moe_fit finds its method by the formula or matrix, wherever it stands", {
  first <- coef(moe_fit(y ~ x1, d, experts = 1, lambda = 1))
  expect_identical(coef(moe_fit(data = d, formula = y ~ x1, experts = 1, lambda = 1)), first)
  expect_identical(coef(moe_fit(data = d, y ~ x1, experts = 1, lambda = 1)), first)
  expect_identical(coef(moe_fit(experts = 1, y ~ x1, d, lambda = 1)), first)
  x <- as.matrix(d["x1"])
  expect_identical(coef(moe_fit(y = d$y, x = x, experts = 1, lambda = 1)), first)
  expect_identical(coef(moe_fit(experts = 1, x, d$y, lambda = 1)), first)
})

test_that("the call is to moe_fit(), with the arguments by name", {
  expect_identical(single$call, quote(moe_fit(formula = y ~ x1 + x2, data = d, experts = 1,
                                              control = quick)))
  expect_identical(as.list(matrices$call)[[1]], quote(moe_fit))
})

test_that("update() writes out dots, which stand for what the data held", {
  data <- d[c("y", "x1", "x2")]
  control <- moe_control(search = "quick")
  fit <- moe_fit(y ~ ., data, lambda = 1, control = control)
  expect_equal(formula(update(fit, . ~ . - x1)), y ~ x2, ignore_formula_env = TRUE,
               ignore_attr = TRUE)
  two <- moe_fit(y ~ . - x2 | .^2, data, lambda = 1, control = control)
  call <- update(two, . ~ . | . - x1:x2, evaluate = FALSE)
  expect_identical(deparse1(call$formula), "y ~ x1 | x1 + x2")
})

# --- what tools that take a glm ask for ---

test_that("coefficients are a vector with the names and order of vcov()", {
  b <- coef(fit, "list")
  expect_identical(unname(coef(fit)), c(b$gate, b$expert))
  expect_identical(names(coef(fit)), rownames(vcov(fit)))
  expect_identical(names(coef(fit))[c(2, 6)], c("gate:expert2:z1", "expert1:top:(Intercept)"))
  twice <- transform(d, twice = 2 * x1)
  dropped <- suppressMessages(moe_fit(y ~ x1 + twice, twice, experts = 1))
  expect_identical(names(which(is.na(coef(dropped)))), c("expert1:mid:twice", "expert1:top:twice"))
  expect_identical(coef(dropped, complete = FALSE), na.omit(coef(dropped)), ignore_attr = TRUE)
  expect_identical(names(coef(dropped, complete = FALSE)),
                   rownames(vcov(dropped, complete = FALSE)))
  expect_error(coef(fit, "array"), "`form` must be one of", class = "moe_error_input")
})

test_that("degrees of freedom, AIC by extractAIC() and sigma() are those of a glm", {
  e <- transform(d, y = y == "mid")
  one <- moe_fit(y ~ x1 + f, e, experts = 1)
  other <- glm(y ~ x1 + f, binomial, e)
  expect_equal(df.residual(one), df.residual(other))
  expect_equal(extractAIC(one), extractAIC(other))
  expect_equal(extractAIC(one, k = 3), extractAIC(other, k = 3))
  expect_equal(sigma(one), sigma(other))
  expect_identical(df.residual(weighted), sum(d$w) - weighted$df)
})

test_that("names of cases and variables", {
  expect_identical(case.names(weighted), as.character(1:120))
  expect_identical(case.names(excluding), as.character((1:120)[-c(3, 70)]))
  zero <- moe_fit(y ~ x1, d, experts = 1, weights = rep(0:1, c(2, 118)))
  expect_identical(case.names(zero), as.character(3:120))
  expect_identical(case.names(zero, full = TRUE), as.character(1:120))
  expect_identical(case.names(matrices), as.character(1:120))
  expect_identical(variable.names(fit), names(coef(fit)))
})

test_that("drop1(), add1() and step() are those of a glm", {
  e <- transform(d, y = y == "mid")
  one <- moe_fit(y ~ x1 + x2 + f, e, experts = 1)
  other <- glm(y ~ x1 + x2 + f, binomial, e)
  dropped <- drop1(one, test = "Chisq")
  expected <- drop1(other, test = "Chisq")
  expect_equal(dropped$AIC, expected$AIC)
  expect_equal(dropped$`Pr(>Chi)`, expected$`Pr(>Chi)`, tolerance = 1e-6)
  small <- update(one, . ~ f)
  expect_equal(add1(small, ~ . + x1 + x2)$AIC, add1(glm(y ~ f, binomial, e), ~ . + x1 + x2)$AIC)
  chosen <- step(one, trace = 0)
  expect_equal(formula(chosen), formula(step(other, trace = 0)), ignore_attr = TRUE)
  expect_equal(AIC(chosen), AIC(step(other, trace = 0)))
})

test_that("an update of one part, and so drop1(), is of experts and gate", {
  call <- function(...) deparse(update(..., evaluate = FALSE)$formula)
  expect_identical(call(fit, . ~ . - z1), "y ~ x1 + x2 | 1")
  expect_identical(call(fit, . ~ . + f), "y ~ x1 + x2 + f | z1 + f")
  expect_identical(call(fit, "~ . - x2"), "y ~ x1 | z1")
  expect_identical(call(fit, . ~ x1), "y ~ x1 | x1")
  set.seed(1)
  table <- drop1(fit)
  expect_identical(rownames(table), c("<none>", "x1", "x2", "z1"))
  # 2 experts x 2 classes; the gate's one coefficient.
  expect_identical(table$Df[-1], c(4, 4, 1))
  set.seed(1)
  without <- moe_fit(y ~ x1 + x2 | 1, d, lambda = 0.5, control = quick)
  expect_equal(table["z1", "AIC"], AIC(without), tolerance = 1e-4)
  noise <- suppressWarnings(step(update(fit, . ~ . + f | .), trace = 0,
                                scope = list(lower = ~ x1 + x2 + z1)))
  expect_identical(deparse(formula(formula(noise))), "y ~ x1 + x2 | z1")
})
