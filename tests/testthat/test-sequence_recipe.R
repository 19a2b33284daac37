# The recipe from sequences to features of pairs, against prcomp().

draw_sequences <- function(count, length = 60) {
  out <- replicate(count, paste(sample(amino_acids, length, TRUE), collapse = ""))
  names(out) <- paste0("P", seq_len(count))
  out
}

draw_pairs <- function(sequences, count) {
  data.frame(protein_a = sample(names(sequences), count, TRUE),
             protein_b = sample(names(sequences), count, TRUE))
}

test_that("components are those of the standardised features of the training proteins", {
  set.seed(1)
  sequences <- draw_sequences(30)
  pairs <- data.frame(protein_a = paste0("P", 1:20), protein_b = paste0("P", 20:1))
  recipe <- moe_sequence_recipe(pairs, sequences, components = 5, lag = 4)
  features <- moe_sequence_features(sequences[1:20], lag = 4)
  varies <- apply(features, 2, sd) > 0
  expected <- prcomp(features[, varies], scale. = TRUE)
  scores <- predict(recipe, sequences[1:20])
  expect_equal(dim(scores), c(20L, 5L))
  expect_equal(abs(unname(scores)), abs(unname(expected$x[, 1:5])), tolerance = 1e-8)
  expect_equal(recipe$explained, (expected$sdev^2 / sum(expected$sdev^2))[1:5], tolerance = 1e-8)
  expect_true(all(apply(recipe$rotation, 2, function(v) v[which.max(abs(v))]) > 0))
})

test_that("pairs of new proteins get features that do not depend on their order", {
  set.seed(2)
  sequences <- draw_sequences(40)
  pairs <- draw_pairs(sequences[1:30], 100)
  recipe <- moe_sequence_recipe(pairs, sequences, components = 3, lag = 2)
  new <- data.frame(protein_a = c("P39", "P1"), protein_b = c("P40", "P39"))
  x <- predict(recipe, sequences, new)
  scores <- predict(recipe, sequences[c("P1", "P39", "P40")])
  expect_equal(x, moe_pair_features(new, scores))
  expect_identical(predict(recipe, sequences, setNames(new, names(new)[2:1])), x)
  expect_identical(colnames(x), c(paste0("C", 1:3, ".mean"), paste0("C", 1:3, ".difference")))
})

test_that("a recipe learns from each training protein once, and from no other", {
  set.seed(3)
  sequences <- draw_sequences(25)
  pairs <- draw_pairs(sequences[1:20], 60)
  used <- unique(unlist(pairs))
  recipe <- moe_sequence_recipe(pairs, sequences, components = 2, lag = 2)
  expect_equal(moe_sequence_recipe(NULL, sequences[used], components = 2, lag = 2), recipe)
  expect_equal(moe_sequence_recipe(rbind(pairs, pairs[1:5, ]), sequences, 2, 2), recipe)
  expect_output(print(recipe), paste("learnt from", length(used), "proteins"))
})

test_that("files go through a recipe to a fit that predicts", {
  set.seed(1)
  weight <- ifelse(amino_acids %in% c("D", "E", "K", "R"), 4, 1)
  draw <- function(charged) paste(sample(amino_acids, 80, TRUE, if (charged) weight), collapse = "")
  charged <- rep(c(TRUE, FALSE), each = 25)
  protein <- paste0("P", 1:50)
  fasta <- write_lines(rbind(paste0(">", protein), vapply(charged, draw, "")))
  ends <- unique(t(apply(matrix(sample(50, 600, TRUE), 300), 1, sort)))
  class <- ifelse(charged[ends[, 1]] & charged[ends[, 2]], "yes", "no")
  read <- moe_read_pairs(write_lines(paste(protein[ends[, 1]], protein[ends[, 2]], class)), fasta)
  train <- 1:180
  recipe <- moe_sequence_recipe(read$pairs[train, ], read$sequences, components = 4, lag = 5)
  x <- predict(recipe, read$sequences, read$pairs)
  # One expert is enough for these sequences, and the fit says so.
  fit <- suppressWarnings(moe_fit(x[train, ], read$pairs$class[train], experts = 2, lambda = 1,
                                  control = moe_control(search = "quick")))
  expect_gt(mean(predict(fit, x[-train, ]) == read$pairs$class[-train]), 0.9)
})

test_that("recipes that cannot be learnt or applied are refused", {
  set.seed(4)
  sequences <- draw_sequences(6)
  pairs <- data.frame(protein_a = "P1", protein_b = c("P2", "P3"))
  expect_error(moe_sequence_recipe(pairs[1, ], sequences), "at least three proteins, not 2",
               class = "moe_error_input")
  expect_error(moe_sequence_recipe(pairs, sequences, components = 3, lag = 2),
               "`components` must be one whole number from 1 to 2")
  expect_error(moe_sequence_recipe(data.frame(protein_a = "P1", protein_b = "X"), sequences),
               "must be among `sequences`, but \"X\" is not")
  recipe <- moe_sequence_recipe(pairs, sequences, components = 2, lag = 2)
  expect_error(predict(recipe, sequences, data.frame(protein_a = "P1", protein_b = "X")),
               "but \"X\" is not")
  expect_error(predict(recipe, sequences, pairs, 3), "Unused argument")
})
