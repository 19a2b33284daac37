#' Predictions of a mixture of experts
#'
#' @param object A fit by [moe_fit()].
#' @param newdata For formula fits a data frame with the covariates; for matrix fits the matrix `x`,
#'   dense or sparse (of package Matrix), whichever the fit's was. Without it, predictions are for
#'   the training data.
#' @param type What to predict, for \eqn{n} rows:
#'   * `"class"`: the most probable class (the first of equals), a factor of length \eqn{n};
#'   * `"prob"`: class probabilities \eqn{p(m \mid x, z)}, \eqn{n \times M}; `"response"` is another
#'     name of it, for tools that ask a `glm`;
#'   * `"link"`: their log-odds against the first class, \eqn{\log p(m \mid x, z) - \log p(1 \mid x,
#'     z)}, \eqn{n \times (M - 1)}; with one expert these are the linear predictors;
#'   * `"gate"`: gate probabilities \eqn{\pi_k(z)}, \eqn{n \times K};
#'   * `"expert"`: each expert's class probabilities \eqn{p_k(m \mid x)}, \eqn{n \times M \times K};
#'   * `"posterior"`: responsibilities \eqn{\tau_k = \pi_k p_k(y) / \sum_l \pi_l p_l(y)},
#'     \eqn{n \times K}, which need the response; of groups, with \eqn{p_k(y)} the product over
#'     their rows, a row per group, named by it; of counts, over all of a row's.
#'   A source by [moe_rows()] is read chunk by chunk; the predictions of all of its rows are kept in
#'   memory.
#' @param newz For matrix fits, the gate's covariates; `newdata` by default.
#' @param newy For matrix fits and `type = "posterior"`, the response.
#' @param se.fit Whether to give standard errors too, for `type` `"prob"`, `"link"`, `"gate"` or
#'   `"expert"`, from a fit that holds its training data.
#' @param interval `"confidence"` for confidence limits too.
#' @param level Confidence level.
#' @param vcov,cluster Which covariance standard errors are from: `type` and `cluster` of
#'   [vcov.moe_fit()], whose page says what they rest on and are conditional on.
#' @param group Which group each row of `newdata` belongs to: a vector with a value per row, or the
#'   name of a column of `newdata` (and of `history`). For a fit with `group = id` the column `id`
#'   is taken where there is one. Only `history` and `type = "posterior"` ask for it.
#' @param history Earlier rows of the groups, with their responses: for formula fits a data frame
#'   with a column that says the group; for matrix fits `list(x =, y =, group =)`, with `z =` where
#'   the gate has covariates of its own.
#' @param prior `NULL`, or the classes' shares in the population that the rows are from, a vector of
#'   positive numbers with sum 1, named by class; for `type` `"class"`, `"prob"` and `"link"`.
#' @param ... Not used; an argument here is an error.
#' @section Other shares of the classes:
#' Often rows are sampled by class: as many pairs of proteins that interact as pairs that do not,
#' where one pair in a thousand interacts. Probabilities are then those of a population with the
#' shares \eqn{q_m} that the classes have in the training data (by case weights). With
#' `prior` \eqn{= \pi}, they are those of a population with the shares \eqn{\pi_m},
#' \deqn{p^*(m \mid x) = \frac{p(m \mid x) \, \pi_m / q_m}{\sum_s p(s \mid x) \, \pi_s / q_s},}
#' which adds \eqn{\log (\pi_m / q_m) - \log (\pi_1 / q_1)} to the log-odds. It is assumed that
#' within each class covariates are distributed alike in the population and the training data:
#' \eqn{p(x \mid m)} is the same. It is not where, say, pairs without an interaction were not drawn
#' at random among all such pairs. And the mean of \eqn{p^*(m \mid x)} over the population is
#' \eqn{\pi_m} only as far as the fit is calibrated at \eqn{q}: where \eqn{\pi_m / q_m} is a
#' thousandth, what was a small error among small probabilities matters a thousand times. The
#' default ridge makes such an error where rows are few: it draws large odds towards even, and the
#' mean comes out too small. For rare classes give a smaller `lambda`, such as 1, or use
#' [moe_average()]; `vignette("ppi")` has a simulation.
#' [moe_calibration()] has `prior` too.
#' @section What the history of a group says:
#' In a fit with `group`, one expert makes all responses of a group, so earlier ones tell which.
#' With \eqn{h} the earlier rows of the group, the gate is replaced by the posterior given them,
#' \deqn{p(m \mid x, h) = \sum_k \tau_k(h) \, p_k(m \mid x), \quad
#'   \tau_k(h) \propto \pi_k(z) \prod_{i \in h} p_k(y_i \mid x_i).}
#' `type = "gate"` then gives \eqn{\tau(h)}, and `type = "posterior"` the posterior given the rows
#' of `newdata` as well. Groups without a history have the gate. Without `history`, all predictions
#' but the posterior are by the gate, also for the training data: what is known before any response.
#' @section Standard errors and intervals:
#' Standard errors are by the delta method: \eqn{\sqrt{g^\top V g}} with \eqn{g} the gradient of the
#' probability \eqn{p} with respect to all coefficients and \eqn{V} their covariance. Limits are
#' formed on the logit scale, \eqn{\mathrm{logit}\, p \pm z \, \mathrm{se} / (p (1 - p))}, and
#' transformed back, so that they stay between 0 and 1; they are not symmetric about \eqn{p}. Those
#' of log-odds are symmetric.
#' Intervals are for the probability, not for a response. Directions about which the data say
#' nothing count with the least information that could have been seen: where a probability depends
#' on them, its interval is wide.
#' @return As described under `type`, with one row per row of `newdata`, in its order and with its
#'   row names, and no dimension dropped.
#'   Rows with a missing covariate (for responsibilities also a missing response) are `NA`. Factor
#'   levels that the fit has not seen are refused. With `se.fit` or `interval = "confidence"` a list
#'   of such arrays: `fit`, `se.fit`, and for intervals `lower` and `upper`.
#' @references
#' Saerens, M., Latinne, P. and Decaestecker, C. (2002). Adjusting the outputs of a classifier to
#' new a priori probabilities. *Neural Computation* 14, 21-41.
#' @seealso [moe_fit()]
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' predict(fit, data.frame(l3 = c(0.5, NA), high_share = 0.2), type = "prob")
#' predict(fit, data.frame(l3 = 0.5, high_share = 0.2), type = "prob",
#'         prior = c(none = 0.999, medium = 0.0008, high = 0.0002))
#' head(predict(fit, type = "gate"))
#' predict(fit, data.frame(l3 = 0.5, high_share = 0.2), type = "prob", interval = "confidence")
#'
#' # What a household buys next, without and with what it bought before.
#' of_households <- moe_fit(brand ~ price_yoplait + price_dannon | 1, yogurt, lambda = 1,
#'                          group = household, control = moe_control(search = "quick"))
#' third <- subset(yogurt, household == "58" & occasion == 3)
#' predict(of_households, third, type = "prob")
#' predict(of_households, third, type = "prob",
#'         history = subset(yogurt, household == "58" & occasion < 3))
#' @export
predict.moe_fit <- function(object, newdata = NULL,
                            type = c("class", "prob", "response", "link", "gate", "expert",
                                     "posterior"),
                            newz = NULL, newy = NULL, se.fit = FALSE,
                            interval = c("none", "confidence"), level = 0.95,
                            vcov = c("observed", "sandwich", "opg"), cluster = NULL,
                            group = NULL, history = NULL, prior = NULL, ...) {
  check_unused(...)
  check_fit(object)
  type <- check_choice(type, prediction_types, "type")
  if (type == "response") type <- "prob"
  check_flag(se.fit, "se.fit")
  interval <- check_choice(interval, c("none", "confidence"), "interval")
  level <- check_level(level)
  prior <- check_prior(prior, object$levels)
  errors <- se.fit || interval != "none"
  check_prior_wanted(prior, type, errors)
  if (!is.null(history)) check_history(newdata, se.fit, interval)
  task <- list(fit = object, type = type, newz = newz, newy = newy, group = group,
               history = history, prior = prior)
  if (errors) {
    check_errors_wanted(type, se.fit)
    task$covariance <- scaled_covariance(object, vcov, cluster, "vcov")
    if (interval == "confidence") task$level <- level
  }
  if (is_rows(newdata)) predict_source(newdata, task) else predict_data(newdata, task)
}

# The task is list(fit, type, newz, newy, group, history, prior), with `covariance` for standard
# errors and `level` for limits.
predict_data <- function(newdata, task) {
  fit <- task$fit
  type <- task$type
  data <- rows_to_predict(fit, newdata, task$newz, task$newy, type, task$group)
  out <- if (!is.null(task$history)) {
    list(predict_type(task, function(what) {
      predict_next(fit, data, what, read_history(fit, task$history, task$group))
    }))
  } else if (type == "posterior") {
    predict_rows(fit, data, type)
  } else {
    warn_of_breaking(fit = fit, in_blocks(data, predict_block(task)))
  }
  out <- lapply(out, as_in_data, fit, newdata, data, type)
  if (length(out) == 1L) out[[1]] else out
}

# What in_blocks() asks of each block.
predict_block <- function(task) {
  limits <- if (task$type == "link") symmetric_limits else logit_limits
  function(block, before) {
    if (is.null(task$covariance)) {
      return(list(fit = predict_type(task, function(what) {
        predict_designs(task$fit, block, what, before)[[1]]
      })))
    }
    out <- predict_with_errors(task$fit, block, task$type, task$covariance, before)
    c(out, if (!is.null(task$level)) limits(out$fit, out$se.fit, task$level))
  }
}

# Of a source of rows, chunk by chunk; rows have no names then.
predict_source <- function(source, task) {
  if (!is.null(task$group) || !is.null(task$fit$group)) {
    refuse("Groups may have rows in several chunks, so `newdata` must be a data frame where there ",
           "are any.")
  }
  task$fit[c("source", "model")] <- NULL
  chunks <- over_chunks(source, predict_data, task)
  if (length(chunks) == 0L) refuse_empty_source()
  bind_predictions(chunks)
}

bind_predictions <- function(predicted) {
  first <- predicted[[1]]
  if (is.list(first)) {
    return(sapply(names(first), simplify = FALSE, function(name) {
      bind_predictions(lapply(predicted, `[[`, name))
    }))
  }
  if (is.factor(first)) {
    return(factor_of(unlist(lapply(predicted, as.integer)), levels(first), is.ordered(first)))
  }
  flat <- do.call(rbind, lapply(predicted, function(a) matrix(a, nrow(a))))
  array(flat, c(nrow(flat), dim(first)[-1]), c(list(NULL), dimnames(first)[-1]))
}

prediction_types <- c("class", "prob", "response", "link", "gate", "expert", "posterior")

# The rows with their response where responsibilities ask for it, and with their groups.
rows_to_predict <- function(fit, newdata, newz, newy, type, group) {
  data <- rows_for(fit, newdata, newz, newy, type == "posterior")
  if (type == "posterior" && is.null(data$y)) {
    refuse("Responsibilities (`type = \"posterior\"`) need the response: ",
           if (is.null(fit$terms)) "give `newy`." else "add it to `newdata`.")
  }
  if (is.null(newdata)) data else with_groups(data, groups_in(fit, group, newdata))
}

# `predicted` gives the core's kinds of predictions. Classes are codes.
predict_type <- function(task, predicted) {
  type <- task$type
  if (type %in% c("gate", "expert", "posterior")) return(predicted(type))
  prob <- shift_probabilities(predicted("prob"), task$fit$class_shares, task$prior)
  switch(type, prob = prob, link = log_odds(prob), class = top_codes(prob))
}

check_history <- function(newdata, se.fit, interval) {
  if (is.null(newdata)) refuse("`history` must come with `newdata`, the rows to predict.")
  if (se.fit || interval != "none") {
    refuse("Standard errors and intervals are for predictions without `history`.")
  }
}

check_prior_wanted <- function(prior, type, errors) {
  if (is.null(prior)) return(invisible())
  if (!type %in% c("class", "prob", "link")) {
    refuse("`prior` must be NULL for `type` other than \"class\", \"prob\" or \"link\".")
  }
  if (errors) refuse("Standard errors and intervals are for predictions without `prior`.")
}

check_errors_wanted <- function(type, se.fit) {
  if (type %in% c("prob", "link", "gate", "expert")) return(invisible())
  refuse("`", if (se.fit) "se.fit = TRUE" else "interval = \"confidence\"", "` is for `type` ",
         "\"prob\", \"link\", \"gate\" or \"expert\", not ", given(type), ".")
}

# A row for each of the data, with its name; responsibilities of groups have rows of their own.
as_in_data <- function(out, fit, newdata, data, type) {
  if (type == "posterior" && !is.null(data$group)) return(out)
  if (type == "class") out <- factor_of(out, fit$levels, fit$ordered)
  out <- name_rows(out, fit, newdata, data)
  if (is.null(newdata)) pad_omitted(fit, out) else out
}

# Names of the rows of matrices and arrays, as in the data; classes have none.
name_rows <- function(out, fit, newdata, data) {
  if (is.factor(out)) return(out)
  names <- if (is.null(newdata)) used_rows(fit) else data$names()
  if (!is.null(names)) dimnames(out)[[1]] <- names
  out
}

# Rows that na.exclude left out come back as NA.
pad_omitted <- function(fit, out) {
  if (!inherits(fit$na.action, "exclude")) return(out)
  if (length(dim(out)) < 3L) return(stats::napredict(fit$na.action, out))
  n <- dim(out)[1] + length(fit$na.action)
  padded <- array(NA_real_, c(n, dim(out)[-1]), c(list(character(n)), dimnames(out)[-1]))
  padded[-fit$na.action, , ] <- out
  rownames(padded)[-fit$na.action] <- rownames(out)
  rownames(padded)[fit$na.action] <- names(fit$na.action)
  padded
}

#' @rdname predict.moe_fit
#' @details `predict()` of a [moe_dendrogram()] is that of the fit that [cut.moe_dendrogram()]
#'   gives.
#' @export
predict.moe_dendrogram <- function(object, ...) predict.moe_fit(cut.moe_dendrogram(object), ...)

#' @rdname moe_tune
#' @param object A cross-validation by `moe_tune()`.
#' @export
predict.moe_tune <- function(object, ...) predict.moe_fit(object$fit, ...)

#' @export
fitted.moe_fit <- function(object, ...) predict.moe_fit(object, type = "prob")
