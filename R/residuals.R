# What the response is beside a fit: residuals, and draws from it.

#' Residuals of a fit
#'
#' @param object A fit by [moe_fit()] that holds its training data.
#' @param type With \eqn{Y} the n x M indicator matrix of the response and \eqn{P} the fitted
#'   probabilities: `"response"`, \eqn{Y - P}; `"pearson"`, \eqn{(Y - P) / \sqrt{P (1 - P)}}; both
#'   n x M; `"deviance"`, \eqn{\sqrt{-2 \log p(y_i)}}, one value per row, whose squares, times the
#'   case weights, sum to the deviance. Pearson residuals carry \eqn{\sqrt{v_i}}, as in `glm`. Of
#'   a response of counts \eqn{Y} is the share of each class in the row's counts, its variance
#'   allows for the expert that all counts of a row share, and \eqn{p(y_i)} is of all of them. In a
#'   fit with groups residuals are of each row by itself, whatever the rest of its group.
#' @param ... Not used.
#' @return A matrix or vector as described.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' head(residuals(fit, "pearson"))
#' @export
residuals.moe_fit <- function(object, type = c("response", "pearson", "deviance"), ...) {
  check_unused(...)
  type <- check_choice(type, c("response", "pearson", "deviance"), "type")
  data <- training_data(object)
  data$group <- NULL
  out <- switch(type, response = response_residual(object, data),
                pearson = pearson_residual(object, data),
                deviance = sqrt(pmax(0, -2 * unit_loglik(object, data))))
  if (is.matrix(out)) rownames(out) <- used_rows(object) else names(out) <- used_rows(object)
  if (is.null(object$na.action)) out else stats::naresid(object$na.action, out)
}

# Rows without a count have no residual.
response_residual <- function(fit, data, prob = predict_rows(fit, data, "prob")$prob) {
  counts <- class_counts(data$y)
  size <- rowSums(counts)
  out <- counts / pmax(1, size) - prob
  out[size == 0, ] <- 0
  out
}

# Where a certain outcome came, or a row has no weight, there is no residual, in place of 0 / 0.
pearson_residual <- function(fit, data) {
  prob <- predict_rows(fit, data, "prob")$prob
  weighted <- sqrt(prior_weights(fit)) * response_residual(fit, data, prob)
  out <- weighted / sqrt(share_variance(fit, data, prob))
  out[weighted == 0] <- 0
  out
}

# Of the classes' shares in each row: P (1 - P) for one response; counts share an expert, whose
# probabilities vary about P.
share_variance <- function(fit, data, prob) {
  out <- prob * (1 - prob)
  if (!is_counts(data$y)) return(out)
  at <- predict_rows(fit, data, c("gate", "expert"))
  squares <- lapply(seq_len(fit$experts), function(k) {
    at$gate[, k] * matrix(at$expert[, , k]^2, nrow(prob))
  })
  size <- pmax(1, rowSums(class_counts(data$y)))
  (out + (size - 1) * pmax(0, Reduce(`+`, squares) - prob^2)) / size
}

#' Simulate responses from a fit
#'
#' @param object A fit by [moe_fit()].
#' @param nsim Number of responses to draw.
#' @param seed `NULL`, or a seed as in [stats::simulate()].
#' @param newdata,newz,group Covariates and groups as in [predict.moe_fit()]; the training data by
#'   default, and always for a response of counts, whose rows have as many as were seen. One expert,
#'   drawn by the gate, makes all responses of a group, and all counts of a row.
#' @param ... Not used.
#' @return A data frame with `nsim` factors, or matrices of counts, one row per row of the data,
#'   with the attribute `seed`.
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' head(simulate(fit, nsim = 2, seed = 3))
#' @export
simulate.moe_fit <- function(object, nsim = 1, seed = NULL, newdata = NULL, newz = NULL,
                             group = NULL, ...) {
  check_unused(...)
  nsim <- check_count(nsim, "nsim")
  if (!exists(".Random.seed", globalenv(), inherits = FALSE)) stats::runif(1)
  if (!is.null(object$counts) && !is.null(newdata)) {
    refuse("`newdata` must be NULL where the response is of counts, as it does not say how many ",
           "each row has.")
  }
  draw_one <- response_sampler(object, newdata, newz, group)
  draw <- function() lapply(seq_len(nsim), function(s) draw_one())
  if (is.null(seed)) {
    used <- get(".Random.seed", globalenv(), inherits = FALSE)
    draws <- draw()
  } else {
    draws <- keep_random_state({
      set.seed(seed)
      used <- structure(seed, kind = as.list(RNGkind()))
      draw()
    })
  }
  names(draws) <- paste0("sim_", seq_len(nsim))
  # as.data.frame() would take matrices apart.
  structure(draws, class = "data.frame", row.names = .set_row_names(NROW(draws[[1]])), seed = used)
}

# A function that draws a response for all rows.
response_sampler <- function(fit, newdata = NULL, newz = NULL, group = NULL) {
  prob <- predict.moe_fit(fit, newdata, type = "prob", newz = newz)
  of_group <- drawn_groups(fit, newdata, group, nrow(prob))
  probabilities <- if (is.null(of_group)) function() prob else
    group_probabilities(fit, newdata, newz, of_group)
  response <- response_drawer(fit)
  function() response(probabilities())
}

# A function that draws a response of class probabilities, a row each: classes, or as many counts as
# the fit has seen.
response_drawer <- function(fit) {
  if (is.null(fit$counts)) return(function(prob) draw_classes(prob, fit$levels, fit$ordered))
  size <- stats::naresid(fit$na.action, rowSums(class_counts(training_data(fit)$y)))
  function(prob) {
    out <- vapply(seq_along(size), function(i) {
      if (is.na(size[i])) rep.int(NA_integer_, ncol(prob)) else
        stats::rmultinom(1, size[i], prob[i, ])[, 1]
    }, integer(ncol(prob)))
    matrix(t(out), length(size), dimnames = list(NULL, fit$levels))
  }
}

# The group of each row that is simulated, as a number; rows that na.exclude left out have none.
drawn_groups <- function(fit, newdata, group, rows) {
  if (is.null(newdata)) {
    codes <- if (!is.null(fit$group)) as.integer(fit$group) else
      if (!is.null(fit$counts)) seq_len(fit$rows)
    return(if (length(codes) < rows) stats::naresid(fit$na.action, codes) else codes)
  }
  group <- groups_in(fit, group, newdata)
  if (!is.null(group)) as.integer(as_groups(group, rows))
}

# A function that draws an expert for each group and gives its class probabilities of each row.
group_probabilities <- function(fit, newdata, newz, group) {
  gate <- predict.moe_fit(fit, newdata, type = "gate", newz = newz)
  expert <- predict.moe_fit(fit, newdata, type = "expert", newz = newz)
  first <- match(seq_len(max(group, na.rm = TRUE)), group)
  function() {
    drawn <- as.integer(draw_classes(gate[first, , drop = FALSE], colnames(gate), FALSE))[group]
    vapply(seq_along(fit$levels), function(m) {
      matrix(expert[, m, ], nrow(gate))[cbind(seq_along(group), drawn)]
    }, numeric(nrow(gate)))
  }
}
