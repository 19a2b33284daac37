# Splits of a protein network.

test_that("a split of a network is one", {
  skip_without_networks()
  whole <- whole_network()
  for (negatives in c("mix", "hard")) {
    set.seed(4)
    task <- moe_ppi_split(whole, negatives)
    edges <- subset(task$pairs, confidence != "none")
    none <- subset(task$pairs, confidence == "none")
    expect_setequal(c(joined_pairs(task$observed$edges), joined_pairs(edges)),
                    joined_pairs(whole$edges))
    expect_identical(nrow(task$observed$edges) + nrow(edges), nrow(whole$edges))
    expect_identical(anyDuplicated(joined_pairs(task$pairs)), 0L)
    expect_identical(intersect(joined_pairs(none), joined_pairs(whole$edges)), character())
    expect_gte(nrow(none), 0.97 * nrow(edges))
    expect_lte(nrow(none), nrow(edges))
    at <- match(joined_pairs(edges), joined_pairs(whole$edges))
    expect_identical(as.character(edges$confidence), as.character(whole$edges$confidence[at]))
    expect_equal(mean(edges$split == "test"), 0.15 / 0.40, tolerance = 0.001)
    expect_equal(mean(none$split == "test"), 0.15 / 0.40, tolerance = 0.001)
  }
})

test_that("the order within a pair of a split does not give the class away", {
  skip_without_networks()
  whole <- small_network()
  turned <- seq(1, nrow(whole$edges), 2)
  whole$edges[turned, 1:2] <- whole$edges[turned, 2:1]
  set.seed(4)
  pairs <- moe_ppi_split(whole)$pairs
  place <- function(protein) match(protein, whole$proteins$name)
  expect_true(all(place(pairs$protein_a) < place(pairs$protein_b)))
})

test_that("networks too small to split are refused, the smallest others split", {
  skip_without_networks()
  name <- paste0("Q", 1:200)
  all <- data.frame(protein_a = name[1:12], protein_b = name[2:13], confidence = "medium")
  path <- function(edges) {
    list(edges = head(all, edges), proteins = data.frame(name = name, class = "A"))
  }
  for (negatives in c("mix", "hard")) for (edges in 0:12) {
    set.seed(edges)
    task <- tryCatch(moe_ppi_split(path(edges), negatives), moe_error_input = conditionMessage)
    if (is.character(task)) {
      expect_match(task, "must have edges enough for all parts, but .* pair is left for t.*ing")
      expect_lt(edges, 8)
    } else {
      expect_setequal(paste(task$pairs$split, task$pairs$confidence != "none"),
                      c("train TRUE", "train FALSE", "test TRUE", "test FALSE"))
    }
  }
})

test_that("hard negatives are nearer than mixed ones", {
  skip_without_networks()
  share_near <- function(negatives) {
    set.seed(5)
    task <- moe_ppi_split(small_network(200), negatives)
    none <- subset(task$pairs, confidence == "none")
    mean(moe_ppi_features(none, task$observed, small_annotation(small_network(200)))$dist == 2)
  }
  expect_gt(share_near("hard"), share_near("mix"))
})

test_that("splits are reproducible, and features leave the random numbers alone", {
  skip_without_networks()
  network <- small_network()
  draw <- function() {
    set.seed(6)
    moe_ppi_split(network)
  }
  expect_identical(draw(), draw())
  set.seed(7)
  before <- .Random.seed
  pairs <- data.frame(protein_a = c("P1", "P2"), protein_b = c("P9", "P3"))
  features <- moe_ppi_features(pairs, network, small_annotation(network))
  expect_identical(.Random.seed, before)
  set.seed(8)
  expect_identical(moe_ppi_features(pairs, network, small_annotation(network)), features)
})

test_that("the stored experiment has every model on every split", {
  stored <- function(name) read.csv(system.file("extdata", name, package = "moelogit"))
  results <- stored("ppi_results.csv")
  expect_setequal(results$negatives, c("mix", "hard"))
  expect_true(all(results$split >= 4)) # methods were chosen on the first three
  runs <- table(results$model, paste(results$negatives, results$split))
  expect_true(all(runs == 1))
  disjoint <- stored("ppi_disjoint.csv")
  expect_true(all(table(disjoint$model, paste(disjoint$seen, disjoint$split)) == 1))
  expect_setequal(disjoint$split, results$split[results$negatives == "mix"])
  expect_false(anyNA(results$log_loss))
  expect_false(anyNA(disjoint$log_loss))
})
test_that("a table of edges is enough for a split", {
  skip_without_networks()
  raw <- small_network()
  set.seed(2)
  task <- moe_ppi_split(raw$edges[c("protein_a", "protein_b")])
  expect_named(task$pairs, c("protein_a", "protein_b", "split", "class"))
  expect_identical(levels(task$pairs$class), c("none", "edge"))
  edges <- subset(task$pairs, class == "edge")
  expect_setequal(c(joined_pairs(task$observed$edges), joined_pairs(edges)),
                  joined_pairs(raw$edges))
  features <- expect_silent(moe_ppi_features(task$pairs, task$observed))
  expect_true(all(features$dist > 1))
})

test_that("what cannot be split is refused", {
  skip_without_networks()
  network <- small_network()
  expect_error(moe_ppi_split(yeast_ppi, "easy"), "`negatives` must be one of")
  expect_error(moe_ppi_split(network, shares = c(observed = 0.5, train = 0.5, test = 0.5)),
               "`shares` must be three positive numbers .*, not 0.5, 0.5, 0.5")
  dense <- data.frame(t(combn(paste0("P", 1:8), 2)))
  expect_error(moe_ppi_split(dense), "must leave far more pairs unjoined",
               class = "moe_error_input")
})

test_that("pairs without an edge are counted before they are drawn", {
  star <- matrix(0, 6, 6)
  star[1, -1] <- star[-1, 1] <- 1
  expect_error(check_room(2, star), "leaves 10 and 2 are wanted", class = "moe_error_input")
  expect_null(check_room(1, star))
})
