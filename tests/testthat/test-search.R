# The search: independent searches until they have explored enough.

ends_of <- function(..., size = 12L) {
  lapply(c(...), function(objective) list(objective = objective, size = size))
}

pairs <- subset(yeast_ppi, split == "test")
pairs_fit <- function(seed, search = "standard", experts = 3, ..., cl = NULL) {
  set.seed(seed)
  moe_fit(confidence ~ l3 + fc_jac + high_share, pairs, experts, lambda = 1, cl = cl,
          control = moe_control(search = search, ...))
}

# --- optima ---

test_that("ends are counted by optimum, to a millionth", {
  ends <- ends_of(-1000, -1000.0005, -1003, -1000.0005, -1003.5)
  expect_identical(count_optima(ends),
                   data.frame(place = c(1L, 3L, 5L), objective = c(-1000, -1003, -1003.5),
                              found = c(3L, 1L, 1L)))
  expect_identical(count_optima(ends_of(-5))$found, 1L)
  expect_identical(count_optima(ends_of(NaN, -5))$place, 2L)
})

test_that("a fit tells how often its optimum was found, and when searches ended", {
  fit <- suppressWarnings(pairs_fit(1))
  expect_named(fit$optima, c("objective", "found"))
  expect_identical(fit$optima$objective[1], fit$objective)
  expect_false(is.unsorted(-fit$optima$objective))
  expect_gte(fit$optima$found[1], search_efforts$standard$agree)
  expect_gte(sum(fit$optima$found), search_efforts$standard$first)
  quick <- pairs_fit(1, "quick")
  expect_identical(quick$optima, data.frame(objective = quick$objective, found = 1L))
})

test_that("an optimum that was found once is a problem, unless there was one search", {
  fit <- pairs_fit(1, "quick", experts = 2)
  expect_null(fit$problems)
  expect_null(remark_search(fit))
  fit$optima <- data.frame(objective = fit$objective - 0:1, found = c(1L, 2L))
  expect_match(remark_search(fit), "only 1 of 3 searches.*search = \"thorough\"")
  fit$optima$found <- 2:1
  expect_null(remark_search(fit))
})

# --- what is found ---

test_that("a fit from every seed ends in one optimum, which no other start surpasses", {
  skip_on_cran()
  fits <- lapply(1:3, pairs_fit)
  objective <- vapply(fits, `[[`, 0, "objective")
  expect_lt(diff(range(objective)), 1e-6 * abs(objective[1]))
  rows <- nrow(pairs)
  set.seed(4)
  others <- vapply(1:30, function(s) {
    tau <- matrix(rexp(3 * rows), rows)^3
    suppressWarnings(moe_fit(confidence ~ l3 + fc_jac + high_share, pairs, 3, lambda = 1,
                             start = tau / rowSums(tau)))$objective
  }, 0)
  expect_lt(max(others), objective[1] + 1e-6 * abs(objective[1]))
  # Most starts by themselves end elsewhere.
  expect_lt(median(others), objective[1] - 0.5)
})

test_that("one search after another ends in no lower optimum than one quick one", {
  d <- oracle_data(n = 200, p = 4, M = 4, K = 4, seed = 13)
  best <- vapply(c("quick", "standard"), function(search) {
    set.seed(1)
    suppressWarnings(moe_fit(d$formula, d$frame, 4, lambda = 0.2,
                             control = moe_control(search = search)))$objective
  }, 0)
  expect_gte(best[2], best[1])
})

test_that("experts that nothing tells apart end alike", {
  d <- data.frame(y = rep(0:1, 30))
  set.seed(12)
  fit <- suppressWarnings(moe_fit(y ~ 1, d, 2, lambda = 5))
  expect_identical(fit$optima$found, search_efforts$standard$first)
  expect_within(fit$loglik, 60 * log(0.5), 1e-8)
})

test_that("a search ends in the best optimum that its best solutions lead to", {
  problem <- rough_problem(3L)
  set.seed(8)
  task <- search_task(problem, list(size = 12L))
  optima <- lapply(draw_population(task), function(run) core_maximise(problem, run$theta))
  optima <- optima[distinct(optima, 0.01)]
  best <- optima[[1]]
  # On its way to the best optimum, a solution that is still below another one.
  behind <- optima[[2]]
  for (scale in seq(0.95, 0.5, by = -0.05)) {
    early <- core_maximise(problem, scale * best$theta, 1L)
    if (early$objective < behind$objective) break
  }
  population <- list(behind, early)
  expect_identical(distinct(population, 0), 1:2)
  expect_within(best_end(problem, population)$objective, best$objective, 1e-5)
})

test_that("a search runs on the distinct rows of categorical covariates", {
  set.seed(21)
  d <- data.frame(a = gl(3, 1, 3000), b = gl(2, 3, 3000), c = gl(2, 6, 3000))
  y <- factor(ifelse(rbinom(3000, 1, 0.5) == 1, as.integer(d$a), sample(3, 3000, TRUE)))
  x <- model.matrix(~ ., d)
  problem <- full_rank_problem(x, x, y, 2L, NULL, 1, moe_control())
  task <- search_task(problem, search_efforts$quick)
  expect_lte(count_units(task$problem), 3 * 2 * 2 * 3)
  expect_false(task$sampled)
  end <- search_once(task, random_streams(1L)[[1]])
  expect_equal(core_objective(problem, end$theta), end$objective, tolerance = 1e-12)
})

test_that("searches go on until some have found the best, and few are expected to lead higher", {
  expect_identical(share_higher(1L), 1)
  expect_identical(share_higher(2L), 1 / 2)
  expect_identical(share_higher(c(3L, 4L, 1L)), 3 / 56)
  explored <- function(..., first = numeric()) {
    have_explored(c(ends_of(first, size = 6L), ends_of(...)),
                  list(agree = 3L, higher = 0.1, size = 12L))
  }
  expect_false(explored())
  expect_false(explored(-1, -1, -1))
  expect_true(explored(-1, -1, -1, -1))
  expect_false(explored(-1, -1, rep(-2, 98)))
  expect_false(explored(-1, -1, -1, -2, -3, -4))
  expect_true(explored(-1, -1, -1, -2, -3, -4, -4, -4))
  # Small searches tell of the best optimum, not of what is left: they end where others do not.
  expect_false(explored(-1, -1, -1, first = c(-1, -1, -1)))
  expect_true(explored(-1, -1, -1, -1, first = c(-2, -3, -4, -5)))
  expect_false(explored(-1, -1, -1, -1, first = -0.5))
  expect_true(explored(-1, -1, -1, -1, first = c(-0.5, -0.5, -0.5)))
})

test_that("the share that leads higher is its mean given what was found", {
  # Of k optima, any k alike, with shares uniform on the simplex and heights in any order: that w of
  # them are found by N searches has the chance choose(k, w) choose(N - 1, w - 1) /
  # choose(N + k - 1, N); the others then have a share of (k - w) / (N + k), of which the highest of
  # all is one in 1 / (w + 1) of cases.
  mean_share <- function(w, searches, k = w:1e6) {
    chance <- exp(lchoose(k, w) - lchoose(searches + k - 1, searches))
    sum(chance * (k - w) / (searches + k)) / sum(chance) / (w + 1)
  }
  for (found in list(5L, c(4L, 3L), c(3L, 1L, 4L), rep(2L, 6))) {
    expect_equal(share_higher(found), mean_share(length(found), sum(found)), tolerance = 1e-4)
  }
})

test_that("searches end as soon as enough is explored", {
  problem <- rough_problem(4L)
  explore <- function(...) {
    set.seed(1)
    run_searches(search_task(problem, list(size = 4L, patience = 1, ...)), problem$control, NULL)
  }
  effort <- list(agree = 2L, higher = 0.1, size = 4L)
  ends <- explore(agree = 2L, higher = 0.1, most = 20L)
  expect_true(have_explored(ends, effort))
  expect_false(have_explored(ends[-length(ends)], effort))
  expect_identical(explore(agree = 2L, higher = 0, most = 3L), ends[1:3])
})

test_that("each effort asks for more searches, of which fewer lead higher, than the one before", {
  of <- function(name) vapply(search_efforts, `[[`, 0, name)
  for (asked in c("agree", "most")) expect_true(all(diff(of(asked)) > 0))
  expect_true(all(diff(of("higher")) < 0))
  expect_true(all(diff(of("size")) >= 0) && all(diff(of("patience")) >= 0))
  expect_lte(max(of("higher")), 1)
})

# --- where searches run ---

test_that("processes are given as many searches at a time as there must be whatever they find", {
  effort <- list(agree = 4L, higher = 0.1, most = 40L, size = 12L)
  least <- function(..., first = numeric()) {
    least_searches(c(ends_of(first, size = 6L), ends_of(...)), effort)
  }
  expect_identical(least(first = c(-1, -1, -1, -1)), 4L)
  expect_identical(least(-1, -1, -1, first = -1), 1L)
  # Two optima: 2 / (N (N - 1)) is 0.1 for N = 5.
  expect_identical(least(-1, -2, -1), 2L)
  expect_identical(least(-1, -2, -2, -2, -2), 3L)
  expect_identical(least(-2, -2, -2, first = -1), 3L)
  expect_identical(least(), 4L)
  expect_identical(least_searches(list(), list(agree = 9L, higher = 1, most = 3L, size = 12L)), 3L)
  expect_identical(batch_size(list(), effort, NULL), 1L)
  expect_identical(batch_size(ends_of(-1, -2, -1), effort, list(1, 2)), 2)
  expect_identical(batch_size(ends_of(-1), effort, list(1, 2)), 4)
})

test_that("results do not depend on how many processes share the searches", {
  skip_on_os("windows")
  alone <- pairs_fit(2)
  after <- runif(1)
  cl <- test_cluster(2, type = "FORK")
  on.exit(parallel::stopCluster(cl))
  shared <- pairs_fit(2, cl = cl)
  expect_identical(runif(1), after)
  expect_identical(shared[c("coefficients", "optima", "trace")],
                   alone[c("coefficients", "optima", "trace")])
  expect_error(pairs_fit(2, cl = 2), "`cl` must be NULL or a cluster")
})

# --- the first searches ---

test_that("where first searches agree on an optimum without rivals there are no others", {
  enough <- function(objective, lead, near = 10, agree = 3L, total = 50) {
    ends <- Map(function(objective, lead) list(objective = objective, lead = lead), objective, lead)
    are_enough(ends, list(problem = list(total = total), effort = list(near = near, agree = agree)))
  }
  expect_true(enough(c(-7, -7, -7), c(11, Inf, 10)))
  expect_false(enough(c(-7, -7, -7), c(11, Inf, 9)))
  expect_true(enough(c(-7, -7, -7), c(11, Inf, 9), near = 0))
  expect_false(enough(c(-7, -7, -8), rep(Inf, 3)))
  expect_false(enough(c(-7, -7), rep(Inf, 2)))
  expect_false(enough(numeric(), numeric()))
  # The unit is that of the log-likelihood: weights may be tiny.
  expect_true(enough(c(-7, -7, -7), rep(0.5, 3), total = 0.05))
  problem <- rough_problem(2L)
  effort <- list(first = 2L, near = 0, size = 12L, patience = 0.5, agree = 2L, higher = 1,
                 most = 7L)
  ends <- function(...) {
    set.seed(6)
    explore(search_task(problem, utils::modifyList(effort, list(...))), problem$control)
  }
  first <- ends()
  expect_length(first, 2)
  expect_gt(length(ends(near = 10)), 2)
  # The lead is that of the end over the second best solution.
  lead <- first[[1]]$lead
  expect_true(lead > 0.05 && lead < 10)
})

test_that("what small searches agree on is not taken for the best where it has rivals", {
  problem <- rough_problem(2L)
  effort <- search_efforts$standard
  effort[c("first", "agree")] <- 2L
  task <- search_task(problem, effort)
  set.seed(6)
  first <- first_searches(task, problem$control, NULL)
  expect_length(count_optima(first)$found, 1)
  set.seed(6)
  ends <- explore(task, problem$control)
  expect_gt(max(objectives_of(ends)), first[[1]]$objective + 1)
  expect_gte(count_optima(ends)$found[1], 2)
})

test_that("sharp regions are found", {
  # The best optimum of two experts, 0.18 above the next, has a sharp border: labels of 0.9 alone
  # led there from none of 60 searches.
  problem <- rough_problem(2L)
  task <- search_task(problem, search_efforts$standard)
  ends <- lapply(1:2, function(seed) {
    set.seed(seed)
    first_searches(task, problem$control, NULL)
  })
  expect_gt(max(objectives_of(unlist(ends, recursive = FALSE))), -1583.86)
})

# --- the last search ---

test_that("where searches end in several optima, a last one leads beyond them", {
  problem <- rough_problem(4L)
  task <- search_task(problem, search_efforts$standard)
  set.seed(8)
  ends <- lapply(draw_population(task), function(run) {
    core_maximise(problem, run$theta, tolerance = end_tolerance)
  })
  optima <- count_optima(ends)
  # In the better one of these most searches end; the best is 0.49 above.
  two <- ends[optima$place[2:3]]
  set.seed(1)
  last <- last_search(task, problem$control, two)
  expect_length(last, 1)
  expect_gt(last[[1]]$objective, optima$objective[2] + 0.4)
})

test_that("searches go on where the last one leads beyond them", {
  skip_on_cran()
  problem <- rough_problem(4L)
  task_of <- function(size, most) {
    search_task(problem, list(first = 0L, near = 0, size = size, patience = 2, agree = 2L,
                              higher = 1, most = most))
  }
  best_is_last <- function(ends) {
    optima <- count_optima(ends)
    optima$place[1] == length(ends) && optima$found[1] == 1L
  }
  went_on <- function(size, seed) {
    task <- task_of(size, 6L)
    set.seed(seed)
    first <- first_searches(task, problem$control, NULL)
    first <- run_searches(task, problem$control, NULL, first)
    first <- c(first, last_search(task, problem$control, first))
    set.seed(seed)
    ends <- explore(task, problem$control, NULL)
    expect_identical(objectives_of(ends)[seq_along(first)], objectives_of(first))
    expect_true(length(ends) > 6 || !best_is_last(ends))
    expect_identical(length(ends) > length(first), best_is_last(first))
    length(ends) > length(first)
  }
  expect_false(went_on(12L, 1))
  expect_true(went_on(2L, 1))
  # But not for ever: some problems have a better solution for each last search.
  set.seed(1)
  ends <- explore(task_of(2L, 2L), problem$control)
  expect_length(ends, 3)
  expect_true(best_is_last(ends))
})

# --- many rows ---

test_that("searches see a sample of many rows, and lead to the optimum of all of them", {
  d <- oracle_data(n = 21000, p = 3, M = 3, K = 2, seed = 14)
  set.seed(15)
  fit <- moe_fit(d$formula, d$frame, lambda = 1)
  from_truth <- oracle_evaluate(d$truth, d$x, d$x, d$y)$tau
  peer <- moe_fit(d$formula, d$frame, lambda = 1, start = from_truth)
  expect_gt(fit$objective, peer$objective - 1e-6 * abs(peer$objective))
  expect_identical(fit$optima$objective[1], fit$objective)
  task <- search_task(full_rank_problem(d$x, d$x, d$frame$y, 2L, NULL, 1, moe_control()), list())
  expect_length(task$problem$y, 10000)
  expect_true(task$sampled)
  some <- seq_len(20000)
  all <- full_rank_problem(d$x[some, ], d$x[some, ], d$frame$y[some], 2L, NULL, 1, moe_control())
  expect_false(search_task(all, list())$sampled)
})

# A problem, and ends of many runs on a sample of its rows. Other optima of the sample than the best
# lead to the best on all rows.
runs_on_a_sample <- function() {
  d <- oracle_data(n = 400, p = 3, M = 3, K = 2, seed = 12)
  whole <- full_rank_problem(d$x, d$x, d$frame$y, 3L, NULL, 1, moe_control())
  sample <- problem_spread(whole, 100)
  task <- list(problem = sample, covariates = standardised_covariates(sample), sampled = TRUE,
               effort = list(size = 12L))
  set.seed(1)
  ends <- lapply(1:40, function(i) {
    core_maximise(sample, start_random(task), tolerance = end_tolerance)
  })
  optima <- count_optima(ends)
  reached <- vapply(optima$place, function(i) core_maximise(whole, ends[[i]]$theta)$objective, 0)
  list(whole = whole, task = task, ends = ends, optima = optima, reached = reached)
}

test_that("of searches on a sample the solutions that are best on all rows are run there", {
  s <- runs_on_a_sample()
  expect_gt(nrow(s$optima), finalists + 1)
  expect_gt(max(s$reached), s$reached[1] + 1)
  chosen <- choose_finalist(s$task, s$whole, s$ends)
  expect_gt(chosen$run$objective, max(s$reached) - 0.05)
  expect_identical(chosen$optima$objective[1], chosen$run$objective)
  expect_identical(sum(chosen$optima$found), 40L)
  known <- chosen$optima$objective[!is.na(chosen$optima$objective)]
  expect_lte(length(known), finalists)
  expect_true(all(vapply(known, function(height) min(abs(height - s$reached)), 0) < 1e-5))
  expect_true(anyNA(chosen$optima$objective))
})

test_that("what searches on a sample met on their way is tried on all rows too", {
  s <- runs_on_a_sample()
  # All searches ended in the first optimum, and met others.
  met <- lapply(s$ends[s$optima$place[-1]], `[`, c("theta", "objective"))
  ends <- rep(s$ends[s$optima$place[1]], 3)
  ends[[2]]$members <- met
  chosen <- choose_finalist(s$task, s$whole, ends)
  expect_gt(chosen$run$objective, max(s$reached) - 0.05)
  expect_identical(chosen$optima$found[1], 0L)
  expect_identical(sum(chosen$optima$found), 3L)
  fit <- list(optima = chosen$optima, control = moe_control(), lambda = 1)
  expect_match(remark_search(fit), "found by none of 3 searches, which saw a sample")
  # A solution far below is not run.
  far <- list(theta = 0.1 * ends[[1]]$theta)
  expect_length(run_finalists(s$whole, c(ends[1], list(far))), 1)
  expect_length(run_finalists(s$whole, c(ends[1], met)), finalists)
})

test_that("a sample on which searches agree on another optimum than the best on all rows grows", {
  skip_on_cran()
  set.seed(4)
  n <- 21000
  x <- cbind(1, matrix(rnorm(2 * n), n, dimnames = list(NULL, c("a", "b"))))
  y <- factor(1 + (x[, 2] + rlogis(n) > 0) + (x[, 3] + rlogis(n) > 1))
  problem <- full_rank_problem(x, x, y, 2L, NULL, 1, moe_control())
  task <- search_task(problem, search_efforts$standard)
  set.seed(1)
  on_sample <- choose_finalist(task, problem, run_searches(task, problem$control, NULL))
  expect_lt(on_sample$optima$found[1], search_efforts$standard$agree)
  set.seed(1)
  result <- search_optimum(problem)
  expect_gte(result$optima$found[1], search_efforts$standard$agree)
  expect_gt(result$run$objective, on_sample$run$objective * (1 + 1e-6))
  expect_false(anyNA(result$optima$objective))
  # None but the first sample where the rows are elsewhere, or the search is to be quick.
  problem$control$search <- "quick"
  set.seed(1)
  expect_true(search_task(problem, search_efforts$quick)$sampled)
  expect_lte(sum(search_optimum(problem)$optima$found), 1)
})

test_that("what earlier searches found is not lost", {
  result <- function(objective, found) {
    list(run = list(objective = objective[1]), optima = data.frame(objective, found))
  }
  now <- result(c(-10, -12), c(4L, 1L))
  expect_identical(better_result(now, NULL), now)
  expect_identical(better_result(now, result(-11, 4L)), now)
  expect_identical(better_result(now, result(-10 + 1e-7, 4L)), now)
  expect_identical(better_result(now, result(c(-9, -10), c(2L, 4L))),
                   result(c(-9, -10, -12), c(0L, 4L, 1L)))
})

test_that("a class of few rows does not spoil a fit whose search sees a sample", {
  set.seed(17)
  n <- 21000
  d <- data.frame(x = rnorm(n))
  d$y <- factor(c(1 + (runif(n - 4) < plogis(2 * d$x[-(1:4)])), rep(3, 4)))
  fit <- suppressWarnings(moe_fit(y ~ x, d, 2, lambda = 1, control = moe_control(search = "quick")))
  one <- moe_fit(y ~ x, d, 1, lambda = 1)
  expect_true(all(is.finite(fit$optima$objective)))
  expect_gt(fit$loglik, one$loglik - 1)
})
