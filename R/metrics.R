# Metrics for yardstick that it does not have itself.

#' Calibration error and precision at k as metrics of yardstick
#'
#' The package yardstick has the areas under ROC and precision-recall curves, log-loss and Brier
#' score, and takes what [augment()][augment.moe_fit] gives. These functions make metrics that it
#' lacks, with its own constructors, for use by themselves or in `yardstick::metric_set()`.
#'
#' @details
#' `moe_metric_ece()` is the expected calibration error of [moe_calibration()], for two classes or
#' more. `moe_metric_precision_at()` is the share of the event among the `k` rows with the largest
#' probability of it (among all rows, if these are fewer; with case weights, the share of the
#' weight), for two classes; of rows that share the last place each counts by part.
#'
#' As in yardstick, columns of probabilities are in the order of the levels of the truth, of two
#' classes the event's alone is given, and `event_level` says which level that is.
#'
#' @param target `"top-label"` or `"classwise"`.
#' @param binning,bins Bins of equal `"mass"` or `"width"`, and how many.
#' @param debiased Whether to take the bias off, see [moe_calibration()].
#' @param k A number of rows.
#' @return A metric of yardstick, a function of `data`, `truth`, the columns of probabilities, and
#'   `na_rm`, `event_level` and `case_weights`.
#' @seealso [moe_calibration()], which has intervals as well
#' @examplesIf all(vapply(c("yardstick", "generics"), requireNamespace, NA, quietly = TRUE))
#' train <- subset(yeast_ppi, split == "train")
#' test <- subset(yeast_ppi, split == "test")
#' fit <- moe_fit(confidence ~ l3 + high_share, train, experts = 1)
#' ece <- moe_metric_ece()
#' metrics <- yardstick::metric_set(yardstick::roc_auc, yardstick::pr_auc, ece)
#' metrics(generics::augment(fit, test), confidence, .prob_none, .prob_medium, .prob_high)
#' @export
moe_metric_ece <- function(target = c("top-label", "classwise"), binning = c("mass", "width"),
                           bins = 15, debiased = FALSE) {
  target <- check_choice(target, c("top-label", "classwise"), "target")
  binning <- check_choice(binning, c("mass", "width"), "binning")
  bins <- check_count(bins, "bins", upper = 10000L)
  measure <- if (check_flag(debiased, "debiased")) "ece_debiased" else "ece"
  name <- paste0(if (target == "classwise") "classwise_", measure)
  new_metric(name, "minimize", function(truth, prob, weights) {
    table <- moe_calibration(prob, truth, bins, weights, bootstrap = 0)$measures
    table$estimate[table$measure == measure & table$target %in% target &
                     table$binning %in% binning]
  })
}

#' @rdname moe_metric_ece
#' @export
moe_metric_precision_at <- function(k) {
  k <- check_count(k, "k")
  new_metric(paste0("precision_at_", k), "maximize", function(truth, prob, weights) {
    if (nlevels(truth) != 2L) {
      refuse("Precision at k is for two classes, but there are ", nlevels(truth), ".")
    }
    precision_at(k, prob[, 2], truth == levels(truth)[2],
                 if (is.null(weights)) rep.int(1, length(truth)) else weights)
  })
}

precision_at <- function(k, p, event, weights) {
  k <- min(k, length(p))
  last <- sort(p, decreasing = TRUE)[k]
  tied <- p == last
  taken <- (p > last) + tied * (k - sum(p > last)) / sum(tied)
  sum(taken * weights * event) / sum(taken * weights)
}

# `score` is a function of the truth, a matrix of probabilities in the order of its levels, of two
# levels the event last, and weights or NULL.
new_metric <- function(name, direction, score) {
  need_package("yardstick", "its metrics")
  vector <- function(truth, estimate, na_rm = TRUE, event_level = "first", case_weights = NULL,
                     ...) {
    if (nlevels(truth) == 2L) {
      if (event_level == "first") truth <- factor(truth, rev(levels(truth)))
      estimate <- cbind(1 - estimate, estimate)
    }
    weights <- if (!is.null(case_weights)) as.double(case_weights)
    known <- !is.na(truth) & !is.na(rowSums(estimate))
    if (!all(known) && !na_rm) return(NA_real_)
    score(truth[known], unname(estimate)[known, , drop = FALSE], weights[known])
  }
  summarise <- function(data, truth, ..., na_rm = TRUE, event_level = "first",
                        case_weights = NULL) {
    out <- yardstick::prob_metric_summarizer(
      name = name, fn = vector, data = data, truth = {{ truth }}, ..., na_rm = na_rm,
      event_level = event_level, case_weights = {{ case_weights }}
    )
    # No mean over classes of what two classes have.
    out$.estimator[out$.estimator == "macro"] <- "multiclass"
    out
  }
  yardstick::new_prob_metric(summarise, direction = direction)
}
