# Starting values. Many short searches on a part of the rows find basins worth the full data: random
# starts of four kinds, then moves that take one expert away and split another. All randomness of a
# fit is here.

search_rows <- 5000L    # most rows that the search sees
search_columns <- 1000L # most columns of a sparse matrix by which it divides them into regions
search_steps <- 25L     # iterations of one short search
mstep_ridge <- 1e-3     # keeps M-steps from random responsibilities finite

# Short searches per start, half of them random starts and half moves. The fewer the rows, the
# rougher the objective and the cheaper a search.
searches_per_start <- function(rows) {
  2L * as.integer(max(2, min(20, 8000 / min(rows, search_rows))))
}

# `count` promising values of theta for the problem, best first; those that ended where a better one
# did come last.
draw_starts <- function(problem, experts, ridge, control, count, tick) {
  task <- search_task(problem, experts, ridge, control)
  kinds <- list(start_kmeans, start_hyperplanes, start_random, start_labels)
  if (count == 1L) return(list(start_kmeans(task)))
  searches <- count * searches_per_start(length(problem$y)) / 2L
  pool <- list()
  for (s in seq_len(searches)) {
    draw <- kinds[[(s - 1L) %% length(kinds) + 1L]]
    pool[[s]] <- short_search(task, draw(task))
    tick()
  }
  for (s in seq_len(searches)) {
    # A move from each of the three best solutions, then from what are the three best by then.
    if (s %% 3L == 1L) parents <- utils::head(distinct(pool), 3L)
    parent <- pool[[parents[1L + (s - 1L) %% length(parents)]]]
    pool <- c(pool, list(short_search(task, split_move(task, parent$theta))))
    tick()
  }
  lapply(pool[utils::head(distinct(pool, repeats = TRUE), count)], `[[`, "theta")
}

# The `most` best of `count` moves from theta, to be run to the end.
draw_moves <- function(problem, theta, experts, ridge, control, count, most) {
  task <- search_task(problem, experts, ridge, control)
  pool <- lapply(seq_len(count), function(s) short_search(task, split_move(task, theta)))
  lapply(pool[utils::head(distinct(pool), most)], `[[`, "theta")
}

# What short searches need to know: part of the rows, with its share of the ridge.
search_task <- function(problem, experts, ridge, control) {
  sample <- sample_problem(problem, search_rows)
  share <- sample$total / problem$total
  list(problem = sample, experts = experts, ridge = lapply(ridge, `*`, share), control = control,
       covariates = standardised_covariates(sample$design))
}

# Places of searches in the pool, best first, of those with one solution the first drawn; `repeats`
# adds the others at the end. Searches that agree to seven digits have one solution, perhaps with
# its experts in another order: the digits behind are rounding and must not decide which counts.
distinct <- function(pool, repeats = FALSE) {
  objective <- signif(vapply(pool, `[[`, 0, "objective"), 7)
  best <- order(objective, decreasing = TRUE, na.last = TRUE)
  repeated <- duplicated(objective[best])
  c(best[!repeated], if (repeats) best[repeated])
}

# The problem on at most `most` rows of positive weight, drawn at random.
sample_problem <- function(problem, most) {
  rows <- weighted_rows(problem)
  if (length(rows) <= most) return(problem)
  part_of_problem(problem, sort(rows[sample.int(length(rows), most)]))
}

# The same, but with rows spread evenly.
spread_problem <- function(problem, most) {
  rows <- weighted_rows(problem)
  if (length(rows) <= most) return(problem)
  part_of_problem(problem, rows[sort(spread_evenly(length(rows), most))])
}

# `most` of so many places by the fractional parts of multiples of the golden ratio, in step with no
# period that their order may have.
spread_evenly <- function(count, most) {
  order((seq_len(count) * (sqrt(5) - 1) / 2) %% 1)[seq_len(most)]
}

weighted_rows <- function(problem) {
  if (is.null(problem$weights)) seq_along(problem$y) else which(problem$weights > 0)
}

part_of_problem <- function(problem, rows) {
  problem$design <- subset_design(problem$design, rows)
  problem$y <- problem$y[rows]
  problem$weights <- problem$weights[rows]
  problem$total <- if (is.null(problem$weights)) length(rows) else sum(problem$weights)
  problem
}

# What separates regions of the gate, standardised and filled in.
standardised_covariates <- function(design) {
  standardised(design, region_part(design), region_columns(design))
}

# The gate's covariates, or the experts' where it has none.
region_part <- function(design) if (ncol(design$z) > 1L) "z" else "x"

# Of sparse covariates no more than some, which are drawn unless `choose` does otherwise.
region_columns <- function(design, choose = sample.int) {
  x <- design[[region_part(design)]]
  covariates <- seq_len(ncol(x) - 1L)
  if (is_compressed(x) && length(covariates) > search_columns) {
    covariates <- sort(choose(length(covariates), search_columns))
  }
  covariates + 1L
}

short_search <- function(task, theta) {
  maximise(task$problem, theta, task$experts, task$ridge, task$control, search_steps, 1e-6)
}

# --- random starts ---

# Most of each row's responsibility on its label.
soften <- function(label, experts, own = 0.9) {
  tau <- matrix((1 - own) / (experts - 1), length(label), experts)
  tau[cbind(seq_along(label), label)] <- own
  tau
}

# The M-step: theta that (nearly) maximises the expected complete-data log-likelihood given tau.
theta_from_posterior <- function(problem, tau, ridge, control) {
  experts <- ncol(tau)
  size <- ncol(problem$design$z) * experts + ncol(problem$design$x) * problem$classes * experts
  ridge <- lapply(ridge, function(a) pmax(a, mstep_ridge * (seq_along(a) > 1L)))
  maximise(problem, numeric(size), experts, ridge, control, 15L, 1e-4, tau = tau)$theta
}

start_from_labels <- function(task, label) {
  tau <- soften(label, task$experts)
  theta_from_posterior(task$problem, tau, task$ridge, task$control)
}

start_kmeans <- function(task) {
  x <- task$covariates
  centers <- if (ncol(x) > 0L && task$experts < nrow(x)) draw_centers(x, task$experts)
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
  score <- x %*% matrix(stats::rnorm(ncol(x) * task$experts), ncol(x))
  start_from_labels(task, max.col(score, "first"))
}

start_labels <- function(task) {
  start_from_labels(task, sample.int(task$experts, length(task$problem$y), replace = TRUE))
}

start_random <- function(task) {
  design <- task$problem$design
  draw <- function(columns, softmaxes, options) {
    a <- array(stats::rnorm(columns * options * softmaxes, sd = 0.5),
               c(columns, options, softmaxes))
    sweep(a, c(1, 3), apply(a, c(1, 3), mean))
  }
  c(draw(ncol(design$z), 1L, task$experts),
    draw(ncol(design$x), task$experts, task$problem$classes))
}

# --- moves ---

# One expert, drawn at random, is taken away; another becomes two that share its region along a
# random direction, with coefficients a little apart.
split_move <- function(task, theta) {
  measure <- as_measure(theta, task$experts, task$problem$classes, task$problem$design)
  pair <- sample.int(task$experts, 2L)
  direction <- stats::rnorm(nrow(measure$gate))
  direction <- split_length * direction / sqrt(sum(direction^2))
  apart <- matrix(stats::rnorm(prod(dim(measure$expert)[1:2]), sd = 0.3), dim(measure$expert)[1])
  as_theta(split_expert(measure, pair[1], pair[2], direction, apart - rowMeans(apart)))
}
