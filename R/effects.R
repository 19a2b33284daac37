#' Average marginal effects
#'
#' How the class probabilities change with each covariate, on average over the rows: what a mixture
#' of experts says about a covariate as a whole, through gate and experts together.
#'
#' @details
#' For a numeric covariate (dates and times count as numbers, of days and seconds; a matrix as its
#' columns) \eqn{x_j} the effect on class \eqn{m} is the mean derivative \eqn{\sum_i
#' v_i \, \partial p(m \mid x_i, z_i) / \partial x_{ij} / \sum_i v_i}, for a factor (a character or
#' logical variable) the mean difference between all rows being at a level and all rows being at the
#' first. Covariates that appear in the gate as well as in the experts, in interactions or in
#' functions such as `log(x)` and splines, are moved everywhere at once: derivatives are then
#' central differences with a step of about 6e-6 standard deviations in the training data. For
#' covariates that are in no interaction or function derivatives are exact. A variable that
#' the formula makes into classes, as in `factor(k)` or `I(k > 2)`, is refused: make these a column
#' of the data. Effects on the classes sum to 0.
#'
#' Standard errors are by the delta method and take the covariates as fixed. What they rest on, and
#' are conditional on, is said in [vcov.moe_fit()]; they remain finite for coefficients about which
#' there is no information, where these do not matter for probabilities.
#'
#' @param object A fit by [moe_fit()] that holds its training data.
#' @param variables Names of covariates: variables of the formula, or columns of matrices. All by
#'   default.
#' @param newdata,newz Rows over which to average, as in [predict.moe_fit()], also a source of rows
#'   by [moe_rows()]; the training data by default. Where the formula transforms a variable, as in
#'   `log(x)`, the fit does not hold the variable itself, and `newdata` is needed. Rows with missing
#'   values are left out.
#' @param weights Weights of these rows; by default the case weights for the training data and 1 for
#'   `newdata`.
#' @param vcov,cluster Which covariance to use: `type` and `cluster` of [vcov.moe_fit()].
#' @param level Confidence level.
#' @return A data frame (class `moe_effects`) with a row per variable (factor: per level other
#'   than the first) and class: `variable`, `contrast` (`"dP/dx"`, or `"b - a"` for levels),
#'   `class`, `estimate`, `std.error`, `statistic` (their ratio), `p.value` (normal, two-sided),
#'   `conf.low` and `conf.high`. Estimates are differences of probabilities, for numeric
#'   covariates per unit of the covariate.
#' @seealso [predict.moe_fit()] for intervals of probabilities, [confint.moe_fit()]
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' moe_effects(fit)
#' @export
moe_effects <- function(object, variables = NULL, newdata = NULL, newz = NULL, weights = NULL,
                        vcov = c("observed", "sandwich", "opg"), cluster = NULL, level = 0.95) {
  check_fit(object)
  level <- check_level(level)
  task <- list(fit = object, variables = variables, newz = newz, weights = weights)
  sums <- warn_of_breaking(fit = object, {
    if (is_rows(newdata)) sum_source_effects(newdata, task) else sum_effects(newdata, task)
  })
  if (is.null(sums)) refuse("There must be a row without missing values, but there is none.")
  covariance <- scaled_covariance(object, vcov, cluster, "vcov")
  finish_effects(effect_table(object$levels, sums, covariance), level)
}

finish_effects <- function(effects, level) {
  limits <- symmetric_limits(effects$estimate, effects$std.error, level)
  effects$statistic <- effects$estimate / effects$std.error
  effects$p.value <- 2 * stats::pnorm(-abs(effects$statistic))
  effects[c("conf.low", "conf.high")] <- limits
  structure(effects, class = c("moe_effects", "data.frame"))
}

#' @export
print.moe_effects <- function(x, digits = max(3L, getOption("digits") - 3L), ...) {
  check_effects(x)
  digits <- check_digits(digits)
  shown <- structure(x, class = "data.frame")
  if (is.numeric(x$p.value)) shown$p.value <- format.pval(x$p.value, digits = digits - 1L)
  print(shown, digits = digits, row.names = FALSE, ...)
  invisible(x)
}

# --- the rows over which to average ---

# The covariates' variables as a data frame, for matrix fits a column per column.
effect_frame <- function(fit, newdata, newz) {
  check_matrices_wanted(fit, newdata, newz, NULL)
  if (is.null(fit$terms)) {
    return(frame_of_matrices(fit, with_designs(rows_for(fit, newdata, newz))))
  }
  variables <- all.vars(delete.response(fit$terms$full))
  if (is.null(newdata)) {
    training_data(fit)
    return(fit$model[check_transformed(variables, fit)])
  }
  newdata <- collected(newdata)
  if (!is.data.frame(newdata)) refuse("`newdata` must be a data frame, not ", given(newdata), ".")
  check_variables(delete.response(fit$terms$full), newdata, fit$variables)
  conform_variables(newdata[intersect(variables, names(newdata))], fit$blueprint)
}

# A number that the formula makes into classes has no derivative, and what is not a number must be
# there as it is for its levels to be known.
check_entering <- function(fit, values) {
  terms <- fit$terms$full
  columns <- as.list(attr(terms, "variables"))[-1]
  kinds <- attr(terms, "dataClasses")[seq_along(columns)]
  classed <- columns[kinds %in% c("factor", "ordered", "character", "logical") &
                       !vapply(columns, is.name, NA)]
  for (name in names(values)) {
    if (!is.numeric(values[[name]]) && name %in% names(kinds)) next
    through <- Filter(function(column) name %in% all.vars(column), classed)
    if (length(through)) {
      refuse("Covariates must enter the formula as they are or through functions with a ",
             "derivative, but ", name, " enters through ", deparse1(through[[1]]), ": fit with ",
             "that as a column of the data, or leave ", name, " out of `variables`.")
    }
  }
}

frame_of_matrices <- function(fit, data) {
  columns <- fit$columns
  x <- as.data.frame(as.matrix(data$x))
  z <- if (identical(data$x, data$z)) x else as.data.frame(as.matrix(data$z))
  names(x) <- columns$expert
  names(z) <- columns$gate
  both <- intersect(columns$gate, columns$expert)
  different <- both[!vapply(both, function(name) identical(x[[name]], z[[name]]), NA)]
  if (length(different)) {
    refuse("A covariate of experts and gate must have the same values in both, but ",
           enumerate(different), " differs: give different names to different covariates.")
  }
  frame <- cbind(x, z[setdiff(columns$gate, columns$expert)])
  frame[names(frame) != columns$expert[1]]
}

# A model frame holds log(x), not x. Other names may be constants from where the formula was
# written.
check_transformed <- function(variables, fit) {
  absent <- setdiff(variables, names(fit$model))
  where <- environment(fit$terms$full)
  constant <- vapply(absent, function(name) {
    !name %in% fit$variables && exists(name, envir = where) &&
      length(get(name, envir = where)) == 1L
  }, NA)
  if (!all(constant)) {
    refuse("The formula transforms ", enumerate(absent[!constant]), ", and the fit does not hold ",
           "the values themselves: give the data as `newdata`.")
  }
  intersect(variables, names(fit$model))
}

check_variables_wanted <- function(variables, available) {
  if (length(available) == 0L) refuse("The fit must have covariates, but has none.")
  if (is.null(variables)) return(available)
  if (!is.character(variables)) {
    refuse("`variables` must be NULL or names of covariates, not ", given(variables), ".")
  }
  unknown <- setdiff(variables, available)
  if (length(unknown)) {
    refuse("`variables` must be among the covariates (", enumerate(available), "), but ",
           enumerate(unknown), " is not.")
  }
  variables
}

# Weighted sums of class probabilities over the rows of a frame, and their gradient.
average_prob <- function(fit, frame, weights) {
  problem <- fit_problem(fit, effect_data(fit, frame), weights = weights, group = NULL)
  core_averages(problem, as_theta(fit$measure))
}

effect_data <- function(fit, frame) {
  if (!is.null(fit$terms)) return(with_designs(new_frame(fit, frame, FALSE)))
  ones <- rep.int(1, nrow(frame))
  of <- function(columns) do.call(cbind, unname(c(list(ones), frame[columns[-1]])))
  x <- of(fit$columns$expert)
  shared <- identical(fit$columns$gate, fit$columns$expert)
  list(x = x, z = if (shared) x else of(fit$columns$gate))
}

# --- effects ---

# Over rows: their weight, `total`, and for each variable (each column of a matrix) by its label the
# weighted sums of the changes of probabilities, `changes`. NULL where there is no row.
sum_effects <- function(newdata, task) {
  fit <- task$fit
  frame <- effect_frame(fit, newdata, task$newz)
  variables <- check_variables_wanted(task$variables, names(frame))
  check_entering(fit, frame[variables])
  weights <- if (!is.null(task$weights)) check_weights(task$weights, nrow(frame)) else
    if (is.null(newdata)) prior_weights(fit) else rep.int(1, nrow(frame))
  data <- effect_data(fit, frame)
  note_breaking(fit, data)
  missing <- missing_rows(fit, data)
  used <- weights > 0 & !seq_len(nrow(frame)) %in% missing
  if (!any(used)) return(NULL)
  if (!all(used)) {
    frame <- frame[used, , drop = FALSE]
    weights <- weights[used]
    data <- effect_data(fit, frame)
  }
  plain <- variables[vapply(variables, is_plain, NA, fit = fit, values = frame)]
  derivatives <- if (length(plain)) {
    plain_derivatives(fit, plain, average_tangent(fit, data, weights))
  }
  changes <- lapply(variables, function(name) {
    if (!name %in% plain) return(effects_of(fit, frame, name, weights))
    setNames(list(list(`dP/dx` = derivatives[[name]])), name)
  })
  list(total = sum(weights), changes = do.call(c, changes))
}

sum_source_effects <- function(source, task) {
  if (!is.null(task$weights)) {
    refuse("`weights` must be NULL where `newdata` is a source of rows, all of which count alike.")
  }
  task$fit[c("source", "model")] <- NULL
  Reduce(add_results, over_chunks(source, sum_effects, task))
}

# A list of changes by label.
effects_of <- function(fit, frame, name, weights) {
  values <- frame[[name]]
  if (is.null(dim(values))) return(setNames(list(changes_of(fit, frame, name, weights)), name))
  labels <- colnames(values)
  if (is.null(labels)) labels <- seq_len(ncol(values))
  changes <- lapply(seq_len(ncol(values)), function(j) {
    list(`dP/dx` = derivative(fit, frame, name, weights, j))
  })
  setNames(changes, paste0(name, labels))
}

# Dates and times are numbers to the model.
changes_of <- function(fit, frame, name, weights) {
  values <- frame[[name]]
  moves <- is.numeric(values) || inherits(values, c("Date", "POSIXct", "difftime"))
  if (!moves || !is.null(fit$xlevels[[name]])) return(level_differences(fit, frame, name, weights))
  list(`dP/dx` = derivative(fit, frame, name, weights))
}

# A row per variable, contrast and class.
effect_table <- function(classes, sums, covariance) {
  changes <- unlist(unname(sums$changes), recursive = FALSE)
  of <- function(part) unlist(lapply(unname(changes), `[[`, part)) / sums$total
  gradient <- matrix(of("gradient"), nrow(covariance))
  variance <- colSums(gradient * (covariance %*% gradient))
  data.frame(variable = rep(names(sums$changes), lengths(sums$changes) * length(classes)),
             contrast = rep(names(changes), each = length(classes)),
             class = rep(classes, length(changes)),
             estimate = of("prob"), std.error = sqrt(pmax(variance, 0)))
}

# By a vector, or by column j of a matrix.
derivative <- function(fit, frame, name, weights, j = 1L) {
  at_column <- if (is.null(dim(frame[[name]]))) TRUE else cbind(seq_len(nrow(frame)), j)
  values <- as.double(unclass(frame[[name]])[at_column])
  step <- derivative_step(values, training_column(fit, name, j))
  # The step as it was rounded.
  width <- (values + step) - (values - step)
  at <- function(values) {
    column <- as.double(frame[[name]])
    attributes(column) <- attributes(frame[[name]])["dim"]
    column[at_column] <- values
    attributes(column) <- attributes(frame[[name]])
    frame[[name]] <- column
    average_prob(fit, frame, weights / width)
  }
  Map(`-`, at(values + step), at(values - step))
}

# In proportion to the spread of the training data, which newdata of one row have not; of `values`
# themselves where the fit holds the covariate transformed only. Never lost in rounding.
derivative_step <- function(values, trained) {
  far <- max(abs(values))
  size <- if (far > 0) far else 1
  for (x in Filter(length, list(values, trained))) {
    spread <- stats::sd(x, na.rm = TRUE)
    # What rounding leaves of a constant is no spread.
    if (isTRUE(spread > 1e-10 * max(abs(x), na.rm = TRUE))) size <- spread
  }
  max(.Machine$double.eps^(1 / 3) * size, 1e-12 * far)
}

training_column <- function(fit, name, j = 1L) {
  if (!is.null(fit$terms)) {
    trained <- fit$model[[name]]
    return(as.double(if (is.null(dim(trained))) trained else trained[, j]))
  }
  for (x in fit$model[c("x", "z")]) if (name %in% colnames(x)) return(as.double(x[, name]))
}

# --- covariates that are columns of the designs and nothing else ---

is_plain <- function(name, fit, values) {
  values <- values[[name]]
  if (!is.numeric(values) || !is.null(dim(values)) || is.object(values)) return(FALSE)
  if (is.null(fit$terms)) return(TRUE)
  factors <- attr(fit$terms$full, "factors")
  of <- vapply(rownames(factors), function(a) name %in% all.vars(str2lang(a)), NA)
  terms <- colnames(factors)[colSums(factors[of, , drop = FALSE] > 0) > 0]
  identical(rownames(factors)[of], name) && identical(terms, name)
}

# To move such a covariate by the same in all rows is to move linear predictors. So the derivatives
# of averages by each of these, a column each, serve all of these covariates; `at` are the averages,
# whose derivatives by intercepts are those of the probabilities by predictors.
average_tangent <- function(fit, data, weights) {
  problem <- fit_problem(fit, data, weights = weights, group = NULL)
  theta <- as_theta(fit$measure)
  at <- core_averages(problem, theta)
  intercepts <- which(!duplicated(predictor_layout(fit)$of))
  gradients <- core_tangent(problem, theta)
  list(at = at, intercepts = intercepts, prob = t(at$gradient[intercepts, , drop = FALSE]),
       gradient = matrix(gradients, ncol = length(intercepts)))
}

# The average derivatives by these covariates, and their gradients: through all linear predictors,
# and by each covariate's own coefficients.
plain_derivatives <- function(fit, names, tangent) {
  through <- predictor_slopes(fit, names)
  prob <- tcrossprod(tangent$prob, through$slope)
  gradient <- array(tcrossprod(tangent$gradient, through$slope),
                    c(dim(tangent$at$gradient), length(names)))
  out <- lapply(seq_along(names), function(v) {
    on <- which(!is.na(through$row[v, ]))
    first <- tangent$intercepts[on]
    own <- first + through$row[v, on] - 1L
    of <- matrix(gradient[, , v], dim(gradient)[1])
    of[own, ] <- of[own, ] + tangent$at$gradient[first, ] / through$scale[v, on]
    list(prob = prob[, v], gradient = of)
  })
  setNames(out, names)
}

# Of each covariate (row) in each linear predictor (column): its row among the coefficients, NA
# where it is not there, its scale, and its slope per unit, 0 where it is not there.
predictor_slopes <- function(fit, names) {
  measure <- fit$measure
  gate <- match(names, fit$columns$gate[fit$columns$kept_gate])
  expert <- match(names, fit$columns$expert[fit$columns$kept_expert])
  of_gate <- measure$gate[gate, , drop = FALSE]
  of_expert <- measure$expert[expert, , , drop = FALSE]
  first <- rep(1L, dim(of_expert)[2])
  by_gate <- (of_gate - of_gate[, 1])[, -1, drop = FALSE]
  by_expert <- (of_expert - of_expert[, first, , drop = FALSE])[, -1, , drop = FALSE]
  size <- c(ncol(by_gate), prod(dim(by_expert)[-1]))
  beside <- function(a, b) {
    cbind(array(a, c(length(names), size[1])), array(b, c(length(names), size[2])))
  }
  scale <- beside(measure$gate_scale[gate], measure$expert_scale[expert])
  slope <- beside(by_gate, by_expert) / scale
  list(row = beside(gate, expert), scale = scale, slope = replace(slope, is.na(slope), 0))
}

# --- levels ---

level_differences <- function(fit, frame, name, weights) {
  levels <- if (is.logical(frame[[name]])) c(FALSE, TRUE) else fit$xlevels[[name]]
  if (is.null(levels)) {
    refuse("Covariates must be numbers, factors, text or logical values, but ",
           dQuote(name, FALSE), " is ", given(frame[[name]]), ".")
  }
  at <- lapply(levels, function(level) {
    frame[[name]] <- rep(level, nrow(frame))
    average_prob(fit, frame, weights)
  })
  changes <- lapply(at[-1], function(a) Map(`-`, a, at[[1]]))
  setNames(changes, paste(levels[-1], "-", levels[1]))
}
