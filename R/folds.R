# Folds of the rows for cross-validation.

# Folds are the fold of each row, from 1 on, or an object of a class with methods for the generic
# functions here.
as_folds <- function(folds, input) UseMethod("as_folds")

as_folds.default <- function(folds, input) {
  rows <- length(input$y)
  units <- if (is.null(input$group)) rows else nlevels(input$group)
  folds <- if (length(folds) == 1L) {
    if (units < 2L) {
      refuse("Cross-validation needs at least two ", if (is.null(input$group)) "rows" else "groups",
             ", but there is one.")
    }
    draw_unit_folds(check_count(folds, "folds", lower = 2L, upper = units), input)
  } else {
    as.integer(factor(check_groups(folds, "folds", "folds", rows, input$na.action)))
  }
  check_whole_groups(folds, input$group)
  check_folds(folds, input)
  folds
}

count_folds <- function(folds) UseMethod("count_folds")

count_folds.default <- function(folds) max(folds)

# Numbers of the rows that a fold tests on, and of those that it trains on.
held_out <- function(folds, fold) UseMethod("held_out")

held_out.default <- function(folds, fold) which(folds == fold)

trained_on <- function(folds, fold) UseMethod("trained_on")

trained_on.default <- function(folds, fold) which(folds != fold)

# What to compare with: the losses on the same rows of a model that is known to be too simple, and
# what to call it.
fold_baseline <- function(folds, input) UseMethod("fold_baseline")

fold_baseline.default <- function(folds, input) NULL

# Groups are dealt out as if their first rows were all of them.
draw_unit_folds <- function(count, input) {
  if (is.null(input$group)) return(draw_folds(count, input))
  first <- !duplicated(input$group)
  draw_folds(count, list(y = input$y[first], weights = input$weights[first]))[input$group]
}

check_whole_groups <- function(folds, group) {
  if (is.null(group)) return(invisible())
  apart <- which(folds != folds[!duplicated(group)][group])
  if (length(apart)) {
    refuse("`folds` must not divide groups, whose rows depend on each other, but the rows of ",
           dQuote(group[apart[1]], FALSE), " are in several folds.")
  }
}

# Rows are dealt out class by class (of counts by the class that leads), those that count before
# those without weight.
draw_folds <- function(count, input) {
  rows <- length(input$y)
  folds <- integer(rows)
  order <- order(leading_class(input$y), input$weights == 0, stats::runif(rows))
  folds[order] <- rep_len(sample.int(count), rows)
  folds
}

check_folds <- function(folds, input) {
  held_out <- t(vapply(split(seq_along(folds), folds), function(rows) {
    class_totals(input$y[rows], input$weights[rows])
  }, numeric(nlevels(input$y))))
  empty <- which(rowSums(held_out) == 0)
  if (length(empty)) {
    refuse("Every fold must hold rows of positive weight, but fold ", empty[1], " does not.")
  }
  alone <- levels(input$y)[colSums(held_out > 0) < 2L]
  if (length(alone)) {
    refuse("Every class must occur with positive weight in at least two folds, as a fit must have ",
           "seen the classes of the rows that are held out, but ", enumerate(alone),
           if (length(alone) > 1L) " do" else " does", " not.")
  }
}

# Of folds that are no vector, which have a check of classes of their own.
check_weight_held_out <- function(folds, fold, input) {
  if (sum(input$weights[held_out(folds, fold)]) > 0) return(invisible())
  refuse("Every fold must hold rows of positive weight, but fold ", fold, " does not.")
}
