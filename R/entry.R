#' Fit a softmax-gated mixture of multinomial-logistic experts
#'
#' Maximises the (ridge-penalised) log-likelihood of
#' \deqn{p(y = m \mid x, z) = \sum_{k=1}^K \frac{e^{z^\top\gamma_k}}{\sum_l e^{z^\top\gamma_l}}
#'   \frac{e^{x^\top\beta_{km}}}{\sum_q e^{x^\top\beta_{kq}}}}
#' by minorization-maximization (MM).
#'
#' @section Algorithm:
#' With the responsibilities \eqn{\tau_{ik}} at the current parameters, Jensen's inequality and the
#' Böhning-Lindsay bound on the Hessian of a softmax give a quadratic that lies below the objective
#' and touches it there. Its maximiser is closed form: in the symmetric (sum-to-zero)
#' parametrisation, with \eqn{g} the gradient of the penalised objective, \eqn{V} the case weights,
#' \eqn{T_k = \mathrm{diag}(\tau_{\cdot k})} and \eqn{D} the ridge,
#' \deqn{\beta_{km} \leftarrow \beta_{km} + (\tfrac12 X^\top V T_k X + D)^{-1} g_{\beta_{km}}, \quad
#'   \gamma_k \leftarrow \gamma_k + (\tfrac12 Z^\top V Z + D)^{-1} g_{\gamma_k}.}
#' The objective rises at every step. `method = "accelerated"` uses the same curvature as the
#' metric of a limited-memory BFGS iteration and takes the plain step wherever the accelerated one
#' would not raise the objective enough, so it is monotone too.
#'
#' The objective has many local maxima. Independent searches therefore look for the best one, until
#' they are unlikely to lead higher (see [moe_control()]); the fit says how many found it, and
#' warns where only one did. Set a seed to make a fit reproducible.
#'
#' @section Ridge:
#' The penalty is \eqn{\lambda/2} times the sum of squares of the sum-to-zero coefficients of
#' standardised columns (mean 0 and variance 1 under the case weights); that of intercepts counts
#' only by a share, a tenth unless `moe_control(intercept_ridge = )` says otherwise, and not at all
#' with one expert. It does not depend on which class or expert is the reference, nor on units.
#' `lambda` is on the scale of the total log-likelihood (glmnet's is `lambda / n`).
#'
#' It matters: on real data the classes of some region can be separated, the unpenalised maximum is
#' then not attained, coefficients grow without bound, no two searches end alike and new rows are
#' predicted worse than without experts. So there is a penalty by default. It is the prior under
#' which slopes are expected to be as large as those of a plain multinomial logit with the same
#' covariates: with \eqn{b} the logit's sum-to-zero slopes of the \eqn{p} standardised covariates,
#' \deqn{\lambda = p (M - 1) / \sum b^2,}
#' but at least 1 and at most 10 (to two digits; the logit itself has a ridge of 1). Such a prior is
#' worth from one to ten observations. `lambda = 0` asks for maximum likelihood. With one expert it
#' is the default, so that the fit is that of `nnet::multinom()` or `glm()`. Latent GOLD's Bayes
#' constants (Vermunt and Magidson, 2016) serve the same end; `vignette("rates")` has the study
#' behind the choice.
#'
#' @section Identification:
#' Only differences of the gate's columns, and of the columns within an expert, are identified, and
#' experts may be permuted. Coefficients are shown relative to the first class and the first
#' expert; experts are ordered by decreasing mean gate probability. A covariate that is constant or
#' a linear combination of those before it is left out with a message, its coefficients are `NA`.
#' Covariates may be of any unit: values beyond 1e305 in size are refused, and a standard deviation
#' below 1e-304 counts as constant.
#'
#' @section Groups:
#' Persons who answer several questions, households that choose again and again, patients with
#' repeated visits: with `group = id` all rows of a group are made by one expert, which the gate
#' draws once, and the log-likelihood is
#' \deqn{\sum_g v_g \log \sum_k \pi_k(z_g) \prod_{i \in g} p_k(y_i \mid x_i).}
#' Responsibilities are then of groups, \eqn{\tau_{gk} \propto \pi_k(z_g) \prod_{i \in g} p_k(y_i
#' \mid x_i)}, and the minorizer is the same with one term per group for the gate and with
#' \eqn{\tau_{gk}} in all rows of the group for the experts. The gate's covariates must be constant
#' within groups, so the formula needs a part of its own for them (`y ~ x | z`, or `| 1`), as must
#' case weights, which count groups. `nobs()` is the number of groups, which BIC and HQ use; a
#' matrix given as `start` has a row per group, in the order in which they come. Groups need not be
#' contiguous. With one row per group this is the model without groups. [predict.moe_fit()] has more
#' on what earlier rows of a group say of the next one.
#'
#' @section Counts:
#' A response may be a matrix of counts with a column per class, `cbind(a, b, c) ~ x`, as
#' [nnet::multinom()] and [stats::glm()] take it. A row of counts \eqn{c_1, \ldots, c_M} is a group
#' of that many equal rows, which share one expert:
#' \deqn{\sum_i v_i \log \sum_k \pi_k(z_i) \prod_m p_k(m \mid x_i)^{c_{im}},}
#' without the multinomial coefficients, which do not depend on the parameters. Rows are what
#' `nobs()`, weights and responsibilities belong to; with `group` rows of a group share their expert
#' too. A row without any count has no weight. Where the units that were counted have an expert
#' each, and do not share one, write a row for each class and row of the table, with the class as
#' response and the count as its weight. With one expert the two are the same. The first column is
#' the class of reference, as in `multinom()`; `glm()` has the second. A matrix of which each row
#' has one 1 and is 0 elsewhere holds indicators: single responses.
#'
#' @section Sparse matrices:
#' `x` and `z` may be sparse matrices of the package Matrix: a `dgCMatrix`, such as
#' [Matrix::sparse.model.matrix()] makes (leave out its first column, the intercept), or any other
#' class, which is converted to it. They are not filled in: covariates are centred implicitly, so an
#' evaluation of the objective takes time in proportion to the entries that are not 0, and the fit
#' is that of the same matrix in full. Only a column whose mean is more than two standard deviations
#' from 0, few of whose entries can be 0, is stored in full. Memory and time of a fit also grow with
#' the curvature of the minorizer, for which each expert, and the gate, has a dense matrix with a
#' row and a column per covariate: some thousands of covariates are the most that is practical. The
#' search fills in at most 20,000 rows and 1000 columns (see [moe_control()]), the search
#' for splits in [moe_dendrogram()] at most 2000 rows; [moe_effects()] and
#' [`augment()`][augment.moe_fit] fill in all.
#'
#' @param ... The arguments of the method: a formula first (or `formula =`), or a matrix first
#'   (or `x =`). An argument that the method does not have is an error.
#' @param formula `y ~ x1 + x2`, where the gate has the same covariates as the experts, or
#'   `y ~ x1 + x2 | z1`, where the gate has its own (`| 1` for none). The response is a factor, a
#'   character, logical or 0/1 vector, or a matrix with a column per class: indicators, or counts,
#'   see below. Both parts keep their intercept; `offset()` is refused. The fit keeps the objects
#'   that the formula refers to, not the environment it was written in, so a saved fit is no larger
#'   than its data and coefficients (but a function that is referred to brings its own environment
#'   along).
#' @param data A data frame (or list, or environment) with the variables of the formula.
#' @param experts Number of experts \eqn{K}, a whole number from 1 (a multinomial logit) to the
#'   number of rows; or `"auto"`: `moe_control(max_experts = )` experts are fitted by a quick
#'   search and merged by [moe_dendrogram()]; the number that HQ chooses along the refined path is
#'   told by a message, and so many are fitted by the search that `control` asks for. `lambda` may
#'   then not be 0, since without a ridge redundant experts need not be alike.
#' @param weights Case weights, one per row, finite and not negative, with a sum from 1e-100 to
#'   1e100. A weight of 2 counts as two equal rows, also in `nobs()`.
#' @param subset,na.action,contrasts As in [stats::glm()].
#' @param lambda Ridge, a number of at least 0, on the scale of the total log-likelihood; `NULL` for
#'   the default, which depends on the data: see below.
#' @param start `NULL` for random starts; an earlier fit with as many experts, classes and the same
#'   covariates, from whose coefficients the fit starts; or a matrix of responsibilities (a row per
#'   observation that is used, or per group in the order in which groups first occur; a column per
#'   expert; rows sum to 1), from which an M-step makes the start.
#' @param control Settings, from [moe_control()].
#' @param cl `NULL`, or a cluster by [parallel::makeCluster()] of any type, whose processes share
#'   the searches. Results do not depend on it.
#' @param group Which group each row is of, a vector evaluated in `data` as `weights` are: the rows
#'   of a group share one expert, see the section below. `NULL` for each row by itself.
#' @param model Whether to keep the model frame (or the matrices) in the fit. Without it, methods
#'   that need the training data ask for `newdata`.
#' @param x Numeric matrix of the experts' covariates, without an intercept column, one row per
#'   observation; dense, or sparse as described below.
#' @param y The response, as described under `formula`.
#' @param z Numeric matrix of the gate's covariates, without an intercept column, dense or sparse;
#'   `x` by default. A matrix without columns gives a gate that does not depend on covariates.
#'
#' @return An object of class `moe_fit`: a list of which others may use
#'   \item{coefficients}{a list, `gate` (covariates x (K - 1)) and `expert` (covariates x (M - 1) x
#'     K); `coef()` makes one vector of them, see [coef.moe_fit()]}
#'   \item{objective, loglik}{penalised and plain log-likelihood at the end}
#'   \item{trace}{objective at the start and after each iteration of the returned run; it never
#'     falls}
#'   \item{iterations, evaluations}{of that run: steps, and passes over the rows}
#'   \item{converged, status}{whether the stop rule was met; `"converged"`, `"iteration limit"`,
#'     `"stalled"` (rounding hides further ascent) or `"evaluation failed"` (the next point has no
#'     finite objective; the fit is the last that has)}
#'   \item{gradient_norm, gain}{largest absolute entry of the gradient (standardised covariates,
#'     symmetric form), and the estimated gain left in the objective}
#'   \item{optima}{a data frame of the optima in which independent searches ended: `objective`, best
#'     first, and `found`, by how many of them; where they saw a sample of the rows, it is 0 for what
#'     was found on all rows alone, and the objective is `NA` of what was not run to its end there}
#'   \item{shares}{mean gate probability of each expert}
#'   \item{lambda, experts, levels, df, nobs}{the ridge, K, the classes, the number of free
#'     parameters, the sum of the weights (of groups, where there are)}
#'   \item{class_shares}{the classes' shares of the weights}
#'   \item{rows, group, counts}{the number of rows that were used; a factor of their groups, or
#'     `NULL`; the sum of a response of counts, or `NULL`}
#'   \item{problems}{warnings about the solution, in words; empty if there are none}
#' @seealso [predict.moe_fit()], [summary.moe_fit()], [plot.moe_fit()], [moe_control()];
#'   `vignette("groups")`
#' @references
#' Böhning, D. and Lindsay, B. G. (1988). Monotonicity of quadratic-approximation algorithms.
#' *Annals of the Institute of Statistical Mathematics* 40, 641-663.
#'
#' Tran, T. et al. (2026), see [moelogit-package].
#'
#' Vermunt, J. K. and Magidson, J. (2016). *Technical Guide for Latent GOLD 5.1: Basic, Advanced,
#' and Syntax*. Statistical Innovations Inc.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + fc_jac | high_share, data = pairs, experts = 2, lambda = 1,
#'                control = moe_control(search = "quick"))
#' fit
#' head(predict(fit, type = "prob"))
#' @export
moe_fit <- function(...) {
  UseMethod("moe_fit", dispatch_argument("moe_fit", ...))
}

#' @rdname moe_fit
#' @export
moe_fit.formula <- function(formula, data, experts = 2, weights, subset, na.action, lambda = NULL,
                            start = NULL, contrasts = NULL, control = moe_control(), model = TRUE,
                            cl = NULL, group, ...) {
  check_unused(...)
  if (!missing(data) && is_rows(data)) {
    input <- read_rows(formula, data, fit_call(match.call()), contrasts, parent.frame())
    on.exit(input$close())
    return(fit_or_select(input, experts, lambda, start, control, model, cl))
  }
  keep_frame <- check_flag(model, "model") || identical(experts, "auto")
  input <- read_formula(formula, if (!missing(data)) data, fit_call(match.call()), contrasts,
                        parent.frame(), keep_frame)
  fit_or_select(input, experts, lambda, start, control, model, cl)
}

#' @rdname moe_fit
#' @export
moe_fit.default <- function(x, y, experts = 2, z = x, weights, lambda = NULL, start = NULL,
                            control = moe_control(), model = TRUE, cl = NULL, group = NULL, ...) {
  check_unused(...)
  input <- read_matrices(x, y, z, missing(z), if (!missing(weights)) weights,
                         fit_call(match.call()), group)
  fit_or_select(input, experts, lambda, start, control, model, cl)
}

# One fit, or with `experts = "auto"` an overfit, its dendrogram and the fit that this chooses.
fit_or_select <- function(input, experts, lambda, start, control, model, cl) {
  model <- check_flag(model, "model")
  fit <- if (identical(experts, "auto")) {
    if (!is.null(start)) refuse("`start` must be NULL with `experts = \"auto\"`.")
    select_fit(input, lambda, control, cl)
  } else {
    fit_input(input, experts, lambda, start, control, cl)
  }
  if (!model) fit["model"] <- fit["source"] <- NULL
  fit
}

fit_input <- function(input, experts, lambda, start, control, cl) {
  fit <- if (is_distant(input$x)) fit_designs else moe_fit_worker
  input$finish(fit(input$x, input$z, input$y, experts, input$weights, lambda, start, control, cl,
                   input$group))
}

select_fit <- function(input, lambda, control, cl) {
  control <- check_control(control)
  if (!is.null(lambda) && check_lambda(lambda) == 0) {
    refuse("`lambda` must be more than 0, or NULL, with `experts = \"auto\"`: without a ridge ",
           "redundant experts need not be alike.")
  }
  call <- list("auto", matrix_values(input$x), matrix_values(input$z), input$y, input$weights,
               lambda, input$group, deciding_settings(control))
  with_checkpoint(control$checkpoint, call, function(checkpoint) {
    control["checkpoint"] <- list(checkpoint)
    choose_fit(input, lambda, control, cl)
  })
}

choose_fit <- function(input, lambda, wanted, cl) {
  rough <- wanted
  rough$search <- "quick" # an overfit need not be the best
  rough$tolerance <- max(rough$tolerance, 1e-6)
  # Redundant experts are meant to be weak here.
  overfit <- suppressWarnings(
    fit_input(input, min(wanted$max_experts, nrow(input$x)), lambda, NULL, rough, cl)
  )
  tree <- suppressWarnings(grow_tree(overfit, checkpoint = wanted$checkpoint))
  message("Merged ", overfit$experts, " experts (ridge ", format(overfit$lambda), "): ",
          describe_choice(tree))
  tree$fit$control[c("tolerance", "search")] <- wanted[c("tolerance", "search")]
  fit <- if (wanted$search == "quick" || tree$selected == 1L) {
    cut.moe_dendrogram(tree)
  } else {
    search_selected(tree, fit_input(input, tree$selected, overfit$lambda, NULL, wanted, cl))
  }
  fit$call$experts <- fit$experts
  fit$call$lambda <- overfit$lambda
  fit
}

# The number of experts was read off levels that were searched quickly; of so many, a search finds
# the fit, unless the level leads higher.
search_selected <- function(tree, searched) {
  level <- tree$runs[[match(tree$selected, tree$path$experts)]]$objective
  gap <- same_optimum * (1 + abs(level))
  if (searched$objective < level - gap) cut.moe_dendrogram(tree) else searched
}
