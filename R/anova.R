# Tests of terms, by Wald statistics of one fit or by likelihood ratios of nested fits.

#' Tests of terms and of nested fits
#'
#' Of one fit, a Wald test for each term of each part of the formula; of several, likelihood ratio
#' tests of each against the one before.
#'
#' @section Wald tests:
#' With \eqn{b} the coefficients of a term, in all experts (or in the gate) and for all classes, and
#' \eqn{V} their covariance, \eqn{W = b^\top V^{-1} b} is compared with a chi-square distribution of
#' as many degrees of freedom as there are coefficients. By type III each term is tested with all
#' others in the model; by type II those that contain it, such as its interactions, are out:
#' \eqn{W} of it and them together, less \eqn{W} of them. Without interactions the types are equal.
#' Tests are `NA` where there is no information about a coefficient, and are conditional on what
#' [vcov.moe_fit()] says.
#'
#' @section Likelihood ratio tests:
#' Fits must be to the same rows, with the same weights, number of experts and ridge, and the
#' covariates of one, in each part, be among those of the other or linear combinations of them;
#' anything else is refused. In particular there is no such test of the number of experts: with
#' fewer experts the parameters of more are not identified, and twice the difference in
#' log-likelihood has no chi-square distribution, not even in large samples (McLachlan and Peel,
#' 2000). Compare [BIC()][stats::BIC], [moe_dendrogram()] or [moe_tune()] instead. For the same
#' reason a fit with several experts is not compared with one that has covariates in neither part.
#' With a ridge the difference is that of the log-likelihoods without penalty, and the test errs on
#' the side of no difference.
#'
#' Each fit is the best of a search. Where the larger of two has the smaller likelihood, its search
#' has missed the best, and a warning says so: fit it from more starts.
#'
#' @param object A fit by [moe_fit()].
#' @param ... Further fits.
#' @param type Of Wald test: `"II"` or `"III"`.
#' @param vcov,cluster Which covariance Wald tests are from: `type` and `cluster` of
#'   [vcov.moe_fit()].
#' @param test `"Chisq"` (or `"LRT"`, the same), the only distribution there is.
#' @return A data frame of class `anova`. Of one fit: a row per term, `Df`, `Chisq` and
#'   `Pr(>Chisq)`; terms are named by part where there are several experts. Of several: a row per
#'   fit, `#Df` (its parameters), `LogLik`, and `Df`, `Chisq` and `Pr(>Chisq)` of its comparison
#'   with the row before.
#' @seealso [stats::drop1()], [stats::add1()] and [stats::step()], which work by AIC; see
#'   [update.moe_fit()] for what a formula of one part means there.
#' @references
#' McLachlan, G. and Peel, D. (2000). *Finite Mixture Models*. Wiley, section 6.4.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' fit <- moe_fit(confidence ~ l3 + high_share + fc_jac, pairs, experts = 1)
#' anova(fit)
#' anova(update(fit, . ~ . - fc_jac), fit)
#' @export
anova.moe_fit <- function(object, ..., type = c("II", "III"),
                          vcov = c("observed", "sandwich", "opg"), cluster = NULL,
                          test = c("Chisq", "LRT")) {
  type <- check_choice(type, c("II", "III"), "type")
  check_choice(test, c("Chisq", "LRT"), "test")
  if (...length() > 0L) return(anova_of_fits(list(object, ...)))
  check_fit(object)
  covariance <- vcov.moe_fit(object, choose_covariance(vcov, cluster, "vcov"), cluster)
  anova_of_terms(object, type, covariance)
}

# --- Wald tests of terms ---

# `covariance` may be NULL, or lack coefficients that were dropped.
anova_of_terms <- function(fit, type, covariance = NULL) {
  kept <- kept_coefficients(fit)
  if (is.null(covariance)) covariance <- vcov.moe_fit(fit)
  if (nrow(covariance) == length(kept)) covariance <- covariance[kept, kept]
  estimates <- coefficient_vector(fit)[kept]
  of_gate <- startsWith(coefficient_owners(fit)[kept], "gate:")
  terms <- coefficient_terms(fit)[kept]
  wald <- function(at) if (any(at)) wald_statistic(estimates[at], covariance[at, at]) else 0
  test_part <- function(gate) {
    labels <- setdiff(unique(terms[of_gate == gate]), "(Intercept)")
    larger <- containing_terms(if (gate) fit$terms$gate else fit$terms$expert, labels)
    rows <- lapply(labels, function(label) {
      own <- of_gate == gate & terms == label
      others <- of_gate == gate & type == "II" & terms %in% larger[[label]]
      data.frame(Df = sum(own), Chisq = wald(own | others) - wald(others))
    })
    part <- if (fit$experts > 1L) if (gate) "gate: " else "experts: " else ""
    list(names = paste0(part, labels, recycle0 = TRUE), rows = do.call(rbind, rows))
  }
  parts <- lapply(c(FALSE, TRUE), test_part)
  table <- do.call(rbind, lapply(parts, `[[`, "rows"))
  if (is.null(table)) refuse("The fit must have covariates to test, but has none.")
  row.names(table) <- unlist(lapply(parts, `[[`, "names"))
  finish_tests(table, paste0("Wald tests of terms (type ", type, ")\n"))
}

wald_statistic <- function(estimates, covariance) {
  if (anyNA(covariance)) return(NA_real_)
  sum(estimates * solve(covariance, estimates))
}

finish_tests <- function(table, heading) {
  table$`Pr(>Chisq)` <- stats::pchisq(table$Chisq, table$Df, lower.tail = FALSE)
  structure(table, heading = heading, class = c("anova", "data.frame"))
}

# For each label the terms of the formula that contain it; matrices have none.
containing_terms <- function(terms, labels) {
  factors <- attr(terms, "factors") > 0
  sapply(labels, function(label) {
    if (is.null(terms)) return(character())
    contains <- vapply(labels, function(other) all(factors[factors[, label], other]), NA)
    setdiff(labels[contains], label)
  }, simplify = FALSE)
}

# The term of each coefficient; the columns of matrices are terms of their own.
coefficient_terms <- function(fit) {
  of_columns <- function(part) {
    columns <- fit$columns[[part]]
    if (is.null(fit$terms)) return(columns)
    one_row <- design_maker(fit$terms[[part]], fit$model, fit$contrasts)(1L)
    c("(Intercept)", attr(fit$terms[[part]], "term.labels"))[attr(one_row, "assign") + 1L]
  }
  c(rep(of_columns("gate"), fit$experts - 1L),
    rep(of_columns("expert"), fit$experts * (length(fit$levels) - 1L)))
}

# --- likelihood ratio tests of nested fits ---

anova_of_fits <- function(fits) {
  for (fit in fits) check_fit(fit, "...")
  for (fit in fits[-1]) check_comparable(fits[[1]], fit)
  loglik <- vapply(fits, `[[`, 0, "loglik")
  df <- vapply(fits, function(fit) as.double(fit$df), 0)
  for (i in seq_along(fits)[-1]) {
    both <- fits[order(df)[order(df) %in% c(i - 1L, i)]]
    check_nested(both[[1]], both[[2]])
  }
  steps <- c(NA, diff(df))
  gains <- 2 * c(NA, diff(loglik)) * sign(steps)
  if (any(gains < -1e-6 * (1 + abs(loglik)), na.rm = TRUE)) {
    warning("A fit has a smaller likelihood than one nested in it: its search has missed the ",
            "best. Fit it from more starts.", call. = FALSE)
  }
  table <- data.frame(`#Df` = df, LogLik = loglik, Df = steps, Chisq = pmax(gains, 0),
                      check.names = FALSE)
  table$`Pr(>Chisq)` <- stats::pchisq(table$Chisq, abs(steps), lower.tail = FALSE)
  models <- vapply(fits, describe_model, "")
  structure(table, class = c("anova", "data.frame"), heading = c(
    "Likelihood ratio tests\n",
    paste0("Model ", format(seq_along(fits)), ": ", models, collapse = "\n"),
    paste0("\n", fits[[1]]$experts, " expert", if (fits[[1]]$experts > 1L) "s", ", ridge ",
           format(fits[[1]]$lambda), "\n")
  ))
}

describe_model <- function(fit) {
  if (is.null(fit$formula)) short_call(fit$call) else deparse1(formula(fit$formula))
}

check_comparable <- function(a, b) {
  if (a$experts != b$experts) {
    refuse("Fits must have the same number of experts, but have ", a$experts, " and ", b$experts,
           ": twice the difference in log-likelihood has no chi-square distribution then. Compare ",
           "BIC(), or choose by moe_dendrogram() or moe_tune().")
  }
  if (!identical(fit_penalty(a), fit_penalty(b))) {
    refuse("Fits must have the same ridge, but have ", format(a$lambda), " and ", format(b$lambda),
           ": fit both with the same `lambda` (and `intercept_ridge`), or compare losses on other ",
           "rows, as moe_tune() does.")
  }
  for (fit in list(a, b)) if (fit$status == "merged") refuse(not_a_maximum)
  same <- identical(a$levels, b$levels) && identical(a$prior_weights, b$prior_weights) &&
    identical(as.integer(training_data(a)$y), as.integer(training_data(b)$y))
  if (!same) refuse("Fits must be to the same responses of the same rows, with the same weights.")
}

fit_penalty <- function(fit) c(fit$lambda, if (fit$lambda > 0) fit$control$intercept_ridge)

check_nested <- function(small, large) {
  if (small$df == large$df) refuse("Fits must be nested, but have as many parameters.")
  data <- lapply(list(small = small, large = large), training_data)
  for (part in c("x", "z")) {
    if (!is_spanned(data$small[[part]], data$large[[part]])) {
      refuse("Fits must be nested, but the smaller has covariates in the ",
             c(x = "experts", z = "gate")[[part]], " that are no linear combinations of the ",
             "larger's: compare BIC(), or use nonnest2::vuongtest().")
    }
  }
  if (small$experts > 1L && sum(small$columns$kept_gate, small$columns$kept_expert) == 2L) {
    refuse("Fits with several experts must have covariates, without which experts cannot be told ",
           "apart: compare with `experts = 1` by BIC(), or see anova() of the larger fit alone.")
  }
}

# Whether the columns of a are linear combinations of those of b.
is_spanned <- function(a, b) {
  if (all(colnames(a) %in% colnames(b))) return(TRUE)
  a <- as.matrix(a)
  left <- qr.resid(qr(as.matrix(b)), a)
  all(colSums(left^2) <= 1e-14 * colSums(a^2))
}
