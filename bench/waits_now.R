# What bench/waits.R runs in a process of each version: does one task, and stores the processor's
# seconds, the memory that it needed above what was there, and the numbers that it gave.
#
#   Rscript bench/waits_now.R LIBRARY TASK INPUT OUTPUT
arguments <- commandArgs(trailingOnly = TRUE)
library(moelogit, lib.loc = arguments[1])
d <- readRDS(arguments[3])

# Plain steps from one start end in one point, up to rounding, whatever else has changed.
settings <- function(...) moe_control(..., intercept_ridge = 0.1, progress = FALSE)
steps <- function(count) settings(method = "mm", max_iterations = count, tolerance = 0)
fit <- suppressWarnings(moe_fit(d$x, d$y, experts = d$K, lambda = 1, start = d$start,
                                control = steps(300)))
if (arguments[2] == "replicates") { # which start from an end
  fit <- moe_fit(d$x, d$y, experts = d$K, lambda = 1, start = fit, control = settings())
}

peak <- function(field) {
  line <- grep(field, readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}

tasks <- list(
  errors = function() predict(fit, d$new, type = "prob", se.fit = TRUE)$se.fit,
  covariance = function() vcov(fit),
  sandwich = function() vcov(fit, type = "sandwich"),
  effects = function() as.matrix(as.data.frame(moe_effects(fit))[c("estimate", "std.error")]),
  summary = function() summary(fit)$coefficients[, "Std. Error"],
  frame = function() {
    moe_fit(y ~ ., d$frame, experts = d$K, lambda = 1, start = fit, control = steps(30))
    NULL
  },
  replicates = function() {
    set.seed(1)
    moe_bootstrap(fit, 100, progress = FALSE)
    NULL
  }
)
invisible(gc())
writeLines("5", "/proc/self/clear_refs") # the peak is now what is held
held <- peak("VmRSS")
seconds <- sum(system.time(out <- suppressWarnings(tasks[[arguments[2]]]()))[1:2])
saveRDS(list(seconds = seconds, peak = peak("VmHWM") - held, out = out), arguments[4])
