# gtsummary: each coefficient in the group it belongs to.

skip_if_not_installed("gtsummary")
skip_if_not_installed("broom.helpers")

test_that("coefficients are grouped by expert and class", {
  fit <- client_fits$mixture
  body <- gtsummary::tbl_regression(fit, intercept = TRUE)$table_body
  expect_setequal(unique(body$groupname_col), c("gate expert2", "expert1 mid", "expert1 top",
                                                "expert2 mid", "expert2 top"))
  cell <- body[body$groupname_col == "expert2 top" & body$term %in% "x1", ]
  expect_identical(nrow(cell), 1L)
  expect_equal(cell$estimate, coef(fit)[["expert2:top:x1"]])
  expect_equal(cell$std.error, sqrt(vcov(fit)["expert2:top:x1", "expert2:top:x1"]))
})

test_that("with one expert the groups are those of multinom()", {
  skip_if_not_installed("nnet")
  groups <- function(fit) gtsummary::tbl_regression(fit)$table_body$groupname_col
  expect_identical(groups(client_fits$classes), groups(client_peers$classes))
})
