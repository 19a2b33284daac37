# How fast estimates approach a known truth: conditional densities and parameters, with the right
# number of experts, with too many, and after merging.
#
#   Rscript inst/simulations/rates.R [replicates] [processes]
#
# Run at the package's root, with the package installed. Each result is added to
# inst/simulations/rates.csv as soon as it is there, and what is there is not computed again.
library(moelogit)
source("inst/simulations/designs.R")
source("inst/simulations/resume.R")

sizes <- 500 * 2^(0:6)
surplus <- 2 # experts too many
file <- "inst/simulations/rates.csv"
arguments <- as.integer(commandArgs(trailingOnly = TRUE))
replicates <- if (length(arguments) > 0) arguments[1] else 40L
processes <- if (length(arguments) > 1) arguments[2] else 2L

set.seed(20)
truth <- draw_truth(list(experts = 2, classes = 3, covariates = 2, apart = 1.5, slope = 2))
measure <- moe_measure(truth$gate, truth$expert)
reference <- draw_data(truth, 5000)$x # where densities are compared

fit_experts <- function(data, experts) {
  moe_fit(data$x, data$y, experts = experts, lambda = 0.1,
          control = moe_control(search = "quick", tolerance = 1e-9, intercept_ridge = 0.01,
                                progress = FALSE))
}

compare <- function(fit, kind) {
  loss <- function(type) moe_loss(fit, measure, type, center = 0, scale = 1)
  data.frame(kind = kind, hellinger = moe_distance(fit, measure, reference),
             loss_exact = loss("exact"), loss_overfitted = loss("overfitted"))
}

run_task <- function(task) {
  set.seed(task$seed)
  data <- draw_data(truth, task$n)
  experts <- ncol(truth$gate)
  results <- suppressWarnings({
    overfit <- fit_experts(data, experts + surplus)
    refined <- cut(moe_dendrogram(overfit), experts = experts)
    merged <- cut(moe_dendrogram(overfit, refine = FALSE), experts = experts)
    rbind(compare(fit_experts(data, experts), "exact"), compare(overfit, "overfitted"),
          compare(merged, "merged"), compare(refined, "merged and refined"))
  })
  data.frame(task, results, row.names = NULL)
}

tasks <- expand.grid(n = sizes, replicate = seq_len(replicates))
tasks$seed <- 1e4 * match(tasks$n, sizes) + tasks$replicate
run_remaining(tasks, run_task, file, processes)
