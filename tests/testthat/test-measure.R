# The mixing measure: whatever the coding and the units of the coefficients, the same object.

set.seed(1)
gate <- matrix(rnorm(9), 3)                   # intercept and two covariates, three experts
expert <- array(rnorm(24), c(2, 4, 3))        # intercept and one covariate, four classes
center <- list(gate = c(5, -2), expert = 0.3)
scale <- list(gate = c(0.1, 7), expert = 2)

fields <- function(measure) unlist(unclass(measure))

# --- what it holds ---

test_that("columns of the gate, and of each expert over classes, sum to zero", {
  measure <- moe_measure(gate, expert, center, scale)
  expect_within(rowSums(measure$gate), numeric(3), 1e-14)
  expect_within(apply(measure$expert, c(1, 3), sum), numeric(6), 1e-13)
})

test_that("without center and scale it is the coefficients, centred", {
  measure <- moe_measure(gate, expert)
  centred <- oracle_centre(list(gate = gate, expert = expert))
  expect_within(measure$gate, centred$gate, 1e-14)
  expect_within(measure$expert, centred$expert, 1e-14)
})

# gamma' z = (gamma_0 + sum_j gamma_j c_j) + sum_j (gamma_j s_j) (z_j - c_j) / s_j
test_that("center and scale give the coefficients of standardised covariates", {
  measure <- moe_measure(gate, expert, center, scale)
  z <- matrix(rnorm(20), 10)
  x <- rnorm(10)
  z_standard <- cbind(1, (z[, 1] - 5) / 0.1, (z[, 2] + 2) / 7)
  x_standard <- cbind(1, (x - 0.3) / 2)
  centred <- oracle_centre(list(gate = gate, expert = expert))
  expect_within(z_standard %*% measure$gate, cbind(1, z) %*% centred$gate, 1e-13)
  for (k in 1:3) {
    expect_within(x_standard %*% measure$expert[, , k], cbind(1, x) %*% centred$expert[, , k],
                  1e-13)
  }
})

test_that("one number, and one vector for both parts, stand for a list of both", {
  square <- array(rnorm(24), c(3, 4, 2))
  one <- function(...) fields(moe_measure(gate[, 1:2], square, ...))
  expect_identical(one(3, 2), one(list(gate = c(3, 3), expert = c(3, 3)),
                                  list(gate = c(2, 2), expert = c(2, 2))))
  expect_identical(one(1:2, c(3, 0.5)), one(list(gate = 1:2, expert = 1:2),
                                            list(gate = c(3, 0.5), expert = c(3, 0.5))))
})

test_that("the coding does not matter: a vector for all columns changes nothing", {
  measure <- moe_measure(gate, expert, center, scale)
  moved <- expert
  for (k in 1:3) moved[, , k] <- moved[, , k] + rnorm(2)
  expect_within(fields(moe_measure(gate + rnorm(3), moved, center, scale)), fields(measure), 1e-13)
})

test_that("the units do not matter if center and scale are in them too", {
  a <- c(4, -3)    # covariate -> a + b covariate
  b <- c(1e3, 0.02)
  other_gate <- rbind(gate[1, ] - colSums(gate[-1, ] * a / b), gate[-1, ] / b)
  other <- moe_measure(other_gate, expert, list(gate = a + b * center$gate, expert = center$expert),
                       list(gate = b * scale$gate, expert = scale$expert))
  measure <- moe_measure(gate, expert, center, scale)
  expect_within(other$gate, measure$gate, 1e-13)
  expect_within(other$expert, measure$expert, 1e-13)
})

test_that("a fit's measure is that of its coefficients, standardised by its data", {
  d <- oracle_data(n = 150, p = 4, M = 3, K = 3, seed = 2)
  v <- d$frame$v <- rexp(150)
  fit <- suppressWarnings(moe_fit(y ~ x1 + x2 | x3, d$frame, 3, weights = v, lambda = 1,
                                  start = oracle_start(d)))
  m <- oracle_moments(d$x, v)
  par <- oracle_parameters(coef(fit, "list"))
  measure <- moe_measure(par$gate, par$expert, list(gate = m$center[4], expert = m$center[2:3]),
                         list(gate = m$scale[4], expert = m$scale[2:3]))
  expect_within(fields(fit$measure), fields(measure), 1e-10)
})

test_that("a gate of an intercept alone, and experts of one, are possible", {
  measure <- moe_measure(gate[1, , drop = FALSE], expert[1, , , drop = FALSE], 3, 2)
  expect_identical(dim(measure$gate), c(1L, 3L))
  expect_identical(dim(measure$expert), c(1L, 4L, 3L))
  expect_within(measure$gate, gate[1, ] - mean(gate[1, ]), 1e-14)
})

test_that("one expert is possible", {
  measure <- moe_measure(gate[, 1, drop = FALSE], expert[, , 1, drop = FALSE])
  expect_identical(dim(measure$expert), c(2L, 4L, 1L))
  expect_identical(measure$gate, matrix(0, 3, 1))
})

test_that("whole numbers and names are as good as doubles without", {
  whole <- moe_measure(matrix(1:4, 2, dimnames = list(c("a", "b"), NULL)),
                       array(1:12, c(2, 3, 2), list(NULL, letters[1:3], NULL)))
  plain <- moe_measure(matrix(c(1, 2, 3, 4), 2), array(as.double(1:12), c(2, 3, 2)))
  expect_identical(whole, plain)
})

test_that("print tells the sizes and the weights", {
  measure <- moe_measure(cbind(c(0, 1), c(log(3), 2)), expert[, , 1:2])
  expect_output(print(measure), "2 experts over 4 classes; 1 gate and 1 expert covariate")
  expect_output(print(measure), "Weights: 0.25 0.75", fixed = TRUE)
  printed <- NULL
  capture.output(printed <- withVisible(print(measure)))
  expect_false(printed$visible)
  expect_identical(printed$value, measure)
})

# --- what is refused ---

test_that("a gate that is no finite numeric matrix is refused", {
  message <- "`gate` must be a finite numeric matrix"
  for (bad in list(NULL, 1:3, "a", as.data.frame(gate), gate > 0, matrix("a", 3, 3),
                   matrix(0, 0, 3), replace(gate, 2, NA), replace(gate, 2, Inf))) {
    expect_error(moe_measure(bad, expert), message, class = "moe_error_input")
  }
})

test_that("experts that are no finite numeric array of two classes or more are refused", {
  message <- "`expert` must be a finite numeric array .* at least two classes"
  for (bad in list(NULL, 1:3, gate, expert > 0, array("a", dim(expert)), replace(expert, 3, NaN),
                   replace(expert, 3, -Inf), expert[, 1, , drop = FALSE])) {
    expect_error(moe_measure(gate, bad), message, class = "moe_error_input")
  }
})

test_that("experts without any coefficient are refused", {
  expect_error(moe_measure(gate, expert[0, , , drop = FALSE]), "`expert` must",
               class = "moe_error_input")
})

test_that("gate and experts must be as many", {
  expect_error(moe_measure(gate[, 1:2], expert), "same number of experts, but have 2 and 3",
               class = "moe_error_input")
})

test_that("center and scale must be finite numbers, one per covariate", {
  for (bad in list("a", NA, NA_real_, Inf, 1:3, numeric(), NULL, list(), list(gate = 1:2),
                   list(gate = 1:2, expert = "a"), list(gate = 1:3, expert = 1))) {
    expect_error(moe_measure(gate, expert, center = bad), "`center` and `scale` must hold one",
                 class = "moe_error_input")
    expect_error(moe_measure(gate, expert, scale = bad), "`center` and `scale` must hold one",
                 class = "moe_error_input")
  }
})

test_that("the message about center and scale says what is needed of which part, and what came", {
  expect_error(moe_measure(gate, expert, list(gate = 1:2, expert = c(1.5, 2, 3))),
               "1 of the expert.*length 3", class = "moe_error_input")
  expect_error(moe_measure(gate, expert, list(gate = "b", expert = 1)), "2 of the gate.*\"b\"",
               class = "moe_error_input")
})

test_that("a scale that is not positive is refused", {
  for (bad in list(0, -1, list(gate = c(1, 0), expert = 1), list(gate = 1, expert = -2))) {
    expect_error(moe_measure(gate, expert, scale = bad), "`scale` must be positive",
                 class = "moe_error_input")
  }
})

test_that("coefficients that overflow when standardised are refused", {
  expect_error(moe_measure(gate * 1e308, expert, scale = 1e10), "finite", class = "moe_error_input")
})

test_that("weights of atoms are shares, however large the intercepts", {
  weights <- function(...) measure_weights(list(gate = rbind(c(...), 0)))
  expect_equal(weights(0, log(3)), c(0.25, 0.75))
  expect_equal(weights(800, 800 + log(3)), c(0.25, 0.75))
  expect_equal(weights(-800, -800 + log(3)), c(0.25, 0.75))
})
