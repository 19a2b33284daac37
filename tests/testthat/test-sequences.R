# Reading sequences, and their features against the definitions written out here.

write_lines <- function(...) {
  path <- tempfile()
  writeLines(c(...), path)
  path
}

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
  suppressMessages(only_amino_acids(read_fasta(file)[seq_len(count)]))
}

test_that("pairs and sequences are read", {
  fasta <- write_lines("; a comment", ">P1 some words", "MKTAY", "iakq*", "", ">sp|Q2|NAME_YEAST x",
                       "MSILX", ">unused", "AAA")
  pairs <- write_lines("P1 Q2 yes", "Q2\tP1  no")
  expect_message(read <- moe_read_pairs(pairs, fasta), "Took letters .* out of \"Q2\"\\.")
  expect_equal(read$pairs, data.frame(protein_a = c("P1", "Q2"), protein_b = c("Q2", "P1"),
                                      class = factor(c("yes", "no"))))
  expect_equal(read$sequences, c(P1 = "MKTAYIAKQ", Q2 = "MSIL"))
})

test_that("a list of pairs may have a header, commas and no class, or be a data frame", {
  fasta <- write_lines(">1", "MKT", ">2", "AYI")
  pairs <- write_lines("first,second", "1,2")
  read <- moe_read_pairs(pairs, fasta, header = TRUE, sep = ",")
  expect_equal(read$pairs, data.frame(protein_a = "1", protein_b = "2"))
  expect_equal(moe_read_pairs(data.frame(x = 1, y = 2), fasta), read)
})

test_that("several FASTA files, and line ends of other systems, are read", {
  first <- write_lines(">1", "MKT")
  second <- tempfile()
  writeBin(charToRaw(">2 x\r\nAY\r\nI\r\n"), second)
  expect_equal(moe_read_pairs(data.frame("1", "2"), c(first, second))$sequences,
               c("1" = "MKT", "2" = "AYI"))
})

test_that("names and classes are what stands in the file, whatever it is", {
  fasta <- write_lines(">P1", "MKT", ">3'-x", "AYI", ">NA", "GGG", ">A#1", "AC")
  lines <- c("#protein_a\tprotein_b\tclass", "P1\t3'-x\tdon't know", "3'-x\tNA\tNA", "A#1\tP1\ttype#1")
  tabs <- moe_read_pairs(write_lines(lines), fasta, header = TRUE, sep = "\t")
  expect_identical(tabs$pairs$protein_a, c("P1", "3'-x", "A#1"))
  expect_identical(tabs$pairs$protein_b, c("3'-x", "NA", "P1"))
  # Capital letters come first in every locale.
  expect_equal(tabs$pairs$class, factor(c("don't know", "NA", "type#1"),
                                        c("NA", "don't know", "type#1")))
  expect_identical(tabs$sequences[["NA"]], "GGG")
  commas <- c("P1,3'-x,\"no, not\"", rep("P1,NA,can't say", 8))
  expect_identical(as.character(moe_read_pairs(write_lines(commas), fasta, sep = ",")$pairs$class),
                   rep(c("no, not", "can't say"), c(1, 8)))
})

test_that("files of other systems and of one line are read without a word", {
  fasta <- tempfile()
  writeBin(c(as.raw(c(0xef, 0xbb, 0xbf)), charToRaw(">P1\r\nMKT\r\n\r\n>P2\r\nAYI")), fasta)
  pairs <- tempfile()
  writeBin(c(as.raw(c(0xef, 0xbb, 0xbf)), charToRaw("P1 P2 yes\r\nP2 P1 no")), pairs)
  expect_silent(read <- moe_read_pairs(pairs, fasta))
  expect_equal(read$pairs$class, factor(c("yes", "no")))
  expect_equal(read$sequences, c(P1 = "MKT", P2 = "AYI"))
})

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

test_that("files go through features and components to a fit that predicts", {
  skip_if_not_installed("protr")
  set.seed(1)
  weight <- ifelse(amino_acids %in% c("D", "E", "K", "R"), 4, 1)
  draw <- function(charged) paste(sample(amino_acids, 80, TRUE, if (charged) weight), collapse = "")
  charged <- rep(c(TRUE, FALSE), each = 25)
  protein <- paste0("P", 1:50)
  fasta <- write_lines(rbind(paste0(">", protein), vapply(charged, draw, "")))
  a <- sample(50, 300, TRUE)
  b <- sample(50, 300, TRUE)
  pairs <- write_lines(paste(protein[a], protein[b], ifelse(charged[a] & charged[b], "yes", "no")))
  read <- moe_read_pairs(pairs, fasta)
  x <- moe_pair_features(read$pairs, moe_sequence_features(read$sequences, lag = 5))
  train <- 1:200
  components <- prcomp(x[train, ], rank. = 4)
  # One expert is enough for these sequences, and the fit says so.
  fit <- suppressWarnings(moe_fit(components$x, read$pairs$class[train], experts = 2, lambda = 1,
                                  control = moe_control(starts = 2)))
  predicted <- predict(fit, predict(components, x[-train, ]))
  expect_gt(mean(predicted == read$pairs$class[-train]), 0.9)
})

test_that("what cannot be read or described is refused", {
  skip_if_not_installed("protr")
  fasta <- write_lines(">1", "MKT", ">2", "AYI")
  pair <- data.frame("1", "2")
  expect_error(moe_read_pairs("no such file", fasta), "there is no file \"no such file\"",
               class = "moe_error_input")
  expect_error(moe_read_pairs(pair, 1), "`fasta` must be the path of a file")
  expect_error(moe_read_pairs(data.frame("1"), fasta), "two columns of names .* but has 1")
  expect_error(moe_read_pairs(data.frame("1", "3"), fasta), "there is none of \"3\"")
  expect_error(moe_read_pairs(pair, write_lines("MKT")), "must begin with a line")
  expect_error(moe_read_pairs(pair, write_lines(">1", "A", ">1", "C")), "each protein once, but \"1\" occurs twice")
  expect_error(moe_sequence_features("MKT"), "character vector with names")
  expect_error(moe_sequence_features(c(a = "MKX"), 1), "but \"a\" has others")
  expect_error(moe_sequence_features(c(a = "MKTA"), 4), "longer than `lag` \\(4\\)")
  expect_error(moe_pair_features(data.frame(protein_a = "x", protein_b = "y"), diag(2)),
               "but \"x\" is not")
  expect_error(moe_sequence_features(c(a = "MKT", a = "AYI"), 1), "\"a\" occurs twice")
  expect_error(moe_sequence_features(c(a = "MKT", "AYI"), 1), "but number 2 has none")
  named <- matrix(1:4, 2, dimnames = list(c("1", "1"), NULL))
  expect_error(moe_pair_features(data.frame(protein_a = 1, protein_b = 1), named),
               "one row for each protein, but \"1\" occurs twice")
  expect_error(moe_pair_features(data.frame(protein_a = 1, protein_b = 1), named[, 0]),
               "`features` must have columns")
})

test_that("files that are not as they must be are refused", {
  fasta <- write_lines(">1", "MKT", ">2", "AYI")
  refused <- function(message, pairs = write_lines("1 2 yes"), proteins = fasta, ...) {
    expect_error(moe_read_pairs(pairs, proteins, ...), message, class = "moe_error_input")
  }
  refused("the file .* is empty", write_lines("", " "))
  refused("holds no pairs", header = TRUE)
  refused("as many columns as the first, 3, but \"2 1\" has not", write_lines("1 2 yes", "2 1"))
  refused("path of one file, not of 2", c(fasta, fasta))
  refused("there is no file", tempdir())
  refused("`sep` must be one character, .* not \";;\"", sep = ";;")
  refused("`sep` must be one character, .* not 1", sep = 1)
  refused("Every pair must have a class, but row 2", write_lines("1,2,yes", "2,1,"), sep = ",")
  refused("which .* does not", proteins = c(fasta, write_lines("GGG")))
  refused("each protein once, but \"2\" occurs twice", proteins = c(fasta, write_lines(">2", "A")))
  refused("one sequence for each accession in `pairs`, but \"2\" occurs twice",
          proteins = write_lines(">1", "M", ">sp|2|x", "M", ">tr|2|y", "A"))
  latin <- tempfile()
  writeBin(c(charToRaw(">1\nMK"), as.raw(0xe9), charToRaw("\n>2\nA\n")), latin)
  refused("ASCII or UTF-8, but line 2", proteins = latin)
})
