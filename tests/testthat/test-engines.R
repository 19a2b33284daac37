# Engines that hold rows outside R, against the same rows in one data frame. .ci/run starts them;
# where one is not there its test is skipped.

data <- rows_data(300, 7)
data[c("f", "y")] <- lapply(data[c("f", "y")], as.character)
fit_of <- function(rows) moe_fit(y ~ a + b + f, rows, 1, weights = w)

# Each process has every other row.
shares_of <- function(cl) {
  parallel::clusterCall(cl, .libPaths, .libPaths())
  moe_rows(cl, local({
    data <- data
    function(rank, size) data[seq_len(nrow(data)) %% size == rank - 1, ]
  }))
}

test_that("rows of a PostgreSQL server", {
  skip_if_not_installed("RPostgres")
  skip_if(Sys.getenv("PGHOST") == "", "no PostgreSQL server")
  con <- DBI::dbConnect(RPostgres::Postgres())
  on.exit(DBI::dbDisconnect(con))
  DBI::dbWriteTable(con, "some rows", data, temporary = TRUE)
  expect_same_fit(fit_of(moe_rows(con, "some rows", rows = 70)), fit_of(data))
  query <- "SELECT * FROM \"some rows\" WHERE b > 0.5"
  expect_same_fit(fit_of(moe_rows(con, query, rows = 70)), fit_of(data[data$b > 0.5, ]))
  expect_error(fit_of(moe_rows(con, "SELECT 1 / 0 AS a")), "division by zero")
})

test_that("processes of mirai", {
  skip_if_not_installed("mirai")
  cl <- mirai::make_cluster(2)
  on.exit(mirai::stop_cluster(cl))
  expect_same_fit(fit_of(shares_of(cl)), fit_of(data))
})

test_that("ranks of MPI", {
  # Not loaded here, which would make this process a rank.
  skip_if("" %in% c(system.file(package = "snow"), system.file(package = "Rmpi")), "no MPI for R")
  skip_if(Sys.which("mpirun") == "", "no MPI")
  # It refuses root, and more ranks than a machine has cores, unless told otherwise.
  starts <- system2("mpirun", c("-np", "3", "true"), stdout = FALSE, stderr = FALSE) == 0L
  skip_if(!starts, "mpirun starts no three ranks here")
  script <- tempfile(fileext = ".R")
  files <- tempfile(c("environment", "fit"))
  on.exit(unlink(c(script, files)))
  save(data, fit_of, shares_of, file = files[1])
  writeLines(c(deparse(bquote({
    .libPaths(.(.libPaths()))
    library(moelogit)
    load(.(files[1]))
    cl <- snow::makeCluster()
    saveRDS(fit_of(shares_of(cl)), .(files[2]))
    snow::stopCluster(cl)
  }))), script)
  # The first rank asks the two others.
  out <- system2("mpirun", c("-np", "3", system.file("RMPISNOW", package = "snow"), "--no-echo",
                             "-f", script), stdout = TRUE, stderr = TRUE)
  expect_true(file.exists(files[2]), info = paste(out, collapse = "\n"))
  expect_same_fit(readRDS(files[2]), fit_of(data))
})

test_that("a process on another host", {
  far <- Sys.getenv(c("MOELOGIT_RSH", "MOELOGIT_FAR_HOST", "MOELOGIT_NEAR_HOST"))
  skip_if(any(far == ""), "no other host")
  cl <- parallel::makePSOCKcluster(c(far[[2]], "localhost"), rshcmd = far[[1]], user = "root",
                                   master = far[[3]], rscript = file.path(R.home("bin"), "Rscript"))
  on.exit(parallel::stopCluster(cl))
  expect_same_fit(fit_of(shares_of(cl)), fit_of(data))
})
