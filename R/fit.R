# From checked matrices to a fit.

#' Fit from model matrices
#'
#' What both methods of [moe_fit()] call once they have made matrices of their input; for packages
#' that make their own.
#'
#' @param x,z Model matrices of the experts and of the gate, dense or sparse (see [moe_fit()]), with
#'   the same rows, named columns, and a first column of ones. Hand over the same object twice where
#'   they are equal: the rows are then read once.
#' @param y A factor, all of whose levels occur, with one value per row.
#' @param weights `NULL`, or case weights.
#' @inheritParams moe_fit
#' @return A `moe_fit` without `call`, terms and data, so that `predict()` needs matrices.
#' @seealso [moe_fit()]
#' @examples
#' set.seed(1)
#' x <- model.matrix(~ Sepal.Length + Sepal.Width, iris)
#' fit <- moe_fit_worker(x, x, iris$Species, experts = 2, lambda = 1)
#' logLik(fit)
#' @export
moe_fit_worker <- function(x, z, y, experts = 2, weights = NULL, lambda = 0, start = NULL,
                           control = moe_control()) {
  x <- check_model_matrix(x, "x")
  z <- if (identical(x, z)) x else check_model_matrix(z, "z")
  control <- check_control(control)
  lambda <- check_number(lambda, "lambda", lower = 0)
  weights <- check_weights(weights, nrow(x))
  check_rows(x, z, y)
  check_classes(y, weights)
  experts <- check_count(experts, "experts", upper = nrow(x), or = " or \"auto\"")

  problem <- new_problem(x, z, y, weights, lambda)
  columns <- list(gate = colnames(z), kept_gate = problem$kept_z,
                  expert = colnames(x), kept_expert = problem$kept_x)
  ridge <- ridge_vectors(problem$design, lambda, control)
  if (inherits(start, "moe_fit")) check_start_fit(start, experts, levels(y), columns)
  runs <- run_starts(problem, experts, ridge, control, start, columns)
  fit <- new_fit(runs, problem, columns, levels(y), experts, lambda, control)
  fit$ordered <- is.ordered(y)
  fit
}

# --- the object ---

new_fit <- function(runs, problem, columns, levels, experts, lambda, control) {
  best <- runs[[1]]
  measure <- as_measure(best$theta, experts, length(levels), problem$design)
  gate <- predict_core(measure, problem$design, NULL, "gate", control)
  shares <- average(gate, problem$weights)
  order <- order(shares, decreasing = TRUE)
  measure <- permute_experts(measure, order)
  fit <- structure(list(
    coefficients = user_coefficients(measure, columns, levels),
    objective = best$objective, loglik = best$loglik, trace = best$trace,
    iterations = best$iterations, evaluations = best$evaluations,
    converged = status_names[best$status + 1L] == "converged",
    status = status_names[best$status + 1L],
    gradient_norm = best$gradient_norm, gain = best$gain,
    objectives = vapply(runs, `[[`, 0, "objective"),
    shares = setNames(shares[order], paste0("expert", seq_len(experts))),
    lambda = lambda, experts = experts, levels = levels,
    df = count_parameters(problem, experts), nobs = problem$total, rows = length(problem$y),
    prior_weights = problem$weights, measure = measure, columns = columns, control = control
  ), class = "moe_fit")
  fit$problems <- find_problems(fit, problem)
  if (length(fit$problems)) warning(paste(fit$problems, collapse = "\n"), call. = FALSE)
  fit
}

prior_weights <- function(fit) {
  if (is.null(fit$prior_weights)) rep.int(1, fit$rows) else fit$prior_weights
}
