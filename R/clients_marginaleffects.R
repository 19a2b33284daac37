# What the package marginaleffects asks of a model.

#' Marginal effects by the package marginaleffects
#'
#' Methods with which the package marginaleffects, which must be installed, takes fits from
#' formulas: `predictions()`, `comparisons()`, `slopes()`, their averages and plots, and
#' `hypotheses()`. Its `group` is the class. `avg_slopes(fit)` gives what [moe_effects()] gives,
#' more slowly.
#'
#' @details
#' The package takes classes that it does not know if the option `marginaleffects_model_classes`
#' names them; ours is added to that option when the package is loaded.
#'
#' @param model A fit by [moe_fit()] from a formula, that holds its training data.
#' @param newdata A data frame.
#' @param type `"response"` or `"prob"`, class probabilities, or another type of
#'   [predict.moe_fit()] that gives a matrix, such as `"gate"`, whose groups are then the experts.
#' @param coefs Coefficients to put into the fit, in the order of `coef(model, complete = FALSE)`.
#' @param vcov What `marginaleffects` was given: `TRUE` or `NULL` for `vcov(model)`, `FALSE` for
#'   none, a type of [vcov.moe_fit()] or of `sandwich::vcovHC()`, a formula such as `~ id` for
#'   clusters, a matrix or a function.
#' @param ... Not used.
#' @return What marginaleffects asks for; users call its functions.
#' @seealso [moe_effects()], [emm_basis.moe_fit]
#' @examplesIf requireNamespace("marginaleffects", quietly = TRUE)
#' set.seed(1)
#' fit <- moe_fit(Species ~ Sepal.Length + Sepal.Width, iris, lambda = 1)
#' marginaleffects::avg_slopes(fit, variables = "Sepal.Width")
#' @name get_predict.moe_fit
NULL

#' @rdname get_predict.moe_fit
#' @method get_predict moe_fit
#' @rawNamespace S3method(marginaleffects::get_predict, moe_fit)
get_predict.moe_fit <- function(model, newdata = model$model, type = "prob", ...) {
  prob <- predict.moe_fit(model, as.data.frame(newdata), type)
  rows <- if (is.null(newdata$rowid)) seq_len(nrow(prob)) else newdata$rowid
  data.frame(rowid = rep(rows, ncol(prob)),
             group = factor(rep(colnames(prob), each = nrow(prob)), colnames(prob)),
             estimate = as.vector(prob))
}

#' @rdname get_predict.moe_fit
#' @method get_coef moe_fit
#' @rawNamespace S3method(marginaleffects::get_coef, moe_fit)
get_coef.moe_fit <- function(model, ...) coef.moe_fit(model, complete = FALSE)

#' @rdname get_predict.moe_fit
#' @method set_coef moe_fit
#' @rawNamespace S3method(marginaleffects::set_coef, moe_fit)
set_coef.moe_fit <- function(model, coefs, ...) {
  all <- replace(coefficient_vector(model), kept_coefficients(model), coefs)
  gate <- seq_along(model$coefficients$gate)
  model$coefficients$gate[] <- all[gate]
  model$coefficients$expert[] <- if (length(gate)) all[-gate] else all
  measure <- model$measure
  design <- list(x_center = measure$expert_center, x_scale = measure$expert_scale,
                 z_center = measure$gate_center, z_scale = measure$gate_scale)
  theta <- theta_from_coefficients(model$coefficients, design, model$columns)
  gate <- seq_along(measure$gate)
  model$measure$gate[] <- theta[gate]
  model$measure$expert[] <- theta[-gate]
  model
}

#' @rdname get_predict.moe_fit
#' @method get_vcov moe_fit
#' @rawNamespace S3method(marginaleffects::get_vcov, moe_fit)
get_vcov.moe_fit <- function(model, vcov = NULL, ...) {
  if (isFALSE(vcov)) return(NULL)
  if (is.matrix(vcov)) return(vcov)
  if (is.function(vcov)) return(vcov(model))
  if (inherits(vcov, "formula")) return(vcov.moe_fit(model, cluster = vcov, complete = FALSE))
  if (is.null(vcov) || isTRUE(vcov)) return(vcov.moe_fit(model, complete = FALSE))
  if (vcov %in% covariance_types) vcov.moe_fit(model, vcov, complete = FALSE) else
    vcovHC.moe_fit(model, vcov)
}

# Names our class among those that marginaleffects takes.
announce_to_marginaleffects <- function(...) {
  known <- getOption("marginaleffects_model_classes")
  options(marginaleffects_model_classes = union(known, "moe_fit"))
}
