# Trees of measures against hclust() and a greedy loop in plain R; paths and their criteria against
# the log-likelihood in plain R; and the fits that a path gives.

# --- Ward's tree in plain R ---

# Atoms (a column of theta each) with weights q, of parameters on standardised covariates.
atoms_of <- function(par) {
  list(q = exp(oracle_log_softmax_one(par$gate[1, ])),
       theta = rbind(par$gate[-1, , drop = FALSE], matrix(par$expert, ncol = ncol(par$gate))))
}

par_of <- function(atoms, like) {
  K <- length(atoms$q)
  slopes <- seq_len(nrow(like$gate) - 1)
  expert <- atoms$theta[setdiff(seq_len(nrow(atoms$theta)), slopes), ]
  list(gate = rbind(log(atoms$q), atoms$theta[slopes, , drop = FALSE]),
       expert = array(expert, c(dim(like$expert)[1:2], K)))
}

ward_matrix <- function(atoms) {
  K <- length(atoms$q)
  d <- matrix(0, K, K)
  for (i in 1:K) for (j in 1:K) {
    q <- atoms$q[c(i, j)]
    d[i, j] <- q[1] * q[2] / (q[1] + q[2]) * sum((atoms$theta[, i] - atoms$theta[, j])^2)
  }
  d
}

# All levels of the greedy loop: parameters, who has been merged, at what height.
merge_by_hand <- function(par) {
  atoms <- atoms_of(par)
  members <- as.list(seq_along(atoms$q))
  out <- list(levels = list(par), height = numeric(), merged = character())
  while (length(atoms$q) > 1) {
    d <- ward_matrix(atoms)
    d[upper.tri(d, diag = TRUE)] <- Inf
    pair <- sort(arrayInd(which.min(d), dim(d)))
    i <- pair[1]
    j <- pair[2]
    q <- atoms$q[pair]
    atoms$theta[, i] <- (q[1] * atoms$theta[, i] + q[2] * atoms$theta[, j]) / sum(q)
    atoms <- list(q = replace(atoms$q, i, sum(q))[-j], theta = atoms$theta[, -j, drop = FALSE])
    members[[i]] <- sort(c(members[[i]], members[[j]]))
    out$height <- c(out$height, min(d))
    out$merged <- c(out$merged, paste(members[[i]], collapse = " "))
    out$levels <- c(out$levels, list(par_of(atoms, par)))
    members <- members[-j]
  }
  out
}

# Who is together after each merge of an hclust, atoms named by `names`.
merged_sets <- function(tree, names = seq_along(tree$order)) {
  members <- list()
  for (s in seq_len(nrow(tree$merge))) {
    parts <- lapply(tree$merge[s, ], function(a) if (a < 0) names[-a] else members[[a]])
    members[[s]] <- sort(unlist(parts))
  }
  vapply(members, paste, "", collapse = " ")
}

# --- trees of measures ---

# Parameters of all shapes: a gate with covariates of its own or with none, experts likewise.
random_par <- function(seed, K = 2 + seed %% 11) {
  set.seed(seed)
  oracle_random(r = sample(1:4, 1), p = sample(1:4, 1), M = sample(2:5, 1), K = K,
                sd = exp(rnorm(1)))
}

tree_of <- function(par, ...) moe_dendrogram(moe_measure(par$gate, par$expert, ...))

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
  expect_identical(as.hclust(tree), tree)
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

# Overfits of several kinds, their designs by stats::model.matrix(), and the covariates' weights.
overfit <- function(formula, x = ~ x1 + x2, z = x, weighted = FALSE, K = 4, seed = 1, ...) {
  d <- oracle_data(n = 250, p = 3, M = 3, K = 2, seed = seed)
  d$frame$copy <- d$frame$x1 - d$frame$x2
  d$frame$v <- if (weighted) 2 * rexp(250) else rep(1, 250)
  fit <- suppressMessages(suppressWarnings(
    moe_fit(formula, d$frame, K, weights = v, lambda = 0.5, start = oracle_start(d, K),
            control = moe_control(intercept_ridge = 0.05), ...)
  ))
  stopifnot(fit$converged)
  list(fit = fit, x = model.matrix(x, d$frame), z = model.matrix(z, d$frame), y = d$y,
       v = d$frame$v, d = d)
}

overfits <- list(
  plain = overfit(y ~ x1 + x2),
  weighted = overfit(y ~ x1 + x2, weighted = TRUE),
  gate = overfit(y ~ x1 + x2 | x1, z = ~x1),
  `no gate` = overfit(y ~ x1 | 1, ~x1, ~1),
  `constant experts` = overfit(y ~ 1 | x1 + x2, ~1, ~ x1 + x2),
  dropped = overfit(y ~ x1 + x2 + copy, ~ x1 + x2 + copy),
  six = overfit(y ~ x1 + x2, weighted = TRUE, K = 6)
)
refined <- lapply(overfits, function(o) moe_dendrogram(o$fit))
merged <- lapply(overfits, function(o) moe_dendrogram(o$fit, refine = FALSE))

standard_par <- function(o) {
  oracle_standardise(oracle_parameters(coef(o$fit)), o$x, o$z, o$v)
}

# All levels by hand, with log-likelihood and responsibilities of each.
levels_by_hand <- function(o) {
  out <- merge_by_hand(standard_par(o))
  x <- oracle_scale(o$x, o$v)
  z <- oracle_scale(o$z, o$v)
  at <- lapply(out$levels, oracle_evaluate, x, z, o$y, o$v)
  out$loglik <- vapply(at, `[[`, 0, "loglik")
  out$entropy <- vapply(at, function(a) -sum(o$v * ifelse(a$tau > 0, a$tau * log(a$tau), 0)), 0)
  out
}

by_hand <- lapply(overfits, levels_by_hand)

test_that("a fit's tree is that of its coefficients on standardised covariates", {
  for (kind in names(overfits)) {
    alone <- moe_dendrogram(overfits[[kind]]$fit$measure)
    for (tree in list(refined[[kind]], merged[[kind]], alone)) {
      expect_identical(merged_sets(tree), by_hand[[kind]]$merged)
      expect_lt(max(abs(tree$height / by_hand[[kind]]$height - 1)), 1e-8)
    }
  }
})

test_that("the log-likelihood of merged measures is that of the definition", {
  for (kind in names(overfits)) {
    expect_within(merged[[kind]]$path$loglik, by_hand[[kind]]$loglik, 1e-10)
    expect_within(refined[[kind]]$path$loglik_merged, by_hand[[kind]]$loglik, 1e-10)
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

test_that("case weights give the path of repeated rows", {
  d <- overfits$plain$d
  set.seed(5)
  d$frame$v <- sample(0:3, 250, TRUE)
  rows <- rep(1:250, d$frame$v)
  start <- oracle_start(d, 3)
  control <- moe_control(intercept_ridge = 0.05)
  once <- moe_fit(d$formula, d$frame, 3, weights = v, lambda = 1, start = start, control = control)
  often <- moe_fit(d$formula, d$frame[rows, ], 3, lambda = 1, start = start[rows, ],
                   control = control)
  for (refine in c(TRUE, FALSE)) {
    a <- moe_dendrogram(once, refine = refine)
    b <- moe_dendrogram(often, refine = refine)
    numbers <- setdiff(names(a$path), "chosen_by")
    expect_equal(a$path[numbers], b$path[numbers], tolerance = 1e-5)
    expect_identical(a$selected, b$selected)
  }
})

# --- duplicated experts ---

# A fit with just these coefficients.
fit_at <- function(o, coefficients) {
  K <- dim(coefficients$expert)[3]
  start <- structure(list(experts = K, levels = o$fit$levels, coefficients = coefficients),
                     class = "moe_fit")
  suppressWarnings(moe_fit(o$d$formula, o$d$frame, K, weights = v, lambda = 0.5, start = start,
                           control = moe_control(max_iterations = 0)))
}

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
    double <- fit_at(o, split_expert(coef(o$fit), k, 0.3))
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

# --- the path ---

test_that("there is a row per level with the columns that the manual names", {
  for (tree in c(refined, merged)) {
    path <- as.data.frame(tree)
    expect_s3_class(path, "data.frame", exact = TRUE)
    expect_named(path, c("experts", "height", "loglik_merged", "loglik", "df", "aic", "bic", "icl",
                         "dsc", "dsc_rescaled", "pair", "chosen_by"))
    expect_identical(path$experts, tree$fit$experts:1)
    expect_identical(path$height, c(tree$height, NA))
    expect_false(anyNA(path[setdiff(names(path), c("height", "dsc", "dsc_rescaled"))]))
  }
})

test_that("the level with all experts is the fit", {
  for (kind in names(overfits)) {
    fit <- overfits[[kind]]$fit
    for (tree in list(refined[[kind]], merged[[kind]])) {
      first <- tree$path[1, ]
      expect_within(c(first$loglik, first$loglik_merged), rep(fit$loglik, 2), 1e-12)
      expect_within(c(first$aic, first$bic, first$icl), c(AIC(fit), BIC(fit), moe_icl(fit)), 1e-12)
      expect_identical(first$df, fit$df)
    }
  }
})

test_that("df counts the gate's and the experts' free coefficients", {
  sizes <- list(plain = c(3, 3), gate = c(2, 3), `no gate` = c(1, 2), `constant experts` = c(3, 1),
                dropped = c(3, 3))
  for (kind in names(sizes)) {
    r <- sizes[[kind]][1]
    p <- sizes[[kind]][2]
    expect_equal(refined[[kind]]$path$df, r * (4:1 - 1) + 4:1 * p * 2)
  }
})

test_that("AIC and BIC are of the path's model, with the sum of weights as n", {
  for (kind in names(overfits)) for (tree in list(refined[[kind]], merged[[kind]])) {
    path <- tree$path
    expect_within(path$aic, -2 * path$loglik + 2 * path$df, 1e-14)
    expect_within(path$bic, -2 * path$loglik + log(sum(overfits[[kind]]$v)) * path$df, 1e-14)
  }
})

test_that("ICL adds twice the entropy of the responsibilities to BIC", {
  for (kind in names(overfits)) {
    path <- merged[[kind]]$path
    expect_within(path$icl - path$bic, 2 * by_hand[[kind]]$entropy, 1e-8)
  }
})

# Where a run ended, as the core has it: the gate, then the experts.
par_of_run <- function(run, K, o) {
  gate <- seq_len(ncol(o$z) * K)
  list(gate = matrix(run$theta[gate], ncol(o$z)),
       expert = array(run$theta[-gate], c(ncol(o$x), 3, K)))
}

test_that("log-likelihood and ICL of a refined path are of where its runs ended", {
  for (kind in setdiff(names(overfits), "dropped")) {
    o <- overfits[[kind]]
    path <- refined[[kind]]$path
    x <- oracle_scale(o$x, o$v)
    z <- oracle_scale(o$z, o$v)
    for (i in seq_len(nrow(path))) {
      par <- par_of_run(refined[[kind]]$runs[[i]], path$experts[i], o)
      at <- oracle_evaluate(par, x, z, o$y, o$v)
      entropy <- -sum(o$v * ifelse(at$tau > 0, at$tau * log(at$tau), 0))
      expect_within(path$loglik[i], at$loglik, 1e-10)
      expect_within(path$icl[i], path$bic[i] + 2 * entropy, 1e-10)
    }
  }
})

# The height of a level is that of the merge to one expert fewer; one expert has none.
test_that("both forms of DSC are as published", {
  for (kind in names(overfits)) {
    height <- by_hand[[kind]]$height
    n <- sum(overfits[[kind]]$v)
    mean_loglik <- by_hand[[kind]]$loglik[seq_along(height)] / n
    dsc <- -(height + log(n) * mean_loglik)
    rescaled <- -(log(n) * mean_loglik / abs(mean_loglik[1]) + height / max(height))
    for (tree in list(refined[[kind]], merged[[kind]])) {
      expect_within(tree$path$dsc[seq_along(height)], dsc, 1e-8)
      expect_within(tree$path$dsc_rescaled[seq_along(height)], rescaled, 1e-8)
      expect_identical(tree$path$dsc[length(height) + 1], NA_real_)
      expect_identical(tree$path$dsc_rescaled[length(height) + 1], NA_real_)
    }
  }
})

test_that("without refinement the path's model is the merged measure", {
  for (tree in merged) {
    expect_identical(tree$path$loglik, tree$path$loglik_merged)
    expect_identical(tree$path$pair, rep(1L, nrow(tree$path)))
  }
})

test_that("refinement raises the objective of every level", {
  for (kind in names(overfits)) for (k in (overfits[[kind]]$fit$experts - 1):1) {
    polished <- suppressWarnings(cut(refined[[kind]], k))
    plain <- suppressWarnings(cut(merged[[kind]], k))
    expect_gt(polished$objective, plain$objective)
  }
})

test_that("the refined level with one expert is a multinomial logit", {
  skip_if_not_installed("nnet")
  d <- overfits$plain$d
  for (v in list(rep(1, 250), overfits$weighted$v)) {
    d$frame$v <- v
    fit <- suppressWarnings(moe_fit(d$formula, d$frame, 3, weights = v, lambda = 0.001,
                                    start = oracle_start(d, 3)))
    tree <- suppressWarnings(moe_dendrogram(fit))
    peer <- nnet::multinom(d$formula, d$frame, weights = v, trace = FALSE, reltol = 1e-14)
    expect_equal(tree$path$loglik[3], as.numeric(logLik(peer)), tolerance = 1e-6)
    expect_equal(cut(tree, 1)$loglik, as.numeric(logLik(peer)), tolerance = 1e-7)
    expect_equal(tree$path$df[3], attr(logLik(peer), "df"))
  }
})

test_that("`pair` says which of at most `pairs` pairs was merged, or 0", {
  for (pairs in c(1, 3, 100)) {
    tree <- moe_dendrogram(overfits$six$fit, pairs = pairs)
    expect_type(tree$path$pair, "integer")
    expect_true(all(tree$path$pair >= 0 & tree$path$pair <= pairs))
    expect_true(all(tree$path$pair[-1] <= choose(6:2, 2)))
    expect_identical(tree$path$pair[6], 1L)
  }
})

# What refinement starts from; polishing hides where that was.
test_that("candidates are the merges of the closest pairs, closest first", {
  for (seed in 1:20) {
    par <- random_par(seed, K = 5)
    atoms <- atoms_of(par)
    d <- ward_matrix(atoms)
    pairs <- combn(5, 2)
    pairs <- pairs[, order(d[t(pairs)])]
    found <- moelogit:::candidate_merges(moe_measure(par$gate, par$expert), 7)
    expect_length(found, 7)
    for (s in 1:7) {
      i <- pairs[1, s]
      j <- pairs[2, s]
      q <- atoms$q[c(i, j)] / sum(atoms$q[c(i, j)])
      want <- list(q = replace(atoms$q, i, atoms$q[i] + atoms$q[j])[-j], theta = atoms$theta)
      want$theta[, i] <- atoms$theta[, c(i, j)] %*% q
      want <- oracle_centre(par_of(list(q = want$q, theta = want$theta[, -j]), par))
      expect_within(found[[s]]$gate, want$gate, 1e-12)
      expect_within(found[[s]]$expert, want$expert, 1e-12)
    }
  }
})

test_that("with one pair the first level is no worse than what its merge leads to", {
  o <- overfits$six
  merged <- suppressWarnings(cut(moe_dendrogram(o$fit, refine = FALSE), 5))
  again <- suppressWarnings(moe_fit(o$d$formula, o$d$frame, 5, weights = v, lambda = 0.5,
                                    start = merged, control = o$fit$control))
  polished <- suppressWarnings(cut(moe_dendrogram(o$fit, pairs = 1), 5))
  expect_gte(polished$objective, again$objective - 1e-9 * abs(again$objective))
})

test_that("candidates leave out the lightest experts, and nothing else changes", {
  par <- random_par(3, K = 4)
  measure <- moe_measure(par$gate, par$expert)
  weights <- exp(measure$gate[1, ])
  found <- moelogit:::candidate_drops(measure, 2)
  expect_length(found, 2)
  for (s in 1:2) {
    rest <- -order(weights)[s]
    expect_equal(found[[s]]$expert, measure$expert[, , rest])
    expect_equal(found[[s]]$gate[-1, ], measure$gate[-1, rest] - rowMeans(measure$gate[-1, rest]))
    expect_equal(diff(found[[s]]$gate[1, ]), diff(measure$gate[1, rest]))
  }
})

# --- choosing ---

test_that("the least criterion chooses, whichever it is", {
  for (kind in c("plain", "six")) for (criterion in c("bic", "aic", "icl", "dsc", "dsc_rescaled")) {
    for (refine in c(TRUE, FALSE)) {
      tree <- moe_dendrogram(overfits[[kind]]$fit, criterion, refine)
      best <- tree$path$experts[which.min(tree$path[[criterion]])]
      expect_identical(tree$selected, best)
      expect_identical(tree$criterion, criterion)
      chosen <- strsplit(tree$path$chosen_by, ", ")
      expect_identical(tree$path$experts[vapply(chosen, `%in%`, NA, x = criterion)], best)
    }
  }
})

test_that("BIC chooses by default", {
  expect_identical(refined$plain$criterion, "bic")
})

test_that("one expert can be chosen, but not by DSC", {
  set.seed(6)
  frame <- data.frame(y = factor(sample(3, 200, TRUE)), x1 = rnorm(200), x2 = rnorm(200))
  fit <- suppressWarnings(moe_fit(y ~ x1 + x2, frame, 3, lambda = 1,
                                  control = moe_control(starts = 1)))
  expect_identical(moe_dendrogram(fit)$selected, 1L)
  expect_gte(moe_dendrogram(fit, "dsc")$selected, 2)
  expect_gte(moe_dendrogram(fit, "dsc_rescaled")$selected, 2)
})

test_that("BIC along the refined path finds the number of experts of easy data, and the model", {
  for (K in 1:3) for (seed in 1:3) {
    d <- oracle_data(n = 3000, p = 4, M = 3, K = K, seed = seed, gate_scale = 4, apart = 1)
    set.seed(seed)
    fit <- suppressWarnings(
      moe_fit(d$formula, d$frame, 5, lambda = 0.1,
              control = moe_control(starts = 3, tolerance = 1e-6, intercept_ridge = 0.01))
    )
    tree <- moe_dendrogram(fit)
    expect_identical(tree$selected, K)
    truth <- moe_measure(d$truth$gate, d$truth$expert)
    expect_lt(moe_distance(cut(tree), truth, d$x[, -1]), 0.08)
  }
})

# --- cut ---

test_that("cut gives a fit with as many experts as asked for, by default the chosen number", {
  for (tree in c(refined, merged)) {
    expect_identical(suppressWarnings(cut(tree))$experts, tree$selected)
    for (k in tree$path$experts) {
      fit <- suppressWarnings(cut(tree, k))
      expect_s3_class(fit, "moe_fit", exact = TRUE)
      expect_identical(fit$experts, k)
      expect_identical(dim(coef(fit)$expert)[3], k)
      expect_identical(ncol(coef(fit)$gate), k - 1L)
    }
  }
})

test_that("cut with all experts gives the fit itself", {
  for (kind in names(overfits)) {
    for (tree in list(refined[[kind]], merged[[kind]])) {
      expect_identical(cut(tree, tree$fit$experts), overfits[[kind]]$fit)
    }
  }
})

test_that("fits cut from a refined path have converged, near what the path says", {
  for (tree in refined) for (k in tree$path$experts) {
    fit <- suppressWarnings(cut(tree, k))
    level <- tree$path[tree$path$experts == k, ]
    expect_true(fit$converged)
    expect_lt(fit$gradient_norm, 1e-3)
    expect_lt(abs(BIC(fit) - level$bic), 0.5)
    expect_identical(fit$df, level$df)
    expect_identical(fit$lambda, tree$fit$lambda)
    expect_identical(fit$nobs, tree$fit$nobs)
  }
})

# Redundant experts make plateaus, where the gain that is left looks small for a while.
test_that("runs of the path do not stop on a plateau", {
  d <- oracle_data(n = 3000, p = 4, M = 3, K = 3, seed = 3, gate_scale = 4, apart = 1)
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, 8, lambda = 0.5, start = oracle_start(d, 8),
                                  control = moe_control(intercept_ridge = 0.05)))
  tree <- moe_dendrogram(fit)
  bic <- vapply(tree$path$experts, function(k) BIC(suppressWarnings(cut(tree, k))), 0)
  expect_lt(max(abs(bic - tree$path$bic)), 0.5)
})

test_that("fits cut from a refined path have coefficients of that log-likelihood", {
  for (kind in names(overfits)) {
    o <- overfits[[kind]]
    fit <- suppressWarnings(cut(refined[[kind]], 2))
    loglik <- oracle_loglik(oracle_parameters(coef(fit)), o$x, o$z, o$y, o$v)
    expect_within(fit$loglik, loglik, 1e-10)
  }
})

test_that("fits cut from an unrefined path are the merged measures", {
  for (kind in names(overfits)) for (k in (overfits[[kind]]$fit$experts - 1):1) {
    o <- overfits[[kind]]
    fit <- suppressWarnings(cut(merged[[kind]], k))
    level <- by_hand[[kind]]$levels[[o$fit$experts - k + 1]]
    expect_identical(fit$status, "merged")
    prob <- oracle_probabilities(level, oracle_scale(o$x, o$v), oracle_scale(o$z, o$v))
    expect_within(predict(fit, type = "prob"), prob, 1e-10)
  }
})

test_that("a cut fit can do what a fit can", {
  fit <- cut(refined$weighted, 2)
  o <- overfits$weighted
  prob <- predict(fit, o$d$frame, "prob")
  expect_within(prob, oracle_probabilities(oracle_parameters(coef(fit)), o$x, o$x), 1e-10)
  expect_within(residuals(fit), diag(3)[o$y, ] - prob, 1e-12)
  expect_identical(predict(fit), factor(fit$levels[max.col(prob, "first")], fit$levels))
  expect_identical(formula(fit), formula(o$fit))
  expect_identical(model.frame(fit), model.frame(o$fit))
  expect_identical(weights(fit), o$v)
  expect_equal(logLik(fit), structure(fit$loglik, df = 15, nobs = sum(o$v), class = "logLik"))
  expect_output(print(summary(fit)), "Softmax-gated mixture of 2")
})

test_that("a cut fit can be updated", {
  fit <- cut(refined$plain, 2)
  expect_identical(fit$call$experts, 2L)
  d <- overfits$plain$d
  set.seed(1)
  again <- suppressWarnings(update(fit, y ~ x1, data = d$frame, weights = NULL, start = NULL))
  expect_identical(again$experts, 2L)
})

test_that("the start of the overfit is no part of the call of a cut fit", {
  expect_null(cut(refined$plain, 2)$call$start)
})

test_that("rows that na.exclude left out are missing in a cut fit's predictions too", {
  d <- overfits$plain$d
  d$frame$x1[c(3, 20)] <- NA
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, 3, lambda = 1, na.action = na.exclude,
                                  start = oracle_start(d, 3)[-c(3, 20), ]))
  prob <- suppressWarnings(predict(cut(moe_dendrogram(fit), 2), type = "prob"))
  expect_identical(which(is.na(prob[, 1])), c(3L, 20L), ignore_attr = TRUE)
  expect_identical(nrow(prob), 250L)
})

test_that("fits from matrices have the path of those from formulas", {
  o <- overfits$gate
  x <- o$x[, -1]
  fit <- suppressWarnings(moe_fit(x, o$d$frame$y, 4, z = x[, 1, drop = FALSE], lambda = 0.5,
                                  start = oracle_start(o$d, 4), control = o$fit$control))
  tree <- moe_dendrogram(fit)
  expect_equal(tree$path, refined$gate$path, tolerance = 1e-6)
  cut <- cut(tree, 2)
  expect_within(predict(cut, x[1:3, ], "prob", newz = x[1:3, 1, drop = FALSE]),
                predict(cut(refined$gate, 2), o$d$frame[1:3, ], "prob"), 1e-4)
})

test_that("predict of a dendrogram is that of the chosen fit", {
  tree <- refined$plain
  few <- overfits$plain$d$frame[c(4, 80, 9), ]
  for (type in c("class", "prob", "gate", "expert", "posterior")) {
    expect_identical(predict(tree, few, type), predict(cut(tree), few, type))
    expect_identical(predict(tree, type = type), predict(cut(tree), type = type))
  }
})

test_that("a dendrogram keeps a call that can be updated", {
  fit <- overfits$plain$fit
  tree <- moe_dendrogram(fit, refine = FALSE)
  call <- update(tree, criterion = "aic", evaluate = FALSE)
  again <- eval(call, list(fit = fit), globalenv()) # where only what is exported can be seen
  expect_identical(again$criterion, "aic")
  expect_false(again$refined)
})

# --- what is refused or warned of ---

refused <- function(code, message) expect_error(code, message, class = "moe_error_input")

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
  fit <- moe_fit(o$d$formula, o$d$frame, 4, lambda = 0.5, start = oracle_start(o$d, 4),
                 model = FALSE)
  refused(moe_dendrogram(fit), "`model = TRUE`")
  message <- tryCatch(moe_dendrogram(fit), error = conditionMessage)
  expect_no_match(message, "newdata")
})

test_that("a fit without a ridge, and one that has not converged, give a warning", {
  d <- overfits$plain$d
  start <- oracle_start(d)
  fit <- function(...) suppressWarnings(moe_fit(d$formula, d$frame, 2, start = start, ...))
  expect_warning(moe_dendrogram(fit(), refine = FALSE), "no ridge.*`lambda = 0`")
  expect_warning(moe_dendrogram(fit(lambda = 1, control = moe_control(max_iterations = 3))),
                 "has not converged")
  expect_no_warning(moe_dendrogram(fit(lambda = 1)))
})

test_that("criteria, flags and counts that are none are refused", {
  fit <- overfits$plain$fit
  for (bad in list("BIC", NA, 1, c("bic", "aic"))) {
    refused(moe_dendrogram(fit, bad), "`criterion` must be one of \"bic\", \"aic\"")
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

test_that("impossible cuts are refused", {
  for (bad in list(0, 5, 99, 1.5, -1, "a", NA, NULL, 1:2)) {
    refused(cut(refined$plain, bad), "`experts` must be one whole number from 1 to 4")
  }
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
  for (criterion in c("bic", "aic", "icl", "dsc", "dsc_rescaled")) {
    tree <- moe_dendrogram(overfits$six$fit, criterion)
    path <- tree$path[order(tree$path[[criterion]]), ]
    name <- c(bic = "BIC", aic = "AIC", icl = "ICL", dsc = "DSC", dsc_rescaled = "rescaled DSC")
    said <- words(tree)
    expect_match(said, paste0(" ", name[[criterion]], " .* chooses ", path$experts[1], " expert",
                              if (path$experts[1] > 1) "s", "; ", path$experts[2], " is next"))
    behind <- as.numeric(sub(".* behind by ([0-9.e+-]*[0-9]).*", "\\1", said))
    expect_equal(behind, diff(path[[criterion]])[1], tolerance = 5e-3)
  }
})

test_that("print says whether the path was refined, and DSC's never is", {
  expect_match(words(refined$plain), "BIC along the refined path")
  expect_match(words(merged$plain), "BIC of the merged measures")
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

# --- plots ---

# A tree of 12, of random experts, and one of 2.
wide <- local({
  set.seed(8)
  columns <- list(colnames(overfits$plain$x))
  coefficients <- list(gate = matrix(rnorm(33), 3, dimnames = c(columns, list(NULL))),
                       expert = array(rnorm(72), c(3, 2, 12), c(columns, list(NULL, NULL))))
  suppressWarnings(moe_dendrogram(fit_at(overfits$plain, coefficients), refine = FALSE))
})
narrow <- moe_dendrogram(overfit(y ~ x1 + x2, K = 2)$fit)

drawn <- function(plot) {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  force(plot)
}

test_that("the plot of a tree has a leaf per expert and a bar per merge, at its height", {
  for (tree in list(wide, narrow, refined$six)) {
    K <- length(tree$order)
    lines <- ggplot2::layer_data(autoplot(tree))
    arms <- lines[lines$y == lines$yend, ]
    bars <- lines[lines$y != lines$yend, ]
    expect_equal(sort(arms$y[arms$x == 0]), 1:K)
    expect_equal(sort(bars$x), tree$height)
    expect_equal(bars$x, bars$xend)
    expect_equal(sort(arms$xend), rep(tree$height, each = 2))
    expect_equal(nrow(arms), 2 * (K - 1))
  }
})

test_that("branches do not cross: each bar ends where the arms of its two branches do", {
  for (tree in list(wide, narrow, refined$six)) {
    lines <- ggplot2::layer_data(autoplot(tree))
    place <- order(tree$order)
    middle <- numeric()
    for (s in seq_len(nrow(tree$merge))) {
      at <- vapply(tree$merge[s, ], function(a) if (a < 0) place[-a] else middle[a], 0)
      middle[s] <- mean(at)
      from <- vapply(tree$merge[s, ], function(a) if (a < 0) 0 else tree$height[a], 0)
      expect_equal(lines[3 * s - 2:0, "y"], c(at, at[1]))
      expect_equal(lines[3 * s - 2:0, "x"], c(from, tree$height[s]))
    }
  }
})

test_that("leaves are named by expert and weight, in the tree's order", {
  for (tree in list(wide, narrow)) {
    built <- ggplot2::ggplot_build(autoplot(tree))
    labels <- built$layout$panel_params[[1]]$y$get_labels()
    expect_match(labels, "^expert[0-9]+ \\(0\\.[0-9]{3}\\)$")
    expect_identical(sub(" .*", "", labels), tree$labels[tree$order])
    expect_equal(as.numeric(gsub(".*\\(|\\)", "", labels)), tree$weights[tree$order],
                 tolerance = 0.01)
  }
})

test_that("the cut line crosses as many branches as experts are chosen", {
  for (tree in list(wide, narrow)) for (k in seq_along(tree$order)) {
    tree$selected <- k
    plot <- autoplot(tree)
    line <- ggplot2::layer_data(plot, 2)$xintercept
    heights <- c(0, tree$height, Inf)
    at <- length(tree$order) - k + 1
    expect_gt(line, heights[at])
    expect_lt(line, heights[at + 1])
    lines <- ggplot2::layer_data(plot)
    expect_identical(sum(lines$x < line & line < lines$xend), if (k == 1) 0L else k)
    expect_match(plot$labels$subtitle, paste0("chooses ", k, " expert", if (k > 1) "s", "$"))
  }
})

test_that("the tree of a measure has no cut line", {
  plot <- autoplot(moe_dendrogram(overfits$six$fit$measure))
  expect_length(plot$layers, 1)
  expect_null(plot$labels$subtitle)
})

test_that("the plot of a path shows each criterion less its least value, and what each chooses", {
  for (tree in list(wide, narrow, refined$six)) {
    plot <- autoplot(tree, "path")
    names <- c("bic", "aic", "icl", "dsc", "dsc_rescaled")
    points <- ggplot2::layer_data(plot, 2)
    for (i in seq_along(names)) {
      value <- rev(tree$path[[names[i]]])
      here <- points[points$PANEL == i, ]
      here <- here[order(here$x), ]
      known <- which(!is.na(value))
      expect_equal(here$x, known, ignore_attr = TRUE)
      expect_equal(here$y, value[known] - min(value[known]))
      expect_identical(which(here$shape == 19), which.min(here$y))
    }
    expect_match(plot$labels$subtitle, paste0("^BIC decides: ", tree$selected))
  }
})

test_that("plots are drawn without a sound, and returned invisibly", {
  for (tree in list(wide, narrow)) for (type in c("tree", "path")) {
    expect_silent(returned <- drawn(withVisible(plot(tree, type = type))))
    expect_false(returned$visible)
    expect_s3_class(returned$value, "ggplot")
  }
})

test_that("a plot that does not exist is refused", {
  refused(autoplot(refined$plain, "heights"), "`type` must be one of \"tree\", \"path\"")
})
