# Contributions sum to the log-odds, and with one expert are those of a logit.

d <- oracle_data(n = 150, p = 4, M = 3, K = 3, seed = 31)
control <- moe_control(search = "quick")
set.seed(1)
fit <- moe_fit(d$formula, d$frame, 3, lambda = 0.5, control = control)
average <- moe_average(d$formula, d$frame, experts = 2, lambda = 0.5, members = 6)
prior <- c(c1 = 0.9, c2 = 0.06, c3 = 0.04)

# Summed over terms, rows x classes.
summed <- function(why) {
  by <- why$terms[c("row", "class")]
  unname(tapply(why$terms$contribution, list(by$row, droplevels(by$class)), sum))
}

log_odds_of <- function(prob) unname(log(prob[, -1]) - log(prob[, 1]))

expect_exact <- function(object, expected) expect_lt(max(abs(object - expected)), 1e-12)

test_that("contributions sum to the log-odds, of fits and averages, with a prior and without", {
  for (object in list(fit, average)) for (shares in list(NULL, prior)) {
    why <- moe_contributions(object, d$frame, prior = shares)
    prob <- predict(object, d$frame, type = "prob", prior = shares)
    expect_exact(summed(why), log_odds_of(prob))
    expect_exact(why$log_odds, log_odds_of(prob))
    expect_exact(why$prob, prob)
  }
  far <- d$frame[1:5, ]
  far[-1] <- far[-1] * 30
  expect_lt(max(abs(summed(moe_contributions(fit, far)) / log_odds_of(
    predict(fit, far, type = "prob")) - 1)), 1e-12)
})

test_that("with one expert they are slopes times deviations from the means", {
  logit <- moe_fit(d$formula, d$frame, 1)
  why <- moe_contributions(logit, d$frame[1:2, ])
  x <- d$x[1:2, -1] - rep(colMeans(d$x[, -1]), each = 2)
  for (m in c("c2", "c3")) {
    by_hand <- x * rep(coef(logit, "list")$expert[-1, m, 1], each = 2)
    terms <- subset(why$terms, class == m & term != "(Intercept)")
    expect_equal(terms$contribution, as.vector(by_hand))
    expect_identical(terms$value, as.vector(d$x[1:2, -1]))
  }
  expect_true(all(why$experts$weight == 1))
})

test_that("the experts' weights are logarithmic means of their posteriors", {
  why <- moe_contributions(fit, d$frame)
  gate <- predict(fit, d$frame, type = "gate")
  expert <- predict(fit, d$frame, type = "expert")
  for (m in 2:3) {
    joint <- sapply(1:3, function(k) gate[, k] * expert[, m, k])
    first <- sapply(1:3, function(k) gate[, k] * expert[, 1, k])
    a <- joint / rowSums(joint)
    b <- first / rowSums(first)
    mean <- (a - b) / (log(a) - log(b))
    of_class <- subset(why$experts, why$experts$class == levels(d$frame$y)[m])
    weights <- tapply(of_class$weight, of_class[c("row", "expert")], sum)
    expect_equal(unname(weights), mean / rowSums(mean), tolerance = 1e-6, ignore_attr = TRUE)
    expect_equal(of_class$log_odds, as.vector(log(expert[, m, ] / expert[, 1, ])))
    expect_equal(of_class$gate, as.vector(gate))
  }
})

test_that("each member's experts share what its gate gives, and the weights sum to one", {
  experts <- moe_contributions(average, d$frame[1:3, ])$experts
  by_member <- aggregate(gate ~ row + class + member, experts, sum)
  expect_identical(nrow(by_member), 3L * 2L * 6L)
  expect_equal(by_member$gate, rep(1, nrow(by_member)))
  expect_equal(aggregate(weight ~ row + class, experts, sum)$weight, rep(1, 6))
})

test_that("matrices, dropped columns, splines and factors have a term each", {
  frame <- transform(d$frame, f = rep(c("u", "v", "w"), 50), copy = x1)
  fit <- suppressMessages(moe_fit(y ~ x1 + copy + f | x2, frame, 2, lambda = 1, control = control))
  why <- moe_contributions(fit, frame[1, ])
  expect_identical(unique(why$terms$term), c("(Intercept)", "x1", "copy", "fv", "fw"))
  expect_exact(summed(why), log_odds_of(predict(fit, frame[1, ], type = "prob")))
  expect_true(all(subset(why$terms, term == "copy")$contribution == 0))
  matrices <- moe_fit(d$x[, -1], d$frame$y, 2, lambda = 1, control = control)
  expect_exact(summed(moe_contributions(matrices, d$x[1:3, -1])),
               log_odds_of(predict(matrices, d$x[1:3, -1], type = "prob")))
  terms <- moe_contributions(average, d$frame[1, ])$terms
  expect_identical(unique(terms$term), colnames(d$x))
})

test_that("they can be printed and drawn", {
  why <- moe_contributions(fit, d$frame[1:2, ], prior = prior)
  expect_output(print(why), "Row 1: .*weight.*log-odds")
  figure <- autoplot(why, row = 2, most = 2)
  bars <- figure$data
  expect_length(unique(bars$term), 3L)
  terms <- why$terms[why$terms$row == 2, ]
  largest <- sort(tapply(abs(terms$contribution), terms$term, max), decreasing = TRUE)[1:2]
  expect_setequal(sub(" = .*", "", setdiff(levels(bars$term), "all others")), names(largest))
  expect_equal(as.vector(tapply(bars$contribution, bars$class, sum)),
               as.vector(why$log_odds[2, ]))
  expect_error(autoplot(why, row = 3), "`row`", class = "moe_error_input")
  expect_error(moe_contributions(d$frame, d$frame), class = "moe_error_input")
})
