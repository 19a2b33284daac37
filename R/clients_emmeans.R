# Estimated marginal means by the package emmeans.

#' Estimated marginal means
#'
#' Methods with which the package emmeans, which must be installed, takes fits from formulas:
#' `emmeans()`, `pairs()`, `contrast()`, `emtrends()`, `emmip()` and its others.
#'
#' @details
#' The grid has a factor more than the covariates: the class, named as the response, so that
#' `emmeans(fit, ~ y | f)` gives the class probabilities of each level of `f`. They are those of the
#' mixture, gate and experts together. With one expert they are those of `nnet::multinom()`. Errors
#' are by the delta method, as in [predict.moe_fit()], and normal.
#'
#' @param object A fit by [moe_fit()] from a formula, that holds its training data.
#' @param trms,xlev,grid What emmeans hands over.
#' @param mode `"prob"`, class probabilities, which are averaged as they are; or `"latent"`, their
#'   logarithms less the mean of these over classes.
#' @param vcov. `NULL` for the covariance from the observed information; or a covariance matrix of
#'   the coefficients that were not dropped, or a function that makes one of the fit.
#' @param ... Not used.
#' @return What emmeans asks for; users call `emmeans::emmeans()`.
#' @seealso [moe_effects()] for average marginal effects, which need no other package.
#' @examplesIf requireNamespace("emmeans", quietly = TRUE)
#' set.seed(1)
#' fit <- moe_fit(Species ~ Sepal.Length + Sepal.Width, iris, lambda = 1)
#' emmeans::emmeans(fit, ~ Species | Sepal.Width, at = list(Sepal.Width = c(2.5, 3.5)))
#' @name emm_basis.moe_fit
NULL

#' @rdname emm_basis.moe_fit
#' @method recover_data moe_fit
#' @rawNamespace S3method(emmeans::recover_data, moe_fit)
recover_data.moe_fit <- function(object, ...) {
  emmeans::recover_data(object$call, delete.response(terms(object)), object$na.action,
                        frame = object$model, ...)
}

#' @rdname emm_basis.moe_fit
#' @method emm_basis moe_fit
#' @rawNamespace S3method(emmeans::emm_basis, moe_fit)
emm_basis.moe_fit <- function(object, trms, xlev, grid, mode = c("prob", "latent"), vcov. = NULL,
                              ...) {
  mode <- check_choice(mode, c("prob", "latent"), "mode")
  rows <- with_designs(new_frame(object, grid, FALSE))
  problem <- fit_problem(object, rows, weights = NULL)
  at <- core_predict(problem, as_theta(object$measure), c("gate", "expert"))
  slopes <- prob_slopes(at$gate, at$expert)
  jacobian <- prob_jacobian(object, slopes$slopes, scaled_designs(problem$design))
  estimates <- prob <- slopes$prob
  if (mode == "latent") {
    centre <- diag(ncol(prob)) - 1 / ncol(prob)
    estimates <- log(prob) %*% centre
    jacobian <- kronecker(centre, diag(nrow(prob))) %*% (jacobian / as.vector(prob))
  }
  response <- formula(object$formula, rhs = 0)[[2]]
  name <- if (is.name(response)) as.character(response) else "class"
  labels <- setNames(list(object$levels), name)
  list(X = diag(length(estimates)), bhat = as.vector(estimates), nbasis = matrix(NA),
       V = delta_covariance(object, jacobian, vcov.), dffun = function(k, dfargs) Inf,
       dfargs = list(),
       misc = c(list(ylevs = labels), if (mode == "latent") list(tran = "log", inv.lbl = "e^y")))
}

# Derivatives of all class probabilities (rows fastest, then classes) by the kept coefficients on
# standardised covariates, nM x d.
prob_jacobian <- function(fit, slopes, scaled) {
  blocks <- lapply(seq_len(dim(slopes)[3]), function(a) {
    x <- if (predictor_layout(fit)$gate[a]) scaled$z else scaled$x
    do.call(rbind, lapply(seq_len(dim(slopes)[2]), function(m) slopes[, m, a] * x))
  })
  do.call(cbind, blocks)
}

delta_covariance <- function(fit, jacobian, covariance = NULL) {
  if (is.function(covariance)) covariance <- covariance(fit)
  if (is.null(covariance)) {
    covariance <- scaled_covariance(fit)
  } else {
    jacobian <- to_user_scores(fit, jacobian)
    kept <- kept_coefficients(fit)
    if (nrow(covariance) == length(kept)) covariance <- covariance[kept, kept]
  }
  jacobian %*% tcrossprod(covariance, jacobian)
}
