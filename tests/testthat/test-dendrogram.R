# Trees of measures and of fits against hclust() and a greedy loop in plain R.

refused <- function(code, message) expect_error(code, message, class = "moe_error_input")

# --- trees of measures ---

test_that("the tree of a measure is that of hclust with Ward's distances", {
  for (seed in 1:200) {
    par <- random_par(seed)
    tree <- tree_of(par)
    atoms <- atoms_of(par)
    peer <- hclust(as.dist(ward_matrix(atoms)), "ward.D", members = atoms$q)
    expect_identical(tree$merge, peer$merge)
    expect_identical(tree$order, peer$order)
    expect_lt(max(abs(tree$height / peer$height - 1)), 1e-10)
  }
})

test_that("the tree is that of the greedy loop", {
  for (seed in 1:50) {
    par <- random_par(seed)
    tree <- tree_of(par)
    want <- merge_by_hand(par)
    expect_identical(merged_sets(tree), want$merged)
    expect_lt(max(abs(tree$height / want$height - 1)), 1e-10)
  }
})

test_that("a separate gate's slopes, and no others, are part of the atoms", {
  par <- random_par(1, K = 4)
  par$gate <- rbind(par$gate[1, ], 100 * (1:4 - 2.5)^3)
  par$expert[] <- 0
  q <- exp(oracle_log_softmax_one(par$gate[1, ]))
  slopes <- par$gate[2, ]
  height <- min(combn(4, 2, function(i) prod(q[i]) / sum(q[i]) * diff(slopes[i])^2))
  expect_equal(tree_of(par)$height[1], height, tolerance = 1e-12)
  par$gate <- par$gate[1, , drop = FALSE]
  expect_identical(tree_of(par)$height, numeric(3))
})

test_that("a tree of two and its weights can be had by hand", {
  # weights 1/4 and 3/4, slopes apart by 2, coefficients of two classes apart by (1, -1)
  tree <- moe_dendrogram(moe_measure(cbind(c(0, -1), c(log(3), 1)),
                                     array(c(0, 0, 1, -1), c(1, 2, 2))))
  expect_identical(tree$merge, cbind(-1L, -2L))
  expect_equal(tree$height, 3 / 16 * (4 + 2), tolerance = 1e-14)
  expect_equal(tree$weights, c(0.25, 0.75), tolerance = 1e-14)
})

# Rounding may not make them fall either: cutree() refuses trees that are not sorted.
test_that("heights never fall, even where many pairs are equally close", {
  set.seed(1)
  trees <- lapply(rep(3:12, each = 30), function(K) {
    moe_dendrogram(moe_measure(rbind(0, sample(0:2, K, TRUE)),
                               array(sample(0:1, 6 * K, TRUE), c(2, 3, K))))
  })
  expect_false(any(vapply(trees, function(tree) is.unsorted(tree$height), NA)))
  middle <- vapply(trees, function(tree) median(tree$height), 0)
  cut <- Map(function(tree, h) max(cutree(tree, h = h)), trees, middle)
  expect_equal(unlist(cut), mapply(function(tree, h) sum(tree$height > h) + 1, trees, middle))
})

test_that("an expert without any weight is still an atom", {
  par <- random_par(5, K = 4)
  par$gate[1, 2:3] <- c(-1e4, -1e5)
  tree <- tree_of(par)
  expect_setequal(tree$merge[tree$merge < 0], -(1:4))
  expect_true(all(is.finite(tree$height)))
  expect_false(is.unsorted(tree$height))
})

test_that("coefficients whose squares overflow still give a tree", {
  set.seed(1)
  expert <- array(1e200 * rnorm(24), c(2, 3, 4))
  tree <- moe_dendrogram(moe_measure(matrix(0, 1, 4), expert))
  expect_setequal(tree$merge[tree$merge < 0], -(1:4))
  expect_setequal(tree$order, 1:4)
})

# --- an hclust ---

test_that("a tree is an hclust", {
  tree <- tree_of(random_par(3, K = 7))
  expect_s3_class(tree, c("moe_dendrogram", "hclust"), exact = TRUE)
  plain <- as.hclust(tree)
  expect_s3_class(plain, "hclust", exact = TRUE)
  expect_identical(unclass(plain), unclass(tree)[names(plain)])
  expect_identical(tree$labels, paste0("expert", 1:7))
})

test_that("functions for hclust give what they give for the tree of hclust()", {
  for (seed in c(2, 3, 9)) {
    par <- random_par(seed)
    atoms <- atoms_of(par)
    tree <- tree_of(par)
    peer <- hclust(as.dist(ward_matrix(atoms)), "ward.D", members = atoms$q)
    peer$labels <- tree$labels
    peer$height <- tree$height
    expect_identical(cutree(tree, seq_along(atoms$q)), cutree(peer, seq_along(atoms$q)))
    expect_identical(cutree(tree, h = mean(tree$height)), cutree(peer, h = mean(tree$height)))
    expect_identical(cophenetic(tree), cophenetic(peer))
    expect_identical(as.dendrogram(tree), as.dendrogram(peer))
  }
})

test_that("as.dendrogram has the leaves, their order and the heights", {
  tree <- tree_of(random_par(3, K = 7))
  dendrogram <- as.dendrogram(tree)
  expect_identical(labels(dendrogram), tree$labels[tree$order])
  expect_identical(nobs(dendrogram), 7L)
  expect_identical(attr(dendrogram, "height"), tree$height[6])
})

test_that("dendextend's functions take a tree and its dendrogram", {
  skip_if_not_installed("dendextend")
  tree <- tree_of(random_par(3, K = 7))
  dendrogram <- as.dendrogram(tree)
  expect_equal(sort(dendextend::get_branches_heights(dendrogram)), tree$height)
  expect_equal(dendextend::cutree(dendrogram, k = 2:6, order_clusters_as_data = TRUE),
               dendextend::cutree(tree, k = 2:6), ignore_attr = TRUE)
  expect_equal(max(dendextend::cutree(dendrogram, h = mean(tree$height))),
               max(cutree(tree, h = mean(tree$height))))
  turned <- dendextend::rotate(dendrogram, rev(tree$labels[tree$order]))
  expect_identical(labels(turned), rev(labels(dendrogram)))
  expect_equal(dendextend::cor_cophenetic(turned, tree), 1)
  expect_identical(labels(dendextend::prune(dendrogram, "expert2")),
                   setdiff(labels(dendrogram), "expert2"))
  coloured <- dendextend::color_branches(dendrogram, k = 3)
  expect_length(unique(dendextend::get_leaves_branches_col(coloured)), 3)
})

# --- invariance ---

expect_same_tree <- function(tree, other, names = seq_along(tree$order)) {
  expect_identical(merged_sets(other, names), merged_sets(tree))
  expect_lt(max(abs(other$height / tree$height - 1)), 1e-10)
}

test_that("the order of the experts does not matter", {
  for (seed in 1:50) {
    par <- random_par(seed)
    order <- sample(ncol(par$gate))
    other <- list(gate = par$gate[, order, drop = FALSE],
                  expert = par$expert[, , order, drop = FALSE])
    expect_same_tree(tree_of(par), tree_of(other), order)
  }
})

test_that("the order of the classes does not matter", {
  for (seed in 1:50) {
    par <- random_par(seed)
    other <- par
    other$expert <- par$expert[, sample(dim(par$expert)[2]), , drop = FALSE]
    expect_same_tree(tree_of(par), tree_of(other))
  }
})

test_that("one vector added to all columns of the gate does not matter", {
  for (seed in 1:50) {
    par <- random_par(seed)
    other <- par
    other$gate <- par$gate + rnorm(nrow(par$gate))
    expect_same_tree(tree_of(par), tree_of(other))
  }
})

test_that("one vector added to all classes of an expert does not matter", {
  for (seed in 1:50) {
    par <- random_par(seed)
    other <- par
    for (k in seq_len(ncol(par$gate))) {
      other$expert[, , k] <- par$expert[, , k] + rnorm(dim(par$expert)[1])
    }
    expect_same_tree(tree_of(par), tree_of(other))
  }
})

# The covariates become a + b times themselves, b of either sign.
test_that("units and origins do not matter if center and scale are in them too", {
  for (seed in 1:50) {
    par <- random_par(seed)
    other <- par
    of <- list(gate = nrow(par$gate) - 1, expert = nrow(par$expert) - 1)
    center <- lapply(of, rnorm)
    scale <- lapply(of, rexp)
    a <- lapply(of, rnorm)
    b <- lapply(of, function(n) rnorm(n, sd = 10))
    moved <- function(coef, a, b) {
      slopes <- coef[-1, , drop = FALSE] / b
      rbind(coef[1, ] - colSums(slopes * a), slopes)
    }
    other$gate <- moved(par$gate, a$gate, b$gate)
    for (k in seq_len(ncol(par$gate))) {
      one <- matrix(par$expert[, , k], nrow(par$expert))
      other$expert[, , k] <- moved(one, a$expert, b$expert)
    }
    expect_same_tree(tree_of(par, center, scale),
                     tree_of(other, Map(function(a, b, c) a + b * c, a, b, center),
                             Map(function(b, s) abs(b) * s, b, scale)))
  }
})

# --- trees of fits ---

test_that("a fit's tree is that of its coefficients on standardised covariates", {
  for (kind in names(overfits)) {
    alone <- moe_dendrogram(overfits[[kind]]$fit$measure)
    for (tree in list(refined[[kind]], merged[[kind]], alone)) {
      expect_identical(merged_sets(tree), by_hand[[kind]]$merged)
      expect_lt(max(abs(tree$height / by_hand[[kind]]$height - 1)), 1e-8)
    }
  }
})

test_that("units, origins, the reference class and the order of experts do not matter to a fit", {
  d <- overfits$plain$d
  start <- oracle_start(d, 4)
  tree <- function(frame, start) {
    moe_dendrogram(suppressWarnings(
      moe_fit(d$formula, frame, 4, lambda = 2, start = start,
              control = moe_control(intercept_ridge = 0.05, tolerance = 1e-14))
    ))
  }
  want <- tree(d$frame, start)
  others <- list(
    tree(transform(d$frame, x1 = 1e3 + 40 * x1, x2 = 7 - 1e-4 * x2), start),
    tree(transform(d$frame, y = relevel(y, "c3")), start),
    tree(d$frame, start[, c(3, 1, 4, 2)])
  )
  for (other in others) {
    expect_identical(merged_sets(other), merged_sets(want))
    expect_within(other$height, want$height, 1e-4)
    expect_within(other$path$loglik, want$path$loglik, 1e-7)
    expect_identical(other$selected, want$selected)
  }
})

# --- duplicated experts ---

# Expert k becomes two, which share its weight.
split_expert <- function(coefficients, k, share) {
  gate <- cbind(0, coefficients$gate)
  twice <- append(seq_len(ncol(gate)), k, k)
  gate <- gate[, twice]
  gate[1, k + 0:1] <- gate[1, k + 0:1] + log(c(share, 1 - share))
  list(gate = gate[, -1] - gate[, 1], expert = coefficients$expert[, , twice])
}

test_that("an expert that was split in two is one again at height 0", {
  for (kind in c("plain", "weighted", "six")) for (k in 1:3) {
    o <- overfits[[kind]]
    double <- fit_at(o, split_expert(coef(o$fit, "list"), k, 0.3))
    tree <- suppressWarnings(moe_dendrogram(double, refine = FALSE))
    expect_within(double$loglik, o$fit$loglik, 1e-8)
    expect_lt(tree$height[1], 1e-20)
    pair <- double$coefficients$expert[, , -tree$merge[1, ]]
    expect_within(pair[, , 1], pair[, , 2], 1e-8)
    expect_within(tree$path$loglik[2], o$fit$loglik, 1e-8)
    expect_within(tree$path$loglik[-1], merged[[kind]]$path$loglik, 1e-8)
    expect_within(tree$height[-1], merged[[kind]]$height, 1e-8)
  }
})

# --- what is refused or warned of ---

test_that("one expert is refused", {
  d <- overfits$plain$d
  fit <- moe_fit(d$formula, d$frame, 1)
  refused(moe_dendrogram(fit), "at least two experts, but the fit has one")
  refused(moe_dendrogram(fit$measure), "at least two experts, but there is one")
})

test_that("what is neither a fit nor a measure is refused", {
  refused(moe_dendrogram(3), "takes a fit by moe_fit\\(\\) or a moe_measure\\(\\), not 3")
  refused(moe_dendrogram(NULL), "not NULL")
  refused(moe_dendrogram(refined$plain), "not an object of class")
})

test_that("a fit without its data is refused, with what to do", {
  o <- overfits$plain
  fit <- suppressWarnings(moe_fit(o$d$formula, o$d$frame, 4, lambda = 0.5,
                                  start = oracle_start(o$d, 4), model = FALSE))
  refused(moe_dendrogram(fit), "`model = TRUE`")
  message <- tryCatch(moe_dendrogram(fit), error = conditionMessage)
  expect_no_match(message, "newdata")
})

test_that("a fit without a ridge, and one that has not converged, give a warning", {
  d <- overfits$plain$d
  start <- oracle_start(d)
  fit <- function(...) suppressWarnings(moe_fit(d$formula, d$frame, 2, start = start, ...))
  expect_warning(moe_dendrogram(fit(lambda = 0), refine = FALSE), "no ridge.*`lambda = 0`")
  expect_warning(moe_dendrogram(fit(lambda = 1, control = moe_control(max_iterations = 3))),
                 "has not converged")
  expect_no_warning(moe_dendrogram(fit(lambda = 1)))
})

test_that("criteria, flags and counts that are none are refused", {
  fit <- overfits$plain$fit
  for (bad in list("BIC", NA, 1, c("bic", "aic"))) {
    refused(moe_dendrogram(fit, bad), "`criterion` must be one of \"hq\", \"sabic\", \"bic\"")
  }
  for (bad in list(NA, 1, "yes")) {
    refused(moe_dendrogram(fit, refine = bad), "`refine` must be TRUE or FALSE")
  }
  for (bad in list(0, 1.5, "2", NA)) {
    refused(moe_dendrogram(fit, pairs = bad), "`pairs` must be one whole number")
  }
})

test_that("unused arguments are refused", {
  refused(moe_dendrogram(overfits$plain$fit, criteria = "aic"), "Unused argument: \"criteria\"")
  refused(moe_dendrogram(overfits$plain$fit$measure, "bic"), "Unused argument")
  refused(moe_dendrogram(overfits$plain$fit$measure, refine = TRUE), "Unused argument: \"refine\"")
  refused(cut(refined$plain, 2, h = 3), "Unused argument: \"h\"")
  refused(predict(refined$plain, sort = 1), "Unused argument: \"sort\"")
  refused(autoplot(refined$plain, colour = 1), "Unused argument: \"colour\"")
})

test_that("what needs data is refused for the tree of a measure, the rest works", {
  tree <- moe_dendrogram(overfits$plain$fit$measure)
  refused(cut(tree), "holds no data")
  refused(cut(tree, 2), "holds no data")
  refused(predict(tree, overfits$plain$d$frame), "holds no data")
  refused(autoplot(tree, "path"), "no criteria to plot")
  expect_identical(tree$selected, NA_integer_)
  expect_identical(as.data.frame(tree), data.frame(experts = 4:1, height = c(tree$height, NA)))
  expect_s3_class(autoplot(tree), "ggplot")
  expect_output(print(summary(tree)), "experts +height")
})

# --- in words ---

words <- function(x) gsub("\\s+", " ", paste(capture.output(print(x)), collapse = " "))

test_that("print says what was merged and at what height", {
  tree <- moe_dendrogram(moe_measure(rbind(0, c(0, 1, 10, 12)), array(0, c(1, 2, 4))))
  said <- words(tree)
  expect_match(said, "Dendrogram of a mixing measure of 4 experts", fixed = TRUE)
  expect_match(said, "3 left: expert1 and expert2 merged at height 0.125", fixed = TRUE)
  expect_match(said, "2 left: expert3 and expert4 merged at height 0.5", fixed = TRUE)
  expect_match(said, "1 left: (expert1 + expert2) and (expert3 + expert4) merged at height 27.6",
               fixed = TRUE)
})

test_that("print says what was chosen, by what, and how clearly", {
  name <- c(hq = "HQ", sabic = "adjusted BIC", bic = "BIC", aic = "AIC", icl = "ICL", dsc = "DSC",
            dsc_rescaled = "rescaled DSC")
  for (criterion in names(name)) {
    tree <- moe_dendrogram(overfits$six$fit, criterion)
    path <- tree$path[order(tree$path[[criterion]]), ]
    said <- words(tree)
    expect_match(said, paste0(" ", name[[criterion]], " .* chooses ", path$experts[1], " expert",
                              if (path$experts[1] > 1) "s", "; ", path$experts[2], " is next"))
    behind <- as.numeric(sub(".* behind by ([0-9.e+-]*[0-9]).*", "\\1", said))
    expect_equal(behind, diff(path[[criterion]])[1], tolerance = 5e-3)
  }
})

test_that("print says whether the path was refined, and DSC's never is", {
  expect_match(words(refined$plain), "HQ along the refined path")
  expect_match(words(merged$plain), "HQ of the merged measures")
  for (refine in c(TRUE, FALSE)) {
    expect_match(words(moe_dendrogram(overfits$plain$fit, "dsc", refine)), "DSC of the merged")
  }
})

test_that("a choice without an alternative is not compared with any", {
  d <- overfits$plain$d
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, 2, lambda = 1, start = oracle_start(d)))
  for (criterion in c("dsc", "dsc_rescaled")) {
    said <- words(moe_dendrogram(fit, criterion))
    expect_match(said, "chooses 2 experts")
    expect_no_match(said, "NA")
  }
})

test_that("print and its summary return the object invisibly", {
  tree <- refined$plain
  for (x in list(tree, summary(tree))) {
    capture.output(printed <- withVisible(print(x)))
    expect_false(printed$visible)
    expect_identical(printed$value, x)
  }
})

test_that("the summary shows the path", {
  said <- capture.output(print(summary(refined$plain)))
  expect_match(said, "chosen_by", all = FALSE)
  last <- scan(text = grep("^ +1 ", said, value = TRUE)[1], quiet = TRUE, nmax = 4)
  expect_equal(last, unlist(refined$plain$path[4, 1:4]), tolerance = 1e-3, ignore_attr = TRUE)
})

test_that("as.hclust() gives the tree alone", {
  set.seed(1)
  measure <- moe_measure(matrix(rnorm(8), 2), array(rnorm(24), c(2, 3, 4)))
  tree <- moe_dendrogram(measure)
  plain <- as.hclust(tree)
  expect_s3_class(plain, "hclust", exact = TRUE)
  expect_identical(plain$merge, tree$merge)
  expect_identical(cutree(plain, 2), cutree(tree, 2))
  skip_if_not_installed("ggdendro")
  expect_s3_class(ggdendro::ggdendrogram(plain), "ggplot")
})
