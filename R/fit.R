# From checked matrices to a fit.

#' Fit from model matrices
#'
#' What both methods of [moe_fit()] call once they have made matrices of their input; for packages
#' that make their own.
#'
#' @param x,z Model matrices of the experts and of the gate, dense or sparse (see [moe_fit()]), with
#'   the same rows, named columns, and a first column of ones. Hand over the same object twice where
#'   they are equal: the rows are then read once.
#' @param y A factor, all of whose levels occur, with one value per row; or a matrix of counts with
#'   a named column per class, see [moe_fit()].
#' @param weights `NULL`, or case weights.
#' @param group `NULL`, or the group of each row.
#' @inheritParams moe_fit
#' @return A `moe_fit` without `call`, terms and data, so that `predict()` needs matrices.
#' @seealso [moe_fit()]
#' @examples
#' set.seed(1)
#' x <- model.matrix(~ Sepal.Length + Sepal.Width, iris)
#' fit <- moe_fit_worker(x, x, iris$Species, experts = 2, lambda = 1)
#' logLik(fit)
#' @export
moe_fit_worker <- function(x, z, y, experts = 2, weights = NULL, lambda = NULL,
                           start = NULL, control = moe_control(), cl = NULL, group = NULL) {
  x <- check_model_matrix(x, "x")
  z <- if (identical(x, z)) x else check_model_matrix(z, "z")
  weights <- check_weights(weights, nrow(x))
  if (is.matrix(y)) y <- as_response(y)
  check_rows(x, z, y)
  check_classes(y, weights)
  if (!is.null(group)) group <- as_groups(group, nrow(x))
  fit_designs(x, z, y, experts, weights, lambda, start, control, cl, group)
}

# The same of designs that are checked, or distant.
fit_designs <- function(x, z, y, experts, weights, lambda, start, control, cl, group) {
  control <- check_control(control)
  lambda <- check_lambda(lambda)
  check_processes(cl)
  experts <- check_count(experts, "experts", upper = nrow(x), or = " or \"auto\"")
  problem <- penalised_problem(x, z, y, experts, weights, lambda, without_checkpoint(control),
                               group)
  if (inherits(start, "moe_fit")) check_start_fit(start, problem)
  call <- list("fit", matrix_values(x), matrix_values(z), y, experts, weights, lambda, group,
               if (inherits(start, "moe_fit")) start$coefficients else start,
               deciding_settings(control))
  fit <- with_checkpoint(control$checkpoint, call, function(checkpoint) {
    problem$control["checkpoint"] <- list(checkpoint)
    new_fit(with_last_fit(best_run(problem, start, cl), problem), problem)
  })
  fit$ordered <- is.ordered(y)
  fit["group"] <- list(group)
  fit["counts"] <- list(if (is_counts(y)) sum(y))
  fit
}

# --- the object ---

# A run of the problem, and the optima that were found beside it, as a fit.
new_fit <- function(result, problem) {
  best <- result$run
  shares <- gate_shares(problem, best$theta)
  order <- order(shares, decreasing = TRUE)
  measure <- permute_experts(problem_measure(problem, best$theta), order)
  fit <- structure(list(
    coefficients = user_coefficients(measure, problem$columns, problem$levels),
    objective = best$objective, loglik = best$loglik, trace = best$trace,
    iterations = best$iterations, evaluations = best$evaluations,
    converged = best$status == "converged", status = best$status,
    gradient_norm = best$gradient_norm, gain = best$gain,
    optima = result$optima,
    shares = setNames(shares[order], paste0("expert", seq_along(order))),
    lambda = problem$lambda, experts = problem$experts, levels = problem$levels,
    class_shares = problem_shares(problem),
    df = count_parameters(problem), nobs = problem$total, rows = count_rows(problem),
    prior_weights = problem_rows(problem, problem$weights), measure = measure,
    columns = problem$columns,
    control = without_checkpoint(problem$control), group = NULL, counts = NULL
  ), class = "moe_fit")
  fit$problems <- diagnose(fit, problem)
  if (length(fit$problems)) warning(paste(fit$problems, collapse = "\n"), call. = FALSE)
  fit
}

# An error of rows that are elsewhere gets the last good fit, as the sample of the rows shows it.
with_last_fit <- function(run, problem) {
  tryCatch(run, moe_error_rows = function(e) {
    sample <- problem_with_lambda(problem_sample(problem), problem$lambda)
    if (!is.null(e$run)) e$fit <- suppressWarnings(new_fit(single_run(e$run), sample))
    stop(e)
  })
}

prior_weights <- function(fit) {
  if (is.null(fit$prior_weights)) rep.int(1, fit$rows) else fit$prior_weights
}

# Of what comes per row and is the same in all rows of a group, a value per group.
per_unit <- function(fit, values) {
  if (is.null(fit$group) || is.null(values)) values else values[!duplicated(fit$group)]
}
