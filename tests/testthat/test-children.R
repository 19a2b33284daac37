# Children: what they take from one parent or two.

# --- two parents ---

parents_of <- function(problem, thetas) {
  draw_parents(problem, lapply(thetas, function(theta) list(theta = theta)))
}

test_that("experts of parents are matched, so a child of one solution is that solution, shrunk", {
  task <- rough_task(3L)
  set.seed(2)
  theta <- start_random(task)
  measure <- problem_measure(task$problem, theta)
  permuted <- as_theta(permute_experts(measure, c(3, 1, 2)))
  child <- blend(task$problem, parents_of(task$problem, list(permuted, theta)))
  # Which is the first parent is drawn.
  shrunk <- child / (if (cor(child, theta) > cor(child, permuted)) theta else permuted)
  expect_lt(diff(range(shrunk)), 1e-10)
  expect_true(shrunk[1] >= 0.5 && shrunk[1] <= 1)
})

test_that("children are smaller than their parents, by up to a half", {
  task <- rough_task(3L)
  set.seed(2)
  theta <- start_random(task)
  parents <- parents_of(task$problem, list(theta, theta))
  shrunk <- replicate(40, sqrt(sum(blend(task$problem, parents)^2) / sum(theta^2)))
  expect_true(all(shrunk >= 0.5 & shrunk <= 1))
  expect_lt(min(shrunk), 0.6)
  expect_gt(max(shrunk), 0.9)
})

test_that("each expert of a child lies between those of a pair, at a place of its own", {
  task <- rough_task(3L)
  set.seed(3)
  parents <- parents_of(task$problem, list(start_random(task), start_random(task)))
  theta <- blend(task$problem, parents)
  child <- problem_measure(task$problem, theta)$expert
  own <- -seq_len(ncol(task$problem$design$z)) # without the gate's, which are centred
  of <- function(k) {
    a <- parents[[1]][own, k]
    b <- parents[[2]][own, k]
    fit <- lm.fit(cbind(a, b), c(child[, , k]))
    expect_lt(max(abs(fit$residuals)), 1e-10)
    fit$coefficients
  }
  shares <- vapply(1:3, of, numeric(2))
  expect_true(all(shares > -1e-10))
  expect_lt(diff(range(colSums(shares))), 1e-10)
  expect_true(colSums(shares)[1] >= 0.5 && colSums(shares)[1] <= 1)
  expect_gt(diff(range(shares[1, ])), 0.01)
})

test_that("a child has the symmetric form", {
  task <- rough_task(4L)
  set.seed(4)
  parents <- parents_of(task$problem, list(start_random(task), start_labels(task)))
  child <- problem_measure(task$problem, blend(task$problem, parents))
  expect_lt(max(abs(rowSums(child$gate))), 1e-10)
  expect_lt(max(abs(apply(child$expert, c(1, 3), sum))), 1e-10)
})

test_that("of those that are courted the most different becomes a parent", {
  task <- rough_task(2L)
  set.seed(5)
  theta <- start_random(task)
  # With four members all others are courted: the first is alike to none but the second.
  members <- list(theta, 1.01 * theta, 1.02 * theta, -3 * theta)
  far <- replicate(40, {
    parents <- parents_of(task$problem, members)
    sizes <- vapply(parents, function(parent) sum(parent^2), 0) / sum(theta^2)
    any(abs(sizes - 9) < 1e-8)
  })
  expect_true(all(far))
})

# --- one parent ---

test_that("two experts divide anew what they have together, and the others keep theirs", {
  task <- rough_task(4L)
  set.seed(10)
  theta <- start_hyperplanes(task)
  posterior <- core_predict(task$problem, theta, "posterior")$posterior
  x <- cbind(1, task$covariates)
  by_hyperplane <- replicate(40, {
    divided <- divide_anew(task, posterior)
    pair <- which(colSums(divided != posterior) > 0)
    expect_length(pair, 2)
    theirs <- rowSums(posterior[, pair])
    expect_equal(rowSums(divided[, pair]), theirs, tolerance = 1e-14)
    share <- divided[, pair[1]] / theirs
    expect_lt(min(abs(1 - share[1] - c(sharpness, 1 - sharpness))), 1e-12)
    expect_within(pmin(share, 1 - share), rep(min(share), length(share)), 1e-12)
    # Regression leaves nothing of labels that a hyperplane divides, after more steps than usual.
    lost <- suppressWarnings(glm.fit(x, share > 0.5, family = binomial(),
                                     control = list(maxit = 30)))$deviance
    lost < 1e-3
  })
  expect_gt(sum(by_hyperplane), 8)
  expect_gt(sum(!by_hyperplane), 8)
})

test_that("neighbours are drawn by how much they overlap, by weight", {
  posterior <- rbind(c(0.5, 0.5, 0), c(0.5, 0.5, 0), c(0, 0.5, 0.5), c(0, 0.5, 0.5), c(0, 0, 1))
  set.seed(11)
  drawn <- function(weights) {
    pairs <- replicate(4000, draw_neighbours(posterior, weights))
    table(factor(pairs[1, ], 1:3), factor(pairs[2, ], 1:3)) / 4000
  }
  found <- drawn(rep(1, 5))
  expect_within(rowSums(found), rep(1, 3) / 3, 0.04)
  # The first and the third have no row together.
  expect_identical(found[c(1, 3, 5, 7, 9)], numeric(5))
  # Of the second, 1 / sqrt(1) with the first, and 1 / sqrt(2) with the third.
  expect_within(found[2, 1] / found[2, 3], sqrt(2), 0.25)
  found <- drawn(c(1, 1, 0, 0, 1))
  expect_identical(found[2, 3], 0)
  # Experts that share no row are drawn too, if there are no others, even one without rows.
  apart <- cbind(c(1, 0), c(0, 1), 0)
  expect_length(draw_neighbours(apart, c(1, 1)), 2)
})

test_that("a random hyperplane leaves enough of the weight on both sides", {
  x <- cbind(sort(c(seq(-3, 3, length.out = 101), 100)))
  weights <- c(rep(c(0, 1), c(51, 50)), 1e-3)
  set.seed(12)
  sides <- replicate(100, {
    label <- label_by_hyperplane(x, weights)
    expect_lte(sum(diff(label) != 0), 1)
    sum(weights[label == 1]) / sum(weights)
  })
  expect_gte(min(sides), least_side - 0.02)
  expect_lte(max(sides), 1 - least_side + 0.02)
  expect_gt(diff(range(sides)), 0.5)
  # Where nothing has weight, all rows have the same.
  expect_setequal(label_by_hyperplane(x, 0 * weights), 1:2)
  # Without covariates there is one side.
  expect_identical(label_by_hyperplane(x[, 0, drop = FALSE], weights), rep(1L, 102))
})

test_that("two experts that divide anew lead to better solutions, which blends do not", {
  task <- rough_task(4L)
  set.seed(1)
  ends <- lapply(1:30, function(i) core_maximise(task$problem, start_random(task)))
  optima <- ends[distinct(ends, 0.1)]
  heights <- objectives_of(optima)
  expect_gt(length(optima), 4)
  population <- optima[3:4]
  best_of <- function(draw) {
    max(replicate(30, core_maximise(task$problem, draw())$objective))
  }
  set.seed(2)
  expect_lt(best_of(function() blend(task$problem, draw_parents(task$problem, population))),
            heights[2] - 1)
  expect_gt(best_of(function() redivide(task, population[[1]]$theta)), heights[1] - 0.01)
  expect_gt(best_of(function() draw_child(task, population)), heights[1] - 0.01)
})

test_that("children are of both kinds", {
  task <- rough_task(3L)
  set.seed(3)
  theta <- start_random(task)
  # Of one solution twice, blends are that solution, shrunk.
  twice <- list(list(theta = theta), list(theta = theta))
  blends <- replicate(60, cor(draw_child(task, twice), theta) > 1 - 1e-10)
  expect_within(mean(blends), 1 - redivided, 0.2)
})

# --- a solution as a matrix ---

test_that("a solution is a matrix of a column per expert, and the same again", {
  task <- rough_task(3L)
  set.seed(15)
  theta <- start_random(task)
  columns <- expert_columns(task$problem, theta)
  measure <- problem_measure(task$problem, theta)
  expect_identical(columns[1, ], measure$gate[1, ])
  expect_identical(columns_atoms(columns), measure_atoms(measure))
  expect_identical(theta_from_columns(task$problem, columns), theta)
  moved <- columns[, c(2, 3, 1)]
  expect_identical(matched_columns(moved, columns), columns)
})
