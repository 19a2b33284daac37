# Choosing the ridge, and the number of experts, by cross-validation.

#' Choose the ridge and the number of experts by cross-validation
#'
#' K-fold cross-validation over a grid of `lambda`, and over numbers of experts where several are
#' given, by the loss of class probabilities on held-out rows; then a fit to all rows with what was
#' chosen.
#'
#' @section What is done:
#' Each fold is held out in turn, and for each number of experts a path of fits to the rows that are
#' left goes from the largest `lambda` to the smallest. The first fit is searched for as by
#' [moe_fit()], but by one search with a population of at most 8 and a patience of 1 (see
#' [moe_control()]). The solutions in its population are starts for the next `lambda`, whose
#' population goes on from there, and so on. Covariates are standardised by the rows that the fit
#' sees, so nothing of the held-out rows enters it. Only what the formula itself makes of all rows,
#' such as the knots of a spline, or the columns of factor levels, is shared by all folds; a column
#' that is constant in the rows that are left is dropped there.
#'
#' @section The scale of lambda:
#' `lambda` is on the scale of the total log-likelihood, as in [moe_fit()], so that with \eqn{v} the
#' case weights and \eqn{T} the rows that are left, the path's fits have
#' \deqn{\lambda_T = \lambda \sum_{i \in T} v_i / \sum_i v_i,}
#' the same ridge per observation as \eqn{\lambda} has on all rows.
#'
#' @section Measures:
#' The loss of a fold \eqn{f} is the mean over its rows, weighted by \eqn{v_i}, of
#' \eqn{-\log p_i(y_i)} (`"logloss"`, in which probabilities count as 2.2e-308 at least), of
#' \eqn{\sum_m (p_i(m) - [y_i = m])^2} (`"brier"`, from 0 to 2), or of whether the most probable
#' class, the first of equals, is wrong (`"error"`). All three are computed, `measure` decides. With
#' \eqn{L_f} the loss of a fold, \eqn{s_f} its share of the weights and \eqn{F} the number of folds,
#' \deqn{\bar L = \sum_f s_f L_f, \quad
#'   \mathrm{SE} = \sqrt{\sum_f s_f (L_f - \bar L)^2 / (F - 1)}.}
#' The standard error neglects that the fits of different folds share rows, and is rough.
#'
#' @section The choice:
#' `"min"` takes the least \eqn{\bar L}. `"1se"` takes the simplest model, which is the one with the
#' fewest experts, and among these the largest `lambda`, whose \eqn{\bar L} is at most the least one
#' plus its standard error (Breiman et al., 1984). The loss of what was chosen is optimistic as an
#' estimate for new rows, since it was chosen for being small.
#'
#' @param ... The arguments of the method: a formula first (or `formula =`), or a matrix first
#'   (or `x =`). An argument that the method does not have is an error. For `predict()`, `coef()`
#'   and `plot()`: handed to the method for the fit, or to `autoplot()`.
#' @param formula,data,subset,na.action,contrasts,x,y,z,weights,group As in [moe_fit()]. The rows of
#'   a group are in one fold, and their losses are of predictions by the gate. Of a row of counts
#'   each counts by itself.
#' @param experts One or more numbers of experts to try.
#' @param lambda One or more ridges to try, finite and at least 0. By default 10 values from
#'   \eqn{n / 10} down to \eqn{n / 10^5}, equally spaced on the log scale, with \eqn{n} the sum of
#'   the weights.
#' @param folds Number of folds, from 2 to the number of rows; or a vector with the fold of each
#'   row, in any coding, for the rows that are used or also for those left out by `na.action`. A
#'   number of folds is drawn at random, such that each class is spread over folds as evenly as can
#'   be. A class that occurs in one fold alone is refused, as the fit without that fold could not
#'   know it. Or resamples of the package rsample, as by `rsample::vfold_cv()`, of the same rows. Or
#'   folds by [moe_pair_folds()], which train on pairs of other proteins than those they test on.
#' @param measure The loss that decides: `"logloss"`, `"brier"` or `"error"`.
#' @param rule `"min"` or `"1se"`.
#' @param control Settings of all fits, from [moe_control()].
#' @param cl `NULL`, or a cluster by [parallel::makeCluster()] of any type, over whose processes
#'   folds and numbers of experts are shared. The package must be installed where they run; each
#'   process uses one thread. After [set.seed()] the result is the same with any `cl`, and without.
#' @return An object of class `moe_tune`, a list of which others may use
#'   \item{fit}{the fit to all rows with what was chosen, by [moe_fit()], whose call it has}
#'   \item{lambda, experts}{what was chosen}
#'   \item{path}{data frame with a row per number of experts and `lambda` (fewest experts and
#'     largest `lambda` first): `experts`, `lambda`, `mean` (\eqn{\bar L}) and `se`}
#'   \item{best, chosen}{rows of the path with the least mean, and of what was chosen}
#'   \item{values}{the losses, an array: rows of the path x folds x measures}
#'   \item{folds, shares}{the fold of each row that was used, and each fold's share of the weights}
#'   \item{baseline}{for folds by [moe_pair_folds()], the losses of [moe_pair_baseline()] on the
#'     same rows}
#'   \item{measure, rule, call}{how it was made}
#'
#'   `predict()` and `coef()` are those of the fit. `as.data.frame()` gives the path.
#' @seealso [moe_fit()], [autoplot.moe_tune()]; [moe_dendrogram()] chooses the number of experts
#'   from one fit.
#' @references
#' Breiman, L., Friedman, J. H., Olshen, R. A. and Stone, C. J. (1984). *Classification and
#' Regression Trees*. Wadsworth.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")[1:300, ]
#' set.seed(1)
#' tuned <- moe_tune(confidence ~ l3 + high_share, pairs, experts = 1:2, lambda = c(30, 3, 0.3),
#'                   folds = 3, control = moe_control(search = "quick"))
#' tuned
#' head(predict(tuned, type = "prob"))
#' @export
moe_tune <- function(...) {
  UseMethod("moe_tune", dispatch_argument("moe_tune", ...))
}

#' @rdname moe_tune
#' @export
moe_tune.formula <- function(formula, data, experts = 2, lambda = NULL, folds = 5,
                             measure = c("logloss", "brier", "error"), rule = c("min", "1se"),
                             weights, subset, na.action, contrasts = NULL,
                             control = moe_control(), cl = NULL, group, ...) {
  check_unused(...)
  call <- match.call()
  input <- read_formula(formula, if (!missing(data)) data, call_of_fit(call), contrasts,
                        parent.frame())
  tune(input, experts, lambda, folds, measure, rule, control, cl, call)
}

#' @rdname moe_tune
#' @export
moe_tune.default <- function(x, y, experts = 2, lambda = NULL, folds = 5,
                             measure = c("logloss", "brier", "error"), rule = c("min", "1se"),
                             z = x, weights, control = moe_control(), cl = NULL, group = NULL,
                             ...) {
  check_unused(...)
  call <- match.call()
  input <- read_matrices(x, y, z, missing(z), if (!missing(weights)) weights, call_of_fit(call),
                         group)
  tune(input, experts, lambda, folds, measure, rule, control, cl, call)
}

# The call to moe_fit() for the same data, to which what was chosen is added.
call_of_fit <- function(call) {
  call[c("folds", "measure", "rule", "cl")] <- NULL
  fit_call(call)
}

tune <- function(input, experts, lambda, folds, loss, rule, control, cl, call) {
  loss <- check_choice(loss, names(losses), "measure")
  rule <- check_choice(rule, c("min", "1se"), "rule")
  control <- check_control(control)
  check_processes(cl)
  input <- check_input(input)
  resumed_by <- list("tune", input[c("x", "z", "y", "weights", "group")], experts, lambda, folds,
                     deciding_settings(control))
  out <- with_checkpoint(control$checkpoint, resumed_by, function(checkpoint) {
    out <- cross_validate(input, experts, lambda, folds, loss, rule, control, cl, checkpoint)
    out$fit <- chosen_fit(input, out$experts, out$lambda, without_checkpoint(control))
    out
  })
  out$call <- as_tune_call(call, out$fit)
  out
}

cross_validate <- function(input, experts, lambda, folds, loss, rule, control, cl, checkpoint) {
  folds <- as_folds(folds, input)
  fewest <- min(vapply(seq_len(count_folds(folds)), function(f) length(trained_on(folds, f)), 0L))
  grid <- list(experts = check_experts_grid(experts, fewest),
               lambda = check_lambda_grid(lambda, sum(input$weights)))

  task <- list(input = input[c("x", "z", "y", "weights", "group")], folds = folds,
               lambda = grid$lambda,
               control = quiet_control(control, alone = is.null(cl)))
  pieces <- tune_pieces(count_folds(folds), grid$experts)
  results <- run_tasks(run_piece, task, pieces, cl, control$progress, "Folds", checkpoint)
  out <- new_tune(results, pieces, grid, folds, input$weights, loss, rule)
  out$baseline <- fold_baseline(folds, input)
  out
}

chosen_fit <- function(input, experts, lambda, control) {
  input$weights <- input$given_weights
  fit <- fit_input(input, experts, lambda, NULL, control, NULL)
  fit$call$experts <- experts
  fit$call$lambda <- lambda
  fit
}

# As the user would write it. A formula by do.call() is as slim as the fit's.
as_tune_call <- function(call, fit) {
  call[[1L]] <- quote(moe_tune)
  if (!is.null(call$formula)) call$formula <- fit$call$formula
  call
}

# --- input ---

# Everything that moe_fit_worker() would refuse of the data, before the first fold.
check_input <- function(input) {
  shared <- identical(input$x, input$z)
  input$x <- check_model_matrix(input$x, "x")
  input$z <- if (shared) input$x else check_model_matrix(input$z, "z")
  check_rows(input$x, input$z, input$y)
  input$given_weights <- check_weights(input$weights, nrow(input$x))
  check_classes(input$y, input$given_weights)
  input["group"] <- list(if (!is.null(input$group)) as_groups(input$group, nrow(input$x)))
  input$weights <- if (is.null(input$given_weights)) rep.int(1, nrow(input$x)) else
    input$given_weights
  input
}

# Values to try, without repeats.
check_grid <- function(x, name, must, valid) {
  if (!is.numeric(x) || length(dim(x)) > 1L || length(x) == 0L) {
    refuse("`", name, "` must hold ", must, ", not ", given(x), ".")
  }
  wrong <- !is.finite(x) | !valid(x)
  if (any(wrong)) refuse("`", name, "` must hold ", must, ", not ", format(x[wrong][1]), ".")
  unique(x)
}

check_experts_grid <- function(experts, rows) {
  must <- paste("whole numbers from 1 to", rows, "(the rows that the smallest fit sees)")
  valid <- function(x) x >= 1 & x <= rows & x == trunc(x)
  sort(as.integer(check_grid(experts, "experts", must, valid)))
}

check_lambda_grid <- function(lambda, total) {
  if (is.null(lambda)) lambda <- total * 10^seq(-1, -5, length.out = 10)
  lambda <- check_grid(lambda, "lambda", "finite numbers of at least 0", function(x) x >= 0)
  sort(as.double(lambda), decreasing = TRUE)
}

# --- the object ---

new_tune <- function(results, pieces, grid, folds, weights, loss, rule) {
  report_unconverged(results)
  count <- count_folds(folds)
  tested <- vapply(seq_len(count), function(f) sum(weights[held_out(folds, f)]), 0)
  values <- array(NA_real_, c(length(grid$lambda) * length(grid$experts), count, length(losses)),
                  list(NULL, paste0("fold", seq_len(count)), names(losses)))
  path <- data.frame(experts = rep(grid$experts, each = length(grid$lambda)),
                     lambda = rep(grid$lambda, length(grid$experts)))
  for (i in seq_along(pieces)) {
    values[path$experts == pieces[[i]]$experts, pieces[[i]]$fold, ] <- results[[i]]$values
  }
  shares <- tested / sum(tested)
  path <- cbind(path, average_folds(values, loss, shares))
  chosen <- choose_row(path, rule)
  structure(list(lambda = path$lambda[chosen], experts = path$experts[chosen], path = path,
                 best = which.min(path$mean), chosen = chosen, values = values, folds = folds,
                 shares = shares, rows = length(weights), measure = loss, rule = rule),
            class = "moe_tune")
}

report_unconverged <- function(results) {
  converged <- unlist(lapply(results, `[[`, "converged"))
  if (all(converged)) return(invisible())
  warning(sum(!converged), " of ", length(converged), " fits of the cross-validation have not ",
          "converged: raise `max_iterations` in moe_control(), or use larger `lambda`.",
          call. = FALSE)
}

# Mean and standard error over folds for each row of the path.
average_folds <- function(values, loss, shares) {
  values <- matrix(values[, , loss], ncol = length(shares))
  mean <- drop(values %*% shares)
  data.frame(mean = mean, se = sqrt(drop((values - mean)^2 %*% shares) / (length(shares) - 1)))
}

# The simplest models come first in the path.
choose_row <- function(path, rule) {
  best <- which.min(path$mean)
  if (rule == "min") return(best)
  which(path$mean <= path$mean[best] + path$se[best])[1]
}

#' The path of a cross-validation as a data frame
#'
#' @param x A cross-validation by [moe_tune()].
#' @param row.names,optional,... Not used.
#' @param measure Which loss to show; the one that decided by default.
#' @param folds Whether to add a column per fold, `fold1`, `fold2`, ..., with its loss.
#' @return A data frame with a row per number of experts and `lambda`: `experts`, `lambda`, `mean`
#'   and `se` of the loss over folds.
#' @seealso [moe_tune()]
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")[1:300, ]
#' set.seed(1)
#' tuned <- moe_tune(confidence ~ l3 + high_share, pairs, experts = 2, lambda = c(30, 3, 0.3),
#'                   folds = 3, control = moe_control(search = "quick"))
#' as.data.frame(tuned)
#' as.data.frame(tuned, measure = "brier", folds = TRUE)
#' @export
as.data.frame.moe_tune <- function(x, row.names = NULL, optional = FALSE, ..., measure = x$measure,
                                   folds = FALSE) {
  check_unused(...)
  check_tuned(x, "x")
  measure <- check_choice(measure, names(losses), "measure")
  out <- cbind(x$path[c("experts", "lambda")], average_folds(x$values, measure, x$shares))
  if (!check_flag(folds, "folds")) return(out)
  cbind(out, matrix(x$values[, , measure], nrow(out), dimnames = list(NULL, colnames(x$values))))
}
