# What the package DALEX asks of a model.

#' Explanations by the package DALEX
#'
#' `DALEX::explain()` knows that a fit predicts classes, and how likely they are.
#'
#' @param X.model A fit by [moe_fit()].
#' @param newdata Covariates, as in [predict.moe_fit()].
#' @param ... Not used.
#' @return The class probabilities; of two classes that of the second alone, or the column that
#'   `DALEX::explain(predict_function_target_column = )` names. Users call `DALEX::explain()`, with
#'   a factor as `y` where there are three classes or more, and 0 and 1 for two.
#' @examplesIf requireNamespace("DALEX", quietly = TRUE)
#' set.seed(1)
#' fit <- moe_fit(Species ~ Sepal.Length + Sepal.Width, iris, lambda = 1)
#' explainer <- DALEX::explain(fit, iris, iris$Species, verbose = FALSE)
#' DALEX::model_performance(explainer)
#' @name yhat.moe_fit
NULL

#' @rdname yhat.moe_fit
#' @method yhat moe_fit
#' @rawNamespace S3method(DALEX::yhat, moe_fit)
yhat.moe_fit <- function(X.model, newdata, ...) {
  prob <- predict.moe_fit(X.model, newdata, "prob")
  column <- attr(X.model, "predict_function_target_column")
  if (is.null(column) && ncol(prob) > 2L) return(prob)
  as.vector(prob[, if (is.null(column)) 2L else column])
}

# insight has a generic of the same name.
#' @rawNamespace S3method(DALEX::model_info, moe_fit, dalex_info)
dalex_info <- function(model, ...) {
  structure(list(package = "moelogit", ver = format(utils::packageVersion("moelogit")),
                 type = if (length(model$levels) > 2L) "multiclass" else "classification"),
            class = "model_info")
}
