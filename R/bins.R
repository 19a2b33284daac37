# Bins of predicted probabilities, and their errors.

# Equal probabilities share a bin, which is the one that holds the middle of their weight.
mass_bins <- function(p, weights, bins) {
  values <- sort(unique(p))
  at <- match(p, values)
  mass <- drop(rowsum(weights, at))
  middle <- (cumsum(mass) - mass / 2) / sum(mass)
  ceiling(middle * bins)[at]
}

edges <- function(bins) (0:bins) / bins

width_bins <- function(p, bins) {
  findInterval(p, edges(bins), left.open = TRUE, all.inside = TRUE)
}

# Sums over bins, a row per bin and a column per column of `weights`; of squares where asked for.
bin_sums <- function(target, bin, weights, squares) {
  forecast <- weights * target$p
  hit <- weights * target$o
  c(list(weight = rowsum(weights, bin), p = rowsum(forecast, bin), o = rowsum(hit, bin)),
    if (squares) list(pp = rowsum(forecast * target$p, bin), po = rowsum(hit * target$p, bin)))
}

# Errors of one target, and the parts of its Brier score: a list of vectors with a value per column
# of the weights.
bin_errors <- function(sums) {
  share <- sums$weight / rep(colSums(sums$weight), each = nrow(sums$weight))
  some <- pmax(sums$weight, .Machine$double.xmin) # a replicate may leave a bin empty
  gap <- (sums$p - sums$o) / some
  rate <- sums$o / some
  variance <- ifelse(sums$weight > 1, rate * (1 - rate) / (sums$weight - 1), 0)
  square <- colSums(share * gap^2)
  ece <- colSums(share * abs(gap))
  c(list(
    ece = ece,
    ece_debiased = pmax(0, 2 * ece - colSums(share * folded_normal_mean(gap, sqrt(variance)))),
    square = square, square_debiased = square - colSums(share * variance),
    mce = apply(abs(gap), 2, max)
  ), if (!is.null(sums$pp)) brier_parts(sums, share, some, rate))
}

brier_parts <- function(sums, share, some, rate) {
  total <- colSums(sums$weight)
  overall <- colSums(sums$o) / total
  list(
    resolution = colSums(share * (rate - rep(overall, each = nrow(rate)))^2),
    uncertainty = overall * (1 - overall),
    within_variance = colSums(sums$pp - sums$p^2 / some) / total,
    within_covariance = 2 * colSums(sums$po - sums$p * sums$o / some) / total
  )
}

# E |N(mean, sd^2)|
folded_normal_mean <- function(mean, sd) {
  z <- ifelse(sd > 0, mean / sd, 0)
  out <- sd * sqrt(2 / pi) * exp(-z^2 / 2) + mean * (1 - 2 * stats::pnorm(-z))
  ifelse(sd > 0, out, abs(mean))
}
