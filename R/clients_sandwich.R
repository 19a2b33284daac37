# Scores, curvature and contributions to the likelihood, row by row: what sandwich and nonnest2 ask
# of a model.

#' Scores and contributions to the likelihood
#'
#' Methods for packages that work on scores row by row (in a fit with groups, group by group):
#' sandwich (`sandwich()`, `vcovCL()`, `vcovPL()`, `vcovHAC()`, `vcovOPG()`) and nonnest2
#' (`vuongtest()`, `icci()`). They are called through these packages, which must be installed.
#'
#' @details
#' With \eqn{s_i} the score of row \eqn{i} by the coefficients as [coef.moe_fit()] gives them and
#' \eqn{v_i} its case weight, `estfun()` has the rows \eqn{v_i s_i}, as for a `glm`, and `bread()`
#' is the number of rows times `vcov(x)`. So `sandwich::sandwich(x)` is \eqn{(J + D)^{-1} \sum_i
#' v_i^2 s_i s_i^\top (J + D)^{-1}}: with case weights it takes each row for one observation, while
#' `vcov(x, type = "sandwich")` takes a weight of 2 for two, see [vcov.moe_fit()]. Without weights
#' the two are equal. With a ridge the scores are those of the likelihood without it.
#'
#' A class has no hat value, so that of the types of `vcovHC()` only those exist that need none.
#' `vcovBS()` is the covariance of [moe_bootstrap()], which keeps the experts matched; refits to
#' drawn rows would not.
#'
#' @param x A fit by [moe_fit()] that holds its training data.
#' @param type `"HC0"`, the sandwich covariance; `"HC1"`, that times \eqn{n / (n - d)} for \eqn{n}
#'   rows and \eqn{d} coefficients; `"const"`, `vcov(x)`. Others are refused.
#' @param cluster,R `cluster` and `replicates` of [moe_bootstrap()].
#' @param ... For `vcovBS()` further arguments of [moe_bootstrap()], for `vcovHAC()` those of its
#'   default method, with `order.by` as a vector; otherwise not used.
#' @return `estfun()`: a matrix with a row per row that was used (or group) and a column per
#'   coefficient that was not dropped. `bread()`, `vcovHC()`, `vcovHAC()` and `vcovBS()`: matrices
#'   of these coefficients.
#'   `llcont()`: \eqn{v_i \log p(y_i)} for each row or group, whose sum is `logLik(x)`.
#' @seealso [vcov.moe_fit()], whose `cluster` needs no other package.
#' @examplesIf requireNamespace("sandwich", quietly = TRUE)
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' dim(sandwich::estfun(fit))
#' sqrt(diag(sandwich::vcovCL(fit, cluster = pairs$protein_a)))
#' @name estfun.moe_fit
NULL

#' @rdname estfun.moe_fit
#' @method estfun moe_fit
#' @rawNamespace S3method(sandwich::estfun, moe_fit)
estfun.moe_fit <- function(x, ...) {
  check_fit(x, "x")
  scores <- to_user_scores(x, core_scores(fit_problem(x), as_theta(x$measure)))
  units <- if (is.null(x$group)) used_rows(x) else levels(x$group)
  dimnames(scores) <- list(units, names(coefficient_vector(x))[kept_coefficients(x)])
  scores
}

# By coefficients of covariates as they are, from scores (n x d) by those of (x - c) / s: s times
# each, and c times the intercept's.
to_user_scores <- function(fit, scores) {
  layout <- predictor_layout(fit)
  for (a in seq_along(layout$gate)) {
    part <- if (layout$gate[a]) "gate" else "expert"
    center <- replace(fit$measure[[paste0(part, "_center")]], 1L, 0)
    scale <- fit$measure[[paste0(part, "_scale")]]
    at <- which(layout$of == a)
    own <- scores[, at, drop = FALSE]
    scores[, at] <- own * rep(scale, each = nrow(own)) + outer(own[, 1], center)
  }
  scores
}

#' @rdname estfun.moe_fit
#' @method bread moe_fit
#' @rawNamespace S3method(sandwich::bread, moe_fit)
bread.moe_fit <- function(x, ...) {
  units <- if (is.null(x$group)) x$rows else nlevels(x$group)
  units * vcov.moe_fit(x, complete = FALSE)
}

#' @rdname estfun.moe_fit
#' @method vcovHC moe_fit
#' @rawNamespace S3method(sandwich::vcovHC, moe_fit)
vcovHC.moe_fit <- function(x, type = c("HC0", "HC1", "const"), ...) {
  if (is.character(type) && length(type) == 1L && type %in% c("HC2", "HC3", "HC4", "HC4m", "HC5")) {
    refuse("`type` must be one that needs no hat values, which classes do not have: \"HC0\", ",
           "\"HC1\" or \"const\", not ", given(type), ".")
  }
  type <- check_choice(type, c("HC0", "HC1", "const"), "type")
  if (type == "const") return(vcov.moe_fit(x, complete = FALSE))
  bread <- bread.moe_fit(x)
  scores <- estfun.moe_fit(x)
  covariance <- bread %*% crossprod(scores) %*% bread / nrow(scores)^2
  if (type == "HC1") covariance * nrow(scores) / (nrow(scores) - ncol(scores)) else covariance
}

#' @rdname estfun.moe_fit
#' @method vcovHAC moe_fit
#' @rawNamespace S3method(sandwich::vcovHAC, moe_fit)
vcovHAC.moe_fit <- function(x, ...) {
  scores <- estfun.moe_fit(x)
  names <- colnames(scores)
  # By this name bandwidths leave intercepts out, as of a glm.
  colnames(scores)[endsWith(names, ":(Intercept)")] <- "(Intercept)"
  scored <- structure(list(scores = scores, bread = bread.moe_fit(x)), class = "moe_scores")
  covariance <- sandwich::vcovHAC(scored, ...)
  dimnames(covariance) <- list(names, names)
  covariance
}

#' @rawNamespace S3method(sandwich::estfun, moe_scores)
estfun.moe_scores <- function(x, ...) x$scores

#' @rawNamespace S3method(sandwich::bread, moe_scores)
bread.moe_scores <- function(x, ...) x$bread

#' @rdname estfun.moe_fit
#' @method vcovBS moe_fit
#' @rawNamespace S3method(sandwich::vcovBS, moe_fit)
vcovBS.moe_fit <- function(x, cluster = NULL, R = 250, ...) {
  replicates <- moe_bootstrap(x, replicates = R, cluster = cluster, ...)
  kept <- kept_coefficients(x)
  stats::vcov(replicates)[kept, kept, drop = FALSE]
}

#' @rdname estfun.moe_fit
#' @method llcont moe_fit
#' @rawNamespace S3method(nonnest2::llcont, moe_fit)
llcont.moe_fit <- function(x, ...) {
  per_unit(x, prior_weights(x)) * unit_loglik(x, training_data(x))
}
