#' moelogit: softmax-gated mixtures of multinomial-logistic experts
#'
#' Fits classifiers whose class probabilities are a covariate-dependent average of \eqn{K}
#' multinomial logit models,
#' \deqn{p(y = m \mid x, z) = \sum_{k=1}^K \mathrm{softmax}_k(z^\top \gamma_k) \;
#'   \mathrm{softmax}_m(x^\top \beta_{km}),}
#' by a batch minorization-maximization algorithm. The first softmax is the *gate*, which says how
#' much each *expert* counts at a covariate value; the second is the expert itself.
#'
#' @section Where to start:
#' [moe_fit()] fits the model; `predict()` gives classes, probabilities, gate, experts and
#' responsibilities ([predict.moe_fit()]); `summary()`, `coef()`, `vcov()`, `confint()`, `logLik()`,
#' `residuals()`, `simulate()`, `plot()` are there as for other models, and [moe_effects()] says
#' what each covariate does to the class probabilities. [yeast_ppi] is the data set to try them on.
#'
#' @section Threads:
#' One thread is used unless `moe_control(threads = )` or `options(moelogit.threads = )` asks for
#' more. Fits do not depend on the number of threads, and on the BLAS library that R uses by no more
#' than rounding.
#'
#' @references
#' Tran, T., Nguyen, T., Bashar, M. A., Ho, N., Nayak, R. and Drovandi, C. (2026). Fast model
#' selection and stable optimization for softmax-gated multinomial-logistic mixture of experts
#' models. arXiv:2602.07997.
#'
#' Böhning, D. (1992). Multinomial logistic regression algorithm. *Annals of the Institute of
#' Statistical Mathematics* 44, 197-200.
#'
#' Jordan, M. I. and Jacobs, R. A. (1994). Hierarchical mixtures of experts and the EM algorithm.
#' *Neural Computation* 6, 181-214.
#' @keywords internal
#' @useDynLib moelogit, .registration = TRUE
#' @importFrom Formula Formula
#' @importFrom stats delete.response formula logLik model.frame model.matrix model.weights nobs
#'   predict residuals setNames simulate terms update weights
"_PACKAGE"

# The process that loaded the package: a forked child has another id.
state <- new.env(parent = emptyenv())
