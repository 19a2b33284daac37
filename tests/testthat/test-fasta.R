# Files of sequences.

test_that("FASTA files and dictionaries are read alike", {
  fasta <- write_lines("; a comment", ">P1 some words", "MKTAY", "iakq*", "", ">P2", "MSIL")
  dictionary <- write_lines("P1\tMKTAYIAKQ*", "P2\tmsil")
  expect_identical(read_sequences(fasta), read_sequences(dictionary))
  expect_identical(read_sequences(fasta), c(P1 = "MKTAYIAKQ*", P2 = "MSIL"))
})

test_that("compressed files are read as they are", {
  path <- tempfile(fileext = ".fasta.gz")
  con <- gzfile(path, "w")
  writeLines(c(">P1", "MKT"), con)
  close(con)
  expect_identical(read_sequences(path), c(P1 = "MKT"))
})

test_that("a protein may come again with the same sequence, and with no other", {
  first <- write_lines(">P1", "MKT", ">P2", "AYI")
  second <- write_lines(">P2", "AYI", ">P3", "GGG")
  expect_identical(read_sequences(c(first, second)), c(P1 = "MKT", P2 = "AYI", P3 = "GGG"))
  expect_error(read_sequences(c(first, write_lines(">P1", "MKA"))),
               "one sequence for each protein, but \"P1\" has different ones",
               class = "moe_error_input")
})

test_that("what is neither FASTA nor a dictionary is refused", {
  expect_error(read_sequences(write_lines("MKT")), "must be FASTA, .* or have a name, a tab",
               class = "moe_error_input")
  expect_error(read_sequences(write_lines("P1 MKT", "P2\tMKT")), "a name, a tab and a sequence")
  expect_error(read_sequences(write_lines("; nothing")), "must be FASTA")
})

test_that("proteins are found by name before accession", {
  sequences <- c("sp|Q1|A_YEAST" = "MKT", Q2 = "AYI", "tr|Q2|B" = "GGG")
  expect_identical(match_proteins(c("Q2", "Q1", "Q9"), sequences), c(2L, 1L, NA))
})

test_that("names that are numbers are text without an exponent", {
  expect_identical(protein_names(c(851234, NA, 1e15)), c("851234", NA, "1000000000000000"))
  expect_identical(protein_names(factor(c("b", "a"))), c("b", "a"))
  expect_error(protein_names(c(1, 0.5)), "whole numbers, not 0.5", class = "moe_error_input")
})
