# For tools/interrupt.sh: Rscript tools/interrupt.R signals|calls|forks|memory
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

# Of the processor, for which other work on the machine does not matter; a signal's is written down
# in ticks.
used <- function() sum(proc.time()[1:2])

ticks <- as.numeric(system("getconf CLK_TCK", intern = TRUE))

# Seconds that each thread goes on from the signal to R's having it; NA where the task had ended.
seconds_to_stop <- function(task, after, threads = 1) {
  file <- tempfile()
  on.exit(unlink(file))
  process <- Sys.getpid()
  system(sprintf("(sleep %.2f; cut -d' ' -f14,15 /proc/%d/stat > %s; kill -INT %d) &", after,
                 process, file, process))
  stopped <- tryCatch({
    task()
    NA
  }, interrupt = function(condition) used())
  # A task that had ended waits for its signal, which is not to meet what comes next.
  if (is.na(stopped)) tryCatch(Sys.sleep(2 * after + 5), interrupt = identity)
  (stopped - sum(scan(file, quiet = TRUE)) / ticks) / threads
}

try_signals <- function(times = 50) {
  data <- list(make_data(2e5, 12), make_data(2e4, 300)) # long and wide
  memory <- took <- numeric(times)
  for (i in seq_len(times)) {
    threads <- 1 + i %% 2
    took[i] <- seconds_to_stop(function() endless(data[[1 + i %% 3 %/% 2]], threads),
                               after = 0.4 + 0.6 * (i %% 5) / 5, threads)
    memory[i] <- resident_kilobytes()
  }
  growth <- (memory[times] - memory[10]) / 1024
  cat(sprintf("%d interrupts: stopped after %.3f s (median), %.3f s (longest)\n", times,
              median(took), max(took)))
  cat(sprintf("resident memory: %.0f MB after the 10th, %.0f MB after the last (%+.1f MB)\n",
              memory[10] / 1024, memory[times] / 1024, growth))
  stopifnot(!anyNA(took), max(took) < 0.5, growth < 5)
}

# --- what users call, one by one ---

some_data <- function(n, p, experts, most) {
  data <- make_data(n, p)
  colnames(data$x) <- paste0("x", seq_len(p))
  start <- matrix(rexp(n * experts), n)
  data$fit <- suppressWarnings(moe_fit(data$x, data$y, experts, lambda = 100,
                                       start = start / rowSums(start),
                                       control = moe_control(max_iterations = most)))
  data
}

# Of 5,000 proteins; all different.
some_pairs <- function(count) {
  cell <- sample(5000^2, 3 * count) - 1
  a <- cell %/% 5000
  b <- cell %% 5000
  kept <- which(a < b)[seq_len(count)]
  data.frame(protein_a = paste0("P", a[kept]), protein_b = paste0("P", b[kept]))
}

# A fit of many coefficients, one of many rows, real rows, a network, rows in chunks.
long_calls <- function() {
  many <- some_data(20000, 40, 5, 200)
  long <- some_data(2e6, 5, 2, 5)
  frame <- data.frame(long$x, y = long$y)
  train <- subset(yeast_ppi, split == "train", -c(split, protein_a, protein_b))
  quick <- function(experts) {
    suppressWarnings(moe_fit(confidence ~ ., train, experts, lambda = 1,
                             control = moe_control(search = "quick")))
  }
  two <- quick(2)
  three <- quick(3)
  edges <- some_pairs(2e5)
  network <- moe_network(edges)
  pairs <- some_pairs(1e6)
  known <- moe_ppi_features(pairs[1:2000, ], network)
  ranker <- moe_fit(as.matrix(known[c("deg_sum", "l3")]), gl(2, 1, 2000), 2, lambda = 1,
                    control = moe_control(search = "quick"))
  chunks <- moe_rows(function(i) if (i <= 20) frame[1e5 * (i - 1) + 1:1e5, ])
  silent <- moe_control(progress = FALSE)
  list(
    "vcov()" = function() vcov(many$fit),
    "vcov(type = sandwich)" = function() vcov(many$fit, type = "sandwich"),
    "vcov(type = opg)" = function() vcov(many$fit, type = "opg"),
    "vcov(cluster = )" = function() vcov(many$fit, cluster = rep(1:5000, 4)),
    "moe_effects()" = function() moe_effects(many$fit),
    "summary()" = function() summary(many$fit),
    "predict(se.fit = TRUE), coefficients" = function() {
      predict(many$fit, many$x, type = "prob", se.fit = TRUE)
    },
    "predict(se.fit = TRUE), rows" = function() {
      predict(long$fit, long$x, type = "prob", se.fit = TRUE)
    },
    "predict(type = prob)" = function() predict(long$fit, long$x, type = "prob"),
    "predict()" = function() predict(long$fit, long$x),
    "moe_contributions()" = function() moe_contributions(three, train),
    "moe_fit() of matrices" = function() moe_fit(long$x, long$y, 2, lambda = 1, control = silent),
    "moe_fit() of a data frame" = function() moe_fit(y ~ ., frame, 2, lambda = 1, control = silent),
    "moe_fit() of a source" = function() moe_fit(y ~ ., chunks, 2, lambda = 1, control = silent),
    "moe_fit(experts = auto)" = function() moe_fit(confidence ~ ., train, "auto", control = silent),
    "moe_dendrogram()" = function() moe_dendrogram(three),
    "moe_tune()" = function() moe_tune(confidence ~ ., train, experts = 1:4, control = silent),
    "moe_average()" = function() moe_average(confidence ~ ., train),
    "moe_bootstrap()" = function() moe_bootstrap(three, 2000, progress = FALSE),
    "anova(test = bootstrap)" = function() anova(two, three, test = "bootstrap"),
    "moe_network()" = function() moe_network(edges),
    "moe_ppi_features()" = function() moe_ppi_features(pairs, network),
    "moe_rank_pairs()" = function() moe_rank_pairs(ranker, pairs, network)
  )
}

# The longest of several moments, for each.
try_calls <- function(moments = c(0.3, 1, 2, 4)) {
  calls <- long_calls()
  took <- vapply(names(calls), function(name) {
    seconds <- max(vapply(moments, seconds_to_stop, 0, task = calls[[name]]), -Inf, na.rm = TRUE)
    message(sprintf("%-40s stopped after %.2f s", name, seconds)) # at once, into files too
    seconds
  }, 0)
  stopifnot(took < 0.5)
}

# --- forks and memory ---

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
  calls = try_calls(),
  forks = try_forks(),
  memory = try_memory(),
  stop("unknown command")
)
