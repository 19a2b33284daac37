# The search: many short runs on a part of the rows find basins worth the full data, from random
# starts, then from moves that take one expert away and split another.

search_rows <- 5000L # most rows that the search sees
search_steps <- 25L  # iterations of one short search

# Short searches per start, half of them random starts and half moves. The fewer the rows, the
# rougher the objective and the cheaper a search.
searches_per_start <- function(rows) {
  2L * as.integer(max(2, min(20, 8000 / min(rows, search_rows))))
}

# `count` promising values of theta for the problem, best first; those that ended where a better one
# did come last.
draw_starts <- function(problem, count, tick) {
  task <- search_task(problem)
  kinds <- list(start_kmeans, start_hyperplanes, start_random, start_labels)
  if (count == 1L) return(list(start_kmeans(task)))
  searches <- count * searches_per_start(length(problem$y)) / 2L
  pool <- list()
  for (s in seq_len(searches)) {
    draw <- kinds[[(s - 1L) %% length(kinds) + 1L]]
    pool[[s]] <- short_search(task$problem, draw(task))
    tick()
  }
  for (s in seq_len(searches)) {
    # A move from each of the three best solutions, then from what are the three best by then.
    if (s %% 3L == 1L) parents <- utils::head(distinct(pool), 3L)
    parent <- pool[[parents[1L + (s - 1L) %% length(parents)]]]
    pool <- c(pool, list(short_search(task$problem, split_move(task$problem, parent$theta))))
    tick()
  }
  lapply(pool[utils::head(distinct(pool, repeats = TRUE), count)], `[[`, "theta")
}

# The `most` best of `count` moves from theta, to be run to the end.
draw_moves <- function(problem, theta, count, most) {
  task <- search_task(problem)
  pool <- lapply(seq_len(count), function(s) {
    short_search(task$problem, split_move(task$problem, theta))
  })
  lapply(pool[utils::head(distinct(pool), most)], `[[`, "theta")
}

# What random starts and short searches need: the problem on some of the rows, and the covariates by
# which these are divided into regions.
search_task <- function(problem) {
  sample <- problem_sample(problem, search_rows)
  list(problem = sample, covariates = standardised_covariates(sample$design))
}

# Places of searches in the pool, best first, of those with one solution the first drawn; `repeats`
# adds the others at the end. Searches that agree to seven digits have one solution, perhaps with
# its experts in another order: the digits behind are rounding and must not decide which counts.
distinct <- function(pool, repeats = FALSE) {
  objective <- signif(vapply(pool, `[[`, 0, "objective"), 7)
  best <- order(objective, decreasing = TRUE, na.last = TRUE)
  repeated <- duplicated(objective[best])
  c(best[!repeated], if (repeats) best[repeated])
}

short_search <- function(problem, theta) core_maximise(problem, theta, search_steps, 1e-6)
