# Folds of pairs that share two, one or no protein with what is trained on.

draw_pairs_of <- function(proteins, count) {
  data.frame(a = sample(proteins, count, TRUE, (1 / seq_along(proteins))^0.5),
             b = sample(proteins, count, TRUE))
}

test_that("held-out pairs share as many proteins with training as their kind says", {
  for (seed in 1:20) {
    set.seed(seed)
    pairs <- draw_pairs_of(paste0("P", 1:60), 400)
    kinds <- sample(c("C1", "C2", "C3"), sample(3, 1))
    folds <- moe_pair_folds(pairs$a, pairs$b, sample(3:6, 1), kinds)
    for (fold in as.list(folds)) {
      known <- unlist(pairs[fold$train, ])
      shared <- (pairs$a[fold$test] %in% known) + (pairs$b[fold$test] %in% known)
      expect_identical(shared, 3L - as.integer(folds$kind[fold$test]))
      expect_length(intersect(fold$train, fold$test), 0)
      # Nor is a pair that is trained on held out in the other order.
      both <- function(rows) paste(pmin(pairs$a, pairs$b), pmax(pairs$a, pairs$b))[rows]
      expect_length(intersect(both(fold$train), both(fold$test)), 0)
    }
    held_out <- unlist(lapply(as.list(folds), `[[`, "test"))
    expect_identical(sort(unname(held_out)), which(!is.na(folds$fold)))
  }
})

test_that("proteins of a fold's group are never trained on, and are as many in each", {
  set.seed(1)
  pairs <- draw_pairs_of(paste0("P", 1:100), 2000)
  folds <- moe_pair_folds(pairs$a, pairs$b, 4)
  expect_lte(diff(range(table(folds$group))), 1)
  for (fold in 1:4) {
    trained <- unlist(pairs[as.list(folds)[[fold]]$train, ])
    expect_false(any(folds$group[trained] == fold))
  }
  # Hubs are spread: each group is in about as many pairs.
  ends <- tabulate(folds$group[unlist(pairs)])
  expect_lt(max(ends) / min(ends), 1.3)
  hubs <- paste0("hub", 1:4)
  star <- expand.grid(a = hubs, b = paste0("P", 1:40))
  for (seed in 1:3) {
    set.seed(seed)
    expect_setequal(moe_pair_folds(star$a, star$b, 4)$group[hubs], 1:4)
  }
})

test_that("all three kinds are held out, or those that are asked for", {
  set.seed(2)
  pairs <- draw_pairs_of(paste0("P", 1:50), 1500)
  counts <- table(moe_pair_folds(pairs$a, pairs$b, 3)$kind) / 1500
  expect_true(all(counts > 0.25))
  expect_identical(sum(is.na(moe_pair_folds(pairs$a, pairs$b, 3)$fold)), 0L)
  only <- moe_pair_folds(pairs$a, pairs$b, 2, "C3")
  expect_identical(as.character(unique(only$kind[!is.na(only$kind)])), "C3")
  expect_equal(mean(!is.na(only$kind)), 0.5, tolerance = 0.1)
  # Pairs within a group could only be C3.
  without <- moe_pair_folds(pairs$a, pairs$b, 3, c("C1", "C2"))
  within <- without$group[pairs$a] == without$group[pairs$b]
  expect_false(any(without$fold[within] == without$group[pairs$a[within]], na.rm = TRUE))
  # Pairs of two groups are held out with either.
  only <- moe_pair_folds(pairs$a, pairs$b, 3, "C2")
  ends <- cbind(only$group[pairs$a], only$group[pairs$b])[!is.na(only$fold), ]
  with_first <- only$fold[!is.na(only$fold)] == pmin(ends[, 1], ends[, 2])
  expect_equal(mean(with_first), 0.5, tolerance = 0.1)
})

test_that("folds are drawn by the session's random numbers, from names of any kind", {
  pairs <- data.frame(a = c(1:20, 5:24), b = c(21:40, 1:20))
  draw <- function(a, b) {
    set.seed(5)
    moe_pair_folds(a, b, 2, c("C2", "C3"))
  }
  expect_identical(draw(pairs$a, pairs$b), draw(as.character(pairs$a), factor(pairs$b)))
  expect_output(print(draw(pairs$a, pairs$b)), "2 folds of 40 pairs of 40 proteins.*C2 ")
})

test_that("pairs that cannot be put into folds are refused", {
  refused <- function(message, ...) {
    expect_error(moe_pair_folds(...), message, class = "moe_error_input")
  }
  refused("`kinds` must be some of .*, not \"C4\"", 1:9, 2:10, kinds = "C4")
  refused("`a` must be a vector of proteins without missing values", c(1, NA), 1:2)
  refused("have lengths 3 and 2", 1:3, 1:2)
  refused("`folds` must be one whole number from 3 to 10, not 2", 1:9, 2:10, folds = 2)
  set.seed(1)
  refused("pairs to train on in each fold", rep(1, 5), 2:6, folds = 3)
})
