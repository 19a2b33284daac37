# Rows elsewhere: one evaluation from files against memory, two processes against one, what a
# question to a cluster costs and how much travels, and what that makes of 64 processes.
source("bench/common.R")
source("bench/chunks.R")

case <- paste("n =", format(chunks * chunk_rows, big.mark = ","), "p = 11, M = 3, K = 3")

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
evaluations <- lapply(lapply(sources, fit_rows), evaluation)
times <- take_turns(evaluations, size(15, 2))

# Processor seconds of an evaluation by a cluster, of that of its processes which takes longest and
# of this one: what other processes of the machine take does not count.
processor_time <- function(cluster, evaluate, times = size(20, 2)) {
  here <- function(...) sum(proc.time()[1:2])
  environment(here) <- baseenv()
  spent <- function() unlist(parallel::clusterCall(cluster, here))
  before <- spent()
  start <- here()
  for (i in seq_len(times)) evaluate()
  own <- here() - start
  (max(spent() - before) + own) / times
}

worked <- t(replicate(size(7, 2), mapply(processor_time, clusters, evaluations[c("one", "two")])))
colnames(worked) <- c("one", "two")

# --- questions to processes whose work is nothing, and what 64 of them would make of 1e9 rows ---

clusters$eight <- parallel::makeCluster(8)
sized <- function(cluster) evaluation(fit_rows(share_chunks(cluster, length(cluster), 200L)))
alone <- evaluation(fit_rows(do.call(rbind, lapply(1:2, make_chunk, 200L))))
questions <- take_turns(list(alone = alone, two = sized(clusters[[2]]),
                             eight = sized(clusters$eight)), size(15, 2))
of_two <- questions[, "two"] - questions[, "alone"]
of_64 <- of_two + 62 * (questions[, "eight"] - questions[, "two"]) / 6
seconds_of_row <- median(worked[, "one"]) / (chunks * chunk_rows)

# What travels to a process and back; the answer is as long for any number of rows.
theta <- numeric(3 * 11 + 3 * 3 * 11)
question <- list(run = "core_evaluate", argument = list(theta, FALSE))
traffic <- function(answer) {
  length(serialize(list(inner$in_process, question), NULL)) + length(serialize(answer(), NULL))
}
bytes <- c(traffic(alone), traffic(evaluation(fit_rows(sources$memory))))
for (cluster in clusters) parallel::stopCluster(cluster)

save_results(
  "sources",
  ratio_result("evaluation of chunks in memory / of one data frame", case, times, "chunks",
               "memory", at_most = 1.3),
  ratio_result("evaluation from files / of one data frame", case, times, "files", "memory",
               at_most = 1.3),
  ratio_result("evaluation by one process / by two", case, times, "one", "two", at_least = 1.8),
  ratio_result("evaluation by one process / by two, processor time", case, worked, "one", "two",
               at_least = 1.8),
  result("evaluation in memory", case, 1e3 * times[, "memory"], "ms"),
  result("evaluation from files", case, 1e3 * times[, "files"], "ms"),
  result("question to two processes", "p = 11, M = 3, K = 3", 1e3 * of_two, "ms", at_most = 2),
  result("question and answer, per process", "n = 400", bytes[1], "bytes"),
  result("question and answer, per process", case, bytes[2], "bytes"),
  result("question to 64 processes, extrapolated from two and eight", "p = 11, M = 3, K = 3",
         1e3 * of_64, "ms"),
  result("evaluation by 64 processes, from these parts", "n = 1e9, p = 11, M = 3, K = 3",
         1e9 / 64 * seconds_of_row + of_64, "s")
)
