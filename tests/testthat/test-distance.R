# Distances between densities and losses between measures, against their definitions in plain R.

# Coefficients of covariates as they are, and the measure of them.
random_par <- function(seed, K, r = 2, p = 3, M = 3) {
  set.seed(seed)
  list(gate = matrix(rnorm(r * K), r), expert = array(rnorm(p * M * K), c(p, M, K)))
}

as_par_measure <- function(par, ...) moe_measure(par$gate, par$expert, ...)

permuted <- function(par, order) {
  list(gate = par$gate[, order, drop = FALSE], expert = par$expert[, , order, drop = FALSE])
}

# The same model in another coding.
recoded <- function(par) {
  par$gate <- par$gate + rnorm(nrow(par$gate))
  p <- nrow(par$expert)
  for (k in seq_len(ncol(par$gate))) par$expert[, , k] <- par$expert[, , k] + rnorm(p)
  par
}

set.seed(7)
z <- matrix(rnorm(30), 30)
x <- matrix(rnorm(60), 30)

# --- distance ---

density_distance <- function(a, b, type, v = rep(1, nrow(x))) {
  total <- 0
  for (i in seq_len(nrow(x))) {
    p <- oracle_probabilities(a, cbind(1, x[i, , drop = FALSE]), cbind(1, z[i, , drop = FALSE]))
    q <- oracle_probabilities(b, cbind(1, x[i, , drop = FALSE]), cbind(1, z[i, , drop = FALSE]))
    d <- if (type == "hellinger") sqrt(0.5 * sum((sqrt(p) - sqrt(q))^2)) else 0.5 * sum(abs(p - q))
    total <- total + v[i] * d
  }
  total / sum(v)
}

distance <- function(...) unname(moe_distance(...))

test_that("the distance is one number without a name", {
  a <- as_par_measure(random_par(1, 2))
  for (weights in list(NULL, rep(1, 30))) {
    d <- moe_distance(a, a, x, z, weights = weights)
    expect_identical(d, 0)
  }
})

test_that("the distance is the mean Hellinger or total-variation distance of the rows", {
  for (seed in 1:10) {
    a <- random_par(seed, K = 1 + seed %% 4)
    b <- random_par(100 + seed, K = 1 + seed %% 3)
    for (type in c("hellinger", "total_variation")) {
      expect_equal(distance(as_par_measure(a), as_par_measure(b), x, z, type),
                   density_distance(a, b, type), tolerance = 1e-12)
    }
  }
})

test_that("Hellinger's is the default", {
  a <- as_par_measure(random_par(1, 2))
  b <- as_par_measure(random_par(2, 2))
  expect_identical(distance(a, b, x, z), distance(a, b, x, z, type = "hellinger"))
})

test_that("weights make it a weighted mean", {
  a <- random_par(1, 2)
  b <- random_par(2, 3)
  v <- replace(rexp(30), 1:5, 0)
  for (type in c("hellinger", "total_variation")) {
    expect_equal(distance(as_par_measure(a), as_par_measure(b), x, z, type, weights = v),
                 density_distance(a, b, type, v), tolerance = 1e-12)
  }
})

test_that("the gate has the covariates of the experts unless z is given", {
  a <- as_par_measure(random_par(1, 2, r = 3))
  b <- as_par_measure(random_par(2, 2, r = 3))
  expect_identical(distance(a, b, x), distance(a, b, x, x))
})

test_that("a gate without covariates takes a matrix without columns", {
  a <- random_par(1, 2, r = 1)
  b <- random_par(2, 2, r = 1)
  none <- matrix(0, 30, 0)
  p <- oracle_probabilities(a, cbind(1, x), cbind(rep(1, 30)))
  q <- oracle_probabilities(b, cbind(1, x), cbind(rep(1, 30)))
  expect_equal(distance(as_par_measure(a), as_par_measure(b), x, none, "total_variation"),
               sum(abs(p - q)) / 60, tolerance = 1e-12)
})

test_that("equal models are at distance zero, however they are written", {
  for (seed in 1:10) {
    a <- random_par(seed, K = 3)
    b <- recoded(permuted(a, c(3, 1, 2)))
    for (type in c("hellinger", "total_variation")) {
      expect_identical(distance(as_par_measure(a), as_par_measure(a), x, z, type), 0)
      expect_lt(distance(as_par_measure(a), as_par_measure(b, 3, 0.1), x, z, type), 1e-7)
    }
  }
})

test_that("the distance is symmetric", {
  a <- as_par_measure(random_par(1, 2))
  b <- as_par_measure(random_par(2, 4))
  for (type in c("hellinger", "total_variation")) {
    expect_identical(distance(a, b, x, z, type), distance(b, a, x, z, type))
  }
})

# For each row H^2 <= TV <= sqrt(2) H.
test_that("distances are from 0 to 1, and Hellinger's bounds total variation", {
  for (seed in 1:20) {
    a <- random_par(seed, 3)
    b <- random_par(100 + seed, 2)
    b$expert <- b$expert * 10
    h <- distance(as_par_measure(a), as_par_measure(b), x, z)
    tv <- distance(as_par_measure(a), as_par_measure(b), x, z, "total_variation")
    expect_gt(tv, 0)
    expect_lte(h^2, tv)
    expect_lte(tv, sqrt(2) * h)
    expect_lte(h, 1)
  }
})

test_that("models that never agree are at distance one", {
  sure <- function(class) {
    as_par_measure(list(gate = matrix(0, 1, 1), expert = array(replace(numeric(3), class, 1000),
                                                               c(1, 3, 1))))
  }
  none <- matrix(0, 4, 0)
  for (type in c("hellinger", "total_variation")) {
    expect_equal(distance(sure(1), sure(2), none, none, type), 1, tolerance = 1e-14)
  }
})

fitted_pair <- local({
  d <- oracle_data(n = 150, p = 3, M = 3, K = 3, seed = 3)
  fit <- function(K) {
    suppressWarnings(moe_fit(d$formula, d$frame, K, lambda = 1, start = oracle_start(d, K)))
  }
  list(d = d, a = fit(3), b = fit(2))
})

test_that("fits are at the distance of their predictions", {
  p <- predict(fitted_pair$a, type = "prob")
  q <- predict(fitted_pair$b, type = "prob")
  x <- fitted_pair$d$x[, -1]
  expect_equal(distance(fitted_pair$a, fitted_pair$b, x), tolerance = 1e-12,
               mean(sqrt(rowSums((sqrt(p) - sqrt(q))^2) / 2)))
  truth <- as_par_measure(fitted_pair$d$truth)
  q <- oracle_probabilities(fitted_pair$d$truth, fitted_pair$d$x, fitted_pair$d$x)
  expect_equal(distance(fitted_pair$a, truth, x, type = "total_variation"),
               mean(rowSums(abs(p - q)) / 2), tolerance = 1e-12)
})

test_that("a dendrogram is at the distance of the fit that it chooses", {
  d <- oracle_data(n = 200, p = 3, M = 3, K = 2, seed = 9)
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, 3, lambda = 0.5, start = oracle_start(d, 3)))
  tree <- suppressWarnings(moe_dendrogram(fit))
  chosen <- suppressWarnings(cut(tree))
  expect_identical(suppressWarnings(moe_distance(tree, fit, d$x[, -1])),
                   moe_distance(chosen, fit, d$x[, -1]))
})

test_that("fits of other classes, or of the same in another order, are refused", {
  d <- oracle_data(n = 60, p = 2, M = 3, K = 1, seed = 9)
  fit <- function(y) moe_fit(d$x[, -1, drop = FALSE], y, 1, lambda = 1)
  a <- fit(d$frame$y)
  for (y in list(relevel(d$frame$y, "c2"), factor(d$frame$y, labels = c("c1", "c2", "d")))) {
    expect_error(moe_distance(a, fit(y), d$x[, -1, drop = FALSE]),
                 "must have the same classes in the same order", class = "moe_error_input")
  }
})

test_that("unfit arguments of the distance are refused", {
  a <- as_par_measure(random_par(1, 2))
  refused <- function(message, ...) {
    expect_error(moe_distance(...), message, class = "moe_error_input")
  }
  refused("`a` must be a fit", 3, a, x, z)
  refused("`b` must be a fit", a, list(), x, z)
  refused("`type` must be one of", a, a, x, z, "euclidean")
  refused("`x` must be a numeric matrix", a, a, data.frame(x), z)
  refused("`x` must not hold missing values", a, a, replace(x, 3, NA), z)
  refused("`z` must be finite", a, a, x, replace(z, 3, Inf))
  refused("same rows, but have 30 and 29", a, a, x, z[-1, , drop = FALSE])
  refused("`x` must have a column for each of the 2 expert covariates, but has 1", a, a, z, z)
  refused("`z` must have a column for each of the 1 gate covariates, but has 2", a, a, x)
  refused("same classes, but have 3 and 4", a, as_par_measure(random_par(1, 2, M = 4)), x, z)
  refused("`weights` must have one value per row", a, a, x, z, weights = 1:3)
  refused("`weights` must not be negative", a, a, x, z, weights = -1:28)
})

# --- loss ---

# Atoms and weights on a standardisation, by hand.
atoms_by_hand <- function(par, center, scale) {
  on_scale <- function(a, part) {
    for (c in seq_len(ncol(a))) {
      for (j in seq_len(nrow(a))[-1]) {
        a[1, c] <- a[1, c] + a[j, c] * center[[part]][j - 1]
        a[j, c] <- a[j, c] * scale[[part]][j - 1]
      }
    }
    a
  }
  gate <- on_scale(par$gate, "gate")
  expert <- par$expert
  for (k in seq_len(ncol(gate))) {
    expert[, , k] <- on_scale(matrix(expert[, , k], nrow(expert)), "expert")
  }
  centred <- oracle_centre(list(gate = gate, expert = expert))
  list(q = exp(centred$gate[1, ]) / sum(exp(centred$gate[1, ])),
       theta = rbind(centred$gate[-1, , drop = FALSE], matrix(centred$expert, ncol = ncol(gate))))
}

loss_by_hand <- function(a, truth, type, center = list(gate = 0, expert = c(0, 0)),
                         scale = list(gate = 1, expert = c(1, 1))) {
  a <- atoms_by_hand(a, center, scale)
  truth <- atoms_by_hand(truth, center, scale)
  cells <- rep(list(integer()), length(truth$q))
  for (j in seq_along(a$q)) {
    d <- vapply(seq_along(truth$q), function(k) sum((a$theta[, j] - truth$theta[, k])^2), 0)
    cells[[which.min(d)]] <- c(cells[[which.min(d)]], j)
  }
  total <- 0
  for (k in seq_along(truth$q)) {
    power <- if (type == "overfitted" && length(cells[[k]]) > 1) 2 else 1
    for (j in cells[[k]]) {
      total <- total + a$q[j] * sqrt(sum((a$theta[, j] - truth$theta[, k])^2))^power
    }
    total <- total + abs(sum(a$q[cells[[k]]]) - truth$q[k])
  }
  total
}

test_that("the loss is that of its definition", {
  for (seed in 1:30) {
    a <- random_par(seed, K = 1 + seed %% 6)
    truth <- random_par(100 + seed, K = 1 + seed %% 4)
    for (type in c("exact", "overfitted")) {
      expect_equal(moe_loss(as_par_measure(a), as_par_measure(truth), type),
                   loss_by_hand(a, truth, type), tolerance = 1e-12)
    }
  }
})

# Truth: experts all 0, slopes of the gate -2 and 2, weights 1/2. Two atoms of weight 1/4 are off
# the first by 0.5 and 0.9, one of weight 1/2 is off the second by 0.6.
test_that("only in cells of several atoms is the distance squared", {
  truth <- moe_measure(cbind(c(0, -2), c(0, 2)), array(0, c(1, 2, 2)))
  a <- moe_measure(rbind(log(c(1, 1, 2)), c(-1.5, -1.1, 2.6)), array(0, c(1, 2, 3)))
  expect_equal(moe_loss(a, truth), 0.65, tolerance = 1e-14)
  expect_equal(moe_loss(a, truth, "overfitted"), 0.565, tolerance = 1e-14)
})

test_that("an empty cell costs the weight of its atom, and the others' surplus as much", {
  expert <- array(c(0, 0, 5, -5), c(1, 2, 2))
  truth <- moe_measure(matrix(log(c(0.3, 0.7)), 1), expert)
  a <- moe_measure(matrix(0, 1, 1), expert[, , 1, drop = FALSE])
  expect_equal(moe_loss(a, truth), 1.4, tolerance = 1e-14)
})

test_that("equal measures have no loss, however they are written", {
  for (seed in 1:10) {
    truth <- random_par(seed, K = 4)
    a <- recoded(permuted(truth, sample(4)))
    for (type in c("exact", "overfitted")) {
      expect_identical(moe_loss(as_par_measure(truth), as_par_measure(truth), type), 0)
      expect_lt(moe_loss(as_par_measure(a, 2, 0.1), as_par_measure(truth), type), 1e-12)
    }
  }
})

test_that("neither the order of the experts nor that of the classes matters", {
  for (seed in 1:10) {
    a <- random_par(seed, K = 5)
    truth <- random_par(100 + seed, K = 3)
    classes <- sample(3)
    other <- permuted(a, sample(5))
    other_truth <- permuted(truth, sample(3))
    other$expert <- other$expert[, classes, ]
    other_truth$expert <- other_truth$expert[, classes, ]
    for (type in c("exact", "overfitted")) {
      expect_equal(moe_loss(as_par_measure(other), as_par_measure(other_truth), type),
                   moe_loss(as_par_measure(a), as_par_measure(truth), type), tolerance = 1e-12)
    }
  }
})

# The slopes of a gate sum to 0 over its atoms, so that one more moves all of them unless all are 0.
test_that("an atom split in two costs nothing", {
  truth <- random_par(1, K = 3)
  truth$gate[-1, ] <- 0
  split <- permuted(truth, c(1, 2, 2, 3))
  split$gate[1, 2:3] <- split$gate[1, 2:3] + log(c(0.2, 0.8))
  for (type in c("exact", "overfitted")) {
    expect_lt(moe_loss(as_par_measure(split), as_par_measure(truth), type), 1e-12)
  }
})

test_that("measures are compared on the standardisation of the truth unless told otherwise", {
  a <- random_par(1, K = 4)
  truth <- random_par(2, K = 3)
  center <- list(gate = 4, expert = c(-1, 2))
  scale <- list(gate = 0.3, expert = c(5, 0.7))
  want <- loss_by_hand(a, truth, "exact", center, scale)
  expect_equal(moe_loss(as_par_measure(a, 9, 9), as_par_measure(truth, center, scale)), want,
               tolerance = 1e-12)
  expect_equal(moe_loss(as_par_measure(a), as_par_measure(truth), center = center, scale = scale),
               want, tolerance = 1e-12)
  expect_false(isTRUE(all.equal(moe_loss(as_par_measure(a), as_par_measure(truth)), want)))
})

test_that("a fit's loss is that of its coefficients", {
  d <- fitted_pair$d
  m <- oracle_moments(d$x)
  center <- list(gate = m$center[-1], expert = m$center[-1])
  scale <- list(gate = m$scale[-1], expert = m$scale[-1])
  par <- oracle_parameters(coef(fitted_pair$b, "list"))
  truth <- as_par_measure(d$truth)
  expect_equal(moe_loss(fitted_pair$b, truth, center = center, scale = scale),
               loss_by_hand(par, d$truth, "exact", center, scale), tolerance = 1e-10)
  par <- oracle_parameters(coef(fitted_pair$a, "list"))
  expect_equal(moe_loss(truth, fitted_pair$a, "overfitted"), tolerance = 1e-10,
               loss_by_hand(d$truth, par, "overfitted", center, scale))
})

test_that("the loss falls as a measure nears the truth", {
  truth <- random_par(1, K = 3)
  way <- random_par(2, K = 3)
  loss <- vapply(10^-(0:6), function(step) {
    a <- list(gate = truth$gate + step * way$gate, expert = truth$expert + step * way$expert)
    moe_loss(as_par_measure(a), as_par_measure(truth))
  }, 0)
  expect_true(all(diff(loss) < 0))
  expect_equal(loss[7] / loss[6], 0.1, tolerance = 1e-3)
})

test_that("unfit arguments of the loss are refused", {
  a <- as_par_measure(random_par(1, 2))
  refused <- function(message, ...) {
    expect_error(moe_loss(...), message, class = "moe_error_input")
  }
  refused("`a` must be a fit .*, not 3", 3, a)
  refused("`truth` must be a fit .*, not NULL", a, NULL)
  refused("`type` must be one of", a, a, "other")
  for (size in list(list(r = 3), list(p = 2), list(M = 2))) {
    refused("same covariates and classes", a, as_par_measure(do.call(random_par, c(1, 2, size))))
  }
  refused("`center` and `scale` must hold one", a, a, center = 1:5)
  refused("`scale` must be positive", a, a, scale = 0)
})

test_that("fits without a covariate that they dropped are refused", {
  d <- fitted_pair$d
  frame <- transform(d$frame, x3 = x1 + x2)
  fit <- suppressMessages(suppressWarnings(moe_fit(y ~ x1 + x2 + x3, frame, lambda = 1,
                                                   start = oracle_start(d, 2))))
  expect_error(moe_loss(fit, fit), "`a` must be a fit without dropped", class = "moe_error_input")
  expect_error(moe_distance(fitted_pair$a, fit, d$x[, -1]), "`b` must be a fit without dropped",
               class = "moe_error_input")
})

test_that("covariates are matched by the names that fits have", {
  set.seed(3)
  d <- data.frame(a = rnorm(90), b = rnorm(90), y = rbinom(90, 1, 0.4))
  of <- function(formula) {
    suppressWarnings(moe_fit(formula, d, lambda = 1, control = moe_control(search = "quick")))
  }
  one <- of(y ~ a + b)
  other <- of(y ~ b + a)
  refused <- function(call) {
    expect_error(call, "same covariates in the same order", class = "moe_error_input")
  }
  refused(moe_loss(one, other))
  refused(moe_distance(one, other, as.matrix(d[1:2])))
  refused(moe_loss(of(y ~ a | b), of(y ~ a | a)))
  half <- one
  half$measure$expert <- half$measure$expert / 2
  p <- predict(one, d, "prob")
  q <- predict(half, d, "prob")
  by_hand <- mean(sqrt(rowSums((sqrt(p) - sqrt(q))^2) / 2))
  expect_equal(moe_distance(one, half, as.matrix(d[c("b", "a")])), by_hand, tolerance = 1e-10)
  expect_equal(moe_distance(one, half$measure, as.matrix(d[c("b", "a")])), by_hand,
               tolerance = 1e-10)
})
