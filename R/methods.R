# What users expect of a fitted model.

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
#' @param form `"vector"`, or `"list"` for the gate's and the experts' apart.
#' @param matrix Whether to give one matrix in place of the vector.
#' @param complete Whether coefficients of covariates that were dropped are in the vector too, as
#'   `NA`.
#' @param ... Not used; for a dendrogram or a cross-validation the arguments above.
#' @return A named vector, the gate's coefficients first, in the order and with the names of
#'   [vcov.moe_fit()]: the linear predictor, then the covariate, as in `gate:expert2:x1` and
#'   `expert1:class:x1`. `form = "list"`: `gate`, a matrix (covariates x (K - 1)), and `expert`, an
#'   array (covariates x (M - 1) x K); these are `object$coefficients`. `matrix = TRUE`: a matrix
#'   with a row per covariate and a column per linear predictor, `gate:expert2`, ...,
#'   `expert1:class`, .... Coefficients of covariates that were dropped are `NA`, in the matrix also
#'   those of a covariate that the part does not have.
#' @seealso [autoplot.moe_fit()] with `type = "coefficients"`, [tidy.moe_fit()]
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share | high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' coef(fit)
#' coef(fit, "list")$gate
#' coef(fit, matrix = TRUE)
#' @export
coef.moe_fit <- function(object, form = c("vector", "list"), matrix = FALSE, complete = TRUE, ...) {
  check_unused(...)
  form <- check_choice(form, c("vector", "list"), "form")
  check_fit(object)
  check_flag(complete, "complete")
  if (check_flag(matrix, "matrix")) return(coefficient_matrix(object$coefficients))
  if (form == "list") return(object$coefficients)
  estimates <- coefficient_vector(object)
  if (complete) estimates else estimates[kept_coefficients(object)]
}

# A column per linear predictor.
coefficient_matrix <- function(parts) {
  flat <- parts$expert
  labels <- rownames(flat)
  dim(flat) <- c(dim(flat)[1], prod(dim(flat)[-1]))
  rows <- union(labels, rownames(parts$gate))
  spread <- function(a, labels) {
    out <- matrix(NA_real_, length(rows), ncol(a))
    out[match(labels, rows), ] <- a
    out
  }
  out <- cbind(spread(parts$gate, rownames(parts$gate)), spread(flat, labels))
  dimnames(out) <- list(rows, predictor_names(parts))
  out
}

#' @rdname coef.moe_fit
#' @export
coef.moe_dendrogram <- function(object, ...) coef.moe_fit(cut.moe_dendrogram(object), ...)

#' @rdname moe_tune
#' @export
coef.moe_tune <- function(object, ...) coef.moe_fit(object$fit, ...)

# --- likelihood ---

#' @export
logLik.moe_fit <- function(object, ...) {
  structure(object$loglik, df = object$df, nobs = object$nobs, class = "logLik")
}

#' @export
deviance.moe_fit <- function(object, ...) {
  check_fit(object)
  -2 * object$loglik
}

#' @export
nobs.moe_fit <- function(object, ...) object$nobs

#' @importFrom stats df.residual
#' @export
df.residual.moe_fit <- function(object, ...) {
  check_fit(object)
  object$nobs - object$df
}

#' @importFrom stats extractAIC
#' @export
extractAIC.moe_fit <- function(fit, scale, k = 2, ...) {
  check_fit(fit, "fit")
  c(fit$df, -2 * fit$loglik + k * fit$df)
}

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
#'                control = moe_control(search = "quick"))
#' moe_icl(fit)
#' @export
moe_icl <- function(object) {
  check_fit(object)
  tau <- predict_rows(object, training_data(object), "posterior")$posterior
  complete_criterion(object, tau)
}

complete_criterion <- function(fit, tau) {
  stats::BIC(fit) + 2 * posterior_entropy(tau, per_unit(fit, fit$prior_weights))
}

# --- data ---

#' @export
formula.moe_fit <- function(x, ...) {
  if (is.null(x$formula)) refuse("A fit from matrices has no formula.")
  # step() puts what terms() gives in its place.
  parts <- attr(x$formula, "parts")
  if (is.null(parts)) return(x$formula)
  environment(parts) <- environment(x$formula)
  parts
}

#' @export
terms.moe_fit <- function(x, ...) {
  if (is.null(x$terms)) refuse("A fit from matrices has no terms.")
  structure(x$terms$full, parts = x$formula)
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
weights.moe_fit <- function(object, ...) {
  check_fit(object)
  stats::naresid(object$na.action, prior_weights(object))
}

#' @importFrom stats case.names
#' @export
case.names.moe_fit <- function(object, full = FALSE, ...) {
  names <- used_rows(object)
  if (is.null(names)) names <- as.character(seq_len(object$rows))
  if (full) names else names[prior_weights(object) > 0]
}

#' @importFrom stats variable.names
#' @export
variable.names.moe_fit <- function(object, full = FALSE, ...) {
  names(coef.moe_fit(object, complete = full))
}
