# Predictions at natural rates, where the truth is known: as many rows are sampled of each of two
# classes, while in the population one row in 2, in 11 or in 1001 is of the second. How far the mean
# probability of the second class that `prior` gives is from its rate, and from the truth where
# that is large.
#
#   Rscript inst/simulations/natural.R [processes]
#
# Adds to inst/simulations/natural.csv; some three minutes of processor time.
library(moelogit)
source("inst/simulations/resume.R")

# Class "no": standard normal; class "yes": one of two shifted clouds. Log-odds at equal rates are
# known, and no logit has them.
shifts <- rbind(c(1.5, 1, 0, 0), c(-1, 0, 1.5, 0))

draw <- function(class, count) {
  x <- matrix(rnorm(4 * count), count)
  if (class == "no") x else x + shifts[sample.int(2, count, TRUE), ]
}

log_density <- function(x, shift) {
  rowSums(dnorm(x, rep(shift, each = nrow(x)), log = TRUE))
}

true_log_odds <- function(x) {
  clouds <- sapply(1:2, function(j) log_density(x, shifts[j, ]))
  log(rowMeans(exp(clouds))) - log_density(x, rep(0, 4))
}

# Mean probabilities in the population, by so many rows of each class, and of the hundredth of the
# population whose true probability is largest.
compare <- function(prob, log_odds, class, rate) {
  weight <- ifelse(class == "yes", rate, 1 - rate) / (length(class) / 2)
  truth <- plogis(log_odds + qlogis(rate))
  order <- order(truth, decreasing = TRUE)
  top <- order[cumsum(weight[order]) <= 0.01]
  data.frame(
    rate = rate, predicted = sum(weight * prob), by_truth = sum(weight * truth), observed = rate,
    top_predicted = weighted.mean(prob[top], weight[top]),
    top_observed = weighted.mean(class[top] == "yes", weight[top])
  )
}

run_task <- function(task) {
  set.seed(task$seed)
  rows <- task$rows / 2
  x <- rbind(draw("no", rows), draw("yes", rows))
  y <- factor(rep(c("no", "yes"), each = rows))
  quick <- moe_control(search = "quick")
  fit <- switch(task$method,
                average = moe_average(x, y),
                fit = moe_fit(x, y, experts = 2, control = quick),
                little_ridge = moe_fit(x, y, experts = 2, lambda = 1, control = quick))
  class <- rep(c("no", "yes"), each = 50000)
  new <- rbind(draw("no", 50000), draw("yes", 50000))
  log_odds <- true_log_odds(new)
  rates <- lapply(c(1 / 2, 1 / 11, 1 / 1001), function(rate) {
    prob <- predict(fit, new, type = "prob", prior = c(no = 1 - rate, yes = rate))[, "yes"]
    compare(prob, log_odds, class, rate)
  })
  data.frame(task, do.call(rbind, rates), row.names = NULL)
}

tasks <- expand.grid(method = c("average", "fit", "little_ridge"), rows = c(2000, 10000),
                     replicate = 1:5, stringsAsFactors = FALSE)
tasks$seed <- seq_len(nrow(tasks))
arguments <- as.integer(commandArgs(trailingOnly = TRUE))
run_remaining(tasks, run_task, "inst/simulations/natural.csv",
              if (length(arguments)) arguments[1] else 1)
