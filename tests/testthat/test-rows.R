# Rows in chunks, against the same rows in one data frame.

control <- moe_control(progress = FALSE, tolerance = 0)

# Fits that are run to the last digit that their objectives show, from one start.
to_the_end <- function(fit) suppressWarnings(fit)

formulas <- list(y ~ a + b + f + g, y ~ a + splines::ns(b, 3) + f | a, y ~ scale(a) * g | 1,
                 y ~ log(b + 1) + f | a + g)

test_that("a fit of chunks is that of all rows, whatever the chunks", {
  for (seed in 1:8) {
    data <- rows_data(700, seed)
    formula <- formulas[[(seed - 1L) %% 4L + 1L]]
    lambda <- if (seed %% 2L) 2
    rows <- moe_rows(rows_function(data, rows_cut(700, seed %% 7L + 1L)),
                     memory = if (seed %% 3L == 0L) 20000 else 0)
    start <- rough_fit(formula, data, data$w)
    whole <- to_the_end(moe_fit(formula, data, weights = w, lambda = lambda, start = start,
                                control = control))
    fit <- to_the_end(moe_fit(formula, rows, weights = w, lambda = lambda, start = start,
                              control = control))
    expect_same_fit(fit, whole)
  }
})

test_that("subset and na.action are applied to each chunk", {
  data <- rows_data(600, 21)
  rows <- moe_rows(data, rows = 70, memory = 9000)
  least <- 0.2
  start <- rough_fit(y ~ a + f, data)
  whole <- to_the_end(moe_fit(y ~ a + f, data, subset = b > least, lambda = 1, start = start,
                              control = control))
  fit <- to_the_end(moe_fit(y ~ a + f, rows, subset = b > least, lambda = 1, start = start,
                            control = control))
  expect_same_fit(fit, whole)
  expect_error(moe_fit(y ~ a, rows, na.action = na.fail), "missing values")
})

test_that("errors, trees and predictions are those of all rows", {
  data <- rows_data(900, 31)
  source <- moe_rows(data, rows = 200, memory = 0)
  start <- rough_fit(y ~ a + b | a, data, data$w)
  whole <- to_the_end(moe_fit(y ~ a + b | a, data, weights = w, lambda = 1, start = start,
                              control = control))
  fit <- to_the_end(moe_fit(y ~ a + b | a, source, weights = w, lambda = 1, start = start,
                            control = control))
  for (type in c("observed", "sandwich", "opg")) {
    expect_equal(vcov(fit, type), vcov(whole, type), tolerance = 1e-5)
  }
  expect_equal(coef(summary(fit)), coef(summary(whole)), tolerance = 1e-5)
  tree <- suppressWarnings(moe_dendrogram(fit))
  of_all <- suppressWarnings(moe_dendrogram(whole))
  expect_equal(tree$path, of_all$path, tolerance = 1e-6)
  expect_equal(coef(to_the_end(cut(tree, 1))), coef(to_the_end(cut(of_all, 1))), tolerance = 1e-5)
  for (type in c("class", "prob", "link", "gate", "expert", "posterior")) {
    expect_equal(predict(whole, source, type = type),
                 unname_rows(predict(whole, data, type = type)))
  }
  expect_equal(predict(fit, source, interval = "confidence", type = "prob"),
               lapply(predict(whole, data, interval = "confidence", type = "prob"), unname_rows),
               tolerance = 1e-5)
})

test_that("effects on average over a source are those over its rows", {
  data <- rows_data(900, 32)
  fit <- suppressWarnings(moe_fit(y ~ a + splines::ns(b, 3) + f | a + g, data, lambda = 1,
                                  start = rough_fit(y ~ a + splines::ns(b, 3) + f | a + g, data)))
  data$a[201:400] <- NA # a chunk without a row to average over
  source <- moe_rows(data, rows = 200)
  expect_equal(moe_effects(fit, newdata = source), moe_effects(fit, newdata = data),
               tolerance = 1e-6)
  expect_error(moe_effects(fit, newdata = source, weights = 1:900), "`weights` must be NULL")
  expect_error(moe_effects(fit, newdata = moe_rows(data[201:400, ])), "without missing values")
})

test_that("sums over chunks are those over all rows", {
  data <- rows_data(500, 3)
  for (formula in list(y ~ a + b + f | a, y ~ a | 1, y ~ a + f)) for (K in c(1, 3)) {
    fit <- function(rows) {
      set.seed(1)
      suppressWarnings(moe_fit(formula, rows, experts = K, lambda = 1,
                               control = moe_control(search = "quick", max_iterations = 3)))
    }
    whole <- fit_problem(fit(data))
    chunks <- fit_problem(fit(moe_rows(data, rows = 90, memory = 20000)))
    theta <- sin(seq_len(theta_length(whole)))
    for (gram in c(FALSE, TRUE)) {
      expect_equal(core_evaluate(chunks, theta, gram), core_evaluate(whole, theta, gram),
                   tolerance = 1e-11)
    }
  }
})

test_that("columns that others imply are dropped as ever", {
  data <- rows_data(500, 41)
  data$twice <- 2 * data$b + 1
  expect_message(whole <- moe_fit(y ~ b + twice + f | a, data, experts = 1), "twice")
  expect_message(fit <- moe_fit(y ~ b + twice + f | a, moe_rows(data, rows = 90), experts = 1),
                 "twice")
  expect_same_fit(fit, whole)
  expect_equal(fit$columns, whole$columns, tolerance = 1e-8)
  expect_equal(vcov(fit), vcov(whole), tolerance = 1e-6)
})

test_that("a search of more rows than the sample has sees the same as in memory", {
  data <- rows_data(21000, 51)
  start <- rough_fit(y ~ a + b | a, data, data$w)
  whole <- moe_fit(y ~ a + b | a, data, weights = w, start = start)
  fit <- moe_fit(y ~ a + b | a, moe_rows(data, rows = 2500), weights = w, start = start)
  sample <- lapply(list(fit, whole), function(fit) {
    problem_spread(fit_problem(fit), search_rows)[c("y", "weights", "lambda", "total", "design")]
  })
  expect_equal(sample[[1]], sample[[2]], ignore_attr = TRUE)
  expect_length(sample[[1]]$y, search_rows)
  set.seed(1)
  expect_equal(moe_fit(y ~ a + b | a, moe_rows(data, rows = 2500), weights = w,
                       control = moe_control(search = "quick"))$objective, whole$objective)
})

test_that("levels may come late, and text is sorted as ever", {
  data <- rows_data(400, 61)
  data <- data[order(data$f, data$g, decreasing = TRUE), ]
  data$y <- as.character(data$y)
  start <- rough_fit(y ~ f + g + b, data)
  whole <- to_the_end(moe_fit(y ~ f + g + b, data, lambda = 1, start = start, control = control))
  fit <- to_the_end(moe_fit(y ~ f + g + b, moe_rows(data, rows = 60), lambda = 1, start = start,
                            control = control))
  expect_same_fit(fit, whole)
  expect_identical(names(coef(fit)), names(coef(whole)))
})

test_that("rows for which there is room in memory need no files", {
  data <- rows_data(200, 71)
  fit <- function(...) coef(moe_fit(y ~ a + b, moe_rows(data, rows = 50, ...), 1, lambda = 1))
  expect_identical(fit(spill = 0), fit(memory = 0))
})

test_that("what is wrong with a source is said", {
  data <- rows_data(200, 71)
  cut <- split(1:200, rep(1:4, each = 50))
  fit <- function(rows, ..., formula = y ~ a + b) moe_fit(formula, rows, 1, lambda = 1, ...)
  of <- function(change) {
    source <- moe_rows(rows_function(data, cut))
    read <- source$read
    source$read <- function(reset) {
      chunk <- read(reset)
      if (!is.null(chunk) && 151 %in% row.names(chunk)) change(chunk) else chunk
    }
    source
  }
  expect_error(fit(moe_rows(function(reset) NULL)), "at least one row")
  expect_error(fit(moe_rows(data[0, ])), "at least one row")
  expect_error(fit(moe_rows(function(reset) if (!reset) 1:3)), "data frames, but number 1")
  expect_error(fit(of(function(chunk) transform(chunk, a = "x"))), "Chunk 4: .*same kind")
  expect_error(fit(of(function(chunk) chunk[c("a", "y")])), "same variables")
  expect_error(fit(of(function(chunk) transform(chunk, b = Inf))), "Chunk 4: .*finite")
  expect_error(moe_fit(y ~ a, of(function(chunk) transform(chunk, w = -1)), weights = w),
               "Chunk 4: .*negative")
  expect_error(fit(moe_rows(data, rows = 50), formula = y ~ cut(a, 3)), "depends on other rows")
  expect_error(fit(moe_rows(data, rows = 50), formula = y ~ rank(a)), "depends on other rows")
  expect_error(fit(moe_rows(data, rows = 50), group = g), "group")
  expect_error(fit(moe_rows(data, rows = 50), start = matrix(1, 200, 1)), "source of rows")
  expect_error(fit(moe_rows(data, rows = 50, spill = 1000, memory = 0)), "spill")
  expect_error(moe_rows(1), "moe_rows\\(\\) takes")
  expect_error(moe_rows(data, chunk = 3), "Unused")
  missing <- of(function(chunk) transform(chunk, b = NA))
  expect_identical(fit(missing)$rows, sum(!is.na(data$a[1:150])))
})

test_that("a source that changes is seen", {
  data <- rows_data(300, 81)
  fit <- moe_fit(y ~ a + b, moe_rows(data), 1, lambda = 1)
  fit$source$rows <- moe_rows(data[1:250, ])
  expect_error(vcov(fit), "has seen, 300, but now has 250")
})

test_that("a source gives a data frame of its rows, or of some spread over all", {
  data <- rows_data(900, 92)
  cut <- rows_cut(900, 4)
  row.names(data) <- NULL
  source <- moe_rows(rows_function(data, cut))
  expect_equal(as.data.frame(source), data[unlist(cut), ], ignore_attr = "row.names")
  some <- as.data.frame(source, most = 70)
  expect_identical(nrow(some), 70L)
  at <- match(some$a, data$a[unlist(cut)])
  expect_equal(some, data[unlist(cut), ][at, ], ignore_attr = "row.names")
  # A tenth of the rows has a tenth of these, but for a few.
  expect_lte(max(abs(tabulate(ceiling(at / 90), 10) - 7)), 3)
  cl <- test_cluster(2)
  on.exit(parallel::stopCluster(cl))
  parallel::clusterCall(cl, .libPaths, .libPaths())
  shards <- moe_rows(cl, local({
    data <- data
    function(rank, size) data[seq_len(900) %% size == rank - 1, ]
  }))
  expect_equal(sort(as.data.frame(shards)$a), sort(data$a))
  expect_error(as.data.frame(source, most = 0), "`most` must be")
  expect_error(as.data.frame(moe_rows(data[0, ])), "at least one row")
})

test_that("what needs the rows one by one says so", {
  data <- rows_data(200, 91)
  fit <- moe_fit(y ~ a + b, moe_rows(data), 1, lambda = 1)
  expect_error(residuals(fit), "elsewhere")
  expect_error(predict(fit), "elsewhere")
  expect_error(moe_bootstrap(fit, 2), "elsewhere")
  expect_error(moe_tune(y ~ a, moe_rows(data)), "where rows are drawn")
  expect_error(moe_average(y ~ a, moe_rows(data)), "where rows are drawn")
  expect_error(vcov(fit, cluster = rep(1:2, 100)), "elsewhere")
  expect_null(moe_fit(y ~ a, moe_rows(rows_data(200, 91)), experts = 1, model = FALSE)$source)
  expect_output(print(fit$source$rows), "data frame of 200 rows")
})

test_that("files that are lost end the fit with the last good one", {
  data <- rows_data(600, 95)
  start <- rough_fit(y ~ a + b | a, data)
  whole <- moe_fit(y ~ a + b | a, data, lambda = 1, start = start)
  folders <- function() list.files(tempdir(), "^moelogit-rows-", full.names = TRUE)
  count <- 0
  lose_files <- function() {
    count <<- count + 1
    if (count == 9) unlink(folders(), recursive = TRUE)
  }
  suppressMessages(trace("core_evaluate", bquote(.(lose_files)()), print = FALSE,
                         where = asNamespace("moelogit")))
  on.exit(suppressMessages(untrace("core_evaluate", where = asNamespace("moelogit"))))
  lost <- tryCatch(moe_fit(y ~ a + b | a, moe_rows(data, memory = 0), lambda = 1, start = start),
                   error = identity)
  expect_s3_class(lost, "moe_error_rows")
  expect_match(conditionMessage(lost), "must stay as they were, but the file is gone")
  expect_false(lost$fit$converged)
  again <- moe_fit(y ~ a + b | a, moe_rows(data), lambda = 1, start = lost$fit)
  expect_equal(again$objective, whole$objective, tolerance = 1e-10)
  expect_length(folders(), 0)
})

test_that("rows that are lost in a later run leave the best run so far", {
  data <- rows_data(600, 96)
  fit <- moe_fit(y ~ a + b | a, moe_rows(data, memory = 0), lambda = 1,
                 start = rough_fit(y ~ a + b | a, data))
  problem <- fit_problem(fit)
  optimum <- as_theta(fit$measure)
  pool <- list(list(theta = 0.1 * optimum), list(theta = 0.9 * optimum))
  whole <- run_finalists(problem, pool[1])[[1]]
  # In the look at the second solution, and in the run from it.
  for (more in c(1, 3)) {
    reads <- 0
    lose <- function() {
      reads <<- reads + 1
      if (reads == whole$evaluations + more) stop("no disk")
    }
    suppressMessages(trace("core_read", bquote(.(lose)()), print = FALSE,
                           where = asNamespace("moelogit")))
    lost <- tryCatch(run_finalists(problem, pool), error = identity)
    suppressMessages(untrace("core_read", where = asNamespace("moelogit")))
    expect_s3_class(lost, "moe_error_rows")
    expect_match(conditionMessage(lost), "no disk")
    expect_identical(lost$run, whole)
  }
})

test_that("what is kept in memory takes from what is left of it", {
  store <- new.env()
  kept <- numeric(100)
  store$memory <- 1.5 * as.numeric(object.size(kept))
  expect_identical(take_memory(store, kept), as.numeric(object.size(kept)))
  expect_null(take_memory(store, kept))
})
