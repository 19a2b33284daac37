# The path of a dendrogram: a run per level, and what the criteria say of them.

# --- runs ---

# On part of the rows, with its share of the ridge.
run_from_theta <- function(fit, problem, theta, experts, iterations) {
  ridge <- ridge_vectors(problem$design, fit$lambda * problem$total / fit$nobs, fit$control)
  maximise(problem, theta, experts, ridge, fit$control, iterations, polish_tolerance)
}

merged_runs <- function(fit, problem, tree) {
  runs <- lapply(tree$levels, function(measure) {
    run_from_theta(fit, problem, as_theta(measure), ncol(measure$gate), 0L)
  })
  from <- c("fit", rep("merge 1", length(runs) - 1L))
  Map(function(run, from) c(run, from = from), runs, from)
}

trial_rows <- 2000L       # most rows of a trial
trial_steps <- 25L        # of each candidate, on part of the rows
finalist_steps <- 20L     # of the best two candidates, on all rows
polish_tolerance <- 1e-12 # of a level's final run; plateaus look flat for a while

# Down from the fit itself, each level the best candidate with one expert fewer than the one above.
# Then up from one expert: each level is polished, and where a split of it beats the level above,
# that level is replaced.
refined_runs <- function(fit, problem, pairs) {
  part <- spread_problem(problem, trial_rows)
  task <- list(fit = fit, problem = problem, part = part)
  runs <- vector("list", fit$experts)
  runs[[fit$experts]] <- c(run_from_theta(fit, problem, as_theta(fit$measure), fit$experts, 0L),
                           from = "fit")
  measure_of <- function(k) as_measure(runs[[k]]$theta, k, problem$classes, problem$design)
  for (k in (fit$experts - 1L):1L) {
    runs[[k]] <- best_candidate(task, candidates_below(measure_of(k + 1L), pairs))
  }
  for (k in seq_len(fit$experts - 1L)) {
    runs[[k]] <- polish(task, runs[[k]], k)
    if (k + 1L == fit$experts) break
    split <- best_candidate(task, candidate_splits(measure_of(k), part, fit$control))
    if (beats(split, runs[[k + 1L]])) runs[[k + 1L]] <- split
  }
  rev(runs)
}

# All candidates have a trial on part of the rows, the best two of them a run on all rows. Of those
# that lead to the same solution the first counts.
best_candidate <- function(task, candidates) {
  if (length(candidates) == 0L) return(NULL)
  experts <- ncol(candidates[[1]]$gate)
  trials <- lapply(candidates, function(measure) {
    run_from_theta(task$fit, task$part, as_theta(measure), experts, trial_steps)
  })
  runs <- lapply(trials[best_distinct(trials, 2L)], function(trial) {
    run_from_theta(task$fit, task$problem, trial$theta, experts, finalist_steps)
  })
  best <- if (length(runs) > 1L && beats(runs[[2]], runs[[1]])) 2L else 1L
  c(runs[[best]], from = names(runs)[best])
}

# The `most` runs that reached the highest different objectives, in the order given.
best_distinct <- function(runs, most) {
  objective <- signif(vapply(runs, `[[`, 0, "objective"), 7)
  best <- order(objective, decreasing = TRUE)
  sort(utils::head(best[!duplicated(objective[best])], most))
}

polish <- function(task, run, experts) {
  steps <- task$fit$control$max_iterations
  c(run_from_theta(task$fit, task$problem, run$theta, experts, steps), from = run$from)
}

# By more than rounding.
beats <- function(run, other) {
  !is.null(run) && run$objective > other$objective + 1e-6 * (1 + abs(other$objective))
}

# --- criteria ---

criteria <- c(hq = "HQ", sabic = "adjusted BIC", bic = "BIC", aic = "AIC", icl = "ICL", dsc = "DSC",
              dsc_rescaled = "rescaled DSC")

path_table <- function(tree, fit, problem) {
  experts <- fit$experts:1
  loglik <- vapply(tree$runs, `[[`, 0, "loglik")
  merged <- if (tree$refined) {
    vapply(merged_runs(fit, problem, tree), `[[`, 0, "loglik")
  } else {
    loglik
  }
  n <- fit$nobs
  df <- vapply(experts, function(k) count_parameters(problem, k), 0)
  height <- c(tree$height, NA)
  entropy <- mapply(run_entropy, tree$runs, experts, MoreArgs = list(fit = fit, problem = problem))
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

run_entropy <- function(run, experts, fit, problem) {
  measure <- as_measure(run$theta, experts, problem$classes, problem$design)
  tau <- predict_core(measure, problem$design, problem$y, "posterior", fit$control)
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
