# Scoring pairs in blocks.

fit_on <- function(network) {
  set.seed(2)
  task <- moe_ppi_split(network)
  features <- moe_ppi_features(task$pairs, task$observed)
  moe_fit(confidence ~ l3 + spectral + deg_sum, cbind(task$pairs, features), experts = 1,
          lambda = 1)
}

test_that("all pairs that are not joined are scored, in whatever blocks, and the best returned", {
  skip_without_networks()
  network <- moe_network(small_network(40))
  fit <- fit_on(small_network(40))
  name <- network$proteins$name
  every <- data.frame(t(combn(name, 2)))
  names(every) <- c("protein_a", "protein_b")
  every <- every[!joined_pairs(every) %in% joined_pairs(network$edges), ]
  prob <- predict(fit, moe_ppi_features(every, network), type = "prob")
  expected <- cbind(every, prob)[order(prob[, "none"]), ]
  path <- tempfile(fileext = ".tsv.gz")
  best <- moe_rank_pairs(fit, name, network, path, top = 25, block = 100)
  expect_equal(best$none, expected$none[1:25])
  expect_identical(attr(best, "scored"), as.double(nrow(every)))
  written <- read.delim(path)
  expect_equal(written[1:2], every, ignore_attr = TRUE)
  expect_equal(as.matrix(written[3:5]), signif(prob, 6), ignore_attr = TRUE)
  whole <- moe_rank_pairs(fit, name, network, top = 25)
  expect_equal(whole, best)
  # A pair of a protein with itself would come first.
  with_itself <- rbind(data.frame(protein_a = name, protein_b = name), every)
  expect_equal(moe_rank_pairs(fit, with_itself, network, top = 25), best)
})

test_that("pairs in a data frame are scored by any function of pairs", {
  set.seed(1)
  x <- matrix(rnorm(60), 20, dimnames = list(paste0("P", 1:20), NULL))
  pairs <- data.frame(protein_a = sample(rownames(x), 90, TRUE),
                      protein_b = sample(rownames(x), 90, TRUE))
  fit <- moe_fit(moe_pair_features(pairs, x), rep(c("no", "yes"), 45), experts = 1, lambda = 1)
  best <- moe_rank_pairs(fit, pairs, function(p) moe_pair_features(p, x), top = 90, block = 7)
  prob <- predict(fit, moe_pair_features(pairs, x), type = "prob")
  expect_equal(best$yes, sort(unname(prob[, "yes"]), decreasing = TRUE))
  expect_identical(nrow(moe_rank_pairs(fit, pairs, function(p) moe_pair_features(p, x), top = 4)), 4L)
})

test_that("what cannot be scored is refused", {
  skip_without_networks()
  network <- moe_network(small_network(40))
  fit <- fit_on(small_network(40))
  refused <- function(message, ...) {
    expect_error(moe_rank_pairs(fit, ...), message, class = "moe_error_input")
  }
  refused("vector of proteins, not \"P1\"", "P1", network)
  refused("must name each protein once, but \"P1\"", c("P1", "P1"), network)
  refused("Every protein of `pairs` .* \"X\" is not", c("P1", "X"), network)
  refused("two proteins that the network does not join", network$edges, network)
  refused("`file` must be in a folder that exists", c("P1", "P2"), network,
          file.path(tempdir(), "none", "x"))
  predicts_text <- structure(list(), class = "odd_model")
  registerS3method("predict", "odd_model", function(object, ...) "none")
  expect_error(moe_rank_pairs(predicts_text, c("P1", "P2"), identity),
               "a matrix of class probabilities with a row for each of the 1 pairs, not \"none\"")
})
