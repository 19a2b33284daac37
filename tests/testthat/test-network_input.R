# Networks from all that may be at hand.

test_that("tables, graphs, matrices and lists of one network are one network", {
  skip_without_networks()
  raw <- small_network()
  ends <- raw$edges[c("protein_a", "protein_b")]
  table <- moe_network(setNames(ends[2:1], c("from", "to")), raw$proteins)
  graph <- moe_network(igraph::graph_from_data_frame(raw$edges, FALSE, raw$proteins))
  sparse <- table$adjacency
  dimnames(sparse) <- list(raw$proteins$name, raw$proteins$name)
  one_sided <- Matrix::triu(sparse)
  expect_identical(moe_network(sparse)$adjacency, table$adjacency)
  expect_identical(moe_network(one_sided)$adjacency, table$adjacency)
  expect_identical(moe_network(as.matrix(one_sided))$adjacency, table$adjacency)
  listed <- moe_network(raw)
  expect_identical(listed$adjacency, table$adjacency)
  expect_identical(graph[c("adjacency", "high", "class")], listed[c("adjacency", "high", "class")])
  pairs <- data.frame(protein_a = c("P1", "P2"), protein_b = c("P9", "P3"))
  plain <- c("deg_sum", "deg_diff", "cn", "jaccard", "adamic", "ra", "l3", "dist", "clust_min",
             "clust_max", "comm", "spectral")
  features <- suppressWarnings(moe_ppi_features(pairs, moe_network(sparse)))
  expect_named(features, plain)
  expect_equal(features, suppressWarnings(moe_ppi_features(pairs, listed))[plain])
})

test_that("names that are numbers, and vertices without names, are text", {
  skip_without_networks()
  expect_identical(moe_network(data.frame(1e5, 2))$proteins$name, c("100000", "2"))
  expect_identical(moe_network(igraph::make_ring(4))$proteins$name, as.character(1:4))
})

test_that("repeats and edges from a protein to itself are left out and counted", {
  skip_without_networks()
  edges <- data.frame(protein_a = c("A", "B", "A", "C", "B"), protein_b = c("B", "A", "B", "C", "C"),
                      confidence = c("medium", "high", "medium", "high", "medium"))
  expect_message(network <- moe_network(edges),
                 "Left out 2 repeats of an edge in either order and 1 edge from a protein to itself")
  expect_equal(network$edges, data.frame(protein_a = "B", protein_b = c("A", "C"),
                                         confidence = c("high", "medium")))
  expect_silent(again <- moe_network(network$edges))
  expect_identical(again$adjacency, network$adjacency)
})

test_that("edges that have classes, which may mean that they are none, are reported", {
  skip_without_networks()
  edges <- data.frame(protein_a = c("A", "B"), protein_b = c("B", "C"), class = c("yes", "no"))
  expect_message(network <- moe_network(edges),
                 "All rows .* whatever their `class`: \"yes\", \"no\"")
  expect_identical(nrow(network$edges), 2L)
  expect_silent(moe_network(edges[1, ]))
})

test_that("what is no network is refused in words", {
  skip_without_networks()
  refused <- function(message, ...) {
    expect_error(moe_network(...), message, class = "moe_error_input")
  }
  edges <- data.frame(protein_a = "A", protein_b = "B")
  refused("A network must be a data frame of edges, .*, not \"x\"", "x")
  refused("A network must be", list(edges = 1))
  refused("in its first two columns, but has the column \"protein_a\"", edges["protein_a"])
  refused("name two proteins, but row 1", data.frame(NA, "B"))
  refused("name two proteins, but row 2", data.frame(c(3, NA), c("A", "B")))
  refused("must be text or whole numbers, not 0.5", data.frame("A", weight = c(1, 0.5)))
  refused("must have proteins, but there is neither", edges[0, ])
  refused("must have proteins", igraph::make_empty_graph(0))
  refused("no missing entries", matrix(c(0, 1, NA, 0), 2, dimnames = rep(list(c("A", "B")), 2)))
  refused("must be square, with the proteins as row names, not 2 x 3", matrix(0, 2, 3))
  refused("2 x 2 without row names", diag(2))
  refused("same proteins in rows and columns",
          matrix(0, 2, 2, dimnames = list(c("A", "B"), c("B", "A"))))
  refused("confidence of an edge must be \"medium\" or \"high\", not \"low\"",
          cbind(edges, confidence = "low"))
  refused("Every protein of the edges .* \"B\" is not", edges, "A")
  refused("`proteins` must name each protein, but row 2", edges, c("A", NA))
  refused("`proteins` must name each protein once, but \"A\" occurs twice", edges, c("A", "A", "B"))
  refused("`annotation` must have the columns", edges, annotation = data.frame(protein = "A"))
})
