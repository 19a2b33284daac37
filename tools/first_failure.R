# Runs a file of R tests on the installed package, up to the first failure: "passed" or "failed".
first_failure <- function(package, file) {
  reporter <- R6::R6Class("first_failure",
    inherit = testthat::Reporter,
    public = list(add_result = function(context, test, result) {
      if (inherits(result, c("expectation_failure", "expectation_error"))) invokeRestart("failed")
    })
  )$new()
  withRestarts({
    testthat::test_file(file, package = package, load_package = "installed", reporter = reporter)
    "passed"
  }, failed = function() "failed")
}
