# What is read off the covariance: intervals, tables, words.

#' Covariance of the estimated coefficients, and confidence intervals
#'
#' Large-sample covariance matrices of all coefficients, the gate's and the experts', from the
#' closed-form curvature of the log-likelihood; Wald confidence intervals from them.
#'
#' @section Types:
#' Let \eqn{s_i} be the score of row \eqn{i}, \eqn{v_i} its case weight, \eqn{J = -\sum_i v_i
#' \nabla^2 \log p(y_i)} the observed information, \eqn{S = \sum_i v_i s_i s_i^\top}, and \eqn{D}
#' the Hessian of the ridge penalty (0 without a ridge). With \eqn{r_{km} = 1\{y = m\} - p_{km}} the
#' entries of \eqn{J} for one row are \eqn{x x^\top} times (Louis, 1982)
#' \deqn{\gamma_k, \gamma_l: \; \pi_k (\delta_{kl} - \pi_l) - \tau_k (\delta_{kl} - \tau_l), \quad
#'   \gamma_k, \beta_{lm}: \; -\tau_l (\delta_{kl} - \tau_k) r_{lm},}
#' \deqn{\beta_{km}, \beta_{lq}: \; \delta_{kl} \tau_k p_{km} (\delta_{mq} - p_{kq}) -
#'   \tau_k (\delta_{kl} - \tau_l) r_{km} r_{lq}.}
#' * `"observed"`: \eqn{(J + D)^{-1}}, right when the model is;
#' * `"sandwich"`: \eqn{(J + D)^{-1} S (J + D)^{-1}}, which stays right, for the parameters that
#'   describe the data best, when the model is not (White, 1982);
#' * `"opg"`: \eqn{(S + D)^{-1}}, the outer product of gradients.
#'
#' With `cluster` the scores are summed within clusters first: \eqn{S = \frac{G}{G - 1} \sum_g u_g
#' u_g^\top} with \eqn{u_g = \sum_{i \in g} v_i s_i}, for \eqn{G} clusters (those without weight do
#' not count) that are independent of each other while rows of one need not be (Liang and Zeger,
#' 1986). Many clusters are needed, more than there are coefficients. With one cluster per row and
#' no weights this is the sandwich times \eqn{n / (n - 1)}.
#'
#' Case weights count rows: a weight of 2 gives what two equal rows give. Where weights are sampling
#' weights instead, `cluster = seq_len(n)` gives the sandwich with \eqn{v_i^2}.
#'
#' @section What it is conditional on:
#' *The number of experts.* All of this takes the number of experts as known. Where the same data
#' have chosen it (by [moe_dendrogram()], `experts = "auto"` or a comparison of BIC), intervals and
#' p values are conditional on that choice, and tend to be too short; with more experts than the
#' data support the large-sample theory does not hold at all. Test on other data than have chosen,
#' if this matters.
#'
#' *The ridge.* With `lambda` > 0 estimates are drawn towards 0. The covariance then describes
#' their spread, with the ridge's curvature \eqn{D} counted as information (as a normal prior would
#' be; `"sandwich"` counts only the spread that the data cause), and nothing corrects their bias:
#' intervals are centred too close to 0. A ridge that is weak beside the information does no harm.
#'
#' *The sample size.* `vignette("rates")` shows how often intervals held the truth in simulations:
#' where experts can be told apart, about as often as they claim from a few thousand rows on.
#'
#' *The optimum.* A fit that has not converged, or one merged without refinement, is not at a
#' maximum; the latter is refused.
#'
#' @section Coefficients without information:
#' Where experts are redundant, or where classes or regions can be separated, the likelihood is flat
#' in some directions. Coefficients with a share in them (more than 1% of their variance comes from
#' directions that hold less than 1e-10 of information per observation, on standardised covariates)
#' are `NA`, with one warning that names their experts. The others stay as they are. `NA` too, with
#' a warning, are those of covariates whose standard deviation is beyond 1e-140 to 1e140: their
#' variances are beyond what a number can hold.
#'
#' @param object A fit by [moe_fit()] that holds its training data.
#' @param type `"observed"` (default), `"sandwich"` (default with `cluster`), or `"opg"`.
#' @param cluster `NULL`, or a vector that says which cluster each row is in: a value per row that
#'   was used, or per row before those with missing values were left out; or a formula such as
#'   `~ id` that names a variable of the data that the fit's call names.
#' @param complete Whether coefficients of covariates that were dropped are there too, as `NA`.
#' @param parm Names or numbers of coefficients; all by default.
#' @param level Confidence level.
#' @param ... Not used; an argument here is an error.
#' @return `vcov()`: a symmetric matrix with a row per coefficient, in the order and with the
#'   names of [`coef(object)`][coef.moe_fit()]. `confint()`: a matrix with a
#'   row per coefficient and the two limits as columns.
#' @seealso [summary.moe_fit()] for standard errors and tests, [moe_bootstrap()] for both without
#'   large-sample formulas.
#' @references
#' Louis, T. A. (1982). Finding the observed information matrix when using the EM algorithm.
#' *Journal of the Royal Statistical Society B* 44, 226-233.
#'
#' White, H. (1982). Maximum likelihood estimation of misspecified models. *Econometrica* 50, 1-25.
#'
#' Liang, K.-Y. and Zeger, S. L. (1986). Longitudinal data analysis using generalized linear models.
#' *Biometrika* 73, 13-22.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' sqrt(diag(vcov(fit)))
#' # Pairs that share a protein are not independent.
#' confint(fit, "gate:expert2:l3", cluster = pairs$protein_a)
#' @export
vcov.moe_fit <- function(object, type = c("observed", "sandwich", "opg"), cluster = NULL,
                         complete = TRUE, ...) {
  check_unused(...)
  check_flag(complete, "complete")
  estimate <- estimate_covariance(object, type, cluster)
  remarks <- covariance_remarks(object, estimate)
  if (length(remarks)) warning(paste(remarks, collapse = "\n"), call. = FALSE)
  if (complete) estimate$user else estimate$user[estimate$kept, estimate$kept, drop = FALSE]
}

#' @rdname vcov.moe_fit
#' @export
confint.moe_fit <- function(object, parm, level = 0.95, type = c("observed", "sandwich", "opg"),
                            cluster = NULL, ...) {
  check_unused(...)
  check_fit(object)
  level <- check_level(level)
  estimates <- coefficient_vector(object)
  at <- if (missing(parm)) seq_along(estimates) else find_coefficients(parm, names(estimates))
  error <- standard_errors(vcov.moe_fit(object, type, cluster))[at]
  tails <- interval_tails(level)
  out <- estimates[at] + outer(error, stats::qnorm(tails))
  dimnames(out) <- list(names(estimates)[at], tail_names(tails))
  out
}

interval_tails <- function(level) c((1 - level) / 2, (1 + level) / 2)

tail_names <- function(tails) paste(format(100 * tails, trim = TRUE, digits = 3), "%")

find_coefficients <- function(parm, names) {
  if (!(is.character(parm) || is.numeric(parm)) || length(parm) == 0L) {
    refuse("`parm` must hold names or numbers of coefficients, not ", given(parm), ".")
  }
  at <- if (is.character(parm)) match(parm, names) else match(parm, seq_along(names))
  if (anyNA(at)) {
    refuse("`parm` must hold names or numbers of coefficients, but ", given(parm[is.na(at)][1]),
           " is none; see rownames(vcov()).")
  }
  at
}

standard_errors <- function(covariance) sqrt(pmax(diag(covariance), 0))

# --- tables and words ---

# As in summary.glm(); without a covariance the estimates alone.
coefficient_table <- function(fit, covariance = NULL) {
  estimates <- coefficient_vector(fit)
  if (is.null(covariance)) return(cbind(Estimate = estimates))
  error <- standard_errors(covariance)
  z <- estimates / error
  cbind(Estimate = estimates, `Std. Error` = error, `z value` = z,
        `Pr(>|z|)` = 2 * stats::pnorm(-abs(z)))
}

covariance_remarks <- function(fit, estimate) {
  c(if (any(estimate$unseen)) describe_unseen(fit, estimate$unseen),
    if (any(estimate$extreme)) {
      paste0("Variances of ", sum(estimate$extreme), " coefficient",
             if (sum(estimate$extreme) > 1L) "s", " are NA, because their covariates have values ",
             "so small or large that the squares have no number: use another unit.")
    })
}

describe_unseen <- function(fit, unseen) {
  predictor <- coefficient_owners(fit)[unseen]
  gate <- startsWith(predictor, "gate:")
  owner <- unique(c(sub(":.*", "", predictor[!gate]), if (any(gate)) "the gate"))
  paste0(
    "There is next to no information about ", sum(unseen), " coefficient",
    if (sum(unseen) > 1L) "s", " of ", paste(owner, collapse = ", "), ", as happens ",
    if (!fit$converged) "before a fit has converged, and ", "where ",
    if (fit$experts > 1L) "experts are redundant or ", "classes can be separated: standard errors ",
    "are NA there. Use ",
    if (fit$experts > 1L) "fewer experts, as moe_dendrogram() finds them, or ", more_ridge(fit),
    if (fit$lambda > 0 && fit$control$intercept_ridge == 0) {
      ", or `intercept_ridge` > 0 in moe_control()"
    }, "."
  )
}

# What standard errors rest on.
describe_covariance <- function(estimate, fit) {
  paste0(
    "Standard errors from the ",
    switch(estimate$type, observed = "observed information", sandwich = "sandwich covariance",
           opg = "outer product of scores"),
    if (!is.null(estimate$clusters)) paste(" by", estimate$clusters, "clusters"),
    if (fit$lambda > 0) ", the ridge counted as information",
    if (fit$experts > 1L) paste0("; conditional on ", fit$experts, " experts")
  )
}
