# What a fit says of rows.

# The predictions `what`, one or more of core_predictions, of data by training_data() or newdata.R:
# a list of arrays.
predict_rows <- function(fit, data, what) {
  grouped <- if (!is.null(data$group) || is_counts(data$y)) intersect(what, "posterior")
  by_row <- setdiff(what, grouped)
  out <- if (length(by_row)) warn_of_breaking(fit = fit, in_blocks(data, function(block, before) {
    predict_designs(fit, block, by_row, before)
  }))
  if (length(grouped)) out$posterior <- group_posterior(fit, data)
  out
}

# Responsibilities of groups, a row each by name; without groups, of rows. Rows in which something
# is missing say nothing; a group without others has none.
group_posterior <- function(fit, data) {
  data <- with_designs(data)
  if (is.null(data$group)) {
    data$group <- as_groups(seq_along(data$y), length(data$y))
    out <- group_posterior(fit, data)
    rownames(out) <- NULL
    return(out)
  }
  rows <- setdiff(seq_along(data$y), union(missing_rows(fit, data), which(is.na(data$y))))
  out <- matrix(NA_real_, nlevels(data$group), fit$experts,
                dimnames = list(levels(data$group), names(fit$shares)))
  if (length(rows) == 0L) return(out)
  known <- as_groups(data$group[rows], length(rows))
  some <- list(x = take_rows(data$x, rows), z = take_rows(data$z, rows), y = data$y[rows])
  problem <- fit_problem(fit, some, weights = NULL, group = known)
  posterior <- core_predict(problem, as_theta(fit$measure), "posterior")$posterior
  check_predicted(posterior)
  out[levels(known), ] <- posterior
  out
}

# The log-likelihood of each group, or row, with no regard to its weight.
unit_loglik <- function(fit, data) {
  if (is.null(data$group) && !is_counts(data$y)) {
    prob <- predict_rows(fit, data, "prob")$prob
    return(log(prob[cbind(seq_along(data$y), as.integer(data$y))]))
  }
  unit <- if (is.null(data$group)) seq_along(data$y) else as.integer(data$group)
  at <- predict_rows(fit, data, c("gate", "expert"))
  cells <- response_cells(data$y)
  logs <- vapply(seq_len(fit$experts), function(k) {
    log(at$expert[cbind(cells$row, cells$class, k)])
  }, numeric(length(cells$row)))
  if (!is.null(cells$times)) logs <- logs * cells$times
  of_unit <- rowsum(matrix(logs, length(cells$row)), unit[cells$row], reorder = FALSE)
  logs <- of_unit + log(at$gate[!duplicated(unit), , drop = FALSE])
  top <- apply(logs, 1, max)
  unname(top + log(rowSums(exp(logs - top))))
}

label_predictions <- function(fit, out) {
  labels <- list(prob = list(NULL, fit$levels), gate = list(NULL, names(fit$shares)),
                 expert = list(NULL, fit$levels, names(fit$shares)),
                 posterior = list(NULL, names(fit$shares)))
  for (kind in names(out)) dimnames(out[[kind]]) <- labels[[kind]] # in place
  out
}

# Of a block, list(x, z, y), which `before` rows come before.
predict_designs <- function(fit, data, what, before, problem = predicted_problem(fit, data)) {
  out <- label_predictions(fit, core_predict(problem, as_theta(fit$measure), what))
  missing <- if (shows_missing(fit, out$prob)) integer() else missing_rows(fit, data, before)
  Map(function(values, kind) {
    lost <- if (kind == "posterior") union(missing, which(is.na(data$y))) else missing
    check_predicted(values, lost, before)
    if (length(lost)) {
      if (kind == "expert") values[lost, , ] <- NA else values[lost, ] <- NA
    }
    values
  }, out, names(out))
}

# Any response will do where it is missing. Counts, which would be rows of their own, are for
# group_posterior().
predicted_problem <- function(fit, data) {
  note_breaking(fit, data)
  if (is_counts(data$y)) data$y <- NULL
  if (!is.null(data$y)) data$y[is.na(data$y)] <- fit$levels[1]
  fit_problem(fit, data, weights = NULL, group = NULL)
}

# Log-odds of each class against the first, of class probabilities.
log_odds <- function(prob) log(prob[, -1, drop = FALSE]) - log(prob[, 1])

# Whether class probabilities depend on all covariates, and are all there: what is no finite number
# in any covariate leaves none in the row's probabilities, which are quicker to look through.
shows_missing <- function(fit, prob) {
  !is.null(prob) && fit$experts > 1L && all(fit$columns$kept_expert) &&
    all(fit$columns$kept_gate) && !anyNA(prob)
}

# Only a predictor that overflows leaves no number.
check_predicted <- function(out, missing = integer(), before = 0) {
  if (!anyNA(out)) return(invisible())
  lost <- setdiff(which(is.na(rowSums(out))), missing)
  if (length(lost)) {
    refuse("Covariates must be of a size at which linear predictors are finite, but those of row ",
           before + lost[1], " are too far from the fit's.")
  }
}
