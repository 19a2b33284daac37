# Replicates of a fit under random weights, and what is read off them.

#' Weighted-likelihood bootstrap
#'
#' Fits the model again and again to the same rows under random weights: the spread of the
#' coefficients shows their sampling error without large-sample formulas. Each replicate starts from
#' the fit's parameters, and its experts are matched to the fit's.
#'
#' @section What is done:
#' With \eqn{v_i} the case weights, each replicate \eqn{b} draws weights \eqn{w_{bi}} with mean and
#' variance 1 and maximises
#' \deqn{\ell_b(\theta) = \sum_i w_{bi} v_i \log p(y_i \mid x_i, z_i; \theta) - \lambda
#'   \,\mathrm{penalty}(\theta)}
#' from the fit's \eqn{\hat\theta}, on the fit's standardisation, until the estimated gain that is
#' left is below 1e-4 (or what the fit's `tolerance` allows, if that is more). At a maximum a gain
#' of \eqn{g} is a shift of \eqn{\sqrt{2 g}} standard errors at most, 0.014 here, which is little
#' beside what \eqn{B} replicates leave open of a standard error: a share of \eqn{1 / \sqrt{2 B}} of
#' it. The weights are independent exponential variables (`"exponential"`; Newton and Raftery,
#' 1994), or these divided by their mean (`"dirichlet"`: \eqn{n} times a flat Dirichlet vector, the
#' Bayesian bootstrap of Rubin, 1981). They differ only where there is a ridge, whose share in the
#' objective then varies a little, and where there are few rows. Unlike draws of rows with
#' replacement, all rows keep some weight, so no class, level or column is ever lost.
#'
#' A row is one unit, whatever its case weight. Where weights are counts, so that a weight of 4
#' stands for four independent observations, fit the repeated rows instead: one draw for all four
#' spreads the replicates as if they were one cluster, unlike [vcov.moe_fit()], which counts four.
#'
#' With `cluster`, all rows of a cluster share one draw, which allows for dependence within
#' clusters. A group of the fit is one unit, whose rows share one draw anyway.
#'
#' @section Which expert is which:
#' Experts may be permuted without changing the model. Each replicate's are brought into the order
#' in which the sum over experts of \eqn{\|\theta_{b,\sigma(k)} - \hat\theta_k\|^2} is least, with
#' \eqn{\theta_k} the atoms of the mixing measure as in [moe_dendrogram()]; the best of all
#' permutations is found exactly (Kuhn, 1955).
#'
#' @section What it is conditional on:
#' On the number of experts, as in [vcov.moe_fit()], and on the local maximum of the fit: a
#' replicate is a search from the fit's parameters alone. Where experts are redundant, replicates
#' may be far apart in directions that hardly matter to the predictions.
#'
#' @param fit A fit by [moe_fit()] that holds its training data.
#' @param replicates Number of replicates, a whole number of at least 1. Some 100 do for standard
#'   errors, 1000 and more are needed for percentiles.
#' @param type `"exponential"` (default) or `"dirichlet"`.
#' @param cluster `NULL`, or a vector that says which cluster each row is in, as in
#'   [vcov.moe_fit()].
#' @param cl `NULL`, or a cluster by [parallel::makeCluster()] of any type, over whose processes
#'   replicates are shared. The package must be installed where they run; each process uses one
#'   thread. After [set.seed()] the result is the same with any `cl`, and without.
#' @param progress Whether to show a progress bar.
#' @param checkpoint `NULL`, or the name of a file in which replicates are kept as they come, from
#'   which the same call goes on after an error, an interrupt or a crash; see [moe_control()].
#' @param object,x A bootstrap by `moe_bootstrap()`.
#' @param digits Significant digits to print.
#' @param parm Names or numbers of coefficients; all by default.
#' @param level Confidence level.
#' @param row.names,optional Not used.
#' @param ... Not used; an argument here is an error.
#' @return `moe_bootstrap()`: an object of class `moe_bootstrap`, a list of which others may use
#'   \item{replicates}{matrix with a row per replicate and a column per coefficient, named as in
#'     [vcov.moe_fit()]; the row of a replicate that failed is `NA`; also had by `coef()`}
#'   \item{estimate}{the fit's coefficients}
#'   \item{converged}{whether each replicate met the stop rule; `NA` if it failed}
#'   \item{failures}{data frame with the number (`replicate`) and the error (`message`) of each
#'     replicate that failed}
#'   \item{realigned}{in how many replicates experts had changed places}
#'   \item{type, clusters, experts, levels, call}{how it was made}
#'
#'   Failed replicates, and those that have not converged, are counted in a warning.
#'
#'   `summary()`: a matrix with a row per coefficient and columns `Estimate`, `Bias` (mean of the
#'   replicates less the estimate), `Std. Error` and the limits of the percentile interval.
#'   `vcov()`: the covariance of the replicates. `confint()`: a matrix with a row per coefficient,
#'   by `type` `"percentile"` (quantiles \eqn{q} of the replicates), `"basic"` (\eqn{2 \hat\theta -
#'   q} of the opposite tails) or `"normal"` (estimate less bias, and normal quantiles times the
#'   standard error). `as.data.frame()`: a row per replicate and coefficient, with `replicate`,
#'   `component` (`"gate"` or the expert), `y.level` (whose log-odds: an expert for the gate, a
#'   class for an expert), `term` (the covariate) and `estimate`.
#' @seealso [vcov.moe_fit()]
#' @references
#' Kuhn, H. W. (1955). The Hungarian method for the assignment problem. *Naval Research Logistics
#' Quarterly* 2, 83-97.
#'
#' Newton, M. A. and Raftery, A. E. (1994). Approximate Bayesian inference with the weighted
#' likelihood bootstrap. *Journal of the Royal Statistical Society B* 56, 3-48.
#'
#' Rubin, D. B. (1981). The Bayesian bootstrap. *Annals of Statistics* 9, 130-134.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' boot <- moe_bootstrap(fit, replicates = 20)
#' boot
#' summary(boot)[1:3, ]
#' @export
moe_bootstrap <- function(fit, replicates = 200, type = c("exponential", "dirichlet"),
                          cluster = NULL, cl = NULL, progress = interactive(), checkpoint = NULL,
                          ...) {
  check_unused(...)
  check_fit(fit, "fit")
  if (fit$status == "merged") refuse(not_a_maximum)
  replicates <- check_count(replicates, "replicates")
  type <- check_choice(type, c("exponential", "dirichlet"), "type")
  cluster <- unit_clusters(check_cluster(cluster, fit), fit)
  check_processes(cl)
  progress <- check_flag(progress, "progress")

  task <- bootstrap_task(fit, type, cluster, alone = is.null(cl))
  call <- list("bootstrap", task$problem[c("design", "unit", "y", "weights", "penalty")],
               fit$coefficients, replicates, type, cluster, task$tolerance)
  results <- with_checkpoint(check_checkpoint(checkpoint), call, function(checkpoint) {
    run_tasks(run_replicate, task, random_streams(replicates), cl, progress, "Replicates",
              checkpoint)
  })
  out <- new_bootstrap(results, fit, type, cluster, sys.call())
  report_failures(out)
  out
}

# Of the log-likelihood, that a replicate may leave: what it is in standard errors does not depend
# on the number of rows.
bootstrap_gain <- 1e-4

# What a replicate needs to know. `alone` is FALSE where processes share the machine's threads.
bootstrap_task <- function(fit, type, cluster, alone) {
  problem <- fit_problem(fit, training_data(fit))
  if (!alone) problem$control$threads <- 1L
  fit$model <- NULL
  list(fit = fit, problem = problem, type = type, cluster = cluster,
       tolerance = max(bootstrap_gain / (1 + abs(fit$objective)), fit$control$tolerance))
}

# --- random weights ---

# A weight per unit, equal within clusters.
draw_weights <- function(type, units, cluster) {
  weights <- stats::rexp(if (is.null(cluster)) units else max(cluster))
  if (type == "dirichlet") weights <- weights / mean(weights)
  if (is.null(cluster)) weights else weights[cluster]
}

# --- replicates ---

# A list of coefficients, whether it converged and whether experts changed places; or why there are
# none. Without names answers fit what sockets send at once.
run_replicate <- function(task, stream) {
  fit <- task$fit
  units <- count_units(task$problem)
  weights <- with_random_state(stream, draw_weights(task$type, units, task$cluster))
  problem <- problem_with_weights(task$problem, weights * per_unit(fit, prior_weights(fit)))
  run <- core_maximise(problem, as_theta(fit$measure), tolerance = task$tolerance)
  if (!all(is.finite(run$theta), is.finite(run$objective))) {
    return(list(error = "the objective is not finite"))
  }
  measure <- problem_measure(problem, run$theta)
  order <- match_experts(measure, fit$measure)
  fit$coefficients <- user_coefficients(permute_experts(measure, order), fit$columns, fit$levels)
  list(coefficients = unname(coefficient_vector(fit)), realigned = is.unsorted(order),
       converged = run$status == "converged")
}

# --- the object ---

new_bootstrap <- function(results, fit, type, cluster, call) {
  call[[1L]] <- quote(moe_bootstrap)
  failed <- !vapply(results, function(result) is.null(result$error), NA)
  if (all(failed)) stop("All replicates failed: ", results[[1]]$error, call. = FALSE)
  estimate <- coefficient_vector(fit)
  replicates <- matrix(NA_real_, length(results), length(estimate),
                       dimnames = list(NULL, names(estimate)))
  of <- function(name) vapply(results[!failed], `[[`, NA, name)
  replicates[!failed, ] <- do.call(rbind, lapply(results[!failed], `[[`, "coefficients"))
  structure(list(
    replicates = replicates, estimate = estimate,
    converged = replace(rep(NA, length(results)), which(!failed), of("converged")),
    failures = data.frame(replicate = which(failed),
                          message = vapply(results[failed], `[[`, "", "error")),
    realigned = sum(of("realigned")), type = type,
    clusters = if (!is.null(cluster)) max(cluster),
    experts = fit$experts, levels = fit$levels, labels = coefficient_labels(fit), call = call
  ), class = "moe_bootstrap")
}

report_failures <- function(x) {
  count <- nrow(x$replicates)
  failed <- nrow(x$failures)
  unfinished <- sum(!x$converged, na.rm = TRUE)
  remarks <- c(
    if (failed) paste0(failed, " of ", count, " replicates failed and are left out (",
                       x$failures$message[1], ")."),
    if (unfinished) paste0(unfinished, " of ", count, " replicates have not converged: ",
                           "fit with more `max_iterations` or a larger `lambda`.")
  )
  if (length(remarks)) warning(paste(remarks, collapse = "\n"), call. = FALSE)
}

# Rows of replicates that did not fail.
sound_replicates <- function(x) x$replicates[!is.na(x$converged), , drop = FALSE]

#' @rdname moe_bootstrap
#' @export
coef.moe_bootstrap <- function(object, ...) {
  check_unused(...)
  check_bootstrap(object)
  object$replicates
}

#' @rdname moe_bootstrap
#' @export
vcov.moe_bootstrap <- function(object, ...) {
  check_unused(...)
  check_bootstrap(object)
  stats::cov(sound_replicates(object))
}

#' @rdname moe_bootstrap
#' @export
confint.moe_bootstrap <- function(object, parm, level = 0.95,
                                  type = c("percentile", "basic", "normal"), ...) {
  check_unused(...)
  check_bootstrap(object)
  type <- check_choice(type, c("percentile", "basic", "normal"), "type")
  tails <- interval_tails(check_level(level))
  estimate <- object$estimate
  at <- if (missing(parm)) seq_along(estimate) else find_coefficients(parm, names(estimate))
  estimate <- estimate[at]
  replicates <- sound_replicates(object)[, at, drop = FALSE]
  quantiles <- t(apply(replicates, 2, quantiles_or_na, tails))
  out <- switch(
    type,
    percentile = quantiles,
    basic = 2 * estimate - quantiles[, 2:1, drop = FALSE],
    normal = 2 * estimate - colMeans(replicates) +
      outer(apply(replicates, 2, stats::sd), stats::qnorm(tails))
  )
  dimnames(out) <- list(names(estimate), tail_names(tails))
  out
}

# Coefficients of dropped covariates have none.
quantiles_or_na <- function(x, tails) {
  if (anyNA(x) || length(x) == 0L) return(tails + NA)
  stats::quantile(x, tails, names = FALSE)
}

#' @rdname moe_bootstrap
#' @export
summary.moe_bootstrap <- function(object, level = 0.95, ...) {
  check_unused(...)
  check_bootstrap(object)
  replicates <- sound_replicates(object)
  cbind(Estimate = object$estimate, Bias = colMeans(replicates) - object$estimate,
        `Std. Error` = apply(replicates, 2, stats::sd),
        confint.moe_bootstrap(object, level = level))
}

#' @rdname moe_bootstrap
#' @export
print.moe_bootstrap <- function(x, digits = max(3L, getOption("digits") - 3L), ...) {
  digits <- check_digits(digits)
  check_bootstrap(x, "x")
  weights <- switch(x$type, exponential = "exponential weights", dirichlet = "Dirichlet weights")
  cat("Weighted-likelihood bootstrap of a mixture of ", x$experts, " expert",
      if (x$experts > 1L) "s", "\nCall: ", short_call(x$call), "\n", sep = "")
  count <- nrow(x$replicates)
  cat_wrapped(count, if (count > 1L) " replicates with " else " replicate with ", weights,
              if (!is.null(x$clusters)) paste(" by", x$clusters, "clusters"), "; ",
              nrow(x$failures), " failed, ", sum(!x$converged, na.rm = TRUE), " not converged",
              if (x$experts > 1L) paste0(", experts changed places in ", x$realigned))
  cat("\n")
  print(summary.moe_bootstrap(x), digits = digits)
  invisible(x)
}

#' @rdname moe_bootstrap
#' @export
as.data.frame.moe_bootstrap <- function(x, row.names = NULL, optional = FALSE, ...) {
  check_bootstrap(x, "x")
  count <- nrow(x$replicates)
  labels <- x$labels[rep(seq_len(nrow(x$labels)), each = count), ]
  data.frame(replicate = rep(seq_len(count), ncol(x$replicates)), labels,
             estimate = as.vector(x$replicates), row.names = NULL)
}
