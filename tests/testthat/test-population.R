# Populations of solutions: who is a member, and how they grow.

runs_of <- function(...) lapply(c(...), function(objective) list(objective = objective))
objectives <- function(population) vapply(population, `[[`, 0, "objective")

# --- members ---

test_that("of runs that share a solution the best counts, whatever the last digits say", {
  expect_identical(distinct(runs_of(-10 - 1e-13, -12, -10, NA, -11, -Inf), 1e-6), c(3L, 5L, 2L))
  expect_identical(distinct(runs_of(-10, -10.04, -10.08), 0.05), c(1L, 3L))
  expect_identical(distinct(runs_of(NaN, -Inf), 1), 1L)
})

test_that("a run joins in its place, if it is new, and the worst leaves a full population", {
  task <- rough_task(2L, size = 3L)
  set.seed(9)
  theta <- start_random(task)
  run <- function(objective, length = 1) list(objective = objective, theta = length * theta)
  population <- list(run(-1), run(-3), run(-5))
  joined <- function(...) objectives(join_population(task, population, run(...)))
  expect_identical(joined(-2), c(-1, -2, -3))
  expect_identical(joined(0), c(0, -1, -3))
  expect_identical(joined(-6), c(-1, -3, -5))
  expect_identical(joined(NaN), c(-1, -3, -5))
  task$effort$size <- 4L
  expect_identical(joined(-6), c(-1, -3, -5, -6))
})

# Two optima of a rough problem, and runs on the way to the first.
optima_of <- function(task, seed) {
  set.seed(seed)
  ends <- lapply(1:12, function(s) core_maximise(task$problem, start_hyperplanes(task)))
  ends[distinct(ends, 0.1)[1:2]]
}

test_that("a run shares the solution to which it leads, whatever the order of its experts", {
  task <- rough_task(3L)
  optima <- optima_of(task, 10)
  end <- optima[[1]]
  run_at <- function(theta) core_maximise(task$problem, theta, 0L)
  permuted <- as_theta(permute_experts(problem_measure(task$problem, end$theta), c(3, 1, 2)))
  twin <- function(run, population = optima) find_twin(task$problem, population, run)
  expect_identical(twin(run_at(permuted)), 1L)
  expect_identical(twin(run_at(permuted), rev(optima)), 2L)
  expect_identical(twin(run_at(0.9 * permuted)), 1L)
  # A valley is between: the nearest is no twin.
  expect_identical(twin(end, optima[2]), integer())
  expect_identical(twin(end, list()), integer())
  expect_identical(twin(list(theta = NA * end$theta, objective = NaN)), integer())
})

test_that("a better end of a solution replaces it, in the units of the weights", {
  whole <- rough_task(3L)
  optima <- optima_of(whole, 10)
  few <- rep(1e-6, length(rough_problem(3L)$y))
  tiny <- search_task(rough_problem(3L, few), whole$effort)
  for (task in list(whole, tiny)) {
    unit <- min(1, task$problem$total)
    end <- optima[[1]]
    end$objective <- core_maximise(task$problem, end$theta, 0L)$objective
    member <- function(behind) list(theta = 0.99 * end$theta, objective = end$objective - behind)
    expect_identical(join_population(task, list(member(0.04 * unit)), end),
                     list(member(0.04 * unit)))
    expect_identical(join_population(task, list(member(0.06 * unit)), end), list(end))
  }
})

test_that("runs without a finite objective are a population only where there are no others", {
  task <- rough_task(2L)
  set.seed(13)
  start <- start_random(task)
  failing <- NA * start
  expect_identical(gather_population(task, list(failing, start)), raise(task, list(), start))
  expect_identical(objectives(gather_population(task, list(failing, failing))), NaN)
})

test_that("a run need not reach anything before the population is full", {
  expect_null(entry_level(runs_of(-1, -3), 3L))
  expect_identical(entry_level(runs_of(-1, -3), 2L), -3)
})

test_that("a run that would not join gives up early", {
  task <- rough_task()
  set.seed(1)
  theta <- start_random(task)
  whole <- short_run(task$problem, theta)
  early <- short_run(task$problem, theta, whole$objective + 100)
  expect_identical(early$status, "trailed")
  expect_lt(early$evaluations, whole$evaluations / 2)
  expect_identical(short_run(task$problem, theta, whole$objective - 100)$objective, whole$objective)
})

test_that("a start is run to its end, whoever is above it on the way, and replaces its twin", {
  task <- rough_task(3L)
  optima <- optima_of(task, 10)
  start <- 0.3 * optima[[1]]$theta
  end <- short_run(task$problem, start)
  # On the way to the same end, above the start.
  member <- core_maximise(task$problem, start, 22L)
  expect_gt(end$objective, member$objective + 0.05)
  grown <- raise(task, list(member, optima[[2]]), start)
  expect_length(grown, 2)
  expect_within(max(objectives(grown)), max(end$objective, optima[[2]]$objective), 1e-12)
  expect_true(end$objective %in% objectives(grown))
})

# --- evolution ---

test_that("children find better solutions than the random starts of their population", {
  task <- rough_task(size = 8L, patience = 2)
  gains <- vapply(1:3, function(seed) {
    set.seed(seed)
    population <- draw_population(task)
    grown <- evolve(task, population)
    expect_false(is.unsorted(-objectives(grown)))
    twins <- lapply(seq_along(grown), function(i) find_twin(task$problem, grown[-i], grown[[i]]))
    # Two pairs at most, which others were between when they met.
    expect_lte(length(unlist(twins)), 4)
    expect_lte(length(grown), 8L)
    c(best = objectives(grown)[1] - objectives(population)[1],
      three = mean(objectives(grown)[1:3]) - mean(objectives(population)[1:3]))
  }, numeric(2))
  expect_true(all(gains["best", ] >= 0))
  expect_gt(sum(gains["best", ]), 0.1)
  expect_true(all(gains["three", ] > 0.1))
})

test_that("the children of a single solution lead to others", {
  task <- rough_task()
  set.seed(6)
  starts <- draw_population(task)
  worst <- starts[length(starts)]
  grown <- evolve(task, worst)
  expect_gt(length(grown), 2)
  expect_gt(objectives(grown)[1], objectives(worst) + 1)
})

test_that("without patience there are no children", {
  task <- rough_task(patience = 0)
  set.seed(8)
  population <- draw_population(task)
  expect_gt(length(population), 1)
  expect_identical(evolve(task, population), population)
})

test_that("solutions go along to another ridge", {
  task <- rough_task(3L)
  set.seed(7)
  population <- draw_population(task)
  other <- task
  other$problem <- problem_with_lambda(task$problem, 0.5)
  moved <- move_population(other, population)
  expect_lte(length(moved), length(population))
  from <- vapply(population, function(run) {
    core_maximise(other$problem, run$theta, 0L)$objective
  }, 0)
  expect_gt(moved[[1]]$objective, max(from))
})
