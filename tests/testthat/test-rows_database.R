# Rows in databases, against the data frames that they come from.

test_that("a table, a query and a lazy table give the fit of their rows", {
  skip_if_not_installed("RSQLite")
  data <- rows_data(600, 1)
  data[c("f", "y")] <- lapply(data[c("f", "y")], as.character)
  file <- tempfile(fileext = ".sqlite")
  con <- DBI::dbConnect(RSQLite::SQLite(), file)
  on.exit(DBI::dbDisconnect(con))
  DBI::dbWriteTable(con, "some rows", data)
  query <- "SELECT * FROM `some rows` WHERE b > 0.5"
  fit <- function(rows) moe_fit(y ~ a + b + f, rows, 1, weights = w)
  whole <- fit(data)
  expect_same_fit(fit(moe_rows(con, "some rows", rows = 170)), whole)
  expect_same_fit(fit(moe_rows(con, query, rows = 7)), fit(data[data$b > 0.5, ]))
  expect_equal(predict(whole, moe_rows(con, "some rows", rows = 170)), predict(whole, data))
  skip_if_not_installed("dbplyr")
  expect_same_fit(fit(moe_rows(dplyr::tbl(con, "some rows"), rows = 170)), whole)
})

test_that("what is wrong with a database is said", {
  skip_if_not_installed("RSQLite")
  con <- DBI::dbConnect(RSQLite::SQLite(), ":memory:")
  DBI::dbWriteTable(con, "t", rows_data(100, 1))
  expect_error(moe_rows(con, "none"), "no table \"none\"")
  expect_error(moe_rows(con), "`from` must be")
  expect_error(moe_fit(y ~ a, moe_rows(con, "SELECT nothing FROM t"), 1), "database.*failed")
  rows <- moe_rows(con, "t")
  fit <- moe_fit(y ~ a, rows, 1)
  DBI::dbExecute(con, "DELETE FROM t WHERE a < 0")
  expect_error(vcov(fit), "has seen, 100, but now has")
  DBI::dbDisconnect(con)
  lost <- tryCatch(moe_fit(y ~ a, rows, 1), error = identity)
  expect_s3_class(lost, "moe_error_rows")
  expect_match(conditionMessage(lost), "database: SELECT")
})

test_that("a PostgreSQL server gives the fit of its rows", {
  skip_if_not_installed("RPostgres")
  con <- tryCatch(DBI::dbConnect(RPostgres::Postgres()), error = function(e) skip("no server"))
  on.exit(DBI::dbDisconnect(con))
  data <- rows_data(300, 1)
  DBI::dbWriteTable(con, "moelogit_rows", data, temporary = TRUE)
  expect_same_fit(moe_fit(y ~ a + b, moe_rows(con, "moelogit_rows", rows = 90), 1),
                  moe_fit(y ~ a + b, transform(data, y = as.character(y)), 1))
})
