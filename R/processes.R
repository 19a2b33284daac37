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

# --- random numbers ---

# One state of the random numbers per piece, so that it matters not which process draws. One number
# of the session's own stream is used up.
random_streams <- function(count) {
  seed <- sample.int(.Machine$integer.max, 1L)
  with_random_state(NULL, {
    set.seed(seed, kind = "L'Ecuyer-CMRG")
    Reduce(function(stream, i) parallel::nextRNGStream(stream), seq_len(count),
           get(".Random.seed", globalenv()), accumulate = TRUE)[-1]
  })
}

# Evaluates the expression after the state is set, if one is given, and puts back the session's own.
with_random_state <- function(state, expression) {
  before <- get0(".Random.seed", globalenv(), inherits = FALSE)
  kind <- RNGkind()
  on.exit({
    RNGkind(kind[1])
    if (is.null(before)) rm(".Random.seed", envir = globalenv()) else
      assign(".Random.seed", before, globalenv())
  })
  if (!is.null(state)) assign(".Random.seed", state, globalenv())
  expression
}
