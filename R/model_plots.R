# Plots of what a model says: its coefficients, probabilities along a covariate, effects.

# Colours that stay apart to colour-blind eyes (Okabe and Ito); of more than these, viridis.
distinct_colours <- function(count) {
  few <- c("#0072B2", "#D55E00", "#009E73", "#CC79A7", "#E69F00", "#56B4E9")
  if (count <= length(few)) return(few[seq_len(count)])
  # The last of viridis is too light on white.
  grDevices::hcl.colors(count + 1L)[seq_len(count)]
}

# --- coefficients ---

# A row of panels per part, gate first; within an expert the classes side by side.
plot_coefficients <- function(fit, level, intercepts) {
  table <- coefficient_rows(fit, level, intercepts)
  if (nrow(table) == 0L) refuse("The fit must have covariates, or `intercepts` must be TRUE.")
  classes <- fit$levels[-1]
  colours <- setNames(c(distinct_colours(length(classes)), "grey20"), c(classes, "gate"))
  shapes <- setNames(c(rep_len(c(16, 17, 15, 18), length(classes)), 16), names(colours))
  apart <- ggplot2::position_dodge(width = 0.6)
  ggplot2::ggplot(table, ggplot2::aes(estimate, term, colour = outcome, shape = outcome)) +
    ggplot2::geom_vline(xintercept = 0, colour = "grey60") +
    ggplot2::geom_linerange(ggplot2::aes(xmin = lower, xmax = upper), position = apart,
                            linewidth = 0.6, na.rm = TRUE, orientation = "y") +
    ggplot2::geom_point(position = apart, size = 2) +
    ggplot2::facet_grid(component ~ ., scales = "free_y", space = "free_y") +
    ggplot2::scale_colour_manual(values = colours, breaks = classes) +
    ggplot2::scale_shape_manual(values = shapes, breaks = classes) +
    ggplot2::coord_cartesian(xlim = coefficient_range(table)) +
    ggplot2::labs(x = paste0("log-odds (experts: against ", fit$levels[1],
                             if (fit$experts > 1L) "; gate: against expert1", ")"),
                  y = NULL, colour = "class", shape = "class",
                  title = paste0("Coefficients with ", format(100 * level), "% intervals")) +
    ggplot2::theme_minimal() +
    ggplot2::theme(panel.border = ggplot2::element_rect(fill = NA, colour = "grey80"),
                   panel.grid.minor = ggplot2::element_blank(),
                   strip.text.y = ggplot2::element_text(angle = 0))
}

# Of two experts the gate needs no more than the covariate to say what is meant.
coefficient_rows <- function(fit, level, intercepts) {
  table <- as.data.frame(tidy.moe_fit(fit, conf.int = TRUE, conf.level = level))
  table <- table[!is.na(table$estimate) & (intercepts | table$term != "(Intercept)"), ]
  gate <- table$component == "gate"
  table$outcome <- factor(ifelse(gate, "gate", table$y.level), c(fit$levels[-1], "gate"))
  if (fit$experts > 2L) table$term[gate] <- paste0(table$term, ", ", table$y.level)[gate]
  table$term <- factor(table$term, rev(unique(table$term)))
  table$component <- factor(table$component, unique(table$component))
  table$lower <- table$conf.low
  table$upper <- table$conf.high
  table
}

# All estimates, and of intervals so much that one that is very wide does not hide the others.
coefficient_range <- function(table) {
  most <- 3 * max(abs(table$estimate))
  ends <- range(0, table$estimate, table$lower, table$upper, na.rm = TRUE)
  c(max(ends[1], -most), min(ends[2], most))
}

# --- probabilities along a covariate ---

curve_points <- 101L

# A panel per class, with the mixture's probability and each expert's; and one for the gate.
plot_curve <- function(fit, variable, newdata, level) {
  frame <- effect_frame(fit, newdata, NULL)
  variable <- if (is.null(variable)) names(frame)[1] else
    check_choice(variable, names(frame), "variable")
  table <- curve_table(fit, frame, variable, level)
  experts <- names(fit$shares)
  shown <- c("mixture", if (fit$experts > 1L) experts)
  colours <- setNames(c("black", distinct_colours(fit$experts)), c("mixture", experts))
  alone <- table[table$curve == "mixture", ]
  figure <- ggplot2::ggplot(table, ggplot2::aes(value, probability, colour = curve)) +
    ggplot2::facet_wrap("panel") +
    ggplot2::scale_colour_manual(values = colours, breaks = shown) +
    ggplot2::scale_y_continuous(limits = c(0, 1)) +
    ggplot2::labs(x = variable, y = "probability", colour = NULL, linetype = NULL, shape = NULL,
                  title = paste("Probabilities along", variable),
                  subtitle = paste0("other covariates at their median or most frequent level;\n",
                                    "with ", format(100 * level), "% intervals")) +
    ggplot2::theme_minimal() +
    ggplot2::theme(panel.border = ggplot2::element_rect(fill = NA, colour = "grey80"),
                   legend.position = if (fit$experts > 1L) "right" else "none")
  if (is.numeric(table$value)) {
    types <- setNames(c("solid", rep_len(c("22", "42", "13", "1343"), fit$experts)), names(colours))
    return(figure +
      ggplot2::geom_ribbon(ggplot2::aes(ymin = lower, ymax = upper), alone, fill = "grey60",
                           alpha = 0.3, colour = NA) +
      ggplot2::geom_line(ggplot2::aes(linetype = curve), linewidth = 0.8) +
      ggplot2::scale_linetype_manual(values = types, breaks = shown))
  }
  shapes <- setNames(c(16, rep_len(c(1, 2, 0, 5), fit$experts)), names(colours))
  apart <- ggplot2::position_dodge(width = 0.6)
  figure +
    ggplot2::geom_linerange(ggplot2::aes(ymin = lower, ymax = upper), position = apart,
                            na.rm = TRUE) +
    ggplot2::geom_point(ggplot2::aes(shape = curve), position = apart, size = 2.2) +
    ggplot2::scale_shape_manual(values = shapes, breaks = shown)
}

# A row per value, panel and curve.
curve_table <- function(fit, frame, variable, level) {
  values <- along(frame[[variable]])
  at <- as.data.frame(lapply(frame, typical), optional = TRUE)[rep(1L, length(values)), ,
                                                               drop = FALSE]
  at[[variable]] <- values
  data <- effect_data(fit, at)
  mixture <- predict_with_errors(fit, data, "prob", scaled_covariance(fit))
  limits <- logit_limits(mixture$fit, mixture$se.fit, level)
  of <- function(curve, panel, probability, lower = NA, upper = NA) {
    data.frame(value = values, panel = rep(panel, each = length(values)), curve = curve,
               probability = as.vector(probability), lower = as.vector(lower),
               upper = as.vector(upper))
  }
  tables <- list(of("mixture", fit$levels, mixture$fit, limits$lower, limits$upper))
  if (fit$experts > 1L) {
    parts <- predict_rows(fit, data, c("expert", "gate"))
    for (k in names(fit$shares)) {
      tables <- c(tables, list(of(k, fit$levels, parts$expert[, , k]),
                               of(k, "gate", parts$gate[, k])))
    }
  }
  table <- do.call(rbind, tables)
  table$panel <- factor(ifelse(table$panel == "gate", "gate", paste("class", table$panel)),
                        c(paste("class", fit$levels), "gate"))
  table$curve <- factor(table$curve, c("mixture", names(fit$shares)))
  table
}

along <- function(x) {
  if (is.numeric(x)) return(seq(min(x, na.rm = TRUE), max(x, na.rm = TRUE),
                                length.out = curve_points))
  if (is.factor(x)) factor(levels(x), levels(x)) else sort(unique(x))
}

typical <- function(x) {
  if (is.numeric(x)) return(stats::median(x, na.rm = TRUE))
  levels <- sort(unique(x))
  levels[which.max(tabulate(match(x, levels)))]
}

# --- effects ---

#' Plots of effects
#'
#' Average marginal effects with their intervals, a panel per class.
#'
#' @param object,x Effects by [moe_effects()].
#' @param ... Handed by `plot()` to `autoplot()`, otherwise not used.
#' @return `autoplot()` returns a ggplot; `plot()` draws it and returns it invisibly.
#' @seealso [moe_effects()] for what the numbers are.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' plot(moe_effects(fit))
#' @rawNamespace S3method(ggplot2::autoplot, moe_effects)
autoplot.moe_effects <- function(object, ...) {
  check_unused(...)
  check_effects(object, "object", drawn_effects)
  table <- as.data.frame(object)
  label <- ifelse(table$contrast == "dP/dx", table$variable,
                  paste0(table$variable, ": ", table$contrast))
  table$label <- factor(label, rev(unique(label)))
  table$class <- factor(paste("class", table$class), unique(paste("class", table$class)))
  ggplot2::ggplot(table, ggplot2::aes(estimate, label)) +
    ggplot2::geom_vline(xintercept = 0, colour = "grey60") +
    ggplot2::geom_linerange(ggplot2::aes(xmin = conf.low, xmax = conf.high), colour = "#0072B2",
                            linewidth = 0.6, orientation = "y") +
    ggplot2::geom_point(colour = "#0072B2", size = 2) +
    ggplot2::facet_wrap("class", nrow = 1) +
    ggplot2::labs(x = "change in probability", y = NULL, title = "Average marginal effects",
                  subtitle = "per unit of a number; between levels of a factor") +
    ggplot2::theme_minimal() +
    ggplot2::theme(panel.border = ggplot2::element_rect(fill = NA, colour = "grey80"),
                   panel.grid.minor = ggplot2::element_blank(),
                   panel.spacing.x = ggplot2::unit(1, "lines"))
}

#' @rdname autoplot.moe_effects
#' @export
plot.moe_effects <- function(x, ...) {
  figure <- autoplot.moe_effects(x, ...)
  print(figure)
  invisible(figure)
}

utils::globalVariables(c("estimate", "term", "outcome", "curve", "label", "conf.low", "conf.high"))
