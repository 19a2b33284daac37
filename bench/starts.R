# Ten starts (short searches, early stop, racing) against ten full fits from one start each: time,
# and the log-likelihood that each ends at. K = 6 is fitted to data with six experts and, as an
# overfit with a weak ridge, to data with three.
source("bench/common.R")

n <- size(5000, 300)
cases <- list(
  "6 true experts" = list(n = n, p = 10, M = 3, K = 6, seed = 11),
  "3 true experts, ridge 0.1" = list(n = n, p = 10, M = 3, K = 3, seed = 12)
)
lambdas <- c(0, 0.1)
repeats <- size(10, 2)

timed_fit <- function(d, lambda, seed, starts) {
  set.seed(seed)
  start <- now()
  fit <- suppressWarnings(moe_fit_worker(d$x, d$x, d$y_factor, 6, lambda = lambda,
                                         control = moe_control(starts = starts, progress = FALSE)))
  data.frame(seconds = now() - start, objective = fit$objective)
}

one_repeat <- function(seed, set, lambda) {
  set$seed <- set$seed + 100 * seed
  d <- make_data(set)
  together <- timed_fit(d, lambda, seed, 10)
  alone <- do.call(rbind, lapply(1:10, function(i) timed_fit(d, lambda, 100 * seed + i, 1)))
  data.frame(ratio = together$seconds / sum(alone$seconds), seconds = together$seconds,
             gain = together$objective - max(alone$objective))
}

on_case <- function(i) {
  case <- names(cases)[i]
  runs <- do.call(rbind, lapply(seq_len(repeats), one_repeat, cases[[i]], lambdas[i]))
  rbind(
    result("ten starts / ten full fits", case, runs$ratio, at_most = 1 / 3),
    result("ten starts", case, runs$seconds, "s"),
    result("objective of ten starts minus the best of ten fits", case, runs$gain, "nats"),
    result("share of data sets where ten starts are not worse", case, mean(runs$gain > -1e-3),
           "share")
  )
}

save_results("starts", do.call(rbind, lapply(seq_along(cases), on_case)))
