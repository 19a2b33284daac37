# What the packages insight, parameters and performance ask of a model.

#' Fits in the easystats packages
#'
#' Methods for `insight`, `parameters` and `performance`, of which those that are used must be
#' installed. With `parameters::model_parameters()` there, `modelsummary::modelsummary()` also shows
#' fits side by side, whatever their numbers of experts, as it names each coefficient in full.
#'
#' @details
#' `insight::is_model()` has a list of classes of its own, in which ours is not, so that functions
#' which ask it before anything else, such as `parameters::compare_parameters()` and
#' `performance::compare_performance()`, leave fits out.
#'
#' @param x,model A fit by [moe_fit()].
#' @param ci Confidence level, or `NULL` for no limits.
#' @param vcov `NULL` for `vcov(model)`; a type of [vcov.moe_fit()]; a covariance matrix, or a
#'   function that makes one of the fit.
#' @param exponentiate Whether to give odds ratios; standard errors stay those of the log odds.
#' @param ... Not used.
#' @return `model_parameters()`: a row per coefficient with `Parameter` (named in full, as in
#'   [vcov.moe_fit()]), `Coefficient`, `SE`, `CI_low`, `CI_high`, `z` and `p`.
#'   `performance_logloss()`: the mean of \eqn{-\log p(y_i)} over the rows, by their weights.
#'   `r2()`: McFadden's, \eqn{1 - \ell / \ell_0}, with \eqn{\ell_0} the log-likelihood of the
#'   classes' shares. `get_predicted()`: class probabilities, of two classes those of the second.
#'   `model_performance()`: AIC, BIC, these two and the number of experts in one
#'   row. Others: what the packages ask for.
#' @references
#' McFadden, D. (1974). Conditional logit analysis of qualitative choice behavior. In P. Zarembka
#' (ed.), *Frontiers in Econometrics*. Academic Press, 105-142.
#' @examplesIf requireNamespace("parameters", quietly = TRUE)
#' set.seed(1)
#' fit <- moe_fit(Species ~ Sepal.Length + Sepal.Width, iris, lambda = 1)
#' parameters::model_parameters(fit)
#' @name model_parameters.moe_fit
NULL

#' @rdname model_parameters.moe_fit
#' @method model_parameters moe_fit
#' @rawNamespace S3method(parameters::model_parameters, moe_fit)
model_parameters.moe_fit <- function(model, ci = 0.95, vcov = NULL, exponentiate = FALSE, ...) {
  table <- inference_table(model, vcov)
  out <- data.frame(Parameter = names(coefficient_vector(model)), Coefficient = table[, 1],
                    SE = table[, 2], row.names = NULL)
  if (!is.null(ci)) {
    limits <- table[, 1] + outer(table[, 2], stats::qnorm(interval_tails(check_level(ci, "ci"))))
    out <- cbind(out, CI = ci, CI_low = limits[, 1], CI_high = limits[, 2])
  }
  out <- cbind(out, z = table[, 3], df_error = Inf, p = table[, 4], row.names = NULL)
  if (check_flag(exponentiate, "exponentiate")) {
    columns <- intersect(c("Coefficient", "CI_low", "CI_high"), names(out))
    out[columns] <- exp(out[columns])
  }
  structure(out, class = c("parameters_model", "see_parameters_model", "data.frame"), ci = ci,
            exponentiate = exponentiate, coefficient_name = if (exponentiate) "Odds Ratio" else
              "Log-Odds", ci_method = "wald", test_statistic = "z-statistic", digits = 2,
            ci_digits = 2, p_digits = 3, model_class = "moe_fit", no_caption = TRUE)
}

inference_table <- function(fit, covariance = NULL) {
  if (is.function(covariance)) covariance <- covariance(fit)
  if (is.character(covariance)) covariance <- vcov.moe_fit(fit, covariance)
  if (is.null(covariance)) covariance <- tidy_covariance(fit, "observed", NULL)
  kept <- kept_coefficients(fit)
  if (nrow(covariance) < length(kept)) {
    whole <- matrix(NA_real_, length(kept), length(kept))
    whole[kept, kept] <- covariance
    covariance <- whole
  }
  coefficient_table(fit, covariance)
}

#' @rdname model_parameters.moe_fit
#' @method standard_error moe_fit
#' @rawNamespace S3method(parameters::standard_error, moe_fit)
standard_error.moe_fit <- function(model, vcov = NULL, ...) {
  as.data.frame(model_parameters.moe_fit(model, vcov = vcov))[c("Parameter", "SE")]
}

#' @rdname model_parameters.moe_fit
#' @method p_value moe_fit
#' @rawNamespace S3method(parameters::p_value, moe_fit)
p_value.moe_fit <- function(model, vcov = NULL, ...) {
  as.data.frame(model_parameters.moe_fit(model, vcov = vcov))[c("Parameter", "p")]
}

#' @rdname model_parameters.moe_fit
#' @method ci moe_fit
#' @rawNamespace S3method(parameters::ci, moe_fit)
ci.moe_fit <- function(x, ci = 0.95, vcov = NULL, ...) {
  table <- model_parameters.moe_fit(x, ci, vcov)
  as.data.frame(table)[c("Parameter", "CI", "CI_low", "CI_high")]
}

#' @rdname model_parameters.moe_fit
#' @method get_parameters moe_fit
#' @rawNamespace S3method(insight::get_parameters, moe_fit)
get_parameters.moe_fit <- function(x, ...) {
  estimates <- coefficient_vector(x)
  data.frame(Parameter = names(estimates), Estimate = unname(estimates))
}

#' @rdname model_parameters.moe_fit
#' @method find_parameters moe_fit
#' @rawNamespace S3method(insight::find_parameters, moe_fit)
find_parameters.moe_fit <- function(x, ...) list(conditional = names(coefficient_vector(x)))

#' @rdname model_parameters.moe_fit
#' @method n_parameters moe_fit
#' @rawNamespace S3method(insight::n_parameters, moe_fit)
n_parameters.moe_fit <- function(x, ...) x$df

#' @rdname model_parameters.moe_fit
#' @param type Of degrees of freedom: `"residual"`, those of the rows; `"model"`, the number of
#'   parameters; others are for tests of coefficients, which are normal.
#' @method get_df moe_fit
#' @rawNamespace S3method(insight::get_df, moe_fit)
get_df.moe_fit <- function(x, type = "wald", ...) {
  switch(type, residual = df.residual.moe_fit(x), model = x$df, Inf)
}

#' @rdname model_parameters.moe_fit
#' @method get_statistic moe_fit
#' @rawNamespace S3method(insight::get_statistic, moe_fit)
get_statistic.moe_fit <- function(x, ...) {
  structure(data.frame(Parameter = names(coefficient_vector(x)),
                       Statistic = unname(inference_table(x)[, 3])), statistic = "z-statistic")
}

#' @rdname model_parameters.moe_fit
#' @param data `NULL` for the rows of the fit, or a data frame as in [predict.moe_fit()].
#' @method get_predicted moe_fit
#' @rawNamespace S3method(insight::get_predicted, moe_fit)
get_predicted.moe_fit <- function(x, data = NULL, ...) {
  prob <- predict.moe_fit(x, data, "prob")
  if (ncol(prob) == 2L) return(structure(prob[, 2], class = c("get_predicted", "numeric")))
  structure(data.frame(Row = rep(seq_len(nrow(prob)), ncol(prob)),
                       Response = rep(colnames(prob), each = nrow(prob)),
                       Predicted = as.vector(prob)), class = c("get_predicted", "data.frame"))
}

# insight describes a model in some forty fields, which differ between its versions: they are taken
# from a logit of two classes, and changed where there are more.
#' @rawNamespace S3method(insight::model_info, moe_fit, insight_info)
insight_info <- function(x, ...) {
  info <- insight::model_info(stats::glm(c(0, 1, 1, 0) ~ 1, stats::binomial()))
  info$n_obs <- x$rows
  if (length(x$levels) == 2L) return(info)
  info[c("is_binomial", "is_bernoulli", "is_logit")] <- FALSE
  info[c("is_categorical", "is_multinomial")] <- TRUE
  info$family <- "multinomial"
  info
}

#' @rdname model_parameters.moe_fit
#' @method performance_logloss moe_fit
#' @rawNamespace S3method(performance::performance_logloss, moe_fit)
performance_logloss.moe_fit <- function(model, ...) -model$loglik / model$nobs

#' @rdname model_parameters.moe_fit
#' @method r2 moe_fit
#' @rawNamespace S3method(performance::r2, moe_fit)
r2.moe_fit <- function(model, ...) {
  counts <- class_totals(training_data(model)$y, prior_weights(model))
  alone <- sum(counts * log(counts / sum(counts)))
  structure(list(R2 = c(`McFadden's R2` = 1 - model$loglik / alone)), model_type = "moelogit",
            class = "r2_generic")
}

#' @rdname model_parameters.moe_fit
#' @method model_performance moe_fit
#' @rawNamespace S3method(performance::model_performance, moe_fit)
model_performance.moe_fit <- function(model, ...) {
  structure(data.frame(AIC = stats::AIC(model), BIC = stats::BIC(model),
                       R2 = unname(r2.moe_fit(model)$R2),
                       Log_loss = performance_logloss.moe_fit(model), Experts = model$experts),
            class = c("performance_model", "data.frame"))
}
