# Pieces of one task, such as replicates, shared over the processes of a cluster.

check_processes <- function(cl) {
  if (is.null(cl)) return(invisible())
  if (!inherits(cl, "cluster")) {
    refuse("`cl` must be NULL or a cluster by parallel::makeCluster(), not ", given(cl), ".")
  }
  if (length(cl) == 0L) refuse("`cl` must have at least one process, but has none.")
  # In an environment that every process has.
  able <- function() requireNamespace("moelogit", quietly = TRUE)
  environment(able) <- baseenv()
  answers <- tryCatch(parallel::clusterCall(cl, able), error = function(e) {
    refuse("`cl` must be a running cluster, but its processes do not answer: ", conditionMessage(e),
           ".")
  })
  if (!all(unlist(answers))) {
    refuse("Every process of `cl` must be able to load moelogit, but some cannot: install it ",
           "there, or set their library by parallel::clusterCall(cl, .libPaths, .libPaths()).")
  }
}

# run(task, piece) for each piece. The task is sent once to each process, pieces in batches, after
# each of which the bar moves. An error in one piece ends all, as itself.
run_tasks <- function(run, task, pieces, cl, progress, label) {
  if (!is.null(cl)) {
    parallel::clusterCall(cl, keep_task, list(run = run, task = task))
    on.exit(parallel::clusterCall(cl, keep_task, NULL))
  }
  size <- if (is.null(cl)) 1L else max(2L * length(cl), ceiling(length(pieces) / 50))
  batches <- split(pieces, (seq_along(pieces) - 1L) %/% size)
  bar <- progress_bar(list(progress = progress), length(pieces), label)
  on.exit(bar$done(), add = TRUE)
  results <- lapply(batches, function(batch) {
    out <- if (is.null(cl)) {
      lapply(batch, function(piece) run(task, piece))
    } else {
      parallel::clusterApplyLB(cl, batch, run_kept_task)
    }
    for (result in out) if (inherits(result, "error")) stop(result)
    bar$tick(length(batch))
    out
  })
  unlist(unname(results), recursive = FALSE)
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
