# Runs the R tests on the installed package and counts them: one test is one test_that() block.
#
#   Rscript tools/test.R [FILTER]    FILTER picks files, as in testthat::test_dir()

if (!requireNamespace("testthat", quietly = TRUE)) {
  stop("the tests need the package testthat, which could not be installed", call. = FALSE)
}

package <- unname(read.dcf("DESCRIPTION", fields = "Package")[1])
filter <- Filter(nzchar, commandArgs(trailingOnly = TRUE))
results <- as.data.frame(testthat::test_dir(
  "tests/testthat",
  filter = if (length(filter)) filter[[1]],
  package = package, load_package = "installed",
  reporter = testthat::CheckReporter$new(), stop_on_failure = FALSE
))

failed <- results$failed > 0 | results$error
skipped <- results$skipped & !failed
passed <- !failed & !skipped
cat(sprintf("R: %d passed, %d failed, %d skipped\n", sum(passed), sum(failed), sum(skipped)))
quit(status = as.integer(any(failed)))
