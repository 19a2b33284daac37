# Features of pairs: what they promise, and that nothing leaks. test-data.R recomputes their
# definitions in another way.

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
  features <- function() {
    moe_ppi_features(yeast_ppi, yeast_network, yeast_funcat)[c("comm", "spectral")]
  }
  before <- features()
  suppressWarnings(RNGkind("L'Ecuyer-CMRG", "Ahrens-Dieter", "Rounding"))
  set.seed(9)
  expect_identical(features(), before)
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
  expect_warning(seen <- moe_ppi_features(targets, whole, small_annotation(whole)),
                 paste(nrow(targets), "of", nrow(targets), "pairs are edges of the network"))
  expect_equal(seen$dist, rep(1, nrow(targets)))
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


test_that("features without the own edge are those of the network without it", {
  skip_without_networks()
  raw <- small_network(80, seed = 4)
  annotation <- small_annotation(raw)
  edges <- raw$edges[c(3, 30, 60), ]
  apart <- data.frame(protein_a = "P1", protein_b = "P2", confidence = "medium")
  expect_false(joined_pairs(apart) %in% joined_pairs(raw$edges))
  pairs <- rbind(edges, apart)
  expect_silent(features <- moe_ppi_features(pairs, raw, annotation, drop_own_edge = TRUE))
  for (i in 1:3) {
    without <- raw
    without$edges <- raw$edges[-c(3, 30, 60)[i], ]
    expect_equal(features[i, ], moe_ppi_features(pairs[i, ], without, annotation),
                 ignore_attr = "row.names")
  }
  with <- suppressWarnings(moe_ppi_features(pairs, raw, annotation))
  expect_identical(features[4, ], with[4, ])
  expect_true(all(features$dist[1:3] > 1))
  # A leaf's edge is all it has.
  leaf <- moe_ppi_features(data.frame(protein_a = "A", protein_b = "B"),
                           data.frame(c("A", "B", "C"), c("B", "C", "D")), drop_own_edge = TRUE)
  expect_equal(unlist(leaf[c("deg_sum", "cn", "l3", "dist")]),
               c(deg_sum = log1p(1), cn = 0, l3 = 0, dist = 6))
})

test_that("distances are those of igraph, whatever the blocks", {
  skip_without_networks()
  set.seed(3)
  size <- 150
  edges <- data.frame(paste0("P", sample(size, 160, TRUE)), paste0("P", sample(size, 160, TRUE)))
  network <- suppressMessages(moe_network(edges, paste0("P", seq_len(size))))
  every <- t(combn(size, 2))
  graph <- igraph::graph_from_adjacency_matrix(network$adjacency, "undirected")
  expected <- pmin(igraph::distances(graph)[every], 6)
  expect_true(all(1:6 %in% expected))
  pairs <- data.frame(protein_a = paste0("P", every[, 1]), protein_b = paste0("P", every[, 2]))
  features <- suppressWarnings(moe_ppi_features(pairs, network))
  expect_identical(features$dist, expected)
  few <- sample(nrow(pairs), 40)
  expect_equal(suppressWarnings(moe_ppi_features(pairs[few, ], network)), features[few, ],
               ignore_attr = "row.names")
})

test_that("blocks of pairs hold each pair once, and no more than they may", {
  set.seed(1)
  start <- sample(9000, 3e5, TRUE)
  blocks <- blocks_of_pairs(start, 18000)
  expect_identical(sort(unlist(blocks, use.names = FALSE)), seq_along(start))
  starts <- vapply(blocks, function(rows) length(unique(start[rows])), 0L)
  expect_lte(max(starts) * 18000, block_cells)
  expect_lte(max(lengths(blocks)), block_pairs)
})

test_that("no pairs have no rows", {
  skip_without_networks()
  none <- data.frame(protein_a = character(), protein_b = character())
  features <- moe_ppi_features(none, small_network())
  expect_identical(dim(features), c(0L, 18L))
})

test_that("pairs that the network does not know are refused", {
  skip_without_networks()
  expect_error(moe_ppi_features(data.frame(protein_a = "P1", protein_b = "X"), small_network()),
               "Every protein of `pairs` .* \"X\" is not", class = "moe_error_input")
  expect_error(moe_ppi_features(data.frame(protein_a = "P1"), small_network()),
               "`pairs` must have the columns .* lacks \"protein_b\"")
  expect_error(moe_ppi_features(small_network()$edges, small_network(), drop_own_edge = NA),
               "`drop_own_edge` must be TRUE or FALSE")
})

# Each neighbour has one edge, so that it could join no two others.
test_that("features of a protein with itself count its neighbours, adamic not", {
  skip_without_networks()
  star <- data.frame(protein_a = "q", protein_b = c("r", "s", "t"))
  features <- moe_ppi_features(data.frame(protein_a = "q", protein_b = "q"), star)
  expect_equal(features[c("cn", "jaccard", "adamic", "ra", "dist")],
               data.frame(cn = log(4), jaccard = 1, adamic = 0, ra = sqrt(3), dist = 0))
})
