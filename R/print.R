# How fits and cross-validations are shown.

#' @export
print.moe_fit <- function(x, digits = max(3L, getOption("digits") - 3L), ...) {
  digits <- check_digits(digits)
  check_fit(x, "x")
  print_heading(x)
  cat("\nMean gate probabilities:\n")
  print(round(x$shares, 3))
  cat("\nLog-likelihood ", format(x$loglik, digits = digits + 3L), " on ", x$df,
      " parameters, BIC ", format(stats::BIC(x), digits = digits + 3L), "\n", sep = "")
  print_ending(x)
  invisible(x)
}

print_heading <- function(x) {
  cat("Softmax-gated mixture of ", x$experts, " multinomial-logistic expert",
      if (x$experts > 1L) "s", "\n", sep = "")
  if (!is.null(x$call)) cat("Call: ", short_call(x$call), "\n", sep = "")
  size <- paste0(x$rows, if (is.null(x$counts)) " observations" else
                   paste(" rows of", format(x$counts, big.mark = ","), "counts"),
                 if (!is.null(x$group)) paste(" in", nlevels(x$group), "groups"),
                 if (!is.null(x$prior_weights)) paste(" of total weight", format(x$nobs)))
  omitted <- stats::naprint(x$na.action)
  cat_wrapped(size, if (nzchar(omitted)) paste0(" (", omitted, ")"), ", ",
              describe_classes(x$levels), ", ", describe_ridge(x))
}

describe_ridge <- function(fit) {
  if (fit$lambda == 0) return("no ridge")
  on_intercepts <- if (fit$experts > 1L) fit$lambda * fit$control$intercept_ridge else 0
  paste0("ridge ", format(fit$lambda), " on slopes",
         if (on_intercepts > 0) paste(" and", format(on_intercepts), "on intercepts"))
}

print_ending <- function(x) {
  cat_wrapped(
    switch(x$status, converged = "Converged", paste0("Not converged (", x$status, ")")),
    " after ", x$iterations, " iterations, ", x$evaluations, " evaluations",
    if (sum(x$optima$found) > 1L) {
      paste0("; found by ", x$optima$found[1], " of ", sum(x$optima$found),
             " independent searches")
    }
  )
  for (remark in x$problems) cat_wrapped("! ", remark)
}

#' @export
print.moe_measure <- function(x, ...) {
  refuse_fault(measure_fault(x), "x", "moe_measure()")
  experts <- ncol(x$gate)
  cat("Mixing measure of ", experts, if (experts > 1L) " experts" else " expert", " over ",
      dim(x$expert)[2], " classes; ",
      nrow(x$gate) - 1L, " gate and ", nrow(x$expert) - 1L, " expert covariates\nWeights: ",
      paste(format(measure_weights(x), digits = 3), collapse = " "), "\n", sep = "")
  invisible(x)
}

# --- cross-validations ---

#' @export
print.moe_tune <- function(x, digits = max(3L, getOption("digits") - 3L), ...) {
  digits <- check_digits(digits)
  check_tuned(x, "x")
  cat("Cross-validation of softmax-gated mixtures of multinomial-logistic experts\nCall: ",
      short_call(x$call), "\n", sep = "")
  cat_wrapped(length(x$shares), " folds of ", x$rows, " rows; ", describe_grid(x$path))
  cat("\n")
  cat_wrapped("Least ", loss_names[[x$measure]], ": ", describe_row(x, x$best, digits))
  if (x$rule == "1se") {
    cat_wrapped("Simplest within one SE: ", describe_row(x, x$chosen, digits))
  }
  if (!is.null(x$baseline)) {
    least <- format(x$baseline$losses[[x$measure]], digits = digits)
    cat_wrapped("By ", x$baseline$name, ": ", least)
  }
  for (remark in tune_remarks(x)) cat_wrapped("! ", remark)
  invisible(x)
}

describe_grid <- function(path) {
  experts <- unique(path$experts)
  lambda <- unique(path$lambda)
  paste0(paste(experts, collapse = ", "), if (identical(experts, 1L)) " expert" else " experts",
         "; ", length(lambda), if (length(lambda) > 1L) " values" else " value", " of lambda",
         if (length(lambda) > 1L) {
           paste(" from", format(max(lambda), digits = 3), "to", format(min(lambda), digits = 3))
         })
}

describe_row <- function(x, row, digits) {
  at <- x$path[row, ]
  paste0(format(at$mean, digits = digits), " (SE ", format(at$se, digits = 2), ") with ",
         at$experts, if (at$experts > 1L) " experts" else " expert", " and lambda ",
         format(at$lambda, digits = digits))
}

# A best model at the edge of the grid may have better ones beyond.
tune_remarks <- function(x) {
  lambda <- x$path$lambda
  at <- lambda[x$best]
  if (min(lambda) == max(lambda)) return(NULL)
  c(if (at == max(lambda)) "The least loss is at the largest lambda: try larger ones.",
    if (at == min(lambda) && at > 0) "The least loss is at the smallest lambda: try smaller ones.")
}

#' @export
summary.moe_tune <- function(object, ...) {
  check_unused(...)
  check_tuned(object)
  structure(object, class = "summary.moe_tune")
}

#' @export
print.summary.moe_tune <- function(x, digits = max(3L, getOption("digits") - 3L), ...) {
  digits <- check_digits(digits)
  print.moe_tune(x, digits)
  cat("\nAll losses of the chosen model:\n")
  chosen <- do.call(rbind, lapply(names(losses), function(name) {
    average_folds(x$values, name, x$shares)[x$chosen, ]
  }))
  rownames(chosen) <- loss_names
  print(chosen, digits = digits)
  cat("\nPath (", loss_names[[x$measure]], "):\n", sep = "")
  mark <- character(nrow(x$path))
  mark[x$best] <- "least"
  mark[x$chosen] <- "chosen"
  print(cbind(x$path, ` ` = mark), digits = digits, row.names = FALSE)
  invisible(x)
}
