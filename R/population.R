# The population of a search: runs of the core that ended in different solutions, best first.

# --- runs ---

short_steps <- 150L
short_gain <- 0.02 # estimated gain that is left at the end of a short run, per unit of weight

# A run that gives up where it would not reach the target.
short_run <- function(problem, theta, target = NULL) {
  core_maximise(problem, theta, short_steps, short_gain / (1 + problem$total), target = target)
}

end_tolerance <- 1e-9 # of a run of which the objective is to be told from others'

finish_run <- function(problem, run) {
  core_maximise(problem, run$theta, tolerance = end_tolerance)
}

# Places of runs that ended in different solutions, best first; of those that share a solution, the
# best counts. What is below `gap` is rounding, or what a short run has left, and must not decide.
# Runs that ended in no finite objective count only where there are no others.
distinct <- function(runs, gap) {
  objective <- objectives_of(runs)
  kept <- integer()
  for (place in order(objective, decreasing = TRUE)) {
    if (is.finite(objective[place]) && all(objective[kept] - objective[place] > gap)) {
      kept <- c(kept, place)
    }
  }
  if (length(kept)) kept else 1L
}

# --- members ---

objectives_of <- function(runs) vapply(runs, `[[`, 0, "objective")

# Runs have found one solution if their objectives, in units of the log-likelihood, and their
# measures are closer than what a short run has left. Different optima may be as high as each other.
same_height <- 0.05
same_place <- 0.2 # of the length of theta

solution_gap <- function(problem) same_height * min(1, problem$total)

is_known <- function(problem, population, run) {
  as_high <- abs(objectives_of(population) - run$objective) <= solution_gap(problem)
  measure <- problem_measure(problem, run$theta)
  radius <- same_place^2 * sum(run$theta^2)
  for (member in population[as_high]) {
    if (measures_apart(measure, matched_measure(problem, member, measure)) <= radius) return(TRUE)
  }
  FALSE
}

# Of a run, its experts in the order in which they match those of another measure.
matched_measure <- function(problem, run, other) {
  measure <- problem_measure(problem, run$theta)
  permute_experts(measure, match_experts(measure, other))
}

measures_apart <- function(first, second) sum((as_theta(second) - as_theta(first))^2)

# From random starts of all kinds.
draw_population <- function(task) {
  kinds <- list(start_kmeans, start_hyperplanes, start_random, start_labels)
  gather_population(task, lapply(seq_len(task$effort$size), function(s) {
    draw <- kinds[[(s - 1L) %% length(kinds) + 1L]]
    short_run(task$problem, draw(task))
  }))
}

# The solutions of another problem of the same kind, with another ridge say, as starts.
move_population <- function(task, population) {
  gather_population(task, lapply(population, function(run) short_run(task$problem, run$theta)))
}

# Of the runs that are different solutions; a run without a finite objective where all are so.
gather_population <- function(task, runs) {
  population <- Reduce(function(population, run) join_population(task, population, run), runs,
                       list())
  if (length(population)) population else runs[1]
}

# With the run in its place if it is a new solution, and among the best.
join_population <- function(task, population, run) {
  if (!is.finite(run$objective) || is_known(task$problem, population, run)) return(population)
  place <- sum(objectives_of(population) > run$objective)
  utils::head(append(population, list(run), place), task$effort$size)
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
  population <- finish_best(task, population)
  while (idle < patience_of(task, population) * length(population) && length(population) > 1L) {
    theta <- blend(draw_parents(problem, population))
    child <- short_run(problem, theta, entry_level(population, size))
    grown <- join_population(task, population, child)
    idle <- if (identical(grown, population)) idle + 1L else 0L
    population <- finish_best(task, grown)
  }
  population
}

same_optimum <- 1e-6 # relative difference of objectives
assured <- 0.25      # share of the patience that is left where the goal is reached

# A population that has come to the goal, the best optimum that other searches know, is what these
# were, and is not waited for as long.
patience_of <- function(task, population) {
  goal <- task$goal
  reached <- !is.null(goal) &&
    abs(population[[1]]$objective - goal) <= same_optimum * (1 + abs(goal))
  task$effort$patience * if (reached) assured else 1
}

near_goal <- 1 # unit of the log-likelihood: more than a short run has left

# The best, where it may be the goal, is run to its end, once.
finish_best <- function(task, population) {
  best <- population[[1]]
  near <- near_goal * min(1, task$problem$total)
  if (is.null(task$goal) || !is.null(best$finished) || best$objective < task$goal - near) {
    return(population)
  }
  population[[1]] <- c(finish_run(task$problem, best), finished = TRUE)
  population
}

courted <- 3L # of which the most different becomes the second parent

# The measures of two solutions, the experts of the second in the order in which they match those of
# the first. Parents that are alike have children that end where they did.
draw_parents <- function(problem, population) {
  drawn <- population[sample.int(length(population), min(length(population), 1L + courted))]
  first <- problem_measure(problem, drawn[[1]]$theta)
  others <- lapply(drawn[-1], function(run) matched_measure(problem, run, first))
  apart <- vapply(others, measures_apart, 0, first)
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
