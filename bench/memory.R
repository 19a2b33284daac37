# Memory, each in a process of its own: the peak of a whole process that fits a data frame, and what
# the core adds to it while it optimises. Needs Linux's /proc.
source("bench/common.R")

set <- list(n = size(1e6, 1e4), p = 20, M = 3, K = 3, seed = 1)
file <- tempfile(fileext = ".rds")
saveRDS(make_data(set)$frame, file, compress = FALSE)

# Run in the process that is measured.
preamble <- paste(
  "library(moelogit); status <- function(field) {",
  "  line <- grep(field, readLines('/proc/self/status'), value = TRUE);",
  "  as.numeric(gsub('[^0-9]', '', line)) / 1024 };",
  sprintf("frame <- readRDS('%s'); set.seed(1);", file)
)

measure <- function(code) as.numeric(fresh_process(paste(preamble, code)))

peak_of_fit <- function(search) {
  measure(sprintf(paste(
    "before <- status('VmHWM');",
    "invisible(suppressWarnings(moe_fit(y ~ ., frame, experts = 3, model = FALSE,",
    "  control = moe_control(search = '%s', max_iterations = 60, progress = FALSE))));",
    "writeLines(format(c(before, status('VmHWM'))))"
  ), search))
}

# 5 written to clear_refs sets the peak back to what is held now.
growth_in_core <- function(threads) {
  measure(sprintf(paste(
    "source('bench/core.R'); x <- model.matrix(y ~ ., frame); y <- frame$y;",
    "problem <- with_threads(core_problem(x, y, 3), %d);",
    "theta <- numeric(3 * %d * 4); invisible(gc());",
    "writeLines('5', '/proc/self/clear_refs'); before <- status('VmRSS');",
    "run <- core_maximise(problem, theta + rnorm(length(theta), sd = 0.1), 20);",
    "writeLines(format(status('VmHWM') - before))"
  ), threads, set$p))
}

repeats <- size(3, 1)
matrix_size <- set$n * set$p * 8 / 2^20
fits <- vapply(seq_len(repeats), function(i) peak_of_fit("standard"), numeric(2))
growth <- lapply(1:2, function(threads) replicate(repeats, growth_in_core(threads)))
unlink(file)

save_results(
  "memory",
  result("peak of the process, moe_fit(model = FALSE)", describe(set), fits[2, ], "MB",
         at_most = 1000),
  result("peak of the process before the fit", describe(set), fits[1, ], "MB"),
  result("model matrix", describe(set), matrix_size, "MB"),
  result("growth during optimisation, one thread", describe(set), growth[[1]], "MB",
         at_most = 0.1 * matrix_size + 20),
  result("growth during optimisation, two threads", describe(set), growth[[2]], "MB",
         at_most = 0.1 * matrix_size + 20)
)
