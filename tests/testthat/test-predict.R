# Predictions against the formulas of the model, written out in plain R from coef().

softmax_rows <- function(a) {
  a <- exp(a - apply(a, 1, max))
  a / rowSums(a)
}

# x and z with their column of ones; the first class and the first expert have coefficients 0.
by_hand <- function(fit, x, z, y = NULL) {
  b <- coef(fit, "list")
  known <- function(a) replace(a, is.na(a), 0)
  gate <- softmax_rows(cbind(0, z %*% known(b$gate)))
  expert <- lapply(seq_len(dim(b$expert)[3]), function(k) {
    softmax_rows(cbind(0, x %*% matrix(known(b$expert[, , k]), ncol(x))))
  })
  prob <- Reduce(`+`, lapply(seq_along(expert), function(k) gate[, k] * expert[[k]]))
  out <- list(gate = gate, expert = expert, prob = prob)
  if (!is.null(y)) {
    joint <- gate * vapply(expert, function(p) p[cbind(seq_along(y), as.integer(y))],
                           numeric(nrow(x)))
    out$posterior <- joint / rowSums(joint)
  }
  out
}

bare <- function(a) unname(as.matrix(a))

# Two regimes in z, each with its own direction in x.
set.seed(1)
n <- 160
d <- data.frame(x1 = rnorm(n, 5), x2 = rnorm(n, sd = 10), z1 = runif(n, -2, 2),
                f = factor(sample(c("u", "v", "w"), n, TRUE)))
slope <- ifelse(d$z1 > 0, 2, -2)
d$y <- factor(c("a", "b", "c")[apply(
  cbind(0, slope * (d$x1 - 5), 0.1 * d$x2) - log(-log(matrix(runif(3 * n), n))), 1, which.max
)])
d$two <- factor(ifelse(slope * (d$x1 - 5) + rlogis(n) > 0, "yes", "no"))
quick <- moe_control(search = "quick")
x <- cbind(1, d$x1, d$x2)
z <- cbind(1, d$z1)
fit <- moe_fit(y ~ x1 + x2 | z1, d, experts = 2, lambda = 0.5, control = quick)
shared <- moe_fit(y ~ x1 + f, d, experts = 2, lambda = 0.5, control = quick)
matrices <- moe_fit(as.matrix(d[c("x1", "x2")]), d$y, z = as.matrix(d["z1"]), lambda = 0.5,
                    control = quick)

# --- formulas of the model ---

test_that("gate, experts and class probabilities follow from the coefficients", {
  hand <- by_hand(fit, x, z)
  expect_equal(bare(predict(fit, d, type = "gate")), bare(hand$gate), tolerance = 1e-10)
  expect_equal(bare(predict(fit, d, type = "prob")), bare(hand$prob), tolerance = 1e-10)
  expert <- predict(fit, d, type = "expert")
  for (k in 1:2) expect_equal(bare(expert[, , k]), bare(hand$expert[[k]]), tolerance = 1e-10)
})

test_that("responsibilities follow from the coefficients by Bayes' rule", {
  expect_equal(bare(predict(fit, d, type = "posterior")), bare(by_hand(fit, x, z, d$y)$posterior),
               tolerance = 1e-10)
})

test_that("the class is the most probable one", {
  prob <- by_hand(fit, x, z)$prob
  expect_identical(predict(fit, d),
                   factor(levels(d$y)[apply(prob, 1, which.max)], levels = levels(d$y)))
})

test_that("of equally probable classes the first is taken", {
  even <- data.frame(y = rep(c("b", "a"), 5), x = rep(1:5, each = 2))
  flat <- moe_fit(y ~ x, even, experts = 1, lambda = 1)
  flat$measure$expert[] <- 0
  expect_identical(as.character(predict(flat, even)), rep("a", 10))
})

test_that("factors become the columns that model.matrix() makes", {
  x <- model.matrix(~ x1 + f, d)
  hand <- by_hand(shared, x, x, d$y)
  expect_equal(bare(predict(shared, d, type = "prob")), bare(hand$prob), tolerance = 1e-10)
  expect_equal(bare(predict(shared, d, type = "posterior")), bare(hand$posterior),
               tolerance = 1e-10)
})

test_that("one expert is a multinomial logit, its gate and responsibilities are 1", {
  one <- moe_fit(y ~ x1 + x2, d, experts = 1, control = quick)
  b <- coef(one, "list")$expert[, , 1]
  expect_equal(bare(predict(one, d, type = "prob")), bare(softmax_rows(cbind(0, x %*% b))),
               tolerance = 1e-10)
  expect_identical(bare(predict(one, d, type = "gate")), matrix(1, n, 1))
  expect_equal(bare(predict(one, d, type = "posterior")), matrix(1, n, 1), tolerance = 1e-14)
})

test_that("one expert and two classes are logistic regression", {
  one <- moe_fit(two ~ x1 + x2, d, experts = 1, control = quick)
  logistic <- glm(two ~ x1 + x2, binomial, d)
  expect_equal(unname(predict(one, d, type = "prob")[, "yes"]),
               unname(predict(logistic, d, type = "response")), tolerance = 1e-5)
})

test_that("two classes and three experts follow from the coefficients", {
  three <- suppressWarnings(moe_fit(two ~ x1 + x2 | z1, d, experts = 3, lambda = 0.5,
                                    control = quick))
  hand <- by_hand(three, x, z, d$two)
  expect_equal(bare(predict(three, d, type = "prob")), bare(hand$prob), tolerance = 1e-10)
  expect_equal(bare(predict(three, d, type = "posterior")), bare(hand$posterior),
               tolerance = 1e-10)
})

test_that("a gate without covariates is the same in every row", {
  constant <- moe_fit(y ~ x1 + x2 | 1, d, lambda = 0.5, control = quick)
  hand <- by_hand(constant, x, x[, 1, drop = FALSE])
  gate <- predict(constant, d, type = "gate")
  expect_equal(bare(gate), bare(hand$gate), tolerance = 1e-10)
  expect_equal(unname(gate), unname(gate[rep(1, n), ]))
  expect_equal(bare(predict(constant, d, type = "prob")), bare(hand$prob), tolerance = 1e-10)
})

test_that("dropped columns have no say", {
  d$same <- 2 * d$x1 - 1
  d$constant <- 7
  dropped <- suppressMessages(moe_fit(y ~ x1 + same + constant + x2 | constant + z1, d,
                                      lambda = 0.5, control = quick))
  expect_true(all(is.na(coef(dropped, "list")$expert[c("same", "constant"), , ])))
  x <- cbind(1, d$x1, d$same, d$constant, d$x2)
  z <- cbind(1, d$constant, d$z1)
  expect_equal(bare(predict(dropped, d, type = "prob")), bare(by_hand(dropped, x, z)$prob),
               tolerance = 1e-10)
  d$same <- 0
  d$constant <- -3
  expect_warning(broken <- predict(dropped, d, type = "prob"),
                 "take no account of what was dropped")
  expect_equal(bare(broken), bare(by_hand(dropped, x, z)$prob), tolerance = 1e-10)
})

test_that("interactions and other contrasts are those of the fit, whatever the options say", {
  sums <- moe_fit(y ~ x1 * f | f, d, lambda = 0.5, control = quick,
                  contrasts = list(f = "contr.sum"))
  x <- model.matrix(~ x1 * f, d, contrasts.arg = list(f = "contr.sum"))
  z <- model.matrix(~ f, d, contrasts.arg = list(f = "contr.sum"))
  hand <- by_hand(sums, x, z)$prob
  before <- options(contrasts = c("contr.helmert", "contr.poly"))
  on.exit(options(before))
  expect_equal(bare(predict(sums, d, type = "prob")), bare(hand), tolerance = 1e-10)
  expect_equal(bare(predict(sums, type = "prob")), bare(hand), tolerance = 1e-10)
})

# --- shapes ---

test_that("no dimension is dropped, for many rows, one, or none", {
  for (rows in list(1:5, 1L, integer())) {
    new <- d[rows, ]
    expect_length(predict(fit, new), length(rows))
    expect_identical(dim(predict(fit, new, type = "prob")), c(length(rows), 3L))
    expect_identical(dim(predict(fit, new, type = "gate")), c(length(rows), 2L))
    expect_identical(dim(predict(fit, new, type = "expert")), c(length(rows), 3L, 2L))
    expect_identical(dim(predict(fit, new, type = "posterior")), c(length(rows), 2L))
  }
})

test_that("no rows in are no rows out for matrices, without a warning", {
  none <- function(...) predict(matrices, matrix(0, 0, 2), newz = matrix(0, 0, 1), ...)
  expect_warning(expect_identical(dim(none(type = "prob")), c(0L, 3L)), NA)
  expect_warning(expect_identical(none(), factor(character(), levels(d$y))), NA)
  expect_warning(expect_identical(dim(none(type = "posterior", newy = d$y[0])), c(0L, 2L)), NA)
})

test_that("columns and slices are named by classes and experts", {
  experts <- c("expert1", "expert2")
  expect_identical(colnames(predict(fit, type = "prob")), c("a", "b", "c"))
  expect_identical(colnames(predict(fit, type = "gate")), experts)
  expect_identical(colnames(predict(fit, type = "posterior")), experts)
  expect_identical(dimnames(predict(fit, type = "expert"))[-1], list(c("a", "b", "c"), experts))
  expect_identical(levels(predict(fit)), c("a", "b", "c"))
})

test_that("one row at a time gives what all rows give", {
  all <- predict(fit, d[1:20, ], type = "prob")
  single <- t(vapply(1:20, function(i) predict(fit, d[i, ], type = "prob")[1, ], numeric(3)))
  expect_equal(bare(single), bare(all), tolerance = 1e-14)
})

test_that("probabilities sum to 1", {
  for (type in c("prob", "gate", "posterior")) {
    expect_lt(max(abs(rowSums(predict(fit, type = type)) - 1)), 1e-12)
  }
  expect_lt(max(abs(apply(predict(fit, type = "expert"), c(1, 3), sum) - 1)), 1e-12)
})

test_that("a million standard deviations away everything is finite and sums to 1", {
  far <- expand.grid(x1 = c(-1e6, 1e6), x2 = c(-1e7, 1e7), z1 = c(-1e6, 1e6), y = c("a", "b", "c"),
                     stringsAsFactors = FALSE)
  for (type in c("prob", "gate", "posterior")) {
    p <- predict(fit, far, type = type)
    expect_true(all(is.finite(p) & p >= 0))
    expect_lt(max(abs(rowSums(p) - 1)), 1e-12)
  }
  expect_true(all(is.finite(predict(fit, far, type = "expert"))))
  expect_false(anyNA(predict(fit, far)))
})

test_that("no covariate hides a value that is missing or infinite, whatever is predicted", {
  types <- c("class", "prob", "gate", "expert", "posterior")
  wanted <- list(fit, fit, fit, shared)
  for (i in seq_along(wanted)) {
    model <- wanted[[i]]
    name <- c("x1", "x2", "z1", "x1")[i]
    new <- d[1:4, ]
    for (value in c(Inf, -Inf)) {
      new[[name]][3] <- value
      for (type in types) expect_error(predict(model, new, type = type), "row 3 is infinite")
    }
    new[[name]][3] <- NaN
    for (type in types) {
      lost <- is.na(matrix(predict(model, new, type = type), 4))
      expect_true(all(lost[3, ]) && !any(lost[-3, ]))
    }
  }
})

test_that("a missing value of a dropped covariate is missing, in the gate's alone too", {
  d$constant <- 7
  d$twice <- 2 * d$z1
  dropped <- list(suppressMessages(moe_fit(y ~ x1 | z1 + constant, d, lambda = 1, control = quick)),
                  suppressMessages(moe_fit(y ~ x1 | z1 + twice, d, lambda = 1, control = quick)),
                  suppressMessages(moe_fit(y ~ x1 + constant | z1, d, lambda = 1, control = quick)))
  name <- c("constant", "twice", "constant")
  for (i in 1:3) {
    new <- d[1:4, ]
    new[[name[i]]][3] <- NA
    prob <- predict(dropped[[i]], new, type = "prob")
    expect_identical(unname(is.na(prob[, 1])), 1:4 == 3)
  }
})

# Rows are predicted in blocks.
test_that("rows are counted from the first one on, however many there are", {
  block <- moelogit:::design_rows
  many <- d[rep_len(seq_len(n), block + 5), ]
  many$x1[block + 3] <- Inf
  expect_error(predict(fit, many, type = "prob"), paste("row", block + 3, "is infinite"))
  many$x1[block + 3] <- 1.7e308
  expect_error(predict(fit, many, type = "prob"), paste("those of row", block + 3, "are too far"))
  many$x1[block + 3] <- NA
  prob <- predict(fit, many, type = "prob")
  expect_identical(unname(which(is.na(prob[, 1]))), block + 3L)
})

test_that("what is made of blocks of rows is what is made of each row", {
  n <- 2 * moelogit:::design_rows + 7
  set.seed(6)
  many <- matrix(rnorm(2 * n), n, dimnames = list(paste0("r", seq_len(n)), c("a", "b")))
  y <- factor(ifelse(many[, 1] + rlogis(n) > 0, "yes", "no"))
  known <- seq_len(200)
  of_matrices <- moe_fit(many[known, ], y[known], 2, lambda = 1, control = quick)
  on_edges <- c(1, 24999:25002, 49999:50002, n)
  many[24999, 2] <- NA
  some <- many[on_edges, ]
  of_some <- function(a) if (length(dim(a)) == 3) a[on_edges, , ] else
    if (is.matrix(a)) a[on_edges, ] else a[on_edges]
  for (type in c("class", "prob", "link", "gate", "expert")) {
    whole <- predict(of_matrices, many[, 2:1], type = type)
    expect_identical(of_some(whole), of_some(predict(of_matrices, many, type = type)))
    expect_identical(if (type == "link") whole[on_edges, , drop = FALSE] else of_some(whole),
                     predict(of_matrices, some, type = type))
    if (type == "class") next
    whole <- predict(of_matrices, many, type = type, interval = "confidence")
    expect_identical(lapply(whole, of_some),
                     lapply(predict(of_matrices, some, type = type, interval = "confidence"),
                            function(a) if (type == "link") a[, 1] else a))
  }
  whole <- predict(of_matrices, many, newy = y, type = "posterior")
  expect_identical(whole[on_edges, ],
                   predict(of_matrices, some, newy = y[on_edges], type = "posterior"))
})

# --- training data ---

test_that("without newdata predictions are for the training data, as fitted() gives them", {
  for (type in c("class", "prob", "gate", "expert", "posterior")) {
    expect_equal(predict(fit, type = type), predict(fit, d, type = type), tolerance = 1e-14)
  }
  expect_identical(fitted(fit), predict(fit, type = "prob"))
})

test_that("a fit that kept no data predicts for newdata all the same", {
  set.seed(2)
  with <- moe_fit(y ~ x1 + f | z1, d, lambda = 0.5, control = quick)
  set.seed(2)
  without <- moe_fit(y ~ x1 + f | z1, d, lambda = 0.5, control = quick, model = FALSE)
  expect_null(without$model)
  for (type in c("class", "prob", "gate", "expert", "posterior")) {
    expect_identical(predict(without, d, type = type), predict(with, d, type = type))
  }
})

test_that("predictions need nothing from where the fit was made", {
  make <- function() {
    local_data <- d
    moe_fit(y ~ x1 + f | z1, local_data, lambda = 0.5, control = quick)
  }
  made <- make()
  file <- tempfile(fileext = ".rds")
  on.exit(unlink(file))
  saveRDS(made, file)
  read <- readRDS(file)
  for (type in c("class", "prob", "gate", "expert", "posterior")) {
    expect_identical(predict(read, d[1:9, ], type = type), predict(made, d[1:9, ], type = type))
    expect_identical(predict(read, type = type), predict(made, type = type))
  }
})

test_that("columns that newdata has besides do not matter", {
  needed <- c("x1", "x2", "z1")
  expect_identical(predict(fit, d[rev(needed)], type = "prob"), predict(fit, d, type = "prob"))
  expect_identical(predict(fit, as.list(d[needed]), type = "prob"), predict(fit, d, type = "prob"))
})

# --- missing values ---

test_that("rows with a missing covariate stay, as NA", {
  d$x1[2] <- NA
  d$z1[4] <- NaN
  for (type in c("prob", "gate", "posterior")) {
    p <- predict(fit, d, type = type)
    expect_identical(unname(which(is.na(p[, 1]))), c(2L, 4L))
    expect_identical(is.na(p[, 1]), is.na(rowSums(p)))
  }
  expect_identical(unname(which(is.na(predict(fit, d)))), c(2L, 4L))
  expect_identical(unname(which(apply(is.na(predict(fit, d, type = "expert")), 1, all))), c(2L, 4L))
})

test_that("missing rows do not disturb the others", {
  whole <- predict(fit, d, type = "prob")
  d$x1[2] <- NA
  expect_equal(predict(fit, d, type = "prob")[-2, ], whole[-2, ], tolerance = 1e-14)
})

test_that("a missing response makes responsibilities NA and nothing else", {
  d$y[3] <- NA
  expect_identical(unname(which(is.na(predict(fit, d, type = "posterior")[, 1]))), 3L)
  expect_false(anyNA(predict(fit, d, type = "prob")))
})

test_that("a covariate that is NA throughout, as data frames are typed by hand, is missing", {
  expect_warning(p <- predict(shared, data.frame(x1 = 1, f = NA), type = "prob"), NA)
  expect_true(all(is.na(p)))
  expect_true(all(is.na(predict(shared, data.frame(x1 = NA, f = "u"), type = "prob"))))
})

test_that("na.exclude pads predictions for the training data and na.omit does not", {
  d$x1[c(1, 50)] <- NA
  set.seed(3)
  omit <- moe_fit(y ~ x1 + x2, d, lambda = 0.5, control = quick)
  set.seed(3)
  exclude <- moe_fit(y ~ x1 + x2, d, lambda = 0.5, control = quick, na.action = na.exclude)
  for (type in c("prob", "gate", "posterior")) {
    padded <- predict(exclude, type = type)
    expect_identical(unname(which(is.na(padded[, 1]))), c(1L, 50L))
    expect_equal(bare(padded[-c(1, 50), ]), bare(predict(omit, type = type)), tolerance = 1e-14)
  }
  padded <- predict(exclude)
  expect_identical(unname(which(is.na(padded))), c(1L, 50L))
  expect_identical(as.character(padded[-c(1, 50)]), as.character(predict(omit)))
  padded <- predict(exclude, type = "expert")
  expect_identical(dim(padded), c(160L, 3L, 2L))
  expect_equal(padded[-c(1, 50), , ], predict(omit, type = "expert"), tolerance = 1e-14)
  expect_identical(nrow(predict(exclude, d[1:9, ], type = "prob")), 9L)
})

# --- factors, terms ---

test_that("factors may come as text, with fewer or reordered levels, or as one level", {
  expected <- predict(shared, d[1:9, ], type = "prob")
  text <- transform(d[1:9, ], f = as.character(f))
  reordered <- transform(d[1:9, ], f = factor(f, levels = c("w", "u", "v")))
  expect_identical(predict(shared, text, type = "prob"), expected)
  expect_identical(predict(shared, reordered, type = "prob"), expected)
  for (i in 1:3) {
    expect_equal(bare(predict(shared, droplevels(d[i, ]), type = "prob")),
                 bare(expected[i, , drop = FALSE]), tolerance = 1e-14)
  }
})

test_that("a factor whose levels are numbers may come as numbers", {
  d$g <- factor(rep(c(10, 20), n / 2))
  numbered <- moe_fit(y ~ x1 + g, d, lambda = 0.5, control = quick)
  expect_identical(predict(numbered, data.frame(x1 = 5, g = c(20, 10)), type = "prob"),
                   predict(numbered, data.frame(x1 = 5, g = c("20", "10")), type = "prob"))
})

test_that("factors made in the formula keep their levels, and name a new one", {
  made <- moe_fit(y ~ x1 + factor(f), d, lambda = 0.5, control = quick)
  expected <- predict(made, type = "prob")
  expect_equal(bare(predict(made, d[3, ], type = "prob")), bare(expected[3, , drop = FALSE]),
               tolerance = 1e-14)
  expect_error(predict(made, data.frame(x1 = 1, f = "zz")), "zz")
})

test_that("text that was fitted predicts from text and from a factor", {
  d$f <- as.character(d$f)
  text <- moe_fit(y ~ x1 + f, d, lambda = 0.5, control = quick)
  expect_identical(predict(text, d[1:9, ], type = "prob"), predict(text, type = "prob")[1:9, ])
  expect_identical(predict(text, transform(d[1:9, ], f = factor(f)), type = "prob"),
                   predict(text, type = "prob")[1:9, ])
})

test_that("ordered factors keep their polynomial contrasts", {
  levels <- c("low", "mid", "high")
  d$o <- factor(rep_len(levels, n), levels = levels, ordered = TRUE)
  ordered <- moe_fit(y ~ x1 + o, d, lambda = 0.5, control = quick)
  x <- model.matrix(~ x1 + o, d)
  expect_equal(bare(predict(ordered, d[2, ], type = "prob")),
               bare(by_hand(ordered, x, x)$prob[2, , drop = FALSE]), tolerance = 1e-10)
})

test_that("logical covariates predict from logical values", {
  d$l <- d$z1 > 0
  logical <- moe_fit(y ~ x1 | l, d, lambda = 0.5, control = quick)
  expect_identical(predict(logical, d[1:9, ], type = "prob"),
                   predict(logical, type = "prob")[1:9, ])
  expect_length(predict(logical, data.frame(x1 = 1, l = c(TRUE, TRUE))), 2)
})

test_that("poly() and ns() keep the basis of the training data", {
  curved <- moe_fit(y ~ poly(x1, 2) + log(x1 + 20) | splines::ns(z1, 3), d, lambda = 0.5,
                    control = quick)
  expect_equal(predict(curved, d[5:8, ], type = "prob"), predict(curved, type = "prob")[5:8, ],
               tolerance = 1e-12)
  expect_identical(dim(predict(curved, d[5, ], type = "gate")), 1:2)
  expect_identical(is.na(predict(curved, transform(d[5:6, ], x1 = c(NA, 1)))), c(TRUE, FALSE))
})

test_that("the response may be an expression, and newdata need it for responsibilities only", {
  expression <- moe_fit(y == "a" ~ x1 | z1, d, lambda = 0.5, control = quick)
  expect_identical(levels(predict(expression)), c("FALSE", "TRUE"))
  expect_identical(predict(expression, d, type = "posterior"),
                   predict(expression, type = "posterior"))
  d$y <- NULL
  expect_identical(nrow(predict(expression, d, type = "prob")), 160L)
})

test_that("a newdata response may be text, or lack classes", {
  some <- d[d$y != "b", ]
  expected <- predict(fit, d, type = "posterior")[d$y != "b", ]
  expect_identical(predict(fit, droplevels(some), type = "posterior"), expected)
  expect_identical(predict(fit, transform(some, y = as.character(y)), type = "posterior"), expected)
})

test_that("a variable that newdata lacks is not taken from where the formula was written", {
  zz <- d$x1
  bare <- moe_fit(y ~ zz, d, lambda = 0.5, control = quick)
  expect_error(predict(bare, d["x1"]), "lacks \"zz\"", class = "moe_error_input")
  wrapped <- moe_fit(y ~ exp(zz / 10), d, lambda = 0.5, control = quick)
  expect_error(suppressWarnings(predict(wrapped, d[1:3, "x1", drop = FALSE])), "`newdata`",
               class = "moe_error_input")
})

test_that("constants of a formula may come from where it was written", {
  degree <- 2
  curved <- moe_fit(y ~ poly(x1, degree) | z1, d, lambda = 0.5, control = quick)
  expect_equal(predict(curved, d[5:8, c("x1", "z1")], type = "prob"),
               predict(curved, type = "prob")[5:8, ], tolerance = 1e-12)
})

# --- matrices ---

test_that("a matrix fit predicts from its formulas", {
  x <- as.matrix(d[c("x1", "x2")])
  z <- as.matrix(d["z1"])
  hand <- by_hand(matrices, cbind(1, x), cbind(1, z), d$y)
  expect_equal(bare(predict(matrices, x, type = "prob", newz = z)), bare(hand$prob),
               tolerance = 1e-10)
  expect_equal(bare(predict(matrices, x, type = "posterior", newz = z, newy = d$y)),
               bare(hand$posterior), tolerance = 1e-10)
  expect_equal(bare(predict(matrices, type = "posterior")), bare(hand$posterior), tolerance = 1e-10)
})

test_that("columns of matrices are found by name, whatever their order and company", {
  x <- as.matrix(d[c("x1", "x2")])
  z <- as.matrix(d["z1"])
  expected <- predict(matrices, x, type = "prob", newz = z)
  all <- cbind(other = 0, z, x[, 2:1])
  expect_identical(predict(matrices, all, type = "prob", newz = all), expected)
  expect_identical(unname(predict(matrices, d[c("x2", "x1")], type = "prob", newz = d["z1"])),
                   unname(expected))
})

test_that("columns without names are taken in order", {
  x <- as.matrix(d[c("x1", "x2")])
  z <- as.matrix(d["z1"])
  expect_identical(predict(matrices, unname(x), type = "prob", newz = unname(z)),
                   predict(matrices, x, type = "prob", newz = z))
})

test_that("newz is newdata where gate and experts share their covariates", {
  x <- as.matrix(d[c("x1", "x2")])
  both <- moe_fit(x, d$y, lambda = 0.5, control = quick)
  expect_identical(predict(both, x, type = "gate"), predict(both, x, type = "gate", newz = x))
  moved <- predict(both, x, type = "gate", newz = x + 1)
  expect_identical(moved, predict(both, x + 1, type = "gate"))
})

test_that("a gate without columns needs no newz", {
  x <- as.matrix(d[c("x1", "x2")])
  constant <- moe_fit(x, d$y, z = x[, 0], lambda = 0.5, control = quick)
  expect_equal(predict(constant, x[1:3, ], type = "prob"), predict(constant, type = "prob")[1:3, ])
})

test_that("newy may be a factor, text, or indicators in another order", {
  x <- as.matrix(d[c("x1", "x2")])
  z <- as.matrix(d["z1"])
  tau <- function(y) predict(matrices, x, type = "posterior", newz = z, newy = y)
  expected <- tau(d$y)
  indicators <- 1 * outer(as.character(d$y), c("c", "a", "b"), "==")
  colnames(indicators) <- c("c", "a", "b")
  expect_identical(tau(as.character(d$y)), expected)
  expect_identical(tau(indicators), expected)
})

test_that("whole numbers and logical values are numbers", {
  x <- cbind(a = rep(0:1, n / 2), b = rep(c(TRUE, FALSE), each = n / 2))
  storage.mode(x) <- "integer"
  counts <- moe_fit(x, d$y, lambda = 0.5, control = quick)
  expect_identical(predict(counts, x + 0, type = "prob"), predict(counts, x, type = "prob"))
  expect_identical(predict(counts, x == 1, type = "prob"), predict(counts, x, type = "prob"))
})

test_that("missing covariates of matrices stay, as NA", {
  x <- as.matrix(d[c("x1", "x2")])
  z <- as.matrix(d["z1"])
  x[2, 1] <- NA
  z[3] <- NA
  expect_identical(unname(which(is.na(predict(matrices, x, newz = z)))), 2:3)
})

test_that("formula and matrices make the same model", {
  set.seed(4)
  formula <- moe_fit(y ~ x1 + x2 | z1, d, lambda = 0.5, control = quick)
  set.seed(4)
  matrix <- moe_fit(as.matrix(d[c("x1", "x2")]), d$y, z = as.matrix(d["z1"]), lambda = 0.5,
                    control = quick)
  expect_identical(coef(matrix), coef(formula))
  expect_identical(bare(predict(matrix, type = "prob")), bare(predict(formula, type = "prob")))
})

test_that("a fit by the worker predicts from matrices", {
  x <- model.matrix(~ x1 + x2, d)
  worker <- moe_fit_worker(x, x, d$y, lambda = 0.5, control = quick)
  expect_equal(bare(predict(worker, x[, -1], type = "prob")), bare(by_hand(worker, x, x)$prob),
               tolerance = 1e-10)
})

test_that("indicators as a formula's response make the classes of their columns", {
  d$counts <- 1 * outer(as.character(d$y), c("c", "b", "a"), "==")
  colnames(d$counts) <- c("c", "b", "a")
  indicators <- moe_fit(counts ~ x1 + x2 | z1, d, lambda = 0.5, control = quick)
  expect_identical(indicators$levels, c("c", "b", "a"))
  expect_identical(predict(indicators, d, type = "posterior"),
                   predict(indicators, type = "posterior"))
})

test_that("threads do not change predictions", {
  set.seed(5)
  two <- moe_fit(y ~ x1 + x2 | z1, d, lambda = 0.5,
                 control = moe_control(search = "quick", threads = 2))
  set.seed(5)
  one <- moe_fit(y ~ x1 + x2 | z1, d, lambda = 0.5, control = moe_control(search = "quick"))
  expect_identical(predict(two, d, type = "prob"), predict(one, d, type = "prob"))
})

test_that("a gate of other covariates than the experts' is predicted by its own standardisation", {
  set.seed(8)
  x <- matrix(rnorm(400), 200, dimnames = list(NULL, c("a", "b")))
  z <- 3 * x + 5 # as many columns, of the same names
  y <- factor(rbinom(200, 1, plogis(x[, 1] * sign(x[, 2]))))
  fit <- suppressWarnings(moe_fit(x, y, z = z, lambda = 1, control = moe_control(search = "quick")))
  other <- z
  other[1, ] <- 0
  expect_equal(predict(fit, z, "gate", newz = z)[-1, ], predict(fit, z, "gate", newz = other)[-1, ])
  expect_equal(predict(fit, z, "gate"), predict(fit, x, "gate", newz = z))
})

test_that("probabilities never pass 1 by rounding, and certain outcomes have residual 0", {
  set.seed(5)
  x <- matrix(rnorm(6000), 3000)
  # Of experts that are all sure of the first class nothing is left for rounding to hide.
  fit <- moe_fit(x, rep_len(1:0, 3000), lambda = 1, control = moe_control(search = "quick"))
  fit$measure$expert[] <- 0
  fit$measure$expert[1, , ] <- c(30, -30)
  prob <- predict(fit, type = "prob")
  expect_true(all(prob <= 1))
  expect_true(any(rowSums(predict(fit, type = "gate")) > 1))
  certain <- prob == 0 | prob == 1
  expect_true(any(certain))
  pearson <- residuals(fit, "pearson")
  expect_false(anyNA(pearson))
  expect_true(all(pearson[residuals(fit) == 0] == 0))
  interval <- predict(fit, type = "prob", interval = "confidence")
  expect_false(anyNA(interval$upper))
})

# Without new data the model frame is used as it was, so the two must agree.
test_that("text and ordered covariates stay what they are in every term of new data", {
  set.seed(11)
  d$dose <- sample(c("10", "20", "800"), n, TRUE)
  d$size <- factor(sample(c("low", "mid", "top"), n, TRUE), ordered = TRUE)
  for (formula in c(y ~ x1 | dose + as.numeric(dose):z1, y ~ size + x1 | I(size >= "mid") + z1,
                    y ~ dose + x1 | nchar(dose) + I(dose > "10"):z1)) {
    fit <- suppressWarnings(moe_fit(formula, d, lambda = 0.1, control = quick))
    expect_equal(predict(fit, d, "prob"), predict(fit, type = "prob"), tolerance = 1e-12)
    expect_identical(predict(fit, transform(d, size = as.character(size), dose = factor(dose))),
                     predict(fit))
    expect_error(predict(fit, transform(d, dose = "30", size = "no")), "not seen")
  }
})

test_that("an ordered response has ordered predictions", {
  d$y <- factor(d$y, ordered = TRUE)
  fit <- moe_fit(y ~ x1, d, lambda = 0.5, control = quick)
  expect_identical(class(predict(fit)), class(d$y))
  expect_identical(levels(predict(fit, d[1:3, ])), levels(d$y))
  expect_identical(as.character(predict(fit)),
                   levels(d$y)[max.col(predict(fit, type = "prob"), "first")])
  expect_s3_class(simulate(fit, seed = 1)$sim_1, "ordered")
  expect_s3_class(predict(cut(moe_dendrogram(fit), experts = 1)), "ordered")
  expect_false(is.ordered(predict(shared)))
})

test_that("a variable that came from the data is asked for, even if something else has its name", {
  d$time <- exp(d$z1)
  fit <- moe_fit(y ~ x1 + log(time), d, lambda = 0.5, control = quick)
  expect_error(predict(fit, d["x1"]), "lacks \"time\"", class = "moe_error_input")
  expect_error(moe_effects(fit), "transforms \"time\"", class = "moe_error_input")
})

test_that("a matrix column of another width is refused by name, with both widths", {
  set.seed(11)
  d <- data.frame(y = factor(rep(c("low", "mid", "high"), 30)), age = rnorm(90))
  d$scores <- matrix(rnorm(180), 90)
  quick <- moe_control(search = "quick", max_iterations = 50)
  fit <- suppressWarnings(moe_fit(y ~ scores + age, d, lambda = 1, control = quick))
  new <- function(columns, n = 3) {
    out <- data.frame(age = seq_len(n))
    out$scores <- matrix(0.1, n, columns)
    out
  }
  refused <- function(fit, new, message) {
    expect_error(predict(fit, new, "prob"), message, class = "moe_error_input")
  }
  refused(fit, new(1), "scores had 2 columns, but has 1[.]")
  refused(fit, new(40), "scores had 2 columns, but has 40[.]")
  refused(fit, data.frame(age = 0:2, scores = 0:2), "scores had 2 columns, but has 1[.]")
  expect_identical(dim(predict(fit, new(2), "prob")), c(3L, 3L))
  logged <- suppressWarnings(moe_fit(y ~ exp(scores), d, lambda = 1, control = quick))
  refused(logged, new(3), "scores had 2 columns, but has 3[.]")
  plain <- suppressWarnings(moe_fit(y ~ age, d, lambda = 1, control = quick))
  wide <- list(age = matrix(1:6, 3))
  refused(plain, wide, "age had 1 column, but has 2[.]")
  expect_identical(predict(plain, list(age = matrix(1:3)), "prob"),
                   predict(plain, data.frame(age = 1:3), "prob"))
})

# --- as for a glm ---

test_that("predictions have the names of their rows", {
  named <- d[c(3, 1), ]
  for (type in c("prob", "gate", "expert", "posterior", "link")) {
    expect_identical(rownames(predict(fit, type = type)), rownames(d))
    expect_identical(dimnames(predict(fit, named, type = type))[[1]], c("3", "1"))
  }
  expect_identical(rownames(predict(fit, as.list(d[1:2, ]), type = "prob")), c("1", "2"))
  gaps <- transform(d, x1 = replace(x1, 5, NA))
  padded <- suppressWarnings(update(fit, data = gaps, na.action = na.exclude))
  expect_identical(rownames(predict(padded, type = "expert")), rownames(d))
  expect_identical(rownames(residuals(padded)), rownames(d))
  expect_identical(names(residuals(fit, "deviance")), rownames(d))
  x <- cbind(a = c(u = 1, v = 2, w = 3, x = 1))
  by_matrix <- suppressWarnings(moe_fit(x, c(0, 1, 1, 1), experts = 1, lambda = 1))
  expect_identical(rownames(predict(by_matrix, x[2:3, , drop = FALSE], type = "prob")), c("v", "w"))
  expect_null(rownames(predict(by_matrix, unname(x), type = "prob")))
})

test_that("\"response\" is \"prob\", and \"link\" the log-odds", {
  prob <- predict(fit, d, type = "prob")
  expect_identical(predict(fit, d, type = "response"), prob)
  expect_equal(predict(fit, d, type = "link"), log(prob[, -1] / prob[, 1]))
  e <- transform(d, y = as.integer(y == "b"))
  one <- moe_fit(y ~ x1, e, experts = 1)
  other <- glm(y ~ x1, binomial, e)
  ours <- predict(one, e[1:9, ], "link", se.fit = TRUE, interval = "confidence")
  theirs <- predict(other, e[1:9, ], se.fit = TRUE)
  expect_equal(ours$fit[, 1], theirs$fit, tolerance = 1e-5)
  expect_equal(ours$se.fit[, 1], theirs$se.fit, tolerance = 1e-4)
  expect_equal(ours$upper, ours$fit + qnorm(0.975) * ours$se.fit)
  expect_equal(ours$lower, ours$fit - qnorm(0.975) * ours$se.fit)
})

test_that("errors of log-odds follow from those of probabilities", {
  two <- suppressWarnings(moe_fit(x1 > mean(x1) ~ x2, d, lambda = 1, control = quick))
  prob <- predict(two, d, "prob", se.fit = TRUE)
  link <- predict(two, d, "link", se.fit = TRUE)
  expect_equal(link$se.fit[, 1], prob$se.fit[, 2] / (prob$fit[, 1] * prob$fit[, 2]))
})

test_that("new rows may still be in a database or a lazy table", {
  skip_if_not_installed("dtplyr")
  expect_identical(predict(fit, dtplyr::lazy_dt(d[1:5, ]), type = "prob"),
                   predict(fit, d[1:5, ], type = "prob"))
  skip_if_not_installed("dbplyr")
  skip_if_not_installed("RSQLite")
  stored <- dbplyr::memdb_frame(d[1:5, sapply(d, is.numeric)])
  numbers <- suppressWarnings(moe_fit(y ~ x1 + x2, d, lambda = 1, control = quick))
  expect_equal(predict(numbers, stored, type = "prob"), predict(numbers, d[1:5, ], type = "prob"))
})
