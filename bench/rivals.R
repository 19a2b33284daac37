# Whether other programs find a better optimum than the default fit, on real data (bench/sets.R):
# L-BFGS-B from 20 random starts, with the same ridge; and flexmix and EM with nnet from 10 starts,
# which have no ridge, so that L-BFGS-B goes on with it from where they end.
source("bench/common.R")
source("bench/sets.R")
source("bench/peers.R")

used_sets <- real_sets()[size(c("birthwt", "fgl", "beps", "vehicle"), "birthwt")]

# The set as the rivals take it: the frame for flexmix, the problem in the core's and in plain form.
set_problem <- function(set, experts) {
  frame <- stats::model.frame(set[[1]], set[[2]])
  x <- stats::model.matrix(set[[1]], frame)
  y <- droplevels(factor(stats::model.response(frame)))
  problem <- suppressMessages(core_problem(x, y, experts, lambda = 1))
  x <- standardise(x[, problem$columns$kept_expert], problem)
  list(formula = set[[1]], frame = frame, problem = problem,
       plain = plain_problem(x, y, nlevels(y), experts, lambda = 1))
}

by_lbfgsb <- function(d, starts) {
  a <- d$plain
  vapply(seq_len(starts), function(s) {
    b <- matrix(stats::rnorm(a$p * (a$K * a$M - 1), sd = 0.5), a$p)
    max(run_lbfgsb(a, b)$objective)
  }, 0)
}

random_tau <- function(a) {
  tau <- matrix(stats::rexp(a$n * a$K), a$n)^3
  tau / rowSums(tau)
}

# From responsibilities, by an M-step under the ridge and L-BFGS-B.
go_on <- function(d, tau) {
  a <- d$plain
  b <- free_coefficients(core_start(d$problem, tau), a$p, a$M, a$K)
  max(run_lbfgsb(a, b)$objective)
}

by_flexmix <- function(d, starts) {
  vapply(seq_len(starts), function(s) {
    fit <- try(flexmix_fit(d, random_tau(d$plain), 100), silent = TRUE)
    if (inherits(fit, "try-error")) NA else go_on(d, flexmix::posterior(fit))
  }, 0)
}

by_em <- function(d, starts) {
  vapply(seq_len(starts), function(s) {
    em <- run_em(d$plain, random_tau(d$plain), iterations = 30)
    go_on(d, attr(em, "tau"))
  }, 0)
}

default_fit <- function(set, experts) {
  set.seed(1)
  suppressMessages(suppressWarnings(
    moe_fit(set[[1]], set[[2]], experts = experts, lambda = 1,
            control = moe_control(progress = FALSE, intercept_ridge = 0))
  ))$objective
}

# How far the best of a rival's starts lies above the default fit, relative to its objective.
against <- function(name, experts) {
  d <- set_problem(used_sets[[name]], experts)
  ours <- default_fit(used_sets[[name]], experts)
  set.seed(2)
  line <- function(what, objectives) {
    if (all(is.na(objectives))) return(NULL) # flexmix gives up where a class is absent
    above <- (max(objectives, na.rm = TRUE) - ours) / abs(ours)
    result(what, paste0(name, ", K = ", experts), above, "", at_most = 1e-6,
           note = paste(sum(objectives > ours - 1e-6 * abs(ours), na.rm = TRUE), "of",
                        length(objectives), "starts reach the default fit"))
  }
  small <- d$plain$n < 500
  rbind(line("best of 20 starts of L-BFGS-B, above the default fit", by_lbfgsb(d, size(20, 2))),
        if (small) line("best of 10 starts of flexmix, above it", by_flexmix(d, size(10, 2))),
        if (small) line("best of 10 starts of EM with nnet, above it", by_em(d, size(10, 2))))
}

cells <- expand.grid(name = names(used_sets), experts = size(2:3, 2), stringsAsFactors = FALSE)
save_results("rivals", do.call(rbind, Map(against, cells$name, cells$experts)))
