# Splits of a protein network and features of pairs: what they promise, and that nothing leaks.
# test-data.R recomputes the features' definitions in another way.

skip_without_networks <- function() {
  skip_if_not_installed("igraph")
  skip_if_not_installed("Matrix")
  skip_if_not_installed("RSpectra")
}

whole_network <- function() {
  targets <- subset(yeast_ppi, confidence != "none", c(protein_a, protein_b, confidence))
  network <- yeast_network
  network$edges <- droplevels(rbind(network$edges, targets))
  network
}

joined_pairs <- function(pairs) {
  paste(pmin(pairs$protein_a, pairs$protein_b), pmax(pairs$protein_a, pairs$protein_b))
}

# Proteins in groups that are joined within, and a few edges between.
small_network <- function(size = 60, seed = 1) {
  set.seed(seed)
  ends <- t(combn(size, 2))
  near <- ends[, 1] %% 6 == ends[, 2] %% 6
  ends <- ends[runif(nrow(ends)) < ifelse(near, 0.4, 0.02), ]
  name <- paste0("P", seq_len(size))
  list(
    edges = data.frame(protein_a = name[ends[, 1]], protein_b = name[ends[, 2]],
                       confidence = sample(c("medium", "high"), nrow(ends), TRUE, c(3, 1))),
    proteins = data.frame(name = name, class = sample(c("A", "B", "U", NA), size, TRUE))
  )
}

small_annotation <- function(network) {
  data.frame(protein = rep(network$proteins$name, each = 2),
             category = sprintf("%02d", rep_len(1:7, 2 * nrow(network$proteins))))
}

test_that("features of the bundled pairs are those that are bundled", {
  skip_without_networks()
  features <- moe_ppi_features(yeast_ppi, yeast_network, yeast_funcat)
  expect_equal(features, yeast_ppi[-(1:4)], tolerance = 1e-6)
  expect_lt(max(abs(features$spectral - yeast_ppi$spectral)), 1e-6)
})

test_that("features are the same each time, whatever the random numbers", {
  skip_without_networks()
  kind <- RNGkind()
  on.exit(RNGkind(kind[1], kind[2], kind[3]))
  features <- function() moe_ppi_features(yeast_ppi, yeast_network, yeast_funcat)[c("comm", "spectral")]
  before <- features()
  suppressWarnings(RNGkind("L'Ecuyer-CMRG", "Ahrens-Dieter", "Rounding"))
  set.seed(9)
  expect_identical(features(), before)
})

# Twenty paths of three proteins have 20 equal leading eigenvalues, of which ten would be arbitrary.
test_that("eigenvalues that are equal stay together", {
  skip_without_networks()
  for (size in c(150, 600)) {
    id <- paste0("X", seq_len(size))
    middle <- seq(2, size, 3)
    paths <- list(edges = data.frame(protein_a = id[c(middle, middle)],
                                     protein_b = id[c(middle - 1, middle + 1)], confidence = "medium"),
                  proteins = data.frame(name = id, class = "A"))
    turned <- paths
    turned$proteins <- paths$proteins[rev(seq_len(size)), ]
    pairs <- data.frame(protein_a = id[-size], protein_b = id[-1])
    none <- data.frame(protein = character(), category = character())
    spectral <- function(network) moe_ppi_features(pairs, network, none)$spectral
    expect_equal(spectral(paths), spectral(turned), tolerance = 1e-8)
    expect_true(all(spectral(paths)[middle - 1] == spectral(paths)[1]))
  }
})

test_that("features of a pair do not depend on whether it is a target edge", {
  skip_without_networks()
  whole <- small_network()
  set.seed(2)
  task <- moe_ppi_split(whole)
  edge <- which(task$pairs$split == "test" & task$pairs$confidence != "none")[1]
  without <- whole
  without$edges <- whole$edges[joined_pairs(whole$edges) != joined_pairs(task$pairs[edge, ]), ]
  expect_identical(nrow(without$edges), nrow(whole$edges) - 1L)
  # The observed part is the same for both, so what is observed of each gives the same features.
  observed <- function(network) {
    network$edges <- network$edges[joined_pairs(network$edges) %in%
                                     joined_pairs(task$observed$edges), ]
    network
  }
  annotation <- small_annotation(whole)
  expect_identical(moe_ppi_features(task$pairs, observed(whole), annotation),
                   moe_ppi_features(task$pairs, observed(without), annotation))
})

test_that("features of a pair do not depend on other pairs, its order or the labels", {
  skip_without_networks()
  whole <- small_network()
  set.seed(3)
  task <- moe_ppi_split(whole, "hard")
  annotation <- small_annotation(whole)
  all <- moe_ppi_features(task$pairs, task$observed, annotation)
  expect_false(anyNA(all))
  few <- task$pairs[c(5, 2), ]
  few$confidence <- "none"
  turned <- data.frame(protein_a = few$protein_b, protein_b = few$protein_a)
  expect_equal(moe_ppi_features(few, task$observed, annotation), all[c(5, 2), ],
               ignore_attr = "row.names")
  expect_equal(moe_ppi_features(turned, task$observed, annotation), all[c(5, 2), ],
               ignore_attr = "row.names")
})

test_that("an observed edge changes the features of its pair, a target does not enter", {
  skip_without_networks()
  whole <- small_network()
  set.seed(2)
  task <- moe_ppi_split(whole)
  targets <- subset(task$pairs, confidence != "none")
  features <- moe_ppi_features(targets, task$observed, small_annotation(whole))
  expect_gte(min(features$dist), 2)
  seen <- moe_ppi_features(targets, whole, small_annotation(whole))
  expect_equal(seen$dist, rep(1, nrow(targets)))
})

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

test_that("the leading spectrum is that of a full decomposition", {
  skip_without_networks()
  adjacency <- adjacency_matrix(small_network(400))
  leading <- leading_spectrum(adjacency, 5L)
  full <- eigen(as.matrix(adjacency), symmetric = TRUE)
  expect_equal(leading$values, full$values[1:5], tolerance = 1e-8)
  expect_equal(abs(colSums(leading$vectors * full$vectors[, 1:5])), rep(1, 5), tolerance = 1e-8)
})

test_that("proteins without edges or annotation have features", {
  skip_without_networks()
  network <- small_network()
  network$proteins <- rbind(network$proteins, data.frame(name = c("Q1", "Q2"), class = NA))
  pairs <- data.frame(protein_a = c("Q1", "Q1"), protein_b = c("Q2", "P1"))
  features <- moe_ppi_features(pairs, network, small_annotation(small_network()))
  expect_true(all(vapply(features, function(x) all(is.finite(x)), NA)))
  expect_equal(features$fc_missing, c(1, 1))
  expect_equal(features$dist, c(6, 6))
  unknown <- data.frame(protein = character(), category = character())
  none <- moe_ppi_features(pairs, network, unknown)
  expect_equal(none$fc_resnik, c(0, 0))
})

test_that("a protein whose category is missing has none", {
  skip_without_networks()
  network <- small_network()
  pairs <- data.frame(protein_a = "P1", protein_b = "P2")
  for (category in c(NA, "")) {
    unknown <- data.frame(protein = c("P1", "P2"), category = category)
    features <- moe_ppi_features(pairs, network, unknown)
    expect_equal(unlist(features[c("fc_resnik", "fc_jac", "fc_missing")]),
                 c(fc_resnik = 0, fc_jac = 0, fc_missing = 1))
  }
})

test_that("what is not a network or its pairs is refused", {
  skip_without_networks()
  network <- small_network()
  annotation <- small_annotation(network)
  pairs <- data.frame(protein_a = "P1", protein_b = "P2")
  changed <- function(part, ...) {
    network[[part]] <- transform(network[[part]], ...)
    network
  }
  features_of <- function(...) moe_ppi_features(pairs, annotation = annotation, ...)
  expect_error(moe_ppi_split(yeast_ppi), "`network` must be a list", class = "moe_error_input")
  expect_error(moe_ppi_split(network, "easy"), "`negatives` must be one of")
  expect_error(moe_ppi_split(network, shares = c(observed = 0.5, train = 0.5, test = 0.5)),
               "`shares` must be three positive numbers .*, not 0.5, 0.5, 0.5")
  expect_error(features_of(changed("proteins", name = NA)), "row 1 has no name")
  expect_error(moe_ppi_split(list(edges = 1)), "`network\\$edges` must be a data frame")
  expect_error(features_of(changed("edges", confidence = "low")), "must be \"medium\" or \"high\"")
  expect_error(features_of(changed("edges", protein_a = "P1", protein_b = "P1")),
               "row 1 of `network\\$edges` joins one to itself")
  expect_error(features_of(changed("edges", protein_a = "P1", protein_b = "P2")),
               "row 2 repeats an earlier one")
  expect_error(features_of(changed("edges", protein_a = "X")),
               "Every protein of `network\\$edges` .* \"X\" is not")
  expect_error(features_of(changed("proteins", name = "P1")), "\"P1\" occurs twice")
  expect_error(moe_ppi_features(data.frame(protein_a = "P1", protein_b = "X"), network, annotation),
               "Every protein of `pairs` .* \"X\" is not")
  expect_error(moe_ppi_features(pairs["protein_a"], network, annotation),
               "`pairs` must have the columns .* lacks \"protein_b\"")
  expect_error(moe_ppi_features(pairs, network, annotation["protein"]),
               "`annotation` must have the columns")
  dense <- list(edges = data.frame(t(combn(paste0("P", 1:8), 2)), "medium"),
                proteins = data.frame(name = paste0("P", 1:8), class = "A"))
  names(dense$edges) <- c("protein_a", "protein_b", "confidence")
  expect_error(moe_ppi_split(dense), "must leave far more pairs unjoined")
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
  expect_setequal(stored("ppi_tried.csv")$split, 1:3)
  expect_false(anyNA(results$log_loss))
  expect_false(anyNA(disjoint$log_loss))
})
