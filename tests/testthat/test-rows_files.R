# Rows in files, against the data frames that they come from.

fit_rows <- function(rows) moe_fit(y ~ a + b + f, rows, 1, weights = w)

test_that("CSV files give the fit of their rows", {
  data <- rows_data(500, 1)
  data$b <- round(10 * data$b)
  data$b[400] <- 2.5 # after many whole numbers
  data$g[1:130] <- NA
  files <- tempfile(c("one", "two"), fileext = ".csv")
  on.exit(unlink(files))
  utils::write.csv(data[1:200, ], files[1], row.names = FALSE)
  utils::write.csv(data[201:500, ], files[2], row.names = FALSE)
  data$f <- as.character(data$f)
  whole <- fit_rows(data)
  for (rows in c(100, 200, 1000)) expect_same_fit(fit_rows(moe_rows(files, rows = rows)), whole)
  expect_equal(predict(whole, moe_rows(files, rows = 70)), predict(whole, data))
})

test_that("files without rows, and lines that are cut short, are seen", {
  file <- tempfile()
  on.exit(unlink(file))
  writeLines("a,b,f,w,y", file)
  expect_error(fit_rows(moe_rows(file)), "at least one row")
  writeLines(c("a,b,f,w,y", "1,2,u,1,k", "1,x,v,1,l"), file)
  expect_error(fit_rows(moe_rows(file, rows = 1)), "Rows could not be reached: reading the file")
  expect_error(moe_rows(tempfile()), "no \"")
  expect_error(moe_rows(character()), "names none")
})

test_that("Parquet files give the fit of their rows", {
  skip_if_not_installed("nanoparquet")
  data <- rows_data(300, 2)
  data$f <- as.character(data$f)
  data$y <- as.character(data$y)
  file <- tempfile(fileext = ".parquet")
  on.exit(unlink(file))
  nanoparquet::write_parquet(data, file)
  expect_same_fit(fit_rows(moe_rows(file)), fit_rows(data))
})
