#' The dendrogram of a mixing measure
#'
#' Merges the experts of one overfitted fit, the closest pair first, into a tree and a path of
#' smaller models, and reads the number of experts off the path: no sweep over K.
#'
#' @section The tree:
#' The atoms of the mixing measure are \eqn{\theta_k} = (gate slopes, all coefficients of expert
#' \eqn{k} in the sum-to-zero form) with weights \eqn{q_k = \mathrm{softmax}_k} of the gate's
#' intercepts, on centred and standardised covariates, so nothing depends on units, origin or
#' reference level. The pair with the least
#' \deqn{d(i, j) = \frac{q_i q_j}{q_i + q_j} \|\theta_i - \theta_j\|^2}
#' is merged; weights add, parameters are weighted means. The height of the merge from
#' \eqn{\kappa} to \eqn{\kappa - 1} atoms is its \eqn{d}. This is Ward's criterion: the tree equals
#' `hclust(d, "ward.D", members = q)`, heights never fall, and no data are touched.
#'
#' @section The path:
#' With `refine = FALSE` the model with \eqn{\kappa} experts is the merged measure itself. With
#' `refine = TRUE` each level is searched as [moe_control()] describes, in small populations of 12
#' solutions that exchange what they have found. Going down from the fit, the merges of the `pairs`
#' closest pairs of the three best solutions of a level, and these without one of their three
#' lightest experts, come to the level below, where they breed with solutions from random starts.
#' Going up from one expert, the three best solutions of a level are split and come to the level
#' above. An expert is split along the leading singular vectors of
#' \deqn{C_k = \sum_i v_i \tau_{ik} (r_{ik} \otimes x_i) z_i',}
#' \eqn{\tau} the responsibilities, \eqn{r_{ik}} the residuals of expert \eqn{k}: two experts whose
#' coefficients differ by \eqn{\pm\delta} and whose gate slopes differ by \eqn{\pm\gamma} gain, to
#' second order, \eqn{\delta' C_k \gamma}. Unless the fit's `search` is `"quick"`, independent
#' searches ([moe_control()]) look for what a level has missed before it is split: until three, the
#' population counted as one, have ended in the best optimum that is known and a share of no more
#' than 0.1 is expected to lead higher, 12 at most, or 40 after `"thorough"`, and a last one where
#' they end in several. The best five solutions of each
#' level are run to the end, on all rows where the populations saw a sample. What is drawn
#' depends on the fit alone, so that its path is always the same. What rises is the objective, ridge
#' included, so the log-likelihood of a level may lie a little below that of the merged measure. The
#' tree stays that of the unpolished measure; the column `from` of the path says where each level
#' came from, see [as.data.frame.moe_dendrogram()]. The fit's `lambda` is kept. The
#' level with one expert is a multinomial logit.
#'
#' @section Choosing the number of experts:
#' The candidate with the least criterion is chosen, with one expert among the candidates. `"hq"`,
#' `"sabic"`, `"bic"` and `"aic"` are \eqn{-2 \ell_\kappa} and a penalty per parameter: \eqn{2 \log
#' \log n} (Hannan and Quinn, 1979; but never less than 2), \eqn{\log((n + 2) / 24)} (the
#' sample-size adjusted BIC of Sclove, 1987; for \eqn{n < 175} less than AIC's), \eqn{\log n}, and
#' 2; `"icl"` is BIC and twice the entropy of the responsibilities. `"dsc"` and `"dsc_rescaled"` are
#' the dendrogram selection criteria of the predecessors of Tran et al. (2026), for \eqn{\kappa = 2,
#' \dots, K}, with
#' \eqn{\bar\ell} the log-likelihood divided by the sum of weights:
#' \deqn{\mathrm{DSC}(\kappa) = -(h_\kappa + \log(n) \bar\ell_\kappa), \quad
#'   \mathrm{DSC}_r(\kappa) = -\left(\frac{\log(n) \bar\ell_\kappa}{|\bar\ell_K|} +
#'   \frac{h_\kappa}{\max_j h_j}\right),}
#' \eqn{h_\kappa} the height of the merge from \eqn{\kappa} to \eqn{\kappa - 1}. As published they
#' use merged measures without refinement (`refine = FALSE`).
#'
#' Why HQ is the default: an expert more than needed brings many parameters that the data cannot
#' tell apart, so that it gains far less likelihood than BIC charges for, and BIC misses experts
#' that are there until there are many rows. HQ still grows with \eqn{n}, so that redundant experts
#' are not kept. In simulations it is right more often than a BIC sweep over all numbers of experts,
#' at about a fifth of the sweep's time: see `vignette("rates", package = "moelogit")`. DSC is not
#' scale-free, since heights are not on the scale of the likelihood, and so it answers 2 most of the
#' time; merging without refinement loses far more likelihood than it should.
#'
#' @param x A fit by [moe_fit()] with two experts or more that holds its training data, best with
#'   more experts than needed and a small `lambda`; or a [moe_measure()].
#' @param criterion The criterion that chooses: `"hq"`, `"sabic"`, `"bic"`, `"aic"`, `"icl"`,
#'   `"dsc"` or `"dsc_rescaled"`.
#' @param refine Whether each level is polished.
#' @param pairs With `refine`, how many of the closest pairs are tried at each level: a whole
#'   number, at least 1.
#' @param ... Handed to methods; an unused argument is an error.
#' @return An object of class `moe_dendrogram`, which is also an [stats::hclust()]: `merge`,
#'   `height`, `order`, `labels` describe the tree, and `as.hclust()` gives them alone, for tools
#'   that draw trees. `selected` is the chosen number of experts,
#'   `path` a data frame with a row per level (see [as.data.frame.moe_dendrogram()]). For a
#'   [moe_measure()] there are no data: the path holds heights alone and `selected` is `NA`.
#' @seealso [cut.moe_dendrogram()] for the chosen fit, [autoplot.moe_dendrogram()].
#' @references
#' Hannan, E. J. and Quinn, B. G. (1979). The determination of the order of an autoregression.
#' *Journal of the Royal Statistical Society B* 41, 190-195.
#'
#' Sclove, S. L. (1987). Application of model-selection criteria to some problems in multivariate
#' analysis. *Psychometrika* 52, 333-343.
#'
#' Do, D., Do, L., McKinley, S. A., Terhorst, J. and Nguyen, X. (2024). Dendrogram of mixing
#' measures: hierarchical clustering and model selection for finite mixture models.
#' arXiv:2403.01684.
#'
#' Tran, T. et al. (2026), see [moelogit-package].
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, experts = 4, lambda = 0.5,
#'                control = moe_control(search = "quick"))
#' tree <- moe_dendrogram(fit)
#' tree
#' as.data.frame(tree)
#' cut(tree)
#' @export
moe_dendrogram <- function(x, ...) UseMethod("moe_dendrogram")

#' @export
moe_dendrogram.default <- function(x, ...) {
  refuse("moe_dendrogram() takes a fit by moe_fit() or a moe_measure(), not ", given(x), ".")
}

#' @rdname moe_dendrogram
#' @export
moe_dendrogram.moe_measure <- function(x, ...) {
  check_unused(...)
  refuse_fault(measure_fault(x), "x", "moe_measure()")
  if (ncol(x$gate) < 2L) refuse("A dendrogram needs at least two experts, but there is one.")
  tree <- merge_measure(x)
  tree$path <- data.frame(experts = rev(seq_len(ncol(x$gate))), height = c(tree$height, NA))
  tree$selected <- NA_integer_
  tree
}

#' @rdname moe_dendrogram
#' @export
moe_dendrogram.moe_fit <- function(x, criterion = c("hq", "sabic", "bic", "aic", "icl", "dsc",
                                                    "dsc_rescaled"),
                                   refine = TRUE, pairs = 4, ...) {
  check_unused(...)
  criterion <- check_choice(criterion, names(criteria), "criterion")
  refine <- check_flag(refine, "refine")
  pairs <- check_count(pairs, "pairs")
  check_fit(x, "x")
  check_overfit(x)
  tree <- grow_tree(x, criterion, refine, pairs)
  tree$call <- sys.call()
  tree$call[[1L]] <- quote(moe_dendrogram)
  tree
}

grow_tree <- function(fit, criterion = "hq", refine = TRUE, pairs = 4L, checkpoint = NULL) {
  tree <- merge_measure(fit$measure)
  problem <- fit_problem(fit)
  problem$control["checkpoint"] <- list(checkpoint)
  tree$runs <- if (refine) refined_runs(problem, fit$measure, pairs) else merged_runs(problem, tree)
  tree$fit <- fit
  tree$refined <- refine
  tree$path <- path_table(tree, problem)
  tree$criterion <- criterion
  tree$selected <- best_level(tree$path, criterion)
  tree
}

check_overfit <- function(fit) {
  if (fit$experts < 2L) refuse("A dendrogram needs at least two experts, but the fit has one.")
  if (!holds_rows(fit)) {
    refuse("A dendrogram needs the fit's training data, which it does not hold: fit with ",
           "`model = TRUE`.")
  }
  if (fit$lambda == 0) {
    warning("The fit has no ridge (`lambda = 0`): redundant experts then need not be alike, and ",
            "the tree is hard to read. Fit with a small `lambda`, 0.1 say.", call. = FALSE)
  }
  if (!fit$converged) {
    warning("The fit has not converged, so the tree may change when it does.", call. = FALSE)
  }
}

#' The path of a dendrogram as a data frame
#'
#' @param x A dendrogram by [moe_dendrogram()].
#' @param row.names,optional,... Not used.
#' @return A data frame with a row per level, most experts first: `experts`; `height`, the
#'   dissimilarity of the merge to one expert fewer; `loglik_merged`, the log-likelihood of the
#'   merged measure, and `loglik`, that of the path's model (the same without refinement); `df`;
#'   `aic`, `bic`, `hq`, `sabic`, `icl` of the path's model; `dsc`, `dsc_rescaled`, which use the
#'   merged measures as published; `from`, how the level was made: `"fit"`, `"merge 1"` of the
#'   closest pair of the level above, `"merge 2"` of the second closest, ..., `"drop"` of one of its
#'   experts, `"split"` of an expert of the level below, `"bred"` in its population, or found by an
#'   independent `"search"`; `chosen_by`, the criteria that choose this level.
#' @seealso [moe_dendrogram()]
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, experts = 3, lambda = 0.5,
#'                control = moe_control(search = "quick"))
#' as.data.frame(moe_dendrogram(fit))
#' @export
as.data.frame.moe_dendrogram <- function(x, row.names = NULL, optional = FALSE, ...) x$path

#' The fit at a level of a dendrogram
#'
#' @param x A dendrogram by [moe_dendrogram()] of a fit.
#' @param experts The number of experts, from 1 to that of the overfitted fit; the selected number
#'   by default.
#' @param ... Not used.
#' @return A [moe_fit()] with that many experts. On a refined path the level's run is continued to
#'   convergence; otherwise the fit is the merged measure as it is, with status `"merged"`.
#' @seealso [moe_dendrogram()]
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, experts = 3, lambda = 0.5,
#'                control = moe_control(search = "quick"))
#' tree <- moe_dendrogram(fit)
#' cut(tree)
#' cut(tree, 2)
#' @export
cut.moe_dendrogram <- function(x, experts = x$selected, ...) {
  check_unused(...)
  check_tree(x)
  if (is.null(x$fit)) refuse("A dendrogram of a measure holds no data, so it has no fits to cut.")
  experts <- check_count(experts, "experts", upper = x$fit$experts)
  if (experts == x$fit$experts) return(x$fit)
  fit <- x$fit
  problem <- problem_with_experts(fit_problem(fit), experts)
  run <- x$runs[[fit$experts - experts + 1L]]
  if (x$refined) {
    run <- continue_run(run, core_maximise(problem, run$theta))
  } else {
    run$status <- "merged"
  }
  cut <- new_fit(single_run(run), problem)
  cut[c("group", "counts")] <- fit[c("group", "counts")]
  for (field in c("ordered", "formula", "terms", "variables", "blueprint", "xlevels", "contrasts",
                  "na.action", "model", "source")) {
    cut[[field]] <- fit[[field]]
  }
  cut$call <- fit$call
  if (!is.null(cut$call)) {
    cut$call$experts <- experts
    cut$call$start <- NULL
  }
  cut
}

#' @importFrom stats as.hclust
#' @export
as.hclust.moe_dendrogram <- function(x, ...) {
  check_unused(...)
  check_tree(x)
  structure(unclass(x)[c("merge", "height", "order", "labels", "method", "call", "dist.method")],
            class = "hclust")
}

# --- showing ---

#' @export
print.moe_dendrogram <- function(x, ...) {
  check_tree(x)
  cat("Dendrogram of a mixing measure of ", nrow(x$merge) + 1L, " experts\n\n", sep = "")
  cat(strwrap(describe_merges(x), exdent = 2), sep = "\n")
  if (!is.null(x$fit)) {
    cat("\n")
    cat_wrapped(describe_choice(x))
  }
  invisible(x)
}

#' @export
summary.moe_dendrogram <- function(object, ...) {
  structure(object, class = "summary.moe_dendrogram")
}

#' @export
print.summary.moe_dendrogram <- function(x, digits = max(3L, getOption("digits") - 3L), ...) {
  digits <- check_digits(digits)
  print.moe_dendrogram(x)
  cat("\nPath:\n")
  print(x$path, digits = digits + 2L, row.names = FALSE)
  invisible(x)
}

# A line per merge: what was joined, at what height.
describe_merges <- function(tree) {
  members <- list()
  name <- function(a) if (a < 0) tree$labels[-a] else paste0("(", members[[a]], ")")
  lines <- character(nrow(tree$merge))
  for (s in seq_along(lines)) {
    both <- vapply(tree$merge[s, ], name, "")
    members[[s]] <- paste(gsub("[()]", "", both), collapse = " + ")
    lines[s] <- paste0(length(lines) - s + 1L, " left: ", both[1], " and ", both[2],
                       " merged at height ", format(tree$height[s], digits = 3))
  }
  lines
}

describe_choice <- function(tree) {
  path <- tree$path
  order <- order(path[[tree$criterion]], path$experts, na.last = NA)
  value <- path[[tree$criterion]][order]
  of_merged <- startsWith(tree$criterion, "dsc") || !tree$refined
  paste0(
    criteria[[tree$criterion]], if (of_merged) " of the merged measures" else
      " along the refined path", " chooses ", tree$selected, " expert",
    if (tree$selected > 1L) "s",
    if (length(order) > 1L) {
      paste0("; ", path$experts[order[2]], " is next, behind by ",
             format(value[2] - value[1], digits = 3))
    }, "."
  )
}
