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
#' 2000). Test by the bootstrap, or compare [BIC()][stats::BIC], [moe_dendrogram()] or [moe_tune()].
#' For the same reason a fit with several experts is not compared with one that has covariates in
#' neither part. With a ridge the difference is that of the log-likelihoods without penalty, and the
#' test errs on the side of no difference.
#'
#' Each fit is the best of a search. Where the larger of two has the smaller likelihood, its search
#' has missed the best, and a warning says so: fit it from more starts.
#'
#' @section Bootstrap tests:
#' `test = "bootstrap"` compares the number of experts too, and fits with different ridges
#' (McLachlan, 1987). With \eqn{T = 2 (\ell_1 - \ell_0)}, twice the difference of the two
#' log-likelihoods without penalty, each of \eqn{B} replicates draws responses from the smaller fit
#' as [simulate()][simulate.moe_fit] does, at the covariates (and groups) there are, fits both
#' models to them as they were fitted to the data, with their ridges and searches, and has its own
#' \eqn{T^*_b}. The p value is
#' \deqn{p = \frac{1 + \#\{b : T^*_b \ge T\}}{1 + B},} at least \eqn{1 / (1 + B)}. Were the smaller
#' model true with the parameters of its fit, \eqn{p \le \alpha} would occur with probability
#' \eqn{\alpha} for each multiple \eqn{\alpha} of \eqn{1 / (1 + B)} (Davison and Hinkley, 1997).
#' Experts are added until a test is no longer significant: `anova(fit1, fit2, fit3, test =
#' "bootstrap")` tests 1 against 2, and 2 against 3. A replicate takes as long as both fits took;
#' with `moe_control(search = "quick")` in both, less by an order of magnitude.
#'
#' @param object A fit by [moe_fit()].
#' @param ... Further fits.
#' @param type Of Wald test: `"II"` or `"III"`.
#' @param vcov,cluster Which covariance Wald tests are from: `type` and `cluster` of
#'   [vcov.moe_fit()].
#' @param test Of several fits: `"Chisq"` (or `"LRT"`, the same), or `"bootstrap"`.
#' @param replicates,cl,progress For `test = "bootstrap"`: the number \eqn{B} of replicates of each
#'   comparison; `NULL`, or a cluster over whose processes they are shared; and whether to show a
#'   progress bar, as in [moe_bootstrap()]. After [set.seed()] the result is the same with any `cl`.
#' @return A data frame of class `anova`. Of one fit: a row per term, `Df`, `Chisq` and
#'   `Pr(>Chisq)`; terms are named by part where there are several experts. Of several: a row per
#'   fit, `#Df` (its parameters), `LogLik`, and `Df`, `Chisq` and `Pr(>Chisq)` of its comparison
#'   with the row before; or with `test = "bootstrap"` `Df`, `LR` (\eqn{T}) and `Pr(>LR)`, and as
#'   the attribute `replicates` a matrix of the \eqn{T^*_b}, a column per comparison.
#' @seealso [stats::drop1()], [stats::add1()] and [stats::step()], which work by AIC; see
#'   [update.moe_fit()] for what a formula of one part means there.
#' @references
#' Davison, A. C. and Hinkley, D. V. (1997). *Bootstrap Methods and their Application*. Cambridge
#' University Press, section 4.2.
#'
#' McLachlan, G. J. (1987). On bootstrapping the likelihood ratio test statistic for the number of
#' components in a normal mixture. *Applied Statistics* 36, 318-324.
#'
#' McLachlan, G. and Peel, D. (2000). *Finite Mixture Models*. Wiley, section 6.4.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' fit <- moe_fit(confidence ~ l3 + high_share + fc_jac, pairs, experts = 1)
#' anova(fit)
#' anova(update(fit, . ~ . - fc_jac), fit)
#' two <- update(fit, experts = 2, lambda = 1, control = moe_control(search = "quick"))
#' anova(fit, two, test = "bootstrap", replicates = 9)
#' @export
anova.moe_fit <- function(object, ..., type = c("II", "III"),
                          vcov = c("observed", "sandwich", "opg"), cluster = NULL,
                          test = c("Chisq", "LRT", "bootstrap"), replicates = 99, cl = NULL,
                          progress = interactive()) {
  type <- check_choice(type, c("II", "III"), "type")
  test <- check_choice(test, c("Chisq", "LRT", "bootstrap"), "test")
  fits <- list(object, ...)
  if (test == "bootstrap") return(bootstrap_of_fits(fits, replicates, cl, progress))
  if (length(fits) > 1L) return(anova_of_fits(fits))
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
  check_same_rows(fits)
  for (fit in fits[-1]) check_same_model(fits[[1]], fit)
  by_pair(fits, function(small, large) {
    check_nested(small, large)
    check_identified(small)
  })
  table <- table_of_fits(fits)
  gains <- likelihood_gains(fits)
  if (any(gains < -1e-6 * (1 + abs(table$LogLik)), na.rm = TRUE)) {
    warning("A fit has a smaller likelihood than one nested in it: its search has missed the ",
            "best. Fit it with `search = \"thorough\"`.", call. = FALSE)
  }
  table$Chisq <- pmax(gains, 0)
  table$`Pr(>Chisq)` <- stats::pchisq(table$Chisq, abs(table$Df), lower.tail = FALSE)
  finish_comparison(table, fits, "Likelihood ratio tests\n", describe_size(fits[[1]]))
}

bootstrap_of_fits <- function(fits, replicates, cl, progress) {
  replicates <- check_count(replicates, "replicates")
  check_flag(progress, "progress")
  check_processes(cl)
  if (length(fits) < 2L) {
    refuse("`test = \"bootstrap\"` compares fits: give two at least, such as anova(fit1, fit2).")
  }
  check_same_rows(fits)
  check_drawable(fits[[1]])
  by_pair(fits, check_nested)
  tests <- by_pair(fits, bootstrap_test, replicates, cl, progress)
  table <- table_of_fits(fits)
  table$LR <- likelihood_gains(fits)
  table$`Pr(>LR)` <- c(NA, vapply(tests, `[[`, 0, "p"))
  sizes <- paste0(", ", vapply(fits, describe_size, ""))
  heading <- paste("Likelihood ratio tests by", replicates, "replicates of the smaller fit\n")
  structure(finish_comparison(table, fits, heading, models = sizes),
            replicates = vapply(tests, `[[`, numeric(replicates), "ratios"))
}

# Of each fit and the one before it, the one with fewer parameters first.
by_pair <- function(fits, compare, ...) {
  lapply(seq_along(fits)[-1], function(i) {
    pair <- fits[c(i - 1L, i)]
    if (pair[[1]]$df > pair[[2]]$df) pair <- rev(pair)
    compare(pair[[1]], pair[[2]], ...)
  })
}

table_of_fits <- function(fits) {
  df <- vapply(fits, function(fit) as.double(fit$df), 0)
  data.frame(`#Df` = df, LogLik = vapply(fits, `[[`, 0, "loglik"), Df = c(NA, diff(df)),
             check.names = FALSE)
}

# A row per fit, as in their table: none is before the first.
likelihood_gains <- function(fits) c(NA, unlist(by_pair(fits, likelihood_ratio)))

# `models`: what to say of each beside its formula; `common`, of all.
finish_comparison <- function(table, fits, title, common = NULL, models = "") {
  formulas <- vapply(fits, describe_model, "")
  structure(table, class = c("anova", "data.frame"), heading = c(
    title, paste0("Model ", format(seq_along(fits)), ": ", formulas, models, collapse = "\n"),
    if (is.null(common)) "" else paste0("\n", common, "\n")
  ))
}

describe_size <- function(fit) {
  paste0(fit$experts, " expert", if (fit$experts > 1L) "s", ", ridge ", format(fit$lambda))
}

describe_model <- function(fit) {
  if (is.null(fit$formula)) short_call(fit$call) else deparse1(formula(fit$formula))
}

check_same_rows <- function(fits) {
  for (fit in fits) {
    check_fit(fit, "...")
    if (fit$status == "merged") refuse(not_a_maximum)
  }
  of <- function(fit) {
    list(fit$levels, fit$prior_weights, as.integer(fit$group),
         response_cells(training_data(fit)$y))
  }
  first <- of(fits[[1]])
  for (fit in fits[-1]) if (!identical(of(fit), first)) {
    refuse("Fits must be to the same responses of the same rows, with the same weights and groups.")
  }
}

check_same_model <- function(a, b) {
  if (a$experts != b$experts) {
    refuse("Fits must have the same number of experts, but have ", a$experts, " and ", b$experts,
           ": twice the difference in log-likelihood has no chi-square distribution then. Use ",
           "anova(test = \"bootstrap\"), compare BIC(), or choose by moe_dendrogram() or ",
           "moe_tune().")
  }
  if (!identical(fit_penalty(a), fit_penalty(b))) {
    refuse("Fits must have the same ridge, but have ", format(a$lambda), " and ", format(b$lambda),
           ": fit both with the same `lambda` (and `intercept_ridge`), or compare losses on other ",
           "rows, as moe_tune() does.")
  }
}

fit_penalty <- function(fit) c(fit$lambda, if (fit$lambda > 0) fit$control$intercept_ridge)

# The gate of one expert says nothing.
check_nested <- function(small, large) {
  if (small$df == large$df || small$experts > large$experts) {
    refuse("Fits must be nested, but have ", if (small$df == large$df) "as many parameters." else
             paste0("fewer parameters with more experts: ", small$experts, " and ", large$experts,
                    "."))
  }
  data <- lapply(list(small = small, large = large), training_data)
  for (part in c("x", if (small$experts > 1L) "z")) {
    if (!is_spanned(data$small[[part]], data$large[[part]])) {
      refuse("Fits must be nested, but the smaller has covariates in the ",
             c(x = "experts", z = "gate")[[part]], " that are no linear combinations of the ",
             "larger's: compare BIC(), or use nonnest2::vuongtest().")
    }
  }
}

check_identified <- function(small) {
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
