# Rows that share one expert: one evaluation against that of the same rows without groups; flexmix
# with the same groups, by the optimum that is found and the time that it takes; and a panel of 1.6
# million rows. flexmix has its best of five starts.
source("bench/common.R")

# Groups of equal size: columns x1, ..., y and id.
draw_panel <- function(groups, rows, p, M, K, seed) {
  set.seed(seed)
  n <- groups * rows
  x <- matrix(rnorm(n * (p - 1)), n, dimnames = list(NULL, paste0("x", seq_len(p - 1))))
  latent <- rep(sample.int(K, groups, TRUE, prob = seq_len(K)), each = rows)
  beta <- array(rnorm(p * M * K, sd = 0.8), c(p, M, K))
  eta <- matrix(0, n, M)
  for (k in seq_len(K)) eta[latent == k, ] <- cbind(1, x[latent == k, ]) %*% beta[, , k]
  y <- max.col(eta - log(-log(matrix(runif(n * M), n))), "first")
  data.frame(y = factor(y, seq_len(M)), x, id = rep(seq_len(groups), each = rows))
}

panel_formula <- function(frame) {
  covariates <- setdiff(names(frame), c("y", "id"))
  stats::as.formula(paste("y ~", paste(covariates, collapse = " + "), "| 1"))
}

fit_panel <- function(frame, K, start = NULL) {
  suppressWarnings(moe_fit(panel_formula(frame), frame, experts = K, lambda = 0, group = id,
                           start = start))
}

flexmix_formula <- function(frame) {
  stats::update(stats::formula(Formula::Formula(panel_formula(frame)), rhs = 1), . ~ . | id)
}

to_the_end <- list(minprior = 0, iter.max = 1000, tolerance = 1e-10)

fit_flexmix <- function(frame, K, starts = 5) {
  flexmix::stepFlexmix(flexmix_formula(frame), data = frame, k = K, nrep = starts, verbose = FALSE,
                       model = flexmix::FLXMRmultinom(), control = to_the_end)
}

fit_flexmix_from <- function(frame, tau) {
  flexmix::flexmix(flexmix_formula(frame), data = frame, cluster = tau[frame$id, ],
                   model = flexmix::FLXMRmultinom(), control = to_the_end)
}

# Responsibilities of groups, drawn at random.
draw_posterior <- function(groups, K) {
  label <- sample.int(K, groups, TRUE)
  tau <- matrix(0.1 / (K - 1), groups, K)
  tau[cbind(seq_along(label), label)] <- 0.9
  tau
}

# By how much, relatively, flexmix's log-likelihood is above ours.
on_problem <- function(seed) {
  frame <- draw_panel(size(150, 40), 8, 3, 3, 2 + seed %% 2, seed)
  theirs <- fit_flexmix(frame, 2 + seed %% 2)@logLik
  ours <- fit_panel(frame, 2 + seed %% 2)$loglik
  (theirs - ours) / abs(ours)
}

against_flexmix <- function() {
  above <- vapply(seq_len(size(10, 2)), on_problem, 0)
  frame <- draw_panel(size(500, 50), 10, 4, 3, 3, 1)
  tau <- draw_posterior(max(frame$id), 3)
  x <- as.matrix(frame[c("x1", "x2", "x3")])
  of_matrices <- function() {
    suppressWarnings(moe_fit(x, frame$y, experts = 3, z = x[, 0], lambda = 0, start = tau,
                             group = frame$id))
  }
  times <- take_turns(list(ours = function() fit_panel(frame, 3),
                           run = function() fit_panel(frame, 3, tau),
                           matrices = of_matrices,
                           theirs = function() fit_flexmix_from(frame, tau),
                           one = function() fit_flexmix(frame, 3, 1),
                           five = function() fit_flexmix(frame, 3)), size(3, 1),
                      clock = processor_seconds)
  case <- "500 groups of 10 rows, p = 4, M = 3, K = 3"
  rbind(
    result("flexmix's log-likelihood above ours, relative", "the highest of ten problems",
           max(above), at_most = 1e-6),
    result("problems on which flexmix's is lower by more than 1e-6", "ten problems",
           sum(above < -1e-6), "count"),
    ratio_result("flexmix / moelogit, one run from the same start", case, times, "theirs", "run",
                 at_least = 100),
    ratio_result("flexmix / moelogit by matrices, one run from the same start", case, times,
                 "theirs", "matrices", at_least = 100),
    ratio_result("flexmix, five starts / moelogit, whole fit", case, times, "five", "ours"),
    ratio_result("flexmix, one start / moelogit, whole fit", case, times, "one", "ours"),
    result("moelogit, whole fit", case, times[, "ours"], "s")
  )
}

# One evaluation with groups of so many rows, and one of the same rows without.
against_rows <- function(rows) {
  frame <- draw_panel(size(24000, 1200) / rows, rows, 10, 3, 4, 3)
  fit <- fit_panel(frame, 4, draw_posterior(max(frame$id), 4))
  alone <- suppressWarnings(moe_fit(panel_formula(frame), frame, experts = 4, lambda = 0,
                                    start = fit, control = moe_control(max_iterations = 1)))
  theta <- inner$as_theta(fit$measure)
  evaluation <- function(fit) {
    problem <- inner$fit_problem(fit)
    function() core_evaluate(problem, theta)
  }
  times <- take_turns(list(groups = evaluation(fit), rows = evaluation(alone)), size(25, 3),
                      clock = processor_seconds)
  ratio_result("evaluation with groups / without, processor time",
               paste("groups of", rows, "rows, n = 24,000, p = 10, M = 3, K = 4"), times, "groups",
               "rows", at_most = 1.1)
}

# In a process of its own, on a data frame as large as users have it.
on_large_panel <- function() {
  frame <- draw_panel(size(80000, 800), 20, 10, 3, 4, 2)
  file <- tempfile(fileext = ".rds")
  saveRDS(frame, file, compress = FALSE)
  on.exit(unlink(file))
  code <- sprintf(paste(
    "library(moelogit); frame <- readRDS('%s'); set.seed(1);",
    "peak <- function() as.numeric(gsub('[^0-9]', '',",
    "  grep('VmHWM', readLines('/proc/self/status'), value = TRUE))) / 1024;",
    "before <- peak();",
    "time <- system.time(fit <- moe_fit(%s, frame, experts = 4, group = id, model = FALSE,",
    "  control = moe_control(progress = FALSE)))[['elapsed']];",
    "writeLines(format(c(time, before, peak(), fit$converged), digits = 6))"
  ), file, deparse1(panel_formula(frame)))
  measured <- as.numeric(fresh_process(code))
  case <- "1,600,000 rows in 80,000 groups, p = 10, M = 3, K = 4"
  rbind(result("moelogit, whole fit", case, measured[1], "s"),
        result("peak of the process", case, measured[3], "MB"),
        result("peak of the process before the fit", case, measured[2], "MB"),
        result("converged", case, measured[4], "yes = 1"))
}

save_results("groups", do.call(rbind, lapply(c(2, 3, 4, 10, 20), against_rows)), against_flexmix(),
             on_large_panel())
