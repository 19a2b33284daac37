# How often the number of experts is found, and at what cost: the dendrogram of one overfitted fit,
# with each criterion, against a sweep over K.
#
#   Rscript inst/simulations/selection.R [replicates] [processes]
#
# Run at the package's root, with the package installed. Each result is added to
# inst/simulations/selection.csv as soon as it is there, and what is there is not computed again.
library(moelogit)
source("inst/simulations/designs.R")
source("inst/simulations/resume.R")

most_experts <- 8
sizes <- c(5000, 2000, 500)
file <- "inst/simulations/selection.csv"
arguments <- as.integer(commandArgs(trailingOnly = TRUE))
replicates <- if (length(arguments) > 0) arguments[1] else 50L
processes <- if (length(arguments) > 1) arguments[2] else 2L

# Both sides have the same small ridge.
lambda <- 0.1
control <- function(search, tolerance) {
  moe_control(search = search, tolerance = tolerance, intercept_ridge = 0.01, progress = FALSE)
}

# Processor seconds, which other work on the machine disturbs less than elapsed ones.
seconds <- function(expression) sum(system.time(expression)[c("user.self", "sys.self")])

by_dendrogram <- function(data) {
  time_fit <- seconds(fit <- moe_fit(data$x, data$y, experts = most_experts, lambda = lambda,
                                     control = control("quick", 1e-6)))
  time_path <- seconds(tree <- moe_dendrogram(fit))
  path <- as.data.frame(tree)
  chosen <- vapply(c("hq", "sabic", "bic", "aic", "icl", "dsc", "dsc_rescaled"), function(name) {
    path$experts[order(path[[name]], path$experts)[1]]
  }, 0)
  names(chosen) <- paste0("tree_", names(chosen))
  c(chosen, tree_fit_seconds = time_fit, tree_path_seconds = time_path,
    tree_loglik = path$loglik[match(data$experts, path$experts)])
}

by_sweep <- function(data) {
  time <- seconds(fits <- lapply(seq_len(most_experts), function(experts) {
    moe_fit(data$x, data$y, experts = experts, lambda = lambda, control = control("standard", 1e-7))
  }))
  hq <- function(fit) AIC(fit, k = 2 * log(log(nobs(fit))))
  sabic <- function(fit) AIC(fit, k = log((nobs(fit) + 2) / 24))
  criteria <- c(hq = hq, sabic = sabic, bic = BIC, aic = AIC, icl = moe_icl)
  chosen <- vapply(criteria, function(criterion) which.min(vapply(fits, criterion, 0)), 0L)
  names(chosen) <- paste0("sweep_", names(chosen))
  c(chosen, sweep_seconds = time, sweep_loglik = fits[[data$experts]]$loglik)
}

# The seed depends on the task alone, so tasks can be run in any order.
run_task <- function(task) {
  set.seed(task$seed)
  design <- designs[[task$design]]
  data <- draw_data(draw_truth(design), task$n)
  data$y <- droplevels(data$y)
  data$experts <- design$experts
  result <- suppressWarnings(c(by_dendrogram(data), by_sweep(data)))
  data.frame(task, experts = design$experts, classes = nlevels(data$y), t(result))
}

tasks <- expand.grid(design = names(designs), n = sizes, replicate = seq_len(replicates),
                     stringsAsFactors = FALSE)
tasks$seed <- 1e6 * match(tasks$n, sizes) + 1e4 * match(tasks$design, names(designs)) +
  tasks$replicate
run_remaining(tasks, run_task, file, processes)
