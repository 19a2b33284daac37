# Rows of a mixture in which experts and regions are easy to tell, so that fits agree in all digits
# of their coefficients: numbers, a factor, text, weights (some 0), values that are missing.
rows_data <- function(n, seed) {
  set.seed(seed)
  data <- data.frame(a = rnorm(n), b = runif(n), f = factor(sample(c("v", "u", "w"), n, TRUE),
                                                            c("v", "u", "w", "never")),
                     g = sample(c("p", "q"), n, TRUE), w = rexp(n))
  first <- runif(n) < plogis(3 * data$a)
  score <- ifelse(first, 2 * data$b + (data$f == "u"), -2 * data$b + 1.5 * (data$g == "p"))
  data$y <- factor(c("k", "l", "m")[findInterval(score + rlogis(n, scale = 0.5), c(-0.5, 0.8)) + 1])
  data$w[3] <- 0
  data$a[5] <- NA
  data
}

# Chunks of unequal size: the numbers of their rows, one of them none.
rows_cut <- function(n, count) {
  if (count == 1L) return(list(seq_len(n)))
  ends <- sort(sample.int(n - 1L, count - 2L))
  split(seq_len(n), factor(findInterval(seq_len(n) - 1L, ends), 0:(count - 1L)))
}

# The function that bigglm() would take, of chunks of data.
rows_function <- function(data, cut) {
  at <- 0
  function(reset) {
    at <<- if (reset) 0 else at + 1
    if (reset || at > length(cut)) NULL else data[cut[[at]], ]
  }
}

# What a fit of a source must share with that of one data frame, up to rounding.
expect_same_fit <- function(fit, whole, tolerance = 1e-6) {
  expect_equal(fit$objective, whole$objective, tolerance = 1e-10)
  expect_equal(coef(fit), coef(whole), tolerance = tolerance)
  expect_equal(fit$shares, whole$shares, tolerance = tolerance)
  expect_equal(fit$lambda, whole$lambda)
  expect_equal(nobs(fit), nobs(whole))
  expect_identical(fit[c("df", "rows", "levels", "xlevels", "contrasts", "variables")],
                   whole[c("df", "rows", "levels", "xlevels", "contrasts", "variables")])
}

# Predictions without names of rows.
unname_rows <- function(a) {
  if (!is.factor(a)) dimnames(a)[1] <- list(NULL)
  a
}

# A fit from random responsibilities that has only begun, as a start of others.
rough_fit <- function(formula, data, weights = NULL, experts = 2) {
  count <- sum(complete.cases(data[all.vars(formula)]))
  set.seed(1)
  tau <- matrix(rexp(count * experts), count)
  data$weight <- if (is.null(weights)) 1 else weights
  suppressWarnings(moe_fit(formula, data, experts, weights = weight, lambda = 1,
                           start = tau / rowSums(tau), control = moe_control(max_iterations = 5)))
}
