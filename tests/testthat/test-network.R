# Networks prepared once.

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
    spectral <- function(network) {
      suppressWarnings(moe_ppi_features(pairs, network, none)$spectral) # pairs are edges
    }
    expect_equal(spectral(paths), spectral(turned), tolerance = 1e-8)
    expect_true(all(spectral(paths)[middle - 1] == spectral(paths)[1]))
  }
})

test_that("the leading spectrum is that of a full decomposition", {
  skip_without_networks()
  adjacency <- moe_network(small_network(400))$adjacency
  leading <- leading_spectrum(adjacency, 5L)
  full <- eigen(as.matrix(adjacency), symmetric = TRUE)
  expect_equal(leading$values, full$values[1:5], tolerance = 1e-8)
  expect_equal(abs(colSums(leading$vectors * full$vectors[, 1:5])), rep(1, 5), tolerance = 1e-8)
})

test_that("a network is prepared once, and takes annotation later", {
  skip_without_networks()
  network <- moe_network(small_network())
  annotation <- small_annotation(small_network())
  pairs <- data.frame(protein_a = c("P1", "P2"), protein_b = c("P4", "P9"))
  features <- moe_ppi_features(pairs, moe_network(network, annotation = annotation))
  expect_identical(features, moe_ppi_features(pairs, small_network(), annotation))
  expect_identical(moe_network(network), network)
  expect_output(print(network), "60 proteins .* of high confidence.*\\nClasses of proteins: 3")
})
