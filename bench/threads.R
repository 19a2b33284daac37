# Two threads against two independent processes of one thread each: evaluations per second, by
# turns. And whether results are the same, to the last bit, for any number of threads.
source("bench/common.R")

set <- list(n = size(1e5, 5000), p = 20, M = 3, K = 3, seed = 1)
turn <- size(2, 0.2) # seconds

prepare <- function() {
  d <- make_data(set)
  problem <- core_problem(d$x, d$y_factor, d$K)
  list(d = d, problem = problem, theta = core_start(problem, common_start(d)))
}

# Evaluations per second over one turn.
throughput <- function(a, threads) {
  count <- 0
  start <- now()
  while (now() - start < turn) {
    core_evaluate(with_threads(a$problem, threads), a$theta)
    count <- count + 1
  }
  count / (now() - start)
}

independent <- parallel::makePSOCKcluster(2)
parallel::clusterExport(independent, c("set", "turn", "prepare", "throughput", "quick"))
invisible(parallel::clusterEvalQ(independent, {
  source("bench/common.R")
  a <- prepare()
  throughput(a, 1)
}))

a <- prepare()
rates <- t(vapply(seq_len(size(15, 3)), function(i) {
  apart <- sum(unlist(parallel::clusterEvalQ(independent, throughput(a, 1))))
  c(one = throughput(a, 1), two = throughput(a, 2), apart = apart)
}, numeric(3)))
parallel::stopCluster(independent)

# Everything an evaluation gives, and the parameters of a whole run.
outcome <- function(threads) {
  problem <- with_threads(a$problem, threads)
  list(core_evaluate(problem, a$theta, gram = TRUE), core_maximise(problem, a$theta, 20))
}
same <- identical(outcome(1), outcome(2)) && identical(outcome(1), outcome(3))

save_results(
  "threads",
  result("two threads / two processes, throughput", describe(set),
         rates[, "two"] / rates[, "apart"], at_least = 0.9),
  result("two threads / one thread, throughput", describe(set), rates[, "two"] / rates[, "one"]),
  result("bit-identical results with 1, 2 and 3 threads", describe(set), as.numeric(same),
         "yes = 1", at_least = 1)
)
