# Plots, made by autoplot() with ggplot2; plot() draws them.

# Columns of the plots' data, for R's check of names.
utils::globalVariables(c("iteration", "left", "probability", "response", "times", "x", "y",
                         "x_end", "y_end", "experts", "value", "chosen", "predicted", "observed",
                         "lower", "upper", "from", "to", "weight"))

#' Plots of a fit
#'
#' `autoplot()` is the generic of ggplot2, and `plot()` draws what it makes.
#'
#' @param object,x A fit by [moe_fit()].
#' @param type `"trace"`: the ascent, the final objective minus the objective at each iteration of
#'   the returned run, on a log scale. `"gate"`: for each expert the distribution of its gate
#'   probability over the training rows, by class of the response. `"coefficients"`: estimates with
#'   Wald intervals, a panel per expert and one for the gate; of intervals that are very wide the
#'   ends are cut. `"curve"`: class probabilities along one covariate, the mixture's and each
#'   expert's, and the gate's; the other covariates stay at their median or most frequent level.
#' @param variable For `"curve"`, the name of the covariate, as in [moe_effects()]; the first by
#'   default.
#' @param newdata For `"curve"`, a data frame with the covariates, which is needed where the formula
#'   transforms one, as in [moe_effects()].
#' @param level Confidence level of intervals.
#' @param intercepts For `"coefficients"`, whether to show intercepts too.
#' @param ... Handed by `plot()` to `autoplot()`, otherwise not used.
#' @return `autoplot()` returns a ggplot; `plot()` draws it and returns it invisibly.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' plot(fit)
#' plot(fit, type = "gate")
#' plot(fit, type = "coefficients")
#' plot(fit, type = "curve", variable = "high_share")
#' @seealso [autoplot.moe_effects()]
#' @rawNamespace S3method(ggplot2::autoplot, moe_fit)
autoplot.moe_fit <- function(object, type = c("trace", "gate", "coefficients", "curve"),
                             variable = NULL, newdata = NULL, level = 0.95, intercepts = FALSE,
                             ...) {
  check_unused(...)
  type <- check_choice(type, c("trace", "gate", "coefficients", "curve"), "type")
  level <- check_level(level)
  switch(type, trace = plot_trace(object), gate = plot_gate(object),
         coefficients = plot_coefficients(object, level, check_flag(intercepts, "intercepts")),
         curve = plot_curve(object, variable, newdata, level))
}

# Not imported: ggplot2, which takes most of the time to load, is loaded with the first plot.
#' @rdname autoplot.moe_fit
#' @export
autoplot <- ggplot2::autoplot

#' @rdname autoplot.moe_fit
#' @export
plot.moe_fit <- function(x, ...) {
  figure <- autoplot.moe_fit(x, ...)
  print(figure)
  invisible(figure)
}

plot_trace <- function(fit) {
  left <- fit$trace[length(fit$trace)] - fit$trace
  data <- data.frame(iteration = seq_along(left) - 1L, left = left)
  ggplot2::ggplot(data[left > 0, ], ggplot2::aes(iteration, left)) +
    ggplot2::geom_line(colour = "#0072B2") +
    ggplot2::geom_point(colour = "#0072B2", size = 0.8) +
    ggplot2::scale_y_log10() +
    ggplot2::labs(x = "iteration", y = "final objective minus objective",
                  title = "Ascent of the objective",
                  subtitle = paste0(fit$status, " at ", format(fit$objective, digits = 8))) +
    ggplot2::theme_minimal()
}

plot_gate <- function(fit) {
  data <- training_data(fit)
  cells <- response_cells(data$y)
  gate <- predict_rows(fit, data, "gate")$gate[cells$row, , drop = FALSE]
  data <- data.frame(
    expert = factor(rep(colnames(gate), each = nrow(gate)), colnames(gate)),
    probability = as.vector(gate), times = if (is.null(cells$times)) 1 else cells$times,
    response = factor_of(cells$class, fit$levels, fit$ordered)
  )
  ggplot2::ggplot(data, ggplot2::aes(probability, weight = times, fill = response)) +
    ggplot2::geom_histogram(bins = 40, boundary = 0) +
    ggplot2::facet_wrap("expert", ncol = ceiling(ncol(gate) / 6), scales = "free_y") +
    ggplot2::scale_fill_viridis_d(end = 0.9) +
    ggplot2::labs(x = "gate probability", y = "rows", fill = "class",
                  title = "Where the gate sends the rows") +
    ggplot2::theme_minimal()
}

#' Plots of a dendrogram
#'
#' @param object,x A dendrogram by [moe_dendrogram()].
#' @param type `"tree"`: the merges, with heights on the axis, leaves named by expert and weight,
#'   and the cut at the selected number of experts as a dashed line. `"path"`: the criteria along
#'   the path, each less its least value, with the level that each chooses marked.
#' @param ... Handed by `plot()` to `autoplot()`, otherwise not used.
#' @return `autoplot()` returns a ggplot; `plot()` draws it and returns it invisibly.
#' @seealso [moe_dendrogram()]
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, experts = 4, lambda = 0.5,
#'                control = moe_control(search = "quick"))
#' tree <- moe_dendrogram(fit)
#' plot(tree)
#' plot(tree, type = "path")
#' @rawNamespace S3method(ggplot2::autoplot, moe_dendrogram)
autoplot.moe_dendrogram <- function(object, type = c("tree", "path"), ...) {
  check_unused(...)
  type <- check_choice(type, c("tree", "path"), "type")
  check_tree(object, "object")
  if (type == "path" && is.null(object$fit)) {
    refuse("A dendrogram of a measure has no criteria to plot: use `type = \"tree\"`.")
  }
  switch(type, tree = plot_tree(object), path = plot_path(object))
}

#' @rdname autoplot.moe_dendrogram
#' @export
plot.moe_dendrogram <- function(x, ...) {
  figure <- autoplot.moe_dendrogram(x, ...)
  print(figure)
  invisible(figure)
}

plot_tree <- function(tree) {
  labels <- paste0(tree$labels, " (", format(round(tree$weights, 3), nsmall = 3), ")")
  figure <- ggplot2::ggplot(tree_segments(tree)) +
    ggplot2::geom_segment(ggplot2::aes(x, y, xend = x_end, yend = y_end), linewidth = 0.6) +
    ggplot2::scale_y_continuous(breaks = seq_along(labels), labels = labels[tree$order]) +
    ggplot2::labs(x = "height", y = NULL, title = "Dendrogram of the mixing measure") +
    ggplot2::theme_minimal() +
    ggplot2::theme(panel.grid.minor = ggplot2::element_blank(),
                   panel.grid.major.y = ggplot2::element_blank())
  if (is.na(tree$selected)) return(figure)
  figure +
    ggplot2::geom_vline(xintercept = cut_height(tree), linetype = "dashed", colour = "#D55E00") +
    ggplot2::labs(subtitle = paste0(criteria[[tree$criterion]], " chooses ", tree$selected,
                                    if (tree$selected == 1L) " expert" else " experts"))
}

# Each merge is two arms from its branches to its height, and the bar between them.
tree_segments <- function(tree) {
  place <- order(tree$order)
  middle <- numeric(nrow(tree$merge))
  position <- function(a) if (a < 0) place[-a] else middle[a]
  height <- function(a) if (a < 0) 0 else tree$height[a]
  segments <- lapply(seq_len(nrow(tree$merge)), function(s) {
    pair <- tree$merge[s, ]
    y <- vapply(pair, position, 0)
    middle[s] <<- mean(y)
    top <- tree$height[s]
    data.frame(x = c(vapply(pair, height, 0), top), x_end = top, y = c(y, y[1]), y_end = c(y, y[2]))
  })
  do.call(rbind, segments)
}

# Between the merge that leads to the selected level and the next.
cut_height <- function(tree) {
  heights <- c(0, tree$height, 1.1 * max(tree$height))
  at <- length(tree$height) + 2L - tree$selected
  mean(heights[at + 0:1])
}

plot_path <- function(tree) {
  every <- if (nrow(tree$path) > 8L) 2L else 1L # labels need room
  data <- do.call(rbind, lapply(names(criteria), function(name) {
    value <- tree$path[[name]]
    data.frame(experts = tree$path$experts, value = value - min(value, na.rm = TRUE),
               chosen = tree$path$experts == best_level(tree$path, name),
               criterion = factor(criteria[[name]], criteria))
  }))
  data <- data[!is.na(data$value), ]
  lines <- data[data$criterion %in% names(which(table(data$criterion) > 1L)), ]
  ggplot2::ggplot(data, ggplot2::aes(experts, value)) +
    ggplot2::geom_line(data = lines, colour = "grey50") +
    ggplot2::geom_point(ggplot2::aes(shape = chosen, colour = chosen), size = 2.5) +
    ggplot2::scale_shape_manual(values = c(`FALSE` = 1, `TRUE` = 19), guide = "none") +
    ggplot2::scale_colour_manual(values = c(`FALSE` = "grey50", `TRUE` = "#D55E00"),
                                 guide = "none") +
    ggplot2::scale_x_continuous(breaks = seq(1L, nrow(tree$path), every), minor_breaks = NULL) +
    ggplot2::facet_wrap("criterion", scales = "free_y") +
    ggplot2::labs(x = "experts", y = "criterion less its least value",
                  title = "Criteria along the path",
                  subtitle = paste0(criteria[[tree$criterion]], " decides: ", tree$selected,
                                    if (tree$selected == 1L) " expert" else " experts")) +
    ggplot2::theme_minimal()
}

# --- cross-validations ---

# Columns of the plot's data, for R's check of names.
utils::globalVariables(c("place", "se"))

#' Plot of a cross-validation
#'
#' The loss against `lambda`, a curve per number of experts, with bars of one standard error on
#' either side. A ring marks what was chosen, the dashed line is the least loss plus its standard
#' error. A `lambda` of 0 is drawn at a tenth of the least positive one.
#'
#' @param object,x A cross-validation by [moe_tune()].
#' @param measure Which loss to show; the one that decided by default. The line is left out for
#'   others.
#' @param ... Handed by `plot()` to `autoplot()`, otherwise not used.
#' @return `autoplot()` returns a ggplot; `plot()` draws it and returns it invisibly.
#' @seealso [moe_tune()]
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")[1:300, ]
#' set.seed(1)
#' tuned <- moe_tune(confidence ~ l3 + high_share, pairs, experts = 1:2, lambda = c(30, 3, 0.3),
#'                   folds = 3, control = moe_control(search = "quick"))
#' plot(tuned)
#' @rawNamespace S3method(ggplot2::autoplot, moe_tune)
autoplot.moe_tune <- function(object, measure = object$measure, ...) {
  check_unused(...)
  measure <- check_choice(measure, names(losses), "measure")
  data <- tune_curves(object, measure)
  dodge <- ggplot2::position_dodge(width = 0.02 * diff(range(log10(data$place), -1)))
  figure <- ggplot2::ggplot(data, ggplot2::aes(place, mean, colour = experts, group = experts))
  if (measure == object$measure) {
    limit <- sum(object$path[object$best, c("mean", "se")])
    figure <- figure + ggplot2::geom_hline(yintercept = limit, linetype = "dashed",
                                           colour = "grey50")
  }
  if (length(unique(data$place)) > 1L) figure <- figure + ggplot2::geom_line(position = dodge)
  figure +
    ggplot2::geom_linerange(ggplot2::aes(ymin = mean - se, ymax = mean + se), position = dodge) +
    ggplot2::geom_point(ggplot2::aes(shape = experts), position = dodge, size = 2) +
    ggplot2::geom_point(data = data[object$chosen, ], shape = 1, size = 5, stroke = 1,
                        colour = "#D55E00") +
    ggplot2::scale_colour_viridis_d(end = 0.85) +
    ggplot2::scale_x_log10(breaks = unique(data$place),
                           labels = format_each(unique(data$lambda))) +
    ggplot2::labs(x = "lambda", y = paste(loss_names[[measure]], "of held-out rows"),
                  title = "Cross-validation",
                  subtitle = paste0("Chosen: ", describe_row(object, object$chosen, 3L))) +
    ggplot2::theme_minimal() +
    ggplot2::theme(panel.grid.minor = ggplot2::element_blank())
}

#' @rdname autoplot.moe_tune
#' @export
plot.moe_tune <- function(x, ...) {
  figure <- autoplot.moe_tune(x, ...)
  print(figure)
  invisible(figure)
}

tune_curves <- function(x, loss) {
  data <- as.data.frame.moe_tune(x, measure = loss)
  positive <- data$lambda[data$lambda > 0]
  data$place <- if (length(positive)) pmax(data$lambda, min(positive) / 10) else 1
  data$experts <- factor(data$experts)
  data
}

format_each <- function(x) vapply(x, format, "", digits = 2)
