# Covariance of the estimates, and what is read off it. Inside, coefficients are reference-coded
# and belong to standardised covariates, the gate's first: the core's order, which is also that of
# c(coef(fit)$gate, coef(fit)$expert).

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
#'   was used, or per row before those with missing values were left out.
#' @param complete Whether coefficients of covariates that were dropped are there too, as `NA`.
#' @param parm Names or numbers of coefficients; all by default.
#' @param level Confidence level.
#' @param ... Not used; an argument here is an error.
#' @return `vcov()`: a symmetric matrix with a row per coefficient, in the order of
#'   `c(coef(object)$gate, coef(object)$expert)`, named by linear predictor and covariate, as
#'   `gate:expert2:x1` and `expert1:class:x1`; see [coef.moe_fit()]. `confint()`: a matrix with a
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
#'                control = moe_control(starts = 3))
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

check_level <- function(level, name = "level") {
  level <- check_number(level, name, lower = 0, upper = 1)
  if (level == 0 || level == 1) refuse("`", name, "` must lie between 0 and 1, not be ", level, ".")
  level
}

find_coefficients <- function(parm, names) {
  at <- if (is.character(parm)) match(parm, names) else match(parm, seq_along(names))
  if (anyNA(at)) {
    refuse("`parm` must hold names or numbers of coefficients, but ", given(parm[is.na(at)][1]),
           " is none; see rownames(vcov()).")
  }
  at
}

standard_errors <- function(covariance) sqrt(pmax(diag(covariance), 0))

# --- names ---

# All coefficients as one vector: the linear predictor's name, then the covariate's.
coefficient_vector <- function(fit) {
  parts <- fit$coefficients
  labels <- paste0(coefficient_owners(fit), ":",
                   c(rep(rownames(parts$gate), ncol(parts$gate)),
                     rep(rownames(parts$expert), prod(dim(parts$expert)[-1]))))
  setNames(c(parts$gate, parts$expert), labels)
}

predictor_names <- function(parts) {
  labels <- dimnames(parts$expert)
  c(paste0("gate:", labels[[3]][-1], recycle0 = TRUE),
    outer(labels[[2]], labels[[3]], function(m, k) paste0(k, ":", m)))
}

# The linear predictor of each coefficient.
coefficient_owners <- function(fit) {
  parts <- fit$coefficients
  predictors <- c(ncol(parts$gate), prod(dim(parts$expert)[-1]))
  rep(predictor_names(parts), rep(c(nrow(parts$gate), nrow(parts$expert)), predictors))
}

# Which of these belong to columns that were not dropped.
kept_coefficients <- function(fit) {
  c(rep(fit$columns$kept_gate, fit$experts - 1L),
    rep(fit$columns$kept_expert, fit$experts * (length(fit$levels) - 1L)))
}

# --- covariance ---

covariance_types <- c("observed", "sandwich", "opg")

choose_covariance <- function(type, cluster, name) {
  by_default <- identical(type, covariance_types)
  type <- check_choice(type, covariance_types, name)
  if (is.null(cluster)) return(type)
  if (type != "sandwich" && !by_default) {
    refuse("`cluster` is for the sandwich covariance, but `", name, "` is ", given(type), ".")
  }
  "sandwich"
}

# A list: `scaled`, the covariance of kept coefficients on standardised covariates; `user`, that of
# all coefficients as users know them, NA where there is no information; `unseen`, where that is so,
# `extreme`, whose units are absurd, and `kept`, which were not dropped, of all; `type` and the
# number of `clusters`.
estimate_covariance <- function(fit, type = covariance_types, cluster = NULL, name = "type") {
  check_fit(fit)
  type <- choose_covariance(type, cluster, name)
  if (fit$status == "merged") refuse(not_a_maximum)
  cluster <- check_cluster(cluster, fit)
  rows <- estimated_rows(fit)
  ridge <- reference_ridge(fit, rows$design)
  least <- least_information(fit)
  bread <- invert_information(core_information(rows, type == "opg") + ridge, least)
  scaled <- bread$inverse
  if (type == "sandwich") {
    meat <- if (is.null(cluster)) core_information(rows, TRUE) else cluster_meat(rows, cluster)
    scaled <- tcrossprod(scaled %*% square_root(meat))
  }
  kept <- kept_coefficients(fit)
  extreme <- replace(logical(length(kept)), which(kept), extreme_coefficients(fit))
  fit <- with_moderate_units(fit)
  unseen <- replace(logical(length(kept)), which(kept), lack_information(fit, bread, least))
  names <- names(coefficient_vector(fit))
  user <- matrix(NA_real_, length(kept), length(kept), dimnames = list(names, names))
  half <- to_user_scale(fit, t(to_user_scale(fit, scaled))) / 2
  user[kept, kept] <- half + t(half) # the two sides are rounded differently
  user[unseen | extreme, ] <- user[, unseen | extreme] <- NA
  list(scaled = scaled, user = user, unseen = unseen, extreme = extreme, kept = kept, type = type,
       clusters = if (!is.null(cluster)) max(cluster))
}

not_a_maximum <- paste("The fit was merged without refinement and is not at a maximum, so its",
                       "curvature says nothing about errors: use moe_dendrogram(refine = TRUE).")

# What the core needs to walk over the training data at the estimate.
estimated_rows <- function(fit) {
  data <- training_data(fit)
  list(design = fitted_design(fit, data), y = as.integer(data$y), weights = fit$prior_weights,
       theta = as_theta(fit$measure), shape = c(length(fit$levels), fit$experts),
       threads = usable_threads(fit$control))
}

# Minus the log-likelihood's Hessian, or the sum of outer products of the scores.
core_information <- function(rows, scores) {
  .Call(C_moe_information, rows$design, rows$y, rows$weights, rows$theta, rows$shape,
        as.integer(scores), rows$threads)
}

# The Hessian of the penalty in reference coding: from coefficients b of m - 1 classes the
# sum-to-zero ones are b and 0, less their mean, whose sum of squares is b'(I - 11'/m) b.
reference_ridge <- function(fit, design) {
  ridge <- ridge_vectors(design, fit$lambda, fit$control)
  of <- function(count, ridge) {
    kronecker(diag(1, count - 1L) - 1 / count, diag(ridge, length(ridge)))
  }
  gate <- of(fit$experts, ridge$gate)
  expert <- kronecker(diag(1, fit$experts), of(length(fit$levels), ridge$expert))
  out <- matrix(0, nrow(gate) + nrow(expert), nrow(gate) + nrow(expert))
  at <- seq_len(nrow(gate))
  out[at, at] <- gate
  at <- nrow(gate) + seq_len(nrow(expert))
  out[at, at] <- expert
  out
}

# Less than this, per observation, cannot be told from none by where the fit stopped.
least_information <- function(fit) fit$nobs * max(1e-10, 10 * fit$control$tolerance)

# The inverse of an information matrix. Directions with less than `least` are given that much and
# are returned as the columns of `flat`.
invert_information <- function(information, least) {
  root <- tryCatch(chol(information), error = function(e) NULL)
  inverse <- if (!is.null(root)) chol2inv(root)
  # The trace is a bound on the largest eigenvalue.
  if (!is.null(inverse) && sum(diag(inverse)) < 1 / least) {
    return(list(inverse = inverse, flat = matrix(0, nrow(inverse), 0L)))
  }
  parts <- eigen(information, symmetric = TRUE)
  values <- pmax(parts$values, least)
  list(inverse = tcrossprod(parts$vectors / rep(sqrt(values), each = nrow(information))),
       flat = parts$vectors[, parts$values <= least, drop = FALSE])
}

# A matrix R with RR' = a for a positive semidefinite. With it, variances are not negative even
# where information is so scarce that rounding shows.
square_root <- function(a) {
  parts <- eigen(a, symmetric = TRUE)
  parts$vectors * rep(sqrt(pmax(parts$values, 0)), each = nrow(a))
}

# Which of the kept coefficients owe their variance to flat directions.
lack_information <- function(fit, bread, least) {
  if (ncol(bread$flat) == 0L) return(logical(nrow(bread$flat)))
  total <- diag(to_user_scale(fit, t(to_user_scale(fit, bread$inverse))))
  rowSums(to_user_scale(fit, bread$flat)^2) / least > 0.01 * total
}

# Variances of coefficients go with the inverse square of a covariate's scale.
is_extreme <- function(scale) scale < 1e-140 | scale > 1e140

# Which of the kept coefficients belong to covariates of such a scale.
extreme_coefficients <- function(fit) {
  c(rep(is_extreme(fit$measure$gate_scale), fit$experts - 1L),
    rep(is_extreme(fit$measure$expert_scale), fit$experts * (length(fit$levels) - 1L)))
}

# The fit with such covariates in units of their own deviation, which leaves the intercepts as they
# are.
with_moderate_units <- function(fit) {
  for (part in c("gate", "expert")) {
    center <- paste0(part, "_center")
    scale <- paste0(part, "_scale")
    unit <- fit$measure[[scale]]
    unit[!is_extreme(unit)] <- 1
    fit$measure[[center]] <- fit$measure[[center]] / unit
    fit$measure[[scale]] <- fit$measure[[scale]] / unit
  }
  fit
}

# Rows of a, coefficients of standardised covariates -> of the covariates as they are.
to_user_scale <- function(fit, a) {
  measure <- fit$measure
  last <- nrow(measure$gate) * (fit$experts - 1L)
  gate <- seq_len(nrow(a)) <= last
  of <- function(rows, center, scale) {
    from <- diag(1 / scale, length(scale))
    from[1, -1] <- -(center / scale)[-1]
    from %*% matrix(a[rows, ], length(scale))
  }
  a[gate, ] <- of(gate, measure$gate_center, measure$gate_scale)
  a[!gate, ] <- of(!gate, measure$expert_center, measure$expert_scale)
  a
}

# --- clusters ---

# Clusters as numbers from 1 on, one per row that was used. A cluster whose rows have no weight is
# none: they go to the first, to which they add nothing.
check_cluster <- function(cluster, fit) {
  if (is.null(cluster)) return(NULL)
  cluster <- check_groups(cluster, "cluster", "clusters", fit$rows, fit$na.action)
  weighed <- unique(cluster[prior_weights(fit) > 0])
  if (length(weighed) < 2L) {
    refuse("`cluster` must tell at least two clusters of positive weight apart, but has one.")
  }
  match(cluster, weighed, nomatch = 1L)
}

# Groups of the rows that are used, given for them or for those that `na.action` left out too.
check_groups <- function(group, name, groups, rows, omitted) {
  if (!is.atomic(group) || length(dim(group)) > 1L) {
    refuse("`", name, "` must be a vector, not ", given(group), ".")
  }
  if (length(omitted) && length(group) == rows + length(omitted)) group <- group[-omitted]
  if (length(group) != rows) {
    refuse("`", name, "` must have one value per row: there are ", rows, " rows and ",
           length(group), " values.")
  }
  if (anyNA(group)) {
    refuse("`", name, "` must not hold missing values: row ", which(is.na(group))[1], " is NA.")
  }
  if (length(unique(group)) < 2L) {
    refuse("`", name, "` must tell at least two ", groups, " apart, but has one.")
  }
  group
}

# G / (G - 1) sum_g u_g u_g' for sums u_g of a cluster's scores. Rows are taken by cluster in chunks
# whose scores are so many `numbers`; the last cluster of a chunk stays open for the next.
cluster_meat <- function(rows, cluster, numbers = 1e6) {
  length <- count_parameters(list(design = rows$design, classes = rows$shape[1]), rows$shape[2])
  order <- order(cluster)
  chunk_of <- (seq_along(order) - 1L) %/% max(1L, numbers %/% length)
  meat <- matrix(0, length, length)
  open <- list(id = 0L, sum = numeric(length))
  for (chunk in split(order, chunk_of)) {
    id <- cluster[chunk]
    sums <- rowsum(row_scores(subset_rows(rows, chunk)), id, reorder = FALSE)
    if (id[1] == open$id) {
      sums[1, ] <- sums[1, ] + open$sum
    } else {
      meat <- meat + tcrossprod(open$sum)
    }
    last <- nrow(sums)
    meat <- meat + crossprod(sums[-last, , drop = FALSE])
    open <- list(id = id[length(id)], sum = sums[last, ])
  }
  clusters <- max(cluster)
  clusters / (clusters - 1) * (meat + tcrossprod(open$sum))
}

subset_rows <- function(rows, at) {
  rows$design <- subset_design(rows$design, at)
  rows$y <- rows$y[at]
  rows$weights <- rows$weights[at]
  rows
}

# v_i s_i in row i
row_scores <- function(rows) {
  .Call(C_moe_scores, rows$design, rows$y, rows$weights, rows$theta, rows$shape, rows$threads)
}

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
