# Why a prediction is as it is: the experts that speak, and what each covariate contributes.

# Columns of the plot's data, for R's check of names.
utils::globalVariables("contribution")

#' What experts and covariates contribute to a prediction
#'
#' Takes the log-odds of each class against the first apart, for single rows: which experts speak
#' with what weight, and what each covariate contributes. Contributions sum to the log-odds.
#'
#' @details
#' In expert \eqn{k} the log-odds of class \eqn{m} are linear, \eqn{\eta_{km} = \sum_j \delta_{kmj}
#' \tilde x_j}, with \eqn{\tilde x} the standardised covariates (and 1 for the intercept). A
#' mixture's log-odds \eqn{L_m = \log p(m \mid x, z) - \log p(1 \mid x, z)} are not, but they are a
#' weighted mean of those of its experts. With \eqn{\tau_{km}} the posterior of expert \eqn{k} given
#' that the class is \eqn{m}, \eqn{\log (\tau_{km} / \tau_{k1}) = \eta_{km} - L_m}, and so, exactly,
#' \deqn{L_m = \sum_k w_{km} \eta_{km} = \sum_j \sum_k w_{km} \delta_{kmj} \tilde x_j, \quad
#'   w_{km} \propto \frac{\tau_{km} - \tau_{k1}}{\log \tau_{km} - \log \tau_{k1}},}
#' the logarithmic mean of the two posteriors, as in index numbers that leave no residual (Vartia,
#' 1976; Ang and Choi, 1997). The sum over \eqn{k} is what covariate \eqn{j} contributes, against a
#' row in which all covariates are at their means in the training data; that of the intercept is the
#' log-odds of such a row, if the same experts spoke. The gate decides by the weights: its
#' covariates have no contribution of their own.
#'
#' For an average, \eqn{k} goes over the experts of all members, splines of a covariate are taken
#' together, each member's means are those of its sample, and all is multiplied by its power. A
#' `prior` adds a term of its own.
#'
#' @param object A fit by [moe_fit()], a dendrogram, a cross-validation or an average; for
#'   `autoplot()` contributions by `moe_contributions()`.
#' @param newdata,newz New rows as in [predict.moe_fit()].
#' @param prior `NULL`, or the classes' shares in the population, as in [predict.moe_fit()].
#' @param x Contributions by `moe_contributions()`.
#' @param row Which row to draw.
#' @param most How many covariates to draw, those that contribute most to any class; the others are
#'   taken together.
#' @param digits Significant digits to print.
#' @param ... Not used.
#' @return An object of class `moe_contributions`, a list of
#'   \item{terms}{data frame with a row per row of `newdata`, class but the first, and term: `row`,
#'     `class`, `term` (a column of the experts' design, `"(Intercept)"`, or `"(prior)"`), its
#'     `value` in the row, and its `contribution`}
#'   \item{experts}{data frame with a row per row of `newdata`, class and expert: `row`, `class`,
#'     `member` (of an average), `expert`, its `gate` probability, its `weight`
#'     \eqn{w_{km}}, and its own `log_odds`}
#'   \item{log_odds}{matrix of what contributions sum to, as `predict(type = "link")`}
#'   \item{prob}{matrix of the class probabilities}
#'
#'   `as.data.frame()` gives `terms`, `autoplot()` a bar per covariate.
#' @references
#' Ang, B. W. and Choi, K.-H. (1997). Decomposition of aggregate energy and gas emission intensities
#' for industry: a refined Divisia index method. *The Energy Journal* 18, 59-73.
#'
#' Vartia, Y. O. (1976). Ideal log-change index numbers. *Scandinavian Journal of Statistics* 3,
#' 121-126.
#' @seealso [moe_effects()] for effects on average over rows
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share + fc_resnik, pairs, lambda = 1,
#'                control = moe_control(search = "quick"))
#' why <- moe_contributions(fit, pairs[1, ])
#' why
#' autoplot(why)
#' @export
moe_contributions <- function(object, newdata, newz = NULL, prior = NULL) {
  object <- as_mixtures(object)
  prior <- check_prior(prior, object$levels)
  data <- with_designs(rows_for(object, newdata, newz))
  warn_of_breaking(note_breaking(object, data), object)
  missing_rows(object, data) # refuses infinite covariates
  parts <- lapply(object$members, member_parts, sides_by_kind(object, data), object)
  log_odds <- mixture_log_odds(parts)
  weights <- expert_weights(parts, log_odds)
  contributions <- object$power * term_contributions(parts, weights, ncol(data$x))
  log_odds <- object$power * log_odds
  values <- as.matrix(data$x)
  colnames(values) <- object$columns$expert
  if (!is.null(prior)) {
    shift <- log_odds(rbind(prior / object$class_shares))
    log_odds <- log_odds + rep(shift, each = nrow(log_odds))
    contributions <- add_term(contributions, rep(shift, each = nrow(log_odds)))
    values <- cbind(values, `(prior)` = NA)
  }
  new_contributions(object, contributions, values, parts, weights, log_odds)
}

# What a fit and an average have in common: members, knots, and a power.
as_mixtures <- function(object) {
  if (inherits(object, "moe_average")) return(check_average(object))
  if (inherits(object, "moe_tune")) object <- object$fit
  if (inherits(object, "moe_dendrogram")) object <- cut.moe_dendrogram(object)
  check_fit(object)
  object$members <- list(object[c("measure", "columns", "levels", "lambda")])
  object$members[[1]]$kind <- "none"
  object$power <- 1
  object
}

# --- one member ---

# Gate and joint probabilities, each expert's log-odds, and what these are made of: the standardised
# covariates, their slopes, and the column of the experts' design that each is of.
member_parts <- function(member, seen, object) {
  problem <- member_problem(member, seen[[member$kind]], object$control)
  at <- core_predict(problem, as_theta(member$measure), c("gate", "expert"))
  x <- standardised(problem$design, "x")
  slopes <- member$measure$expert
  slopes <- slopes[, -1, , drop = FALSE] - slopes[, rep(1L, dim(slopes)[2] - 1L), , drop = FALSE]
  experts <- dim(slopes)[3]
  eta <- array(x %*% matrix(slopes, nrow(slopes)), c(nrow(x), dim(slopes)[2], experts))
  joint <- at$expert * at$gate[expert_places(dim(at$expert))]
  from <- if (member$kind == "expert") bent_from(object$knots$x) else
    seq_along(member$columns$kept_expert)
  list(gate = at$gate, joint = joint, log_odds = eta, x = x, slopes = slopes,
       from = from[member$columns$kept_expert])
}

# Where a matrix, rows x experts, has the value for each entry of rows x classes x experts.
expert_places <- function(size) {
  row <- rep(seq_len(size[1]), size[2] * size[3])
  row + size[1] * (rep(seq_len(size[3]), each = size[1] * size[2]) - 1L)
}

# --- all members ---

mixture_log_odds <- function(parts) {
  total <- Reduce(`+`, lapply(parts, function(part) rowSums(part$joint, dims = 2L)))
  log_odds(total)
}

# Rows x classes but the first x experts of all members.
expert_weights <- function(parts, log_odds) {
  bind <- function(arrays) {
    size <- dim(arrays[[1]])
    array(unlist(arrays), c(size[1:2], sum(vapply(arrays, function(a) dim(a)[3], 0L))))
  }
  joint <- bind(lapply(parts, `[[`, "joint"))
  total <- as.vector(rowSums(joint, dims = 2L))
  posterior <- joint / total
  means <- log_mean(posterior[, -1, , drop = FALSE],
                    posterior[, rep(1L, ncol(log_odds)), , drop = FALSE],
                    bind(lapply(parts, `[[`, "log_odds")) - as.vector(log_odds))
  means / as.vector(rowSums(means, dims = 2L))
}

# The logarithmic mean of a and b, whose logarithms differ by d.
log_mean <- function(a, b, d) {
  of_larger <- pmax(a, b)
  share <- ifelse(d == 0, 1, -expm1(-abs(d)) / abs(d))
  array(of_larger * share, dim(a))
}

# Rows x classes but the first x columns of the experts' design.
term_contributions <- function(parts, weights, terms) {
  out <- array(0, c(dim(weights)[1:2], terms))
  before <- 0L
  for (part in parts) {
    for (k in seq_len(dim(part$slopes)[3])) for (m in seq_len(ncol(out))) {
      by_column <- part$x * rep(part$slopes[, m, k], each = nrow(part$x)) * weights[, m, before + k]
      summed <- rowsum(t(by_column), part$from)
      at <- as.integer(rownames(summed))
      out[, m, at] <- out[, m, at] + t(summed)
    }
    before <- before + dim(part$slopes)[3]
  }
  out
}

add_term <- function(contributions, values) {
  size <- dim(contributions)
  array(c(contributions, values), c(size[1:2], size[3] + 1L))
}

# --- the object ---

new_contributions <- function(object, contributions, values, parts, weights, log_odds) {
  rows <- seq_len(nrow(values))
  classes <- object$levels[-1]
  terms <- data.frame(
    row = rows, class = rep(factor(classes, object$levels), each = length(rows)),
    term = rep(colnames(values), each = length(log_odds)),
    value = as.vector(values[rep(rows, length(classes)), ]),
    contribution = as.vector(contributions)
  )
  count <- vapply(parts, function(part) ncol(part$gate), 0L)
  gate <- do.call(cbind, lapply(parts, `[[`, "gate"))
  experts <- data.frame(
    row = rows, class = rep(factor(classes, object$levels), each = length(rows)),
    member = rep(rep(seq_along(parts), count), each = length(log_odds)),
    expert = rep(sequence(count), each = length(log_odds)),
    gate = as.vector(gate[, rep(seq_len(ncol(gate)), each = length(classes))]),
    weight = as.vector(weights),
    log_odds = unlist(lapply(parts, `[[`, "log_odds"))
  )
  odds <- exp(cbind(0, log_odds))
  dimnames(log_odds) <- list(NULL, classes)
  structure(list(terms = terms, experts = experts, log_odds = log_odds,
                 prob = structure(odds / rowSums(odds), dimnames = list(NULL, object$levels)),
                 reference = object$levels[1]),
            class = "moe_contributions")
}

#' @rdname moe_contributions
#' @export
print.moe_contributions <- function(x, digits = 3, ...) {
  check_contributions(x)
  cat("Contributions to log-odds against ", x$reference, "\n", sep = "")
  for (row in utils::head(seq_len(nrow(x$prob)), 3L)) {
    cat("\nRow ", row, ": ", paste0(colnames(x$prob), " ", format(x$prob[row, ], digits = digits),
                                    collapse = ", "), "\n", sep = "")
    speaking <- x$experts[x$experts$row == row & x$experts$weight >= 0.1, -1]
    if (nrow(speaking)) print(speaking, digits = digits, row.names = FALSE)
    print(wide_terms(x, row), digits = digits)
  }
  if (nrow(x$prob) > 3L) cat("\n... and ", nrow(x$prob) - 3L, " more rows\n", sep = "")
  invisible(x)
}

# The terms of a row, those that contribute most first, with a column per class.
wide_terms <- function(x, row) {
  terms <- x$terms[x$terms$row == row, ]
  wide <- tapply(terms$contribution, list(factor(terms$term, unique(terms$term)),
                                          droplevels(terms$class)), identity)
  size <- apply(abs(wide), 1, max)
  out <- cbind(value = terms$value[match(rownames(wide), terms$term)], wide)
  rbind(out[order(-size), , drop = FALSE], `log-odds` = c(NA, colSums(wide)))
}

#' @rdname moe_contributions
#' @param row.names,optional Not used.
#' @export
as.data.frame.moe_contributions <- function(x, row.names = NULL, optional = FALSE, ...) {
  check_unused(...)
  check_contributions(x)
  x$terms
}

#' @rdname moe_contributions
#' @rawNamespace S3method(ggplot2::autoplot, moe_contributions)
autoplot.moe_contributions <- function(object, row = 1, most = 10, ...) {
  check_unused(...)
  check_contributions(object, "object")
  row <- check_count(row, "row", upper = nrow(object$prob))
  bars <- bars_of(object, row, check_count(most, "most"))
  ggplot2::ggplot(bars, ggplot2::aes(contribution, term, fill = contribution > 0)) +
    ggplot2::geom_col(width = 0.7) +
    ggplot2::geom_vline(xintercept = 0, colour = "grey40") +
    ggplot2::facet_wrap("class") +
    ggplot2::scale_fill_manual(values = c(`TRUE` = "#0072B2", `FALSE` = "#D55E00"),
                               guide = "none") +
    ggplot2::labs(x = paste("contribution to the log-odds against", object$reference), y = NULL) +
    ggplot2::theme_minimal()
}

bars_of <- function(object, row, most) {
  terms <- object$terms[object$terms$row == row, ]
  size <- sort(tapply(abs(terms$contribution), terms$term, max), decreasing = TRUE)
  shown <- names(utils::head(size, most))
  label <- ifelse(is.na(terms$value) | terms$term == "(Intercept)", terms$term,
                  paste(terms$term, "=", trimws(formatC(terms$value, digits = 3, format = "g"))))
  order <- unique(label[match(shown, terms$term)])
  terms$term <- ifelse(terms$term %in% shown, label, "all others")
  bars <- stats::aggregate(contribution ~ term + class, terms, sum)
  odds <- object$log_odds[row, as.character(bars$class)]
  prob <- object$prob[row, as.character(bars$class)]
  title <- paste0(bars$class, ": log-odds ", format(odds, digits = 2, trim = TRUE),
                  ", probability ", formatC(prob, digits = 2, format = "g"))
  bars$class <- factor(title, unique(title[order(bars$class)]))
  bars$term <- factor(bars$term, rev(c(order, "all others")))
  bars
}

#' @rdname moe_contributions
#' @export
plot.moe_contributions <- function(x, ...) {
  figure <- autoplot.moe_contributions(x, ...)
  print(figure)
  invisible(figure)
}
