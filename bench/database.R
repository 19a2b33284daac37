# More rows than are held, in a database: the peak and the time of a process that fits them. Needs
# Linux's /proc.
source("bench/common.R")
source("bench/chunks.R")

fit_chunks <- size(400L, 2L)
database <- tempfile(tmpdir = if (quick) tempdir() else "bench/build", fileext = ".sqlite")

fill_database <- function(path) {
  con <- DBI::dbConnect(RSQLite::SQLite(), path)
  on.exit(DBI::dbDisconnect(con))
  for (i in seq_len(fit_chunks)) {
    DBI::dbWriteTable(con, "rows", make_chunk(i, chunk_rows), append = TRUE)
  }
}

# What a process of its own takes for the default fit: peak in MB, processor seconds, evaluations of
# the run that is returned, and processor seconds of one evaluation.
default_fit <- function(rows) {
  out <- fresh_process(paste(
    "library(moelogit);", generator, "; rows <- ", rows, "; set.seed(1);",
    "cpu <- function() sum(proc.time()[1:2]); start <- cpu();",
    "fit <- suppressWarnings(moe_fit(y ~ ., rows, experts = 3)); taken <- cpu() - start;",
    "peak <- grep('VmHWM', readLines('/proc/self/status'), value = TRUE);",
    "inner <- asNamespace('moelogit'); problem <- inner$fit_problem(fit);",
    "theta <- inner$as_theta(fit$measure);",
    # The first ones of a process take longer.
    "evaluate <- function(times) for (i in seq_len(times)) inner$core_evaluate(problem, theta);",
    "evaluate(20); start <- cpu(); evaluate(40);",
    "writeLines(format(c(as.numeric(gsub('[^0-9]', '', peak)) / 1024, taken, fit$evaluations,",
    "  (cpu() - start) / 40)))"
  ))
  setNames(as.numeric(utils::tail(out, 4)), c("peak", "taken", "evaluations", "evaluation"))
}

fill_database(database)
far <- default_fit(paste0("moe_rows(DBI::dbConnect(RSQLite::SQLite(), '", database, "'), 'rows')"))
unlink(database)
in_memory <- function(chunks) {
  paste0("do.call(rbind, lapply(seq_len(", chunks, "), make_chunk, ", chunk_rows, "))")
}
near <- default_fit(in_memory(chunks))
# The search sees as many rows of any number.
searched <- default_fit(paste0("make_chunk(1, ", size(10000, 1000), ")"))
extrapolated <- searched[["taken"]] + fit_chunks / chunks * (near[["taken"]] - searched[["taken"]])
far_case <- paste("n =", format(fit_chunks * chunk_rows, big.mark = ","), "SQLite")

save_results(
  "database",
  result("peak of the process", far_case, far[["peak"]], "MB", at_most = 1000),
  result("evaluation, processor time per row / of one data frame", far_case,
         far[["evaluation"]] / fit_chunks * chunks / near[["evaluation"]], at_most = 1.3),
  result("default fit", far_case, far[["taken"]], "s",
         note = paste("processor time;", far[["evaluations"]], "evaluations in the last run")),
  result("default fit / of one data frame, extrapolated", far_case, far[["taken"]] / extrapolated,
         at_most = 3)
)
