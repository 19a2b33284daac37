# Evaluations of objective and gradient until within 1e-6 (relative) of the optimum, against
# L-BFGS-B from the same 20 random starts: on d1 to d4, and on an overfit with a weak ridge, where
# curvature is flat. From one start the two may climb different hills; each is then held to its own.
source("bench/common.R")
source("bench/peers.R")

starts <- size(20, 2)
tasks <- lapply(sets, function(set) list(set = set, K = set$K, lambda = 0))
tasks[["d2, K = 8, ridge 0.1"]] <- list(set = sets$d2, K = 8, lambda = 0.1)
if (quick) {
  tasks <- list(d1 = tasks$d1, "d1, K = 3, ridge 0.1" = list(set = sets$d1, K = 3, lambda = 0.1))
}

until_close <- function(objective) {
  best <- max(objective)
  which(objective >= best - 1e-6 * abs(best))[1]
}

# The package's own objective and gradient as a function of free coefficients: vectorised R would
# take an hour for the same counts.
core_at <- function(problem) {
  function(a, b) {
    b <- matrix(b, a$p)
    at <- core_evaluate(problem, symmetric_theta(b, a$p, a$M, a$K))
    penalty <- plain_penalty(a, b)
    # A shift of all columns of a softmax changes nothing, so the first columns can stay 0.
    free <- c(seq_len(a$K)[-1], a$K + which(rep(seq_len(a$M), a$K) > 1))
    list(objective = at$loglik - penalty$value,
         gradient = matrix(at$gradient, a$p)[, free] - penalty$gradient)
  }
}

from_random_start <- function(seed, problem, plain) {
  set.seed(seed)
  columns <- plain$K - 1 + plain$K * (plain$M - 1)
  b <- matrix(rnorm(plain$p * columns, sd = 0.5), plain$p)
  theta <- symmetric_theta(b, plain$p, plain$M, plain$K)
  trace <- core_maximise(problem, theta)$trace
  ours <- core_maximise(problem, theta, until_close(trace) - 1)
  theirs <- run_lbfgsb(plain, b, at = core_at(problem))$objective
  data.frame(ours = ours$evaluations, theirs = until_close(theirs),
             gain = (max(trace) - max(theirs)) / abs(max(trace)))
}

on_task <- function(name) {
  task <- tasks[[name]]
  d <- make_data(task$set)
  problem <- core_problem(d$x, d$y_factor, task$K, task$lambda)
  plain <- plain_problem(standardise(d$x, problem), d$y, d$M, task$K, task$lambda)
  counts <- do.call(rbind, lapply(seq_len(starts), from_random_start, problem, plain))
  same <- abs(counts$gain) < 1e-6
  rbind(
    result("evaluations / L-BFGS-B's", name, counts$ours / counts$theirs, at_most = 0.6),
    if (any(same)) result("the same, where both reach one optimum", name,
                          (counts$ours / counts$theirs)[same], at_most = 0.6),
    result("evaluations", name, counts$ours, "count"),
    result("L-BFGS-B's evaluations", name, counts$theirs, "count"),
    result("starts where moelogit's optimum is lower", name, sum(counts$gain < -1e-6), "count"),
    result("starts where L-BFGS-B's optimum is lower", name, sum(counts$gain > 1e-6), "count")
  )
}

save_results("counts", do.call(rbind, lapply(names(tasks), on_task)))
