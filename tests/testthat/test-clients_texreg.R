# texreg: what stands in its table.

skip_if_not_installed("texreg")

test_that("rows are named as coefficients are, so that fits stand side by side", {
  fits <- list(client_fits$mixture, client_fits$classes)
  column <- texreg::extract(fits[[1]])
  expect_identical(column@coef.names, names(coef(fits[[1]])))
  expect_equal(column@coef, unname(coef(fits[[1]])))
  expect_equal(column@se, unname(sqrt(diag(vcov(fits[[1]])))))
  expect_equal(column@pvalues, unname(coef(summary(fits[[1]]))[, 4]))
  expect_equal(column@gof[column@gof.names == "Log Likelihood"], as.numeric(logLik(fits[[1]])))
  table <- texreg::matrixreg(fits)
  row <- table[trimws(table[, 1]) == "expert1:mid:x1", ]
  expect_match(row[2], format(round(coef(fits[[1]])[["expert1:mid:x1"]], 2), nsmall = 2),
               fixed = TRUE)
  expect_match(row[3], format(round(coef(fits[[2]])[["expert1:mid:x1"]], 2), nsmall = 2),
               fixed = TRUE)
  expect_identical(trimws(table[trimws(table[, 1]) == "gate:expert2:x2", 3]), "")
})

test_that("dropped coefficients have no row, and other errors can be asked for", {
  twice <- transform(client_data, twice = 2 * x1)
  fit <- suppressMessages(moe_fit(b ~ x1 + twice, twice, experts = 1))
  expect_identical(texreg::extract(fit)@coef.names, names(coef(fit, complete = FALSE)))
  expect_equal(texreg::extract(fit, type = "sandwich")@se,
               unname(sqrt(diag(vcov(fit, "sandwich", complete = FALSE)))))
})
