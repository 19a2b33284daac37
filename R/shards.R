# Shares in the processes of a cluster. A source of shards is list(cluster, share, id, label): the
# user's function(rank, size), and an id by which processes tell the sources apart that they keep.

#' @rdname moe_rows
#' @export
moe_rows.cluster <- function(x, share, ...) {
  check_unused(...)
  if (missing(share) || !is.function(share)) {
    refuse("`share` must be a function(rank, size) that gives the rows of a process",
           if (!missing(share)) paste0(", not ", given(share)), ".")
  }
  check_processes(x)
  state$sources <- max(0L, state$sources) + 1L
  id <- paste(Sys.info()[["nodename"]], Sys.getpid(), state$sources)
  structure(list(cluster = x, share = share, id = id,
                 label = paste("a cluster of", length(x), "processes")),
            class = c("moe_shards", "moe_rows"))
}

open_shares.moe_shards <- function(source) {
  check_processes(source$cluster)
  ask_processes(source, "open_kept_share", source$share)
  structure(source, class = "moe_open_shards")
}

on_shares.moe_open_shards <- function(shares, run, task, merge = NULL) {
  merge_in_order(ask_processes(shares, "step_kept_share", list(run = run, task = task)), merge)
}

# Processes that have died keep nothing; that they have was said before.
close_shares.moe_open_shards <- function(shares) {
  tryCatch(ask_processes(shares, "close_kept_share", NULL), moe_error_rows = function(e) NULL)
}

over_chunks.moe_shards <- function(source, run, task) {
  check_processes(source$cluster)
  task <- list(share = source$share, run = run, task = task)
  unlist(ask_processes(source, "run_kept_source", task), recursive = FALSE)
}

# --- in a process ---

# The source of a process, read once, and its share, made anew for each call that opens it.
open_kept_share <- function(place, share) {
  source <- kept_source(place, share)
  state$kept[[place$id]]$share <- new_share(source, place$rank)
  NULL
}

kept_source <- function(place, share) {
  if (is.null(state$kept[[place$id]])) {
    rows <- share(place$rank, place$size)
    if (is.data.frame(rows)) rows <- in_memory(rows)
    if (!is_rows(rows)) {
      refuse("`share` must give a data frame or a source by moe_rows(), not ", given(rows), ".")
    }
    state$kept[[place$id]] <- list(source = rows)
  }
  state$kept[[place$id]]$source
}

in_memory <- function(data) {
  force(data)
  structure(list(read = block_reader(1L, function(i) data), finish = function() NULL,
                 label = "memory"), class = c("moe_chunks", "moe_rows"))
}

step_kept_share <- function(place, step) {
  on_shares(state$kept[[place$id]]$share, step$run, step$task)
}

close_kept_share <- function(place, argument) {
  shares <- state$kept[[place$id]]$share
  if (!is.null(shares)) close_shares(shares)
  state$kept[[place$id]]["share"] <- NULL
  NULL
}

run_kept_source <- function(place, task) {
  over_chunks(kept_source(place, task$share), task$run, task$task)
}
