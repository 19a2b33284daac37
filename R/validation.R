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
                                                train$weights, min(lambda), task$control,
                                                train$group))
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
       weights = input$weights[rows], group = input$group[rows])
}

# The best run for each lambda, in the order given.
path_of_runs <- function(problem, lambda) {
  if (problem$experts == 1L) {
    return(lapply(lambda, function(value) best_run(problem_with_lambda(problem, value))$run))
  }
  population <- NULL
  lapply(lambda, function(value) {
    problem <- problem_with_lambda(problem, value)
    task <- search_task(problem, path_effort(problem$control))
    population <<- evolve(task, if (is.null(population)) draw_population(task) else
      move_population(task, population))
    core_maximise(problem, population[[1]]$theta,
                  tolerance = max(path_tolerance, problem$control$tolerance))
  })
}

path_tolerance <- 1e-9 # what is left beyond it shows in no loss

# A path needs less than a fit: each population is the better for the one before it.
path_effort <- function(control) {
  effort <- search_efforts[[control$search]]
  effort$size <- min(effort$size, 8L)
  effort$patience <- 1
  effort
}

# --- losses ---

# Of probabilities (rows x classes), a value per row, with y the number of the row's class.
losses <- list(
  logloss = function(prob, y) -log(pmax(prob[cbind(seq_along(y), y)], .Machine$double.xmin)),
  brier = function(prob, y) rowSums((prob - outer(y, seq_len(ncol(prob)), `==`))^2),
  error = function(prob, y) as.double(max.col(prob, "first") != y)
)

loss_names <- c(logloss = "log-loss", brier = "Brier score", error = "error rate")

# Each of a row of counts is lost by itself.
test_losses <- function(prob, test) {
  cells <- response_cells(test$y)
  weights <- test$weights[cells$row]
  if (!is.null(cells$times)) weights <- weights * cells$times
  prob <- prob[cells$row, , drop = FALSE]
  vapply(losses, function(loss) average(cbind(loss(prob, cells$class)), weights), 0)
}
