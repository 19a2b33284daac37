# The search for the optimum: independent searches, each of which breeds a population, until few are
# expected to lead higher.

search_rows <- 10000L # of a first sample

# Rows that are searched of so many. A sample of more than half of them would save little, and its
# best optimum is less often that of all.
searched_rows <- function(rows, sample = search_rows) if (rows > 2L * sample) sample else rows

# A population has at most `size` solutions, and is ripe when `patience` children in a row for each
# of so many have not joined it. The `first` searches have smaller ones. Unless these end alike and
# meet no solution less than `near` below, others follow, `most` at most, until `agree` have found
# the best optimum, and no more than `higher` of them are expected to lead higher. Samples that
# mislead grow up to `rows`.
search_efforts <- list(
  quick = list(first = 0L, near = 0, size = 4L, patience = 1, agree = 1L, higher = 1, most = 1L,
               rows = 10000L),
  standard = list(first = 4L, near = 10, size = 12L, patience = 2, agree = 4L, higher = 0.04,
                  most = 40L, rows = 40000L),
  thorough = list(first = 12L, near = 10, size = 12L, patience = 2, agree = 8L, higher = 0.01,
                  most = 100L, rows = 160000L)
)

first_size <- 6L # of the populations of first searches

growth <- 4L # of a sample that misleads

# The best run, and the optima in which searches ended: a data frame of each one's `objective`, best
# first, and by how many searches it was `found`. A sample misleads where its searches agree on
# another optimum than the best on all rows that they met.
search_optimum <- function(problem, cl = NULL) {
  effort <- search_efforts[[problem$control$search]]
  rows <- search_rows
  best <- NULL
  repeat {
    task <- search_task(problem, effort, rows)
    ends <- explore(task, problem$control, cl)
    result <- if (task$sampled) choose_finalist(task, problem, ends) else
      finish_best(problem, ends)
    best <- better_result(result, best)
    rows <- growth * rows
    confirmed <- best$optima$found[1] >= effort$agree
    misled <- !confirmed && count_optima(ends)$found[1] >= effort$agree
    if (!task$sampled || !misled || rows > effort$rows || is_elsewhere(problem)) {
      return(best)
    }
  }
}

finish_best <- function(problem, ends) {
  optima <- count_optima(ends)
  run <- core_maximise(problem, ends[[optima$place[1]]]$theta)
  optima$objective[1] <- run$objective
  list(run = run, optima = optima[c("objective", "found")])
}

# The result of the last searches, led by that of earlier ones if it is better.
better_result <- function(result, earlier) {
  height <- result$run$objective
  if (is.null(earlier) || earlier$run$objective <= height + same_optimum * (1 + abs(height))) {
    return(result)
  }
  earlier$optima <- rbind(data.frame(objective = earlier$run$objective, found = 0L), result$optima)
  earlier
}

# Of searches on a sample: the solutions that all of them had may come in another order on all rows,
# so that the best end and what promises most there are run on these. What ends that were not run
# would reach is not known.
choose_finalist <- function(task, problem, ends) {
  optima <- count_optima(ends)
  runs <- run_finalists(problem, pool_solutions(task, ends, optima))
  finished <- Filter(function(run) run$status != "trailed", runs)
  reached <- count_optima(finished, vapply(finished, `[[`, 0L, "found"))
  others <- optima$found[!optima$place %in% unlist(lapply(finished, `[[`, "end"))]
  list(run = finished[[reached$place[1]]],
       optima = data.frame(objective = c(reached$objective, rep(NA_real_, length(others))),
                           found = c(reached$found, others)))
}

# The best solutions of all searches as one population, of which each says which `end` it is, and by
# how many searches it was `found`.
pool_solutions <- function(task, ends, optima) {
  leading <- Map(function(end, place, found) c(end, list(end = place, found = found)),
                 ends[optima$place], optima$place, optima$found)
  members <- lapply(unlist(lapply(ends, `[[`, "members"), recursive = FALSE), c, list(found = 0L))
  pool <- join_each(task, list(), c(leading, members))
  if (length(pool)) pool else leading[1]
}

finalists <- 4L # at most, of searches on a sample

# Runs on all rows, from the first solution and from those of the others that are highest there, as
# long as they lie no further below its end than twice what its own run gained: solutions of one
# sample gain about the same. They give up where they would not become the best. Where rows are lost
# on the way, the error has the best run so far.
run_finalists <- function(problem, pool) {
  finish <- function(solution, ...) {
    run <- core_maximise(problem, solution$theta, ...)
    c(run, list(end = solution$end, found = solution$found))
  }
  first <- finish(pool[[1]])
  runs <- list(first)
  tryCatch({
    heights <- vapply(pool[-1], function(run) core_objective(problem, run$theta), 0)
    near <- which(heights + 2 * (first$objective - first$trace[1]) > first$objective)
    for (i in utils::head(near[order(heights[near], decreasing = TRUE)], finalists - 1L)) {
      run <- finish(pool[[i + 1L]], target = max(objectives_of(runs)))
      runs <- c(runs, list(run))
    }
  }, error = function(e) {
    if (!is_elsewhere(problem)) stop(e)
    runs <- c(runs, if (!is.null(e$run)) list(e$run))
    stop(lost_with_run(e, runs[[which.max(objectives_of(runs))]]))
  })
  runs
}

# What a search needs: the problem on rows that are spread evenly, so that all searches see the
# same, and the covariates by which these are divided into regions.
search_task <- function(problem, effort, rows = search_rows) {
  all <- weighed_rows(problem$design$x, unit_row_weights(problem$weights, problem$unit))
  sample <- problem_spread(problem, searched_rows(all, rows))
  distinct <- problem_distinct(sample)
  list(problem = distinct, covariates = standardised_covariates(distinct), effort = effort,
       sampled = count_units(sample) < length(weighted_units(problem)))
}

# `ends` of earlier searches, and of first ones; unless these are enough, of others until enough is
# explored; and of a last one where they do not all agree. Where that leads beyond them, little was
# explored, and all goes on, up to the most searches.
explore <- function(task, control, cl = NULL, ends = list()) {
  ends <- c(ends, first_searches(task, control, cl))
  if (are_enough(ends, task)) return(ends)
  repeat {
    ends <- run_searches(task, control, cl, ends)
    if (all_agree(ends)) return(ends)
    ends <- c(ends, last_search(task, control, ends))
    optima <- count_optima(ends)
    beyond <- optima$place[1] == length(ends) && optima$found[1] == 1L
    if (!beyond || length(ends) > task$effort$most) return(ends)
  }
}

# Where the data tell experts apart, all end in an optimum that is far above all other solutions.
# One that is nearly as high tells of others, which may be higher.
are_enough <- function(ends, task) {
  near <- task$effort$near * min(1, task$problem$total)
  lead <- vapply(ends, `[[`, 0, "lead")
  length(ends) >= task$effort$agree && all_agree(ends) && all(lead >= near)
}

all_agree <- function(ends) identical(count_optima(ends)$found, length(ends))

# Small searches, which tell soonest whether an optimum is easily found.
first_searches <- function(task, control, cl) {
  task$problem$control <- quiet_control(control, alone = is.null(cl))
  task$effort$size <- first_size
  run_tasks(search_once, task, random_streams(task$effort$first), cl, control$progress,
            "First searches", control$checkpoint)
}

# One search after the other, or several at once over the processes of `cl`; what is found after
# enough is explored does not count, so that the result does not depend on how many these are.
run_searches <- function(task, control, cl, ends = list()) {
  effort <- task$effort
  task$problem$control <- quiet_control(control, alone = is.null(cl))
  left <- random_streams(max(0L, effort$most - length(ends)))
  bar <- progress_bar(control, length(left), "Searching")
  on.exit(bar$done())
  if (have_explored(ends, effort)) return(ends)
  while (length(left) > 0L) {
    batch <- utils::head(left, batch_size(ends, effort, cl))
    left <- utils::tail(left, -length(batch))
    for (end in run_tasks(search_once, task, batch, cl, FALSE, checkpoint = control$checkpoint)) {
      ends <- c(ends, list(end))
      if (have_explored(ends, effort)) return(ends)
    }
    bar$tick(length(batch))
  }
  ends
}

# Processes are given as many searches at a time as there must be whatever they find, and some for
# those that would be idle, so that they seldom wait for each other.
batch_size <- function(ends, effort, cl) {
  if (is.null(cl)) return(1L)
  length(cl) * ceiling(least_searches(ends, effort) / length(cl))
}

# As many more as there must be: they are fewest where all end in the best optimum.
least_searches <- function(ends, effort) {
  best <- list(objective = if (length(ends)) max(objectives_of(ends)) else 0, size = effort$size)
  for (more in seq_len(effort$most)) {
    if (have_explored(c(ends, rep(list(best), more)), effort)) break
  }
  more
}

# Whether the best optimum was found often enough, and few searches are expected to lead higher.
# Small ones do not tell of that: they end where others would not.
have_explored <- function(ends, effort) {
  full <- Filter(function(end) end$size >= effort$size, ends)
  length(full) > 0L && count_optima(ends)$found[1] >= effort$agree &&
    share_higher(count_optima(full)$found) <= effort$higher
}

# Of searches, as many ending in each optimum as `found` says, the share that is expected to lead
# higher than all of them: w (w + 1) / (N (N - 1)) to optima not seen (Boender and Rinnooy Kan
# 1987), and one of these is the highest of w + 1 in one case of w + 1.
share_higher <- function(found) {
  searches <- sum(found)
  min(1, length(found) / (searches * (searches - 1)))
}

last_runs <- 2L # of the best solutions: short runs leave open which of them leads highest

# Where one search ends.
search_once <- function(task, stream) {
  with_random_state(stream, search_end(task, evolve(task, draw_population(task))))
}

last_size <- 40L # of the population of the last search
last_patience <- 1

# A search that begins where others ended and at random starts, and has room for many more
# solutions: where others ended in several optima, there may be a better one that few would find.
last_search <- function(task, control, ends) {
  task$problem$control <- quiet_control(control, alone = TRUE)
  task$effort$size <- last_size
  task$effort$patience <- last_patience
  task$first <- ends[count_optima(ends)$place]
  run_tasks(search_on, task, random_streams(1L), NULL, FALSE, checkpoint = control$checkpoint)
}

search_on <- function(task, stream) {
  with_random_state(stream, {
    search_end(task, evolve(task, join_each(task, draw_population(task), task$first)))
  })
}

# With the `size` of the search, its `lead` over the second best solution, and all solutions where
# it sees a sample.
search_end <- function(task, population) {
  end <- best_end(task$problem, population)
  end$size <- task$effort$size
  end$lead <- if (length(population) > 1L) end$objective - population[[2]]$objective else Inf
  if (task$sampled) end$members <- lapply(population, `[`, c("theta", "objective"))
  end
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
