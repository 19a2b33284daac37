# Folds of pairs for cross-validation on proteins that training has not seen.

#' Folds of pairs that tell seen from unseen proteins
#'
#' Where pairs share proteins, random folds test new pairs of known proteins, and a model that only
#' remembers proteins looks good. These folds hold out proteins with their pairs, so that a held-out
#' pair shares two, one or no protein with the pairs that are trained on: the classes C1, C2 and C3
#' of Park and Marcotte (2012).
#'
#' @details
#' Proteins are dealt out to as many groups as there are folds, at random, but such that each group
#' has as many with few and with many pairs. In fold \eqn{f}
#' * no pair with a protein of group \eqn{f} is trained on;
#' * held out are pairs of two proteins of group \eqn{f} (C3), pairs of one of them with another
#'   protein (C2), and some of the pairs that have none of them (C1), which are not trained on
#'   either.
#'
#' Each pair is held out once at most: pairs within a group as C3, of the others a half at random as
#' C2, in the fold of one of their groups, and a half as C1, in the fold of a third one. So no
#' held-out pair has been trained on, also not in the other order, and with \eqn{F} folds a fit sees
#' about \eqn{(1 - 1/F)^2} of the pairs, less those of C1. A pair counts for what it turns out to
#' be: if a protein of a pair meant for C1 is left in no pair of the training data, the pair is of
#' C2.
#'
#' [moe_tune()] takes these folds as its `folds`: it chooses then what predicts best on the kinds of
#' pairs that are held out, and says what the identity of the proteins alone would give.
#'
#' @param a,b The proteins of each pair: two vectors of the same length.
#' @param folds Number of folds, at least 3, or 2 without C1.
#' @param kinds The kinds of pairs to hold out, some of `"C1"`, `"C2"` and `"C3"`. Pairs that can
#'   be of no such kind are never held out.
#' @param x Folds by `moe_pair_folds()`.
#' @param ... Not used.
#' @return An object of class `moe_pair_folds`: a list of which others may use
#'   \item{fold}{the fold in which each pair is held out, `NA` for never}
#'   \item{kind}{factor: what it is there, `C1`, `C2` or `C3`; `NA` for never}
#'   \item{group}{integer vector, named by protein: its group}
#'
#'   `as.list()` gives a list with an element per fold, of the numbers of the rows to `train` on and
#'   to `test` on, for any other method. Random: set a seed to make it reproducible.
#' @seealso [moe_pair_baseline()] for what the proteins alone tell; [moe_tune()]
#' @references
#' Park, Y. and Marcotte, E. M. (2012). Flaws in evaluation schemes for pair-input computational
#' predictions. *Nature Methods* 9, 1134-1136.
#' @examples
#' pairs <- subset(yeast_ppi, split == "train")
#' set.seed(1)
#' folds <- moe_pair_folds(pairs$protein_a, pairs$protein_b, folds = 3)
#' folds
#' first <- as.list(folds)[[1]]
#' lengths(first)
#' @export
moe_pair_folds <- function(a, b, folds = 5, kinds = c("C1", "C2", "C3")) {
  kinds <- check_pair_kinds(kinds)
  ends <- check_ends(a, b)
  proteins <- unique(c(ends$a, ends$b))
  folds <- check_count(folds, "folds", lower = if ("C1" %in% kinds) 3L else 2L,
                       upper = length(proteins))
  a <- match(ends$a, proteins)
  b <- match(ends$b, proteins)
  group <- draw_groups(tabulate(c(a, b)), folds)
  fold <- draw_held_out(group[a], group[b], same_pair(a, b), folds, kinds)
  out <- structure(list(fold = fold, a = a, b = b, group = stats::setNames(group, proteins),
                        folds = folds), class = "moe_pair_folds")
  out$kind <- kinds_of_pairs(out)
  out
}

check_pair_kinds <- function(kinds) {
  all <- c("C1", "C2", "C3")
  if (!is.character(kinds) || length(kinds) == 0L || !all(kinds %in% all)) {
    refuse("`kinds` must be some of ", enumerate(all), ", not ", given(kinds), ".")
  }
  unique(kinds)
}

check_ends <- function(a, b) {
  ends <- list(a = a, b = b)
  for (name in names(ends)) {
    if (!is.atomic(ends[[name]]) && !is.factor(ends[[name]]) || anyNA(ends[[name]])) {
      refuse("`", name, "` must be a vector of proteins without missing values.")
    }
  }
  if (length(a) != length(b) || length(a) < 2L) {
    refuse("`a` and `b` must name the proteins of at least two pairs, but have lengths ",
           length(a), " and ", length(b), ".")
  }
  lapply(ends, protein_names)
}

# Of proteins with about equally many pairs, each group gets as many as the others.
draw_groups <- function(pairs, folds) {
  group <- integer(length(pairs))
  order <- order(pairs, stats::runif(length(pairs)))
  rounds <- ceiling(length(pairs) / folds)
  dealt <- unlist(lapply(seq_len(rounds), function(i) sample.int(folds)))
  group[order] <- dealt[seq_along(order)]
  group
}

# The same number for all rows of one pair, in either order, which must share a fate.
same_pair <- function(a, b) {
  key <- pair_keys(a, b, max(a, b))
  match(key, unique(key))
}

# The fold in which each pair is held out.
draw_held_out <- function(group_a, group_b, pair, folds, kinds) {
  pairs <- max(pair)
  first <- match(seq_len(pairs), pair)
  low <- pmin(group_a, group_b)[first]
  high <- pmax(group_a, group_b)[first]
  within <- low == high
  as_c2 <- !within & "C2" %in% kinds & (stats::runif(pairs) < 0.5 | !"C1" %in% kinds)
  as_c3 <- within & "C3" %in% kinds
  fold <- if ("C1" %in% kinds) other_group(low, high, folds) else rep(NA_integer_, pairs)
  fold[as_c2] <- ifelse(stats::runif(pairs) < 0.5, low, high)[as_c2]
  fold[as_c3] <- low[as_c3]
  fold[pair]
}

# One of the groups that are neither of the two, which may be one.
other_group <- function(low, high, folds) {
  taken <- 1L + (low != high)
  fold <- 1L + as.integer(stats::runif(length(low)) * (folds - taken))
  fold <- fold + (fold >= low)
  fold + (low != high & fold >= high)
}

# --- what the rows are ---

# By how many of a pair's proteins are in the data that are trained on when it is held out.
kinds_of_pairs <- function(folds) {
  seen <- rep(NA_integer_, length(folds$fold))
  for (fold in seq_len(folds$folds)) {
    trained <- trained_on(folds, fold)
    known <- c(folds$a[trained], folds$b[trained])
    rows <- held_out(folds, fold)
    if (length(trained) == 0L || length(rows) == 0L) {
      refuse("There must be pairs to hold out and pairs to train on in each fold, but fold ", fold,
             " has ", length(rows), " and ", length(trained), ": take other `folds` or `kinds`.")
    }
    seen[rows] <- (folds$a[rows] %in% known) + (folds$b[rows] %in% known)
  }
  factor(c("C3", "C2", "C1")[seen + 1L], c("C1", "C2", "C3"))
}

#' @rdname moe_pair_folds
#' @export
as.list.moe_pair_folds <- function(x, ...) {
  lapply(stats::setNames(nm = seq_len(x$folds)), function(fold) {
    list(train = trained_on(x, fold), test = held_out(x, fold))
  })
}

#' @rdname moe_pair_folds
#' @export
print.moe_pair_folds <- function(x, ...) {
  trained <- range(lengths(lapply(as.list.moe_pair_folds(x), `[[`, "train")))
  cat(x$folds, " folds of ", length(x$fold), " pairs of ", length(x$group), " proteins; ",
      "trained on are ", paste(unique(trained), collapse = " to "), " pairs\n", sep = "")
  shares <- c(C1 = "both proteins", C2 = "one protein", C3 = "no protein")
  counts <- table(x$kind)
  cat(sprintf("%s  %6d held-out pairs that share %s with training\n", names(counts), counts,
              shares[names(counts)]), sep = "")
  if (anyNA(x$fold)) cat(sum(is.na(x$fold)), "pairs are never held out\n")
  invisible(x)
}
