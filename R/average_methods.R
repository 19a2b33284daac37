# What users ask of an average: predictions with the spread of its members, and how it is shown.

# --- predictions ---

#' @rdname moe_average
#' @param object An average by `moe_average()`.
#' @param newdata,newz New rows as in [predict.moe_fit()]. Without `newdata`, predictions are the
#'   out-of-bag ones of the rows that were used.
#' @param type `"class"`, the most probable class; or `"prob"`, the class probabilities
#'   (`"response"` is another name of it).
#' @param interval `"confidence"` for limits too, with `type = "prob"` and `newdata`: quantiles of
#'   the members' probabilities, each recalibrated. Samples and starts differ between members, so
#'   the limits show how much one fit would vary, which is more than the average does.
#' @param level Their level.
#' @param prior `NULL`, or the classes' shares in the population, as in [predict.moe_fit()].
#' @return `predict()`: a factor, or a matrix with a row per row and a column per class. With an
#'   interval a list of such matrices: `fit`; `se.fit`, the standard deviation of the members;
#'   `lower` and `upper`.
#' @export
predict.moe_average <- function(object, newdata = NULL, type = c("class", "prob", "response"),
                                newz = NULL, interval = c("none", "confidence"), level = 0.95,
                                prior = NULL, ...) {
  check_unused(...)
  check_average(object)
  type <- check_choice(type, c("class", "prob", "response"), "type")
  interval <- check_choice(interval, c("none", "confidence"), "interval")
  tails <- interval_tails(check_level(level))
  prior <- check_prior(prior, object$levels)
  if (interval != "none" && (type == "class" || is.null(newdata))) {
    refuse("`interval = \"confidence\"` is for `type = \"prob\"` and `newdata`.")
  }
  if (is.null(newdata)) {
    check_matrices_wanted(object, newdata, newz, NULL)
    out <- list(fit = shift_probabilities(object$prob, object$class_shares, prior))
  } else {
    data <- rows_for(object, newdata, newz)
    finish <- function(prob) {
      shift_probabilities(raise_to_power(prob, object$power), object$class_shares, prior)
    }
    out <- warn_of_breaking(fit = object, {
      average_rows(object, data, finish, if (interval != "none") tails)
    })
    out <- lapply(out, `dimnames<-`, list(data$names(), object$levels))
  }
  if (type == "class") return(most_probable(out$fit, object$levels, object$ordered))
  if (interval == "none") out$fit else out
}

# A list of matrices: fit, and with tails the spread of the members. In blocks, whose probabilities
# by all members fit into memory.
average_rows <- function(object, data, finish, tails) {
  in_blocks(data, most = if (is.null(tails)) design_rows else design_rows %/% 10L,
            run = function(block, before) average_block(object, block, finish, tails, before))
}

average_block <- function(object, sides, finish, tails, before) {
  note_breaking(object, sides)
  missing <- missing_rows(object, sides, before)
  seen <- sides_by_kind(object, sides)
  sum <- 0
  each <- list()
  for (member in object$members) {
    prob <- predict_member(member, seen[[member$kind]], object$control)
    check_predicted(prob, missing, before)
    sum <- sum + prob
    if (!is.null(tails)) each <- c(each, list(finish(prob)))
  }
  out <- c(list(fit = finish(sum / length(object$members))),
           if (!is.null(tails)) spread_of(simplify2array(each), tails))
  lapply(out, function(values) {
    values[missing, ] <- NA
    values
  })
}

# The rows as members of each kind see them.
sides_by_kind <- function(object, sides) {
  kinds <- unique(vapply(object$members, `[[`, "", "kind"))
  lapply(stats::setNames(nm = kinds), function(kind) bend_sides(sides, object$knots, kind))
}

# Of an array, rows x classes x members.
spread_of <- function(prob, tails) {
  quantiles <- apply(prob, 1:2, quantiles_or_na, tails)
  limit <- function(tail) matrix(quantiles[tail, , ], nrow(prob))
  list(se.fit = apply(prob, 1:2, stats::sd), lower = limit(1L), upper = limit(2L))
}

# --- showing ---

#' @export
print.moe_average <- function(x, digits = max(3L, getOption("digits") - 3L), ...) {
  check_unused(...)
  digits <- check_digits(digits)
  check_average(x, "x")
  print_average_heading(x)
  cat("\n", if (x$by_folds) "Held-out" else "Out-of-bag", " losses:\n", sep = "")
  print(average_losses(x), digits = digits)
  invisible(x)
}

print_average_heading <- function(x) {
  cat("Average of ", length(x$members), " mixtures of ", x$experts, " multinomial-logistic expert",
      if (x$experts > 1L) "s", "\nCall: ", short_call(x$call), "\n", sep = "")
  omitted <- stats::naprint(x$na.action)
  cat_wrapped(x$rows, " observations",
              if (!is.null(x$group)) paste(" in", nlevels(x$group), "groups"),
              if (nzchar(omitted)) paste0(" (", omitted, ")"), ", ", describe_classes(x$levels))
  by <- if (x$by_folds) "by held-out rows" else "out of bag"
  cat_wrapped(
    "Ridge ", format(x$lambda),
    if (nrow(x$path) > 1L) paste0("; the best of ", nrow(x$path), " settings ", by),
    "; log-odds times ", format(x$power, digits = 3), ", chosen ", by
  )
}

# Those of the average, of one member, and of what knows the proteins alone.
average_losses <- function(x) {
  out <- x$losses
  if (!is.null(x$baseline)) out <- rbind(out, x$baseline$losses)
  rownames(out) <- c("average", "one member", x$baseline$name)
  colnames(out) <- loss_names[colnames(out)]
  out
}

#' @rdname moe_average
#' @export
summary.moe_average <- function(object, ...) {
  check_unused(...)
  check_average(object)
  classes <- lapply(object$levels, function(class) {
    known <- !is.na(object$prob[, 1]) & as.character(object$y) == class
    colMeans(object$prob[known, , drop = FALSE])
  })
  structure(c(object[c("path", "losses", "power", "class_shares")],
              list(classes = do.call(rbind, stats::setNames(classes, object$levels)),
                   unseen = range(object$unseen), heading = object)),
            class = "summary.moe_average")
}

#' @export
print.summary.moe_average <- function(x, digits = max(3L, getOption("digits") - 3L), ...) {
  print.moe_average(x$heading, digits = digits)
  if (nrow(x$path) > 1L) {
    cat("\nSettings tried, by the Brier score that very many members would have:\n")
    print(x$path, digits = digits, row.names = FALSE)
  }
  cat("\nMean probabilities of each class (columns) in rows of each class:\n")
  print(x$classes, digits = digits)
  cat_wrapped("\nEach row was unseen by ", paste(unique(x$unseen), collapse = " to "), " members")
  invisible(x)
}

#' @export
fitted.moe_average <- function(object, ...) predict.moe_average(object, type = "prob")
