# Designs for the simulations: data from known mixtures of experts.

# K0 experts with 2 or more covariates. `apart`: distance of the regions of the gate; `slope`: size
# of the experts' coefficients; `intercept`: gate intercepts, which make the weights unequal.
designs <- list(
  one = list(experts = 1, classes = 3, covariates = 4, apart = 1.5, slope = 2.5),
  two = list(experts = 2, classes = 3, covariates = 4, apart = 1.5, slope = 2.5),
  two_binary = list(experts = 2, classes = 2, covariates = 3, apart = 1.5, slope = 2.5),
  two_unequal = list(experts = 2, classes = 3, covariates = 4, apart = 1.5, slope = 2.5,
                     intercept = c(2, 0)),
  two_overlapping = list(experts = 2, classes = 5, covariates = 4, apart = 0.5, slope = 1.5),
  three = list(experts = 3, classes = 5, covariates = 5, apart = 1.5, slope = 2.5),
  three_binary = list(experts = 3, classes = 2, covariates = 4, apart = 1.5, slope = 2.5),
  three_overlapping = list(experts = 3, classes = 3, covariates = 5, apart = 0.5, slope = 1.5),
  four = list(experts = 4, classes = 3, covariates = 5, apart = 1.5, slope = 2.5)
)

softmax <- function(a) {
  a <- exp(a - apply(a, 1, max))
  a / rowSums(a)
}

draw_rows <- function(prob) {
  noise <- -log(-log(matrix(stats::runif(length(prob)), nrow(prob))))
  max.col(log(prob) + noise, "first")
}

# A true measure: gate directions are orthonormal, experts' slopes have length `slope`.
draw_truth <- function(design) {
  d <- design$covariates
  experts <- design$experts
  directions <- qr.Q(qr(matrix(stats::rnorm(d^2), d)))[, seq_len(experts), drop = FALSE]
  intercept <- if (is.null(design$intercept)) numeric(experts) else design$intercept
  slopes <- array(stats::rnorm(d * design$classes * experts), c(d, design$classes, experts))
  slopes <- sweep(slopes, 2:3, design$slope / sqrt(apply(slopes^2, 2:3, sum)), `*`)
  expert <- array(0, c(d + 1, design$classes, experts))
  expert[-1, , ] <- slopes
  expert[1, , ] <- stats::rnorm(design$classes * experts, sd = 0.7)
  list(gate = rbind(intercept, 2 * design$apart / 1.5 * directions), expert = expert,
       centres = design$apart * directions)
}

# Covariates gather around the regions of the gate, with errors by `draw_error`.
draw_data <- function(truth, n, draw_error = stats::rnorm) {
  experts <- ncol(truth$gate)
  d <- nrow(truth$centres)
  region <- sample.int(experts, n, replace = TRUE)
  x <- matrix(draw_error(n * d), n) + t(truth$centres)[region, , drop = FALSE]
  colnames(x) <- paste0("x", seq_len(d))
  by <- draw_rows(softmax(cbind(1, x) %*% truth$gate))
  classes <- dim(truth$expert)[2]
  y <- integer(n)
  for (k in seq_len(experts)) {
    own <- by == k
    y[own] <- draw_rows(softmax(cbind(1, x[own, , drop = FALSE]) %*% truth$expert[, , k]))
  }
  list(x = x, y = factor(y, levels = seq_len(classes)))
}

# Data that are not from a mixture: a share of the responses is drawn uniformly.
scatter_responses <- function(data, share) {
  hit <- which(stats::runif(length(data$y)) < share)
  data$y[hit] <- sample(levels(data$y), length(hit), replace = TRUE)
  data
}
