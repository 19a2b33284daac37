# The bundled data sets. Features are computed a second time here, in another way than the one that
# built them: from lists of neighbours, one pair at a time.

unordered <- function(pairs) {
  paste(pmin(pairs$protein_a, pairs$protein_b), pmax(pairs$protein_a, pairs$protein_b))
}

# For each protein the names of its neighbours.
neighbour_lists <- function(edges) {
  protein <- factor(c(edges$protein_a, edges$protein_b), yeast_network$proteins$name)
  split(c(edges$protein_b, edges$protein_a), protein)
}

joined <- neighbour_lists(yeast_network$edges)
joined_high <- neighbour_lists(subset(yeast_network$edges, confidence == "high"))
degree <- lengths(joined)
categories <- split(yeast_funcat$category, yeast_funcat$protein)

# Breadth first, to at most six steps.
steps_between <- function(a, b) {
  reached <- a
  for (steps in 0:5) {
    if (b %in% reached) return(steps)
    reached <- union(reached, unlist(joined[reached]))
  }
  6
}

clustering_of <- function(protein) {
  near <- joined[[protein]]
  if (length(near) < 2) return(0)
  sum(unlist(joined[near]) %in% near) / (length(near) * (length(near) - 1))
}

three_step_sum <- function(a, b) {
  sum(vapply(joined[[a]], function(u) {
    last <- intersect(joined[[u]], joined[[b]])
    sum(1 / sqrt(degree[[u]] * degree[last]))
  }, numeric(1)))
}

high_share_of <- function(protein) {
  (length(joined_high[[protein]]) + 0.2) / (degree[[protein]] + 1)
}

class_of <- function(protein) {
  class <- as.character(yeast_network$proteins$class[match(protein, yeast_network$proteins$name)])
  ifelse(is.na(class), "U", class)
}

class_log_ratio <- function(r, s) {
  from <- with(yeast_network$edges, class_of(c(protein_a, protein_b)))
  to <- with(yeast_network$edges, class_of(c(protein_b, protein_a)))
  expected <- sum(from == r) * sum(from == s) / length(from)
  log((sum(from == r & to == s) + 1) / (expected + 1))
}

shared_information <- function(a, b) {
  shared <- intersect(categories[[a]], categories[[b]])
  annotated <- vapply(shared, function(k) sum(yeast_funcat$category == k), numeric(1))
  max(0, -log(annotated / nrow(yeast_network$proteins)))
}

# Follows pairs with comm = 1: proteins that are reached from one another get the same number.
linked_groups <- function(pairs, proteins) {
  group <- setNames(seq_along(proteins), proteins)
  repeat {
    lowest <- pmin(group[pairs$protein_a], group[pairs$protein_b])
    if (all(lowest == group[pairs$protein_a] & lowest == group[pairs$protein_b])) return(group)
    ends <- c(pairs$protein_a, pairs$protein_b)
    smallest <- tapply(c(lowest, lowest), ends, min)
    group[names(smallest)] <- smallest
  }
}

# The first pair of every combination of class, distance and missing annotation.
sampled_pairs <- function() {
  yeast_ppi[!duplicated(yeast_ppi[c("confidence", "dist", "fc_missing", "same_class")]), ]
}

expect_feature <- function(feature, f) {
  pairs <- sampled_pairs()
  expected <- mapply(f, pairs$protein_a, pairs$protein_b, USE.NAMES = FALSE)
  expect_gt(length(unique(expected)), 1)
  expect_equal(as.numeric(pairs[[feature]]), as.numeric(expected), info = feature)
}

test_that("the task has the documented columns and no missing value", {
  expect_named(yeast_ppi, c(
    "protein_a", "protein_b", "split", "confidence",
    "deg_sum", "deg_diff", "cn", "jaccard", "adamic", "ra", "l3", "cn_high", "dist", "clust_min",
    "clust_max", "comm", "spectral", "high_share", "high_min", "same_class", "n_unch", "class_lo",
    "fc_resnik", "fc_jac", "fc_missing"
  ))
  expect_false(anyNA(yeast_ppi))
  expect_true(all(vapply(yeast_ppi[-(1:4)], function(x) all(is.finite(x)), logical(1))))
  expect_identical(levels(yeast_ppi$confidence), c("none", "medium", "high"))
})

test_that("the split has the documented sizes", {
  sizes <- table(yeast_ppi$split, yeast_ppi$confidence)
  expect_equal(rowSums(sizes), c(train = 5928, test = 3556))
  expect_equal(as.vector(sizes["train", ]), c(2964, 2350, 614))
  expect_equal(as.vector(sizes["test", ]), c(1778, 1410, 368))
})

test_that("no pair occurs twice, in either order, and none joins a protein to itself", {
  expect_identical(anyDuplicated(unordered(yeast_ppi)), 0L)
  expect_false(any(yeast_ppi$protein_a == yeast_ppi$protein_b))
})

test_that("all proteins are known to the network", {
  ends <- c("protein_a", "protein_b")
  proteins <- yeast_network$proteins$name
  expect_identical(anyDuplicated(proteins), 0L)
  expect_in_network <- function(x) expect_identical(setdiff(x, proteins), character())
  expect_in_network(unlist(yeast_ppi[ends], use.names = FALSE))
  expect_in_network(unlist(yeast_network$edges[ends], use.names = FALSE))
  expect_in_network(yeast_funcat$protein)
})

test_that("no negative is an observed edge", {
  negatives <- subset(yeast_ppi, confidence == "none")
  expect_identical(intersect(unordered(negatives), unordered(yeast_network$edges)), character())
})

test_that("no target is visible in the observed network", {
  expect_identical(intersect(unordered(yeast_ppi), unordered(yeast_network$edges)), character())
  expect_gte(min(yeast_ppi$dist), 2)
})

test_that("observed edges and target edges together are the whole network", {
  targets <- subset(yeast_ppi, confidence != "none")
  edges <- unique(c(unordered(targets), unordered(yeast_network$edges)))
  expect_length(edges, 11855)
  expect_equal(sum(yeast_network$edges$confidence == "high") + sum(targets$confidence == "high"),
    2455)
})

test_that("degree features follow from the observed network", {
  a <- log1p(unname(degree[yeast_ppi$protein_a]))
  b <- log1p(unname(degree[yeast_ppi$protein_b]))
  expect_equal(yeast_ppi$deg_sum, a + b)
  expect_equal(yeast_ppi$deg_diff, abs(a - b))
})

test_that("neighbour features follow from the observed network", {
  shared <- function(a, b) intersect(joined[[a]], joined[[b]])
  expect_feature("cn", function(a, b) log1p(length(shared(a, b))))
  expect_feature("jaccard", function(a, b) {
    length(shared(a, b)) / max(1, length(union(joined[[a]], joined[[b]])))
  })
  expect_feature("adamic", function(a, b) log1p(sum(1 / log(degree[shared(a, b)]))))
  expect_feature("ra", function(a, b) sqrt(sum(1 / degree[shared(a, b)])))
  expect_feature("l3", function(a, b) log1p(three_step_sum(a, b)))
  expect_feature("cn_high", function(a, b) {
    log1p(length(intersect(joined_high[[a]], joined_high[[b]])))
  })
})

test_that("position features follow from the observed network", {
  expect_feature("dist", steps_between)
  expect_feature("clust_min", function(a, b) min(clustering_of(a), clustering_of(b)))
  expect_feature("clust_max", function(a, b) max(clustering_of(a), clustering_of(b)))
})

test_that("confidence features follow from the observed network", {
  expect_feature("high_share", function(a, b) mean(c(high_share_of(a), high_share_of(b))))
  expect_feature("high_min", function(a, b) min(high_share_of(a), high_share_of(b)))
})

test_that("class features follow from the observed network", {
  expect_feature("same_class", function(a, b) class_of(a) == class_of(b) && class_of(a) != "U")
  expect_feature("n_unch", function(a, b) sum(class_of(c(a, b)) == "U"))
  expect_feature("class_lo", function(a, b) class_log_ratio(class_of(a), class_of(b)))
})

test_that("annotation features follow from the annotation", {
  expect_feature("fc_resnik", shared_information)
  expect_feature("fc_jac", function(a, b) {
    either <- union(categories[[a]], categories[[b]])
    length(intersect(categories[[a]], categories[[b]])) / max(1, length(either))
  })
  expect_feature("fc_missing", function(a, b) !all(c(a, b) %in% names(categories)))
})

test_that("to be of one community is transitive", {
  group <- linked_groups(subset(yeast_ppi, comm == 1), yeast_network$proteins$name)
  apart <- subset(yeast_ppi, comm == 0)
  expect_gt(nrow(apart), 0)
  expect_false(any(group[apart$protein_a] == group[apart$protein_b]))
})

test_that("spectral similarity is a cosine, and 0 where a protein has no edge", {
  expect_lte(max(abs(yeast_ppi$spectral)), 1 + 1e-12)
  without_edge <- degree[yeast_ppi$protein_a] == 0 | degree[yeast_ppi$protein_b] == 0
  expect_true(any(without_edge))
  expect_equal(yeast_ppi$spectral[without_edge], numeric(sum(without_edge)))
  near <- yeast_ppi$dist == 2
  expect_gt(mean(yeast_ppi$spectral[near]), mean(yeast_ppi$spectral[!near]))
})

test_that("an annotated protein is in the categories above its own", {
  above <- subset(yeast_funcat, grepl(".", category, fixed = TRUE))
  above$category <- sub("[.][0-9]+$", "", above$category)
  expect_gt(nrow(above), 0)
  expect_identical(setdiff(do.call(paste, above), do.call(paste, yeast_funcat)), character())
})

test_that("purchases of yogurt are as their page says", {
  expect_equal(dim(yogurt), c(2412L, 11L))
  expect_equal(range(table(yogurt$household)), c(4L, 185L))
  expect_identical(yogurt$occasion, stats::ave(seq_len(2412), yogurt$household, FUN = seq_along))
  expect_equal(levels(yogurt$brand), c("yoplait", "dannon", "hiland", "weight"))
  prices <- as.matrix(yogurt[paste0("price_", levels(yogurt$brand))])
  # Brands are bought where they are cheaper than on average, as prices of these brands would have it.
  at <- cbind(seq_len(2412), as.integer(yogurt$brand))
  expect_true(all(tapply((prices - rep(colMeans(prices), each = 2412))[at], yogurt$brand, mean) < 0))
})
