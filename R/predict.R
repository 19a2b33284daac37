#' Predictions of a mixture of experts
#'
#' @param object A fit by [moe_fit()].
#' @param newdata For formula fits a data frame with the covariates; for matrix fits the matrix `x`,
#'   dense or sparse (of package Matrix), whichever the fit's was. Without it, predictions are for
#'   the training data.
#' @param type What to predict, for \eqn{n} rows:
#'   * `"class"`: the most probable class (the first of equals), a factor of length \eqn{n};
#'   * `"prob"`: class probabilities \eqn{p(m \mid x, z)}, \eqn{n \times M};
#'   * `"gate"`: gate probabilities \eqn{\pi_k(z)}, \eqn{n \times K};
#'   * `"expert"`: each expert's class probabilities \eqn{p_k(m \mid x)}, \eqn{n \times M \times K};
#'   * `"posterior"`: responsibilities \eqn{\tau_k = \pi_k p_k(y) / \sum_l \pi_l p_l(y)},
#'     \eqn{n \times K}, which need the response.
#' @param newz For matrix fits, the gate's covariates; `newdata` by default.
#' @param newy For matrix fits and `type = "posterior"`, the response.
#' @param se.fit Whether to give standard errors too, for probabilities (`type` `"prob"`, `"gate"`
#'   or `"expert"`), from a fit that holds its training data.
#' @param interval `"confidence"` for confidence limits too.
#' @param level Confidence level.
#' @param vcov,cluster Which covariance standard errors are from: `type` and `cluster` of
#'   [vcov.moe_fit()], whose page says what they rest on and are conditional on.
#' @param ... Not used; an argument here is an error.
#' @section Standard errors and intervals:
#' Standard errors are by the delta method: \eqn{\sqrt{g^\top V g}} with \eqn{g} the gradient of the
#' probability \eqn{p} with respect to all coefficients and \eqn{V} their covariance. Limits are
#' formed on the logit scale, \eqn{\mathrm{logit}\, p \pm z \, \mathrm{se} / (p (1 - p))}, and
#' transformed back, so that they stay between 0 and 1; they are not symmetric about \eqn{p}.
#' Intervals are for the probability, not for a response. Directions about which the data say
#' nothing count with the least information that could have been seen: where a probability depends
#' on them, its interval is wide.
#' @return As described under `type`, with one row per row of `newdata`, in its order and without
#'   row names, and no dimension dropped.
#'   Rows with a missing covariate (for responsibilities also a missing response) are `NA`. Factor
#'   levels that the fit has not seen are refused. With `se.fit` or `interval = "confidence"` a list
#'   of such arrays: `fit`, `se.fit`, and for intervals `lower` and `upper`.
#' @seealso [moe_fit()]
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(starts = 3))
#' predict(fit, data.frame(l3 = c(0.5, NA), high_share = 0.2), type = "prob")
#' head(predict(fit, type = "gate"))
#' predict(fit, data.frame(l3 = 0.5, high_share = 0.2), type = "prob", interval = "confidence")
#' @export
predict.moe_fit <- function(object, newdata = NULL,
                            type = c("class", "prob", "gate", "expert", "posterior"), newz = NULL,
                            newy = NULL, se.fit = FALSE, interval = c("none", "confidence"),
                            level = 0.95, vcov = c("observed", "sandwich", "opg"), cluster = NULL,
                            ...) {
  check_unused(...)
  check_fit(object)
  type <- check_choice(type, c("class", "prob", "gate", "expert", "posterior"), "type")
  check_flag(se.fit, "se.fit")
  interval <- check_choice(interval, c("none", "confidence"), "interval")
  level <- check_level(level)
  check_matrices_wanted(object, newdata, newz, newy)
  data <- if (is.null(newdata)) {
    training_data(object)
  } else if (is.null(object$terms)) {
    new_matrices(object, newdata, newz, newy)
  } else {
    new_frame(object, newdata, type == "posterior")
  }
  if (type == "posterior" && is.null(data$y)) {
    refuse("Responsibilities (`type = \"posterior\"`) need the response: ",
           if (is.null(object$terms)) "give `newy`." else "add it to `newdata`.")
  }
  out <- predict_rows(object, data, type)
  if (is.null(newdata)) out <- pad_omitted(object, out)
  if (!se.fit && interval == "none") return(out)
  check_probabilities(type, se.fit)
  covariance <- estimate_covariance(object, vcov, cluster, "vcov")$scaled
  error <- prediction_errors(object, data, type, covariance)
  dim(error) <- c(nrow(error), dim(out)[-1])
  if (is.null(newdata)) error <- pad_omitted(object, error)
  dimnames(error) <- dimnames(out)
  c(list(fit = out, se.fit = error),
    if (interval == "confidence") logit_limits(out, error, level))
}

check_probabilities <- function(type, se.fit) {
  if (type %in% c("prob", "gate", "expert")) return(invisible())
  refuse("`", if (se.fit) "se.fit = TRUE" else "interval = \"confidence\"", "` is for `type` ",
         "\"prob\", \"gate\" or \"expert\", not ", given(type), ".")
}

check_matrices_wanted <- function(fit, newdata, newz, newy) {
  given <- c(if (!is.null(newz)) "`newz`", if (!is.null(newy)) "`newy`")
  if (length(given) == 0L) return(invisible())
  if (!is.null(fit$terms)) {
    refuse(given[1], " is for fits from matrices; this one is from a formula: ",
           "put all variables into `newdata`.")
  }
  if (is.null(newdata)) refuse(given[1], " must come with `newdata`, which is missing.")
}

# --- data for predictions: y, and x and z with all columns of the fit, intercept included; or
# instead of these the model frame that they are made of ---

training_data <- function(fit) {
  check_fit(fit)
  kept <- fit$model
  if (is.null(kept)) {
    refuse("The fit holds no training data (`model = FALSE`, or made by moe_fit_worker()): give ",
           "`newdata`, or fit with `model = TRUE`.")
  }
  data <- if (is.null(fit$terms)) {
    kept
  } else {
    designs <- build_designs(fit$terms[c("expert", "gate")], kept, fit$contrasts)
    y <- Formula::model.part(fit$formula, kept, lhs = 1, drop = TRUE)
    list(x = designs$x, z = designs$z, y = as_response(y))
  }
  refuse_fault(training_fault(fit, data), "object", "moe_fit()")
  data
}

new_frame <- function(fit, newdata, with_response) {
  if (!is.data.frame(newdata) && !is.list(newdata)) {
    refuse("`newdata` must be a data frame, not ", given(newdata), ".")
  }
  terms <- fit$terms$full
  if (!with_response) terms <- delete.response(terms)
  check_variables(terms, newdata, fit$variables)
  newdata <- as_known_factors(fit, newdata)
  check_kinds(terms, newdata)
  frame <- model.frame(terms, newdata, na.action = stats::na.pass,
                       xlev = fit$xlevels[names(fit$xlevels) %in% all_columns(terms)])
  if (is.data.frame(newdata) && nrow(frame) != nrow(newdata)) {
    refuse("Variables that `newdata` lacks were found elsewhere, with ", nrow(frame), " rows and ",
           "not ", nrow(newdata), ": put them into `newdata`.")
  }
  list(frame = frame,
       y = if (with_response) recode(fit, Formula::model.part(fit$formula, frame, lhs = 1,
                                                             drop = TRUE)))
}

all_columns <- function(terms) vapply(as.list(attr(terms, "variables"))[-1], deparse1, "")

check_variables <- function(terms, newdata, from_data) {
  needed <- all.vars(attr(terms, "variables"))
  missing <- setdiff(needed, names(newdata))
  # Constants and functions' arguments may come from where the formula was written.
  elsewhere <- vapply(missing, exists, NA, envir = environment(terms)) & !missing %in% from_data
  missing <- missing[!elsewhere | missing %in% all_columns(terms)]
  if (length(missing)) {
    refuse("`newdata` must have all variables of the formula, but lacks ", enumerate(missing), ".")
  }
}

# Factors of the fit may come as text, numbers or all NA. What was text or ordered stays so: other
# terms of the formula may use it as that.
as_known_factors <- function(fit, newdata) {
  was <- attr(fit$terms$full, "dataClasses")
  for (name in intersect(names(fit$xlevels), names(newdata))) {
    values <- as.character(newdata[[name]])
    unseen <- setdiff(values[!is.na(values)], fit$xlevels[[name]])
    if (length(unseen)) {
      refuse("`newdata` must not have factor levels that the fit has not seen: ", name, " has ",
             enumerate(unseen), ".")
    }
    newdata[[name]] <- if (was[[name]] == "character") values else
      factor(values, levels = fit$xlevels[[name]], ordered = was[[name]] == "ordered")
  }
  newdata
}

# A covariate must be of the kind it was: numbers do for logical values and all NA for anything.
check_kinds <- function(terms, newdata) {
  was <- attr(terms, "dataClasses")
  for (name in intersect(names(was), names(newdata))) {
    values <- newdata[[name]]
    if (is.logical(values) && all(is.na(values))) next
    fits <- switch(was[[name]], numeric = is.numeric(values) || is.logical(values),
                   logical = is.logical(values), TRUE)
    if (!fits) {
      refuse("`newdata` must have variables of the kind that the fit has seen: ", name, " was ",
             was[[name]], ", but is ", given(values), ".")
    }
  }
}

new_matrices <- function(fit, newdata, newz, newy) {
  x <- new_matrix(newdata, fit$columns$expert, "newdata")
  z <- if (!is.null(newz)) {
    new_matrix(newz, fit$columns$gate, "newz")
  } else if (identical(fit$columns$gate, fit$columns$expert)) {
    x
  } else if (length(fit$columns$gate) == 1L) {
    matrix(1, nrow(x), 1L)
  } else {
    refuse("The gate has covariates of its own: give them as `newz`.")
  }
  if (nrow(z) != nrow(x)) {
    refuse("`newdata` and `newz` must have the same rows, but have ", nrow(x), " and ", nrow(z),
           ".")
  }
  y <- if (!is.null(newy)) recode(fit, newy)
  if (!is.null(y) && length(y) != nrow(x)) {
    refuse("`newy` must have one value per row of `newdata`: there are ", nrow(x), " rows and ",
           length(y), " values.")
  }
  list(x = x, z = z, y = y)
}

# Columns are found by name where the matrix has names, by position otherwise.
new_matrix <- function(x, columns, name) {
  if (is.data.frame(x)) x <- as.matrix(x[intersect(names(x), columns)])
  if (is_sparse(x)) {
    x <- as_sparse(x, name)
  } else if (!is.matrix(x) || !(is.numeric(x) || is.logical(x))) {
    refuse("`", name, "` must be a numeric matrix, not ", given(x), ".")
  }
  wanted <- columns[-1]
  if (is.null(colnames(x))) {
    if (ncol(x) != length(wanted)) {
      refuse("`", name, "` must have the ", length(wanted), " columns of the fit, but has ",
             ncol(x), ".")
    }
  } else {
    missing <- setdiff(wanted, colnames(x))
    if (length(missing)) {
      refuse("`", name, "` must have the columns of the fit, but lacks ", enumerate(missing), ".")
    }
    x <- x[, wanted, drop = FALSE]
  }
  if (!is_sparse(x)) storage.mode(x) <- "double"
  with_intercept(x, name)
}

# A new response as a factor with the fit's levels.
recode <- function(fit, y) {
  if (length(dim(y)) == 2L) y <- response_from_indicators(y, "newy")
  y <- as.character(y)
  unseen <- setdiff(unique(y[!is.na(y)]), fit$levels)
  if (length(unseen)) {
    refuse("The response must have the classes of the fit (", enumerate(fit$levels),
           "), but holds ", enumerate(unseen), ".")
  }
  factor(y, levels = fit$levels)
}

# --- computing ---

predict_rows <- function(fit, data, type) {
  what <- if (type == "class") "prob" else type
  out <- if (is.null(data$frame)) {
    predict_designs(fit, data, what)
  } else {
    predict_frame(fit, data, what)
  }
  labels <- switch(what, prob = list(fit$levels), expert = list(fit$levels, names(fit$shares)),
                   list(names(fit$shares)))
  dimnames(out) <- c(list(NULL), labels)
  if (type == "class") most_probable(out, fit$levels, fit$ordered) else out
}

# Whole designs would take longer to write to memory than to use, so there are never any.
predict_frame <- function(fit, data, what) {
  designs_of_rows <- new_designs(fit, data$frame)
  n <- nrow(data$frame)
  outputs <- switch(what, expert = dim(fit$measure$expert)[2:3], prob = length(fit$levels),
                    fit$experts)
  out <- matrix(0, n, prod(outputs))
  for (rows in row_parts(n, design_rows)) {
    part <- c(designs_of_rows(rows), list(y = data$y[rows]))
    out[rows, ] <- predict_designs(fit, part, what, before = rows[1] - 1)
  }
  array(out, c(n, outputs))
}

# Data with both designs of all rows.
with_designs <- function(fit, data) {
  if (is.null(data$frame)) return(data)
  c(new_designs(fit, data$frame)(seq_len(nrow(data$frame))), data["y"])
}

# A function of row numbers that makes these rows of both designs.
new_designs <- function(fit, frame) {
  expert <- design_maker(fit$terms$expert, frame, fit$contrasts)
  gate <- design_maker(fit$terms$gate, frame, fit$contrasts)
  function(rows) {
    x <- expert(rows)
    list(x = x, z = if (is_shared(fit$terms)) x else gate(rows))
  }
}

# `before` rows come before these.
predict_designs <- function(fit, data, what, before = 0) {
  y <- NULL
  if (what == "posterior") {
    y <- as.integer(data$y)
    y[is.na(y)] <- 1L
  }
  out <- predict_core(fit$measure, fitted_design(fit, data), y, what, fit$control)
  if (what == "prob" && uses_all(fit) && !anyNA(out)) return(out)
  missing <- missing_rows(fit, data, before)
  if (what == "posterior") missing <- union(missing, which(is.na(data$y)))
  check_predicted(out, missing, before)
  if (length(missing)) {
    if (what == "expert") out[missing, , ] <- NA else out[missing, ] <- NA
  }
  out
}

# Whether class probabilities depend on all covariates: what is no finite number in any of these
# then leaves none in the row's probabilities, which are quicker to look through.
uses_all <- function(fit) {
  fit$experts > 1L && all(fit$columns$kept_expert) && all(fit$columns$kept_gate)
}

# The rows in which a covariate is missing; none may be infinite.
missing_rows <- function(fit, data, before = 0) {
  in_x <- missing_in(data$x, "newdata", before)
  if (identical(data$x, data$z)) return(in_x)
  union(in_x, missing_in(data$z, if (is.null(fit$terms)) "newz" else "newdata", before))
}

missing_in <- function(x, name, before) {
  values <- if (is_sparse(x)) x@x else x
  if (is.finite(sum(values))) return(integer())
  rows_where <- function(at) if (is_sparse(x)) x@i[at] + 1L else row(x)[at]
  infinite <- rows_where(which(is.infinite(values)))
  if (length(infinite)) {
    refuse("Covariates of `", name, "` must be finite or missing, but row ",
           before + min(infinite), " is infinite.")
  }
  unique(rows_where(which(is.na(values))))
}

# Only a predictor that overflows leaves no number.
check_predicted <- function(out, missing = integer(), before = 0) {
  if (!anyNA(out)) return(invisible())
  lost <- setdiff(which(is.na(rowSums(out))), missing)
  if (length(lost)) {
    refuse("Covariates must be of a size at which linear predictors are finite, but those of row ",
           before + lost[1], " are too far from the fit's.")
  }
}

# The first of the most probable; rows without probabilities have none.
most_probable <- function(prob, levels, ordered = FALSE) {
  missing <- which(is.na(prob[, 1]))
  if (length(missing)) prob[missing, ] <- 0
  class <- max.col(prob, "first")
  class[missing] <- NA
  factor_of(class, levels, ordered)
}

# A factor from its codes; it is ordered if the response was.
factor_of <- function(codes, levels, ordered) {
  structure(codes, levels = levels, class = c(if (isTRUE(ordered)) "ordered", "factor"))
}

# The fit's kept columns of new matrices, with the fit's standardisation.
fitted_design <- function(fit, data) {
  keep <- function(x, kept, center, scale) {
    standard_design(if (all(kept)) x else x[, kept, drop = FALSE], center, scale)
  }
  measure <- fit$measure
  x <- keep(data$x, fit$columns$kept_expert, measure$expert_center, measure$expert_scale)
  same <- identical(data$x, data$z) && identical(measure$gate_center, measure$expert_center) &&
    identical(measure$gate_scale, measure$expert_scale) &&
    identical(fit$columns$kept_gate, fit$columns$kept_expert)
  if (same) return(core_design(x, x))
  core_design(x, keep(data$z, fit$columns$kept_gate, measure$gate_center, measure$gate_scale))
}

# One of the core's predictions as an array.
predict_core <- function(measure, design, y, what, control) {
  kinds <- c("prob", "gate", "expert", "posterior")
  shape <- dim(measure$expert)[2:3]
  out <- .Call(C_moe_predict, design, y, as_theta(measure), shape, kinds == what,
               usable_threads(control))[[what]]
  n <- nrow(design$x)
  switch(what, expert = array(out, c(n, shape)), prob = matrix(out, n, shape[1]),
         matrix(out, n, shape[2]))
}

# Rows that na.exclude left out come back as NA.
pad_omitted <- function(fit, out) {
  if (!inherits(fit$na.action, "exclude")) return(out)
  if (length(dim(out)) < 3L) return(stats::napredict(fit$na.action, out))
  n <- dim(out)[1] + length(fit$na.action)
  padded <- array(NA_real_, c(n, dim(out)[-1]), c(list(NULL), dimnames(out)[-1]))
  padded[-fit$na.action, , ] <- out
  padded
}
