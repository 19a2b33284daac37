# From sequences to inputs of a classifier: features, their scale and their components, learnt once.

#' A recipe from sequences to features of pairs
#'
#' Describes proteins by [moe_sequence_features()], learns from the proteins of the training pairs
#' how to standardise these features and what their principal components are, and makes of any
#' pair, also of new proteins, a few symmetric features: all that has to be learnt before a
#' classifier, in one object.
#'
#' @details
#' With \eqn{f_a} the features of protein \eqn{a}, \eqn{m} and \eqn{s} their means and standard
#' deviations (divisor \eqn{n - 1}) over the \eqn{n} training proteins, each counted once, and
#' \eqn{V} the leading eigenvectors of their correlation matrix, in columns,
#' \deqn{z_a = V^\top \frac{f_a - m}{s},}
#' and a pair has the features \eqn{(z_a + z_b) / 2} and \eqn{|z_a - z_b|}, which do not depend on
#' its order. Features that are constant over the training proteins are left out. The sign of each
#' eigenvector is such that its entry of largest absolute value is positive.
#'
#' Components are taken of proteins and before pairs are made, and features are standardised:
#' unscaled components of pairs hold little but the auto covariances of the largest scale. No class
#' is looked at, so cross-validation after the recipe does not leak classes; but proteins that are
#' held out have then had a part in the components. For a strict test, make the recipe of the
#' training pairs of each fold.
#'
#' @param pairs The training pairs: a data frame with the columns `protein_a` and `protein_b`; or
#'   `NULL` to learn from all of `sequences`.
#' @param sequences Character vector of sequences, named by protein, as from [moe_read_pairs()].
#' @param components Number of principal components.
#' @param lag Largest lag of the auto covariances, as in [moe_sequence_features()].
#' @param object,x A recipe by `moe_sequence_recipe()`.
#' @param ... Not used.
#' @return An object of class `moe_sequence_recipe`, without the sequences it was made of: a list
#'   of which others may use `center` and `scale` of the features, `rotation` (features x
#'   components), `explained` (each component's share of the variance) and `lag`.
#'
#'   `predict()`: a matrix with a row per pair and two columns per component, named `C1.mean`, ...,
#'   `C1.difference`, ...; without `pairs`, a matrix with a row per protein and a column per
#'   component, from which [moe_pair_features()] makes features of pairs.
#' @seealso [moe_read_pairs()]; [moe_pair_folds()] to test on proteins that training has not seen;
#'   [moe_rank_pairs()] for all pairs of a proteome
#' @examples
#' # Made-up sequences: proteins of one class of pairs are rich in charged residues.
#' set.seed(1)
#' residues <- strsplit("ACDEFGHIKLMNPQRSTVWY", "")[[1]]
#' charged <- residues %in% c("D", "E", "K", "R")
#' draw <- function(weight) {
#'   paste(sample(residues, 60, TRUE, ifelse(charged, weight, 1)), collapse = "")
#' }
#' sequences <- c(replicate(20, draw(3)), replicate(20, draw(1)))
#' names(sequences) <- paste0("P", 1:40)
#' pairs <- data.frame(protein_a = sample(names(sequences), 200, TRUE),
#'                     protein_b = sample(names(sequences), 200, TRUE))
#' rich <- rowSums(sapply(pairs, `%in%`, names(sequences)[1:20]))
#' pairs$class <- rbinom(200, 1, ifelse(rich == 2, 0.9, 0.2))
#' train <- 1:150
#'
#' recipe <- moe_sequence_recipe(pairs[train, ], sequences, components = 4, lag = 5)
#' recipe
#' fit <- moe_fit(predict(recipe, sequences, pairs[train, ]), pairs$class[train], experts = 2,
#'                lambda = 1, control = moe_control(search = "quick"))
#' prob <- predict(fit, predict(recipe, sequences, pairs[-train, ]), type = "prob")
#' mean((prob[, 2] > 0.5) == pairs$class[-train])
#' @export
moe_sequence_recipe <- function(pairs, sequences, components = 25, lag = 30) {
  sequences <- sequences_of_pairs(pairs, sequences)
  if (length(sequences) < 3L) {
    refuse("A recipe must be learnt from at least three proteins, not ", length(sequences), ".")
  }
  features <- moe_sequence_features(sequences, lag)
  center <- colMeans(features)
  scale <- apply(features, 2, stats::sd)
  used <- scale > 0
  most <- min(sum(used), nrow(features) - 1L)
  components <- check_count(components, "components", upper = most)
  standard <- standardise_features(features, center, scale, used)
  spectrum <- eigen(crossprod(standard) / (nrow(features) - 1), symmetric = TRUE)
  leading <- seq_len(components)
  structure(list(
    center = center, scale = scale, rotation = named_rotation(spectrum$vectors[, leading], used),
    explained = spectrum$values[leading] / sum(used), proteins = nrow(features), lag = lag
  ), class = "moe_sequence_recipe")
}

# The sequences of the proteins of some pairs, or all.
sequences_of_pairs <- function(pairs, sequences) {
  if (is.null(pairs)) return(sequences)
  check_columns(pairs, c("protein_a", "protein_b"), "pairs")
  protein <- unique(c(protein_names(pairs$protein_a), protein_names(pairs$protein_b)))
  at <- match(protein, names(sequences))
  if (anyNA(at)) {
    refuse("Every protein of `pairs` must be among `sequences`, but ",
           enumerate(protein[is.na(at)]), " is not.")
  }
  sequences[at]
}

standardise_features <- function(features, center, scale, used) {
  t((t(features[, used, drop = FALSE]) - center[used]) / scale[used])
}

named_rotation <- function(vectors, used) {
  vectors <- as.matrix(vectors)
  largest <- vectors[cbind(max.col(abs(t(vectors)), "first"), seq_len(ncol(vectors)))]
  out <- t(t(vectors) * sign(largest))
  dimnames(out) <- list(names(used)[used], paste0("C", seq_len(ncol(out))))
  out
}

#' @rdname moe_sequence_recipe
#' @export
predict.moe_sequence_recipe <- function(object, sequences, pairs = NULL, ...) {
  check_unused(...)
  features <- moe_sequence_features(sequences_of_pairs(pairs, sequences), object$lag)
  used <- object$scale > 0
  scores <- standardise_features(features, object$center, object$scale, used) %*% object$rotation
  if (is.null(pairs)) scores else moe_pair_features(pairs, scores)
}

#' @rdname moe_sequence_recipe
#' @export
print.moe_sequence_recipe <- function(x, ...) {
  cat("Recipe from sequences to features of pairs, learnt from ", x$proteins, " proteins\n",
      ncol(x$rotation), " principal components of ", nrow(x$rotation), " features (lag ", x$lag,
      "), with ", format(100 * sum(x$explained), digits = 2), "% of their variance\n",
      "A pair has ", 2 * ncol(x$rotation), " features\n", sep = "")
  invisible(x)
}
