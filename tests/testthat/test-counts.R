# Responses of counts, against the rows that they stand for and against brute force.

quick <- moe_control(search = "quick")

# Rows of 0 to 9 counts of three classes from two experts; the rows one by one, in `long`.
random_counts <- function(rows, seed, least = 0) {
  set.seed(seed)
  truth <- oracle_random(2, 3, 3, 2)
  x <- cbind(1, matrix(rnorm(rows * 2), rows, dimnames = list(NULL, c("x1", "x2"))))
  z <- cbind(1, z1 = rnorm(rows))
  latent <- oracle_draw(oracle_softmax(z %*% truth$gate))
  size <- sample(least:9, rows, TRUE)
  counts <- t(vapply(seq_len(rows), function(i) {
    prob <- oracle_softmax(x[i, , drop = FALSE] %*% truth$expert[, , latent[i]])
    drop(stats::rmultinom(1, size[i], prob))
  }, integer(3)))
  colnames(counts) <- c("none", "mild", "bad")
  cells <- expand.grid(row = seq_len(rows), class = 1:3)
  cells <- cells[rep(seq_len(nrow(cells)), counts), ]
  cells <- cells[sample.int(nrow(cells)), ]
  frame <- data.frame(counts, x[, -1], z1 = z[, 2])
  long <- data.frame(frame[cells$row, c("x1", "x2", "z1")], row = cells$row,
                     y = factor(colnames(counts)[cells$class], colnames(counts)))
  list(counts = counts, x = x, z = z, frame = frame, long = long, size = size, cells = cells)
}

formula <- cbind(none, mild, bad) ~ x1 + x2 | z1

test_that("a fit to counts is that of the rows that they stand for, in a group each", {
  d <- random_counts(80, 1, least = 1)
  set.seed(2)
  start <- moe_fit(formula, d$frame, lambda = 0.5, control = quick)
  fit <- moe_fit(formula, d$frame, lambda = 0.5, control = quick, start = start)
  first <- match(unique(d$long$row), seq_len(80))
  expanded <- moe_fit(y ~ x1 + x2 | z1, d$long, lambda = 0.5, control = quick, group = row,
                      start = start)
  expect_equal(expanded$loglik, fit$loglik, tolerance = 1e-10)
  expect_equal(coef(expanded), coef(fit), tolerance = 1e-5)
  expect_equal(vcov(expanded), vcov(fit), tolerance = 1e-5)
  expect_equal(vcov(expanded, "sandwich"), vcov(fit, "sandwich"), tolerance = 1e-4)
  expect_equal(BIC(expanded), BIC(fit))
  expect_equal(moe_icl(expanded), moe_icl(fit), tolerance = 1e-6)
  expect_equal(unname(predict(expanded, type = "posterior")),
               unname(predict(fit, type = "posterior")[first, ]), tolerance = 1e-5)
  expect_equal(fit$counts, nrow(d$long))
  expect_match(paste(capture.output(fit), collapse = " "),
               paste("80 rows of", nrow(d$long), "counts"))
})

test_that("from one start the default ridge and each step are the same", {
  d <- random_counts(60, 3, least = 1)
  tau <- matrix(runif(120), 60)
  tau <- tau / rowSums(tau)
  few <- moe_control(search = "quick", max_iterations = 5)
  one <- suppressWarnings(moe_fit(formula, d$frame, control = few, start = tau))
  other <- suppressWarnings(moe_fit(y ~ x1 + x2 | z1, d$long, control = few, group = row,
                                    start = tau[unique(d$long$row), ]))
  expect_equal(other$lambda, one$lambda)
  expect_equal(other$trace, one$trace, tolerance = 1e-12)
})

test_that("with one expert it is the logit of the counts", {
  skip_if_not_installed("nnet")
  d <- random_counts(60, 4, least = 1)
  theirs <- nnet::multinom(cbind(none, mild, bad) ~ x1 + x2, d$frame, trace = FALSE, reltol = 1e-14)
  ours <- moe_fit(cbind(none, mild, bad) ~ x1 + x2, d$frame, experts = 1)
  expect_within(t(coef(ours, "list")$expert[, , 1]), coef(theirs), 1e-4)
  two <- glm(cbind(mild, none) ~ x1, binomial, d$frame[rowSums(d$counts[, 1:2]) > 0, ])
  expect_equal(unname(coef(moe_fit(cbind(none, mild) ~ x1, d$frame, experts = 1))),
               unname(coef(two)), tolerance = 1e-5)
})

test_that("likelihood, posterior, residuals and contributions are those of brute force", {
  d <- random_counts(50, 5)
  fit <- suppressWarnings(moe_fit(formula, d$frame, lambda = 0.5, control = quick))
  par <- oracle_parameters(coef(fit, "list"))
  row <- rep(1:50, each = 3)
  logs <- oracle_group_logs(par, d$x[row, ], d$z, rep(1:3, 50), row, c(t(d$counts)))
  of_rows <- log(rowSums(exp(logs)))
  expect_equal(fit$loglik, sum(of_rows), tolerance = 1e-10)
  expect_within(predict(fit, type = "posterior"), exp(logs - of_rows), 1e-8)
  expect_within(residuals(fit, "deviance"), sqrt(pmax(0, -2 * of_rows)), 1e-8)
  expect_within(llcont.moe_fit(fit), of_rows, 1e-8)
  counted <- d$size > 0
  prob <- oracle_probabilities(par, d$x, d$z)
  expect_within(residuals(fit)[counted, ], (d$counts / d$size - prob)[counted, ], 1e-8)
  expect_true(all(residuals(fit)[!counted, ] == 0))
  expect_equal(nobs(fit), sum(counted))
})

test_that("Pearson residuals have the variance of counts that share an expert", {
  d <- random_counts(40, 6, least = 1)
  fit <- suppressWarnings(moe_fit(formula, d$frame, lambda = 0.5, control = quick))
  gate <- predict(fit, type = "gate")
  expert <- predict(fit, type = "expert")
  by_hand <- vapply(1:40, function(i) {
    times <- 0:d$size[i]
    mass <- gate[i, 1] * dbinom(times, d$size[i], expert[i, 2, 1]) +
      gate[i, 2] * dbinom(times, d$size[i], expert[i, 2, 2])
    share <- times / d$size[i]
    mean <- sum(mass * share)
    (d$counts[i, 2] / d$size[i] - mean) / sqrt(sum(mass * (share - mean)^2))
  }, 0)
  expect_within(residuals(fit, "pearson")[, 2], by_hand, 1e-8)
})

test_that("rows without a count change nothing", {
  d <- random_counts(60, 7)
  set.seed(8)
  with <- moe_fit(formula, d$frame, lambda = 0.5, control = quick)
  without <- moe_fit(formula, d$frame[d$size > 0, ], lambda = 0.5, control = quick, start = with)
  expect_equal(without$objective, with$objective, tolerance = 1e-10)
  expect_equal(coef(without), coef(with), tolerance = 1e-5)
  expect_equal(weights(with), as.double(d$size > 0))
  expect_equal(predict(with, type = "posterior")[d$size == 0, ],
               predict(with, type = "gate")[d$size == 0, ], tolerance = 1e-10)
})

test_that("draws have as many counts, and the expert's spread", {
  d <- random_counts(30, 9)
  fit <- suppressWarnings(moe_fit(formula, d$frame, lambda = 0.5, control = quick))
  drawn <- simulate(fit, 400, seed = 1)
  expect_equal(nrow(drawn), 30)
  expect_true(all(vapply(drawn, function(a) all(rowSums(a) == d$size), NA)))
  mild <- vapply(drawn, function(a) a[, 2], integer(30))
  big <- d$size > 4
  standardised <- (mild / d$size - fitted(fit)[, 2])[big, ]
  data <- training_data(fit)
  variance <- share_variance(fit, data, fitted(fit))[big, 2]
  expect_within(mean(rowMeans(standardised^2) / variance), 1, 0.1)
  expect_error(simulate(fit, newdata = d$frame), "must be NULL where the response is of counts")
})

test_that("cross-validation loses each count by itself", {
  d <- random_counts(60, 10)
  folds <- rep_len(1:3, 60)
  tuned <- moe_tune(formula, d$frame, lambda = 2, experts = 1, folds = folds, control = quick)
  loss <- vapply(1:3, function(f) {
    train <- d$frame[folds != f, ]
    fit <- moe_fit(formula, train, experts = 1, lambda = 2 * sum(d$size[folds != f] > 0) / 60)
    test <- d$counts[folds == f, ]
    -sum(test * log(predict(fit, d$frame[folds == f, ], type = "prob"))) / sum(test)
  }, 0)
  expect_within(tuned$values[1, , "logloss"], loss, 0.01)
  drawn <- moe_tune(formula, d$frame, lambda = 2, experts = 1, folds = 4, control = quick)
  expect_equal(as.vector(table(drawn$folds)), rep(15L, 4))
})

test_that("matrices, groups, histories and missing rows follow", {
  d <- random_counts(60, 11, least = 1)
  set.seed(12)
  by_formula <- moe_fit(formula, d$frame, lambda = 0.5, control = quick)
  x <- d$x[, -1]
  z <- d$z[, 2, drop = FALSE]
  fit <- moe_fit(x, d$counts, z = z, lambda = 0.5, control = quick, start = by_formula)
  expect_equal(coef(fit), coef(by_formula), tolerance = 1e-6)
  moved <- d$counts[, c(2, 3, 1)]
  expect_equal(predict(fit, x, newz = z, newy = moved, type = "posterior"),
               predict(fit, type = "posterior"), tolerance = 1e-8)
  expect_error(predict(fit, x, newz = z, newy = d$counts[, 1:2], type = "posterior"), "of counts")
  some <- d$frame
  some$bad[3] <- NA
  padded <- moe_fit(formula, some, lambda = 0.5, control = quick, na.action = na.exclude,
                    start = by_formula)
  expect_true(all(is.na(simulate(padded, 1, seed = 1)[[1]][3, ])))
  posterior <- predict(by_formula, some, type = "posterior")
  expect_true(all(is.na(posterior[3, ])))
  d$frame$id <- rep(1:20, 3)
  d$frame$z1 <- d$frame$z1[d$frame$id]
  grouped <- moe_fit(formula, d$frame[1:40, ], lambda = 0.5, control = quick, group = id)
  expect_equal(nobs(grouped), 20)
  par <- oracle_parameters(coef(grouped, "list"))
  row <- rep(1:40, each = 3)
  expect_within(grouped$loglik, oracle_group_loglik(
    par, d$x[row, ], cbind(1, d$frame$z1[1:20]), rep(1:3, 40), d$frame$id[row],
    times = c(t(d$counts[1:40, ]))
  ), 1e-10)
  next_rows <- predict(grouped, d$frame[41:60, ], type = "gate", history = d$frame[1:40, ])
  expect_within(next_rows, predict(grouped, type = "posterior"), 1e-8)
})

test_that("what is neither an indicator nor a count is refused", {
  expect_error(moe_fit(matrix(1:4, 4), matrix(0.5, 4, 2)), "whole numbers of at least 0, but row 1")
  expect_error(moe_fit(matrix(1:2, 2), rbind(c(1, NA), c(2, 2))), "but row 1 is 1, NA")
  expect_error(moe_fit(matrix(1:2, 2), cbind(a = c(1, 2), b = 0)), "\"b\" does not; leave out")
  expect_error(moe_calibration(matrix(0.5, 2, 2), cbind(a = 1:2, b = 1)), "a class in each row")
  expect_error(moe_average(matrix(1:4, 4), cbind(a = 1:4, b = 1)), "a class in each row, not counts")
  d <- random_counts(20, 13, least = 1)
  single <- moe_fit(y ~ x1, d$long, experts = 1)
  new <- data.frame(x1 = 1:2, y = I(cbind(none = 2:3, mild = 1, bad = 1)))
  expect_error(predict(single, new, type = "posterior"), "but holds counts")
})

test_that("classes are counted by the weights of their rows, those that do not come too", {
  y <- factor(c("a", "c", "a", "c", "c"), levels = c("a", "b", "c"))
  weights <- c(0.5, 1, 2, 0, 3)
  of_classes <- function(count) vapply(levels(y), function(m) as.double(count(y == m)), 0, USE.NAMES = FALSE)
  expect_identical(class_totals(y), of_classes(sum))
  expect_identical(class_totals(y, weights), of_classes(function(rows) sum(weights[rows])))
  counts <- cbind(1:3, 0, c(2, 0, 5))
  expect_identical(class_totals(new_counts(counts, letters[1:3])), c(6, 0, 7))
  expect_identical(class_totals(new_counts(counts, letters[1:3]), c(2, 1, 0)), c(4, 0, 4))
})

test_that("columns without names are classes by their numbers, also where a fit is used again", {
  fit <- moe_fit(unname(cbind(c(3, 1, 2), c(1, 4, 2))) ~ 1, experts = 1)
  expect_identical(fit$levels, c("1", "2"))
  expect_equal(predict(fit, type = "prob")[1, ], c(`1` = 6, `2` = 7) / 13, tolerance = 1e-8)
})
