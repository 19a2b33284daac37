# Cross-validation against loops over moe_fit() and predict(), and against glmnet.

refused <- function(code, message) expect_error(code, message, class = "moe_error_input")

quick <- moe_control(search = "quick")

tune_data <- local({
  d <- oracle_data(n = 240, p = 3, M = 3, K = 2, seed = 12)
  set.seed(3)
  d$frame$v <- sample(1:3, 240, TRUE)
  d$folds <- sample(rep_len(1:4, 240))
  d
})

# Losses of fits to the other folds, by hand.
loop <- function(d, lambda, experts = 1, weights = rep(1, nrow(d$frame))) {
  d$frame$w <- weights
  sapply(sort(unique(d$folds)), function(f) {
    train <- d$frame[d$folds != f, ]
    test <- d$frame[d$folds == f, ]
    fit <- moe_fit(d$formula, train, experts, weights = w,
                   lambda = lambda * sum(train$w) / sum(weights), control = quick)
    prob <- predict(fit, test, type = "prob")
    truth <- outer(as.character(test$y), colnames(prob), `==`)
    own <- prob[cbind(seq_len(nrow(test)), match(test$y, colnames(prob)))]
    c(logloss = weighted.mean(-log(own), test$w),
      brier = weighted.mean(rowSums((prob - truth)^2), test$w),
      error = weighted.mean(colnames(prob)[max.col(prob, "first")] != as.character(test$y), test$w))
  })
}

test_that("losses are those of fits to the other folds, with the ridge's share", {
  d <- tune_data
  lambda <- c(20, 1)
  for (weighted in c(FALSE, TRUE)) {
    v <- if (weighted) d$frame$v else rep(1, nrow(d$frame))
    d$frame$v <- v
    tuned <- moe_tune(d$formula, d$frame, experts = 1, lambda = lambda, folds = d$folds,
                      weights = v, control = quick)
    shares <- as.vector(tapply(v, d$folds, sum)) / sum(v)
    expect_equal(as.vector(tuned$shares), shares)
    for (s in 1:2) {
      by_hand <- loop(d, lambda[s], weights = v)
      for (measure in rownames(by_hand)) {
        expect_equal(as.vector(tuned$values[s, , measure]), by_hand[measure, ], tolerance = 1e-6)
      }
      mean <- sum(shares * by_hand["logloss", ])
      expect_equal(tuned$path$mean[s], mean, tolerance = 1e-6)
      expect_equal(tuned$path$se[s], tolerance = 1e-5,
                   sqrt(sum(shares * (by_hand["logloss", ] - mean)^2) / 3))
    }
  }
})

test_that("with one expert the path is glmnet's", {
  skip_if_not_installed("glmnet")
  set.seed(5)
  x <- scale(matrix(rnorm(900), 300)) * sqrt(300 / 299)
  y <- factor(max.col(x %*% matrix(rnorm(9), 3) + matrix(rnorm(900), 300)))
  folds <- rep_len(1:5, 300)
  lambda <- c(0.2, 0.05, 0.01)
  tuned <- moe_tune(x, y, experts = 1, lambda = 300 * lambda, folds = folds, control = quick)
  peer <- glmnet::cv.glmnet(x, y, family = "multinomial", alpha = 0, lambda = lambda,
                            foldid = folds, thresh = 1e-12)
  # Twice the negative log-likelihood; within folds the scales of the columns differ a little.
  expect_equal(tuned$path$mean, peer$cvm / 2, tolerance = 2e-3)
  expect_identical(which.min(tuned$path$mean), which.min(peer$cvm))
})

test_that("the choice is the least loss, or the simplest within one standard error of it", {
  d <- tune_data
  tune_by <- function(rule) {
    set.seed(1)
    moe_tune(d$formula, d$frame, experts = 1:2, lambda = c(100, 10, 1), folds = d$folds,
             rule = rule, control = quick)
  }
  least <- tune_by("min")
  path <- as.data.frame(least)
  best <- which.min(path$mean)
  expect_equal(c(least$experts, least$lambda), c(path$experts[best], path$lambda[best]))
  simple <- tune_by("1se")
  expect_equal(as.data.frame(simple), path)
  near <- path[path$mean <= path$mean[best] + path$se[best], ]
  near <- near[order(near$experts, -near$lambda), ]
  expect_equal(c(simple$experts, simple$lambda), c(near$experts[1], near$lambda[1]))
})

test_that("the fit is that of moe_fit() on all rows, and answers for the whole", {
  d <- tune_data
  set.seed(2)
  tuned <- moe_tune(d$formula, d$frame, experts = 1, lambda = c(5, 0.5), control = quick)
  fit <- moe_fit(d$formula, d$frame, experts = 1, lambda = tuned$lambda, control = quick)
  expect_s3_class(tuned$fit, "moe_fit")
  expect_equal(coef(tuned), coef(fit), tolerance = 1e-6)
  expect_equal(predict(tuned, d$frame, type = "prob"), predict(fit, d$frame, type = "prob"),
               tolerance = 1e-6)
  expect_equal(eval(tuned$fit$call)$loglik, fit$loglik, tolerance = 1e-8)
  expect_output(print(tuned), format(tuned$lambda, digits = 2))
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_silent(plot(tuned))
})

test_that("folds spread each class evenly, and the same seed gives the same result", {
  d <- tune_data
  run <- function() {
    set.seed(9)
    moe_tune(d$formula, d$frame, experts = 2, lambda = c(10, 1), folds = 3, control = quick)
  }
  first <- run()
  expect_lte(max(apply(table(first$folds, d$frame$y), 2, function(a) diff(range(a)))), 1)
  expect_identical(first$values, run()$values)
})

test_that("lambda runs by default from a tenth to a hundred thousandth of the total weight", {
  d <- tune_data
  tuned <- moe_tune(d$formula, d$frame, experts = 1, folds = d$folds, control = quick)
  path <- as.data.frame(tuned, folds = TRUE)
  expect_equal(path$lambda, 240 * 10^-(1 + 4 * (0:9) / 9))
  by_fold <- as.matrix(path[paste0("fold", 1:4)])
  expect_equal(drop(by_fold %*% as.vector(tuned$shares)), path$mean)
})

test_that("the summary shows each loss of the chosen model, and the path", {
  d <- tune_data
  tuned <- moe_tune(d$formula, d$frame, experts = 1, lambda = c(200, 2, 0.02), folds = d$folds,
                    rule = "1se", control = quick)
  lines <- capture.output(print(summary(tuned), digits = 4))
  by_hand <- rowMeans(loop(d, tuned$lambda))
  names <- c(logloss = "log-loss", brier = "Brier score", error = "error rate")
  for (measure in names(by_hand)) {
    line <- grep(paste0("^", names[[measure]], " +[0-9.]+ +[0-9.]+$"), lines, value = TRUE)
    expect_equal(as.numeric(sub(".* ([0-9.]+) +[0-9.]+$", "\\1", line)), by_hand[[measure]],
                 tolerance = 1e-3)
  }
  expect_length(grep("chosen$", lines), 1)
  expect_match(lines, "Simplest within one SE", all = FALSE)
})

test_that("fits of the cross-validation that have not converged are counted", {
  d <- tune_data
  expect_warning(
    expect_warning(
      moe_tune(d$formula, d$frame, experts = 1, lambda = c(2, 1), folds = d$folds,
               control = moe_control("mm", max_iterations = 2)),
      "8 of 8 fits of the cross-validation have not converged"
    ),
    "The fit has not converged"
  )
})

test_that("what cannot be tuned is refused", {
  d <- tune_data
  tune_with <- function(...) moe_tune(d$formula, d$frame, control = quick, ...)
  refused(tune_with(experts = 0), "`experts` must hold whole numbers from 1 to")
  refused(tune_with(experts = "two"), "`experts` must hold whole numbers")
  refused(tune_with(lambda = -1), "`lambda` must hold finite numbers of at least 0, not -1")
  refused(tune_with(lambda = c(1, NA)), "`lambda` must hold finite numbers")
  refused(tune_with(folds = 1), "`folds` must be")
  refused(tune_with(folds = 1:3), "`folds`")
  refused(tune_with(measure = "auc"), "`measure` must be one of")
  refused(tune_with(rule = "2se"), "`rule` must be one of")
  refused(tune_with(cl = 2), "`cl` must be NULL or a cluster")
  refused(tune_with(colour = 3), "[Uu]nused argument")
  refused(tune_with(folds = as.integer(d$frame$y)), "Every class must occur")
  d$frame$but_two <- as.numeric(d$folds != 2)
  refused(moe_tune(d$formula, d$frame, weights = but_two, folds = d$folds),
          "Every fold must hold rows of positive weight, but fold 2 does not")
})

# Where the ridge stays the same, the next population starts at what the one before has found.
test_that("solutions go along a path of ridges, so that none that was found is lost", {
  pairs <- subset(yeast_ppi, split == "test")
  x <- model.matrix(~ l3 + fc_jac + high_share, pairs)
  control <- moe_control(search = "quick", progress = FALSE)
  problem <- full_rank_problem(x, x, pairs$confidence, 4L, NULL, 1, control)
  for (seed in c(1, 3)) {
    set.seed(seed)
    objective <- vapply(path_of_runs(problem, rep(1, 4)), `[[`, 0, "objective")
    expect_true(all(diff(objective) > -0.01)) # the next optimum is 1.8 below
  }
})

test_that("two folds are enough", {
  d <- tune_data
  tuned <- moe_tune(d$formula, d$frame, experts = 1, lambda = 6, folds = 2)
  expect_output(print(tuned), "2 folds of")
})

test_that("a fold may have one row", {
  d <- oracle_data(n = 60, p = 2, M = 3, K = 2, seed = 5)
  folds <- c(rep(1, 40), 2, rep(3, 19))
  tuned <- moe_tune(d$formula, d$frame, experts = 1, lambda = 6, folds = folds)
  without <- moe_fit(d$formula, d$frame[-41, ], experts = 1, lambda = 6 * 59 / 60)
  of_class <- predict(without, d$frame[41, ], type = "prob")[, as.character(d$frame$y[41])]
  losses <- as.data.frame(tuned, folds = TRUE)
  expect_equal(losses[[ncol(losses) - 1]], -log(of_class), tolerance = 1e-6, ignore_attr = TRUE)
})

test_that("methods of one function agree in their defaults", {
  for (name in c("moe_fit", "moe_tune", "moe_average")) {
    methods <- lapply(paste0(name, c(".formula", ".default")), getFromNamespace, "moelogit")
    defaults <- lapply(methods, formals)
    shared <- setdiff(intersect(names(defaults[[1]]), names(defaults[[2]])), c("...", "group"))
    expect_gt(length(shared), 5)
    expect_identical(defaults[[1]][shared], defaults[[2]][shared])
  }
})

test_that("classes of one fold alone are named, one or several", {
  held_in <- function(...) list(y = factor(c(...)), weights = rep(1, 6))
  folds <- c(1, 1, 1, 2, 2, 2)
  expect_error(check_folds(folds, held_in("a", "a", "b", "a", "a", "a")), "but \"b\" does not[.]",
               class = "moe_error_input")
  expect_error(check_folds(folds, held_in("a", "c", "b", "a", "a", "a")), "but \"b\".* \"c\" do not[.]",
               class = "moe_error_input")
})
