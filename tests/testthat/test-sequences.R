# Features of sequences and of pairs, against the definitions written out here and against protr.

groups <- c("AGV", "ILFP", "YMTS", "HNQW", "RK", "DE", "C")

# Counts of triples of groups, the first letter's group varying fastest.
oracle_triads <- function(sequence) {
  letters <- strsplit(sequence, "")[[1]]
  group <- vapply(letters, function(a) grep(a, groups), 0L)
  counts <- array(0, c(7, 7, 7))
  for (i in seq_len(length(group) - 2)) {
    counts[group[i], group[i + 1], group[i + 2]] <- counts[group[i], group[i + 1], group[i + 2]] + 1
  }
  (as.vector(counts) - min(counts)) / max(counts)
}

# Eisenberg's consensus scale of hydrophobicity.
eisenberg <- c(A = 0.25, R = -1.76, N = -0.64, D = -0.72, C = 0.04, Q = -0.69, E = -0.62, G = 0.16,
               H = -0.40, I = 0.73, L = 0.53, K = -1.10, M = 0.26, F = 0.61, P = -0.07, S = -0.26,
               T = -0.18, W = 0.37, Y = 0.02, V = 0.54)

bundled_sequences <- function(count) {
  file <- system.file("protseq", "extracell.fasta", package = "protr")
  suppressMessages(only_amino_acids(read_sequences(file)[seq_len(count)]))
}

test_that("numbers as names are written in full", {
  fasta <- write_lines(">100000", "LLL", ">2", "MK")
  pairs <- data.frame(protein_a = 1e5, protein_b = 2)
  expect_named(moe_read_pairs(pairs, fasta)$sequences, c("100000", "2"))
  x <- matrix(1:4, 2, dimnames = list(c("2", "100000"), NULL))
  expect_equal(unname(moe_pair_features(pairs, x)), cbind(1.5, 3.5, 1, 1), ignore_attr = TRUE)
})

test_that("conjoint triads follow their definition", {
  skip_if_not_installed("protr")
  sequences <- bundled_sequences(5)
  features <- moe_sequence_features(sequences)
  expect_equal(dim(features), c(5, 343 + 7 * 30))
  expect_identical(rownames(features), names(sequences))
  expected <- t(vapply(sequences, oracle_triads, numeric(343)))
  expect_equal(unname(features[, 1:343]), unname(expected))
})

test_that("auto covariances follow their definition", {
  skip_if_not_installed("protr")
  sequences <- bundled_sequences(4)
  features <- moe_sequence_features(sequences, lag = 12)
  scale <- (eisenberg - mean(eisenberg)) / sd(eisenberg)
  for (name in names(sequences)) {
    x <- scale[strsplit(sequences[[name]], "")[[1]]]
    x <- x - mean(x)
    expected <- vapply(1:12, function(l) mean(x[-seq_len(l)] * x[seq_len(length(x) - l)]), 0)
    expect_equal(unname(features[name, paste0("EISD840101.", 1:12)]), expected)
  }
})

test_that("features of a pair do not depend on its order", {
  x <- matrix(c(1, 5, 2, 0, 3, 3), 3, dimnames = list(c("A", "B", "C"), c("u", "v")))
  pairs <- data.frame(protein_a = c("A", "C"), protein_b = c("B", "C"))
  out <- moe_pair_features(pairs, x)
  expect_equal(unname(out), rbind(c(3, 1.5, 4, 3), c(2, 3, 0, 0)))
  expect_identical(colnames(out), c("u.mean", "v.mean", "u.difference", "v.difference"))
  turned <- data.frame(protein_a = pairs$protein_b, protein_b = pairs$protein_a)
  expect_identical(moe_pair_features(turned, x), out)
  colnames(x) <- NULL
  expect_identical(colnames(moe_pair_features(pairs, x)),
                   paste0("feature", 1:2, rep(c(".mean", ".difference"), each = 2)))
})

test_that("features of sequences are those of protr", {
  skip_if_not_installed("protr")
  sequences <- bundled_sequences(8)
  features <- moe_sequence_features(sequences, lag = 3)
  triads <- t(vapply(sequences, protr::extractCTriad, numeric(343)))
  expect_identical(colnames(features)[1:343], colnames(triads))
  expect_equal(features[, 1:343], triads, tolerance = 1e-14)
  holder <- new.env()
  data("AAindex", package = "protr", envir = holder)
  values <- holder$AAindex[match(property_names, holder$AAindex$AccNo), amino_acids]
  expect_identical(unname(property_values), unname(data.matrix(values)))
})

test_that("a protein that comes again with its sequence counts once", {
  sequences <- c(a = "MKTAY", b = "AYIGG", a = "MKTAY")
  expect_identical(moe_sequence_features(sequences, 2), moe_sequence_features(sequences[-3], 2))
})

test_that("features of many pairs follow their definition, from a sparse matrix too", {
  set.seed(1)
  x <- matrix(rbinom(300, 1, 0.3), 60, dimnames = list(paste0("P", 1:60), NULL))
  pairs <- data.frame(protein_a = paste0("P", sample(60, 9000, TRUE)),
                      protein_b = paste0("P", sample(60, 9000, TRUE)))
  a <- x[pairs$protein_a, ]
  b <- x[pairs$protein_b, ]
  out <- moe_pair_features(pairs, x)
  expect_equal(unname(out), unname(cbind((a + b) / 2, abs(a - b))))
  skip_if_not_installed("Matrix")
  expect_identical(moe_pair_features(pairs, Matrix::Matrix(x, sparse = TRUE)), out)
})

test_that("what cannot be described is refused", {
  expect_error(moe_sequence_features("MKT"), "character vector with names",
               class = "moe_error_input")
  expect_error(moe_sequence_features(c(a = "MKX"), 1), "but \"a\" has others")
  expect_error(moe_sequence_features(c(a = "MKTA"), 4), "longer than `lag` \\(4\\)")
  expect_error(moe_sequence_features(c(a = "MK"), 1), "longer than .* and than 2, but \"a\" is not")
  expect_true(all(is.finite(moe_sequence_features(c(a = "MKT"), 1))))
  expect_error(moe_sequence_features(c(a = "MKT", a = "AYI"), 1), "\"a\" has different ones")
  expect_error(moe_sequence_features(c(a = "MKT", "AYI"), 1), "but number 2 has none")
  pair <- data.frame(protein_a = 1, protein_b = 1)
  expect_error(moe_pair_features(data.frame(protein_a = "x", protein_b = "y"), diag(2)),
               "but \"x\" is not")
  named <- matrix(1:4, 2, dimnames = list(c("1", "1"), NULL))
  expect_error(moe_pair_features(pair, named), "one row for each protein, but \"1\" occurs twice")
  expect_error(moe_pair_features(pair, named[, 0]), "`features` must have columns")
})
