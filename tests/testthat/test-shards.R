# Rows in the processes of a cluster, against the same rows in one data frame.

control <- moe_control(progress = FALSE, tolerance = 0)

# Processes load the package from where this one has it.
shard_cluster <- function(count) {
  cl <- test_cluster(count)
  parallel::clusterCall(cl, .libPaths, .libPaths())
  cl
}

# Each process gets its own rows only by number.
shard_rows <- function(cl, data, cut) {
  moe_rows(cl, local({
    data <- data
    cut <- cut
    function(rank, size) data[cut[[rank]], ]
  }))
}

test_that("a fit of shards is that of all rows, also where one has none", {
  skip_on_cran()
  cl <- shard_cluster(2)
  on.exit(parallel::stopCluster(cl))
  formulas <- list(y ~ a + b + f + g, y ~ scale(a) + f | b)
  for (seed in 1:4) {
    data <- rows_data(500, seed)
    formula <- formulas[[(seed - 1L) %% 2L + 1L]]
    cut <- list(list(1:200, 201:500), list(1:500, integer()), list(integer(), 1:500),
                list(401:500, 1:400))[[seed]]
    rows <- shard_rows(cl, data, cut)
    start <- rough_fit(formula, data, data$w)
    whole <- suppressWarnings(moe_fit(formula, data[unlist(cut), ], weights = w, lambda = 1,
                                      start = start, control = control))
    fit <- suppressWarnings(moe_fit(formula, rows, weights = w, lambda = 1, start = start,
                                    control = control))
    expect_same_fit(fit, whole)
  }
  expect_equal(vcov(fit, "sandwich"), vcov(whole, "sandwich"), tolerance = 1e-5)
  expect_equal(predict(whole, rows), predict(whole, data[unlist(cut), ]))
  expect_equal(predict(whole, rows, type = "expert"),
               unname_rows(predict(whole, data[unlist(cut), ], type = "expert")))
})

test_that("shares may be sources, and the sample is that of all rows in their order", {
  skip_on_cran()
  cl <- shard_cluster(2)
  on.exit(parallel::stopCluster(cl))
  data <- rows_data(21000, 5)
  rows <- moe_rows(cl, local({
    data <- data
    function(rank, size) {
      moelogit::moe_rows(data[if (rank == 1) 1:14000 else 14001:21000, ], rows = 2000)
    }
  }))
  start <- rough_fit(y ~ a + b | a, data)
  whole <- moe_fit(y ~ a + b | a, data, lambda = 1, start = start)
  fit <- moe_fit(y ~ a + b | a, rows, lambda = 1, start = start)
  expect_equal(fit$objective, whole$objective, tolerance = 1e-10)
  sample <- lapply(list(fit, whole), function(fit) {
    problem_spread(fit_problem(fit), search_rows)[c("y", "total", "design")]
  })
  expect_equal(sample[[1]], sample[[2]], ignore_attr = TRUE)
})

# Kills a process of a cluster when it has evaluated so often.
kill_after <- function(cl, evaluations) {
  parallel::clusterCall(cl, function(most) {
    count <- 0
    count_one <- function() {
      count <<- count + 1
      if (count > most) tools::pskill(Sys.getpid(), tools::SIGKILL)
    }
    suppressMessages(trace("core_evaluate", bquote(.(count_one)()), print = FALSE,
                           where = asNamespace("moelogit")))
    NULL
  }, evaluations)
}

test_that("a process that dies ends the fit with the last good one, from which another goes on", {
  skip_on_cran()
  data <- rows_data(600, 6)
  start <- rough_fit(y ~ a + b | a, data)
  whole <- moe_fit(y ~ a + b | a, data, lambda = 1, start = start)
  for (evaluations in c(2, 9)) {
    cl <- shard_cluster(2)
    rows <- shard_rows(cl, data, list(1:350, 351:600))
    kill_after(cl[2], evaluations)
    lost <- tryCatch(moe_fit(y ~ a + b | a, rows, lambda = 1, start = start), error = identity)
    parallel::stopCluster(cl[1])
    close(cl[[2]]$con)
    expect_s3_class(lost, "moe_error_rows")
    expect_match(conditionMessage(lost), "process 2 .* of the 2 of the cluster has died")
    expect_s3_class(lost$fit, "moe_fit")
    again <- moe_fit(y ~ a + b | a, data, lambda = 1, start = lost$fit)
    expect_equal(again$objective, whole$objective, tolerance = 1e-9)
  }
})

test_that("what is wrong in a process is said, with its number", {
  skip_on_cran()
  cl <- shard_cluster(2)
  on.exit(parallel::stopCluster(cl))
  fit <- function(share) moe_fit(y ~ a, moe_rows(cl, share), 1)
  expect_error(fit(function(rank, size) if (rank == 2) stop("no disk") else data.frame(a = 1)),
               "Process 2 of 2: no disk")
  expect_error(fit(function(rank, size) 1:3), "Process 1 of 2: `share` must give a data frame")
  expect_error(fit(function(rank, size) data.frame(a = 1, y = 1)[0, ]), "at least one row")
  expect_error(fit(function(rank, size) {
    data.frame(a = if (rank == 1) 1:4 else letters[1:4], y = c(0, 1))
  }), "same kind")
  expect_error(moe_rows(cl, 1), "must be a function")
  expect_error(moe_rows(cl), "must be a function")
})
