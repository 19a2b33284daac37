# What a calibration shows of itself: tables and printing.

#' Tables of a calibration
#'
#' @param x Calibration by [moe_calibration()].
#' @param row.names,optional Not used.
#' @param what `"measures"`, `"bins"` or `"classes"`.
#' @param ... Not used; an argument here is an error.
#' @return A data frame with the column `model`, a factor, and
#'   * `"measures"`: `measure`; `target`, `"top-label"` or `"classwise"` for calibration errors,
#'     otherwise `NA`; `binning`, `"mass"`, `"width"` or `NA`; the `estimate`; `lower` and `upper`,
#'     its interval; `se`, the standard deviation of the replicates. The measures are `log_loss`,
#'     `brier`, `accuracy`, `balanced_accuracy`; `ece`, `ece_debiased`, `rmsce`, `rmsce_debiased`,
#'     `mce`; and the parts of the Brier score (summed over classes) `reliability`, `resolution`,
#'     `uncertainty`, `within_variance`, `within_covariance`.
#'   * `"bins"`: a row per bin that holds rows: `target` (`"top-label"` or a class), `binning`,
#'     `bin`; its limits `from` and `to`; the number of `rows` and their `weight`; the mean
#'     `predicted` probability and the `observed` frequency; `lower` and `upper`, the exact binomial
#'     (Clopper-Pearson) interval about the observed; and `consistent_lower`, `consistent_upper`,
#'     between which a binomial frequency with the predicted probability lies (consistency bars,
#'     Bröcker and Smith 2007).
#'   * `"classes"`: a row per class and `binning`: its `frequency`, its Brier score, its calibration
#'     errors and the parts of its score.
#' @references Bröcker, J. and Smith, L. A. (2007). Increasing the reliability of reliability
#'   diagrams. *Weather and Forecasting* 22, 651-661.
#' @examples
#' set.seed(1)
#' p <- runif(500)
#' calibration <- moe_calibration(p, rbinom(500, 1, p), bins = 5, bootstrap = 0)
#' head(as.data.frame(calibration))
#' subset(as.data.frame(calibration, what = "bins"), target == "1" & binning == "mass")
#' @export
as.data.frame.moe_calibration <- function(x, row.names = NULL, optional = FALSE,
                                          what = c("measures", "bins", "classes"), ...) {
  check_unused(...)
  check_calibration(x)
  x[[check_choice(what, c("measures", "bins", "classes"), "what")]]
}

#' @export
print.moe_calibration <- function(x, digits = max(3L, getOption("digits") - 3L), ...) {
  digits <- check_digits(digits)
  check_calibration(x)
  print_calibration_heading(x)
  shown <- x$measures$binning %in% c(NA, "mass") &
    x$measures$measure %in% c(score_names$measure[1:4], "ece", "ece_debiased", "mce")
  cat("\n")
  print_scores(x$measures[shown, ], x, digits)
  invisible(x)
}

print_calibration_heading <- function(x) {
  cat_wrapped("Calibration of ", if (length(x$models)) paste(length(x$models), "models on "),
              x$rows, if (x$rows > 1L) " rows" else " row",
              if (x$weighted) paste(" of total weight", format(x$total)), ", ",
              describe_classes(x$levels))
  cat_wrapped(
    "At most ", x$n_bins, if (x$n_bins > 1L) " bins; " else " bin; ",
    if (x$resamples > 0L) {
      paste0(format(100 * x$level), "% ", x$interval, " bootstrap intervals (", x$resamples,
             " resamples of the rows)")
    } else {
      "no intervals"
    }
  )
}

# One model: scores with their intervals. Several: a column each.
print_scores <- function(table, x, digits) {
  first <- table[table$model == table$model[1], ]
  label <- paste0(first$measure, ifelse(is.na(first$target), "", paste(",", first$target)),
                  ifelse(is.na(first$binning), "", paste(",", first$binning)))
  out <- if (length(x$models)) {
    matrix(table$estimate, length(label), dimnames = list(label, x$models))
  } else {
    as.matrix(data.frame(table[c("estimate", "lower", "upper")], row.names = label))
  }
  print(if (x$resamples > 0L || length(x$models)) out else out[, 1, drop = FALSE],
        digits = digits)
}

#' @export
summary.moe_calibration <- function(object, ...) {
  check_unused(...)
  structure(object, class = c("summary.moe_calibration", "moe_calibration"))
}

#' @export
print.summary.moe_calibration <- function(x, digits = max(3L, getOption("digits") - 3L), ...) {
  digits <- check_digits(digits)
  check_calibration(x)
  print_calibration_heading(x)
  one <- x
  one$models <- NULL
  for (model in levels(x$measures$model)) {
    cat("\n", if (length(x$models)) paste0(model, "\n"), sep = "")
    print_scores(x$measures[x$measures$model == model, ], one, digits)
  }
  invisible(x)
}

#' @rdname tidy.moe_dendrogram
#' @method tidy moe_calibration
#' @rawNamespace S3method(generics::tidy, moe_calibration)
tidy.moe_calibration <- function(x, ...) {
  check_calibration(x)
  table <- x$measures
  names(table)[match(c("lower", "upper", "se"), names(table))] <-
    c("conf.low", "conf.high", "std.error")
  as_tibble_class(table)
}

#' @rdname tidy.moe_dendrogram
#' @method glance moe_calibration
#' @rawNamespace S3method(generics::glance, moe_calibration)
glance.moe_calibration <- function(x, ...) {
  check_calibration(x)
  one_row(models = max(1L, length(x$models)), classes = length(x$levels), nobs = x$total,
          bins = x$n_bins, resamples = x$resamples, level = x$level)
}
