# Fits of a changed formula.

#' Fit again with changes
#'
#' @param object A fit by [moe_fit()].
#' @param formula. Changes of the formula, as in [stats::update.formula()]: of both parts, as in
#'   `. ~ . + x | . - z`, or one for both, as a formula of one part is in [moe_fit()]: `. ~ . - x`
#'   removes `x` from experts and gate. A part that stays as it is, is written as a dot. Dots of the
#'   fit's own formula are written out.
#' @param ... Arguments of [moe_fit()] to change, or, if `NULL`, to leave out.
#' @param evaluate Whether to fit; otherwise the call is returned.
#' @return A fit, or a call.
#' @seealso [stats::drop1()], [stats::add1()] and [stats::step()] change fits in this way and
#'   compare them by AIC: a term is tried in experts and gate together, under the ridge of the fit.
#'   For terms of one part alone see [anova.moe_fit()], or compare `AIC()` of updates.
#' @examples
#' fit <- moe_fit(confidence ~ l3 + high_share, subset(yeast_ppi, split == "test"), experts = 1)
#' formula(update(fit, . ~ . - l3))
#' update(fit, . ~ . | high_share, experts = 2, lambda = 1, evaluate = FALSE)
#' drop1(fit)
#' @export
update.moe_fit <- function(object, formula., ..., evaluate = TRUE) { # nolint: object_name_linter.
  check_fit(object)
  check_flag(evaluate, "evaluate")
  call <- object$call
  if (is.null(call)) refuse("A fit by moe_fit_worker() has no call to update.")
  if (!missing(formula.)) {
    change <- Formula::as.Formula(stats::as.formula(formula.))
    if (length(formula(object))[2] == 2L) change <- for_both_parts(change)
    call$formula <- formula(update(explicit_formula(object), change))
    environment(call$formula) <- joined_environment(environment(formula(object)),
                                                    environment(formula.))
  }
  extras <- match.call(expand.dots = FALSE)$...
  call[names(extras)] <- extras
  if (evaluate) eval(call, parent.frame()) else call
}

# `. ~ . - x` as `. ~ . - x | . - x`
for_both_parts <- function(formula) {
  if (length(formula)[2] == 2L) return(formula)
  right <- formula(formula, lhs = 0)[[2]]
  both <- formula(formula)
  both[[length(both)]] <- call("|", right, right)
  Formula::as.Formula(both)
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

# --- one term more or less ---

#' @importFrom stats drop1
#' @export
drop1.moe_fit <- function(object, scope, ...) {
  of_any_model <- utils::getS3method("drop1", "default", envir = asNamespace("stats"))
  object <- as_seen_from(object, sys.frames())
  if (missing(scope)) of_any_model(object, ...) else of_any_model(object, scope, ...)
}

#' @importFrom stats add1
#' @export
add1.moe_fit <- function(object, scope, ...) {
  of_any_model <- utils::getS3method("add1", "default", envir = asNamespace("stats"))
  of_any_model(as_seen_from(object, sys.frames()), scope, ...)
}

# These look for the data where the formula was written, which a fit does not keep: it gets the
# nearest of the frames they were called from in which the data are.
as_seen_from <- function(fit, frames) {
  data <- all.vars(fit$call$data)
  has_data <- function(frame) {
    all(vapply(data, function(name) !is.null(get0(name, frame, mode = "list")), NA))
  }
  frame <- Find(has_data, rev(frames))
  if (length(data) && !is.null(frame)) {
    environment(fit$formula) <- joined_environment(environment(fit$formula), frame)
  }
  # Not one of its own for each.
  fit$call$lambda <- fit$lambda
  fit
}
