# Rows elsewhere: one evaluation from files against memory, two processes against one, what a
# question to a cluster costs and how much travels, and the peak and the time of a process that fits
# more rows than it holds, from a database. The last needs Linux's /proc.
source("bench/common.R")

chunk_rows <- 50000L
chunks <- size(20L, 2L)
case <- paste("n =", format(chunks * chunk_rows, big.mark = ","), "p = 11, M = 3, K = 3")

# Rows of a mixture, as text that other processes read too: chunk i, and a source of so many chunks.
generator <- "
make_chunk <- function(i, n) {
  set.seed(i)
  x <- matrix(rnorm(n * 10), n)
  expert <- max.col(cbind(0, 3 * x[, 1:2]) - log(rexp(3 * n)))
  score <- cbind(0, x[, 3] * c(2, -1, 0)[expert], x[, 4] * c(0, 1, -2)[expert])
  data.frame(x, y = c('a', 'b', 'c')[max.col(score - log(rexp(3 * n)))])
}
make_source <- function(count, n, memory = 250e6) {
  at <- 0
  moelogit::moe_rows(function(reset) {
    at <<- if (reset) 0 else at + 1
    if (!reset && at <= count) make_chunk(at, n)
  }, memory = memory)
}"
eval(parse(text = generator))

# --- one evaluation ---

rough <- moe_control(search = "quick", max_iterations = 5)
fit_rows <- function(rows) {
  set.seed(1)
  suppressWarnings(moe_fit(y ~ ., rows, experts = 3, lambda = 1, control = rough))
}

# A function that evaluates at the end of the fit, wherever its rows are.
evaluation <- function(fit) {
  problem <- inner$fit_problem(fit)
  theta <- inner$as_theta(fit$measure)
  function() core_evaluate(problem, theta)
}

share_chunks <- function(cluster, count, n) {
  parallel::clusterCall(cluster, .libPaths, .libPaths())
  share <- eval(bquote(function(rank, size) {
    eval(parse(text = .(generator)))
    mine <- Filter(function(i) i %% size == rank - 1, seq_len(.(count)))
    do.call(rbind, lapply(mine, make_chunk, .(n)))
  }), globalenv())
  moe_rows(cluster, share)
}

clusters <- lapply(1:2, parallel::makeCluster)
sources <- list(memory = do.call(rbind, lapply(seq_len(chunks), make_chunk, chunk_rows)),
                chunks = make_source(chunks, chunk_rows),
                files = make_source(chunks, chunk_rows, memory = 0),
                one = share_chunks(clusters[[1]], chunks, chunk_rows),
                two = share_chunks(clusters[[2]], chunks, chunk_rows))
times <- take_turns(lapply(lapply(sources, fit_rows), evaluation), size(15, 2))

# --- questions to processes whose work is nothing, and what 64 of them would make of 1e9 rows ---

clusters$eight <- parallel::makeCluster(8)
sized <- function(cluster) evaluation(fit_rows(share_chunks(cluster, length(cluster), 200L)))
alone <- evaluation(fit_rows(do.call(rbind, lapply(1:2, make_chunk, 200L))))
questions <- take_turns(list(alone = alone, two = sized(clusters[[2]]),
                             eight = sized(clusters$eight)), size(15, 2))
of_two <- questions[, "two"] - questions[, "alone"]
of_64 <- of_two + 62 * (questions[, "eight"] - questions[, "two"]) / 6
seconds_of_row <- times[, "one"] / (chunks * chunk_rows)

# What travels to a process and back; the answer is as long for any number of rows.
theta <- numeric(3 * 11 + 3 * 3 * 11)
question <- list(run = "core_evaluate", argument = list(theta, FALSE))
traffic <- function(answer) {
  length(serialize(list(inner$in_process, question), NULL)) + length(serialize(answer(), NULL))
}
bytes <- c(traffic(alone), traffic(evaluation(fit_rows(sources$memory))))
for (cluster in clusters) parallel::stopCluster(cluster)

# --- more rows than are held: a database ---

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
    "theta <- inner$as_theta(fit$measure); inner$core_evaluate(problem, theta); start <- cpu();",
    "for (i in 1:5) inner$core_evaluate(problem, theta);",
    "writeLines(format(c(as.numeric(gsub('[^0-9]', '', peak)) / 1024, taken, fit$evaluations,",
    "  (cpu() - start) / 5)))"
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
  "sources",
  ratio_result("evaluation of chunks in memory / of one data frame", case, times, "chunks",
               "memory", at_most = 1.3),
  ratio_result("evaluation from files / of one data frame", case, times, "files", "memory",
               at_most = 1.3),
  ratio_result("evaluation by one process / by two", case, times, "one", "two", at_least = 1.8),
  result("evaluation in memory", case, 1e3 * times[, "memory"], "ms"),
  result("evaluation from files", case, 1e3 * times[, "files"], "ms"),
  result("question to two processes", "p = 11, M = 3, K = 3", 1e3 * of_two, "ms", at_most = 2),
  result("question and answer, per process", "n = 400", bytes[1], "bytes"),
  result("question and answer, per process", case, bytes[2], "bytes"),
  result("question to 64 processes, extrapolated from two and eight", "p = 11, M = 3, K = 3",
         1e3 * of_64, "ms"),
  result("evaluation by 64 processes, from these parts", "n = 1e9, p = 11, M = 3, K = 3",
         1e9 / 64 * seconds_of_row + of_64, "s"),
  result("peak of the process", far_case, far[["peak"]], "MB", at_most = 1000),
  result("evaluation, processor time per row / of one data frame", far_case,
         far[["evaluation"]] / fit_chunks * chunks / near[["evaluation"]], at_most = 1.3),
  result("default fit", far_case, far[["taken"]], "s",
         note = paste("processor time;", far[["evaluations"]], "evaluations in the last run")),
  result("default fit / of one data frame, extrapolated", far_case, far[["taken"]] / extrapolated,
         at_most = 3)
)
