# How often 95% confidence intervals hold the truth: of coefficients, experts aligned to the truth,
# and of class probabilities.
#
#   Rscript inst/simulations/coverage.R [replicates] [processes]
#
# Run at the package's root, with the package installed. Each result is added to
# inst/simulations/coverage.csv as soon as it is there, and what is there is not computed again.
library(moelogit)
source("inst/simulations/designs.R")
source("inst/simulations/resume.R")

file <- "inst/simulations/coverage.csv"
arguments <- as.integer(commandArgs(trailingOnly = TRUE))
replicates <- if (length(arguments) > 0) arguments[1] else 1000L
processes <- if (length(arguments) > 1) arguments[2] else 1L

# One truth for each design.
sizes <- c(5000, 2000)
settings <- designs[c("two", "two_binary", "three")]
truths <- Map(function(setting, seed) {
  set.seed(seed)
  draw_truth(setting)
}, settings, 30 + seq_along(settings))

permutations <- function(a) {
  if (length(a) < 2) return(list(a))
  unlist(lapply(seq_along(a), function(i) lapply(permutations(a[-i]), c, a[i])), FALSE)
}

# All coefficients in reference coding, experts in the given order.
reference_coded <- function(truth, order) {
  gate <- truth$gate[, order]
  expert <- truth$expert[, , order, drop = FALSE]
  c(gate[, -1] - gate[, 1], sweep(expert[, -1, , drop = FALSE], c(1, 3), expert[, 1, ]))
}

# The truth in the order of the experts that is nearest to the estimates.
aligned_truth <- function(truth, fit) {
  estimates <- unname(coef(fit))
  orders <- permutations(seq_len(ncol(truth$gate)))
  coded <- lapply(orders, reference_coded, truth = truth)
  coded[[which.min(vapply(coded, function(a) sum((a - estimates)^2), 0))]]
}

probabilities <- function(truth, x) {
  gate <- softmax(cbind(1, x) %*% truth$gate)
  by_expert <- lapply(seq_len(ncol(gate)), function(k) softmax(cbind(1, x) %*% truth$expert[, , k]))
  list(gate = gate, by_expert = by_expert,
       prob = Reduce(`+`, lapply(seq_len(ncol(gate)), function(k) gate[, k] * by_expert[[k]])))
}

# Responsibilities at the truth: the fit then needs no other starts.
responsibilities <- function(truth, data) {
  at <- probabilities(truth, data$x)
  seen <- cbind(seq_along(data$y), data$y)
  own <- vapply(at$by_expert, function(p) p[seen], numeric(nrow(data$x)))
  at$gate * own / rowSums(at$gate * own)
}

# The share of intervals that hold the truth; one that cannot be had does not.
covered <- function(lower, upper, truth) {
  round(mean((lower <= truth & truth <= upper) %in% TRUE), 4)
}

run_task <- function(task) {
  set.seed(task$seed)
  truth <- truths[[task$design]]
  data <- draw_data(truth, task$n)
  points <- draw_data(truth, 50)$x
  fit <- suppressWarnings(moe_fit(data$x, data$y, experts = ncol(truth$gate),
                                  start = responsibilities(truth, data)))
  true <- aligned_truth(truth, fit)
  gate <- seq_along(true) <= length(coef(fit, "list")$gate)
  prob <- probabilities(truth, points)$prob
  missing <- mean(is.na(suppressWarnings(confint(fit))[, 1]))
  shares <- lapply(c("observed", "sandwich"), function(type) {
    limits <- suppressWarnings(confint(fit, type = type))
    at <- predict(fit, points, type = "prob", interval = "confidence", vcov = type)
    c(covered(limits[gate, 1], limits[gate, 2], true[gate]),
      covered(limits[!gate, 1], limits[!gate, 2], true[!gate]), covered(at$lower, at$upper, prob))
  })
  names <- outer(c("gate", "expert", "prob"), c("observed", "sandwich"), paste, sep = "_")
  data.frame(task, t(setNames(unlist(shares), names)), missing = round(missing, 4),
             row.names = NULL)
}

tasks <- expand.grid(design = names(settings), replicate = seq_len(replicates), n = sizes,
                     stringsAsFactors = FALSE)
tasks$seed <- 1e6 * match(tasks$n, sizes) + 1e5 * match(tasks$design, names(settings)) +
  tasks$replicate
run_remaining(tasks, run_task, file, processes)
