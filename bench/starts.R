# Ten starts (short searches, early stop, racing) against ten full fits from one start each: time,
# and the objective that each ends at. The full fits begin from k-means, as moe_fit(starts = 1)
# does, or from random regions of the covariates. K = 6 is fitted to data with six experts and, as
# an overfit with a weak ridge, to data with three.
source("bench/common.R")

n <- size(5000, 300)
cases <- list(
  "6 true experts" = list(set = list(n = n, p = 10, M = 3, K = 6, seed = 11), lambda = 0),
  "3 true experts, ridge 0.1" = list(set = list(n = n, p = 10, M = 3, K = 3, seed = 12),
                                     lambda = 0.1)
)
repeats <- size(10, 2)

timed_fit <- function(d, lambda, starts, start = NULL) {
  before <- now()
  fit <- suppressWarnings(moe_fit_worker(d$x, d$x, d$y_factor, 6, lambda = lambda, start = start,
                                         control = moe_control(starts = starts, progress = FALSE)))
  data.frame(seconds = now() - before, objective = fit$objective)
}

# 0.9 of each row's responsibility on the largest of six random linear functions of its covariates.
random_regions <- function(d) {
  score <- d$x %*% matrix(rnorm(ncol(d$x) * 6), ncol(d$x))
  tau <- matrix(0.1 / 5, nrow(d$x), 6)
  tau[cbind(seq_len(nrow(d$x)), max.col(score, "first"))] <- 0.9
  tau
}

ten_fits <- function(one_fit) do.call(rbind, lapply(1:10, function(i) one_fit()))

one_repeat <- function(seed, case) {
  case$set$seed <- case$set$seed + 100 * seed
  d <- make_data(case$set)
  set.seed(seed)
  together <- timed_fit(d, case$lambda, 10)
  kmeans <- ten_fits(function() timed_fit(d, case$lambda, 1))
  regions <- ten_fits(function() timed_fit(d, case$lambda, 1, random_regions(d)))
  data.frame(seconds = together$seconds,
             kmeans = together$seconds / sum(kmeans$seconds),
             regions = together$seconds / sum(regions$seconds),
             kmeans_gain = together$objective - max(kmeans$objective),
             regions_gain = together$objective - max(regions$objective))
}

on_case <- function(name) {
  runs <- do.call(rbind, lapply(seq_len(repeats), one_repeat, cases[[name]]))
  rbind(
    result("ten starts / ten full fits from random regions", name, runs$regions, at_most = 1 / 3),
    result("ten starts / ten full fits from k-means", name, runs$kmeans, at_most = 1 / 3),
    result("ten starts", name, runs$seconds, "s"),
    result("objective, ten starts minus best of ten from random regions", name,
           runs$regions_gain, "nats"),
    result("objective, ten starts minus best of ten from k-means", name, runs$kmeans_gain, "nats")
  )
}

save_results("starts", do.call(rbind, lapply(names(cases), on_case)))
