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
#'                control = moe_control(search = "quick"))
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

#' @rdname moe_tune
#' @export
coef.moe_tune <- function(object, ...) coef.moe_fit(object$fit, ...)

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
#'                control = moe_control(search = "quick"))
#' moe_icl(fit)
#' @export
moe_icl <- function(object) {
  check_fit(object)
  tau <- predict_rows(object, training_data(object), "posterior")$posterior
  complete_criterion(object, tau)
}

complete_criterion <- function(fit, tau) {
  stats::BIC(fit) + 2 * posterior_entropy(tau, fit$prior_weights)
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

# --- another fit ---

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
