# What the identity of proteins alone tells of their pairs.

#' What the proteins alone tell of their pairs
#'
#' A baseline for classifiers of protein pairs that knows nothing but how often each protein
#' occurred in each class among the training pairs. On several public sets of pairs it beats models
#' of sequences as long as proteins recur; on pairs of unseen proteins (C3) it cannot tell more than
#' the classes' shares.
#'
#' @details
#' With \eqn{c_{am}} the number of training pairs of class \eqn{m} with protein \eqn{a}, a training
#' pair itself not counted, the baseline is a multinomial logit, with a ridge of 1, on
#' \eqn{\log(1 + c_{am}) + \log(1 + c_{bm})} and \eqn{|\log(1 + c_{am}) - \log(1 + c_{bm})|} for all
#' classes.
#'
#' @param folds Folds by [moe_pair_folds()].
#' @param class The class of each pair: a factor, or what [moe_fit()] takes as response.
#' @param prob `NULL`, or predictions to set beside it: a matrix of class probabilities with a row
#'   per pair, each predicted when it was held out, or a named list of such matrices. Columns are in
#'   the order of the classes.
#' @return A data frame of class `moe_pair_baseline` with a row for each kind of pairs that is held
#'   out and model: `kind`, `pairs`, `model` (`"class shares"`, `"identity only"` and those of
#'   `prob`), `log_loss` (mean, natural logarithm), `brier` (sum over classes, from 0 to 2) and
#'   `accuracy`. Its attribute `prob` holds the baseline's probabilities, `NA` for pairs that are
#'   never held out.
#' @seealso [moe_pair_folds()]
#' @examples
#' pairs <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' folds <- moe_pair_folds(pairs$protein_a, pairs$protein_b, folds = 3)
#' moe_pair_baseline(folds, pairs$confidence)
#' @export
moe_pair_baseline <- function(folds, class, prob = NULL) {
  if (!inherits(folds, "moe_pair_folds")) {
    refuse("`folds` must be folds by moe_pair_folds(), not ", given(folds), ".")
  }
  class <- factor(class)
  if (length(class) != length(folds$fold) || anyNA(class)) {
    refuse("`class` must have a value for each of the ", length(folds$fold), " pairs of `folds`, ",
           "not ", given(class), if (anyNA(class)) " with missing values", ".")
  }
  all <- c(baseline_probabilities(folds, class), check_others(prob, class))
  rows <- lapply(levels(droplevels(folds$kind)), function(kind) {
    held_out <- which(folds$kind == kind)
    data.frame(kind = kind, pairs = length(held_out), model = names(all),
               scores_of(all, class, held_out))
  })
  structure(do.call(rbind, rows), class = c("moe_pair_baseline", "data.frame"),
            prob = all[["identity only"]])
}

#' @export
print.moe_pair_baseline <- function(x, digits = 3, ...) {
  print.data.frame(x, digits = digits, row.names = FALSE)
  invisible(x)
}

check_others <- function(prob, class) {
  if (is.matrix(prob)) prob <- list(predicted = prob)
  if (!is.null(prob) && (!is.list(prob) || is.null(names(prob)))) {
    refuse("`prob` must be a matrix of probabilities or a named list of such, not ", given(prob),
           ".")
  }
  for (name in names(prob)) {
    if (!identical(dim(prob[[name]]), c(length(class), nlevels(class)))) {
      refuse("Probabilities of `prob` must have ", length(class), " rows and ", nlevels(class),
             " columns, but ", dQuote(name, FALSE), " is ", given(prob[[name]]), ".")
    }
  }
  prob
}

# Of each pair when it is held out.
baseline_probabilities <- function(folds, class) {
  empty <- matrix(NA_real_, length(class), nlevels(class), dimnames = list(NULL, levels(class)))
  out <- list("class shares" = empty, "identity only" = empty)
  for (fold in seq_len(folds$folds)) {
    train <- trained_on(folds, fold)
    test <- held_out(folds, fold)
    check_trained_classes(class[train], fold)
    shares <- tabulate(class[train], nlevels(class)) / length(train)
    out[[1]][test, ] <- rep(shares, each = length(test))
    # Counts of a class may all be alike, which is no news.
    fit <- suppressMessages(moe_fit(identity_features(folds, class, train, train), class[train],
                                    experts = 1, lambda = 1))
    out[[2]][test, ] <- stats::predict(fit, identity_features(folds, class, train, test),
                                       type = "prob")
  }
  out
}

check_trained_classes <- function(class, fold) {
  absent <- setdiff(levels(class), class)
  if (length(absent)) {
    refuse("Every class must occur among the pairs that each fold trains on, but ",
           enumerate(absent), " does not in fold ", fold, ": take other `folds`.")
  }
}

# How often the proteins of `rows` occur in each class of the pairs that are trained on, without
# the row itself.
identity_features <- function(folds, class, train, rows) {
  ends <- c(folds$a[train], folds$b[train])
  counts <- table(factor(ends, seq_along(folds$group)), rep(class[train], 2L))
  itself <- outer(as.integer(class[rows]), seq_len(nlevels(class)), `==`) * rows %in% train
  twice <- itself * (folds$a[rows] == folds$b[rows])
  count <- function(protein) log1p(counts[protein, , drop = FALSE] - itself - twice)
  a <- count(folds$a[rows])
  b <- count(folds$b[rows])
  out <- unname(cbind(a + b, abs(a - b)))
  colnames(out) <- paste0(rep(c("sum.", "apart."), each = nlevels(class)), levels(class))
  out
}

scores_of <- function(prob, class, rows) {
  y <- as.integer(class)[rows]
  values <- lapply(prob, function(p) {
    lost <- lapply(losses, function(loss) mean(loss(p[rows, , drop = FALSE], y)))
    data.frame(log_loss = lost$logloss, brier = lost$brier, accuracy = 1 - lost$error)
  })
  do.call(rbind, values)
}
