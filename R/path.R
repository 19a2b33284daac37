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

# --- refinement ---

# Each level has a population, as a search has (population.R), but a small one: solutions come down
# as merges and drops of those above and up as splits of those below, and breed where they arrive.
level_effort <- list(size = 12L, patience = 4 / 3)
level_parents <- 3L       # whose merges, drops and splits are tried at the next level
level_finalists <- 5L     # of a level, that are run to the end
polish_tolerance <- 1e-12 # of a level's final run; plateaus look flat for a while

# Independent searches that stand beside the population of a level, as many at most; their effort is
# given as in search_efforts.
level_searches <- c(quick = 0L, standard = 12L, thorough = 40L)
level_search <- list(first = 2L, near = 0, size = 12L, patience = 2, agree = 3L, higher = 0.1)

# Down from the fit, then up from one expert; the fit itself stays. What is drawn depends on the fit
# alone.
refined_runs <- function(problem, measure, pairs) {
  most <- problem$experts
  task <- search_task(problem, level_effort)
  fit <- c(run_level(problem, as_theta(measure), most, 0L), from = "fit")
  bar <- progress_bar(problem$control, 3L * (most - 1L), "Path")
  on.exit(bar$done())
  levels <- with_own_seed(meet_levels(task, fit, pairs, bar$tick))
  runs <- lapply(seq_len(most - 1L), function(k) {
    bar$tick()
    polish_level(problem, levels[[k]], k)
  })
  rev(c(runs, list(fit)))
}

# The populations of all levels below the fit's.
meet_levels <- function(task, fit, pairs, tick) {
  most <- task$problem$experts
  checkpoint <- task$problem$control$checkpoint
  levels <- vector("list", most)
  levels[[most]] <- list(fit)
  for (k in (most - 1L):1L) {
    levels[[k]] <- keep_stage(checkpoint, paste("down to", k), function() {
      candidates <- candidates_of(task, levels[[k + 1L]], k + 1L, function(measure) {
        candidates_below(measure, pairs)
      })
      settle(task, draw_level(task, k), candidates, k)
    })
    tick()
  }
  for (k in seq_len(most - 1L)) {
    levels[[k]] <- keep_stage(checkpoint, paste("up to", k), function() {
      candidates <- if (k > 1L) candidates_of(task, levels[[k - 1L]], k - 1L, function(measure) {
        candidate_splits(task$problem, measure)
      })
      search_level(task, settle(task, levels[[k]], candidates, k), k)
    })
    tick()
  }
  levels[seq_len(most - 1L)]
}

# Random starts of a level, where what comes from others may miss a region.
draw_level <- function(task, experts) {
  if (experts == 1L) return(list())
  task$problem <- problem_with_experts(task$problem, experts)
  draw_population(task)
}

# Measures for the next level, by what `move` makes of the best solutions of a level.
candidates_of <- function(task, population, experts, move) {
  problem <- problem_with_experts(task$problem, experts)
  unlist(lapply(utils::head(population, level_parents), function(run) {
    move(problem_measure(problem, run$theta))
  }), recursive = FALSE)
}

# The population of a level after candidates have arrived; if one of them stays, it breeds anew.
settle <- function(task, population, candidates, experts) {
  task$problem <- problem_with_experts(task$problem, experts)
  before <- population
  for (i in seq_along(candidates)) {
    population <- raise(task, population, as_theta(candidates[[i]]), names(candidates)[i])
  }
  if (experts == 1L || identical(before, population)) population else evolve(task, population)
}

# The population of a level, led by what independent searches find if that is better.
search_level <- function(task, population, experts) {
  searches <- level_searches[[task$problem$control$search]]
  if (experts == 1L || searches == 0L) return(population)
  task$problem <- problem_with_experts(task$problem, experts)
  task$effort <- c(level_search, most = 1L + searches)
  ends <- explore(task, quiet_control(task$problem$control, alone = TRUE),
                  ends = list(search_end(task, population)))
  best <- which.max(objectives_of(ends))
  if (best == 1L) population else c(list(c(ends[[best]], from = "search")), population)
}

# The best of a level's first solutions, run to the end on all rows.
polish_level <- function(problem, population, experts) {
  runs <- lapply(utils::head(population, level_finalists), function(run) {
    from <- if (is.null(run$from)) "bred" else run$from
    c(run_level(problem, run$theta, experts, problem$control$max_iterations), from = from)
  })
  runs[[which.max(vapply(runs, `[[`, 0, "objective"))]]
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
  problem <- problem_with_experts(problem, experts)
  if (is_elsewhere(problem)) {
    return(sum_over_slices(problem, "theta_entropy", theta = theta, experts = experts))
  }
  tau <- core_predict(problem, theta, "posterior")$posterior
  posterior_entropy(tau, problem$weights)
}

# -sum_i v_i sum_k tau_ik log tau_ik; `weights` are NULL for 1.
posterior_entropy <- function(tau, weights) {
  terms <- tau * log(pmax(tau, .Machine$double.xmin)) # 0 where tau is 0
  -sum(if (is.null(weights)) terms else weights * terms)
}

# The number of experts with the least criterion, the smaller of equals.
best_level <- function(path, criterion) {
  path$experts[order(path[[criterion]], path$experts)[1]]
}

chosen_by <- function(path) {
  chosen <- vapply(names(criteria), function(name) best_level(path, name), 0)
  vapply(path$experts, function(k) paste(names(criteria)[chosen == k], collapse = ", "), "")
}
