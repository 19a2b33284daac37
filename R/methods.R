# What users expect of a fitted model.

# --- showing ---

#' @export
print.moe_fit <- function(x, digits = max(3L, getOption("digits") - 3L), ...) {
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
  size <- if (is.null(x$prior_weights)) paste(x$rows, "observations") else
    paste(x$rows, "observations of total weight", format(x$nobs))
  omitted <- stats::naprint(x$na.action)
  cat_wrapped(size, if (nzchar(omitted)) paste0(" (", omitted, ")"), ", ",
              describe_classes(x$levels), ", ridge ", format(x$lambda))
}

describe_classes <- function(levels, most = 10L) {
  shown <- utils::head(levels, most)
  if (length(levels) > most) shown <- c(shown, "...")
  paste0(length(levels), " classes (", paste(shown, collapse = ", "), ")")
}

cat_wrapped <- function(...) {
  cat(strwrap(paste0(...), width = getOption("width"), exdent = 2), sep = "\n")
}

# A call by do.call() may hold the data themselves.
short_call <- function(call, most = 6L) {
  lines <- deparse(call, nlines = most + 1L)
  if (length(lines) > most) lines <- c(lines[seq_len(most)], "...")
  paste(lines, collapse = "\n  ")
}

print_ending <- function(x) {
  reached <- sum(x$objectives >= x$objective - 1e-6 * (1 + abs(x$objective)))
  cat_wrapped(
    switch(x$status, converged = "Converged", paste0("Not converged (", x$status, ")")),
    " after ", x$iterations, " iterations, ", x$evaluations, " evaluations",
    if (length(x$objectives) > 1L) {
      paste0("; ", reached, " of ", length(x$objectives), " starts reached this ",
             if (x$status == "converged") "optimum" else "value")
    }
  )
  for (problem in x$problems) cat_wrapped("! ", problem)
}

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
#'   \item{assigned}{rows whose gate favours the expert}
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
#'                control = moe_control(starts = 3))
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
  if (!is.null(object$model)) {
    out$criteria <- c(out$criteria, ICL = moe_icl(object))
    out[c("assigned", "classes")] <- summarise_experts(object)
  }
  out$predictors <- coefficient_owners(object)
  out <- add_standard_errors(out, object, type, cluster, se)
  class(out) <- "summary.moe_fit"
  out
}

summarise_experts <- function(fit) {
  data <- training_data(fit)
  gate <- predict_rows(fit, data, "gate")
  expert <- predict_rows(fit, data, "expert")
  weights <- prior_weights(fit) * gate
  assigned <- table(factor(max.col(gate, "first"), seq_len(fit$experts), names(fit$shares)))
  classes <- vapply(seq_len(fit$experts), function(k) {
    colSums(weights[, k] * matrix(expert[, , k], nrow(gate))) / sum(weights[, k])
  }, numeric(length(fit$levels)))
  dimnames(classes) <- list(fit$levels, names(fit$shares))
  list(assigned, classes)
}

# The table of coefficients, and what is to be said about it.
add_standard_errors <- function(out, fit, type, cluster, se) {
  why_not <- if (!se) {
    "not asked for (`se = FALSE`)"
  } else if (is.null(fit$model)) {
    "the fit holds no training data"
  } else if (fit$status == "merged") {
    "a merged fit is not at a maximum"
  }
  if (!is.null(why_not)) {
    out$coefficients <- coefficient_table(fit)
    out$errors <- paste0("No standard errors: ", why_not)
    return(out)
  }
  estimate <- estimate_covariance(fit, type, cluster)
  out$coefficients <- coefficient_table(fit, estimate$user)
  out$errors <- describe_covariance(estimate, fit)
  out$problems <- c(out$problems, covariance_remarks(fit, estimate))
  out
}

#' @rdname summary.moe_fit
#' @export
print.summary.moe_fit <- function(x, digits = max(3L, getOption("digits") - 3L),
                                  signif.stars = getOption("show.signif.stars"), ...) {
  print_heading(x)
  experts <- data.frame(gate = round(x$shares, 3))
  if (!is.null(x$classes)) {
    experts$rows <- as.integer(x$assigned)
    experts <- cbind(experts, t(round(x$classes, 3)))
  }
  cat("\nExperts (mean gate probability",
      if (ncol(experts) > 1L) ", rows they lead, mean class probabilities", "):\n", sep = "")
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

# --- parameters ---

#' Coefficients of a fit
#'
#' Coefficients on the scale of the covariates, in reference coding: an expert's coefficients are
#' log-odds against the first class, as in [nnet::multinom()], and the gate's are log-odds against
#' the first expert, which has the largest mean gate probability. With one expert and two classes
#' they are those of [stats::glm()].
#'
#' @param object A fit by [moe_fit()], or a dendrogram by [moe_dendrogram()], which stands for the
#'   fit that [cut.moe_dendrogram()] gives.
#' @param matrix Whether to give one matrix in place of a list.
#' @param ... Not used.
#' @return A list: `gate`, a matrix (covariates x (K - 1)), and `expert`, an array (covariates x
#'   (M - 1) x K). With `matrix = TRUE` one matrix with a row per covariate and a column per linear
#'   predictor, named `gate:expert2`, ..., `expert1:class`, .... Coefficients of covariates that
#'   were dropped are `NA`, in the matrix also those of a covariate that the part does not have.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share | high_share, pairs, lambda = 1,
#'                control = moe_control(starts = 3))
#' coef(fit)
#' coef(fit, matrix = TRUE)
#' @export
coef.moe_fit <- function(object, matrix = FALSE, ...) {
  check_unused(...)
  parts <- object$coefficients
  if (!check_flag(matrix, "matrix")) return(parts)
  flat <- parts$expert
  labels <- rownames(flat)
  dim(flat) <- c(dim(flat)[1], prod(dim(flat)[-1]))
  rows <- union(labels, rownames(parts$gate))
  spread <- function(a, labels) {
    out <- base::matrix(NA_real_, length(rows), ncol(a))
    out[match(labels, rows), ] <- a
    out
  }
  out <- cbind(spread(parts$gate, rownames(parts$gate)), spread(flat, labels))
  dimnames(out) <- list(rows, predictor_names(parts))
  out
}

#' @rdname coef.moe_fit
#' @export
coef.moe_dendrogram <- function(object, matrix = FALSE, ...) {
  coef.moe_fit(cut.moe_dendrogram(object), matrix, ...)
}

# --- likelihood ---

#' @export
logLik.moe_fit <- function(object, ...) {
  structure(object$loglik, df = object$df, nobs = object$nobs, class = "logLik")
}

#' @export
deviance.moe_fit <- function(object, ...) -2 * object$loglik

#' @export
nobs.moe_fit <- function(object, ...) object$nobs

#' Integrated completed likelihood
#'
#' \deqn{\mathrm{ICL} = \mathrm{BIC} - 2 \sum_i v_i \sum_k \tau_{ik} \log \tau_{ik},} BIC plus twice
#' the entropy of the responsibilities; the smaller the better, as with BIC.
#'
#' @param object A fit by [moe_fit()] that holds its training data.
#' @return One number.
#' @references Biernacki, C., Celeux, G. and Govaert, G. (2000). Assessing a mixture model for
#'   clustering with the integrated completed likelihood. *IEEE Transactions on Pattern Analysis and
#'   Machine Intelligence* 22, 719-725.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(starts = 3))
#' moe_icl(fit)
#' @export
moe_icl <- function(object) {
  check_fit(object)
  tau <- predict_rows(object, training_data(object), "posterior")
  stats::BIC(object) + 2 * posterior_entropy(tau, object$prior_weights)
}

# -sum_i v_i sum_k tau_ik log tau_ik; `weights` are NULL for 1.
posterior_entropy <- function(tau, weights) {
  entropy <- ifelse(tau > 0, -tau * log(tau), 0)
  sum(if (is.null(weights)) entropy else weights * entropy)
}

# --- data ---

#' @export
formula.moe_fit <- function(x, ...) {
  if (is.null(x$formula)) refuse("A fit from matrices has no formula.")
  x$formula
}

#' @export
terms.moe_fit <- function(x, ...) {
  if (is.null(x$terms)) refuse("A fit from matrices has no terms.")
  x$terms$full
}

#' @export
model.frame.moe_fit <- function(formula, ...) {
  if (is.null(formula$terms)) refuse("A fit from matrices has no model frame.")
  if (is.null(formula$model)) {
    refuse("The fit holds no training data: fit with `model = TRUE`.")
  }
  formula$model
}

#' Model matrices of a fit
#'
#' @param object A fit by [moe_fit()] that holds its training data.
#' @param part `"expert"` or `"gate"`.
#' @param ... Not used.
#' @return The model matrix of that part, all columns, intercept included; a `dgCMatrix` where the
#'   fit was given a sparse matrix.
#' @examples
#' set.seed(1)
#' fit <- moe_fit(Species ~ Sepal.Length + Sepal.Width | Petal.Width, iris, lambda = 1)
#' head(model.matrix(fit, "gate"), 3)
#' @export
model.matrix.moe_fit <- function(object, part = c("expert", "gate"), ...) {
  part <- check_choice(part, c("expert", "gate"), "part")
  out <- training_data(object)[[if (part == "expert") "x" else "z"]]
  attr(out, "used_contrasts") <- NULL
  out
}

#' @export
weights.moe_fit <- function(object, ...) stats::naresid(object$na.action, prior_weights(object))

prior_weights <- function(fit) {
  if (is.null(fit$prior_weights)) rep.int(1, fit$rows) else fit$prior_weights
}

#' @export
fitted.moe_fit <- function(object, ...) predict.moe_fit(object, type = "prob")

#' Residuals of a fit
#'
#' @param object A fit by [moe_fit()] that holds its training data.
#' @param type With \eqn{Y} the n x M indicator matrix of the response and \eqn{P} the fitted
#'   probabilities: `"response"`, \eqn{Y - P}; `"pearson"`, \eqn{(Y - P) / \sqrt{P (1 - P)}}; both
#'   n x M; `"deviance"`, \eqn{\sqrt{-2 \log p(y_i)}}, one value per row, whose squares, times the
#'   case weights, sum to the deviance. Pearson residuals carry \eqn{\sqrt{v_i}}, as in `glm`.
#' @param ... Not used.
#' @return A matrix or vector as described.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(starts = 3))
#' head(residuals(fit, "pearson"))
#' @export
residuals.moe_fit <- function(object, type = c("response", "pearson", "deviance"), ...) {
  check_unused(...)
  type <- check_choice(type, c("response", "pearson", "deviance"), "type")
  data <- training_data(object)
  prob <- predict_rows(object, data, "prob")
  y <- as.integer(data$y)
  response <- -prob
  at <- cbind(seq_along(y), y)
  response[at] <- 1 - prob[at]
  out <- switch(type, response = response,
                pearson = pearson_residual(sqrt(prior_weights(object)) * response, prob),
                deviance = sqrt(pmax(0, -2 * log(prob[at]))))
  if (is.null(object$na.action)) out else stats::naresid(object$na.action, out)
}

# Where a certain outcome came, or a row has no weight, there is no residual, in place of 0 / 0.
pearson_residual <- function(weighted, prob) {
  out <- weighted / sqrt(prob * (1 - prob))
  out[weighted == 0] <- 0
  out
}

#' Simulate responses from a fit
#'
#' @param object A fit by [moe_fit()].
#' @param nsim Number of responses to draw.
#' @param seed `NULL`, or a seed as in [stats::simulate()].
#' @param newdata,newz Covariates as in [predict.moe_fit()]; the training data by default.
#' @param ... Not used.
#' @return A data frame with `nsim` factors, one row per row of the data, with the attribute `seed`.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(starts = 3))
#' head(simulate(fit, nsim = 2, seed = 3))
#' @export
simulate.moe_fit <- function(object, nsim = 1, seed = NULL, newdata = NULL, newz = NULL, ...) {
  check_unused(...)
  nsim <- check_count(nsim, "nsim")
  if (!exists(".Random.seed", globalenv(), inherits = FALSE)) stats::runif(1)
  if (is.null(seed)) {
    used <- get(".Random.seed", globalenv(), inherits = FALSE)
  } else {
    before <- get(".Random.seed", globalenv(), inherits = FALSE)
    set.seed(seed)
    used <- structure(seed, kind = as.list(RNGkind()))
    on.exit(assign(".Random.seed", before, globalenv()))
  }
  prob <- predict.moe_fit(object, newdata, type = "prob", newz = newz)
  draws <- lapply(seq_len(nsim), function(s) draw_classes(prob, object$levels, object$ordered))
  names(draws) <- paste0("sim_", seq_len(nsim))
  structure(as.data.frame(draws), seed = used)
}

# One class per row by inversion; NA where the probabilities are.
draw_classes <- function(prob, levels, ordered) {
  u <- stats::runif(nrow(prob))
  below <- 0
  class <- rep.int(1L, nrow(prob))
  for (m in seq_len(ncol(prob) - 1L)) {
    below <- below + prob[, m]
    class <- class + (u > below)
  }
  factor_of(class, levels, ordered)
}

#' @export
update.moe_fit <- function(object, formula., ..., evaluate = TRUE) { # nolint: object_name_linter.
  check_flag(evaluate, "evaluate")
  call <- object$call
  if (is.null(call)) refuse("A fit by moe_fit_worker() has no call to update.")
  if (!missing(formula.)) {
    call$formula <- formula(update(explicit_formula(object), formula.))
    environment(call$formula) <- joined_environment(environment(formula(object)),
                                                    environment(formula.))
  }
  extras <- match.call(expand.dots = FALSE)$...
  call[names(extras)] <- extras
  if (evaluate) eval(call, parent.frame()) else call
}

# The formula with its dots written out: update() has no data to look them up in.
explicit_formula <- function(fit) {
  formula <- formula(fit)
  if (!"." %in% all.vars(formula)) return(formula)
  parts <- lapply(fit$terms[c("expert", "gate")[seq_len(length(formula)[2])]],
                  function(part) formula(part)[[2]])
  right <- Reduce(function(expert, gate) call("|", expert, gate), parts)
  explicit <- call("~", formula(formula, rhs = 0)[[2]], right)
  Formula::as.Formula(eval(explicit, environment(formula)))
}
