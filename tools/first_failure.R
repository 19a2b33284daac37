# Runs a file of R tests on the installed package, up to the first failure, for tools/mutants.R:
#
#   Rscript tools/first_failure.R PACKAGE FILE
#
# The exit status says whether there was none.
arguments <- commandArgs(trailingOnly = TRUE)
reporter <- R6::R6Class("first_failure",
  inherit = testthat::Reporter,
  public = list(add_result = function(context, test, result) {
    if (inherits(result, c("expectation_failure", "expectation_error"))) quit(status = 1)
  })
)$new()
testthat::test_file(arguments[2], package = arguments[1], load_package = "installed",
                    reporter = reporter)
