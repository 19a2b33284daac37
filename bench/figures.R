# Draws the figures of man/figures from the stored results of bench/curves.R.
source("bench/common.R")
library(ggplot2)

folder <- if (quick) results_folder else "man/figures"
order <- c("moelogit", "L-BFGS-B", "EM with nnet", "flexmix")
read_curves <- function(name) {
  curves <- utils::read.csv(file.path(results_folder, paste0(name, "-reference.csv")))
  curves$method <- factor(curves$method, order)
  curves
}

decorate <- list(
  scale_colour_viridis_d(end = 0.85), scale_y_log10(),
  theme_minimal(base_size = 11),
  theme(legend.position = "top", legend.title = element_blank(), plot.margin = margin(5, 20, 5, 5))
)

save_figure <- function(name, figure) {
  dir.create(folder, showWarnings = FALSE)
  ggsave(file.path(folder, paste0(name, ".png")), figure, width = 6, height = 4, dpi = 110,
         bg = "white")
}

save_figure("bench-rows", ggplot(read_curves("rows"), aes(n, seconds, colour = method,
                                                          shape = method)) +
  geom_line() + geom_pointrange(aes(ymin = lower, ymax = upper), size = 0.3) + scale_x_log10() +
  decorate +
  labs(x = "rows", y = "seconds to the optimum (1e-6, relative)"))

# Gaps below 1e-6 nats are rounding and stop rules.
trace <- read_curves("trace")
trace <- trace[trace$gap > 1e-6, ]
# An iteration more takes no less time; where it seems to, that is the noise of runs of their own.
trace$seconds <- stats::ave(trace$seconds, trace$method, FUN = cummax)
save_figure("bench-trace", ggplot(trace, aes(seconds, gap, colour = method)) +
  geom_path() + geom_point(size = 0.8) + scale_x_log10() + decorate +
  labs(x = "seconds", y = "log-likelihood below the optimum"))
