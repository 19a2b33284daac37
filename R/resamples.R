# Resamples of the package rsample as folds: list(test, train), the numbers of the rows that each
# tests on and trains on, some perhaps more than once.

as_folds.rset <- function(folds, input) {
  rows <- length(input$y)
  splits <- lapply(folds$splits, unclass)
  total <- unique(vapply(splits, function(split) nrow(split$data), 0L))
  used <- seq_len(rows + length(input$na.action))
  if (length(total) != 1L || !total %in% c(rows, length(used))) {
    refuse("`folds` must be resamples of the rows that are fitted, of which there are ", rows,
           ", but are of ", paste(total, collapse = ", "), ".")
  }
  if (total > rows) used <- used[-input$na.action]
  places <- function(ids) stats::na.omit(match(ids, if (total > rows) used else seq_len(rows)))
  out <- structure(list(
    # NA stands for all others.
    test = lapply(splits, function(split) {
      places(if (anyNA(split$out_id)) setdiff(seq_len(total), split$in_id) else split$out_id)
    }),
    train = lapply(splits, function(split) places(split$in_id))
  ), class = "moe_resamples")
  for (f in seq_along(splits)) check_resample(out, f, input)
  out
}

check_resample <- function(folds, f, input) {
  test <- folds$test[[f]]
  train <- folds$train[[f]]
  check_weight_held_out(folds, f, input)
  apart <- intersect(input$group[train], input$group[test])
  if (length(apart)) {
    refuse("`folds` must not divide groups, whose rows depend on each other, but fold ", f,
           " tests on rows of ", dQuote(apart[1], FALSE), " and trains on others: see ",
           "rsample::group_vfold_cv().")
  }
  unknown <- class_totals(input$y[train], input$weights[train]) == 0
  if (any(unknown)) {
    refuse("Every class must occur with positive weight among the rows that a fold trains on, but ",
           enumerate(levels(input$y)[unknown]), " does not in fold ", f, ".")
  }
}

count_folds.moe_resamples <- function(folds) length(folds$test)

held_out.moe_resamples <- function(folds, fold) folds$test[[fold]]

trained_on.moe_resamples <- function(folds, fold) folds$train[[fold]]
