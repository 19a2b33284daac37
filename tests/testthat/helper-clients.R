# Data and fits for tests of what other packages make of a fit. With one expert the numbers must be
# those that the package gives for glm() (two classes) or nnet::multinom() (three).

client_data <- local({
  set.seed(4)
  n <- 300
  d <- data.frame(x1 = rnorm(n, 3, 2), x2 = rnorm(n), f = factor(sample(c("u", "v", "w"), n, TRUE)),
                  w = sample(c(0.5, 1, 2, 3), n, TRUE), id = sample(40, n, TRUE))
  slope <- ifelse(runif(n) > 0.4, 2, -2)
  score <- cbind(0, slope * d$x2, d$x1 / 3 + (d$f == "v")) - log(-log(matrix(runif(3 * n), n)))
  d$y <- factor(c("low", "mid", "top")[max.col(score)])
  d$b <- factor(ifelse(d$y == "mid", "yes", "no"))
  d
})

client_fits <- local({
  set.seed(1)
  list(
    binary = moe_fit(b ~ x1 + x2 + f, client_data, experts = 1),
    weighted = moe_fit(b ~ x1 + x2 + f, client_data, experts = 1, weights = w),
    classes = moe_fit(y ~ x1 + x2 + f, client_data, experts = 1),
    mixture = moe_fit(y ~ x1 + f | x2, client_data, lambda = 0.5,
                      control = moe_control(search = "quick")),
    shared = moe_fit(y ~ x1 + x2, client_data, lambda = 0.5,
                     control = moe_control(search = "quick"))
  )
})

client_peers <- list(
  binary = glm(b ~ x1 + x2 + f, binomial, client_data),
  weighted = suppressWarnings(glm(b ~ x1 + x2 + f, binomial, client_data, weights = w)),
  classes = if (requireNamespace("nnet", quietly = TRUE)) {
    nnet::multinom(y ~ x1 + x2 + f, client_data, trace = FALSE, reltol = 1e-14, maxit = 500,
                   Hess = TRUE)
  }
)

# The same numbers, in the same places; names may differ.
expect_same_numbers <- function(object, expected, tolerance = 1e-4) {
  expect_identical(NROW(object), NROW(expected))
  expect_within(unlist(object), unlist(expected), tolerance)
}
