#' Summary of a fit
#'
#' Standard errors, z and p values of every coefficient, and what the experts stand for.
#'
#' @param object,x A fit by [moe_fit()], or its summary.
#' @param type,cluster Which covariance standard errors are from, see [vcov.moe_fit()], whose page
#'   also says what they are conditional on.
#' @param se Whether to compute standard errors: one pass over the rows, whose cost grows with the
#'   square of the number of coefficients.
#' @param digits Significant digits to print.
#' @param signif.stars,... As in [stats::printCoefmat()]; `summary()` has no further arguments.
#' @return A list of class `summary.moe_fit`: the fit with
#'   \item{coefficients}{a matrix with a row per coefficient, named as in [vcov.moe_fit()], and
#'     columns `Estimate`, `Std. Error`, `z value` and `Pr(>|z|)` (normal, two-sided), the first
#'     alone without standard errors; also had by `coef(summary(object))`}
#'   \item{classes}{for each expert the mean class probabilities of the rows, weighted by the gate}
#'   \item{assigned}{rows (groups, where there are) whose gate favours the expert}
#'   \item{criteria}{AIC, BIC, and ICL, see [moe_icl()]}
#'   \item{errors}{what the standard errors rest on, or why there are none}
#'
#'   A fit without training data has no `classes`, no `assigned`, no ICL, and no standard errors.
#'   Coefficients about which there is no information have `NA` as standard error, and a line at the
#'   end says so.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' summary(fit)
#' coef(summary(fit, type = "sandwich"))[1:3, ]
#' @export
summary.moe_fit <- function(object, type = c("observed", "sandwich", "opg"), cluster = NULL,
                            se = TRUE, ...) {
  check_unused(...)
  check_fit(object)
  check_flag(se, "se")
  choose_covariance(type, cluster, "type")
  out <- object
  out$criteria <- c(AIC = stats::AIC(object), BIC = stats::BIC(object))
  problem <- NULL
  if (!is.null(object$model)) {
    data <- training_data(object)
    problem <- fit_problem(object, data)
    at <- predict_rows(object, data, c("gate", "expert", "posterior"))
    out$criteria <- c(out$criteria, ICL = complete_criterion(object, at$posterior))
    out[c("assigned", "classes")] <- summarise_experts(object, at$gate, at$expert)
  }
  if (!is.null(object$source)) problem <- fit_problem(object)
  out$predictors <- coefficient_owners(object)
  out <- add_standard_errors(out, object, type, cluster, se, problem)
  class(out) <- "summary.moe_fit"
  out
}

summarise_experts <- function(fit, gate, expert) {
  weights <- prior_weights(fit) * gate
  leading <- replace(max.col(gate, "first"), prior_weights(fit) == 0, NA)
  assigned <- table(factor_of(per_unit(fit, leading), names(fit$shares), ordered = FALSE))
  classes <- vapply(seq_len(fit$experts), function(k) {
    prob <- matrix(expert[, , k], nrow(gate))
    drop(crossprod(prob, weights[, k])) / sum(weights[, k])
  }, numeric(length(fit$levels)))
  dimnames(classes) <- list(fit$levels, names(fit$shares))
  list(assigned, classes)
}

# The table of coefficients, and what is to be said about it; `problem` is NULL where the fit holds
# no training data.
add_standard_errors <- function(out, fit, type, cluster, se, problem) {
  why_not <- if (!se) {
    "not asked for (`se = FALSE`)"
  } else if (is.null(problem)) {
    "the fit holds no training data"
  } else if (fit$status == "merged") {
    "a merged fit is not at a maximum"
  }
  if (!is.null(why_not)) {
    out$coefficients <- coefficient_table(fit)
    out$errors <- paste0("No standard errors: ", why_not)
    return(out)
  }
  estimate <- estimate_covariance(fit, type, cluster, problem = problem)
  out$coefficients <- coefficient_table(fit, estimate$user)
  out$errors <- describe_covariance(estimate, fit)
  out$problems <- c(out$problems, covariance_remarks(fit, estimate))
  out
}

#' @rdname summary.moe_fit
#' @export
print.summary.moe_fit <- function(x, digits = max(3L, getOption("digits") - 3L),
                                  signif.stars = getOption("show.signif.stars"), ...) {
  digits <- check_digits(digits)
  check_summary(x)
  print_heading(x)
  experts <- data.frame(gate = round(x$shares, 3))
  led <- if (is.null(x$group)) "rows" else "groups"
  if (!is.null(x$classes)) {
    experts[[led]] <- as.integer(x$assigned)
    experts <- cbind(experts, t(round(x$classes, 3)))
  }
  cat("\nExperts (mean gate probability",
      if (ncol(experts) > 1L) paste0(", ", led, " they lead, mean class probabilities"), "):\n",
      sep = "")
  print(experts)
  cat("\nCoefficients (log-odds against class ", dQuote(x$levels[1], FALSE),
      if (x$experts > 1L) "; gate against expert1", "):\n", sep = "")
  print_coefficients(x, digits, signif.stars, ...)
  cat_wrapped(x$errors, ".")
  cat("\n")
  cat_wrapped("Log-likelihood ", format(x$loglik, digits = digits + 3L), " on ", x$df,
              " parameters; ",
              paste(names(x$criteria), format(x$criteria, digits = digits + 3L), collapse = ", "))
  print_ending(x)
  invisible(x)
}

# One table per linear predictor.
print_coefficients <- function(x, digits, signif.stars, ...) {
  table <- x$coefficients
  labels <- factor(x$predictors, unique(x$predictors))
  for (label in levels(labels)) {
    part <- table[labels == label, , drop = FALSE]
    rownames(part) <- substring(rownames(part), nchar(label) + 2L)
    cat("\n", label, "\n", sep = "")
    stats::printCoefmat(part, digits = digits, signif.stars = signif.stars, na.print = "NA",
                        signif.legend = signif.stars && label == levels(labels)[nlevels(labels)],
                        ...)
  }
  cat("\n")
}
