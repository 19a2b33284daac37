# Pieces of one task, such as replicates, shared over the processes of a cluster.

check_processes <- function(cl) {
  if (is.null(cl)) return(invisible())
  if (!inherits(cl, "cluster")) {
    refuse("`cl` must be NULL or a cluster by parallel::makeCluster(), not ", given(cl), ".")
  }
  if (length(cl) == 0L) refuse("`cl` must have at least one process, but has none.")
  dead <- which(!are_alive(cl))
  if (length(dead)) {
    refuse("`cl` must be a running cluster, but process ", paste(dead, collapse = ", "), " of ",
           length(cl), " does not answer: stop it by parallel::stopCluster() and make another.")
  }
  # In an environment that every process has.
  able <- function() requireNamespace("moelogit", quietly = TRUE)
  environment(able) <- baseenv()
  answers <- parallel::clusterCall(cl, able)
  if (!all(unlist(answers))) {
    refuse("Every process of `cl` must be able to load moelogit, but some cannot: install it ",
           "there, or set their library by parallel::clusterCall(cl, .libPaths, .libPaths()).")
  }
}

# As a cluster of its own; not all engines have a method for `[`.
some_processes <- function(cl, which) structure(unclass(cl)[which], class = class(cl))

are_alive <- function(cl) {
  vapply(seq_along(cl), function(i) answers(some_processes(cl, i)), NA)
}

# Whether the process of a cluster of one lives. After an interrupt it may still owe the answer to
# an earlier question, which is taken first, so that question and answer belong together again.
answers <- function(one) {
  token <- paste("moelogit", Sys.getpid(), format(Sys.time(), "%H%M%OS6"))
  echo <- identity
  environment(echo) <- baseenv()
  tryCatch({
    answer <- parallel::clusterCall(one, echo, token)[[1]]
    owed <- !identical(answer, token) && inherits(one[[1]]$con, "connection")
    if (owed) answer <- unserialize(one[[1]]$con)$value
    identical(answer, token)
  }, error = function(e) FALSE)
}

# run(task, piece) for each piece. The task is sent once to each process, pieces in batches, after
# each of which the bar moves. An error in one piece ends all, as itself. What a checkpoint has
# already is not run again.
run_tasks <- function(run, task, pieces, cl, progress, label = "", checkpoint = NULL) {
  done <- FALSE
  if (!is.null(cl)) {
    parallel::clusterCall(cl, keep_task, list(run = run, task = task))
    # After an interrupt processes are not ready to be asked.
    on.exit(if (done) parallel::clusterCall(cl, keep_task, NULL))
  }
  bar <- progress_bar(list(progress = progress), length(pieces), label)
  on.exit(bar$done(), add = TRUE)
  keys <- vapply(pieces, result_key, "", checkpoint)
  results <- lapply(keys, kept_result, checkpoint = checkpoint)
  left <- which(vapply(results, is.null, NA))
  bar$tick(length(pieces) - length(left))
  size <- if (is.null(cl)) 1L else 2L * length(cl)
  while (length(left) > 0L) {
    batch <- utils::head(left, size)
    left <- utils::tail(left, -size)
    if (is.null(cl)) {
      out <- lapply(pieces[batch], function(piece) run(task, piece))
    } else {
      started <- proc.time()[["elapsed"]]
      shared <- share_batch(pieces[batch], cl)
      out <- shared$results
      cl <- shared$cl
      size <- next_size(size, proc.time()[["elapsed"]] - started, length(cl))
    }
    failed <- vapply(out, inherits, NA, "error")
    for (i in which(!failed)) keep_result(checkpoint, keys[batch[i]], out[[i]])
    done <- TRUE
    if (any(failed)) stop(out[[which(failed)[1]]])
    done <- FALSE
    bar$tick(length(batch))
    results[batch] <- out
  }
  done <- TRUE
  results
}

# Pieces of the batch after one that took so many seconds: as many as last about a second, so that
# processes seldom wait for each other at its end; at least two for each of them.
next_size <- function(size, seconds, processes) {
  max(2L * processes, floor(min(4 * size, size / max(seconds, 0.01))))
}

# The results of a batch with the processes that are left: where one has died, what is done already
# stays, and the others do this batch again.
share_batch <- function(batch, cl) {
  repeat {
    out <- tryCatch(parallel::clusterApplyLB(cl, batch, run_kept_task), error = function(e) e)
    if (!inherits(out, "error")) return(list(results = unname(out), cl = cl))
    alive <- are_alive(cl)
    if (all(alive)) stop(out)
    report_dead(cl, alive)
    cl <- some_processes(cl, alive)
  }
}

report_dead <- function(cl, alive) {
  which <- name_processes(cl, which(!alive))
  if (!any(alive)) {
    refuse("Processes of `cl` must live until the work is done, but all that were left have died: ",
           which, ". Stop the cluster by parallel::stopCluster() and make another.")
  }
  warning("Process ", which, " of `cl` has died; the others do its part. Stop the cluster by ",
          "parallel::stopCluster() afterwards and make another.", call. = FALSE)
}

# Their numbers, with the hosts that they run on where the engine says it.
name_processes <- function(cl, which) {
  hosts <- lapply(which, function(i) cl[[i]]$host)
  paste0(which, ifelse(lengths(hosts), paste0(" (", hosts, ")"), ""), collapse = ", ")
}

keep_task <- function(task) {
  state$task <- task
  invisible()
}

run_kept_task <- function(piece) {
  tryCatch(state$task$run(state$task$task, piece), error = function(e) e)
}

# Shown only where the work takes a while; silent in non-interactive use.
progress_bar <- function(control, total, label = "Fitting") {
  if (!control$progress) return(list(tick = function(...) NULL, done = function() NULL))
  id <- cli::cli_progress_bar(label, total = total, .auto_close = FALSE)
  list(tick = function(count = 1L) cli::cli_progress_update(count, id = id),
       done = function() cli::cli_progress_done(id = id))
}
