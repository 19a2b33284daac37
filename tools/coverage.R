# Line coverage of the R and C sources by the tests, and the lines that no test reaches.
#
#   Rscript tools/coverage.R    fails below 98% of R or 95% of C

least <- c(R = 98, C = 95)

# The core's own tests are compiled apart, so what they cover beyond the package's is not counted.
coverage <- covr::package_coverage(type = "tests", quiet = TRUE)
lines <- covr::tally_coverage(coverage, by = "line")
lines$language <- ifelse(grepl("^src/", lines$filename), "C", "R")

missed <- lines[lines$value == 0, c("filename", "line")]
for (file in unique(missed$filename)) {
  source <- readLines(file)
  at <- missed$line[missed$filename == file]
  cat(file, "\n", paste0(sprintf("  %4d  ", at), source[at], "\n"), sep = "")
}
share <- tapply(lines$value > 0, lines$language, mean) * 100
cat(sprintf("%s: %.2f%% of %d lines\n", names(share), share, table(lines$language)), sep = "")
quit(status = as.integer(any(share < least[names(share)])))
