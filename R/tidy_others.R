# The verbs of broom for what is not a fit.

#' Tidy tables of other objects
#'
#' Methods of the generics in the package generics, as for [fits][tidy.moe_fit].
#'
#' @param x A dendrogram by [moe_dendrogram()], a cross-validation by [moe_tune()], effects by
#'   [moe_effects()], a calibration by [moe_calibration()], a mixing measure by [moe_measure()], or
#'   for `glance()` a bootstrap by [moe_bootstrap()].
#' @param ... Not used.
#' @return Data frames of class `tbl_df`. `tidy()` of
#'   * a dendrogram: its path, see [as.data.frame.moe_dendrogram()];
#'   * a cross-validation: `experts`, `lambda`, `estimate` (the mean loss of folds) and `std.error`;
#'   * effects: their columns, with `term` for the variable and `y.level` for the class;
#'   * a calibration: its measures, with `std.error`, `conf.low` and `conf.high`;
#'   * a measure: `component` (`"gate"` or the expert), `y.level` (an expert for the gate, else a
#'     class), `term` and `estimate`, symmetric over experts and classes.
#'
#'   `glance()` is one row: of a dendrogram `experts`, `selected`, `criterion` and `refined`; of a
#'   cross-validation the chosen `experts` and `lambda`, `measure`, `rule`, `estimate`, `std.error`
#'   and `folds`; of a bootstrap `replicates`, `failed`, `not.converged`, `realigned`, `type` and
#'   `experts`; of a calibration `models`, `classes`, `nobs`, `bins`, `resamples` and `level`.
#' @examplesIf requireNamespace("generics", quietly = TRUE)
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' generics::tidy(moe_effects(fit))
#' generics::glance(moe_dendrogram(fit))
#' @name tidy.moe_dendrogram
NULL

#' @rdname tidy.moe_dendrogram
#' @method tidy moe_dendrogram
#' @rawNamespace S3method(generics::tidy, moe_dendrogram)
tidy.moe_dendrogram <- function(x, ...) {
  check_tree(x)
  as_tibble_class(x$path)
}

#' @rdname tidy.moe_dendrogram
#' @method glance moe_dendrogram
#' @rawNamespace S3method(generics::glance, moe_dendrogram)
glance.moe_dendrogram <- function(x, ...) {
  check_tree(x)
  one_row(experts = length(x$labels), selected = x$selected, criterion = x$criterion,
          refined = x$refined)
}

# Parts that are no single values are NA.
one_row <- function(...) {
  parts <- lapply(list(...), function(part) if (is_scalar(part)) part else NA)
  as_tibble_class(as.data.frame(parts))
}

#' @rdname tidy.moe_dendrogram
#' @method tidy moe_tune
#' @rawNamespace S3method(generics::tidy, moe_tune)
tidy.moe_tune <- function(x, ...) {
  path <- as.data.frame.moe_tune(x)
  as_tibble_class(data.frame(path[c("experts", "lambda")], estimate = path$mean,
                             std.error = path$se))
}

#' @rdname tidy.moe_dendrogram
#' @method glance moe_tune
#' @rawNamespace S3method(generics::glance, moe_tune)
glance.moe_tune <- function(x, ...) {
  chosen <- as.list(tidy.moe_tune(x)[x$chosen, ])
  one_row(experts = x$experts, lambda = x$lambda, measure = x$measure, rule = x$rule,
          estimate = chosen$estimate, std.error = chosen$std.error, folds = length(x$shares))
}

#' @rdname tidy.moe_dendrogram
#' @method glance moe_bootstrap
#' @rawNamespace S3method(generics::glance, moe_bootstrap)
glance.moe_bootstrap <- function(x, ...) {
  check_bootstrap(x, "x")
  one_row(replicates = nrow(x$replicates), failed = nrow(x$failures),
          not.converged = sum(!x$converged, na.rm = TRUE), realigned = x$realigned, type = x$type,
          experts = x$experts)
}

#' @rdname tidy.moe_dendrogram
#' @method tidy moe_effects
#' @rawNamespace S3method(generics::tidy, moe_effects)
tidy.moe_effects <- function(x, ...) {
  check_effects(x)
  table <- as.data.frame(unclass(x))
  renamed <- c(variable = "term", class = "y.level")
  there <- intersect(names(renamed), names(table))
  names(table)[match(there, names(table))] <- renamed[there]
  as_tibble_class(table)
}

#' @rdname tidy.moe_dendrogram
#' @method tidy moe_measure
#' @rawNamespace S3method(generics::tidy, moe_measure)
tidy.moe_measure <- function(x, ...) {
  refuse_fault(measure_fault(x), "x", "moe_measure()")
  experts <- paste0("expert", seq_len(ncol(x$gate)))
  labels <- function(names, letter, count) {
    if (is.null(names)) paste0(letter, seq_len(count) - 1L) else names
  }
  gate <- expand.grid(term = labels(rownames(x$gate), "z", nrow(x$gate)), y.level = experts,
                      component = "gate", stringsAsFactors = FALSE)
  size <- dim(x$expert)
  names <- dimnames(x$expert)
  expert <- expand.grid(term = labels(names[[1]], "x", size[1]),
                        y.level = if (is.null(names[[2]])) as.character(seq_len(size[2])) else
                          names[[2]],
                        component = experts, stringsAsFactors = FALSE)
  table <- rbind(gate, expert)[c("component", "y.level", "term")]
  as_tibble_class(cbind(table, estimate = c(x$gate, x$expert)))
}
