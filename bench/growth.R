# How the time of one evaluation grows with rows, columns, experts, classes: the slope of log time
# on log size, fitted to each repeat. 1 is linear.
source("bench/common.R")

base <- list(n = size(5e4, 2000), p = 20, M = 3, K = 3, seed = 1)
repeats <- size(11, 2)

# Covariates, classes and parameters without structure: the time does not depend on them.
random_evaluation <- function(shape) {
  set.seed(shape$seed)
  n <- shape$n
  p <- shape$p
  x <- matrix(1, n, p)
  for (j in seq_len(p)[-1]) x[, j] <- stats::rnorm(n)
  design <- list(x = x, x_center = numeric(p), x_scale = rep(1, p))
  design <- c(design, list(z = design$x, z_center = design$x_center, z_scale = design$x_scale))
  problem <- inner$new_problem(design, sample.int(shape$M, n, TRUE), seq_len(shape$M), shape$K)
  theta <- stats::rnorm(p * shape$K * (1 + shape$M), sd = 0.3)
  function() core_evaluate(problem, theta)
}

# Slopes over all sizes, then seconds at each.
along <- function(dimension, sizes, bounds, base) {
  shapes <- lapply(sizes, function(at) modifyList(base, stats::setNames(list(at), dimension)))
  times <- take_turns(lapply(shapes, random_evaluation), repeats)
  slopes <- apply(times, 1, function(t) stats::coef(stats::lm(log(t) ~ log(sizes)))[[2]])
  shown <- format(sizes, big.mark = ",", scientific = FALSE, trim = TRUE)
  range <- sprintf("%s from %s to %s", dimension, shown[1], shown[length(shown)])
  rbind(
    result("exponent", range, slopes, "exponent", at_least = bounds[1], at_most = bounds[2]),
    do.call(rbind, lapply(seq_along(sizes), function(i) {
      result("time per evaluation", paste(dimension, "=", shown[i]), 1e3 * times[, i], "ms")
    }))
  )
}

save_results(
  "growth",
  along("n", size(10^(4:7), c(1000, 4000)), c(0.95, 1.05), modifyList(base, list(p = 10))),
  along("p", size(c(5, 10, 20, 40, 80, 160), c(5, 10)), c(NA, 1.05), base),
  along("K", size(c(2, 4, 8, 16, 32), c(2, 4)), c(NA, 1.05), base),
  along("M", size(c(2, 4, 8, 16, 32), c(2, 4)), c(NA, 1.05), base)
)
