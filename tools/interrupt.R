# For tools/interrupt.sh: Rscript tools/interrupt.R signals|forks|memory
library(moelogit)

make_data <- function(n, p, classes = 4) {
  set.seed(1)
  list(x = matrix(rnorm(n * p), n), y = factor(sample(classes, n, TRUE)))
}

# Never ends by itself within reason.
endless <- function(data, threads) {
  experts <- 6
  set.seed(1)
  start <- matrix(rexp(nrow(data$x) * experts), ncol = experts)
  moe_fit(data$x, data$y, experts, start = start / rowSums(start),
          control = moe_control(tolerance = 0, max_iterations = 1e6, threads = threads))
}

small_fit <- function(data, threads) {
  set.seed(1)
  suppressWarnings(moe_fit(data$x, data$y, 2, lambda = 1,
                           control = moe_control(search = "quick", threads = threads)))$objective
}

resident_kilobytes <- function() {
  gc()
  line <- grep("^VmRSS", readLines("/proc/self/status"), value = TRUE)
  as.numeric(gsub("[^0-9]", "", line))
}

now <- function() as.numeric(Sys.time())

# Seconds from the signal to R's having it; the moment of the signal is in a file.
seconds_to_stop <- function(data, threads, after) {
  file <- tempfile()
  on.exit(unlink(file))
  system(sprintf("(sleep %.2f; date +%%s.%%N > %s; kill -INT %d) &", after, file, Sys.getpid()))
  stopped <- tryCatch({
    endless(data, threads)
    NA
  }, interrupt = function(condition) now())
  stopped - as.numeric(readLines(file))
}

try_signals <- function(times = 50) {
  data <- list(make_data(2e5, 12), make_data(2e4, 300)) # long and wide
  memory <- took <- numeric(times)
  for (i in seq_len(times)) {
    took[i] <- seconds_to_stop(data[[1 + i %% 3 %/% 2]], threads = 1 + i %% 2,
                               after = 0.4 + 0.6 * (i %% 5) / 5)
    memory[i] <- resident_kilobytes()
  }
  growth <- (memory[times] - memory[10]) / 1024
  cat(sprintf("%d interrupts: stopped after %.3f s (median), %.3f s (longest)\n", times,
              median(took), max(took)))
  cat(sprintf("resident memory: %.0f MB after the 10th, %.0f MB after the last (%+.1f MB)\n",
              memory[10] / 1024, memory[times] / 1024, growth))
  stopifnot(!anyNA(took), max(took) < 0.5, growth < 5)
}

try_forks <- function(rounds = 10) {
  data <- make_data(2000, 5)
  alone <- small_fit(data, 1)
  for (i in seq_len(rounds)) {
    stopifnot(small_fit(data, 2) == alone)
    children <- parallel::mclapply(1:4, function(k) small_fit(data, 2), mc.cores = 2)
    stopifnot(identical(unlist(children), rep(alone, 4)))
  }
  cat(rounds, "rounds of forked fits after threaded ones: all as alone\n")
}

# What is too large is R's error, whether R or the glue asks for memory, and the session goes on.
try_memory <- function() {
  refused <- function(code) {
    message <- tryCatch({
      code
      "nothing"
    }, error = conditionMessage)
    cat("out of memory:", message, "\n")
    stopifnot(grepl("cannot allocate", message))
  }
  data <- make_data(2000, 5)
  before <- small_fit(data, 2)
  fit <- suppressWarnings(moe_fit(data$x, data$y, 40, lambda = 1,
                                  control = moe_control(search = "quick", max_iterations = 2)))
  many <- matrix(0, 5e5, 5)
  refused(predict(fit, many, type = "expert"))
  rm(many)
  refused(moe_fit(matrix(rnorm(1000), 1.2e7, 5), gl(4, 1, 1.2e7), 2))
  stopifnot(small_fit(data, 2) == before)
  cat("the session fits on, as before\n")
}

switch(commandArgs(trailingOnly = TRUE)[1],
  signals = try_signals(),
  forks = try_forks(),
  memory = try_memory(),
  stop("unknown command")
)
