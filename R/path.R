# The path of a dendrogram: a run per level, and what the criteria say of them.

# --- runs ---

# The problem of a fit, to be solved again with fewer experts.
fitted_problem <- function(fit) {
  data <- training_data(fit)
  list(design = fitted_design(fit, data), y = as.integer(data$y), weights = fit$prior_weights,
       classes = length(fit$levels), total = fit$nobs)
}

run_from_theta <- function(fit, problem, theta, experts, iterations) {
  ridge <- ridge_vectors(problem$design, fit$lambda, fit$control)
  maximise(problem, theta, experts, ridge, fit$control, iterations, polish_tolerance)
}

merged_runs <- function(fit, problem, tree) {
  lapply(tree$levels, function(measure) {
    run_from_theta(fit, problem, as_theta(measure), ncol(measure$gate), 0L)
  })
}

trial_steps <- 25L        # of each candidate
polish_tolerance <- 1e-10 # of the candidate that is kept; plateaus look flat for a while
drops <- 4L               # experts that are candidates to be left out, the lightest

# Level by level from the fit itself, the best of the candidates made from the level above.
refined_runs <- function(fit, problem, pairs) {
  run <- run_from_theta(fit, problem, as_theta(fit$measure), fit$experts, 0L)
  run$pair <- 1L
  runs <- list(run)
  for (experts in (fit$experts - 1L):1L) {
    measure <- as_measure(run$theta, experts + 1L, problem$classes, problem$design)
    merges <- candidate_merges(measure, pairs)
    trials <- lapply(c(merges, candidate_drops(measure, drops)), function(candidate) {
      run_from_theta(fit, problem, as_theta(candidate), experts, trial_steps)
    })
    best <- first_of_best(trials)
    run <- run_from_theta(fit, problem, trials[[best]]$theta, experts, fit$control$max_iterations)
    run$pair <- if (best <= length(merges)) best else 0L
    runs <- c(runs, list(run))
  }
  runs
}

# Where several candidates lead to the same solution, the closest pair counts.
first_of_best <- function(runs) {
  objective <- vapply(runs, `[[`, 0, "objective")
  which(objective >= max(objective) - 1e-6 * (1 + abs(max(objective))))[1]
}

# The measure with one of its closest pairs merged, for each of the `most` closest, closest first.
candidate_merges <- function(measure, most) {
  weights <- pmax(measure_weights(measure), .Machine$double.xmin)
  atoms <- measure_atoms(measure)
  distance <- ward_distances(weights, atoms)
  pairs <- which(lower.tri(distance), arr.ind = TRUE)
  closest <- utils::head(order(distance[pairs]), most)
  lapply(closest, function(c) merge_pair(measure, weights, atoms, pairs[c, 2], pairs[c, 1]))
}

# The measure without one of its experts, for each of the `most` lightest, lightest first.
candidate_drops <- function(measure, most) {
  weights <- measure_weights(measure)
  atoms <- measure_atoms(measure)
  lapply(utils::head(order(weights), most), function(j) {
    measure_from_atoms(measure, pmax(weights[-j], .Machine$double.xmin), atoms[, -j, drop = FALSE])
  })
}

ward_distances <- function(weights, atoms) {
  squares <- as.matrix(stats::dist(t(atoms)))^2
  squares * outer(weights, weights) / outer(weights, weights, `+`)
}

merge_pair <- function(measure, weights, atoms, i, j) {
  share <- weights[j] / (weights[i] + weights[j])
  atoms[, i] <- (1 - share) * atoms[, i] + share * atoms[, j]
  weights[i] <- weights[i] + weights[j]
  measure_from_atoms(measure, weights[-j], atoms[, -j, drop = FALSE])
}

# --- criteria ---

criteria <- c(bic = "BIC", aic = "AIC", icl = "ICL", dsc = "DSC", dsc_rescaled = "rescaled DSC")

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
  path$icl <- path$bic + 2 * entropy
  path$dsc <- -(height + log(n) * merged / n)
  top <- max(tree$height)
  path$dsc_rescaled <- -(log(n) * merged / abs(merged[1]) + if (top > 0) height / top else height)
  path$pair <- if (tree$refined) vapply(tree$runs, `[[`, 0L, "pair") else 1L
  path$chosen_by <- chosen_by(path)
  path
}

run_entropy <- function(run, experts, fit, problem) {
  measure <- as_measure(run$theta, experts, problem$classes, problem$design)
  tau <- predict_core(measure, problem$design, problem$y, "posterior", fit$control)
  posterior_entropy(tau, problem$weights)
}

# The number of experts with the least criterion, the smaller of equals.
best_level <- function(path, criterion) {
  path$experts[order(path[[criterion]], path$experts)[1]]
}

chosen_by <- function(path) {
  chosen <- vapply(names(criteria), function(name) best_level(path, name), 0)
  vapply(path$experts, function(k) paste(names(criteria)[chosen == k], collapse = ", "), "")
}
