# The verbs of broom, registered where the package generics is.

#' Tidy tables of fits
#'
#' `tidy()` gives a row per coefficient, `glance()` a row per model, `augment()` a row per
#' observation, as in the package broom, for tools made for these. They are methods of the generics
#' in the package generics, which must be installed; load broom or generics to call them.
#'
#' @param x A fit by [moe_fit()], or for `tidy()` also a bootstrap by [moe_bootstrap()], for
#'   `augment()` an average by [moe_average()], which needs `newdata` and has no `.expert`. Other
#'   objects are on [another page][tidy.moe_dendrogram].
#' @param conf.int Whether to add confidence limits.
#' @param conf.level Their level.
#' @param exponentiate Whether to give odds ratios: `estimate` and limits are exponentiated, while
#'   `std.error` stays that of the log odds.
#' @param type,cluster Which covariance standard errors are from, see [vcov.moe_fit()]; for a
#'   bootstrap, `type` is that of the intervals, see [moe_bootstrap()].
#' @param data,newdata A data frame (for fits from matrices: a matrix) with covariates, to which
#'   columns are added; the training data by default.
#' @param newz For fits from matrices, the gate's covariates, as in [predict.moe_fit()].
#' @param ... Not used: tools hand over arguments of their own here.
#' @return All are data frames of class `tbl_df`.
#'
#'   `tidy()` of a fit: `component` (`"gate"`, or the expert whose coefficient it is), `y.level`
#'   (whose log-odds: an expert against the first for the gate, a class against the first for an
#'   expert), `term` (the covariate), `estimate`, `std.error`, `statistic` (z), `p.value` (normal,
#'   two-sided), and with `conf.int` `conf.low` and `conf.high`. Coefficients of dropped covariates
#'   are `NA`. Fits for which [vcov.moe_fit()] has no covariance, because they hold no training data
#'   or were merged, have `NA` in all but `estimate`, without a warning. `tidy()` of a bootstrap:
#'   `component`, `y.level`, `term`, `estimate`, `bias`, `std.error` and the limits.
#'
#'   `glance()`: `experts`, `lambda`, `logLik`, `AIC`, `BIC`, `deviance`, `df`, `nobs`, `converged`.
#'
#'   `augment()`: the data with `.fitted` (the most probable class), `.prob_` and the class for each
#'   class's probability, and `.expert` (which the gate favours). Rows with missing covariates have
#'   `NA`. Columns of these names that the data have already are replaced, with a warning.
#' @examplesIf requireNamespace("generics", quietly = TRUE)
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' generics::tidy(fit, conf.int = TRUE)
#' generics::glance(fit)
#' head(generics::augment(fit), 3)
#' @name tidy.moe_fit
NULL

#' @rdname tidy.moe_fit
#' @method tidy moe_fit
#' @rawNamespace S3method(generics::tidy, moe_fit)
tidy.moe_fit <- function(x, conf.int = FALSE, conf.level = 0.95, exponentiate = FALSE,
                         type = c("observed", "sandwich", "opg"), cluster = NULL, ...) {
  check_fit(x, "x")
  tails <- tidy_tails(conf.int, conf.level)
  check_flag(exponentiate, "exponentiate")
  table <- coefficient_table(x, tidy_covariance(x, type, cluster))
  out <- cbind(coefficient_labels(x), estimate = table[, 1], std.error = table[, 2],
               statistic = table[, 3], p.value = table[, 4])
  if (!is.null(tails)) {
    out <- add_limits(out, out$estimate + outer(out$std.error, stats::qnorm(tails)))
  }
  as_tibble_class(if (exponentiate) exponentiate_table(out) else out)
}

tidy_tails <- function(conf.int, conf.level) {
  if (check_flag(conf.int, "conf.int")) interval_tails(check_level(conf.level, "conf.level"))
}

# NA where there is no covariance at all, so that tables of several models can hold such a fit.
tidy_covariance <- function(fit, type, cluster) {
  if (holds_rows(fit) && fit$status != "merged") return(vcov.moe_fit(fit, type, cluster))
  count <- length(coefficient_vector(fit))
  matrix(NA_real_, count, count)
}

add_limits <- function(table, limits) {
  table$conf.low <- limits[, 1]
  table$conf.high <- limits[, 2]
  table
}

exponentiate_table <- function(table) {
  columns <- intersect(c("estimate", "conf.low", "conf.high"), names(table))
  table[columns] <- lapply(table[columns], exp)
  table
}

# What a tibble is, without the package: automatic row names, and its class.
as_tibble_class <- function(table) {
  class(table) <- c("tbl_df", "tbl", "data.frame")
  attr(table, "row.names") <- .set_row_names(nrow(table))
  table
}

#' @rdname tidy.moe_fit
#' @method tidy moe_bootstrap
#' @rawNamespace S3method(generics::tidy, moe_bootstrap)
tidy.moe_bootstrap <- function(x, conf.int = FALSE, conf.level = 0.95, exponentiate = FALSE,
                               type = c("percentile", "basic", "normal"), ...) {
  tails <- tidy_tails(conf.int, conf.level)
  check_flag(exponentiate, "exponentiate")
  table <- summary.moe_bootstrap(x)
  out <- cbind(x$labels, estimate = table[, "Estimate"], bias = table[, "Bias"],
               std.error = table[, "Std. Error"])
  if (!is.null(tails)) {
    out <- add_limits(out, confint.moe_bootstrap(x, level = conf.level, type = type))
  }
  as_tibble_class(if (exponentiate) exponentiate_table(out) else out)
}

#' @rdname tidy.moe_fit
#' @method glance moe_fit
#' @rawNamespace S3method(generics::glance, moe_fit)
glance.moe_fit <- function(x, ...) {
  check_fit(x, "x")
  as_tibble_class(data.frame(
    experts = x$experts, lambda = x$lambda, logLik = x$loglik, AIC = stats::AIC(x),
    BIC = stats::BIC(x), deviance = stats::deviance(x), df = x$df, nobs = x$nobs,
    converged = x$converged
  ))
}

#' @rdname tidy.moe_fit
#' @method augment moe_fit
#' @rawNamespace S3method(generics::augment, moe_fit)
augment.moe_fit <- function(x, data = NULL, newdata = NULL, newz = NULL, ...) {
  check_fit(x, "x")
  given <- if (is.null(newdata)) data else newdata
  at <- predict_rows(x, rows_for(x, given, newz), c("prob", "gate"))
  out <- if (is.null(given)) training_table(x) else given_table(given)
  with_columns(out, c(class_columns(x, at$prob),
                      list(.expert = most_probable(at$gate, names(x$shares)))))
}

#' @rdname tidy.moe_fit
#' @method augment moe_average
#' @rawNamespace S3method(generics::augment, moe_average)
augment.moe_average <- function(x, newdata, newz = NULL, ...) {
  check_average(x, "x")
  prob <- predict.moe_average(x, newdata, "prob", newz)
  with_columns(given_table(newdata), class_columns(x, prob))
}

# Data that users give as a data frame or a matrix, sparse or not.
given_table <- function(data) as.data.frame(if (is_sparse(data)) as.matrix(data) else data)

class_columns <- function(fit, prob) {
  c(list(.fitted = most_probable(prob, fit$levels, fit$ordered)),
    stats::setNames(as.data.frame(prob), paste0(".prob_", fit$levels)))
}

# What is augmented may have been so before, by another fit.
with_columns <- function(data, columns) {
  replaced <- intersect(names(columns), names(data))
  if (length(replaced)) {
    warning("The data have columns that augment() writes, and these are replaced: ",
            enumerate(replaced), ".", call. = FALSE)
  }
  data[names(columns)] <- columns
  as_tibble_class(data)
}

# The training data as a data frame: the model frame, or the matrices' columns beside the response.
training_table <- function(fit) {
  if (!is.null(fit$terms)) {
    attr(fit$model, "terms") <- NULL
    return(fit$model)
  }
  data <- training_data(fit)
  own <- setdiff(colnames(data$z), colnames(data$x))
  y <- if (is_counts(data$y)) I(class_counts(data$y)) else data$y
  data.frame(y = y, as.matrix(data$x[, -1, drop = FALSE]),
             as.matrix(data$z[, own, drop = FALSE]), check.names = FALSE)
}
