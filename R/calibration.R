#' Calibration and scores of predicted probabilities
#'
#' For any classifier's probabilities, or those of several: expected calibration error, Brier score
#' with its decomposition, log-loss and accuracy, with bootstrap intervals, and the bins for
#' reliability diagrams ([autoplot.moe_calibration()]).
#'
#' @section Calibration errors:
#' A *target* is an event with a predicted probability \eqn{p_i} and an outcome
#' \eqn{o_i \in \{0, 1\}}{o_i = 0 or 1}: for `"top-label"` that the most probable class (the first
#' of equals) is the true one, for each class that it is the true one. Rows are put into bins by
#' \eqn{p_i}; with \eqn{n_h} rows in bin \eqn{h}, mean probability \eqn{\bar p_h} and observed
#' frequency \eqn{\bar o_h},
#' \deqn{\mathrm{ECE} = \sum_h \frac{n_h}{n} |\bar p_h - \bar o_h|, \quad
#'   \mathrm{RMSCE}^2 = \sum_h \frac{n_h}{n} (\bar p_h - \bar o_h)^2, \quad
#'   \mathrm{MCE} = \max_h |\bar p_h - \bar o_h|.}
#' `"classwise"` is the mean of ECE (Kull et al., 2019), or of RMSCE squared, over classes, and the
#' largest MCE. Bins are of equal mass (`"mass"`: about as many rows each, equal probabilities
#' together) or of equal width (`"width"`:
#' \eqn{(0, 1/H], \dots, ((H - 1)/H, 1]}{(0, 1/H], ..., ((H - 1)/H, 1]}).
#'
#' Even for perfect probabilities \eqn{\bar o_h} scatters about \eqn{\bar p_h}, so these errors are
#' too large, the more so the more bins. With \eqn{s_h^2 = \bar o_h (1 - \bar o_h) / (n_h - 1)},
#' \deqn{\mathrm{RMSCE}^2_\mathrm{debiased} = \sum_h \frac{n_h}{n}
#'     \left[(\bar p_h - \bar o_h)^2 - s_h^2\right], \quad
#'   \mathrm{ECE}_\mathrm{debiased} = 2 \, \mathrm{ECE} - \sum_h \frac{n_h}{n}
#'     \mathrm{E} |N(\bar p_h - \bar o_h, s_h^2)|,}
#' both 0 where they would be negative. The first is unbiased for the binned error before that
#' (Bröcker 2012; Ferro and Fricker 2012; Kumar, Liang and Ma 2019). The second takes off the bias
#' that resampling the \eqn{\bar o_h} from their normal approximation shows (Kumar, Liang and Ma
#' 2019), in closed form here; it removes about two fifths of the bias at perfect calibration and
#' nearly all of it far from there. Bins with one row are left as they are.
#'
#' @section Other shares of the classes:
#' Rows are often sampled by class, as with as many pairs of proteins that interact as pairs that
#' do not. `prior` says what shares \eqn{\pi_m} the classes have in the population: with \eqn{q_m}
#' their shares among the rows (by `weights`), rows count with their weight times
#' \eqn{\pi_{y_i} / q_{y_i}}, so that all frequencies, and scores, are those of the population, if
#' within each class rows are distributed as there. Give probabilities that were predicted for the
#' same `prior`, see [predict.moe_fit()]. An average's are shifted here. Where a class is much rarer
#' than among the rows, few rows carry most of the weight, and estimates scatter the more.
#'
#' @section Scores:
#' The Brier score is \eqn{\frac1n \sum_i \sum_m (p_{im} - y_{im})^2}{sum over i and m of
#' (p_im - y_im)^2, over n}, from 0 to 2 (twice that of `yardstick::brier_class()`). With the bins
#' of each class and its overall frequency \eqn{\bar o}, it is exactly, summed over classes,
#' \deqn{\sum_h \frac{n_h}{n} (\bar p_h - \bar o_h)^2 -
#'   \sum_h \frac{n_h}{n} (\bar o_h - \bar o)^2 + \bar o (1 - \bar o) +
#'   \frac1n \sum_i (p_i - \bar p_{h(i)})^2 -
#'   \frac2n \sum_i (p_i - \bar p_{h(i)}) (o_i - \bar o_{h(i)}),}
#' reliability - resolution + uncertainty (Murphy 1973) + variance - covariance within bins
#' (Stephenson, Coelho and Jolliffe 2008). Log-loss is the mean of
#' \eqn{-\log p_{i y_i}}{-log p_iy_i}, natural logarithms. Balanced accuracy is the mean over the
#' classes that occur of the share of their rows that is predicted right.
#'
#' @section Intervals:
#' Rows are resampled, the same for all models; bins stay those of the data. `"percentile"` takes
#' the quantiles of the replicates. A calibration error of resampled rows carries its upward bias
#' twice, so that its percentile interval lies too high and may leave out the estimate. `"basic"`
#' therefore turns the replicates' deviations round: the interval is the estimate minus quantiles of
#' (replicate - the plain measure of the data), cut to the measure's range; it may lie below a plain
#' error, which is too large itself. For scores and accuracy the two hardly differ. Near perfect
#' calibration no interval for ECE is to be trusted: what is left of the bias may hold it above 0.
#' The basic interval for the debiased RMSCE does reach 0 there.
#'
#' @param probabilities A matrix (or data frame) of class probabilities, a row per observation, a
#'   column per class, rows summing to 1; or, for two classes, a vector of probabilities of the
#'   second class, as [stats::glm()] fits; or a named list of such for several models. Columns are
#'   matched to classes by name (a prefix on all of them, `.pred_` as in tidymodels or `.prob_` as
#'   by [augment.moe_fit()], is left out); without names they are in the order of the levels of
#'   `truth`. Or an average by [moe_average()]: its out-of-bag probabilities are meant, of which it
#'   knows the truth and the weights.
#' @param truth The true classes: a factor, a logical or 0/1 vector, a matrix with one indicator
#'   column per class, or, where columns have names, a character vector. A class may be absent.
#' @param bins Number of bins, a whole number from 1 to 10,000. Fewer are filled where probabilities
#'   coincide.
#' @param weights `NULL`, or case weights: a weight of 2 counts as two equal rows in all estimates.
#'   The bootstrap draws rows, each as one unit whatever its weight: repeat rows where weights are
#'   counts and intervals are wanted. Rows of weight 0 are left out.
#' @param bootstrap Number of bootstrap replicates, 0 for none. Set a seed to make them
#'   reproducible.
#' @param interval `"basic"` or `"percentile"`, see below.
#' @param level Level of the intervals, between 0 and 1.
#' @param eps Probabilities of the true class are raised to this number in the log-loss. By default
#'   (0) they are taken as they are, and a true class of probability 0 makes the log-loss `Inf`
#'   (its interval is then `NA`).
#' @param prior `NULL`, or the classes' shares in the population, a vector of positive numbers with
#'   sum 1, named by class.
#' @return An object of class `moe_calibration`, see [as.data.frame.moe_calibration()] for its
#'   tables.
#' @references
#' Bröcker, J. (2012). Estimating reliability and resolution of probability forecasts through
#' decomposition of the empirical score. *Climate Dynamics* 39, 655-667.
#'
#' Ferro, C. A. T. and Fricker, T. E. (2012). A bias-corrected decomposition of the Brier score.
#' *Quarterly Journal of the Royal Meteorological Society* 138, 1954-1960.
#'
#' Kumar, A., Liang, P. and Ma, T. (2019). Verified uncertainty calibration. *Advances in Neural
#' Information Processing Systems* 32.
#'
#' Kull, M., Perelló Nieto, M., Kängsepp, M., Silva Filho, T., Song, H. and Flach, P. (2019).
#' Beyond temperature scaling: obtaining well-calibrated multi-class probabilities with Dirichlet
#' calibration. *Advances in Neural Information Processing Systems* 32.
#'
#' Murphy, A. H. (1973). A new vector partition of the probability score. *Journal of Applied
#' Meteorology* 12, 595-600.
#'
#' Stephenson, D. B., Coelho, C. A. S. and Jolliffe, I. T. (2008). Two extra components in the Brier
#' score decomposition. *Weather and Forecasting* 23, 752-757.
#' @seealso [autoplot.moe_calibration()] for the reliability diagram; [moe_tune()], which chooses a
#'   fit by such scores.
#' @examples
#' train <- subset(yeast_ppi, split == "train")
#' test <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' mixture <- moe_fit(confidence ~ l3 + fc_jac | high_share, data = train, experts = 2, lambda = 1,
#'                    control = moe_control(search = "quick"))
#' logit <- moe_fit(confidence ~ l3 + fc_jac + high_share, data = train, experts = 1)
#' probabilities <- list(mixture = predict(mixture, test, type = "prob"),
#'                       logit = predict(logit, test, type = "prob"))
#' calibration <- moe_calibration(probabilities, test$confidence, bootstrap = 50)
#' calibration
#'
#' # The same scores by yardstick, whose Brier score is half of ours.
#' if (requireNamespace("yardstick", quietly = TRUE)) {
#'   ours <- subset(as.data.frame(calibration), measure %in% c("log_loss", "brier"))
#'   print(ours[c("model", "measure", "estimate")])
#'   print(yardstick::mn_log_loss_vec(test$confidence, probabilities$logit))
#'   print(2 * yardstick::brier_class_vec(test$confidence, probabilities$logit))
#' }
#' @export
moe_calibration <- function(probabilities, truth, bins = 15, weights = NULL, bootstrap = 1000,
                            interval = c("basic", "percentile"), level = 0.95, eps = 0,
                            prior = NULL) {
  bins <- check_count(bins, "bins", upper = 10000L)
  bootstrap <- check_count(bootstrap, "bootstrap", lower = 0L)
  interval <- check_choice(interval, c("basic", "percentile"), "interval")
  level <- check_level(level)
  eps <- check_number(eps, "eps", lower = 0, upper = 1)
  if (inherits(probabilities, "moe_average")) {
    if (!missing(truth)) refuse("`truth` must not be given with an average, which knows it.")
    unseen <- unseen_rows(probabilities, weights, prior)
    probabilities <- unseen$prob
    truth <- unseen$y
    weights <- unseen$weights
  }
  rows <- judged_rows(probabilities, truth, weights, prior)
  weights <- rows$weights
  tasks <- lapply(rows$models, scoring_task, rows$truth, weights, bins, eps)
  estimates <- vapply(tasks, score, numeric(nrow(score_names)), weights = matrix(weights))
  replicates <- score_replicates(tasks, weights, bootstrap)
  structure(list(
    measures = score_table(estimates, replicates, interval, level),
    bins = stack_models(lapply(tasks, bin_table, weights = weights, bins = bins, level = level)),
    classes = stack_models(lapply(tasks, class_table, weights = weights)),
    resamples = bootstrap, models = names(tasks), levels = levels(rows$truth),
    rows = length(weights),
    total = sum(weights), n_bins = bins, interval = interval, level = level,
    weighted = any(weights != 1)
  ), class = "moe_calibration")
}

# The rows of positive weight: the probabilities of each of `models`, the true classes, weights.
judged_rows <- function(probabilities, truth, weights, prior) {
  models <- as_models(probabilities)
  truth <- as_truth(truth, unlist(Find(length, Map(class_names, models, model_labels(models)))))
  models <- Map(as_probabilities, models, model_labels(models), MoreArgs = list(truth = truth))
  weights <- check_weights(weights, length(truth))
  if (length(truth) == 0L) refuse("There must be at least one row, but there is none.")
  prior <- check_prior(prior, levels(truth))
  if (!is.null(prior)) weights <- shift_weights(truth, weights, prior)
  used <- if (is.null(weights)) seq_along(truth) else which(weights > 0)
  list(models = lapply(models, function(prob) prob[used, , drop = FALSE]), truth = truth[used],
       weights = if (is.null(weights)) rep(1, length(used)) else weights[used])
}

# --- tables ---

bin_table <- function(task, weights, bins, level) {
  tables <- lapply(task$targets, function(target) {
    do.call(rbind, lapply(binnings, function(binning) {
      data.frame(target = target$name, binning = binning,
                 bin_limits(target, binning, bins),
                 bin_contents(target, target$bin[[binning]], weights, level))
    }))
  })
  do.call(rbind, tables)
}

bin_limits <- function(target, binning, bins) {
  held <- sort(unique(target$bin[[binning]]))
  limits <- if (binning == "width") {
    rbind(edges(bins)[held], edges(bins)[held + 1L])
  } else {
    vapply(split(target$p, target$bin$mass), range, numeric(2))
  }
  data.frame(bin = held, from = limits[1, ], to = limits[2, ])
}

# What each bin holds, and what a binomial count says of it.
bin_contents <- function(target, bin, weights, level) {
  sums <- lapply(bin_sums(target, bin, matrix(weights), squares = FALSE), drop)
  probs <- (1 + c(-1, 1) * level) / 2
  predicted <- sums$p / sums$weight
  missed <- pmax(0, sums$weight - sums$o)
  size <- pmax(1, round(sums$weight))
  data.frame(
    rows = drop(rowsum(rep(1L, length(bin)), bin)), weight = sums$weight, predicted = predicted,
    observed = sums$o / sums$weight,
    lower = stats::qbeta(probs[1], sums$o, missed + 1),
    upper = stats::qbeta(probs[2], sums$o + 1, missed),
    consistent_lower = stats::qbinom(probs[1], size, pmin(1, predicted)) / size,
    consistent_upper = stats::qbinom(probs[2], size, pmin(1, predicted)) / size,
    row.names = NULL
  )
}

class_table <- function(task, weights) {
  tables <- lapply(task$targets[-1], function(target) {
    do.call(rbind, lapply(binnings, function(binning) {
      errors <- bin_errors(bin_sums(target, target$bin[[binning]], matrix(weights), TRUE))
      data.frame(
        class = target$name, binning = binning, frequency = sum(weights * target$o) / sum(weights),
        brier = sum(weights * (target$p - target$o)^2) / sum(weights),
        ece = errors$ece, ece_debiased = errors$ece_debiased, rmsce = sqrt(errors$square),
        rmsce_debiased = sqrt(max(0, errors$square_debiased)), mce = errors$mce,
        reliability = errors$square, errors[brier_terms[-1]]
      )
    }))
  })
  do.call(rbind, tables)
}
