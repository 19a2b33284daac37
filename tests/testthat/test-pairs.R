# Reading pairs and their sequences.

test_that("pairs and sequences are read", {
  fasta <- write_lines("; a comment", ">P1 some words", "MKTAY", "iakq*", "", ">sp|Q2|NAME_YEAST x",
                       "MSILX", ">unused", "AAA")
  pairs <- write_lines("P1 Q2 yes", "Q2\tP1  no")
  expect_warning(
    expect_message(read <- moe_read_pairs(pairs, fasta), "Took letters .* out of \"Q2\"\\."),
    "1 pair occurs again with another class, Q2 - P1 for one"
  )
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
  commas <- c("P1,3'-x,\"no, not\"", "P1,NA,can't say")
  expect_identical(as.character(moe_read_pairs(write_lines(commas), fasta, sep = ",")$pairs$class),
                   c("no, not", "can't say"))
})

test_that("files of other systems and of one line are read without a word", {
  fasta <- tempfile()
  writeBin(c(as.raw(c(0xef, 0xbb, 0xbf)), charToRaw(">P1\r\nMKT\r\n\r\n>P2\r\nAYI")), fasta)
  pairs <- tempfile()
  writeBin(c(as.raw(c(0xef, 0xbb, 0xbf)), charToRaw("P1 P2 yes\r\nP2 P2 no")), pairs)
  expect_silent(read <- moe_read_pairs(pairs, fasta))
  expect_equal(read$pairs$class, factor(c("yes", "no")))
  expect_equal(read$sequences, c(P1 = "MKT", P2 = "AYI"))
})

test_that("files that are not as they must be are refused", {
  fasta <- write_lines(">1", "MKT", ">2", "AYI")
  refused <- function(message, pairs = write_lines("1 2 yes"), proteins = fasta, ...) {
    expect_error(moe_read_pairs(pairs, proteins, ...), message, class = "moe_error_input")
  }
  refused("the file .* is empty", write_lines("", " "))
  refused("holds no pairs", header = TRUE)
  refused("as many columns as the first, 3, but \"2 1\" has not", write_lines("1 2 yes", "2 1"))
  refused("path of one file, or of several named .*, not of 2", c(fasta, fasta))
  refused("there is no file", tempdir())
  refused("`sep` must be one character, .* not \";;\"", sep = ";;")
  refused("`sep` must be one character, .* not 1", sep = 1)
  refused("Every pair must have a class, but row 2", write_lines("1,2,yes", "2,1,"), sep = ",")
  refused("which .* does not", proteins = c(fasta, write_lines("GGG")))
  refused("one sequence for each accession in `pairs`, but \"2\" occurs twice",
          proteins = write_lines(">1", "M", ">sp|2|x", "M", ">tr|2|y", "A"))
  latin <- tempfile()
  writeBin(c(charToRaw(">1\nMK"), as.raw(0xe9), charToRaw("\n>2\nA\n")), latin)
  refused("ASCII or UTF-8, but line 2", proteins = latin)
})

test_that("lists of positive and negative pairs merge, and their sequences", {
  positive <- write_lines("A B", "C A")
  negative <- write_lines("B C", "C C")
  fasta <- c(write_lines(">A", "MKT", ">B", "AYI", ">C", "GGG"), write_lines(">B", "AYI"))
  read <- moe_read_pairs(c(yes = positive, no = negative), fasta)
  expect_equal(read$pairs, data.frame(protein_a = c("A", "C", "B", "C"),
                                      protein_b = c("B", "A", "C", "C"),
                                      class = factor(c("yes", "yes", "no", "no"), c("yes", "no"))))
  expect_equal(read$sequences, c(A = "MKT", C = "GGG", B = "AYI"))
  classed <- write_lines("A B 1")
  expect_error(moe_read_pairs(c(yes = classed, no = negative)), "must not hold classes, but",
               class = "moe_error_input")
})

test_that("repeats of a pair are left out, those with the lower score", {
  pairs <- data.frame(a = c("A", "B", "A", "A"), b = c("B", "A", "C", "B"), s = c(0.1, 0.5, 0.2, 0.3))
  expect_message(
    expect_message(read <- moe_read_pairs(pairs, threshold = 0)$pairs, "No score is below 0"),
    "Left out 2 repeats of a pair, 2 of them in the other order"
  )
  expect_equal(read, data.frame(protein_a = c("B", "A"), protein_b = c("A", "C"),
                                score = c(0.5, 0.2)))
})

test_that("pairs without a sequence are refused or dropped", {
  fasta <- write_lines(">A", "MKT", ">B", "AYI")
  pairs <- data.frame(c("A", "A", "X"), c("B", "Y", "B"))
  expect_error(moe_read_pairs(pairs, fasta), "there is none of \"X\", \"Y\". With `missing",
               class = "moe_error_input")
  expect_message(read <- moe_read_pairs(pairs, fasta, missing = "drop"),
                 "Left out 2 of 3 pairs, as there is no sequence of \"X\", \"Y\"")
  expect_equal(read$pairs, data.frame(protein_a = "A", protein_b = "B"))
  expect_named(read$sequences, c("A", "B"))
})

test_that("where nothing is left, that is an error that says what was left out", {
  fasta <- write_lines(">A", "MKT")
  none_left <- function(message, ...) {
    expect_error(moe_read_pairs(...), paste("but all are left out:", message),
                 class = "moe_error_input")
  }
  scored <- data.frame(c("A", "A"), c("B", "C"), c(0.2, 0.9))
  none_left("2 of 2 pairs, whose score is below 700 or missing; scores are from 0.2 to 0.9",
            scored, threshold = 700)
  expect_message(moe_read_pairs(scored, threshold = 0.1),
                 "No score is below 0.1; scores are from 0.2 to 0.9")
  scored[[3]] <- NA
  none_left("2 of 2 pairs, whose score is below 1 or missing\\.", scored, threshold = 1)
  none_left("1 of 1 pairs, as there is no sequence of \"B\"", data.frame("A", "B"), fasta,
            missing = "drop")
})

test_that("a table with more columns is read by its names", {
  read <- moe_read_pairs(yeast_ppi[1:3, c(3, 2, 1, 5)])
  expect_identical(read$pairs, data.frame(yeast_ppi[1:3, 1:2], row.names = NULL))
  expect_null(read$sequences)
})

test_that("what cannot be read is refused", {
  fasta <- write_lines(">1", "MKT", ">2", "AYI")
  pair <- data.frame("1", "2")
  expect_error(moe_read_pairs("no such file", fasta), "there is no file \"no such file\"",
               class = "moe_error_input")
  expect_error(moe_read_pairs(pair, 1), "`fasta` must be the path of a file")
  expect_error(moe_read_pairs(data.frame("1"), fasta), "two columns of names .* but has 1")
  expect_error(moe_read_pairs(pair, fasta, missing = "keep"), "`missing` must be one of")
  expect_error(moe_read_pairs(pair, fasta, threshold = "high"), "`threshold` must be one finite")
})

test_that("a threshold below all scores is said, and only that", {
  pairs <- data.frame(protein_a = c("A", "B"), protein_b = c("B", "C"), score = c(0.2, 0.6))
  expect_message(scored_pairs(pairs, 0.1), "No score is below 0.1; scores are from 0.2 to 0.6")
  heard <- capture_messages(scored_pairs(pairs, 0.5))
  expect_no_match(heard, "No score is below")
  expect_match(heard, "whose score is below 0.5", all = FALSE)
})
