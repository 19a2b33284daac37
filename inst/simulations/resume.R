# Runs the tasks (rows with a unique `seed`) whose results are not in the file yet, and adds each
# batch's results to it as soon as they are there, so that an interruption loses little.
run_remaining <- function(tasks, run_task, file, processes, batch = 10 * processes) {
  done <- if (file.exists(file)) utils::read.csv(file)$seed
  tasks <- tasks[!tasks$seed %in% done, ]
  batches <- split(seq_len(nrow(tasks)), (seq_len(nrow(tasks)) - 1) %/% batch)
  for (places in batches) {
    results <- parallel::mclapply(places, function(i) run_task(tasks[i, ]), mc.cores = processes,
                                  mc.preschedule = FALSE)
    for (result in results) append_result(result, file)
    cat(max(places), "of", nrow(tasks), "tasks\n")
  }
}

append_result <- function(result, file) {
  utils::write.table(result, file, append = file.exists(file), sep = ",", row.names = FALSE,
                     col.names = !file.exists(file), qmethod = "double")
}
