# Regression tables by the package gtsummary.

#' Regression tables by gtsummary
#'
#' `gtsummary::tbl_regression()` groups coefficients by `y.level`. For its table the component is
#' there too, as in `expert1 mid`, so that coefficients of the same class in different experts are
#' not taken for one. The gate's are in groups of their own, `gate expert2`. With one expert the
#' groups are the classes, as of `nnet::multinom()`.
#'
#' @param x A fit by [moe_fit()].
#' @param ... Further arguments of `gtsummary::tbl_regression()`.
#' @return As of `gtsummary::tbl_regression()`.
#' @seealso [tidy.moe_fit()]
#' @examplesIf requireNamespace("gtsummary", quietly = TRUE)
#' set.seed(1)
#' fit <- moe_fit(Species ~ Sepal.Length + Sepal.Width, iris, lambda = 1)
#' gtsummary::tbl_regression(fit)
#' @method tbl_regression moe_fit
#' @rawNamespace S3method(gtsummary::tbl_regression, moe_fit)
tbl_regression.moe_fit <- function(x, ...) {
  labelled <- function(x, ...) {
    table <- tidy.moe_fit(x, ...)
    if (length(unique(table$component)) > 1L) {
      table$y.level <- paste(table$component, table$y.level)
    }
    table
  }
  NextMethod(tidy_fun = labelled)
}
