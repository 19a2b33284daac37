# Prior shift: probabilities and rows of a sample that was drawn by class, in a population with
# other shares of the classes.

# Shares in the population, one for each class, in the order of the classes.
check_prior <- function(prior, classes) {
  if (is.null(prior)) return(NULL)
  if (!is.numeric(prior) || !are_labels(names(prior)) || !setequal(names(prior), classes)) {
    refuse("`prior` must be NULL or a vector with a share for each class, named ",
           enumerate(classes), ", not ", given(prior),
           if (!is.null(names(prior))) paste0(" named ", enumerate(names(prior))), ".")
  }
  if (!isTRUE(min(prior) > 0 && abs(sum(prior) - 1) <= 1e-6)) {
    refuse("`prior` must hold positive shares with sum 1, but has ", enumerate(format(prior)), ".")
  }
  prior[classes] / sum(prior)
}

# p(m | x) in the population, of p(m | x) where the classes have the shares `from`.
shift_probabilities <- function(prob, from, to) {
  if (is.null(to)) return(prob)
  shifted <- prob * rep(to / from, each = nrow(prob))
  shifted / rowSums(shifted)
}

# Weights with which the classes have the shares `to`.
shift_weights <- function(y, weights, to) {
  if (is.null(weights)) weights <- rep.int(1, length(y))
  unname(weights * (to / class_shares(y, weights))[as.integer(y)])
}
