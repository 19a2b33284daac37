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

# Two runs share a solution if the objective does not dip half-way between their measures: local
# maxima are apart by a valley. Runs that are still far below cannot be told so: what is half-way is
# above them, whatever lies between. Places and heights tell less: on one plateau short runs end far
# from each other.
same_height <- 0.05 # unit of the log-likelihood: less is neither a dip nor a gain

height_gap <- function(problem) same_height * min(1, problem$total)

# Place of the member whose solution a run shares, if there is one: none but the nearest is asked.
find_twin <- function(problem, population, run) {
  measure <- problem_measure(problem, run$theta)
  nearest <- nearest_member(problem, population, measure)
  if (length(nearest) == 0L) return(nearest)
  member <- population[[nearest]]
  between <- (run$theta + as_theta(matched_measure(problem, member, measure))) / 2
  dip <- min(run$objective, member$objective) - core_objective(problem, between)
  if (isTRUE(dip <= height_gap(problem))) nearest else integer()
}

# By the squared distance of each atom of the measure from the nearest one of a member.
nearest_member <- function(problem, population, measure) {
  atoms <- lapply(population, function(run) measure_atoms(problem_measure(problem, run$theta)))
  if (length(atoms) == 0L) return(integer())
  squares <- squares_apart(measure_atoms(measure), do.call(cbind, atoms))
  experts <- problem$experts
  least <- apply(array(squares, c(experts, experts, length(atoms))), c(1, 3), min)
  which.min(colSums(least))
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
    kinds[[(s - 1L) %% length(kinds) + 1L]](task)
  }))
}

# The solutions of another problem of the same kind, with another ridge say, as starts.
move_population <- function(task, population) {
  gather_population(task, lapply(population, `[[`, "theta"))
}

# Of the different solutions to which starts lead; a run without a finite objective where all do.
gather_population <- function(task, starts) {
  population <- Reduce(function(population, theta) raise(task, population, theta), starts, list())
  if (length(population)) population else list(short_run(task$problem, starts[[1]]))
}

# The population when a start has been run; `from` says where it comes from.
raise <- function(task, population, theta, from = NULL) {
  run <- short_run(task$problem, theta, entry_level(population, task$effort$size))
  join_population(task, population, c(run, from = from))
}

# With the run in its place if it is among the best, and a new solution or a better end of one.
join_population <- function(task, population, run) {
  level <- entry_level(population, task$effort$size)
  if (!is.finite(run$objective) || !is.null(level) && run$objective <= level) return(population)
  twin <- find_twin(task$problem, population, run)
  gain <- run$objective - objectives_of(population[twin])
  if (any(gain <= height_gap(task$problem))) return(population)
  population[twin] <- NULL
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
  idle <- 0L
  while (idle < task$effort$patience * length(population) && length(population) > 1L) {
    grown <- raise(task, population, blend(draw_parents(task$problem, population)))
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
