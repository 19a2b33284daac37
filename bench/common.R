# Shared by the benchmarks: arguments, timing by turns, ratios, and the files that results go to.
#
# Every benchmark runs at the package's root with the package installed, and takes the argument
# `quick` for a trial at small sizes, whose results go to bench/build/quick and mean nothing. Those
# that store the results of each task take `stored` for the tables of what is there already.
library(moelogit)
options(width = 200)
source("bench/data.R")
source("bench/core.R")
source("inst/simulations/resume.R")

quick <- "quick" %in% commandArgs(trailingOnly = TRUE)
stored <- "stored" %in% commandArgs(trailingOnly = TRUE)
results_folder <- if (quick) "bench/build/quick" else "bench/results"

# The first in a complete run, the second in a trial.
size <- function(complete, trial) if (quick) trial else complete

# --- timing ---

now <- function() as.numeric(Sys.time())

# Of this process, whatever else the machine does.
processor_seconds <- function() sum(proc.time()[1:2])

seconds <- function(task, times = 1, clock = now) {
  start <- clock()
  for (i in seq_len(times)) task()
  (clock() - start) / times
}

# Seconds per call of each task, a column per task and a row per repeat. Tasks take turns, so that
# what else the machine does meets all of them; each is repeated within its turn until the turn
# lasts `least` seconds. The first call of each is not counted.
take_turns <- function(tasks, repeats, least = size(0.1, 0.01), clock = now) {
  times <- vapply(tasks, function(task) ceiling(least / max(seconds(task), 1e-6)), 1)
  out <- matrix(0, repeats, length(tasks), dimnames = list(NULL, names(tasks)))
  for (i in seq_len(repeats)) {
    order <- if (i %% 2) seq_along(tasks) else rev(seq_along(tasks))
    for (task in order) out[i, task] <- seconds(tasks[[task]], times[task], clock)
  }
  out
}

# --- results ---

# One line of a table: the median and the quartiles of `values`, and the bound that the median is
# to meet, if there is one.
result <- function(what, case, values, unit = "ratio", at_most = NA, at_least = NA, note = "") {
  quartiles <- unname(stats::quantile(values, c(0.5, 0.25, 0.75)))
  data.frame(what = what, case = case, unit = unit, median = quartiles[1], lower = quartiles[2],
             upper = quartiles[3], repeats = length(values), at_most = at_most,
             at_least = at_least, note = note)
}

blas_name <- function() {
  path <- extSoftVersion()[["BLAS"]]
  if (grepl("openblas", path)) "openblas" else "reference"
}

processor <- function() {
  lines <- if (file.exists("/proc/cpuinfo")) readLines("/proc/cpuinfo")
  model <- sub(".*: ", "", grep("^model name", lines, value = TRUE))
  if (length(model)) model[1] else Sys.info()[["machine"]]
}

git <- function(...) suppressWarnings(system2("git", c(...), stdout = TRUE, stderr = FALSE))

# The commit, marked if the sources differ from it.
commit <- function() {
  changed <- length(git("status", "--porcelain", "--", "R", "src")) > 0
  paste0(git("rev-parse", "--short", "HEAD"), if (changed) "+")
}

circumstances <- function() {
  data.frame(processor = processor(), cores = parallel::detectCores(),
             r = paste(R.version$major, R.version$minor, sep = "."), blas = blas_name(),
             package = format(packageVersion("moelogit")), commit = commit(),
             date = format(Sys.Date()), row.names = NULL)
}

result_file <- function(name) file.path(results_folder, paste0(name, "-", blas_name(), ".csv"))

# run_remaining() one by one, into a file of the results folder of which the rows are returned.
run_stored <- function(tasks, run_task, name) {
  dir.create(results_folder, recursive = TRUE, showWarnings = FALSE)
  file <- file.path(results_folder, name)
  if (quick) unlink(file)
  if (!stored) run_remaining(tasks, run_task, file, processes = 1L, batch = 1L)
  utils::read.csv(file)
}

# Writes rows, with what they were measured on, to the results folder.
write_results <- function(name, rows) {
  dir.create(results_folder, recursive = TRUE, showWarnings = FALSE)
  utils::write.csv(cbind(rows, circumstances()), result_file(name), row.names = FALSE)
}

# Writes the rows of a table and prints them.
save_results <- function(name, ...) {
  rows <- rbind(...)
  write_results(name, rows)
  shown <- c("what", "case", "unit", "median", "lower", "upper", "at_most", "at_least", "note")
  print(rows[shown], digits = 3, row.names = FALSE, right = FALSE)
}

# Quartiles of the ratio of two columns of take_turns().
ratio_result <- function(what, case, times, over, under, ...) {
  result(what, case, times[, over] / times[, under], ...)
}

# Another R process that runs expressions given as text; what it prints comes back.
fresh_process <- function(code) {
  system2(file.path(R.home("bin"), "Rscript"), c("-e", shQuote(code)), stdout = TRUE)
}
