# Averages against their members in plain R, and what must hold of samples, weights and groups.

refused <- function(code, message) expect_error(code, message, class = "moe_error_input")

average_data <- local({
  d <- oracle_data(n = 200, p = 4, M = 3, K = 2, seed = 21)
  set.seed(2)
  d$frame$v <- sample(c(1, 2), 200, TRUE)
  d$frame$id <- rep(1:50, each = 4)
  d
})

small <- function(..., members = 6, experts = 2, lambda = 1) {
  set.seed(1)
  moe_average(..., members = members, experts = experts, lambda = lambda)
}

of_data <- small(average_data$formula, average_data$frame)
without_splines <- small(average_data$formula, average_data$frame, splines = FALSE)

# --- predictions ---

# A member's probabilities, from its coefficients of standardised covariates.
member_by_hand <- function(member, x) {
  measure <- member$measure
  scaled <- sweep(sweep(x, 2, measure$expert_center), 2, measure$expert_scale, "/")
  oracle_probabilities(measure[c("gate", "expert")], scaled, scaled)
}

test_that("predictions are the mean over members, to the power", {
  d <- average_data
  each <- lapply(without_splines$members, member_by_hand, d$x)
  raised <- (Reduce(`+`, each) / 6)^without_splines$power
  by_hand <- raised / rowSums(raised)
  prob <- predict(without_splines, d$frame, type = "prob")
  expect_equal(prob, by_hand, ignore_attr = TRUE)
  expect_identical(dimnames(prob), list(as.character(1:200), levels(d$frame$y)))
  expect_identical(predict(without_splines, d$frame),
                   factor(levels(d$frame$y)[max.col(prob)], levels(d$frame$y)))
  raised <- lapply(each, function(p) p^without_splines$power / rowSums(p^without_splines$power))
  limits <- apply(simplify2array(raised), 1:2, quantile, c(0.05, 0.95))
  out <- predict(without_splines, d$frame, type = "prob", interval = "confidence", level = 0.9)
  expect_equal(out$fit, prob)
  expect_equal(out$lower, limits[1, , ], ignore_attr = TRUE)
  expect_equal(out$upper, limits[2, , ], ignore_attr = TRUE)
  expect_equal(out$se.fit, apply(simplify2array(raised), 1:2, sd), ignore_attr = TRUE)
})

test_that("members with splines are fits to matrices with splines", {
  kinds <- vapply(of_data$members, `[[`, "", "kind")
  expect_identical(kinds, rep(c("none", "expert", "gate"), 2))
  of_expert <- of_data$members[[2]]
  x <- average_data$x
  bent <- bend_columns(x, spline_knots(x))
  scaled <- function(a, part) {
    sweep(sweep(a, 2, of_expert$measure[[paste0(part, "_center")]]), 2,
          of_expert$measure[[paste0(part, "_scale")]], "/")
  }
  alone <- of_data
  alone$members <- of_data$members[2]
  alone$power <- 1
  expect_equal(predict(alone, average_data$frame, type = "prob"), ignore_attr = TRUE,
               oracle_probabilities(of_expert$measure[c("gate", "expert")],
                                    scaled(bent, "expert"), scaled(x, "gate")))
})

test_that("rows with missing covariates are NA, and blocks are as good as one", {
  frame <- average_data$frame[c(1:3, 1:3), ]
  frame$x1[2] <- NA
  prob <- predict(of_data, frame, type = "prob")
  expect_identical(which(is.na(prob[, 1])), c(`2` = 2L))
  expect_equal(prob[c(1, 3), ], prob[c(4, 6), ], ignore_attr = TRUE)
  many <- predict(of_data, average_data$frame[rep(1:200, 30), ], type = "prob",
                  interval = "confidence")
  once <- predict(of_data, average_data$frame, type = "prob", interval = "confidence")
  expect_equal(many$upper, once$upper[rep(1:200, 30), ], ignore_attr = TRUE)
})

test_that("a prior shifts the average", {
  prior <- c(c1 = 0.9, c2 = 0.05, c3 = 0.05)
  prob <- predict(of_data, average_data$frame, type = "prob")
  shares <- prop.table(table(average_data$frame$y))
  odds <- prob * rep(prior / as.vector(shares), each = 200)
  expect_equal(predict(of_data, average_data$frame, type = "prob", prior = prior),
               odds / rowSums(odds))
})

test_that("matrices, dense or sparse, give what the formula gives", {
  d <- average_data
  dense <- small(d$x[, -1], d$frame$y, splines = FALSE)
  expect_equal(predict(dense, d$x[, -1], type = "prob"), ignore_attr = TRUE,
               predict(without_splines, d$frame, type = "prob"))
  skip_if_not_installed("Matrix")
  sparse <- small(Matrix::Matrix(d$x[, -1], sparse = TRUE), d$frame$y)
  expect_equal(predict(sparse, Matrix::Matrix(d$x[, -1], sparse = TRUE), type = "prob"),
               predict(dense, d$x[, -1], type = "prob"), tolerance = 1e-3)
})

# --- samples ---

test_that("out-of-bag probabilities are of rows that members have not seen", {
  set.seed(3)
  noise <- matrix(rnorm(150 * 12), 150)
  y <- factor(sample(c("a", "b"), 150, TRUE))
  average <- small(noise, y, members = 12, lambda = 0.1)
  expect_identical(dim(average$prob), c(150L, 2L))
  # Noise cannot be predicted, only remembered.
  expect_gt(average$losses["average", "error"], 0.4)
  expect_lt(mean(predict(average, noise) != y), 0.1)
  expect_equal(average$losses["average", "error"], tolerance = 1e-12,
               mean((predict(average) != y)[average$unseen > 0]))
  expect_identical(is.na(average$prob[, 1]), average$unseen == 0L)
})

test_that("a sample has as many rows of each class, and rows without weight are never drawn", {
  input <- list(y = factor(rep(c("a", "b"), c(30, 10))), weights = rep(c(1, 0, 2, 1), 10))
  set.seed(4)
  for (i in 1:20) {
    times <- draw_times(input, 1:40)
    expect_equal(as.vector(tapply(times, input$y, sum)),
                 as.vector(tapply(input$weights > 0, input$y, sum)))
    expect_true(all(times[input$weights == 0] == 0))
  }
  expect_true(all(draw_times(input, 5:40)[1:4] == 0))
})

test_that("rows without weight change nothing", {
  d <- average_data
  junk <- d$frame[1:20, ]
  junk$x1 <- junk$x1 + 100
  both <- rbind(d$frame, junk)
  both$w <- rep(c(1, 0), c(200, 20))
  set.seed(1)
  with_junk <- moe_average(d$formula, both, members = 6, experts = 2, lambda = 1, weights = w,
                           splines = FALSE)
  expect_equal(predict(with_junk, d$frame, type = "prob"), tolerance = 1e-6,
               predict(without_splines, d$frame, type = "prob"))
})

test_that("groups are drawn whole", {
  average <- moe_average(y ~ x1 + x2 | 1, average_data$frame, members = 6, experts = 2, lambda = 1,
                         group = id)
  expect_true(all(tapply(average$unseen, average_data$frame$id, function(a) diff(range(a))) == 0))
  expect_gt(length(unique(average$unseen)), 1L)
})

# --- the choice ---

test_that("the setting is the one whose extrapolated loss is least", {
  d <- average_data
  set.seed(5)
  average <- moe_average(d$formula, d$frame, experts = 1:2, lambda = c(1, 100), members = 12)
  expect_identical(nrow(average$path), 4L)
  best <- which.min(average$path$brier)
  expect_identical(c(average$experts, average$lambda),
                   c(average$path$experts[best], average$path$lambda[best]))
  expect_length(average$members, 12L)
})

test_that("the extrapolated loss is that of very many members", {
  set.seed(6)
  truth <- rep(1:2, 500)
  # Members whose probabilities scatter about .3 + .4 [truth = 2].
  draw <- function() {
    p <- 0.3 + 0.4 * (truth == 2) + rnorm(1000, sd = 0.1)
    cbind(1 - p, p)
  }
  results <- lapply(1:6, function(b) {
    rows <- which(seq_along(truth) %% 6 != b - 1)
    prob <- draw()[rows, ]
    list(rows = rows, prob = prob, losses = colMeans(
      sapply(losses, function(loss) loss(prob, truth[rows]))
    ))
  })
  input <- list(y = factor(truth), weights = rep(1, 1000))
  pool <- pool_members(results, list(input = input))
  expect_equal(extrapolated_brier(pool, input), 2 * 0.3^2, tolerance = 0.02)
  expect_gt(unseen_losses(unseen_probabilities(pool), input)[["brier"]], 2 * 0.3^2 + 0.002)
})

test_that("the power undoes a power, and leaves calibrated probabilities alone", {
  set.seed(7)
  prob <- oracle_softmax(matrix(rnorm(9000), 3000))
  y <- factor(oracle_draw(prob))
  weights <- rep(1, 3000)
  expect_equal(best_power(raise_to_power(prob, 0.6), y, weights), 1 / 0.6, tolerance = 0.1)
  expect_equal(raise_to_power(raise_to_power(prob, 0.6), 1 / 0.6), prob)
  expect_lt(abs(best_power(prob, y, weights) - 1), 0.08)
})

test_that("the power for all members is that of their mean, which scatters less", {
  set.seed(9)
  n <- 6000
  truth <- oracle_softmax(cbind(0, rnorm(n, sd = 2)))
  y <- factor(oracle_draw(truth))
  noisy <- function() oracle_softmax(log(truth) + cbind(0, rnorm(n, sd = 1.5)))
  results <- lapply(1:8, function(b) list(rows = seq_len(n), prob = noisy(), losses = c(a = 0)))
  input <- list(y = y, weights = rep(1, n))
  powers <- choose_powers(pool_members(results, list(input = input)), input, 24)
  of_many <- best_power(Reduce(`+`, lapply(1:24, function(b) noisy())) / 24, y, input$weights)
  expect_equal(powers[["all"]], of_many, tolerance = 0.05)
  expect_lt(powers[["unseen"]], 0.95 * of_many)
  of_eight <- best_power(Reduce(`+`, lapply(results, `[[`, "prob")) / 8, y, input$weights)
  expect_equal(powers[["unseen"]], of_eight)
})

test_that("with folds of pairs it is judged by proteins that members have not seen", {
  pairs <- subset(yeast_ppi, split == "test")[1:400, ]
  set.seed(8)
  folds <- moe_pair_folds(pairs$protein_a, pairs$protein_b, folds = 3)
  average <- moe_average(confidence ~ l3 + high_share, pairs, experts = 1, lambda = c(2, 1),
                         members = 6, folds = folds)
  expect_identical(is.na(average$prob[, 1]), is.na(folds$fold))
  expect_length(average$members, 6L)
  expect_identical(average$baseline$losses,
                   fold_baseline(folds, list(y = pairs$confidence,
                                             weights = rep(1, 400)))$losses)
  expect_output(print(average), "Held-out losses.*identity of the proteins alone")
})

# --- the object ---

test_that("processes do not matter", {
  d <- average_data
  cl <- test_cluster(2)
  on.exit(parallel::stopCluster(cl))
  parallel::clusterCall(cl, .libPaths, .libPaths())
  expect_equal(small(d$formula, d$frame, cl = cl)$prob, of_data$prob)
})

test_that("it holds no covariates, and is judged by moe_calibration()", {
  saved <- tempfile()
  on.exit(unlink(saved))
  saveRDS(of_data, saved)
  loaded <- readRDS(saved)
  expect_null(loaded$model)
  expect_equal(predict(loaded, average_data$frame), predict(of_data, average_data$frame))
  known <- of_data$unseen > 0
  expect_equal(moe_calibration(of_data, bootstrap = 0),
               moe_calibration(of_data$prob[known, ], average_data$frame$y[known], bootstrap = 0))
  prior <- c(c1 = 0.8, c2 = 0.1, c3 = 0.1)
  expect_equal(
    moe_calibration(of_data, bootstrap = 0, prior = prior),
    moe_calibration(predict(of_data, type = "prob", prior = prior)[known, ],
                    average_data$frame$y[known], bootstrap = 0, prior = prior)
  )
})

test_that("printing says what there is", {
  expect_output(print(of_data), "Average of 6 mixtures of 2 .*Ridge 1.*Out-of-bag losses:")
  out <- summary(of_data)
  expect_output(print(out), "Mean probabilities of each class")
  expect_equal(rowSums(out$classes), c(c1 = 1, c2 = 1, c3 = 1))
  known <- of_data$unseen > 0 & average_data$frame$y == "c2"
  expect_equal(out$classes["c2", ], colMeans(of_data$prob[known, ]))
})

test_that("wrong arguments are refused", {
  d <- average_data
  refused(moe_average(d$formula, d$frame, members = 1), "`members`")
  refused(moe_average(d$formula, d$frame, lambda = 0), "above 0")
  refused(moe_average(d$formula, d$frame, experts = 0.5), "`experts`")
  refused(predict(of_data, interval = "confidence", type = "prob"), "newdata")
  refused(predict(of_data, d$frame, type = "link"), "`type`")
  refused(moe_calibration(of_data, d$frame$y), "`truth` must not be given")
})

test_that("augment() adds its probabilities to new rows, as yardstick takes them", {
  skip_if_not_installed("generics")
  d <- average_data
  out <- generics::augment(of_data, d$frame)
  prob <- predict(of_data, d$frame, type = "prob")
  expect_equal(as.matrix(out[paste0(".prob_", colnames(prob))]), prob, ignore_attr = TRUE)
  expect_identical(out$.fitted, predict(of_data, d$frame))
  skip_if_not_installed("yardstick")
  loss <- yardstick::mn_log_loss(out, y, .prob_c1, .prob_c2, .prob_c3)$.estimate
  expect_equal(loss, -mean(log(prob[cbind(1:200, d$y)])))
})
