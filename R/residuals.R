# What the response is beside a fit: residuals, and draws from it.

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
#'                control = moe_control(search = "quick"))
#' head(residuals(fit, "pearson"))
#' @export
residuals.moe_fit <- function(object, type = c("response", "pearson", "deviance"), ...) {
  check_unused(...)
  type <- check_choice(type, c("response", "pearson", "deviance"), "type")
  data <- training_data(object)
  prob <- predict_rows(object, data, "prob")$prob
  rownames(prob) <- used_rows(object)
  y <- as.integer(data$y)
  response <- -prob
  at <- cbind(seq_along(y), y)
  response[at] <- 1 - prob[at]
  out <- switch(type, response = response,
                pearson = pearson_residual(sqrt(prior_weights(object)) * response, prob),
                deviance = setNames(sqrt(pmax(0, -2 * log(prob[at]))), rownames(prob)))
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
#' @param newdata,newz,group Covariates and groups as in [predict.moe_fit()]; the training data by
#'   default. One expert, drawn by the gate, makes all responses of a group.
#' @param ... Not used.
#' @return A data frame with `nsim` factors, one row per row of the data, with the attribute `seed`.
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
  prob <- predict.moe_fit(object, newdata, type = "prob", newz = newz)
  of_group <- drawn_groups(object, newdata, group, nrow(prob))
  probabilities <- if (is.null(of_group)) function() prob else
    group_probabilities(object, newdata, newz, of_group)
  draw <- function() {
    lapply(seq_len(nsim), function(s) draw_classes(probabilities(), object$levels, object$ordered))
  }
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
  structure(as.data.frame(draws), seed = used)
}

# The group of each row that is simulated, as a number; rows that na.exclude left out have none.
drawn_groups <- function(fit, newdata, group, rows) {
  if (is.null(newdata)) {
    codes <- if (!is.null(fit$group)) as.integer(fit$group)
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
