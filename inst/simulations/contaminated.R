# How often each criterion finds the number of experts along the refined path, on data from mixtures
# and on data that are contaminated: 5% of responses drawn uniformly, or covariates with the tails
# of a t distribution with 3 degrees of freedom.
#
#   Rscript inst/simulations/contaminated.R [replicates] [processes]
#
# Run at the package's root, with the package installed. Each result is added to
# inst/simulations/contaminated.csv as soon as it is there, and what is there is not computed again.
library(moelogit)
source("inst/simulations/designs.R")
source("inst/simulations/resume.R")

most_experts <- 8
sizes <- c(500, 2000, 5000)
file <- "inst/simulations/contaminated.csv"
arguments <- as.integer(commandArgs(trailingOnly = TRUE))
replicates <- if (length(arguments) > 0) arguments[1] else 10L
processes <- if (length(arguments) > 1) arguments[2] else 1L

kinds <- list(
  none = function(truth, n) draw_data(truth, n),
  responses = function(truth, n) scatter_responses(draw_data(truth, n), share = 0.05),
  covariates = function(truth, n) draw_data(truth, n, function(size) stats::rt(size, 3))
)

run_task <- function(task) {
  set.seed(task$seed)
  design <- designs[[task$design]]
  data <- kinds[[task$contamination]](draw_truth(design), task$n)
  control <- moe_control(search = "quick", tolerance = 1e-6, intercept_ridge = 0.01,
                         progress = FALSE)
  fit <- suppressWarnings(moe_fit(data$x, droplevels(data$y), experts = most_experts, lambda = 0.1,
                                  control = control))
  path <- as.data.frame(suppressWarnings(moe_dendrogram(fit)))
  names <- c("hq", "sabic", "bic", "aic", "icl", "dsc", "dsc_rescaled")
  chosen <- lapply(path[names], function(value) path$experts[order(value, path$experts)[1]])
  data.frame(task, experts = design$experts, chosen)
}

tasks <- expand.grid(design = names(designs), contamination = names(kinds), n = sizes,
                     replicate = seq_len(replicates), stringsAsFactors = FALSE)
tasks$seed <- 1e6 * match(tasks$n, sizes) + 1e5 * match(tasks$contamination, names(kinds)) +
  1e3 * match(tasks$design, names(designs)) + tasks$replicate
run_remaining(tasks, run_task, file, processes)
