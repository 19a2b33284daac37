# What the identity of the proteins alone tells.

test_that("counts are those of the other training pairs", {
  pairs <- data.frame(a = c("A", "A", "B", "C", "D"), b = c("B", "C", "C", "C", "A"))
  class <- factor(c("no", "yes", "yes", "yes", "no"))
  folds <- list(a = c(1, 1, 2, 3, 4), b = c(2, 3, 3, 3, 1), group = setNames(1:4, LETTERS[1:4]))
  x <- identity_features(folds, class, 1:4, 1:5)
  # Of A - B (class no): A has else the yes of A - C; B has the yes of B - C.
  expect_equal(x[1, ], c(sum.no = 0, sum.yes = 2 * log(2), apart.no = 0, apart.yes = 0))
  # C - C does not count itself: C has else two yes.
  expect_equal(x[4, ], c(sum.no = 0, sum.yes = 2 * log(3), apart.no = 0, apart.yes = 0))
  # D - A is not trained on: D has nothing, A one of each.
  expect_equal(x[5, ], c(sum.no = log(2), sum.yes = log(2), apart.no = log(2), apart.yes = log(2)))
})

test_that("scores by kind are those of the probabilities, and unseen proteins tell nothing", {
  set.seed(1)
  proteins <- paste0("P", 1:60)
  popular <- rep(c(TRUE, FALSE), 30)
  a <- sample(60, 1500, TRUE)
  b <- sample(60, 1500, TRUE)
  class <- factor(ifelse(runif(1500) < 0.1 + 0.4 * (popular[a] + popular[b]), "yes", "no"))
  folds <- moe_pair_folds(proteins[a], proteins[b], 3)
  baseline <- moe_pair_baseline(folds, class)
  prob <- attr(baseline, "prob")
  expect_equal(rowSums(prob), rep(1, 1500))
  for (kind in c("C1", "C2", "C3")) {
    rows <- which(folds$kind == kind)
    row <- baseline[baseline$kind == kind & baseline$model == "identity only", ]
    expect_equal(row$log_loss, mean(-log(prob[cbind(rows, as.integer(class)[rows])])))
    expect_equal(row$brier, mean(2 * (1 - prob[cbind(rows, as.integer(class)[rows])])^2))
    expect_equal(row$accuracy, mean(colnames(prob)[max.col(prob[rows, ])] == class[rows]))
    expect_identical(row$pairs, length(rows))
  }
  gain <- function(kind) diff(baseline$log_loss[baseline$kind == kind])
  expect_lt(gain("C1"), -0.05)
  # The same features, all zero, for every pair of unseen proteins of a fold.
  unseen <- which(folds$kind == "C3" & folds$fold == 1)
  expect_equal(prob[unseen, ], prob[rep(unseen[1], length(unseen)), ])
})

test_that("other predictions are set beside", {
  pairs <- subset(yeast_ppi, split == "test")[1:600, ]
  set.seed(2)
  folds <- moe_pair_folds(pairs$protein_a, pairs$protein_b, 3)
  even <- matrix(1 / 3, 600, 3)
  baseline <- moe_pair_baseline(folds, pairs$confidence, list(even = even))
  expect_equal(baseline$log_loss[baseline$model == "even"], rep(log(3), 3))
  expect_output(print(baseline), "identity only")
})

test_that("a baseline without its parts is refused", {
  set.seed(3)
  folds <- moe_pair_folds(sample(30, 200, TRUE), sample(30, 200, TRUE), 3)
  class <- factor(rep(1:2, 100))
  expect_error(moe_pair_baseline(rep(1:2, 100), class), "must be folds by moe_pair_folds",
               class = "moe_error_input")
  expect_error(moe_pair_baseline(folds, class[-1]), "for each of the 200 pairs")
  expect_error(moe_pair_baseline(folds, class, matrix(0, 3, 2)), "200 rows and 2 columns")
  expect_error(moe_pair_baseline(folds, class, list(matrix(0, 200, 2))), "a named list")
  rare <- factor(c("rare", rep("usual", 199)))
  rare[folds$fold != folds$fold[1]] <- "usual"
  expect_error(moe_pair_baseline(folds, rare), "Every class must occur .* \"rare\" does not in fold")
})
