# For the figures: time to the optimum against the number of rows, and the objective against time on
# d2, for moelogit, L-BFGS-B, EM with nnet and flexmix from the common start.
source("bench/common.R")
source("bench/peers.R")
source("bench/target.R")

patience <- size(20, 2) # seconds; a method that needs more is not tried with more rows
sizes <- 1000 * 2^(0:size(8, 2))
shape <- list(n = 1000, p = 10, M = 3, K = 3, seed = 102)

# Each gives a function that runs to the target, or NULL if the method ends elsewhere or has not
# got there in time.
ways <- list(
  moelogit = function(d) d$whole,
  "L-BFGS-B" = function(d) {
    run <- function() run_lbfgsb(d$plain, d$b, d$target, patience)
    if (max(run()$objective) >= d$target) run
  },
  "EM with nnet" = function(d) {
    run <- function() run_em(d$plain, d$tau, d$target, patience)
    if (max(run()$objective) >= d$target) run
  },
  flexmix = function(d) {
    iterations <- flexmix_iterations(d)
    if (!is.na(iterations)) function() flexmix_fit(d, d$tau, iterations)
  }
)

# Median and quartiles of the seconds that one method takes.
to_target <- function(method, n, run) {
  times <- take_turns(list(run), size(3, 1), least = 0.01)
  quartiles <- stats::quantile(times, c(0.5, 0.25, 0.75), names = FALSE)
  data.frame(method = method, n = n, seconds = quartiles[1], lower = quartiles[2],
             upper = quartiles[3])
}

against_rows <- function() {
  rows <- data.frame()
  going_on <- names(ways)
  for (n in sizes) {
    d <- prepare(modifyList(shape, list(n = n)))
    for (method in going_on) {
      start <- now()
      run <- ways[[method]](d)
      if (now() - start > patience) going_on <- setdiff(going_on, method)
      if (!is.null(run)) rows <- rbind(rows, to_target(method, n, run))
    }
  }
  rows
}

# Seconds and the gap to the best objective of fits that are stopped after some iterations.
stopped_early <- function(iterations, run, objective, best) {
  do.call(rbind, lapply(iterations, function(i) {
    time <- take_turns(list(function() run(i)), size(3, 1), least = 0.01)
    data.frame(seconds = stats::median(time), gap = best - objective(run(i)))
  }))
}

against_time <- function() {
  d <- prepare(if (quick) sets$d1 else sets$d2)
  whole <- function(iterations) whole_fit(d, iterations)
  traced <- function(trace) data.frame(seconds = trace$seconds, gap = d$best - trace$objective)
  steps <- unique(round(1.35^(0:size(17, 5))))
  rbind(
    data.frame(method = "moelogit",
               stopped_early(steps, whole, function(fit) fit$objective, d$best)),
    data.frame(method = "L-BFGS-B", traced(run_lbfgsb(d$plain, d$b))),
    data.frame(method = "EM with nnet", traced(run_em(d$plain, d$tau, limit = patience))),
    data.frame(method = "flexmix",
               stopped_early(2^(0:size(6, 2)), function(i) flexmix_fit(d, d$tau, i),
                             function(fit) fit@logLik, d$best))
  )
}

write_results("rows", against_rows())
write_results("trace", against_time())
