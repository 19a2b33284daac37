# Two processes against one: the default fit and replicates, in seconds by the clock, by turns, on a
# machine that has two cores for it. And whether results are the same.
source("bench/common.R")

set <- list(n = size(6000, 300), p = 22, M = 3, K = size(3, 2), seed = 8)
d <- make_data(set)
cl <- parallel::makePSOCKcluster(2)

fit_over <- function(cl) {
  set.seed(1)
  moe_fit(d$x[, -1], d$y_factor, set$K, lambda = 1, cl = cl)
}
fit <- fit_over(NULL)
replicates_over <- function(cl) {
  set.seed(1)
  moe_bootstrap(fit, 100, cl = cl, progress = FALSE)
}

measure <- function(what, call, repeats) {
  times <- take_turns(list(one = function() call(NULL), two = function() call(cl)), repeats)
  rbind(result(what, describe(set), times[, "one"], "s"),
        ratio_result(paste(what, "one / two processes"), describe(set), times, "one", "two",
                     at_least = 1.8))
}

same <- identical(fit_over(cl)$coefficients, fit$coefficients) &&
  identical(coef(replicates_over(cl)), coef(replicates_over(NULL)))
rows <- rbind(measure("default fit", fit_over, size(5, 2)),
              measure("moe_bootstrap(replicates = 100)", replicates_over, size(9, 2)),
              result("identical results", describe(set), as.numeric(same), "yes = 1", at_least = 1))
parallel::stopCluster(cl)
save_results("processes", rows)
