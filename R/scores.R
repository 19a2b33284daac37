# Scores of predicted probabilities, and their bootstrap.

binnings <- c("mass", "width")
calibration_errors <- c("ece", "ece_debiased", "rmsce", "rmsce_debiased", "mce")
brier_terms <- c("reliability", "resolution", "uncertainty", "within_variance",
                 "within_covariance")

within_one <- c("accuracy", "balanced_accuracy", calibration_errors)

# All scores, in the order of score(). Users know them as measures.
score_names <- rbind(
  data.frame(measure = c("log_loss", "brier", "accuracy", "balanced_accuracy"), target = NA,
             binning = NA),
  do.call(rbind, lapply(binnings, function(binning) {
    data.frame(measure = c(calibration_errors, calibration_errors, brier_terms),
               target = rep(c("top-label", "classwise", NA), each = 5L), binning = binning)
  }))
)

# What the scores of one model are computed from, row by row. The first target is the top label,
# the others are the classes.
scoring_task <- function(prob, truth, weights, bins, eps) {
  y <- as.integer(truth)
  rows <- seq_along(y)
  indicator <- outer(y, seq_len(ncol(prob)), `==`)
  top <- max.col(prob, "first")
  of_truth <- prob[cbind(rows, y)]
  target <- function(name, p, o) {
    list(name = name, p = p, o = as.double(o),
         bin = list(mass = mass_bins(p, weights, bins), width = width_bins(p, bins)))
  }
  classes <- lapply(seq_len(ncol(prob)), function(m) {
    target(levels(truth)[m], prob[, m], indicator[, m])
  })
  list(y = y, correct = as.double(top == y),
       rows = cbind(-log(pmax(of_truth, eps)), rowSums((prob - indicator)^2), top == y),
       targets = c(list(target("top-label", prob[cbind(rows, top)], top == y)), classes))
}

# The scores, a row each, for every column of the weights; root mean squares are still squared.
score <- function(task, weights) {
  means <- crossprod(task$rows, weights) / rep(colSums(weights), each = 3L)
  recall <- rowsum(weights * task$correct, task$y) / rowsum(weights, task$y)
  binned <- lapply(binnings, function(binning) score_bins(task, binning, weights))
  unname(rbind(means, colMeans(recall, na.rm = TRUE), do.call(rbind, binned)))
}

score_bins <- function(task, binning, weights) {
  errors <- lapply(seq_along(task$targets), function(t) {
    target <- task$targets[[t]]
    bin_errors(bin_sums(target, target$bin[[binning]], weights, squares = t > 1L))
  })
  of <- function(name) do.call(rbind, lapply(errors[-1], `[[`, name))
  top <- errors[[1]]
  rbind(
    top$ece, top$ece_debiased, top$square, top$square_debiased, top$mce,
    colMeans(of("ece")), colMeans(of("ece_debiased")), colMeans(of("square")),
    colMeans(of("square_debiased")), apply(of("mce"), 2, max),
    colSums(of("square")), colSums(of("resolution")), colSums(of("uncertainty")),
    colSums(of("within_variance")), colSums(of("within_covariance"))
  )
}

# --- intervals ---

replicate_cells <- 2e6 # rows times replicates that are worked on at once

# Measures x replicates x models.
score_replicates <- function(tasks, weights, count) {
  n <- length(weights)
  out <- array(0, c(nrow(score_names), count, length(tasks)), list(NULL, NULL, names(tasks)))
  step <- max(1L, as.integer(replicate_cells / n))
  for (first in seq_len(ceiling(count / step)) * step - step) {
    columns <- first + seq_len(min(step, count - first))
    drawn <- vapply(columns, function(b) tabulate(sample.int(n, n, TRUE), n), integer(n))
    drawn <- weights * matrix(drawn, n)
    for (t in seq_along(tasks)) out[, columns, t] <- score(tasks[[t]], drawn)
  }
  out
}

score_table <- function(estimates, replicates, interval, level) {
  stack_models(setNames(lapply(seq_len(ncol(estimates)), function(t) {
    drawn <- matrix(replicates[, , t], nrow(score_names))
    tails <- bootstrap_tails(estimates[, t], drawn, interval, level)
    shown <- rooted(cbind(estimate = estimates[, t], lower = tails[1, ], upper = tails[2, ]))
    data.frame(score_names, shown, se = apply(rooted(drawn), 1, finite_sd))
  }), colnames(estimates)))
}

stack_models <- function(tables) {
  models <- if (is.null(names(tables))) "model" else names(tables)
  rows <- vapply(tables, nrow, 0L)
  out <- data.frame(model = factor(rep(models, rows), models), do.call(rbind, unname(tables)))
  rownames(out) <- NULL
  out
}

# Values, a row per score, as they are reported.
rooted <- function(values) {
  squared <- startsWith(score_names$measure, "rmsce")
  values[squared, ] <- sqrt(pmax(0, values[squared, ]))
  values
}

bootstrap_tails <- function(estimate, drawn, interval, level) {
  tails <- apply(drawn, 1, finite_quantiles, probs = (1 + c(-1, 1) * level) / 2)
  if (interval == "percentile") return(tails)
  # What a score of resampled rows deviates from, debiased or not, is the plain one of the rows.
  plain <- estimate
  debiased <- which(endsWith(score_names$measure, "_debiased"))
  plain[debiased] <- estimate[debiased - 1L]
  tails <- rep(estimate + plain, each = 2L) - tails[2:1, ]
  highest <- ifelse(score_names$measure == "log_loss", Inf, 2 - score_names$measure %in% within_one)
  lowest <- -2 * (score_names$measure == "within_covariance")
  pmin(pmax(tails, rep(lowest, each = 2L)), rep(highest, each = 2L))
}

finite_quantiles <- function(x, probs) {
  if (length(x) == 0L || any(!is.finite(x))) return(rep(NA_real_, length(probs)))
  stats::quantile(x, probs, names = FALSE)
}

finite_sd <- function(x) if (any(!is.finite(x))) NA_real_ else stats::sd(x)
