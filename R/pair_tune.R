# Folds of pairs as moe_tune() asks for them: methods for the generic functions of folds.R.

held_out.moe_pair_folds <- function(folds, fold) which(folds$fold == fold)

trained_on.moe_pair_folds <- function(folds, fold) {
  apart <- folds$group[folds$a] != fold & folds$group[folds$b] != fold
  which(apart & !folds$fold %in% fold)
}

count_folds.moe_pair_folds <- function(folds) folds$folds

as_folds.moe_pair_folds <- function(folds, input) {
  rows <- length(input$y)
  if (length(input$na.action) && length(folds$fold) == rows + length(input$na.action)) {
    parts <- c("fold", "kind", "a", "b")
    folds[parts] <- lapply(folds[parts], `[`, -input$na.action)
  }
  if (length(folds$fold) != rows) {
    refuse("`folds` must be of the rows of the data: there are ", rows, " rows and ",
           length(folds$fold), " pairs.")
  }
  for (fold in seq_len(folds$folds)) {
    train <- trained_on(folds, fold)
    check_trained_classes(input$y[train[input$weights[train] > 0]], fold)
    check_weight_held_out(folds, fold, input)
  }
  folds
}

fold_baseline.moe_pair_folds <- function(folds, input) {
  prob <- baseline_probabilities(folds, input$y)[["identity only"]]
  rows <- which(!is.na(folds$fold))
  y <- as.integer(input$y)[rows]
  list(name = "the identity of the proteins alone",
       losses = vapply(losses, function(loss) {
         stats::weighted.mean(loss(prob[rows, , drop = FALSE], y), input$weights[rows])
       }, 0))
}
