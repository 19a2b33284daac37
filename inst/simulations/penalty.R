# Which default penalty predicts: log-loss on new rows and errors of parameters, by the ridge on
# slopes and the share of it on intercepts, on real and on simulated data.
#
#   Rscript inst/simulations/penalty.R [replicates] [processes]
#
# Run at the package's root, with the package installed and those of datasets.R. Each result is
# added to inst/simulations/penalty.csv as soon as it is there, and what is there is not computed
# again. Takes about 5 minutes of processor time a replicate.
library(moelogit)
source("inst/simulations/designs.R")
source("inst/simulations/datasets.R")
source("inst/simulations/resume.R")

file <- "inst/simulations/penalty.csv"
arguments <- as.integer(commandArgs(trailingOnly = TRUE))
replicates <- if (length(arguments) > 0) arguments[1] else 2L
processes <- if (length(arguments) > 1) arguments[2] else 1L

most_rows <- 400 # of a real set: with many rows any weak penalty will do
folds <- 5
sizes <- c(200, 500, 2000)
new_rows <- 2000

# `ridge` is lambda, or "scaled": as scaled_ridge() has it, within limits.
penalties <- rbind(
  data.frame(ridge = c(0, 0.3, 1, 3, 5, "scaled"), share = 0.1),
  data.frame(ridge = "scaled", share = c(0.01, 1))
)

fit_experts <- function(data, experts, lambda, share = 0) {
  control <- moe_control(tolerance = 1e-8, intercept_ridge = share, progress = FALSE)
  suppressWarnings(moe_fit(data$formula, data = data$frame, experts = experts, lambda = lambda,
                           control = control))
}

# The ridge under whose prior slopes are as large as those of one multinomial logit: of M classes'
# sum-to-zero slopes, M - 1 are free and have variance 1 / lambda.
scaled_ridge <- function(data, limits = c(1, 5)) {
  slopes <- fit_experts(data, 1, lambda = 1)$measure$expert[-1, , 1, drop = FALSE]
  free <- dim(slopes)[1] * (dim(slopes)[2] - 1)
  min(max(free / sum(slopes^2), limits[1]), limits[2])
}

# One fit for each penalty, from the same random numbers.
fit_penalties <- function(data, experts, seed) {
  scaled <- scaled_ridge(data)
  Map(function(ridge, share) {
    set.seed(seed)
    fit_experts(data, experts, if (ridge == "scaled") scaled else as.numeric(ridge), share)
  }, penalties$ridge, penalties$share)
}

# The share of searches that found the best.
found <- function(fit) fit$optima$found[1] / sum(fit$optima$found)

log_loss <- function(fit, frame, y) {
  prob <- predict(fit, frame, type = "prob")
  -log(pmax(prob[cbind(seq_along(y), match(y, colnames(prob)))], 1e-15))
}

# --- real data: cross-validation ---

# The same number of each class in each fold, nearly.
draw_folds <- function(y) {
  stats::ave(seq_along(y), y, FUN = function(rows) sample(rep_len(sample(folds), length(rows))))
}

run_real <- function(task) {
  data <- real_data()[[task$name]]
  names(data) <- c("formula", "frame")
  data$frame <- data$frame[sample(nrow(data$frame), min(most_rows, nrow(data$frame))), ]
  y <- as.character(stats::model.response(stats::model.frame(data$formula, data$frame)))
  fold <- draw_folds(y)
  parts <- lapply(seq_len(folds), function(out) {
    train <- list(formula = data$formula, frame = data$frame[fold != out, ])
    fits <- fit_penalties(train, task$experts, task$seed + out)
    loss <- function(fit) sum(log_loss(fit, data$frame[fold == out, ], y[fold == out]))
    cbind(lambda = vapply(fits, `[[`, 0, "lambda") / folds,
          loss = vapply(fits, loss, 0) / length(y),
          logit = loss(fit_experts(train, 1, 0)) / length(y),
          logit_ridge = loss(fit_experts(train, 1, 1)) / length(y),
          found = vapply(fits, found, 0) / folds)
  })
  data.frame(Reduce(`+`, parts), error = NA, rows = length(y), row.names = NULL)
}

# --- simulated data: the truth is known ---

true_probabilities <- function(truth, x) {
  gate <- softmax(cbind(1, x) %*% truth$gate)
  Reduce(`+`, lapply(seq_len(ncol(gate)), function(k) {
    gate[, k] * softmax(cbind(1, x) %*% truth$expert[, , k])
  }))
}

# Losses are above that of the truth (Kullback-Leibler distances), errors of parameters Voronoi
# losses.
run_simulated <- function(task) {
  design <- designs[[task$name]]
  truth <- draw_truth(design)
  drawn <- draw_data(truth, task$rows)
  data <- list(formula = y ~ ., frame = data.frame(drawn$x, y = droplevels(drawn$y)))
  new <- draw_data(truth, new_rows)
  frame <- data.frame(new$x)
  prob <- true_probabilities(truth, new$x)
  loss <- function(fit) {
    estimate <- matrix(1e-15, nrow(prob), ncol(prob), dimnames = list(NULL, levels(drawn$y)))
    estimate[, fit$levels] <- pmax(predict(fit, frame, type = "prob"), 1e-15)
    mean(rowSums(prob * log(prob / estimate)))
  }
  error <- function(fit) {
    same <- fit$experts == design$experts && length(fit$levels) == design$classes
    if (!same) return(NA)
    moe_loss(fit, moe_measure(truth$gate, truth$expert), "exact", center = 0, scale = 1)
  }
  fits <- fit_penalties(data, task$experts, task$seed)
  data.frame(lambda = vapply(fits, `[[`, 0, "lambda"), loss = vapply(fits, loss, 0),
             logit = loss(fit_experts(data, 1, 0)), logit_ridge = loss(fit_experts(data, 1, 1)),
             found = vapply(fits, found, 0), error = vapply(fits, error, 0), rows = task$rows,
             row.names = NULL)
}

run_task <- function(task) {
  set.seed(task$seed)
  result <- if (task$kind == "real") run_real(task) else run_simulated(task)
  numbers <- vapply(result, is.numeric, NA)
  result[numbers] <- lapply(result[numbers], signif, 6)
  data.frame(task[c("kind", "name", "experts", "replicate", "seed")], penalties, result,
             row.names = NULL)
}

real <- expand.grid(kind = "real", name = names(real_data()), experts = 2:3, rows = 0,
                    replicate = seq_len(replicates), stringsAsFactors = FALSE)
simulated <- expand.grid(kind = "simulated", name = names(designs), rows = sizes,
                         replicate = seq_len(replicates), stringsAsFactors = FALSE)
simulated$experts <- pmax(2, vapply(designs[simulated$name], `[[`, 0, "experts"))
number_tasks <- function(tasks, names) {
  tasks$seed <- 1e6 * match(tasks$rows, c(0, sizes)) + 1e4 * match(tasks$name, names) +
    1e3 * tasks$experts + 10 * tasks$replicate
  tasks
}
tasks <- rbind(number_tasks(real, names(real_data())), number_tasks(simulated, names(designs)))
run_remaining(tasks[order(tasks$replicate), ], run_task, file, processes)
