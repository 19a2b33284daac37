# Sparse matrices: the fit is that of the same matrix in full, which all other tests are about.

skip_if_not_installed("Matrix")

# Two experts on the two sides of the first covariate; most entries are 0.
sparse_data <- local({
  set.seed(1)
  n <- 600
  x <- matrix(rnorm(n * 6) * (runif(n * 6) < 0.25), n, dimnames = list(NULL, letters[1:6]))
  x[, "b"] <- x[, "b"] != 0 # indicators
  x[1:20, ] <- 0
  side <- ifelse(x[, "a"] + x[, "c"] + rlogis(n, scale = 0.2) > 0, 1, -1)
  eta <- cbind(0, side * (1 + 2 * x[, "c"]) + x[, "b"], 1 - side * x[, "d"])
  list(x = x, y = factor(c("r", "s", "t")[oracle_draw(oracle_softmax(eta))]),
       w = rexp(n) * (runif(n) < 0.9))
})
sparse_y <- sparse_data$y

# Rows that all differ: those of a dense matrix that are alike a search sees as one.
distinct_x <- local({
  set.seed(3)
  replace(sparse_data$x, cbind(1:600, 6L), rnorm(600))
})

as_dgc <- function(x) methods::as(x, "CsparseMatrix")

nameless <- function(x) {
  dimnames(x) <- list(NULL, NULL)
  x
}

sparse_start <- local({
  left <- sparse_data$x[, "a"] < 0
  cbind(ifelse(left, 0.8, 0.3), ifelse(left, 0.2, 0.7))
})

# What is left to gain at this tolerance lets coefficients differ by the square root of it, not
# more: sums that are taken in another order lead to the optimum by another path.
exact <- moe_control(tolerance = 1e-14)

sparse_fit <- function(x, ..., start = sparse_start, lambda = 0.5, control = exact) {
  suppressWarnings(moe_fit(x, sparse_y, ..., start = start, lambda = lambda, control = control))
}

expect_same_fit <- function(fit, other, tolerance = 1e-5) {
  expect_within(fit$objective, other$objective, 1e-12)
  expect_within(fit$loglik, other$loglik, 1e-8)
  expect_identical(fit$df, other$df)
  expect_identical(lapply(coef(fit, "list"), dimnames), lapply(coef(other, "list"), dimnames))
  expect_identical(is.na(coef(fit, matrix = TRUE)), is.na(coef(other, matrix = TRUE)))
  expect_within(na.omit(coef(fit)), na.omit(coef(other)), tolerance)
}

# --- the same fit ---

test_that("a sparse matrix gives the fit of the full one", {
  x <- sparse_data$x
  dense <- sparse_fit(x)
  expect_true(dense$converged)
  expect_same_fit(sparse_fit(as_dgc(x)), dense)
  expect_same_fit(sparse_fit(as_dgc(x), weights = sparse_data$w),
                  sparse_fit(x, weights = sparse_data$w))
  expect_same_fit(sparse_fit(as_dgc(x), lambda = 20), sparse_fit(x, lambda = 20))
  plain <- moe_control(method = "mm", max_iterations = 5)
  expect_same_fit(sparse_fit(as_dgc(x), control = plain), sparse_fit(x, control = plain), 1e-8)
})

test_that("columns of which most is stored have the weighted moments of the full matrix", {
  x <- sparse_data$x
  set.seed(2)
  x[, "d"] <- rnorm(nrow(x)) * (runif(nrow(x)) < 0.8)
  x[, "e"] <- x[, "d"] != 0
  for (w in list(NULL, sparse_data$w)) {
    expect_same_fit(sparse_fit(as_dgc(x), weights = w), sparse_fit(x, weights = w))
  }
})

test_that("gate and experts may be sparse apart", {
  x <- sparse_data$x[, 1:4]
  z <- sparse_data$x[, c(1, 3)]
  dense <- sparse_fit(x, z = z)
  expect_same_fit(sparse_fit(as_dgc(x), z = as_dgc(z)), dense)
  expect_same_fit(sparse_fit(as_dgc(x), z = z), dense)
  expect_same_fit(sparse_fit(x, z = as_dgc(z)), dense)
  expect_same_fit(sparse_fit(as_dgc(x), z = as_dgc(x)[, 0]), sparse_fit(x, z = x[, 0]))
})

test_that("a search from the same seed goes the same way", {
  fit <- function(x) {
    set.seed(2)
    suppressWarnings(moe_fit(x, sparse_y, lambda = 1, control = moe_control(search = "quick")))
  }
  dense <- fit(distinct_x)
  sparse <- fit(as_dgc(distinct_x))
  expect_within(sparse$optima$objective, dense$optima$objective, 1e-9)
  expect_same_fit(sparse, dense)
})

test_that("a search over more rows and columns than it fills in works", {
  set.seed(3)
  x <- Matrix::rsparsematrix(2500, 1100, 0.01)
  y <- rbinom(2500, 1, stats::plogis(2 * as.vector(x[, 1]) - as.vector(x[, 2])))
  problem <- full_rank_problem(with_intercept(x, "x"), with_intercept(x[, 1, drop = FALSE], "z"),
                               factor(y), 2L, NULL, 1, moe_control())
  sample <- problem_spread(problem, 2000L)
  expect_identical(dim(sample$design$x), c(2000L, 1101L))
  wide <- sample
  wide$design[c("x", "z")] <- sample$design[c("z", "x")]
  expect_identical(dim(standardised_covariates(wide)), c(2000L, 1000L))
})

test_that("rows that are taken and filled in are those of the full matrix", {
  x <- cbind(1, sparse_data$x)
  center <- c(0, colMeans(x)[-1])
  scale <- c(1, rep(2, 6))
  rows <- compress_rows(with_intercept(as_dgc(x[, -1]), "x"), center, scale)
  full <- unname(sweep(sweep(x, 2, center), 2, scale, "/"))
  picked <- c(3, 599, 21, 600, 21)
  expect_within(expand_rows(take_rows(rows, picked), 1:7), full[picked, ], 1e-14)
  expect_within(expand_rows(rows, c(6, 2)), full[, c(6, 2)], 1e-14)
  expect_within(linear_function(rows, center, scale, 1:7), full %*% 1:7, 1e-13)
  expect_identical(dim(take_rows(rows, integer())), c(0L, 7L))
})

test_that("one expert is a multinomial logit, as by glmnet() with the same ridge", {
  skip_if_not_installed("glmnet")
  x <- as_dgc(sparse_data$x)
  n <- nrow(x)
  fit <- moe_fit(x, sparse_y, experts = 1, lambda = 6)
  peer <- glmnet::glmnet(x, sparse_y, family = "multinomial", alpha = 0, lambda = 6 / n,
                         thresh = 1e-16, maxit = 1e6)
  slopes <- sapply(c("s", "t"), function(m) as.vector(peer$beta[[m]] - peer$beta$r))
  expect_within(coef(fit, "list")$expert[-1, , 1], slopes, 1e-5)
})

test_that("what Matrix::sparse.model.matrix() makes is fitted as the formula is", {
  set.seed(4)
  d <- data.frame(f = factor(sample(letters, 600, TRUE)), a = sparse_data$x[, "a"])
  m <- Matrix::sparse.model.matrix(~ a + f, d)
  fit <- sparse_fit(m[, -1])
  by_formula <- suppressWarnings(
    moe_fit(sparse_y ~ a + f, d, start = sparse_start, lambda = 0.5, control = exact)
  )
  expect_same_fit(fit, by_formula)
  worker <- suppressWarnings(moe_fit_worker(m, m, sparse_y, start = sparse_start, lambda = 0.5,
                                            control = exact))
  expect_identical(coef(worker), coef(fit))
  expect_error(sparse_fit(m), "must not hold the intercept")
})

# --- columns ---

test_that("the same columns are dropped, with the same message", {
  x <- sparse_data$x
  x <- cbind(x[, 1:2], copy = -3 * x[, "b"], none = 0, x[, 3:6], sum = x[, "a"] + x[, "c"],
             ones = 1, late = 1 - x[, "b"])
  expect_message(dense <- sparse_fit(x), "\"copy\", \"none\", \"sum\", \"ones\", \"late\"")
  expect_message(sparse <- sparse_fit(as_dgc(x)),
                 "Dropped 5 columns.*\"copy\", \"none\", \"sum\", \"ones\", \"late\"")
  expect_same_fit(sparse, dense)
  expect_within(predict(sparse, as_dgc(x), "prob"), predict(dense, x, "prob"), 1e-9)
  # Nearly all ones, and what is left.
  y <- cbind(x[, 1:2], rare = c(rep(0, 599), 1), common = c(rep(1, 599), 0))
  expect_message(sparse <- sparse_fit(as_dgc(y)), "\"common\"")
  expect_message(dense <- sparse_fit(y), "\"common\"")
  expect_same_fit(sparse, dense)
})

test_that("a column that is constant where weights are positive is dropped", {
  x <- cbind(sparse_data$x, late = c(rep(0, 500), rnorm(100)))
  w <- rep(c(1, 0), c(500, 100))
  expect_message(sparse <- sparse_fit(as_dgc(x), weights = w), "\"late\"")
  expect_message(dense <- sparse_fit(x, weights = w), "\"late\"")
  expect_same_fit(sparse, dense)
})

test_that("a mean far from zero costs nothing", {
  x <- sparse_data$x
  far <- x
  far[, "a"] <- far[, "a"] + 1e7
  far[, "d"] <- -1e3
  far[5, "d"] <- 0
  dense <- sparse_fit(far)
  sparse <- sparse_fit(as_dgc(far))
  expect_within(sparse$objective, dense$objective, 1e-12)
  expect_within(predict(sparse, as_dgc(far), "prob"), predict(dense, far, "prob"), 1e-8)
  expect_within(predict(sparse, type = "prob"), predict(dense, type = "prob"), 1e-8)
})

test_that("columns of any scale are standardised without overflow", {
  x <- sparse_data$x
  dense <- sparse_fit(x)
  for (scale in c(1e300, 1e-300)) {
    x[, "a"] <- sparse_data$x[, "a"] * scale
    expect_within(sparse_fit(as_dgc(x))$objective, dense$objective, 1e-10)
  }
})

# --- predictions and what uses them ---

test_that("predictions do not depend on how either matrix is stored", {
  x <- sparse_data$x
  sparse <- sparse_fit(as_dgc(x))
  dense <- sparse_fit(x)
  for (type in c("prob", "gate", "expert")) {
    want <- predict(sparse, type = type)
    expect_within(want, predict(dense, type = type), 1e-8)
    expect_within(predict(sparse, x, type), want, 1e-12)
    expect_within(predict(sparse, as_dgc(x), type), want, 1e-12)
    expect_within(predict(dense, as_dgc(x), type), want, 1e-8)
  }
  expect_within(predict(sparse, as_dgc(x), "posterior", newy = sparse_y),
                predict(dense, x, "posterior", newy = sparse_y), 1e-8)
  expect_identical(predict(sparse, as_dgc(x[, 6:1])), predict(dense, x))
  expect_identical(predict(sparse, as_dgc(unname(x))), predict(dense, x))
  expect_identical(dim(predict(sparse, as_dgc(x)[0, ], "prob")), c(0L, 3L))
})

test_that("a missing covariate makes a row missing, an infinite one is refused", {
  x <- sparse_data$x
  fit <- sparse_fit(as_dgc(x))
  y <- as_dgc(x)
  y[7, "c"] <- NA
  y[30, "c"] <- NaN
  prob <- predict(fit, y, "prob")
  expect_identical(which(is.na(prob[, 1])), c(7L, 30L))
  expect_false(any(is.nan(prob)))
  expect_identical(which(is.na(predict(fit, y))), c(7L, 30L))
  expect_identical(prob[-c(7, 30), ], predict(fit, as_dgc(x), "prob")[-c(7, 30), ])
  y[9, "d"] <- -Inf
  expect_error(predict(fit, y), "row 9 is infinite")
})

test_that("methods that use the training data work", {
  fit <- sparse_fit(as_dgc(sparse_data$x))
  dense <- sparse_fit(sparse_data$x)
  expect_within(moe_icl(fit), moe_icl(dense), 1e-6)
  expect_within(residuals(fit), residuals(dense), 1e-7)
  expect_output(print(summary(fit)), "Coefficients")
  design <- model.matrix(fit)
  expect_s4_class(design, "dgCMatrix")
  expect_equal(as.matrix(design), cbind("(Intercept)" = 1, sparse_data$x), ignore_attr = "dimnames")
  again <- sparse_fit(as_dgc(sparse_data$x), start = fit)
  expect_lte(again$iterations, 3)
})

# --- inference ---

test_that("covariances and standard errors are those of the full matrix", {
  x <- sparse_data$x
  z <- x[, c("a", "c")]
  cluster <- rep(1:60, 10)
  for (dense in list(sparse_fit(x), sparse_fit(x, z = z, weights = sparse_data$w))) {
    sparse <- if (is.null(dense$prior_weights)) sparse_fit(as_dgc(x)) else
      sparse_fit(as_dgc(x), z = as_dgc(z), weights = sparse_data$w)
    for (type in covariance_types) {
      expect_equal(vcov(sparse, type), vcov(dense, type), tolerance = 1e-6)
    }
    expect_equal(vcov(sparse, cluster = cluster), vcov(dense, cluster = cluster), tolerance = 1e-6)
    expect_equal(coef(summary(sparse)), coef(summary(dense)), tolerance = 1e-6)
  }
  expect_output(print(summary(sparse)), "Std. Error.*observed information")
})

test_that("errors of predictions are those of the full matrix", {
  x <- sparse_data$x
  dense <- sparse_fit(x)
  sparse <- sparse_fit(as_dgc(x))
  of <- function(fit, type, newdata = NULL) predict(fit, newdata, type, se.fit = TRUE)$se.fit
  for (type in c("prob", "gate", "expert")) {
    expect_equal(of(sparse, type), of(dense, type), tolerance = 1e-6)
    expect_equal(of(sparse, type, as_dgc(x[1:9, ])), of(dense, type, x[1:9, ]), tolerance = 1e-6)
  }
})

test_that("average effects, replicates and augmented data are those of the full matrix", {
  x <- sparse_data$x
  dense <- sparse_fit(x)
  sparse <- sparse_fit(as_dgc(x))
  expect_equal(moe_effects(sparse, c("a", "d")), moe_effects(dense, c("a", "d")), tolerance = 1e-6)
  expect_equal(moe_effects(sparse, "b", newdata = as_dgc(x[1:50, ])),
               moe_effects(dense, "b", newdata = x[1:50, ]), tolerance = 1e-6)
  replicates <- lapply(list(sparse, dense), function(fit) {
    set.seed(1)
    coef(moe_bootstrap(fit, replicates = 2))
  })
  expect_within(replicates[[1]], replicates[[2]], 1e-3)
  expect_equal(augment.moe_fit(sparse), augment.moe_fit(dense), tolerance = 1e-6)
  expect_equal(augment.moe_fit(sparse, newdata = as_dgc(x[1:9, ])),
               augment.moe_fit(dense, newdata = x[1:9, ]), tolerance = 1e-6)
})

test_that("a session that has not loaded Matrix reads fits and takes part in cross-validation", {
  fit <- sparse_fit(as_dgc(sparse_data$x))
  cl <- test_cluster(1)
  on.exit(parallel::stopCluster(cl))
  elsewhere <- function(fit) moelogit:::vcov.moe_fit(fit)
  environment(elsewhere) <- baseenv()
  expect_identical(parallel::clusterCall(cl, elsewhere, fit)[[1]], vcov(fit))
  parallel::stopCluster(cl)
  cl <- test_cluster(1)
  tune <- function(x, cl) {
    set.seed(1)
    moe_tune(x, sparse_y, experts = 1, lambda = c(1, 5), folds = 3, cl = cl)$values
  }
  expect_within(tune(as_dgc(sparse_data$x), cl), tune(sparse_data$x, NULL), 1e-8)
})

test_that("sparse training data that have been edited are refused", {
  fit <- sparse_fit(as_dgc(sparse_data$x))
  edited <- fit
  edited$model$x@i[3] <- 10000L
  expect_error(vcov(edited), "`model` does not hold numbers")
  edited <- fit
  edited$model$z <- fit$model$z[1:9, ]
  expect_error(vcov(edited), "`model` has not the rows")
})

test_that("distances over sparse rows are those over the full matrix", {
  x <- sparse_data$x
  fit <- sparse_fit(x)
  other <- sparse_fit(x, lambda = 5)
  expect_within(moe_distance(fit, other, as_dgc(x)), moe_distance(fit, other, x), 1e-12)
})

test_that("dendrograms and their cuts are those of the full matrix", {
  set.seed(5)
  start <- soften(sample.int(3, 600, TRUE), 3)
  x <- distinct_x[, c("a", "c", "f")]
  trees <- lapply(list(as_dgc(x), x), function(x) {
    fit <- sparse_fit(x, experts = 3, start = start, lambda = 2,
                      control = moe_control(intercept_ridge = 0.5))
    moe_dendrogram(fit, pairs = 2)
  })
  expect_within(trees[[1]]$height, trees[[2]]$height, 1e-4)
  expect_within(trees[[1]]$path$bic, trees[[2]]$path$bic, 1e-8)
  expect_identical(trees[[1]]$path$from, trees[[2]]$path$from)
  cuts <- lapply(trees, cut, experts = 2)
  expect_within(cuts[[1]]$objective, cuts[[2]]$objective, 1e-10)
})

test_that("splits are those of the full matrix", {
  x <- sparse_data$x
  for (z in list(x[, c("a", "c")], x[, 0])) {
    splits <- lapply(list(as_dgc, identity), function(as) {
      fit <- sparse_fit(as(x), z = as(z), lambda = 5)
      candidate_splits(fit_problem(fit), fit$measure, most = 1L)[[1]]
    })
    # Directions have no sign.
    expect_within(abs(splits[[1]]$gate), abs(splits[[2]]$gate), 1e-4)
  }
})

test_that("splits by more columns than are filled in are found without randomness", {
  set.seed(7)
  wide <- Matrix::rsparsematrix(150, search_columns + 5L, 0.2)
  fit <- suppressWarnings(moe_fit(wide, rep(0:1, 75), experts = 1, lambda = 50))
  before <- .Random.seed
  splits <- candidate_splits(fit_problem(fit), fit$measure, most = 1L)
  expect_identical(.Random.seed, before)
  gate <- splits[[1]]$gate
  expect_identical(dim(gate), c(search_columns + 6L, 2L))
  expect_lte(sum(gate[-1, 1] != 0), search_columns)
})

test_that("threads change nothing", {
  x <- as_dgc(sparse_data$x)
  one <- sparse_fit(x)
  two <- sparse_fit(x, control = moe_control(threads = 2, tolerance = exact$tolerance))
  expect_identical(coef(one), coef(two))
})

# --- what is taken and what is refused ---

test_that("every sparse class is taken", {
  x <- sparse_data$x
  dgc <- as_dgc(x)
  expect_same_fit(sparse_fit(methods::as(dgc, "TsparseMatrix")), sparse_fit(x))
  expect_same_fit(sparse_fit(methods::as(dgc, "RsparseMatrix")), sparse_fit(x))
  logical <- dgc != 0
  expect_s4_class(logical, "lgCMatrix")
  expect_same_fit(sparse_fit(logical), sparse_fit(x != 0))
  set.seed(6)
  group <- methods::as(sample.int(4L, 600L, TRUE), "indMatrix")
  expect_message(by_group <- sparse_fit(group), "Dropped 1 column")
  expect_message(full <- sparse_fit(as.matrix(group) + 0), "Dropped 1 column")
  expect_within(by_group$objective, full$objective, 1e-10)
  symmetric <- Matrix::forceSymmetric(Matrix::crossprod(dgc[1:100, ]))
  y <- factor(c(1, 2, 1, 2, 2, 1))
  fit <- function(x) suppressWarnings(moe_fit(x, y, experts = 1, lambda = 1))
  expect_same_fit(fit(symmetric), fit(as.matrix(symmetric)))
  expect_same_fit(fit(Matrix::Diagonal(6)), fit(diag(6)))
})

test_that("entries that are stored but 0, or stored twice, count as what they are", {
  x <- sparse_data$x
  entries <- which(x != 0, arr.ind = TRUE)
  twice <- Matrix::sparseMatrix(i = c(entries[, 1], entries[, 1], 1, 2),
                                j = c(entries[, 2], entries[, 2], 1, 1),
                                x = c(x[entries], x[entries], 0, 0) / 2, dims = dim(x),
                                dimnames = dimnames(x), repr = "T")
  expect_same_fit(sparse_fit(twice), sparse_fit(x))
})

test_that("other matrices of package Matrix are refused", {
  dense <- Matrix::Matrix(sparse_data$x, sparse = FALSE)
  expect_error(sparse_fit(dense), "`x` must be.*sparse.*\"dgeMatrix\", 600 x 6.*as.matrix")
  fit <- sparse_fit(as_dgc(sparse_data$x))
  expect_error(predict(fit, dense), "`newdata` must be.*as.matrix")
})

test_that("values that are not finite are refused by name and row", {
  x <- as_dgc(sparse_data$x)
  bad <- function(value, row = 8) {
    x[row, "c"] <- value
    sparse_fit(x)
  }
  expect_error(bad(NA), "missing values: column \"c\" has NA in row 8")
  expect_error(bad(NaN), "missing values: column \"c\" has NaN in row 8")
  expect_error(bad(-Inf), "finite: column \"c\" has -Inf in row 8")
  expect_error(bad(NA, row = 600), "column \"c\" has NA in row 600")
  x@x[1] <- NA
  expect_error(sparse_fit(sparse_data$x, z = nameless(x)), "`z` must not.*column 1 has NA")
})

test_that("a sparse matrix that has been broken is refused", {
  broken <- as_dgc(sparse_data$x)
  broken@i[3] <- 10000L
  expect_error(sparse_fit(broken), "`x` must be a valid sparse matrix")
  broken <- as_dgc(sparse_data$x)
  broken@p <- rev(broken@p)
  expect_error(sparse_fit(broken), "`x` must be a valid sparse matrix")
})

test_that("rows, columns and names are checked as in a full matrix", {
  x <- as_dgc(sparse_data$x)
  expect_error(moe_fit(x[1:9, ], sparse_y), "one value per row of `x`: there are 9 rows")
  expect_error(sparse_fit(x, z = x[1:9, ]), "same rows")
  fit <- sparse_fit(x)
  expect_error(predict(fit, x[, 1:5]), "lacks \"f\"")
  expect_error(predict(fit, nameless(x)[, 1:5]), "6 columns of the fit")
  colnames(x)[2] <- "a"
  expect_error(sparse_fit(x), "\"a\" occurs twice")
  wide <- Matrix::rsparsematrix(10, 20, 0.5)
  expect_error(moe_fit(wide, rep(0:1, 5), lambda = 0), "at least as many rows as columns")
  expect_no_error(suppressWarnings(moe_fit(wide, rep(0:1, 5), experts = 1, lambda = 1)))
})
