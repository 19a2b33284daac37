# Probabilities of any classifier, and what came of them, as users give them.

as_models <- function(probabilities) {
  if (is_fit_of_some_kind(probabilities)) {
    refuse("`probabilities` must hold class probabilities, not a fit (", given(probabilities),
           "): give predict(fit, type = \"prob\") or what that fit's predict() offers.")
  }
  if (!is.list(probabilities) || is.data.frame(probabilities)) return(list(probabilities))
  if (length(probabilities) == 0L) refuse("`probabilities` must hold at least one model.")
  if (!are_labels(names(probabilities))) {
    refuse("A list given as `probabilities` must have a different name for each model.")
  }
  probabilities
}

# Of the rows that some member of an average has not seen, for the classes' shares `prior`.
unseen_rows <- function(average, weights, prior) {
  if (!is.null(weights)) refuse("`weights` must be NULL with an average, which has its own.")
  known <- which(!is.na(average$prob[, 1]))
  prob <- shift_probabilities(average$prob[known, , drop = FALSE], average$class_shares,
                              check_prior(prior, average$levels))
  list(prob = prob, y = average$y[known], weights = average$prior_weights[known])
}

is_fit_of_some_kind <- function(x) is.list(x) && is.object(x) && !is.data.frame(x)

# How messages call the models.
model_labels <- function(models) {
  if (is.null(names(models))) return("`probabilities`")
  paste0("`probabilities$", names(models), "`")
}

class_names <- function(prob, label) {
  labels <- if (length(dim(prob)) == 2L && ncol(prob) > 1L) colnames(prob)
  if (is.null(labels)) return(NULL)
  check_column_names(labels, gsub("`", "", label))
  prefixed <- any(vapply(c(".pred_", ".prob_"), function(a) all(startsWith(labels, a)), NA))
  if (prefixed) substring(labels, 7L) else labels
}

# A factor whose levels are the classes.
as_truth <- function(truth, classes) {
  truth <- plain(truth, "`truth`")
  if (is.character(truth) && is.null(dim(truth))) {
    if (is.null(classes)) {
      refuse("`truth` must be a factor where columns of `probabilities` have no names, not ",
             given(truth), ".")
    }
    truth <- factor(truth, union(classes, truth[!is.na(truth)]))
  }
  truth <- as_response(both_levels(truth), "truth")
  if (is_counts(truth)) {
    refuse("`truth` must be a class in each row: for counts, give a row for each class that came, ",
           "and how often it did as `weights`.")
  }
  if (is.null(classes)) return(truth)
  unknown <- setdiff(levels(truth)[tabulate(truth, nlevels(truth)) > 0], classes)
  if (length(unknown)) {
    refuse("`probabilities` must have a column for every class of `truth`, but none is named ",
           enumerate(unknown), ".")
  }
  factor(as.character(truth), union(intersect(levels(truth), classes), classes))
}

# Both classes of a logical or 0/1 vector are known even where only one occurs.
both_levels <- function(truth) {
  if (!is.null(dim(truth))) return(truth)
  if (is.logical(truth)) return(factor(truth, c(FALSE, TRUE)))
  if (is.numeric(truth) && all(truth %in% c(0, 1, NA))) factor(truth, 0:1) else truth
}

# A matrix with a column per class, in the order of the levels of `truth`.
as_probabilities <- function(prob, label, truth) {
  classes <- levels(truth)
  if (is.data.frame(prob)) prob <- as.matrix(prob)
  if (!is.numeric(prob) || length(dim(prob)) > 2L) {
    refuse(label, " must be a numeric matrix, not ", given(prob),
           if (identical(dim(prob)[-(1:2)], 1L)) ": drop its third dimension",
           if (is_fit_of_some_kind(prob)) ": give the probabilities that it predicts", ".")
  }
  if (NCOL(prob) == 1L) prob <- both_classes(as.vector(prob), label, classes)
  if (nrow(prob) != length(truth)) {
    refuse(label, " must have one row per value of `truth`: there are ", nrow(prob), " rows and ",
           length(truth), " values.")
  }
  labels <- class_names(prob, label)
  if (is.null(labels)) labels <- if (ncol(prob) == length(classes)) classes
  if (!setequal(labels, classes) || ncol(prob) != length(classes)) {
    refuse(label, " must have one column per class (", enumerate(classes), "), but has ",
           ncol(prob), if (length(labels)) paste0(" named ", enumerate(labels)), ".")
  }
  prob <- unname(prob[, match(classes, labels), drop = FALSE])
  check_simplex(prob, label)
  prob
}

both_classes <- function(prob, label, classes) {
  if (length(classes) != 2L) {
    refuse(label, " may be a vector, of probabilities of the second class, only where `truth` has ",
           "two classes, but there are ", length(classes), ".")
  }
  unname(cbind(1 - prob, prob))
}

check_simplex <- function(prob, label) {
  valid <- are_shares(prob)
  if (all(valid)) return(invisible())
  first <- which(!valid)[1]
  row <- prob[first, ]
  more <- sum(!valid) - 1L
  refuse("Each row of ", label, " must hold probabilities, from 0 to 1 and with sum 1, but row ",
         first, " is ", paste(format(utils::head(row, 6L), digits = 3, trim = TRUE),
                              collapse = ", "), if (ncol(prob) > 6L) ", ...",
         if (more > 0L) paste0(" (and ", more, if (more > 1L) " more rows are" else " more row is",
                               " wrong)"), ".",
         if (are_rounded(prob)) {
           paste0(" Its sum is ", format(sum(row), digits = 7), ": where probabilities were ",
                  "rounded, divide each row by its sum.")
         })
}

are_rounded <- function(prob) isTRUE(all(prob >= 0) && max(abs(rowSums(prob) - 1)) < 0.05)
