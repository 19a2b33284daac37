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
  columns <- expert_columns(problem, run$theta)
  nearest <- nearest_member(problem, population, columns)
  if (length(nearest) == 0L) return(nearest)
  member <- population[[nearest]]
  matched <- matched_columns(expert_columns(problem, member$theta), columns)
  between <- theta_from_columns(problem, (columns + matched) / 2)
  dip <- min(run$objective, member$objective) - core_objective(problem, between)
  if (isTRUE(dip <= height_gap(problem))) nearest else integer()
}

# By the squared distance of each atom from the nearest one of a member.
nearest_member <- function(problem, population, columns) {
  if (length(population) == 0L) return(integer())
  members <- lapply(population, function(run) expert_columns(problem, run$theta))
  squares <- squares_apart(columns_atoms(columns), columns_atoms(do.call(cbind, members)))
  # The first atoms of all members, the second ones, ...
  each <- lapply(seq_len(problem$experts), seq.int, to = ncol(squares), by = problem$experts)
  least <- Reduce(pmin, lapply(each, function(some) squares[, some, drop = FALSE]))
  which.min(colSums(least))
}

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

join_each <- function(task, population, runs) {
  Reduce(function(population, run) join_population(task, population, run), runs, population)
}

# What a run must reach to join: the worst, once the population is full.
entry_level <- function(population, size) {
  if (length(population) == size) population[[size]]$objective
}

# --- evolution ---

# Children, one after the other, until as many in a row as the patience with a population of full
# size lasts have not joined: where there are few optima, they are all the harder to leave.
evolve <- function(task, population) {
  idle <- 0L
  while (idle < task$effort$patience * task$effort$size) {
    grown <- raise(task, population, draw_child(task, population))
    idle <- if (identical(grown, population)) idle + 1L else 0L
    population <- grown
  }
  population
}
