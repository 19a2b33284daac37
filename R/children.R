# Children of a population: blends of two solutions, and solutions of which two experts divide anew
# what is theirs.

redivided <- 2 / 3 # share of children

draw_child <- function(task, population) {
  if (length(population) > 1L && stats::runif(1L) >= redivided) {
    return(blend(task$problem, draw_parents(task$problem, population)))
  }
  redivide(task, population[[sample.int(length(population), 1L)]]$theta)
}

# --- two parents ---

courted <- 3L # of which the most different becomes the second parent

# Two solutions, the experts of the second in the order in which they match those of the first.
# Parents that are alike have children that end where they did.
draw_parents <- function(problem, population) {
  drawn <- population[sample.int(length(population), min(length(population), 1L + courted))]
  columns <- lapply(drawn, function(run) expert_columns(problem, run$theta))
  others <- lapply(columns[-1], matched_columns, columns[[1]])
  apart <- vapply(others, function(other) sum((other - columns[[1]])^2), 0)
  list(columns[[1]], others[[which.max(apart)]])
}

most_shrunk <- 0.5

# Parameters of which each expert lies between those of a pair, at a place of its own. All are then
# made smaller, by up to a half: from softer regions and experts, runs find their way to better
# optima, and sooner.
blend <- function(problem, parents) {
  child <- parents[[1]]
  share <- rep(stats::runif(problem$experts), each = nrow(child))
  child <- share * child + (1 - share) * parents[[2]]
  gate <- seq_len(ncol(problem$design$z))
  child[gate, ] <- child[gate, ] - rowMeans(child[gate, , drop = FALSE])
  stats::runif(1L, most_shrunk, 1) * theta_from_columns(problem, child)
}

# --- one parent ---

# A solution of which two experts have divided anew what is theirs: many differ from a better one by
# no more than that, and are found again and again where it is not.
redivide <- function(task, theta) {
  posterior <- core_predict(task$problem, theta, "posterior")$posterior
  theta_from_posterior(task$problem, divide_anew(task, posterior), theta)
}

# Two neighbours divide the responsibilities that they have together at random or by a hyperplane,
# as the experts of a random start divide all; the others keep theirs.
divide_anew <- function(task, posterior) {
  weights <- unit_weights(task$problem)
  pair <- draw_neighbours(posterior, weights)
  theirs <- rowSums(posterior[, pair])
  label <- list(label_at_random, label_by_hyperplane)[[sample.int(2L, 1L)]]
  posterior[, pair] <- theirs * soften(label(task$covariates, theirs * weights), 2L)
  posterior
}

least_overlap <- 1e-9 # so that experts can be drawn that share no row

# An expert, and another, the more likely the more their responsibilities overlap.
draw_neighbours <- function(posterior, weights) {
  one <- sample.int(ncol(posterior), 1L)
  size <- pmax(colSums(weights * posterior), .Machine$double.xmin)
  overlap <- colSums(weights * sqrt(posterior[, one] * posterior)) / sqrt(size)
  others <- seq_len(ncol(posterior))[-one]
  c(one, others[sample.int(length(others), 1L, prob = overlap[others] + least_overlap)])
}

# --- a solution as a matrix ---

# A column per expert: its coefficients of the gate above its own.
expert_columns <- function(problem, theta) {
  gate <- seq_len(ncol(problem$design$z) * problem$experts)
  rbind(matrix(theta[gate], ncol = problem$experts), matrix(theta[-gate], ncol = problem$experts))
}

theta_from_columns <- function(problem, columns) {
  gate <- seq_len(ncol(problem$design$z))
  c(columns[gate, ], columns[-gate, ])
}

# Without the intercepts of the gate, as in measure_atoms().
columns_atoms <- function(columns) columns[-1L, , drop = FALSE]

# The columns in the order in which their experts match those of another solution.
matched_columns <- function(columns, other) {
  columns[, match_atoms(columns_atoms(columns), columns_atoms(other)), drop = FALSE]
}
