# What bench/versions.R sources in a process of each version: a fit, and tasks that it does with it.
# `setting` is a list of the `library`, the `input` file, the `task`, how many `steps` lead to the
# fit and how many `times` the task is done for one measurement.
suppressPackageStartupMessages(library(moelogit, lib.loc = setting$library))
d <- readRDS(setting$input)

# Plain steps from one start end in one point, up to rounding, whatever else has changed.
settings <- function(...) moe_control(..., intercept_ridge = 0.1, progress = FALSE)
steps <- function(count) settings(method = "mm", max_iterations = count, tolerance = 0)
fit_from <- function(start, control) {
  suppressWarnings(moe_fit(d$x, d$y, experts = d$K, lambda = 1, start = start, control = control))
}
fit <- fit_from(d$start, steps(setting$steps))
if (setting$task == "replicates") fit <- fit_from(fit, settings()) # which start from an end

tasks <- list(
  evaluations = function() fit_from(d$start, steps(50))$objective,
  fit = function() fit_from(d$start, settings())$objective,
  tree = function() moe_dendrogram(fit$measure)$height,
  predict = function() predict(fit, d$new, type = "prob"),
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

megabytes <- function(field) {
  line <- grep(field, readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line)) / 1024
}

# Seconds of the processor, the memory needed above what was there, and the numbers that were given.
perform <- function() {
  task <- tasks[[setting$task]]
  invisible(gc())
  writeLines("5", "/proc/self/clear_refs") # the peak is now what is held
  held <- megabytes("VmRSS")
  seconds <- sum(system.time(suppressWarnings({
    for (time in seq_len(setting$times)) out <- task()
  }))[1:2]) / setting$times
  list(seconds = seconds, peak = megabytes("VmHWM") - held, out = as.vector(out))
}
