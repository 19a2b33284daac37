rules <- alist("its `size` is no number" = is_one_number(size),
               "its `size` is negative" = size >= 0)

test_that("the first rule that does not hold is the fault, or what a rule needs and is not there", {
  expect_null(first_fault(list(size = 2), "size", rules))
  expect_identical(first_fault(list(size = -2), "size", rules), "its `size` is negative")
  expect_identical(first_fault(list(size = "-2"), "size", rules), "its `size` is no number")
  expect_identical(first_fault(list(size = NA_real_), "size", rules), "its `size` is negative")
  expect_identical(first_fault(list(), c("size", "colour"), rules), "it lacks \"size\", \"colour\"")
  expect_identical(first_fault(2, "size", rules), "it is no list")
})

test_that("a rule that cannot be tried does not hold", {
  expect_identical(first_fault(list(size = 1), "size", alist("it is odd" = stop("no"))),
                   "it is odd")
})

test_that("a list of a class of its own is read as a list", {
  row <- structure(list(size = 1), class = "data.frame", row.names = 1L)
  expect_null(first_fault(row, "size", rules))
})

test_that("a fault is refused by its name and by what made the object, none is not", {
  expect_null(refuse_fault(NULL, "x", "maker()"))
  expect_refused(refuse_fault("it is odd", "x", "maker()"),
                 "^`x` must be as maker\\(\\) made it, but it is odd: .* Make it again[.]$")
})

test_that("values of the wrong kind, length or shape are told from those that are right", {
  expect_true(is_one_number(1L))
  for (wrong in list("1", 1:2, NULL, TRUE)) expect_false(is_one_number(wrong))
  expect_true(is_real_array(diag(2), c(2L, 2L)))
  for (wrong in list(diag(2) > 0, diag(3), c(1, 0, 0, 1))) {
    expect_false(is_real_array(wrong, c(2L, 2L)))
  }
  expect_true(is_column(NULL, is.double, 2L))
  expect_true(is_column(c(1, 2), is.double, 2L))
  for (wrong in list(1, 1:2)) expect_false(is_column(wrong, is.double, 2L))
})
