# Files of pairs in the layouts of databases and benchmarks, with invented content.

read_only <- function(path, ...) suppressMessages(moe_read_pairs(path, ...)$pairs)

named_file <- function(name, ...) {
  path <- file.path(tempfile("dir"), name)
  dir.create(dirname(path))
  writeLines(c(...), path)
  path
}

test_that("STRING's links are edges with a score, each pair once", {
  path <- write_lines("protein1 protein2 combined_score", "9.A1 9.B1 930", "9.B1 9.A1 930",
                      "9.A1 9.C1 155", "9.C1 9.A1 155")
  expect_message(read <- moe_read_pairs(path)$pairs,
                 "Left out 2 repeats of a pair, 2 of them in the other order")
  expect_equal(read, data.frame(protein_a = "9.A1", protein_b = c("9.B1", "9.C1"),
                                score = c(930, 155)))
  expect_message(read_strong <- moe_read_pairs(path, threshold = 700)$pairs,
                 "Left out 2 of 4 pairs, whose score is below 700")
  expect_equal(read_strong$protein_b, "9.B1")
})

test_that("STRING's detailed links, exports and actions are read", {
  detailed <- write_lines("protein1 protein2 neighborhood fusion experimental combined_score",
                          "9.A1 9.B1 0 0 120 451")
  expect_equal(read_only(detailed)$score, 451)
  export <- write_lines(
    "#node1\tnode2\tnode1_string_id\tnode2_string_id\thomology\tcombined_score",
    "ABC1\tDEF2\t9.A1\t9.B1\t0\t0.912"
  )
  expect_equal(read_only(export), data.frame(protein_a = "ABC1", protein_b = "DEF2",
                                             score = 0.912))
  actions <- write_lines("item_id_a\titem_id_b\tmode\taction\tis_directional\ta_is_acting\tscore",
                         "9.A1\t9.B1\tbinding\t\tf\tf\t800", "9.B1\t9.A1\tbinding\t\tf\tf\t800",
                         "9.A1\t9.B1\treaction\t\tf\tf\t300", "9.A1\t9.C1\treaction\t\tt\tf\t900")
  expect_warning(
    read <- read_only(actions),
    "1 pair occurs again with another class, 9.A1 - 9.B1 for one"
  )
  expect_identical(as.character(read$class), c("binding", "reaction", "reaction"))
})

biogrid_head <- paste(
  c("#BioGRID Interaction ID", "Entrez Gene Interactor A", "Entrez Gene Interactor B",
    "Systematic Name Interactor A", "Systematic Name Interactor B",
    "Official Symbol Interactor A", "Official Symbol Interactor B", "Experimental System",
    "Experimental System Type", "Author", "Score", "SWISS-PROT Accessions Interactor A",
    "SWISS-PROT Accessions Interactor B"), collapse = "\t"
)

test_that("BioGRID's tables are edges of physical interactions, by the names asked for", {
  path <- write_lines(
    biogrid_head,
    "11\t1\t2\tYAA1W\tYBB2C\tABC1\tDEF2\tTwo-hybrid\tphysical\tA \"B\" (2001)\t-\tQ00001\tQ00002",
    "12\t1\t3\tYAA1W\t-\tABC1\tGHI3\tSynthetic Lethality\tgenetic\tC (2002)\t-3.1\tQ00001\tQ00003",
    "13\t3\t2\t-\tYBB2C\tGHI3\tDEF2\tAffinity Capture-MS\tphysical\tD (2003)\t0.9\tQ00003\t-"
  )
  expect_message(read <- moe_read_pairs(path)$pairs, "1 of 3 lines: .* not physical")
  expect_equal(read, data.frame(protein_a = c("ABC1", "GHI3"), protein_b = "DEF2"))
  accessions <- paste("SWISS-PROT Accessions Interactor", c("A", "B"))
  expect_message(read <- moe_read_pairs(path, columns = accessions)$pairs,
                 "Left out 1 of 2 lines, which do not name two proteins")
  expect_equal(read, data.frame(protein_a = "Q00001", protein_b = "Q00002"))
  expect_error(read_only(path, columns = c("Symbol A", "Symbol B")),
               paste("columns of `pairs`, but \"Symbol A\", \"Symbol B\" is not:",
                     "it has \"BioGRID.* more[.]$"),
               class = "moe_error_input")
})

mitab_line <- function(a, b, confidence, columns = 15, negative = "false") {
  fields <- c(a, b, "intact:EBI-1", "intact:EBI-2", "psi-mi:x(display_short)", "psi-mi:y",
              "psi-mi:\"MI:0018\"(two hybrid)", "Author et al. (2001)", "pubmed:1",
              "taxid:9606(human)", "taxid:9606(human)", "psi-mi:\"MI:0915\"(physical association)",
              "psi-mi:\"MI:0469\"(IntAct)", "intact:EBI-3", confidence)
  if (columns > 15) fields <- c(fields, rep("-", columns - 15))
  if (columns >= 36) fields[36] <- negative
  paste(fields, collapse = "\t")
}

test_that("PSI-MI TAB of several versions gives identifiers and scores", {
  plain <- write_lines(
    mitab_line("uniprotkb:Q00001", "uniprotkb:Q00002-2", "intact-miscore:0.56"),
    mitab_line("intact:EBI-9|uniprotkb:Q00003", "refseq:NP_1.1", "author score:low|score:3e-1"),
    mitab_line("uniprotkb:Q00001", "-", "-")
  )
  expect_message(read <- moe_read_pairs(plain)$pairs, "Left out 1 of 3 lines")
  expect_equal(read, data.frame(protein_a = c("Q00001", "Q00003"),
                                protein_b = c("Q00002-2", "NP_1.1"), score = c(0.56, 0.3)))
  head <- paste(c("#ID(s) interactor A", "ID(s) interactor B", "Alt. ID(s) interactor A",
                  paste0("column", 4:42)), collapse = "\t")
  newer <- write_lines(
    head, mitab_line("uniprotkb:Q00001", "uniprotkb:Q00002", "intact-miscore:0.56", 42),
    mitab_line("uniprotkb:Q00001", "uniprotkb:Q00004", "intact-miscore:0.30", 42, "true")
  )
  expect_message(read <- moe_read_pairs(newer)$pairs, "1 of 2 lines: .* tested and not found")
  expect_equal(read, data.frame(protein_a = "Q00001", protein_b = "Q00002", score = 0.56))
  expect_equal(read_only(plain, threshold = 0.5)$protein_b, "Q00002-2")
})

test_that("SIF is known by its name, with one relation or several", {
  one <- named_file("net.sif", "A pp B C", "D", "C pp A")
  expect_message(read <- moe_read_pairs(one)$pairs, "1 repeat of a pair, 1 of them in the other")
  expect_equal(read, data.frame(protein_a = "A", protein_b = c("B", "C")))
  several <- named_file("net.sif", "a protein\tpp\tB", "B\tpd\tC")
  expect_equal(read_only(several), data.frame(protein_a = c("a protein", "B"),
                                              protein_b = c("B", "C"),
                                              class = factor(c("pp", "pd"), c("pd", "pp"))))
  expect_error(read_only(named_file("net.sif", "A pp")), "source, a relation and targets")
})

test_that("lists of two or three columns need no word: HuRI, D-SCRIPT, PIPR, CSV", {
  huri <- write_lines("ENSG01\tENSG02", "ENSG01\tENSG03")
  expect_equal(read_only(huri), data.frame(protein_a = "ENSG01",
                                           protein_b = c("ENSG02", "ENSG03")))
  headed <- write_lines("Ensembl_gene_id_a\tEnsembl_gene_id_b", "ENSG01\tENSG02")
  expect_equal(read_only(headed), read_only(huri)[1, ])
  dscript <- write_lines("9.A\t9.B\t1", "9.A\t9.C\t0")
  expect_equal(read_only(dscript)$class, factor(c(1, 0)))
  csv <- write_lines("protein1,protein2,label", "\"A, x\",B,1", "A,C,0")
  expect_equal(read_only(csv), data.frame(protein_a = c("A, x", "A"), protein_b = c("B", "C"),
                                          class = factor(c(1, 0))))
  for (head in c("source\ttarget", "from,to", "#From\tTo")) {
    sep <- if (grepl(",", head)) "," else "\t"
    expect_equal(read_only(write_lines(head, paste("A", "B", sep = sep))),
                 data.frame(protein_a = "A", protein_b = "B"))
  }
  expect_equal(read_only(write_lines("A;B;yes")), data.frame(protein_a = "A", protein_b = "B",
                                                             class = factor("yes")))
})

test_that("genes whose names look like a header are none", {
  expect_identical(nrow(read_only(write_lines("IDH1 IDH2", "ID1 ID2"))), 2L)
  expect_identical(nrow(read_only(write_lines("protein1 protein2", "protein1 protein3"))), 2L)
  expect_identical(nrow(read_only(write_lines("source TO1", "FROM target"))), 2L)
})

test_that("compressed files are known like others", {
  path <- tempfile(fileext = ".txt.gz")
  con <- gzfile(path, "w")
  writeLines(c("protein1 protein2 combined_score", "9.A 9.B 930"), con)
  close(con)
  expect_equal(read_only(path)$score, 930)
})

test_that("columns are chosen by number and name, in any order", {
  path <- write_lines("a,b,c,d,e", "1,P1,x,P2,0.3", "2,P2,y,P3,0.9")
  expect_equal(read_only(path, columns = c("b", "d", "c")),
               data.frame(protein_a = c("P1", "P2"), protein_b = c("P2", "P3"),
                          class = factor(c("x", "y"))), ignore_attr = FALSE)
  by_number <- read_only(path, header = TRUE, columns = c(score = 5, protein_b = 4, 2))
  expect_equal(by_number, data.frame(protein_a = c("P1", "P2"), protein_b = c("P2", "P3"),
                                     score = c(0.3, 0.9)))
})

test_that("scores and many classes are not taken for classes", {
  scores <- write_lines("A B 0.93", "A C 0.12")
  expect_error(read_only(scores), "must not be scores, .* 2 different numbers, .*`threshold`",
               class = "moe_error_input")
  expect_equal(read_only(scores, threshold = 0.5),
               data.frame(protein_a = "A", protein_b = "B", score = 0.93))
  whole <- write_lines(paste("A", paste0("B", 1:30), 150:179))
  expect_error(read_only(whole), "30 different numbers, \"150\", \"151\", \"152\" and 27 more")
  types <- write_lines(paste("A", paste0("B", 1:30), paste0("type", 1:30)))
  expect_error(read_only(types), "at most 20 classes, but has 30, \"type1\"")
  expect_error(read_only(write_lines("A B", "A C"), threshold = 1), "needs a column of scores")
  expect_error(read_only(write_lines("A B x", "A C 1"), threshold = 1),
               "must be numbers, but row 1 has \"x\"")
})

test_that("tables that say nothing of their columns are refused", {
  path <- write_lines("1,P1,x,P2", "2,P2,y,P3")
  expect_error(read_only(path), "but has 4, .*: say by `columns` which", class = "moe_error_input")
  expect_error(read_only(path, columns = 2), "must be two proteins and perhaps")
  expect_error(read_only(path, columns = c(2, 9)), "but \"9\" is not: it has \"V1\"")
  expect_error(read_only(path, columns = c(2, 4, weight = 1)), "Names of `columns` must be among")
  expect_error(read_only(write_lines("P1,,x", "P1,P2,y")), "name two proteins, but row 1")
})

test_that("a table is MITAB by its columns and by its names together", {
  names <- c("uniprotkb:P1", "uniprotkb:P2")
  expect_true(is_mitab(paste(c(names, rep("-", 13)), collapse = "\t")))
  expect_false(is_mitab(paste(names, collapse = "\t")))
  expect_false(is_mitab(paste(c("P1", "P2", rep("-", 13)), collapse = "\t")))
})
