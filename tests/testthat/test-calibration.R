# Calibration errors, scores and their intervals against values derived by hand, loops in plain R,
# yardstick, and what must hold whatever the data.

# --- data, and the definitions in plain R ---

# Probabilities of M classes, and classes drawn from them: perfectly calibrated.
calibrated <- function(n, M = 3, seed = 1, spread = 2) {
  set.seed(seed)
  p <- oracle_softmax(matrix(rnorm(n * M, sd = spread), n))
  colnames(p) <- letters[seq_len(M)]
  list(p = p, y = factor(letters[oracle_draw(p)], letters[seq_len(M)]))
}

sharpened <- function(p, power = 1.6) p^power / rowSums(p^power)

# Bins of one target: each row by itself.
oracle_bins <- function(p, v, bins, binning) {
  if (binning == "width") {
    edges <- seq(0, 1, length.out = bins + 1)
    return(vapply(p, function(a) max(1, sum(a > edges)), 0))
  }
  vapply(p, function(a) ceiling(bins * (sum(v[p < a]) + sum(v[p == a]) / 2) / sum(v)), 0)
}

# Errors and Brier parts of one target with given bins, bin by bin.
oracle_target <- function(p, o, v, bin) {
  out <- c(ece = 0, ece_debiased = 0, square = 0, square_debiased = 0, mce = 0, resolution = 0,
           within_variance = 0, within_covariance = 0)
  mean_of <- function(a, rows) sum(v[rows] * a[rows]) / sum(v[rows])
  all <- seq_along(p)
  for (h in unique(bin[v > 0])) {
    rows <- which(bin == h & v > 0)
    size <- sum(v[rows])
    share <- size / sum(v)
    gap <- mean_of(p, rows) - mean_of(o, rows)
    rate <- mean_of(o, rows)
    s2 <- if (size > 1) rate * (1 - rate) / (size - 1) else 0
    density <- function(a) abs(a) * dnorm(a, gap, sqrt(s2))
    expected <- if (s2 == 0) abs(gap) else
      integrate(density, -Inf, 0, rel.tol = 1e-9)$value +
        integrate(density, 0, Inf, rel.tol = 1e-9)$value
    p_off <- p - mean_of(p, rows)
    out <- out + c(
      share * abs(gap), share * (2 * abs(gap) - expected), share * gap^2, share * (gap^2 - s2), 0,
      share * (rate - mean_of(o, all))^2, share * mean_of(p_off^2, rows),
      share * 2 * mean_of(p_off * (o - rate), rows)
    )
    out["mce"] <- max(out["mce"], abs(gap))
  }
  out["ece_debiased"] <- max(0, out["ece_debiased"])
  out
}

# All measures in the order of the table, root mean squares still squared; bins are those of `own`
# weights, sums those of `v`.
oracle_squares <- function(p, y, bins, v = rep(1, length(y)), own = v) {
  y <- as.integer(y)
  n <- length(y)
  top <- apply(p, 1, which.max)
  loss <- brier <- numeric(n)
  for (i in seq_len(n)) {
    loss[i] <- -log(p[i, y[i]])
    brier[i] <- sum((p[i, ] - (seq_len(ncol(p)) == y[i]))^2)
  }
  recall <- vapply(sort(unique(y[v > 0])), function(m) {
    sum(v[y == m & top == m]) / sum(v[y == m])
  }, 0)
  out <- c(sum(v * loss), sum(v * brier), sum(v * (top == y))) / sum(v)
  out <- c(out, mean(recall))
  for (binning in c("mass", "width")) {
    of <- function(q, o) oracle_target(q, o, v, oracle_bins(q, own, bins, binning))
    one <- of(apply(p, 1, max), as.numeric(top == y))
    each <- vapply(seq_len(ncol(p)), function(m) of(p[, m], as.numeric(y == m)), one)
    rate <- vapply(seq_len(ncol(p)), function(m) sum(v[y == m]) / sum(v), 0)
    mean_each <- rowMeans(each)
    out <- c(
      out, one[1:5], mean_each[1:4], max(each["mce", ]), sum(each["square", ]),
      sum(each["resolution", ]), sum(rate * (1 - rate)), sum(each["within_variance", ]),
      sum(each["within_covariance", ])
    )
  }
  unname(out)
}

root_means <- function(a) replace(a, c(7, 8, 12, 13, 22, 23, 27, 28),
                                  sqrt(pmax(0, a[c(7, 8, 12, 13, 22, 23, 27, 28)])))

oracle_measures <- function(...) root_means(oracle_squares(...))

estimates <- function(...) as.data.frame(moe_calibration(..., bootstrap = 0))$estimate

pick <- function(x, measure, target = NA, binning = NA) {
  table <- as.data.frame(x)
  table[table$measure == measure & table$target %in% target & table$binning %in% binning, ]
}

# --- values ---

# Confidences .9 (right), .6 (wrong), .7 and .8 (right): bins (0, .75] with gap .65 - .5, and
# (.75, 1] with gap .85 - 1.
test_that("values are those derived by hand", {
  p <- c(0.9, 0.6, 0.3, 0.2)
  x <- moe_calibration(p, c(1, 0, 0, 0), bins = 2, bootstrap = 0)
  of <- function(...) pick(x, ...)$estimate
  expect_equal(of("log_loss"), -mean(log(c(0.9, 0.4, 0.7, 0.8))), tolerance = 1e-14)
  expect_equal(of("brier"), 2 * mean(c(0.1, 0.6, 0.3, 0.2)^2), tolerance = 1e-14)
  expect_identical(of("accuracy"), 0.75)
  expect_equal(of("balanced_accuracy"), (1 + 2 / 3) / 2, tolerance = 1e-14)
  expect_equal(of("ece", "top-label", "mass"), 0.15, tolerance = 1e-14)
  expect_equal(of("mce", "top-label", "mass"), 0.15, tolerance = 1e-14)
  # One of two right: s^2 = 1/4, in half of the rows; two of two: 0.
  expect_equal(of("rmsce", "top-label", "mass"), 0.15, tolerance = 1e-14)
  expect_identical(of("rmsce_debiased", "top-label", "mass"), 0)
  # By width all confidences are in (1/2, 1]; classes split into (0, 1/2] and (1/2, 1].
  expect_identical(of("ece", "top-label", "width"), 0)
  expect_equal(of("ece", "classwise", "width"), 0.25, tolerance = 1e-14)
  # Class "1": gaps .25 - 0 and .75 - .5, frequencies 0 and 1/2 about 1/4.
  expect_equal(of("reliability", binning = "width"), 2 * 0.0625, tolerance = 1e-14)
  expect_equal(of("resolution", binning = "width"), 2 * 0.0625, tolerance = 1e-14)
  expect_equal(of("uncertainty", binning = "width"), 2 * 0.1875, tolerance = 1e-14)
  expect_equal(of("within_variance", binning = "width"), 2 * (0.0025 + 0.0225) / 2,
               tolerance = 1e-14)
  expect_equal(of("within_covariance", binning = "width"), 2 * 2 * 0.5 * 0.075, tolerance = 1e-14)
})

test_that("all measures are those of loops in plain R, with weights and without", {
  for (seed in 1:6) {
    d <- calibrated(c(40, 150, 301)[seed %% 3 + 1], M = 2 + seed %% 3, seed = seed)
    p <- sharpened(d$p)
    if (seed > 3) p <- prop.table(round(p, 1) + 0.05, 1) # ties
    y <- droplevels(d$y)
    p <- prop.table(p[, levels(y)], 1)
    v <- if (seed %% 2) rep(1, length(y)) else sample(c(0, 0.5, 1, 2, 7), length(y), TRUE)
    for (bins in c(1, 4, 15)) {
      expect_within(estimates(p, y, bins = bins, weights = v), oracle_measures(p, y, bins, v), 1e-7)
    }
  }
})

test_that("the parts of the Brier score add up to it", {
  for (seed in 1:5) {
    d <- calibrated(200, M = 4, seed = seed)
    x <- moe_calibration(sharpened(d$p), d$y, bins = 3 * seed, bootstrap = 0,
                         weights = if (seed > 2) rexp(200))
    for (binning in c("mass", "width")) {
      part <- function(name) pick(x, name, binning = binning)$estimate
      total <- part("reliability") - part("resolution") + part("uncertainty") +
        part("within_variance") - part("within_covariance")
      expect_lte(abs(total - pick(x, "brier")$estimate), 1e-12)
    }
    each <- as.data.frame(x, what = "classes")
    total <- with(each, reliability - resolution + uncertainty + within_variance -
                    within_covariance)
    expect_lte(max(abs(total - each$brier)), 1e-12)
    expect_lte(abs(sum(each$brier) / 2 - pick(x, "brier")$estimate), 1e-12)
  }
})

test_that("scores are yardstick's", {
  skip_if_not_installed("yardstick")
  d <- calibrated(300, M = 4)
  top <- factor(letters[max.col(d$p)], levels(d$y))
  expect_equal(estimates(d$p, d$y)[1:4], tolerance = 1e-12, c(
    yardstick::mn_log_loss_vec(d$y, d$p), 2 * yardstick::brier_class_vec(d$y, d$p),
    yardstick::accuracy_vec(d$y, top), yardstick::sens_vec(d$y, top, estimator = "macro")
  ))
})

# The binned squared error is unbiased before it is cut at 0; the plain one is too large by
# about bins / n.
test_that("debiased errors of perfectly calibrated probabilities are near 0", {
  d <- calibrated(20000, seed = 3)
  x <- moe_calibration(d$p, d$y, bootstrap = 0)
  for (target in c("top-label", "classwise")) {
    plain <- pick(x, "rmsce", target, "mass")$estimate
    expect_gt(plain, 0.006)
    expect_lt(pick(x, "rmsce_debiased", target, "mass")$estimate, 0.6 * plain)
    expect_lt(pick(x, "ece_debiased", target, "mass")$estimate,
              0.75 * pick(x, "ece", target, "mass")$estimate)
  }
  squares <- vapply(1:100, function(seed) {
    d <- calibrated(300, seed = seed)
    task <- moelogit:::scoring_task(d$p, d$y, rep(1, 300), 10, 0)
    moelogit:::score(task, matrix(1, 300))[7:8, 1]
  }, numeric(2))
  plain <- squares[1, ]
  debiased <- squares[2, ]
  expect_lt(abs(mean(debiased)), 3 * sd(debiased) / sqrt(100))
  expect_gt(mean(plain), 10 * sd(plain) / sqrt(100))
})

# --- what must not matter ---

test_that("neither the order of rows nor that of classes matters", {
  d <- calibrated(240, M = 4)
  p <- sharpened(d$p)
  v <- runif(240)
  expected <- estimates(p, d$y, weights = v)
  rows <- sample(240)
  expect_equal(estimates(p[rows, ], d$y[rows], weights = v[rows]), expected, tolerance = 1e-12)
  expect_equal(estimates(p[, c(3, 1, 4, 2)], d$y, weights = v), expected, tolerance = 1e-12)
  expect_equal(estimates(p, factor(d$y, rev(levels(d$y))), weights = v), expected,
               tolerance = 1e-12)
  renamed <- factor(c(a = "z", b = "y", c = "x", d = "w")[as.character(d$y)])
  expect_equal(estimates(unname(p[, 4:1]), renamed, weights = v), expected, tolerance = 1e-12)
})

test_that("weights are repeated rows", {
  d <- calibrated(120)
  p <- sharpened(d$p)
  v <- sample(0:3, 120, TRUE)
  rows <- rep(1:120, v)
  expect_equal(estimates(p, d$y, weights = v), estimates(p[rows, ], d$y[rows]), tolerance = 1e-12)
  bins <- c("predicted", "observed", "weight", "lower", "upper", "consistent_lower")
  weighted <- moe_calibration(p, d$y, weights = v, bootstrap = 0)
  repeated <- moe_calibration(p[rows, ], d$y[rows], bootstrap = 0)
  expect_equal(weighted$bins[bins], repeated$bins[bins], tolerance = 1e-10)
})

test_that("all forms of probabilities and truth give the same", {
  d <- calibrated(100, M = 2)
  expected <- estimates(d$p, d$y)
  p <- unname(d$p[, 2])
  expect_equal(estimates(p, d$y), expected, tolerance = 1e-12)
  expect_equal(estimates(p, d$y == "b"), expected, tolerance = 1e-12)
  expect_equal(estimates(p, as.numeric(d$y == "b")), expected, tolerance = 1e-12)
  expect_identical(estimates(d$p, as.character(d$y)), expected)
  expect_identical(estimates(unname(d$p), d$y), expected)
  expect_identical(estimates(as.data.frame(d$p), d$y), expected)
  expect_identical(estimates(data.frame(.pred_b = d$p[, 2], .pred_a = d$p[, 1]), d$y), expected)
  expect_identical(estimates(d$p, cbind(a = d$y == "a", b = d$y == "b")), expected)
})

test_that("several models are each model by itself, on the same resamples", {
  d <- calibrated(150)
  models <- list(right = d$p, sharp = sharpened(d$p)[, 3:1])
  set.seed(4)
  both <- moe_calibration(models, d$y, bootstrap = 20)
  for (name in names(models)) {
    set.seed(4)
    one <- moe_calibration(models[[name]][, letters[1:3]], d$y, bootstrap = 20)
    for (what in c("measures", "bins", "classes")) {
      table <- as.data.frame(both, what = what)
      table <- table[table$model == name, ]
      expect_equal(table[-1], as.data.frame(one, what = what)[-1], tolerance = 1e-12,
                   ignore_attr = "row.names")
    }
  }
})

# --- edges ---

test_that("a true class of probability 0 makes the log-loss infinite unless eps is given", {
  p <- rbind(c(1, 0), c(0, 1), c(0.5, 0.5), c(0, 1))
  y <- factor(c("a", "b", "b", "a"))
  x <- moe_calibration(p, y, bootstrap = 10)
  expect_identical(pick(x, "log_loss")$estimate, Inf)
  expect_true(is.na(pick(x, "log_loss")$lower))
  expect_false(is.na(pick(x, "brier")$lower))
  expect_equal(pick(moe_calibration(p, y, bootstrap = 0, eps = 1e-3), "log_loss")$estimate,
               -(log(0.5) + log(1e-3)) / 4, tolerance = 1e-14)
  expect_identical(pick(moe_calibration(p, y, bootstrap = 0, weights = c(1, 1, 1, 0)),
                        "log_loss")$estimate, -log(0.5) / 3)
})

test_that("a class may be absent, and rows few and alike", {
  d <- calibrated(60)
  present <- d$y != "c"
  x <- moe_calibration(d$p[present, ], d$y[present], bootstrap = 30)
  expect_false(anyNA(x$measures[c("estimate", "lower", "upper")]))
  top <- max.col(d$p)[present]
  recall <- tapply(top == as.integer(d$y[present]), droplevels(d$y[present]), mean)
  expect_equal(pick(x, "balanced_accuracy")$estimate, mean(recall), tolerance = 1e-14)

  one <- moe_calibration(0.3, TRUE, bootstrap = 5)
  expect_equal(pick(one, "ece", "top-label", "mass")$estimate, 0.7, tolerance = 1e-14)
  same <- moe_calibration(rep(0.3, 50), rep(c(TRUE, FALSE), c(20, 30)), bootstrap = 0)
  bins <- as.data.frame(same, what = "bins")
  expect_identical(nrow(bins), 6L)
  expect_equal(pick(same, "rmsce", "classwise", "mass")$estimate, 0.1, tolerance = 1e-12)
})

test_that("edges belong to the bin below, and 0 to the first", {
  p <- c(0, 0.25, 0.5, 0.75, 1, 0.26)
  x <- moe_calibration(p, c(0, 0, 1, 1, 1, 0), bins = 4, bootstrap = 0)
  bins <- subset(as.data.frame(x, what = "bins"), target == "1" & binning == "width")
  expect_identical(bins$rows, c(2L, 2L, 1L, 1L))
  expect_identical(bins$from, c(0, 0.25, 0.5, 0.75))
})

# --- intervals ---

test_that("replicates are the measures of resampled rows in the bins of the data", {
  d <- calibrated(80)
  p <- sharpened(d$p)
  v <- sample(c(1, 2), 80, TRUE)
  set.seed(5)
  x <- as.data.frame(moe_calibration(p, d$y, bins = 5, weights = v, bootstrap = 12,
                                     interval = "percentile", level = 0.8))
  set.seed(5)
  drawn <- vapply(1:12, function(b) {
    times <- tabulate(sample.int(80, 80, TRUE), 80)
    oracle_squares(p, d$y, 5, v * times, own = v)
  }, numeric(nrow(x)))
  expect_within(x$lower, root_means(apply(drawn, 1, quantile, 0.1)), 1e-7)
  expect_within(x$upper, root_means(apply(drawn, 1, quantile, 0.9)), 1e-7)
  expect_within(x$se, apply(apply(drawn, 2, root_means), 1, sd), 1e-7)
})

test_that("basic intervals turn percentile intervals round", {
  d <- calibrated(200)
  both <- lapply(c("basic", "percentile"), function(interval) {
    set.seed(6)
    as.data.frame(moe_calibration(sharpened(d$p), d$y, bootstrap = 50, interval = interval))
  })
  smooth <- both[[1]]$measure %in% c("log_loss", "brier", "accuracy")
  expect_equal(both[[1]]$lower[smooth], with(both[[2]], 2 * estimate - upper)[smooth])
  squared <- which(both[[1]]$measure == "rmsce_debiased")
  plain <- both[[2]][squared - 1, ]
  expected <- both[[2]][squared, ]
  expect_equal(both[[1]]$upper[squared],
               sqrt(pmax(0, expected$estimate^2 + plain$estimate^2 - expected$lower^2)),
               tolerance = 0.05)
})

test_that("intervals cover, and standard errors are those of means", {
  covered <- vapply(1:50, function(seed) {
    d <- calibrated(250, seed = seed)
    set.seed(seed)
    x <- as.data.frame(moe_calibration(d$p, d$y, bins = 5, bootstrap = 80))
    expected <- c(mean(-rowSums(d$p * log(d$p))), mean(1 - rowSums(d$p^2)),
                  mean(apply(d$p, 1, max)))
    c(x$lower[1:3] <= expected & expected <= x$upper[1:3], x$lower[c(7, 12)] == 0)
  }, logical(5))
  expect_true(all(rowMeans(covered) > 0.85))
  d <- calibrated(2000)
  x <- moe_calibration(d$p, d$y, bootstrap = 400)
  accuracy <- pick(x, "accuracy")
  expect_equal(accuracy$se, sqrt(accuracy$estimate * (1 - accuracy$estimate) / 2000),
               tolerance = 0.12)
})

test_that("replicates do not depend on how many are worked on at once", {
  d <- calibrated(100)
  tasks <- list(moelogit:::scoring_task(d$p, d$y, rep(1, 100), 10, 0))
  replicates <- lapply(c(700, 2e6), function(cells) {
    set.seed(7)
    moelogit:::score_replicates(tasks, rep(1, 100), 25, cells)
  })
  expect_identical(replicates[[1]], replicates[[2]])
})

# --- bins ---

test_that("bins hold equal mass, and intervals of counts", {
  d <- calibrated(300)
  bins <- subset(as.data.frame(moe_calibration(d$p, d$y, bootstrap = 0), what = "bins"),
                 target == "b" & binning == "mass")
  expect_identical(bins$rows, rep(20L, 15))
  expect_true(all(bins$from[-1] > bins$to[-15]))
  p <- sort(d$p[, "b"])
  expect_equal(bins$predicted, colMeans(matrix(p, 20)), tolerance = 1e-12)
  exact <- vapply(round(20 * bins$observed), function(k) binom.test(k, 20)$conf.int, numeric(2))
  expect_equal(bins$lower, exact[1, ], tolerance = 1e-10)
  expect_equal(bins$upper, exact[2, ], tolerance = 1e-10)
  likely <- function(k, h) pbinom(20 * k, 20, bins$predicted[h])
  for (h in 1:15) {
    expect_gte(likely(bins$consistent_lower[h], h), 0.025)
    expect_gte(likely(bins$consistent_upper[h], h), 0.975)
  }
})

# --- showing ---

test_that("what is printed names models, measures and intervals", {
  d <- calibrated(100)
  one <- moe_calibration(d$p, d$y, bootstrap = 10)
  expect_output(print(one), "Calibration of 100 rows, 3 classes \\(a, b, c\\)")
  expect_output(print(one), "95% basic bootstrap intervals \\(10 resamples of the rows\\)")
  expect_output(print(one), "estimate +lower +upper.*log_loss.*ece, top-label, mass")
  expect_output(print(summary(one)), "within_covariance, width")
  two <- moe_calibration(list(first = d$p, second = d$p), d$y, bootstrap = 0,
                         weights = rep(2, 100))
  expect_output(print(two), "2 models on 100 rows of total weight 200.*no intervals")
  expect_output(print(two), "first +second")
  expect_output(print(summary(two)), "\nfirst\n.*\nsecond\n")
  expect_output(expect_invisible(print(one)))
})

test_that("the reliability diagram shows the bins and the spread", {
  d <- calibrated(200)
  x <- moe_calibration(list(right = d$p, sharp = sharpened(d$p)), d$y, bootstrap = 0)
  bins <- as.data.frame(x, what = "bins")
  plot <- autoplot(x)
  points <- subset(bins, target == "top-label" & binning == "mass")
  layers <- vapply(plot$layers, function(layer) class(layer$geom)[1], "")
  of <- function(plot, geom) ggplot2::layer_data(plot, match(geom, layers))
  expect_equal(of(plot, "GeomPoint")$y, points$observed)
  expect_equal(of(plot, "GeomLinerange")$ymin, points$lower)
  spread <- of(plot, "GeomRect")
  expect_equal(as.vector(tapply(spread$ymax, spread$PANEL, sum)), c(NA, NA, 1, 1))

  plot <- autoplot(x, target = c("a", "c"), binning = "width", bars = "consistency")
  layers <- vapply(plot$layers, function(layer) class(layer$geom)[1], "")
  points <- subset(bins, target %in% c("a", "c") & binning == "width")
  expect_equal(sort(of(plot, "GeomLinerange")$ymax), sort(points$consistent_upper))
  expect_false("GeomRect" %in% layers)
  expect_silent({
    grDevices::pdf(NULL)
    shown <- withVisible(plot(x, target = "b"))
    grDevices::dev.off()
  })
  expect_false(shown$visible)
})
