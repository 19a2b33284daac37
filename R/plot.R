# Plots, made by autoplot() with ggplot2; plot() draws them.

#' Plots of a fit
#'
#' @param object,x A fit by [moe_fit()].
#' @param type `"trace"`: the ascent, the final objective minus the objective at each iteration of
#'   the returned run, on a log scale. `"gate"`: for each expert the distribution of its gate
#'   probability over the training rows, by class of the response.
#' @param ... Handed by `plot()` to `autoplot()`, otherwise not used.
#' @return `autoplot()` returns a ggplot; `plot()` draws it and returns it invisibly.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(starts = 3))
#' plot(fit)
#' plot(fit, type = "gate")
#' @export
autoplot.moe_fit <- function(object, type = c("trace", "gate"), ...) {
  check_unused(...)
  switch(check_choice(type, c("trace", "gate"), "type"), trace = plot_trace(object),
         gate = plot_gate(object))
}

#' @rdname autoplot.moe_fit
#' @export
plot.moe_fit <- function(x, ...) {
  figure <- autoplot.moe_fit(x, ...)
  print(figure)
  invisible(figure)
}

# Columns of the plots' data, for R's check of names.
utils::globalVariables(c("iteration", "left", "probability", "response", "x", "y", "x_end", "y_end",
                         "experts", "value", "chosen", "predicted", "observed", "lower", "upper",
                         "from", "to", "weight"))

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
  gate <- predict_rows(fit, data, "gate")
  data <- data.frame(
    expert = factor(rep(colnames(gate), each = nrow(gate)), colnames(gate)),
    probability = as.vector(gate), response = rep(data$y, ncol(gate))
  )
  ggplot2::ggplot(data, ggplot2::aes(probability, fill = response)) +
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
#'                control = moe_control(starts = 2, intercept_ridge = 0.01))
#' tree <- moe_dendrogram(fit)
#' plot(tree)
#' plot(tree, type = "path")
#' @export
autoplot.moe_dendrogram <- function(object, type = c("tree", "path"), ...) {
  check_unused(...)
  type <- check_choice(type, c("tree", "path"), "type")
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

#' Reliability diagrams
#'
#' Observed frequency against mean predicted probability, bin by bin, with intervals; below it, for
#' one target, how the probabilities are spread over bins of equal width. Perfectly calibrated
#' probabilities lie on the dashed line. Several models stand side by side.
#'
#' @param object,x Calibration by [moe_calibration()].
#' @param target `"top-label"` (the most probable class is right), or the names of one or more
#'   classes.
#' @param binning Bins of equal `"mass"` or `"width"`.
#' @param bars `"confidence"`: the exact binomial interval about each observed frequency;
#'   `"consistency"`: where the frequency would lie if the bin's probability were right.
#' @param ... Handed by `plot()` to `autoplot()`, otherwise not used.
#' @return `autoplot()` returns a ggplot; `plot()` draws it and returns it invisibly.
#' @seealso [as.data.frame.moe_calibration()] for the numbers behind it.
#' @examples
#' set.seed(1)
#' p <- runif(500)
#' truth <- rbinom(500, 1, p)
#' calibration <- moe_calibration(list(right = p, overconfident = plogis(2 * qlogis(p))), truth,
#'                                bootstrap = 0)
#' plot(calibration)
#' plot(calibration, target = c("0", "1"), bars = "consistency")
#' @export
autoplot.moe_calibration <- function(object, target = "top-label", binning = c("mass", "width"),
                                     bars = c("confidence", "consistency"), ...) {
  check_unused(...)
  targets <- unique(as.character(object$bins$target))
  if (!is.character(target) || length(target) == 0L || !all(target %in% targets)) {
    refuse("`target` must be one or more of ", enumerate(targets, 20L), ", not ", given(target),
           ".")
  }
  binning <- check_choice(binning, binnings, "binning")
  bars <- check_choice(bars, c("confidence", "consistency"), "bars")
  plot_reliability(object, unique(target), binning, bars)
}

#' @rdname autoplot.moe_calibration
#' @export
plot.moe_calibration <- function(x, ...) {
  figure <- autoplot.moe_calibration(x, ...)
  print(figure)
  invisible(figure)
}

plot_reliability <- function(calibration, targets, binning, bars) {
  alone <- length(targets) == 1L
  panels <- if (alone) c("observed frequency", "share of rows") else targets
  bins <- calibration$bins[calibration$bins$target %in% targets, ]
  bins$panel <- factor(if (alone) panels[1] else bins$target, panels)
  points <- bins[bins$binning == binning, ]
  diagonal <- data.frame(panel = factor(if (alone) panels[1] else panels, panels), x = 0, y = 0,
                         x_end = 1, y_end = 1)
  figure <- ggplot2::ggplot(points, ggplot2::aes(predicted, observed)) +
    ggplot2::geom_segment(ggplot2::aes(x, y, xend = x_end, yend = y_end), diagonal,
                          linetype = "dashed", colour = "grey40")
  if (alone) {
    figure <- add_spread(figure, bins[bins$binning == "width", ], panels, calibration$total)
  }
  joined <- stats::ave(points$predicted, points$model, points$target, FUN = length) > 1
  add_bars(figure, points, bars) +
    ggplot2::geom_line(data = points[joined, ], colour = "#0072B2") +
    ggplot2::geom_point(colour = "#0072B2", size = 1.6) +
    ggplot2::scale_x_continuous(breaks = seq(0, 1, 0.25),
                                labels = c("0", "0.25", "0.5", "0.75", "1")) +
    ggplot2::coord_cartesian(xlim = c(0, 1)) +
    ggplot2::facet_grid(
      if (length(calibration$models)) panel ~ model else panel ~ ., switch = "y",
      scales = if (alone) "free_y" else "fixed", space = if (alone) "free_y" else "fixed"
    ) +
    ggplot2::labs(x = if (identical(targets, "top-label")) "confidence" else
                    "predicted probability",
                  y = if (!alone) "observed frequency", title = "Reliability diagram",
                  subtitle = reliability_subtitle(calibration, targets, binning, bars)) +
    ggplot2::theme_minimal() +
    ggplot2::theme(strip.placement = "outside", panel.spacing = ggplot2::unit(1, "lines"),
                   panel.grid.minor = ggplot2::element_blank())
}

add_bars <- function(figure, points, bars) {
  if (bars == "consistency") {
    points$lower <- points$consistent_lower
    points$upper <- points$consistent_upper
  }
  figure +
    ggplot2::geom_linerange(
      ggplot2::aes(ymin = lower, ymax = upper), points,
      colour = if (bars == "confidence") "#0072B2" else "grey70",
      linewidth = if (bars == "confidence") 0.5 else 2.5
    )
}

# The histogram of the probabilities: its panel is as high as its largest bar, or a third of the
# diagram's where all are small.
add_spread <- function(figure, bins, panels, total) {
  bins$panel <- factor(panels[2], panels)
  figure +
    ggplot2::geom_rect(ggplot2::aes(xmin = from, xmax = to, ymin = 0, ymax = weight / total),
                       bins, inherit.aes = FALSE, fill = "grey60", colour = "white",
                       linewidth = 0.2) +
    ggplot2::geom_blank(ggplot2::aes(x, y), inherit.aes = FALSE,
                        data.frame(panel = factor(panels[2], panels), x = 0, y = 1 / 3))
}

reliability_subtitle <- function(calibration, targets, binning, bars) {
  of <- if (identical(targets, "top-label")) "the most probable class" else
    if (length(targets) == 1L) paste("class", dQuote(targets, FALSE)) else "each class"
  level <- paste0(format(100 * calibration$level), "%")
  paste0(
    "of ", of, "; bins of equal ", binning, ", ",
    if (bars == "confidence") paste("with", level, "intervals") else
      paste("bars where", level, "of frequencies would lie if calibrated")
  )
}
