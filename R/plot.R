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
#' set.seed(1)
#' fit <- moe_fit(Species ~ Sepal.Length + Sepal.Width, iris, lambda = 1)
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
utils::globalVariables(c("iteration", "left", "probability", "response"))

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
    ggplot2::facet_wrap("expert", ncol = 1, scales = "free_y") +
    ggplot2::scale_fill_viridis_d(end = 0.9) +
    ggplot2::labs(x = "gate probability", y = "rows", fill = "class",
                  title = "Where the gate sends the rows") +
    ggplot2::theme_minimal()
}
