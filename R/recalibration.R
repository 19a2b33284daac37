# Recalibration by one power, and what it is judged by.

# Probabilities to a power, so that they sum to 1 again: log-odds times the power.
raise_to_power <- function(prob, power) {
  if (power == 1) return(prob)
  raised <- prob^power
  raised / rowSums(raised)
}

powers <- c(0.5, 2) # between which the best is looked for

# The power with the least log-loss, if it gains more than the standard error of that gain; else 1.
choose_power <- function(prob, y, weights) {
  known <- which(!is.na(prob[, 1]) & weights > 0)
  prob <- prob[known, , drop = FALSE]
  y <- as.integer(y)[known]
  weights <- weights[known]
  lost <- function(power) losses$logloss(raise_to_power(prob, power), y)
  mean_loss <- function(power) stats::weighted.mean(lost(power), weights)
  best <- stats::optimize(mean_loss, powers)$minimum
  gain <- lost(1) - lost(best)
  mean <- stats::weighted.mean(gain, weights)
  error <- sqrt(sum(weights^2 * (gain - mean)^2)) / sum(weights)
  if (mean > error) best else 1
}
