# An engine for the package parsnip.

#' The engine of parsnip's models
#'
#' `parsnip::multinom_reg()`, and `parsnip::logistic_reg()` for two classes, have the engine
#' `"moelogit"`, with `penalty` for `lambda` and `experts` among the arguments of
#' `parsnip::set_engine()`. Case weights and predictions of classes and probabilities are those of
#' [moe_fit()].
#'
#' @details
#' Both can be tuned, as in `tune::tune_grid()`: `penalty` has the values of `dials::penalty()`, and
#' `experts` those of `moe_dial_experts()`, which `hardhat::extract_parameter_set_dials()` finds.
#'
#' A formula of two parts goes to `parsnip::fit()`, or in a workflow to `add_model(formula = y ~ a |
#' b)` beside `add_variables()`: `add_formula()` and recipes would take the bar for a logical or.
#'
#' @examplesIf requireNamespace("parsnip", quietly = TRUE)
#' set.seed(1)
#' model <- parsnip::multinom_reg(penalty = 1) |>
#'   parsnip::set_engine("moelogit", experts = 2)
#' fit <- parsnip::fit(model, Species ~ Sepal.Length + Sepal.Width, iris)
#' predict(fit, iris[c(1, 51, 101), ], type = "prob")
#' @name moelogit-engine
NULL

#' @rdname moelogit-engine
#' @param range The least and the largest number of experts.
#' @param trans Ignored: numbers of experts are not transformed. dials asks for it.
#' @return `moe_dial_experts()`: a parameter of the package dials.
#' @export
moe_dial_experts <- function(range = c(1L, 6L), trans = NULL) {
  need_package("dials", "values to tune")
  dials::new_quant_param("integer", range = range, inclusive = c(TRUE, TRUE), trans = trans,
                         label = c(experts = "# Experts"))
}

announce_to_parsnip <- function(...) {
  for (model in c("multinom_reg", "logistic_reg")) {
    if (!"moelogit" %in% parsnip::get_from_env(model)$engine) register_engine(model)
  }
}

register_engine <- function(model) {
  engine <- function(setter, ...) setter(model, eng = "moelogit", ...)
  parsnip::set_model_engine(model, "classification", "moelogit")
  engine(parsnip::set_dependency, pkg = "moelogit", mode = "classification")
  engine(parsnip::set_model_arg, parsnip = "penalty", original = "lambda",
         func = list(pkg = "dials", fun = "penalty"), has_submodel = FALSE)
  engine(parsnip::set_model_arg, parsnip = "experts", original = "experts",
         func = list(pkg = "moelogit", fun = "moe_dial_experts"), has_submodel = FALSE)
  engine(parsnip::set_fit, mode = "classification", value = list(
    interface = "formula", protect = c("formula", "data", "weights"),
    func = c(pkg = "moelogit", fun = "moe_fit"), defaults = list()
  ))
  engine(parsnip::set_encoding, mode = "classification", options = list(
    predictor_indicators = "none", compute_intercept = FALSE, remove_intercept = FALSE,
    allow_sparse_x = FALSE
  ))
  for (type in c("class", "prob")) {
    engine(parsnip::set_pred, mode = "classification", type = type, value = list(
      pre = NULL, post = if (type == "prob") function(x, object) as.data.frame(x),
      func = c(fun = "predict"), args = list(object = quote(object$fit),
                                             newdata = quote(new_data), type = type)
    ))
  }
}
