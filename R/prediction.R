# What a fit says of rows.

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

# Only a predictor that overflows leaves no number.
check_predicted <- function(out, missing = integer(), before = 0) {
  if (!anyNA(out)) return(invisible())
  lost <- setdiff(which(is.na(rowSums(out))), missing)
  if (length(lost)) {
    refuse("Covariates must be of a size at which linear predictors are finite, but those of row ",
           before + lost[1], " are too far from the fit's.")
  }
}
