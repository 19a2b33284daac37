# The search for the optimum: independent searches, each of which breeds a population, until few
# optima are left that none of them has found.

search_rows <- 10000L # most rows that a search sees

# A population has at most `size` solutions, and is ripe when `patience` children in a row for each
# of them have not joined it. There are `most` searches at most; they end when `agree` have found
# the best optimum, and others are expected to lead elsewhere in no more than `unexplored` of cases.
search_efforts <- list(
  quick = list(size = 4L, patience = 1, agree = 1L, unexplored = 1, most = 1L),
  standard = list(size = 12L, patience = 2, agree = 4L, unexplored = 0.2, most = 40L),
  thorough = list(size = 12L, patience = 2, agree = 8L, unexplored = 0.05, most = 100L)
)

# The best run, and the optima in which searches ended: a data frame of each one's `objective`, best
# first, and by how many searches it was `found`.
search_optimum <- function(problem, cl = NULL) {
  task <- search_task(problem, search_efforts[[problem$control$search]])
  run_finalists(problem, run_searches(task, problem$control, cl), task$sampled)
}

# The best optimum at which searches ended is run to the end, and of searches on a sample the best
# few, as their order may be another on all rows. What the others reach there is not known.
run_finalists <- function(problem, ends, sampled) {
  optima <- count_optima(ends)
  tried <- seq_len(min(nrow(optima), if (sampled) finalists else 1L))
  runs <- run_from_each(problem, ends[optima$place[tried]])
  reached <- count_optima(runs, optima$found[tried])
  others <- optima[-tried, ]
  if (sampled) others$objective <- rep(NA_real_, nrow(others))
  all <- rbind(reached, others)
  list(run = runs[[reached$place[1]]],
       optima = data.frame(objective = all$objective, found = all$found))
}

finalists <- 4L # of searches on a sample

# Where rows are lost on the way, the error has the best run so far.
run_from_each <- function(problem, ends) {
  runs <- list()
  for (end in ends) {
    run <- tryCatch(core_maximise(problem, end$theta), moe_error_rows = function(e) {
      runs <- c(runs, list(e$run))
      e$run <- runs[[which.max(objectives_of(runs))]]
      stop(e)
    })
    runs <- c(runs, list(run))
  }
  runs
}

# What a search needs: the problem on rows that are spread evenly, so that all searches see the
# same, and the covariates by which these are divided into regions.
search_task <- function(problem, effort) {
  sample <- problem_spread(problem, search_rows)
  distinct <- problem_distinct(sample)
  list(problem = distinct, covariates = standardised_covariates(distinct), effort = effort,
       sampled = count_units(sample) < length(weighted_units(problem)))
}

# One search after the other, or several at once over the processes of `cl`; what is found after
# enough is explored does not count, so that the result does not depend on how many these are.
# `ends` are those of earlier searches.
run_searches <- function(task, control, cl, ends = list()) {
  effort <- task$effort
  task$problem$control <- quiet_control(control, alone = is.null(cl))
  left <- random_streams(effort$most)
  bar <- progress_bar(control, effort$most, "Searching")
  on.exit(bar$done())
  while (length(left) > 0L) {
    batch <- utils::head(left, batch_size(ends, effort, cl))
    left <- utils::tail(left, -length(batch))
    for (end in run_tasks(search_once, task, batch, cl, FALSE, checkpoint = control$checkpoint)) {
      ends <- c(ends, list(end))
      if (is_explored(count_optima(ends)$found, effort)) return(ends)
    }
    bar$tick(length(batch))
  }
  ends
}

# Processes are given as many searches at a time as there must be whatever they find, and some for
# those that would be idle, so that they seldom wait for each other.
batch_size <- function(ends, effort, cl) {
  if (is.null(cl)) 1L else length(cl) * ceiling(least_searches(ends, effort) / length(cl))
}

# As many more as there must be: they are fewest where all end in the best optimum.
least_searches <- function(ends, effort) {
  found <- if (length(ends)) count_optima(ends)$found else 0L
  for (more in seq_len(effort$most)) {
    if (is_explored(found + more * (seq_along(found) == 1L), effort)) break
  }
  more
}

is_explored <- function(found, effort) {
  found[1] >= effort$agree && unexplored_share(found) <= effort$unexplored
}

# Of searches, as many ending in each optimum as `found` says, the share that is expected to lead to
# other optima (Boender and Rinnooy Kan 1987).
unexplored_share <- function(found) {
  optima <- length(found)
  searches <- sum(found)
  min(1, optima * (optima + 1) / (searches * (searches - 1)))
}

last_runs <- 2L # of the best solutions: short runs leave open which of them leads highest

# Where one search ends.
search_once <- function(task, stream) {
  with_random_state(stream, {
    population <- evolve(task, draw_population(task))
    best_end(task$problem, population)
  })
}

end_tolerance <- 1e-9 # of a run of which the objective is to be told from others'

# The best optimum to which the best solutions lead.
best_end <- function(problem, population) {
  ends <- lapply(utils::head(population, last_runs), function(run) {
    core_maximise(problem, run$theta, tolerance = end_tolerance)
  })
  ends[[distinct(ends, 0)[1]]]
}

same_optimum <- 1e-6 # relative difference of objectives

# Different optima among the ends: `place` of the best run that ended in each, its `objective`, and
# how many ended there; each end may stand for several.
count_optima <- function(ends, found = rep(1L, length(ends))) {
  objective <- objectives_of(ends)
  place <- distinct(ends, same_optimum * (1 + max(0, abs(objective[is.finite(objective)]))))
  # Each end belongs to the last of the optima that are not below it.
  optimum <- factor(findInterval(-objective, -objective[place]), seq_along(place))
  data.frame(place = place, objective = objective[place],
             found = vapply(split(found, optimum), sum, 0L, USE.NAMES = FALSE))
}
