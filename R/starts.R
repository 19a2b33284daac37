# Starting values drawn at random: responsibilities of four kinds, and the M-step that makes
# parameters of them.

mstep_ridge <- 1e-3 # per row of weight 1; keeps M-steps from random responsibilities finite

sharpness <- c(0.9, 0.99) # of labels: from soft ones runs seldom find sharp regions, and vice versa

# Most of each row's responsibility on its label.
soften <- function(label, experts, own = sharpness[sample.int(length(sharpness), 1L)]) {
  tau <- matrix((1 - own) / (experts - 1), length(label), experts)
  tau[cbind(seq_along(label), label)] <- own
  tau
}

# The M-step: theta that (nearly) maximises the expected complete-data log-likelihood given tau.
theta_from_posterior <- function(problem, tau, start = numeric(theta_length(problem))) {
  mean_weight <- problem$total / length(weighted_units(problem))
  problem <- problem_with_least_penalty(problem, mstep_ridge * mean_weight)
  core_maximise(problem, start, 15L, 1e-4, tau)$theta
}

start_from_labels <- function(task, label) {
  theta_from_posterior(task$problem, soften(label, task$problem$experts))
}

start_kmeans <- function(task) {
  x <- task$covariates
  experts <- task$problem$experts
  centers <- if (ncol(x) > 0L && experts < nrow(x)) draw_centers(x, experts)
  if (is.null(centers)) return(start_labels(task))
  # An unconverged clustering is as good a start as any.
  clusters <- suppressWarnings(stats::kmeans(x, centers, iter.max = 20L))
  start_from_labels(task, clusters$cluster)
}

# Rows of x, drawn among those that lie far enough apart for k-means; NULL if these are too few.
draw_centers <- function(x, count) {
  centers <- x[sample.int(nrow(x), count), , drop = FALSE]
  if (!anyDuplicated(round(centers, 9))) return(centers)
  apart <- which(!duplicated(round(x, 9)))
  if (length(apart) >= count) x[apart[sample.int(length(apart), count)], , drop = FALSE]
}

# The largest of K random linear functions of the covariates says which expert a row belongs to.
start_hyperplanes <- function(task) {
  x <- cbind(0.5, task$covariates)
  score <- x %*% matrix(stats::rnorm(ncol(x) * task$problem$experts), ncol(x))
  start_from_labels(task, max.col(score, "first"))
}

start_labels <- function(task) {
  problem <- task$problem
  start_from_labels(task, sample.int(problem$experts, count_units(problem), replace = TRUE))
}

start_random <- function(task) {
  problem <- task$problem
  draw <- function(columns, softmaxes, options) {
    a <- array(stats::rnorm(columns * options * softmaxes, sd = 0.5),
               c(columns, options, softmaxes))
    sweep(a, c(1, 3), apply(a, c(1, 3), mean))
  }
  c(draw(ncol(problem$design$z), 1L, problem$experts),
    draw(ncol(problem$design$x), problem$experts, problem$classes))
}

# --- two groups of rows ---

# Labels 1 and 2 of rows, whatever their covariates are.
label_at_random <- function(x, weights) sample.int(2L, nrow(x), replace = TRUE)

least_side <- 0.15 # of the weight that a hyperplane leaves on a side

# By the side of a random hyperplane.
label_by_hyperplane <- function(x, weights) {
  score <- drop(x %*% stats::rnorm(ncol(x)))
  place <- order(score)
  # Experts that share no row at all have no weight to divide.
  below <- cumsum(pmax(weights[place], .Machine$double.xmin))
  whole <- below[length(below)]
  at <- findInterval(stats::runif(1L, least_side, 1 - least_side), below / whole) + 1L
  1L + (score > score[place[min(at, length(place))]])
}

# --- what separates regions of the gate ---

search_columns <- 1000L # most columns of a sparse matrix by which it divides them into regions

# What separates regions of the gate, standardised and filled in: a row per unit.
standardised_covariates <- function(problem) {
  design <- problem$design
  side <- region_side(design)
  out <- standardised(design, side, region_columns(design))
  if (side == "z") out else unit_means(out, problem$unit)
}

# The gate's covariates, or the experts' where it has none.
region_side <- function(design) if (ncol(design$z) > 1L) "z" else "x"

# Of sparse covariates no more than some, which are drawn unless `choose` does otherwise.
region_columns <- function(design, choose = sample.int) {
  x <- design[[region_side(design)]]
  covariates <- seq_len(ncol(x) - 1L)
  if (is_compressed(x) && length(covariates) > search_columns) {
    covariates <- sort(choose(length(covariates), search_columns))
  }
  covariates + 1L
}
