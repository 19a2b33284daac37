# The likelihood ratio test by responses that are drawn from the smaller of two fits.

# The p value of the larger fit against the smaller, and the `ratios` of all replicates, NA where
# one failed.
bootstrap_test <- function(small, large, replicates, cl, progress) {
  task <- list(draw = response_sampler(without_omitted(small)),
               small = refit_task(small, alone = is.null(cl)),
               large = refit_task(large, alone = is.null(cl)))
  drawn <- run_tasks(drawn_ratio, task, random_streams(replicates), cl, progress, "Replicates")
  ratios <- unlist(drawn)
  valid <- ratios[is.finite(ratios)]
  if (length(valid) < replicates) {
    warning(replicates - length(valid), " of ", replicates, " replicates failed and are left out.",
            call. = FALSE)
  }
  list(p = (1 + sum(valid >= likelihood_ratio(small, large))) / (1 + length(valid)),
       ratios = ratios)
}

likelihood_ratio <- function(small, large) 2 * (large$loglik - small$loglik)

# Of its rows alone, without places for those that na.exclude left out.
without_omitted <- function(fit) {
  fit["na.action"] <- list(NULL)
  fit
}

# What a fit is of, all but the response.
refit_task <- function(fit, alone) {
  data <- training_data(fit)
  fit$control <- quiet_control(fit$control, alone)
  fit$model <- NULL
  list(fit = fit, data = data)
}

# The ratio of one draw, to which both models are fitted as they were to the response.
drawn_ratio <- function(task, stream) {
  with_random_state(stream, {
    y <- task$draw()
    small <- refit(task$small, y)
    likelihood_ratio(small, refit(task$large, y))
  })
}

refit <- function(task, y) {
  task$data$y <- if (is.factor(y)) y else new_counts(y, task$fit$levels)
  best_run(fit_problem(task$fit, task$data))$run
}

# A draw is one response, however often its row counts.
check_drawable <- function(fit) {
  odd <- which(!prior_weights(fit) %in% c(0, 1))
  if (length(odd) == 0L) return(invisible())
  refuse("Case weights must be 0 or 1 with `test = \"bootstrap\"`, which draws a response for ",
         "each row, but row ", odd[1], " has ", format(prior_weights(fit)[odd[1]]),
         ": fit the repeated rows.")
}
