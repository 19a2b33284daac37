# Cross-validation: for each fold and number of experts a path of fits, and what it loses.

# A piece of the work is a fold and a number of experts, those that take longest first.
tune_pieces <- function(folds, experts) {
  pieces <- expand.grid(fold = seq_len(folds), experts = rev(experts))
  streams <- random_streams(nrow(pieces))
  lapply(seq_along(streams), function(i) c(pieces[i, ], stream = list(streams[[i]])))
}

# What a path loses on its fold (lambda x losses) and which of its fits converged.
run_piece <- function(task, piece) with_random_state(piece$stream, validate_path(task, piece))

validate_path <- function(task, piece) {
  train <- subset_input(task$input, trained_on(task$folds, piece$fold))
  test <- subset_input(task$input, held_out(task$folds, piece$fold))
  share <- sum(train$weights) / sum(task$input$weights)
  lambda <- task$lambda * share
  # Columns that are constant in one part are no news.
  problem <- suppressMessages(full_rank_problem(train$x, train$z, train$y, piece$experts,
                                                train$weights, min(lambda), task$control))
  runs <- path_of_runs(problem, lambda)
  held_out <- problem_with_rows(problem, test$x, test$z)
  values <- lapply(runs, function(run) {
    prob <- core_predict(held_out, run$theta, "prob")$prob
    check_predicted(prob)
    test_losses(prob, test)
  })
  list(values = do.call(rbind, values),
       converged = vapply(runs, `[[`, "", "status") == "converged")
}

subset_input <- function(input, rows) {
  shared <- identical(input$x, input$z)
  x <- take_rows(input$x, rows)
  list(x = x, z = if (shared) x else take_rows(input$z, rows), y = input$y[rows],
       weights = input$weights[rows])
}

# The best run for each lambda, in the order given.
path_of_runs <- function(problem, lambda) {
  runs <- list()
  for (s in seq_along(lambda)) {
    problem <- problem_with_lambda(problem, lambda[s])
    runs[[s]] <- if (s == 1L) run_starts(problem)[[1]] else next_run(problem, runs[[s - 1L]]$theta)
  }
  runs
}

next_run <- function(problem, theta) {
  thetas <- list(theta)
  if (problem$experts > 1L) {
    thetas <- c(thetas, draw_moves(problem, theta, problem$control$starts, 2L))
  }
  runs <- lapply(thetas, function(theta) core_maximise(problem, theta))
  runs[[best_of(runs)[1]]]
}

# --- losses ---

# Of probabilities (rows x classes), a value per row, with y the number of the row's class.
losses <- list(
  logloss = function(prob, y) -log(pmax(prob[cbind(seq_along(y), y)], .Machine$double.xmin)),
  brier = function(prob, y) rowSums((prob - outer(y, seq_len(ncol(prob)), `==`))^2),
  error = function(prob, y) as.double(max.col(prob, "first") != y)
)

loss_names <- c(logloss = "log-loss", brier = "Brier score", error = "error rate")

test_losses <- function(prob, test) {
  y <- as.integer(test$y)
  vapply(losses, function(loss) average(cbind(loss(prob, y)), test$weights), 0)
}
