# Tests by the packages lmtest and car.

#' Tests by other packages
#'
#' Methods that let lmtest and car test coefficients and terms of a fit. They are called through
#' these packages, which must be installed. `lmtest::waldtest()`, `car::linearHypothesis()`,
#' `car::Confint()`, `car::compareCoefs()` and `multcomp::glht()` need none: they read `coef()` and
#' `vcov()`.
#'
#' @details
#' Tests of coefficients are normal ones, as for a `glm`. `lrtest()` is [anova.moe_fit()], which
#' refuses what is no likelihood ratio test: fits with different numbers of experts, of other rows,
#' or not nested. `Anova()` gives Wald tests of terms, those of `anova(mod)`, by type II or III.
#' `vif()` gives generalised variance inflation factors of the terms within each linear predictor;
#' with one expert and two classes they are those of the `glm`.
#'
#' @param x,object,mod A fit by [moe_fit()].
#' @param vcov. `NULL` for `vcov(x)`; or a covariance matrix, or a function that makes one of the
#'   fit.
#' @param df Degrees of freedom; `Inf` for a normal distribution.
#' @param parm,level As in [confint.moe_fit()].
#' @param g. An expression in names of coefficients, in backticks, as text; see
#'   `car::deltaMethod()`. Write `Intercept` for `(Intercept)`.
#' @param parameterNames Other names for the coefficients that were not dropped, in their order.
#' @param type Of test, `"II"` (the terms that contain the term are left out of the model it is
#'   tested in) or `"III"` (all others are in).
#' @param ... For `lrtest()` further fits, or what to change of the one before: a formula, or names
#'   or numbers of terms to leave out. Otherwise handed to the other package.
#' @return As the other package says; `vif()`: a matrix with a row per term and a column per linear
#'   predictor.
#' @seealso [anova.moe_fit()], [vcov.moe_fit()]
#' @examplesIf requireNamespace("lmtest", quietly = TRUE)
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' lmtest::coeftest(fit, vcov(fit, type = "sandwich"))
#' @name coeftest.moe_fit
NULL

#' @rdname coeftest.moe_fit
#' @method coeftest moe_fit
#' @rawNamespace S3method(lmtest::coeftest, moe_fit)
coeftest.moe_fit <- function(x, vcov. = NULL, df = Inf, ...) {
  lmtest::coeftest.default(x, vcov. = vcov., df = df, ...)
}

#' @rdname coeftest.moe_fit
#' @method coefci moe_fit
#' @rawNamespace S3method(lmtest::coefci, moe_fit)
coefci.moe_fit <- function(x, parm = NULL, level = 0.95, vcov. = NULL, df = Inf, ...) {
  lmtest::coefci.default(x, parm = parm, level = level, vcov. = vcov., df = df, ...)
}

#' @rdname coeftest.moe_fit
#' @method lrtest moe_fit
#' @rawNamespace S3method(lmtest::lrtest, moe_fit)
lrtest.moe_fit <- function(object, ...) {
  fits <- list(object, ...)
  if (length(fits) == 1L) fits <- list(object, . ~ 1)
  for (i in seq_along(fits)[-1]) {
    if (inherits(fits[[i]], "moe_fit")) next
    call <- update.moe_fit(fits[[i - 1L]], change_of_model(fits[[i - 1L]], fits[[i]]),
                           evaluate = FALSE)
    fits[[i]] <- eval(call, parent.frame())
  }
  do.call(anova.moe_fit, fits)
}

# lmtest takes formulas, and names or numbers of terms to leave out.
change_of_model <- function(fit, change) {
  if (inherits(change, "formula")) return(change)
  labels <- attr(terms(fit), "term.labels")
  left_out <- if (is.numeric(change)) labels[change] else intersect(change, labels)
  if (length(left_out) == 0L || length(left_out) < length(change) || anyNA(left_out)) {
    refuse("Models must be fits, formulas, or names or numbers of terms to leave out, which are ",
           enumerate(labels), ", not ", given(change), ".")
  }
  stats::as.formula(paste(". ~ . -", paste(left_out, collapse = " - ")))
}

#' @rdname coeftest.moe_fit
#' @method Anova moe_fit
#' @rawNamespace S3method(car::Anova, moe_fit)
Anova.moe_fit <- function(mod, type = c("II", "III"), vcov. = NULL, ...) {
  covariance <- if (is.function(vcov.)) vcov.(mod) else vcov.
  anova_of_terms(mod, check_choice(type, c("II", "III"), "type"), covariance)
}

#' @rdname coeftest.moe_fit
#' @method deltaMethod moe_fit
#' @rawNamespace S3method(car::deltaMethod, moe_fit)
deltaMethod.moe_fit <- function(object, g., vcov. = NULL, parameterNames = NULL, ...) {
  kept <- kept_coefficients(object)
  estimates <- coefficient_vector(object)[kept]
  # Parentheses would make a call of it.
  names(estimates) <- if (!is.null(parameterNames)) parameterNames else
    sub("(Intercept)", "Intercept", names(estimates), fixed = TRUE)
  covariance <- if (is.function(vcov.)) vcov.(object) else
    if (is.null(vcov.)) vcov.moe_fit(object, complete = FALSE) else vcov.
  car::deltaMethod(estimates, g., vcov. = covariance, ...)
}

#' @rdname coeftest.moe_fit
#' @method vif moe_fit
#' @rawNamespace S3method(car::vif, moe_fit)
vif.moe_fit <- function(mod, ...) {
  correlation <- stats::cov2cor(vcov.moe_fit(mod))
  owners <- coefficient_owners(mod)
  terms <- coefficient_terms(mod)
  slopes <- kept_coefficients(mod) & terms != "(Intercept)"
  inflation <- function(owner, term) {
    own <- which(slopes & owners == owner)
    at <- terms[own] == term
    if (!any(at)) return(NA_real_)
    r <- correlation[own, own, drop = FALSE]
    det(r[at, at, drop = FALSE]) * det(r[!at, !at, drop = FALSE]) / det(r)
  }
  labels <- unique(terms[slopes])
  outer(setNames(labels, labels), setNames(nm = unique(owners)),
        Vectorize(function(term, owner) inflation(owner, term)))
}
