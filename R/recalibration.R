# Recalibration by one power, and what it is judged by.

# Probabilities to a power, so that they sum to 1 again: log-odds times the power.
raise_to_power <- function(prob, power) {
  if (power == 1) return(prob)
  raised <- prob^power
  raised / rowSums(raised)
}

powers <- c(0.5, 2) # between which the best is looked for

# The power with the least mean log-loss.
best_power <- function(prob, y, weights) {
  known <- which(!is.na(prob[, 1]))
  prob <- prob[known, , drop = FALSE]
  y <- as.integer(y)[known]
  lost <- function(power) {
    stats::weighted.mean(losses$logloss(raise_to_power(prob, power), y), weights[known])
  }
  stats::optimize(lost, powers)$minimum
}

# The best power for the means of those members that have not seen a row, and for the mean of all
# `members`, which are more. Means of few scatter, which makes the power smaller by about 1 / n; by
# how much, the means of half as many tell.
choose_powers <- function(pool, input, members) {
  best <- function(sum, unseen) best_power(sum / unseen, input$y, input$weights)
  unseen <- best(pool$sum, pool$unseen)
  halves <- c(best(pool$odd_sum, pool$odd_unseen),
              best(pool$sum - pool$odd_sum, pool$unseen - pool$odd_unseen))
  share <- mean(pool$unseen[pool$unseen > 0L & input$weights > 0]) / members
  all <- unseen + (unseen - mean(halves)) * (1 - min(1, share))
  c(unseen = unseen, all = min(max(all, powers[1]), powers[2]))
}
