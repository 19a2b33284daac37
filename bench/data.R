# Data and starts. The generator is the one of the tests: clusters of rows along the directions that
# the gate follows, true experts of equal strength.
source("tests/testthat/helper-oracle.R")

# The sets d1 to d4: rows, columns (intercept included), classes, experts.
sets <- list(
  d1 = list(n = 1000, p = 5, M = 3, K = 2, seed = 101),
  d2 = list(n = 5000, p = 10, M = 3, K = 3, seed = 102),
  d3 = list(n = 20000, p = 20, M = 4, K = 4, seed = 103),
  d4 = list(n = 100000, p = 20, M = 3, K = 3, seed = 104)
)

make_data <- function(set) {
  d <- oracle_data(set$n, set$p, set$M, set$K, set$seed)
  d$y_factor <- d$frame$y
  d
}

describe <- function(set) {
  sprintf("n = %s, p = %d, M = %d, K = %d", format(set$n, big.mark = ",", scientific = FALSE),
          set$p, set$M, set$K)
}

# The common start: responsibilities from k-means on the covariates, 0.9 on the row's own cluster.
common_start <- function(d, K = d$K) suppressWarnings(oracle_start(d, K))

# The covariates as the core works on them.
standardise <- function(x, problem) {
  x <- sweep(sweep(x, 2, problem$design$x_center), 2, problem$design$x_scale, "/")
  dimnames(x) <- NULL
  x
}
