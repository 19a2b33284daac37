# The path of a dendrogram: a run per level, and what the criteria say of them.

# --- runs ---

# From the measure of a level, a number of steps with as many experts.
run_level <- function(problem, theta, experts, steps) {
  core_maximise(problem_with_experts(problem, experts), theta, steps, polish_tolerance)
}

# The levels of the tree as runs of no steps.
merged_runs <- function(problem, tree) {
  runs <- lapply(tree$levels, function(measure) {
    run_level(problem, as_theta(measure), ncol(measure$gate), 0L)
  })
  from <- c("fit", rep("merge 1", length(runs) - 1L))
  Map(function(run, from) c(run, from = from), runs, from)
}

trial_rows <- 2000L       # most rows of a trial
trial_steps <- 25L        # of each candidate, on the sample
finalist_steps <- 20L     # of the best two candidates, on all rows
polish_tolerance <- 1e-12 # of a level's final run; plateaus look flat for a while

# Down from the fit itself, each level the best candidate with one expert fewer than the one above.
# Then up from one expert: each level is polished, and where a split of it beats the level above,
# that level is replaced.
refined_runs <- function(problem, measure, pairs) {
  sample <- problem_spread(problem, trial_rows)
  most <- problem$experts
  runs <- vector("list", most)
  runs[[most]] <- c(run_level(problem, as_theta(measure), most, 0L), from = "fit")
  measure_of <- function(k) problem_measure(problem_with_experts(problem, k), runs[[k]]$theta)
  for (k in (most - 1L):1L) {
    runs[[k]] <- best_candidate(problem, sample, candidates_below(measure_of(k + 1L), pairs))
  }
  for (k in seq_len(most - 1L)) {
    runs[[k]] <- polish(problem, runs[[k]], k)
    if (k + 1L == most) break
    split <- best_candidate(problem, sample, candidate_splits(sample, measure_of(k)))
    if (beats(split, runs[[k + 1L]])) runs[[k + 1L]] <- split
  }
  rev(runs)
}

# All candidates have a trial on the sample, the best two of them a run on all rows. Of those that
# lead to the same solution the first counts.
best_candidate <- function(problem, sample, candidates) {
  if (length(candidates) == 0L) return(NULL)
  experts <- ncol(candidates[[1]]$gate)
  trials <- lapply(candidates, function(measure) {
    run_level(sample, as_theta(measure), experts, trial_steps)
  })
  finalists <- trials[sort(utils::head(distinct(trials, solution_gap(sample)), 2L))]
  runs <- lapply(finalists, function(trial) {
    run_level(problem, trial$theta, experts, finalist_steps)
  })
  best <- if (length(runs) > 1L && beats(runs[[2]], runs[[1]])) 2L else 1L
  c(runs[[best]], from = names(runs)[best])
}

polish <- function(problem, run, experts) {
  c(run_level(problem, run$theta, experts, problem$control$max_iterations), from = run$from)
}

# By more than rounding.
beats <- function(run, other) {
  !is.null(run) && run$objective > other$objective + 1e-6 * (1 + abs(other$objective))
}

# --- criteria ---

criteria <- c(hq = "HQ", sabic = "adjusted BIC", bic = "BIC", aic = "AIC", icl = "ICL", dsc = "DSC",
              dsc_rescaled = "rescaled DSC")

path_table <- function(tree, problem) {
  experts <- problem$experts:1
  loglik <- vapply(tree$runs, `[[`, 0, "loglik")
  merged <- if (tree$refined) vapply(tree$levels, measure_loglik, 0, problem) else loglik
  n <- problem$total
  df <- vapply(experts, function(k) count_parameters(problem_with_experts(problem, k)), 0)
  height <- c(tree$height, NA)
  entropy <- mapply(theta_entropy, lapply(tree$runs, `[[`, "theta"), experts,
                    MoreArgs = list(problem = problem))
  path <- data.frame(
    experts = experts, height = height, loglik_merged = merged, loglik = loglik, df = df,
    aic = -2 * loglik + 2 * df, bic = -2 * loglik + log(n) * df
  )
  # Never less than AIC's penalty, which it falls below for n < 15.
  path$hq <- -2 * loglik + 2 * log(max(log(n), exp(1))) * df
  path$sabic <- -2 * loglik + log((n + 2) / 24) * df
  path$icl <- path$bic + 2 * entropy
  path$dsc <- -(height + log(n) * merged / n)
  top <- max(tree$height)
  path$dsc_rescaled <- -(log(n) * merged / abs(merged[1]) + if (top > 0) height / top else height)
  path$from <- vapply(tree$runs, `[[`, "", "from")
  path$chosen_by <- chosen_by(path)
  path
}

measure_loglik <- function(measure, problem) {
  core_evaluate(problem_with_experts(problem, ncol(measure$gate)), as_theta(measure))$loglik
}

theta_entropy <- function(theta, experts, problem) {
  tau <- core_predict(problem_with_experts(problem, experts), theta, "posterior")$posterior
  posterior_entropy(tau, problem$weights)
}

# -sum_i v_i sum_k tau_ik log tau_ik; `weights` are NULL for 1.
posterior_entropy <- function(tau, weights) {
  entropy <- ifelse(tau > 0, -tau * log(tau), 0)
  sum(if (is.null(weights)) entropy else weights * entropy)
}

# The number of experts with the least criterion, the smaller of equals.
best_level <- function(path, criterion) {
  path$experts[order(path[[criterion]], path$experts)[1]]
}

chosen_by <- function(path) {
  chosen <- vapply(names(criteria), function(name) best_level(path, name), 0)
  vapply(path$experts, function(k) paste(names(criteria)[chosen == k], collapse = ", "), "")
}
