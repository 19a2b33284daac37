# Calibration and scores of probabilities: by hand, against definitions in plain R, and what must
# not change them.

# --- the definitions, row by row ---

oracle_bin <- function(p, bins, binning) {
  if (binning == "mass") return(ceiling(bins * (rank(p) - 0.5) / length(p)))
  vapply(p, function(value) max(1, which(value > (0:bins) / bins)), 0)
}

# E |N(mean, sd^2)| by quadrature.
oracle_folded <- function(mean, sd) {
  if (sd == 0) return(abs(mean))
  f <- function(x) abs(x) * dnorm(x, mean, sd)
  far <- abs(mean) + 12 * sd
  integrate(f, -far, 0, rel.tol = 1e-10)$value + integrate(f, 0, far, rel.tol = 1e-10)$value
}

# One target's errors and the parts of its Brier score. Squares are not rooted.
oracle_target <- function(p, o, bins, binning) {
  bin <- oracle_bin(p, bins, binning)
  out <- c(ece = 0, ece_debiased = 0, square = 0, square_debiased = 0, mce = 0, resolution = 0,
           uncertainty = mean(o) * (1 - mean(o)), within_variance = 0, within_covariance = 0)
  for (h in unique(bin)) {
    rows <- which(bin == h)
    share <- length(rows) / length(p)
    gap <- mean(p[rows]) - mean(o[rows])
    # The variance of a mean of outcomes that is estimated from them.
    noise <- if (length(rows) > 1) var(o[rows]) / length(rows) else 0
    out <- out + c(
      share * abs(gap), share * (2 * abs(gap) - oracle_folded(gap, sqrt(noise))), share * gap^2,
      share * (gap^2 - noise), max(0, abs(gap) - out[["mce"]]),
      share * (mean(o[rows]) - mean(o))^2, 0, sum((p[rows] - mean(p[rows]))^2) / length(p),
      2 * sum((p[rows] - mean(p[rows])) * (o[rows] - mean(o[rows]))) / length(p)
    )
  }
  out["ece_debiased"] <- max(0, out["ece_debiased"])
  out
}

# All measures, in the order of the table.
oracle_calibration <- function(prob, y, bins) {
  indicator <- diag(ncol(prob))[y, , drop = FALSE]
  top <- apply(prob, 1, which.max)
  n <- length(y)
  out <- c(-mean(log(prob[cbind(1:n, y)])), sum((prob - indicator)^2) / n, mean(top == y),
           mean(tapply(top == y, y, mean)))
  for (binning in c("mass", "width")) {
    one <- oracle_target(apply(prob, 1, max), as.numeric(top == y), bins, binning)
    each <- sapply(seq_len(ncol(prob)), function(m) {
      oracle_target(prob[, m], indicator[, m], bins, binning)
    })
    mean_of <- rowMeans(each)
    sum_of <- rowSums(each)
    out <- c(
      out, one[1:2], sqrt(max(0, one[3])), sqrt(max(0, one[4])), one[5],
      mean_of[1:2], sqrt(mean_of[3]), sqrt(max(0, mean_of[4])), max(each["mce", ]),
      sum_of["square"], sum_of[6:9]
    )
  }
  unname(out)
}

# --- makers ---

# Probabilities and classes drawn from them; `sharpen` makes the probabilities overconfident.
forecast <- function(n, classes, seed, sharpen = 1, digits = 16) {
  set.seed(seed)
  prob <- oracle_softmax(matrix(rnorm(n * classes), n))
  y <- factor(letters[oracle_draw(prob)], letters[1:classes])
  prob <- round(prob^sharpen / rowSums(prob^sharpen), digits)
  colnames(prob) <- letters[1:classes]
  list(prob = prob / rowSums(prob), y = y)
}

calibrate <- function(..., bootstrap = 0) moe_calibration(..., bootstrap = bootstrap)

estimates <- function(calibration) as.data.frame(calibration)$estimate

value <- function(calibration, measure, target = NA, binning = NA, column = "estimate") {
  table <- as.data.frame(calibration)
  table[[column]][table$measure == measure & table$target %in% target & table$binning %in% binning]
}

silently_drawn <- function(plot) {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  expect_silent(print(plot))
}

# --- values ---

test_that("four rows and two bins give what is found by hand", {
  calibration <- calibrate(c(0.1, 0.1, 0.9, 0.9), c(0, 1, 1, 1), bins = 2)
  expect_within(value(calibration, "log_loss"), -(3 * log(0.9) + log(0.1)) / 4, 1e-15)
  expect_within(value(calibration, "brier"), 2 * (0.01 + 0.81 + 0.01 + 0.01) / 4, 1e-15)
  expect_within(value(calibration, "accuracy"), 3 / 4, 1e-15)
  expect_within(value(calibration, "balanced_accuracy"), (1 + 2 / 3) / 2, 1e-15)
  # Either class: bins of two rows with mean 0.1 and 0.9, frequency 1/2 and 1.
  expect_within(value(calibration, "ece", "classwise", "width"), (0.4 + 0.1) / 2, 1e-15)
  expect_within(value(calibration, "rmsce", "classwise", "width"), sqrt((0.16 + 0.01) / 2), 1e-15)
  expect_within(value(calibration, "mce", "classwise", "width"), 0.4, 1e-15)
  expect_identical(value(calibration, "rmsce_debiased", "classwise", "width"), 0)
  # Top label: one bin with mean 0.9 and frequency 3/4; s^2 = 3/4 x 1/4 / 3 = 1/16.
  expect_within(value(calibration, "ece", "top-label", "width"), 0.15, 1e-15)
  expect_within(value(calibration, "mce", "top-label", "mass"), 0.15, 1e-15)
  expect_within(value(calibration, "ece_debiased", "top-label", "width"),
                max(0, 2 * 0.15 - oracle_folded(0.15, 1 / 4)), 1e-9)
  parts <- c("reliability", "resolution", "uncertainty", "within_variance", "within_covariance")
  found <- vapply(parts, function(part) value(calibration, part, NA, "width"), 0)
  expect_within(found, c(0.17, 2 * 1 / 16, 2 * 3 / 16, 0, 0), 1e-15)
})

test_that("every measure is its definition in plain R", {
  for (classes in c(2, 4)) for (bins in c(1, 10, 15)) for (digits in c(1, 16)) {
    d <- forecast(157, classes, classes + bins, sharpen = 1.5, digits = digits)
    d$prob <- (d$prob + 1e-3) / (1 + classes * 1e-3) # no true class of probability 0
    expect_within(estimates(calibrate(d$prob, d$y, bins)),
                  oracle_calibration(d$prob, as.integer(d$y), bins), 1e-9)
  }
})

test_that("the table of classes has each class's own values", {
  d <- forecast(200, 3, 1, sharpen = 2)
  table <- as.data.frame(calibrate(d$prob, d$y), what = "classes")
  expect_identical(nrow(table), 6L)
  for (m in 1:3) for (binning in c("mass", "width")) {
    found <- table[table$class == letters[m] & table$binning == binning, ]
    hit <- as.numeric(d$y == letters[m])
    wanted <- oracle_target(d$prob[, m], hit, 15, binning)
    wanted[3:4] <- c(wanted[3], max(0, wanted[4]))
    expect_within(unlist(found[c("ece", "ece_debiased", "mce", "reliability", "resolution",
                                 "uncertainty", "within_variance", "within_covariance")]),
                  wanted[c(1, 2, 5, 3, 6:9)], 1e-9)
    expect_within(unlist(found[c("rmsce", "rmsce_debiased")]), sqrt(wanted[3:4]), 1e-9)
    expect_within(found$frequency, mean(hit), 1e-15)
    expect_within(found$brier, mean((d$prob[, m] - hit)^2), 1e-14)
  }
})

test_that("the parts of the Brier score add up to it", {
  for (classes in 2:5) for (bins in c(1, 7, 40)) {
    d <- forecast(300, classes, bins, sharpen = 3, digits = if (bins == 7) 2 else 16)
    table <- as.data.frame(calibrate(d$prob, d$y, bins, weights = rexp(300)))
    for (binning in c("mass", "width")) {
      part <- function(name) {
        table$estimate[table$measure == name & table$binning %in% binning & is.na(table$target)]
      }
      expect_within(part("reliability") - part("resolution") + part("uncertainty") +
                      part("within_variance") - part("within_covariance"),
                    table$estimate[table$measure == "brier"], 1e-12)
    }
  }
})

test_that("bins of equal mass are equal, and equal probabilities are together", {
  p <- (1:300) / 301
  bin <- mass_bins(p, rep(1, 300), 15)
  expect_identical(as.vector(table(bin)), rep(20L, 15))
  expect_false(is.unsorted(bin))
  p <- rep(c(0.2, 0.3, 0.9), c(10, 80, 10))
  expect_identical(lengths(lapply(split(mass_bins(p, rep(1, 100), 10), p), unique)),
                   c(`0.2` = 1L, `0.3` = 1L, `0.9` = 1L))
})

test_that("bins of equal width hold their upper limit", {
  for (bins in c(1, 3, 10, 49, 100)) {
    expect_identical(as.integer(width_bins((0:bins) / bins, bins)), c(1L, seq_len(bins)))
  }
  expect_identical(as.integer(width_bins(c(1e-300, 0.3, 0.3 + 1e-15, 1 + 1e-9), 10)),
                   c(1L, 3L, 4L, 10L))
})

# --- calibrated and not ---

test_that("calibrated probabilities have a debiased error near 0", {
  d <- forecast(50000, 3, 5)
  calibration <- calibrate(d$prob, d$y)
  for (target in c("top-label", "classwise")) for (binning in c("mass", "width")) {
    debiased <- value(calibration, "ece_debiased", target, binning)
    expect_lt(debiased, 0.008)
    expect_lt(debiased, value(calibration, "ece", target, binning))
    expect_lt(value(calibration, "rmsce_debiased", target, binning), 0.008)
  }
})

test_that("the debiased square is unbiased, the plain one is not", {
  set.seed(6)
  squares <- replicate(400, {
    p <- runif(300)
    o <- as.numeric(runif(300) < p)
    bin <- mass_bins(p, rep(1, 300), 15)
    errors <- bin_errors(bin_sums(list(p = p, o = o), bin, matrix(1, 300), squares = FALSE))
    c(errors$square, errors$square_debiased)
  })
  z <- rowMeans(squares) / (apply(squares, 1, sd) / sqrt(400))
  expect_gt(z[1], 20)
  expect_lt(abs(z[2]), 3)
})

test_that("a known miscalibration is found", {
  # Uniform p forecast as p^2: gaps p - p^2 of mean 1/6 and mean square 1/30.
  set.seed(7)
  p <- runif(50000)
  calibration <- calibrate(p^2, as.numeric(runif(50000) < p), bins = 50)
  for (measure in c("ece", "ece_debiased")) for (binning in c("mass", "width")) {
    expect_within(value(calibration, measure, "classwise", binning), 1 / 6, 0.01)
  }
  expect_within(value(calibration, "rmsce_debiased", "classwise", "mass"), sqrt(1 / 30), 0.01)
  # The largest gap is at p = 1/2, forecast as 1/4.
  bins <- subset(as.data.frame(calibration, what = "bins"), target == "1" & binning == "width")
  expect_within(bins$predicted[which.max(bins$observed - bins$predicted)], 0.25, 0.15)
})

# --- what changes nothing ---

test_that("the order of rows and of classes does not matter", {
  d <- forecast(400, 4, 8, sharpen = 2)
  set.seed(1)
  rows <- sample(400)
  whole <- calibrate(d$prob, d$y)
  moved <- calibrate(d$prob[rows, ], d$y[rows])
  classes <- c(3, 1, 4, 2)
  relabelled <- calibrate(d$prob[, classes], factor(d$y, letters[classes]))
  renamed <- calibrate(`colnames<-`(d$prob, LETTERS[classes]),
                       factor(LETTERS[classes][d$y], LETTERS[1:4]))
  for (other in list(moved, relabelled, renamed)) {
    expect_within(estimates(other), estimates(whole), 1e-12)
  }
  of <- function(x, class) subset(as.data.frame(x, what = "bins"), target == class)$observed
  expect_within(of(relabelled, "b"), of(whole, "b"), 1e-12)
  expect_within(of(renamed, "A"), of(whole, "b"), 1e-12)
})

test_that("columns are matched by name, and may have the prefix of tidymodels or augment()", {
  d <- forecast(60, 3, 9)
  whole <- calibrate(d$prob, d$y)
  expect_identical(calibrate(d$prob[, 3:1], d$y), whole)
  for (prefix in c(".pred_", ".prob_")) {
    tidy <- setNames(as.data.frame(d$prob), paste0(prefix, letters[1:3]))
    expect_identical(calibrate(tidy[c(2, 3, 1)], d$y), whole)
  }
  expect_identical(calibrate(unname(d$prob), d$y), whole)
})

test_that("classes may be given in any form", {
  d <- forecast(60, 3, 10)
  whole <- calibrate(d$prob, d$y)
  expect_identical(calibrate(d$prob, as.character(d$y)), whole)
  expect_identical(calibrate(d$prob, factor(d$y, letters, ordered = TRUE)), whole)
  indicator <- diag(3)[d$y, ]
  colnames(indicator) <- letters[1:3]
  expect_identical(calibrate(d$prob, indicator), whole)
  named_second <- calibrate(list(x = unname(d$prob), y = d$prob), as.character(d$y))
  expect_within(estimates(named_second), rep(estimates(whole), 2), 0)

  p <- d$prob[, 1]
  names(p) <- seq_along(p) # as glm() names them
  hit <- d$y == "a"
  two <- calibrate(cbind(no = 1 - p, yes = p), factor(hit, c(FALSE, TRUE), c("no", "yes")))
  for (truth in list(hit, as.numeric(hit), as.integer(hit), factor(hit))) {
    expect_identical(estimates(calibrate(p, truth)), estimates(two))
  }
  expect_identical(estimates(calibrate(as.table(p), hit)), estimates(two))
})

test_that("a class that does not occur counts as a column", {
  d <- forecast(80, 3, 11)
  rows <- d$y != "c"
  prob <- d$prob[rows, ]
  found <- estimates(calibrate(prob, droplevels(d$y[rows])))
  expect_within(found, oracle_calibration(prob, as.integer(d$y)[rows], 15), 1e-9)
  expect_identical(estimates(calibrate(rep(0.2, 5), rep(0, 5)))[3:4], c(1, 1))
})

test_that("a weight is a number of equal rows", {
  d <- forecast(150, 3, 12, sharpen = 2, digits = 2)
  weights <- rep(c(0, 1, 2, 5), length.out = 150)
  rows <- rep(1:150, weights)
  weighted <- calibrate(d$prob, d$y, weights = weights, eps = 1e-6)
  repeated <- calibrate(d$prob[rows, ], d$y[rows], eps = 1e-6)
  expect_within(estimates(weighted), estimates(repeated), 1e-12)
  for (what in c("bins", "classes")) {
    a <- as.data.frame(weighted, what = what)
    b <- as.data.frame(repeated, what = what)
    same <- setdiff(names(a), "rows")
    expect_equal(a[same], b[same], tolerance = 1e-12)
  }
  bins <- as.data.frame(weighted, what = "bins")
  counts <- tapply(bins$rows, paste(bins$target, bins$binning), sum)
  expect_identical(as.vector(counts), rep(sum(weights > 0), 8L))
})

# --- several models, and intervals ---

test_that("several models have the values that each has alone", {
  d <- forecast(120, 3, 13)
  sharp <- forecast(120, 3, 13, sharpen = 2)$prob
  set.seed(1)
  both <- moe_calibration(list(plain = d$prob, sharp = sharp), d$y, bootstrap = 20)
  set.seed(1)
  alone <- moe_calibration(sharp, d$y, bootstrap = 20)
  for (what in c("measures", "bins", "classes")) {
    table <- as.data.frame(both, what = what)
    expect_identical(levels(table$model), c("plain", "sharp"))
    expect_equal(table[table$model == "sharp", -1], as.data.frame(alone, what = what)[-1],
                 ignore_attr = "row.names", tolerance = 1e-14)
  }
})

test_that("intervals are quantiles of the measures of resampled rows", {
  d <- forecast(90, 3, 14, sharpen = 2)
  set.seed(2)
  percentile <- as.data.frame(moe_calibration(d$prob, d$y, 5, bootstrap = 41, level = 0.8,
                                              interval = "percentile"))
  set.seed(2)
  basic <- as.data.frame(moe_calibration(d$prob, d$y, 5, bootstrap = 41, level = 0.8))
  set.seed(2)
  replicates <- replicate(41, {
    rows <- sample.int(90, 90, TRUE)
    estimates(calibrate(d$prob[rows, ], d$y[rows], 5))
  })
  # Bins of equal mass would be others in the resampled rows.
  fixed <- !percentile$binning %in% "mass"
  wanted <- apply(replicates, 1, quantile, c(0.1, 0.9))
  expect_within(percentile$lower[fixed], wanted[1, fixed], 1e-12)
  expect_within(percentile$upper[fixed], wanted[2, fixed], 1e-12)
  expect_within(percentile$se[fixed], apply(replicates, 1, sd)[fixed], 1e-12)

  score <- is.na(percentile$binning)
  expect_within(basic$lower[score], (2 * basic$estimate - wanted[2, ])[score], 1e-12)
  expect_within(basic$upper[score], (2 * basic$estimate - wanted[1, ])[score], 1e-12)
  ece <- basic[basic$measure %in% c("ece", "ece_debiased") & basic$target %in% "top-label" &
                 basic$binning %in% "width", ]
  at <- as.integer(rownames(ece))
  expect_within(ece$upper, pmin(1, ece$estimate + ece$estimate[1] - wanted[1, at]), 1e-12)
  expect_within(ece$lower, pmax(0, ece$estimate + ece$estimate[1] - wanted[2, at]), 1e-12)
})

# In one bin, forecasts of the other class.
test_that("a covariance within bins may be negative, and its basic interval mirrors quantiles", {
  d <- forecast(60, 2, 14)
  reversed <- cbind(a = d$prob[, "b"], b = d$prob[, "a"])
  tables <- lapply(c("basic", "percentile"), function(interval) {
    set.seed(5)
    table <- as.data.frame(calibrate(reversed, d$y, 1, bootstrap = 41, interval = interval))
    table[table$measure == "within_covariance", ]
  })
  basic <- tables[[1]]
  expect_lt(max(basic$upper), 0)
  expect_within(basic$lower, 2 * basic$estimate - tables[[2]]$upper, 1e-12)
  expect_within(basic$upper, 2 * basic$estimate - tables[[2]]$lower, 1e-12)
})

test_that("replicates do not depend on how many are worked on at once", {
  d <- forecast(6000, 2, 15)
  set.seed(3)
  found <- moe_calibration(d$prob, d$y, bootstrap = 400, interval = "percentile")
  expect_gt(400, replicate_cells / 6000)
  loss <- -log(d$prob[cbind(1:6000, d$y)])
  set.seed(3)
  wanted <- quantile(replicate(400, mean(loss[sample.int(6000, 6000, TRUE)])), c(0.025, 0.975))
  expect_within(as.data.frame(found)[1, c("lower", "upper")] |> unlist(), wanted, 1e-12)
})

test_that("intervals stay within the range of their measure", {
  d <- forecast(25, 3, 16)
  for (interval in c("basic", "percentile")) {
    table <- as.data.frame(moe_calibration(d$prob, d$y, bootstrap = 50, interval = interval))
    expect_true(all(table$lower <= table$upper))
    expect_true(all(table$lower[table$measure != "within_covariance"] >= 0))
    expect_true(all(table$upper[table$binning %in% "mass" & !is.na(table$target)] <= 1))
  }
})

test_that("a true class of probability 0 makes the log-loss infinite, unless eps is raised", {
  prob <- cbind(a = c(1, 0.5, 0.5), b = c(0, 0.5, 0.5))
  truth <- factor(c("b", "a", "b"))
  set.seed(4)
  open <- moe_calibration(prob, truth, bootstrap = 10)
  expect_identical(value(open, "log_loss"), Inf)
  expect_identical(value(open, "log_loss", column = "upper"), NA_real_)
  expect_false(anyNA(as.data.frame(open)[-1, c("estimate", "se", "lower", "upper")]))
  raised <- calibrate(prob, truth, eps = 1e-3)
  expect_within(value(raised, "log_loss"), -(log(1e-3) + 2 * log(0.5)) / 3, 1e-15)
  expect_within(value(raised, "brier"), value(open, "brier"), 0)
})

test_that("without replicates there are no intervals, and no random numbers are used", {
  d <- forecast(30, 2, 17)
  set.seed(5)
  before <- .Random.seed
  table <- as.data.frame(calibrate(d$prob, d$y))
  expect_identical(.Random.seed, before)
  expect_true(all(is.na(table[c("se", "lower", "upper")])))
  expect_true(all(is.finite(table$estimate)))
})

test_that("one row is enough", {
  table <- as.data.frame(moe_calibration(0.3, 1, bootstrap = 3))
  expect_true(all(is.finite(as.matrix(table[c("estimate", "se", "lower", "upper")]))))
  expect_within(table$estimate[1:2], c(-log(0.3), 2 * 0.49), 1e-15)
})

# --- bins ---

test_that("the bins' intervals are those of binomial counts", {
  d <- forecast(400, 3, 18, sharpen = 1.5)
  bins <- as.data.frame(calibrate(d$prob, d$y, level = 0.9), what = "bins")
  exact <- vapply(seq_len(nrow(bins)), function(h) {
    count <- round(bins$observed[h] * bins$rows[h])
    binom.test(count, bins$rows[h], conf.level = 0.9)$conf.int
  }, numeric(2))
  expect_within(bins$lower, exact[1, ], 1e-12)
  expect_within(bins$upper, exact[2, ], 1e-12)
  # No shorter run of counts from the same tails would hold 90%.
  counts <- bins$rows * as.matrix(bins[c("consistent_lower", "consistent_upper")])
  counts <- round(counts)
  expect_true(all(pbinom(counts[, 1] - 1, bins$rows, bins$predicted) < 0.05))
  expect_true(all(pbinom(counts[, 1], bins$rows, bins$predicted) >= 0.05))
  expect_true(all(pbinom(counts[, 2], bins$rows, bins$predicted) >= 0.95))
  expect_true(all(pbinom(counts[, 2] - 1, bins$rows, bins$predicted) < 0.95))
})

test_that("bins lie between their limits", {
  d <- forecast(400, 3, 19)
  bins <- as.data.frame(calibrate(d$prob, d$y, 12), what = "bins")
  expect_true(all(bins$from <= bins$predicted & bins$predicted <= bins$to))
  width <- bins[bins$binning == "width", ]
  expect_within(width$to, width$bin / 12, 1e-15)
  expect_within(width$from, (width$bin - 1) / 12, 1e-15)
  mass <- bins[bins$binning == "mass" & bins$target == "b", ]
  expect_within(range(mass$from, mass$to), range(d$prob[, "b"]), 0)
  expect_true(all(mass$to[-12] < mass$from[-1]))
})

# --- other packages ---

test_that("scores are those of yardstick", {
  skip_if_not_installed("yardstick")
  d <- forecast(300, 3, 20, sharpen = 1.5)
  weights <- rep(1:3, 100)
  calibration <- calibrate(d$prob, d$y, weights = weights)
  top <- factor(letters[max.col(d$prob, "first")], letters[1:3])
  theirs <- c(
    yardstick::mn_log_loss_vec(d$y, d$prob, case_weights = weights),
    yardstick::accuracy_vec(d$y, top, case_weights = weights),
    yardstick::recall_vec(d$y, top, estimator = "macro", case_weights = weights)
  )
  expect_within(estimates(calibration)[c(1, 3, 4)], theirs, 1e-12)
  expect_within(value(calibrate(d$prob, d$y), "brier"), 2 * yardstick::brier_class_vec(d$y, d$prob),
                1e-12)
})

# --- refusals ---

test_that("what is no table of probabilities is refused in words", {
  d <- forecast(20, 3, 21)
  prob <- d$prob
  changed <- function(i, j, to) {
    prob[i, j] <- to
    prob
  }
  refused <- function(message, ...) {
    error <- expect_error(calibrate(...), message, class = "moe_error_input")
    if (!is.null(error)) expect_match(conditionMessage(error), "[.]$")
  }
  for (bad in list(NULL, "x", sum, TRUE, prob > 0.5, array(prob, c(20, 1, 3)), format(prob),
                   data.frame(a = letters[1:20], b = 1, c = 0), Sys.time())) {
    refused("`probabilities` must be a numeric matrix", bad, d$y)
  }
  refused("`probabilities[$]x` must be a numeric matrix, not a list", list(x = list(prob)), d$y)
  refused("must hold at least one model", list(), d$y)
  refused("a different name for each model", list(prob, prob), d$y)
  refused("a different name for each model", list(x = prob, x = prob), d$y)
  refused("a different name for each model", list(x = prob, prob), d$y)
  refused("one row per value of `truth`: there are 19 rows and 20", prob[-1, ], d$y)
  refused("a column for every class of `truth`, but none is named \"c\"", prob[, 1:2], d$y)
  refused("one column per class .* but has 2", unname(prob[, 1:2]), d$y)
  refused("one column per class .* but has 4", unname(cbind(prob, 0)), d$y)
  refused("`probabilities[$]y` must have one column per class .*, but has 2 named \"a\", \"b\"",
          list(x = prob, y = prob[, 1:2]), d$y)
  refused("\"a\" occurs twice", `colnames<-`(prob, c("a", "a", "b")), d$y)
  refused("column 3 has none", `colnames<-`(prob, c("a", "b", NA)), d$y)
  refused("vector, of probabilities of the second class", prob[, 1], d$y)
  for (bad in list(NA, NaN, Inf, -Inf, -1e-9, 2)) {
    refused("from 0 to 1 and with sum 1, but row 7 is", changed(7, 2, bad), d$y)
  }
  # What rounding to six digits leaves is taken, what is beyond is not.
  for (off in c(-1e-2, 1e-2, 2e-6)) {
    refused("with sum 1, but row 7 is", changed(7, 2, prob[7, 2] + off), d$y)
  }
  expect_error(calibrate(changed(7, 2, prob[7, 2] + 5e-7), d$y), NA)
  refused("row 1 is 1.5, -0.5 .and 1 more row is wrong", c(-0.5, 0.2, 1.2), c(0, 1, 1))
  refused("with sum 1, but row 1 is .*19 more", prob / 2, d$y)
  refused("at least one row", prob[0, ], d$y[0])
  refused("at least one row", numeric(0), numeric(0))

  refused("`truth` must not hold missing values: row 3", prob, replace(d$y, 3, NA))
  refused("`truth` must not hold missing values: row 3", prob, replace(as.character(d$y), 3, NA))
  refused("must hold only 0 and 1", prob[, 1:2], rep(1:2, 10))
  refused("`truth` must be a factor", prob, as.list(d$y))
  refused("`truth` must be a factor", unname(prob), as.character(d$y))
  refused("none is named \"z\"", prob, replace(as.character(d$y), 2, "z"))

  for (bad in list(0, 1.5, NA, "15", c(5, 6), 1e9)) refused("`bins` must be", prob, d$y, bad)
  for (bad in list(-1, NA, "a", 1:2)) refused("`bootstrap` must be", prob, d$y, bootstrap = bad)
  for (bad in list(0, 1, 2, NA, "a")) refused("`level` must", prob, d$y, level = bad)
  for (bad in list(-1, 2, NA, "a")) refused("`eps` must be", prob, d$y, eps = bad)
  for (bad in list("bca", NA, 1)) refused("`interval` must be", prob, d$y, interval = bad)
  for (bad in list(1, rep(0, 20), rep(-1, 20), rep(NA_real_, 20), "a")) {
    refused("`weights` must", prob, d$y, weights = bad)
  }
})

test_that("calibrations refuse what they do not know", {
  d <- forecast(30, 2, 22)
  calibration <- calibrate(d$prob, d$y)
  refused <- function(call, message) expect_error(call, message, class = "moe_error_input")
  refused(as.data.frame(calibration, what = "x"), "`what` must be one of")
  refused(as.data.frame(calibration, other = 1), "Unused argument: \"other\"")
  refused(summary(calibration, 1), "Unused argument")
  refused(autoplot(calibration, target = "z"), "`target` must be one or more of \"top-label\"")
  refused(autoplot(calibration, target = character(0)), "`target` must be")
  refused(autoplot(calibration, target = NA), "`target` must be")
  refused(autoplot(calibration, binning = "other"), "`binning` must be")
  refused(autoplot(calibration, bars = "other"), "`bars` must be")
  refused(autoplot(calibration, colour = 1), "Unused argument")
})

# --- showing ---

test_that("printing tells the figures and how they were got", {
  d <- forecast(50, 3, 23)
  set.seed(1)
  one <- moe_calibration(d$prob, d$y, weights = rep(2, 50), bootstrap = 5, level = 0.9)
  shown <- capture.output(out <- withVisible(print(one)))
  expect_false(out$visible)
  expect_identical(out$value, one)
  expect_match(shown[1], "50 rows of total weight 100, 3 classes (a, b, c)", fixed = TRUE)
  expect_match(shown[2], "15 bins; 90% basic bootstrap intervals (5 resamples", fixed = TRUE)
  expect_match(shown, "log_loss .*[0-9]+[.][0-9]+ +[0-9.]+ +[0-9.]+", all = FALSE)
  expect_output(print(summary(one)), "rmsce_debiased, classwise, width")
  expect_output(print(calibrate(d$prob, d$y, 1)), "At most 1 bin; no intervals")
  two <- calibrate(list(first = d$prob, second = d$prob), d$y)
  expect_output(print(two), "2 models on 50 rows.*first +second")
  expect_output(print(summary(two)), "first.*log_loss.*second.*log_loss")
})

test_that("the diagram shows the bins, the diagonal and the spread of the probabilities", {
  d <- forecast(200, 3, 24)
  calibration <- calibrate(list(one = d$prob, two = d$prob^2 / rowSums(d$prob^2)), d$y)
  bins <- as.data.frame(calibration, what = "bins")
  bins <- bins[bins$target == "top-label", ]
  plot <- autoplot(calibration)
  layers <- lapply(seq_along(plot$layers), function(i) ggplot2::layer_data(plot, i))
  kinds <- vapply(plot$layers, function(layer) class(layer$geom)[1], "")
  mass <- bins[bins$binning == "mass", ]
  points <- layers[[which(kinds == "GeomPoint")]]
  expect_within(points$x, mass$predicted, 1e-15)
  expect_within(points$y, mass$observed, 1e-15)
  bars <- layers[[which(kinds == "GeomLinerange")]]
  expect_within(bars$ymin, mass$lower, 1e-15)
  expect_within(bars$ymax, mass$upper, 1e-15)
  spread <- layers[[which(kinds == "GeomRect")]]
  expect_within(tapply(spread$ymax, spread$PANEL, sum)[3:4], c(1, 1), 1e-14)
  diagonal <- layers[[which(kinds == "GeomSegment")]]
  expect_within(unlist(diagonal[1, c("x", "y", "xend", "yend")]), c(0, 0, 1, 1), 0)

  consistency <- autoplot(calibration, bars = "consistency", binning = "width")
  bars <- ggplot2::layer_data(consistency, which(kinds == "GeomLinerange"))
  width <- bins[bins$binning == "width", ]
  expect_within(bars$ymin, width$consistent_lower, 1e-15)
  expect_within(bars$ymax, width$consistent_upper, 1e-15)
})

test_that("diagrams are drawn without a sound", {
  d <- forecast(60, 3, 25)
  many <- list(one = d$prob, two = d$prob[, 3:1], constant = matrix(1 / 3, 60, 3))
  hard <- diag(3)[d$y, ] * (1 + 5e-7) # predicted above 1 by rounding
  for (prob in list(d$prob, many, many$constant, hard)) for (bins in c(1, 15)) {
    calibration <- calibrate(prob, d$y, bins)
    silently_drawn(autoplot(calibration, binning = "width"))
  }
  silently_drawn(autoplot(calibrate(many, d$y), letters[1:3], bars = "consistency"))
  silently_drawn(autoplot(calibrate(d$prob, d$y), c("top-label", "a")))
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  drawn <- withVisible(plot(calibration, binning = "mass"))
  expect_false(drawn$visible)
  expect_s3_class(drawn$value, "ggplot")
})
