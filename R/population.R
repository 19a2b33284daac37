# The population of a search: runs of the core that ended in different solutions, best first.

# --- runs ---

short_steps <- 150L
short_gain <- 0.02 # estimated gain that is left at the end of a short run, per unit of weight

# A run that gives up where it would not reach the target.
short_run <- function(problem, theta, target = NULL) {
  core_maximise(problem, theta, short_steps, short_gain / (1 + problem$total), target = target)
}

# Places of runs that ended in different solutions, best first; of those that share a solution, the
# best counts. What is below `gap` is rounding, or what a short run has left, and must not decide.
# Runs that ended in no finite objective count only where there are no others.
distinct <- function(runs, gap) {
  objective <- vapply(runs, `[[`, 0, "objective")
  kept <- integer()
  for (place in order(objective, decreasing = TRUE)) {
    if (is.finite(objective[place]) && all(objective[kept] - objective[place] > gap)) {
      kept <- c(kept, place)
    }
  }
  if (length(kept)) kept else 1L
}

# --- members ---

# Runs whose objectives are closer, in units of the log-likelihood, have found one solution: it is
# more than they have left to gain.
same_solution <- 0.05

solution_gap <- function(problem) same_solution * min(1, problem$total)

# From random starts of all kinds.
draw_population <- function(task) {
  kinds <- list(start_kmeans, start_hyperplanes, start_random, start_labels)
  runs <- lapply(seq_len(task$effort$size), function(s) {
    draw <- kinds[[(s - 1L) %% length(kinds) + 1L]]
    short_run(task$problem, draw(task))
  })
  runs[distinct(runs, solution_gap(task$problem))]
}

# The solutions of another problem of the same kind, with another ridge say, as starts.
move_population <- function(task, population) {
  runs <- lapply(population, function(run) short_run(task$problem, run$theta))
  runs[distinct(runs, solution_gap(task$problem))]
}

# With the run in its place if it is a new solution, and among the best `size`.
join_population <- function(population, run, size, gap) {
  objective <- vapply(population, `[[`, 0, "objective")
  if (!is.finite(run$objective) || any(abs(objective - run$objective) <= gap)) return(population)
  utils::head(append(population, list(run), sum(objective > run$objective)), size)
}

# What a run must reach to join: the worst, once the population is full.
entry_level <- function(population, size) {
  if (length(population) == size) population[[size]]$objective
}

# --- children ---

# Children, one after the other, until as many in a row as the patience with each member lasts have
# not joined.
evolve <- function(task, population) {
  problem <- task$problem
  size <- task$effort$size
  idle <- 0L
  while (idle < task$effort$patience * length(population) && length(population) > 1L) {
    theta <- blend(draw_parents(problem, population))
    child <- short_run(problem, theta, entry_level(population, size))
    grown <- join_population(population, child, size, solution_gap(problem))
    idle <- if (identical(grown, population)) idle + 1L else 0L
    population <- grown
  }
  population
}

courted <- 3L # of which the most different becomes the second parent

# The measures of two solutions, the experts of the second in the order in which they match those of
# the first. Parents that are alike have children that end where they did.
draw_parents <- function(problem, population) {
  drawn <- population[sample.int(length(population), min(length(population), 1L + courted))]
  measures <- lapply(drawn, function(run) problem_measure(problem, run$theta))
  first <- measures[[1]]
  others <- lapply(measures[-1], function(other) {
    permute_experts(other, match_experts(other, first))
  })
  apart <- vapply(others, function(other) sum((as_theta(other) - as_theta(first))^2), 0)
  list(first, others[[which.max(apart)]])
}

most_shrunk <- 0.5

# Parameters of which each expert lies between those of a pair, at a place of its own. All are then
# made smaller, by up to a half: from softer regions and experts, runs find their way to better
# optima, and sooner.
blend <- function(parents) {
  child <- parents[[1]]
  share <- stats::runif(ncol(child$gate))
  for (part in c("gate", "expert")) {
    of_first <- rep(share, each = length(child[[part]]) / length(share))
    child[[part]] <- of_first * child[[part]] + (1 - of_first) * parents[[2]][[part]]
  }
  child$gate <- child$gate - rowMeans(child$gate)
  stats::runif(1L, most_shrunk, 1) * as_theta(child)
}
