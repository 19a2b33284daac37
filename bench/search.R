# What the search costs where the model holds: processor time of a default fit, and that of a fit of
# many rows beside one run from k-means.
source("bench/common.R")

cpu <- function(expression) sum(system.time(expression)[c("user.self", "sys.self")])

draw_set <- function(n, p, M, K, seed) make_data(list(n = n, p = p, M = M, K = K, seed = seed))

fit_set <- function(d, start = NULL) {
  suppressWarnings(moe_fit(d$x[, -1], d$y_factor, experts = d$K, lambda = 1, start = start,
                           model = FALSE, control = moe_control(progress = FALSE)))
}

time_fit <- function(d, seed) {
  set.seed(seed)
  cpu(fit_set(d))
}

# The responsibilities of a k-means clustering, as the search softens them.
time_run <- function(d, seed) {
  set.seed(seed)
  cpu({
    label <- suppressWarnings(stats::kmeans(scale(d$x[, -1]), d$K, iter.max = 20))$cluster
    tau <- matrix(0.1 / (d$K - 1), nrow(d$x), d$K)
    tau[cbind(seq_along(label), label)] <- 0.9
    fit_set(d, tau)
  })
}

seeds <- seq_len(size(3, 1))
middle <- draw_set(size(6000, 500), size(22, 4), 3, size(4, 2), 1)
large <- draw_set(size(100000, 15000), size(20, 4), 3, size(3, 2), 2)
save_results(
  "search",
  result("CPU of a default fit", "n = 6,000, p = 22, M = 3, K = 4",
         vapply(seeds, time_fit, 0, d = middle), "s", at_most = 5),
  result("CPU of a default fit / of one run from k-means", "n = 100,000, p = 20, M = 3, K = 3",
         vapply(seeds, function(seed) time_fit(large, seed) / time_run(large, seed), 0), "ratio",
         at_most = 8)
)
