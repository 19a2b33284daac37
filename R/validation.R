# Cross-validation: for each fold and number of experts a path of fits, and what it loses.

# A piece of the work is a fold and a number of experts, those that take longest first.
tune_pieces <- function(folds, experts) {
  pieces <- expand.grid(fold = seq_len(folds), experts = rev(experts))
  streams <- random_streams(nrow(pieces))
  lapply(seq_along(streams), function(i) c(pieces[i, ], stream = list(streams[[i]])))
}

# What a path loses on its fold (lambda x measures) and which of its fits converged.
run_piece <- function(task, piece) with_random_state(piece$stream, validate_path(task, piece))

validate_path <- function(task, piece) {
  rows <- task$folds == piece$fold
  train <- subset_input(task$input, !rows)
  test <- subset_input(task$input, rows)
  share <- sum(train$weights) / sum(task$input$weights)
  lambda <- task$lambda * share
  # Columns that are constant in one part are no news.
  problem <- suppressMessages(new_problem(train$x, train$z, train$y, train$weights, min(lambda)))
  runs <- path_of_runs(problem, piece$experts, lambda, task$control)
  values <- lapply(runs, function(run) {
    test_losses(predict_run(run, problem, piece$experts, test, task$control), test)
  })
  list(values = do.call(rbind, values),
       converged = vapply(runs, function(run) status_names[run$status + 1L] == "converged", NA))
}

subset_input <- function(input, rows) {
  shared <- identical(input$x, input$z)
  x <- take_rows(input$x, rows)
  list(x = x, z = if (shared) x else take_rows(input$z, rows), y = input$y[rows],
       weights = input$weights[rows])
}

# The best run for each lambda, in the order given.
path_of_runs <- function(problem, experts, lambda, control) {
  runs <- list()
  for (s in seq_along(lambda)) {
    ridge <- ridge_vectors(problem$design, lambda[s], control)
    runs[[s]] <- if (s == 1L) {
      run_starts(problem, experts, ridge, control, NULL, NULL)[[1]]
    } else {
      next_run(problem, runs[[s - 1L]]$theta, experts, ridge, control)
    }
  }
  runs
}

next_run <- function(problem, theta, experts, ridge, control) {
  thetas <- list(theta)
  if (experts > 1L) {
    thetas <- c(thetas, draw_moves(problem, theta, experts, ridge, control, control$starts, 2L))
  }
  runs <- lapply(thetas, function(theta) {
    maximise(problem, theta, experts, ridge, control, control$max_iterations, control$tolerance)
  })
  runs[[best_of(runs)[1]]]
}

predict_run <- function(run, problem, experts, data, control) {
  measure <- as_measure(run$theta, experts, problem$classes, problem$design)
  columns <- list(kept_gate = problem$kept_z, kept_expert = problem$kept_x)
  design <- fitted_design(list(measure = measure, columns = columns), data)
  prob <- predict_core(measure, design, NULL, "prob", control)
  check_predicted(prob)
  prob
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
