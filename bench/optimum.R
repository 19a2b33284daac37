# Time and evaluations to within 1e-6 (relative) of the optimum from the common start.
#
# Against L-BFGS-B both begin from the same parameters and what leads to them is not counted;
# against flexmix and EM both begin from the same responsibilities and everything is counted, for
# moelogit also its checks and its rank test. A peer that is too slow is stopped, and its ratio is
# then a lower bound.
source("bench/common.R")
source("bench/peers.R")
source("bench/target.R")

patience <- size(60, 5) # seconds for one run of a peer
used_sets <- if (quick) sets["d1"] else sets

# Both tasks by turns, if the peer gets there at all.
compare <- function(what, case, peer, ours, reached, at_least = NA, repeats = size(3, 2)) {
  if (reached) {
    times <- take_turns(list(peer = peer, ours = ours), repeats)
    return(ratio_result(what, case, times, "peer", "ours", at_least = at_least))
  }
  times <- take_turns(list(ours = ours), repeats)
  result(what, case, patience / times[, "ours"], at_least = at_least,
         note = paste("lower bound: stopped after", patience, "s"))
}

# The bound is meant for R's reference BLAS.
against_lbfgsb <- function(d, name) {
  run <- function() run_lbfgsb(d$plain, d$b, d$target, patience)
  trace <- run()
  reached <- max(trace$objective) >= d$target
  bound <- if (name != "d1" && blas_name() == "reference") 30 else NA
  rbind(compare("L-BFGS-B / moelogit", name, run, d$from_parameters, reached, bound, size(5, 2)),
        if (reached) result("evaluations / L-BFGS-B's, common start", name,
                            d$from_parameters()$evaluations / nrow(trace)))
}

against_em <- function(d, name) {
  run <- function() run_em(d$plain, d$tau, d$target, patience)
  reached <- max(run()$objective) >= d$target
  compare("EM with nnet / moelogit", name, run, d$whole, reached)
}

against_flexmix <- function(d, name) {
  iterations <- flexmix_iterations(d)
  run <- function() flexmix_fit(d, d$tau, iterations)
  compare("flexmix / moelogit", name, run, d$whole, !is.na(iterations),
          if (name == "d2") 300 else NA)
}

on_set <- function(name) {
  d <- prepare(used_sets[[name]])
  times <- take_turns(list(run = d$from_parameters, whole = d$whole), size(11, 2))
  rbind(
    result("moelogit, from the parameters", name, 1e3 * times[, "run"], "ms"),
    result("moelogit, whole fit", name, 1e3 * times[, "whole"], "ms"),
    against_lbfgsb(d, name),
    against_em(d, name),
    if (name %in% c("d1", "d2")) against_flexmix(d, name)
  )
}

save_results("optimum", do.call(rbind, lapply(names(used_sets), on_set)))
