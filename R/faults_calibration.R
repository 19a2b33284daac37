# What is wrong with a saved calibration.

calibration_parts <- c("measures", "bins", "classes", "resamples", "models", "levels", "rows",
                       "total", "n_bins", "interval", "level", "weighted")

# A data frame by model with these columns, some of them numbers.
is_table <- function(x, numbers = character(), columns = character()) {
  is.data.frame(x) && is.factor(x$model) && all(columns %in% names(x)) &&
    all(vapply(numbers, function(name) is.double(x[[name]]), NA))
}

calibration_rules <- alist(
  "its `measures` are no table of measures" =
    is_table(measures, "estimate", c("measure", "target", "binning", "lower", "upper", "se")),
  "its `models` are no names" = is.null(models) || is.character(models) && is.null(dim(models)),
  "its `bins` are no table of bins" =
    is_table(bins, c("predicted", "observed"), c("target", "binning", "rows", "weight")),
  "its `classes` are no table of classes" = is_table(classes),
  "its `resamples`, `rows`, `total`, `n_bins` and `level` are not single numbers" =
    all(vapply(list(resamples, rows, total, n_bins, level), is_one_number, NA)),
  "its `levels` are no words" = is.character(levels),
  "its `interval` is unknown" = identical(interval, "basic") || identical(interval, "percentile"),
  "its `weighted` is neither TRUE nor FALSE" = isTRUE(weighted) || isFALSE(weighted)
)

check_calibration <- function(x, name = "x") {
  refuse_fault(first_fault(x, calibration_parts, calibration_rules), name, "moe_calibration()")
}
