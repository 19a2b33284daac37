# Groups whose rows share one expert: how often 95% confidence intervals hold the true coefficients,
# how far estimates are from them, and what a group's earlier rows say of its later ones.
#
#   Rscript inst/simulations/groups.R [replicates] [processes]
#
# Run at the package's root, with the package installed. Each result is added to
# inst/simulations/groups.csv as soon as it is there, and what is there is not computed again.
library(moelogit)
source("inst/simulations/resume.R")

file <- "inst/simulations/groups.csv"
arguments <- as.integer(commandArgs(trailingOnly = TRUE))
replicates <- if (length(arguments) > 0) arguments[1] else 500L
processes <- if (length(arguments) > 1) arguments[2] else 1L

groups <- 500L
rows <- 8L  # of a group, that the fit sees
later <- 4L # of a group, that are to be predicted

# In reference coding: gate and expert 1, expert 2 by class b, class c; covariates in rows.
gate <- c(-0.4, 1)
expert <- list(cbind(0, c(0.3, 1.2, -0.6), c(-0.2, -0.5, 1)),
               cbind(0, c(-0.5, -1, 0.4), c(0.4, 0.8, 0.7)))
truth <- c(gate, unlist(lapply(expert, function(b) b[, -1])))

draw_groups <- function() {
  z <- rnorm(groups)
  latent <- 1L + (runif(groups) < plogis(gate[1] + gate[2] * z))
  id <- rep(seq_len(groups), each = rows + later)
  x <- matrix(rnorm(2 * length(id)), ncol = 2)
  y <- vapply(seq_along(id), function(i) {
    sample.int(3L, 1L, prob = exp(c(1, x[i, ]) %*% expert[[latent[id[i]]]]))
  }, 0L)
  list(latent = latent,
       frame = data.frame(y = factor(letters[y]), x1 = x[, 1], x2 = x[, 2], z = z[id], id = id,
                          is_later = rep(seq_len(rows + later) > rows, groups)))
}

# Coefficients in the fit's order of experts, of which the larger comes first.
coded_as <- function(fit) {
  swapped <- c(-gate, unlist(lapply(expert[2:1], function(b) b[, -1])))
  estimates <- c(fit$coefficients$gate, fit$coefficients$expert)
  if (sum((estimates - truth)^2) <= sum((estimates - swapped)^2)) truth else swapped
}

log_loss <- function(prob, y) -mean(log(prob[cbind(seq_along(y), as.integer(y))]))

run_task <- function(task) {
  set.seed(task$seed)
  drawn <- draw_groups()
  seen <- drawn$frame[!drawn$frame$is_later, ]
  next_rows <- drawn$frame[drawn$frame$is_later, ]
  # The fit then needs no other starts.
  start <- matrix(0.05, groups, 2)
  start[cbind(seq_len(groups), drawn$latent)] <- 0.95
  fit <- suppressWarnings(moe_fit(y ~ x1 + x2 | z, seen, start = start, lambda = 0, group = id))
  true <- coded_as(fit)
  of_gate <- seq_along(true) <= length(gate)
  shares <- lapply(c(observed = "observed", sandwich = "sandwich", opg = "opg"), function(type) {
    limits <- suppressWarnings(confint(fit, type = type))
    held <- (limits[, 1] <= true & true <= limits[, 2]) %in% TRUE
    round(c(gate = mean(held[of_gate]), expert = mean(held[!of_gate])), 4)
  })
  error <- c(fit$coefficients$gate, fit$coefficients$expert) - true
  loss <- c(gate = log_loss(predict(fit, next_rows, type = "prob"), next_rows$y),
            history = log_loss(predict(fit, next_rows, type = "prob", history = seen),
                               next_rows$y))
  data.frame(task, converged = fit$converged, t(unlist(shares)),
             bias = round(mean(error), 5), rmse = round(sqrt(mean(error^2)), 5),
             t(round(c(loss = loss), 5)), row.names = NULL)
}

run_remaining(data.frame(seed = seq_len(replicates), groups = groups), run_task, file, processes)
