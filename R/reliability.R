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
#' @rawNamespace S3method(ggplot2::autoplot, moe_calibration)
autoplot.moe_calibration <- function(object, target = "top-label", binning = c("mass", "width"),
                                     bars = c("confidence", "consistency"), ...) {
  check_unused(...)
  check_calibration(object, "object")
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
