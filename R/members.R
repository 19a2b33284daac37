# The members of an average: fits to samples of the rows, each from one start, and what each says of
# rows that it has not seen.

# What each member's work needs to know: the rows, the knots of both sides (NULL for no splines),
# and the folds (NULL for samples of all rows).
members_task <- function(input, splines, folds, control) {
  bendable <- splines && !is_sparse(input$x) && !is_sparse(input$z)
  knots <- if (bendable) list(x = spline_knots(input$x), z = spline_knots(input$z))
  list(input = input[c("x", "z", "y", "weights", "group")], knots = knots, folds = folds,
       kinds = if (any(lengths(unlist(knots, recursive = FALSE)) > 0L)) member_kinds else "none",
       control = control)
}

# A piece of the work is a member: its setting, its kind, its fold and its random numbers. Each fold
# gets members of all kinds in turn.
member_pieces <- function(task, setting, numbers, streams) {
  folds <- if (is.null(task$folds)) 1L else count_folds(task$folds)
  lapply(numbers, function(number) {
    fold <- (number - 1L) %% folds
    kind <- (fold + (number - 1L) %/% folds) %% length(task$kinds)
    list(experts = setting$experts, lambda = setting$lambda, kind = task$kinds[kind + 1L],
         fold = if (!is.null(task$folds)) fold + 1L, stream = streams[[number]])
  })
}

# The member; the rows that it is to be judged by and its probabilities of them; its losses.
fit_member <- function(task, piece) {
  with_random_state(piece$stream, {
    drawn <- draw_rows(task, piece)
    train <- subset_input(task$input, drawn$rows)
    seen <- bend_sides(train, task$knots, piece$kind)
    problem <- suppressMessages(full_rank_problem(seen$x, seen$z, train$y, piece$experts,
                                                  drawn$weights, piece$lambda, task$control,
                                                  train$group))
    member <- new_member(problem, run_from_one_start(problem), piece$kind)
    test <- subset_input(task$input, drawn$out)
    prob <- predict_member(member, bend_sides(test, task$knots, piece$kind), task$control)
    list(member = member, rows = drawn$out, prob = prob, losses = test_losses(prob, test))
  })
}

# The rows of a member's sample with their weights, and those that it is judged by.
draw_rows <- function(task, piece) {
  fold <- piece$fold
  from <- if (is.null(fold)) seq_along(task$input$y) else trained_on(task$folds, fold)
  times <- draw_times(task$input, from)
  rows <- which(times > 0)
  list(rows = rows, weights = times[rows] * task$input$weights[rows],
       out = if (is.null(fold)) which(times == 0) else held_out(task$folds, fold))
}

# How often each row is drawn: a bootstrap sample within each class of these rows, as far as they
# have weight, so that no class is lost. Of groups the first rows stand for all.
draw_times <- function(input, rows) {
  unit <- if (is.null(input$group)) seq_along(input$y) else as.integer(input$group)
  rows <- rows[input$weights[rows] > 0]
  candidates <- rows[!duplicated(unit[rows])]
  drawn <- unlist(lapply(split(candidates, input$y[candidates]), function(some) {
    some[sample.int(length(some), replace = TRUE)]
  }))
  tabulate(unit[drawn], max(unit))[unit]
}

# Both sides as a member of this kind sees them.
bend_sides <- function(data, knots, kind) {
  switch(
    kind,
    none = data[c("x", "z")],
    expert = list(x = bend_columns(data$x, knots$x), z = data$z),
    gate = list(x = data$x, z = bend_columns(data$z, knots$z))
  )
}

# A member need not be the best optimum: others differ from it the more where it is not.
run_from_one_start <- function(problem) {
  if (problem$experts == 1L) return(core_maximise(problem, numeric(theta_length(problem))))
  task <- search_task(problem, search_efforts$quick)
  start <- list(start_kmeans, start_hyperplanes)[[sample.int(2L, 1L)]]
  core_maximise(problem, start(task))
}

new_member <- function(problem, run, kind) {
  list(measure = problem_measure(problem, run$theta), kind = kind, levels = problem$levels,
       columns = problem$columns[c("kept_gate", "kept_expert")], lambda = problem$lambda)
}

# Predictions of rows that are given as the member sees them: probabilities, or what else the core
# predicts.
predict_member <- function(member, sides, control, what = "prob") {
  problem <- member_problem(member, sides, control)
  out <- core_predict(problem, as_theta(member$measure), what)
  if (length(what) == 1L) out[[1]] else out
}

member_problem <- function(member, sides, control) {
  design <- new_design(sides$x, sides$z, member$columns, measure_moments(member$measure))
  new_problem(design, NULL, member$levels, ncol(member$measure$gate), lambda = member$lambda,
              control = control)
}

# --- several members ---

# Members together with the sums of their probabilities, and of their Brier scores, of rows that
# they have not seen, and how many have not seen each row; the same of every second member.
pool_members <- function(results, task) {
  y <- as.integer(task$input$y)
  odd <- seq_along(results) %% 2L == 1L
  all <- sum_unseen(results, task$input$y)
  half <- sum_unseen(results[odd], task$input$y)
  brier <- numeric(length(y))
  for (result in results) {
    at <- result$rows
    brier[at] <- brier[at] + losses$brier(result$prob, y[at])
  }
  list(members = lapply(results, `[[`, "member"), sum = all$sum, unseen = all$unseen,
       odd_sum = half$sum, odd_unseen = half$unseen, brier = brier,
       losses = do.call(rbind, lapply(results, `[[`, "losses")))
}

sum_unseen <- function(results, y) {
  sum <- matrix(0, length(y), nlevels(y), dimnames = list(NULL, levels(y)))
  unseen <- integer(length(y))
  for (result in results) {
    sum[result$rows, ] <- sum[result$rows, ] + result$prob
    unseen[result$rows] <- unseen[result$rows] + 1L
  }
  list(sum = sum, unseen = unseen)
}

join_pools <- function(a, b) {
  added <- c("sum", "unseen", "odd_sum", "odd_unseen", "brier")
  c(list(members = c(a$members, b$members), losses = rbind(a$losses, b$losses)),
    Map(`+`, a[added], b[added]))
}

# Mean probabilities; NA in rows that all have seen.
unseen_probabilities <- function(pool) {
  prob <- pool$sum / pool$unseen
  prob[pool$unseen == 0L, ] <- NA
  prob
}
