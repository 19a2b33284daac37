# Checkpoints: files in which a long call keeps what it has done, so that the same call goes on from
# there. A checkpoint is an environment, once it is open, with
#   path    of the file
#   call    what tells the call from others
#   random  the state of the random numbers when it began
#   kept    results by key
#   saved   when the file was last written, in seconds
# or NULL, which keeps nothing.

# work(checkpoint), with random numbers as in the call that wrote the file, if there is one. `call`
# is a list of all that the result depends on. The file goes when the work is done. Within a call
# that has opened one, `path` is this checkpoint.
with_checkpoint <- function(path, call, work) {
  if (is.null(path) || is_open(path)) return(work(path))
  checkpoint <- open_checkpoint(path, hash_of(call))
  done <- FALSE
  on.exit(if (done) unlink(path) else write_checkpoint(checkpoint))
  out <- work(checkpoint)
  done <- TRUE
  out
}

is_open <- function(checkpoint) is.environment(checkpoint)

open_checkpoint <- function(path, call) {
  if (file.exists(path)) return(read_checkpoint(path, call))
  # There is a state once a number has been drawn.
  if (!exists(".Random.seed", globalenv(), inherits = FALSE)) stats::runif(1L)
  list2env(list(path = path, call = call, random = get(".Random.seed", globalenv()),
                kept = list(), saved = seconds_now()))
}

read_checkpoint <- function(path, call) {
  saved <- tryCatch(readRDS(path), error = function(e) NULL, warning = function(e) NULL)
  if (!is.list(saved) || !identical(names(saved), c("call", "random", "kept"))) {
    refuse("`checkpoint` must be a file that does not exist, or one of an earlier call, but ", path,
           " is neither.")
  }
  if (!identical(saved$call, call)) {
    refuse("`checkpoint` must be a file of the same call with the same data, but ", path,
           " is of another: remove it, or give another name.")
  }
  assign(".Random.seed", saved$random, globalenv())
  list2env(c(saved, list(path = path, saved = seconds_now())))
}

seconds_now <- function() proc.time()[["elapsed"]]

# A file is always whole, even if R dies while it is written.
write_checkpoint <- function(checkpoint) {
  new <- paste0(checkpoint$path, ".new")
  saveRDS(mget(c("call", "random", "kept"), checkpoint), new, compress = FALSE)
  file.rename(new, checkpoint$path)
  checkpoint$saved <- seconds_now()
}

# --- results ---

checkpoint_seconds <- 10 # between writes

# By which the result is known that depends on these values; nothing to compute where none is kept.
result_key <- function(values, checkpoint) if (is.null(checkpoint)) "" else hash_of(values)

# The file is written every so often, and when the call ends early.
keep_result <- function(checkpoint, key, result) {
  if (is.null(checkpoint)) return(invisible())
  checkpoint$kept[[key]] <- result
  if (seconds_now() - checkpoint$saved >= checkpoint_seconds) write_checkpoint(checkpoint)
}

# NULL where there is none.
kept_result <- function(checkpoint, key) checkpoint$kept[[key]]

# The value of work(), kept by a name together with the random numbers that come after.
keep_stage <- function(checkpoint, name, work) {
  if (is.null(checkpoint)) return(work())
  stage <- kept_result(checkpoint, name)
  if (is.null(stage)) {
    stage <- list(value = work(), random = get(".Random.seed", globalenv()))
    keep_result(checkpoint, name, stage)
  }
  assign(".Random.seed", stage$random, globalenv())
  stage$value
}

# Of values alone: environments, such as those of formulas, are other ones in another session.
hash_of <- function(values) {
  cli::hash_raw_md5(serialize(values, NULL, version = 2, refhook = function(environment) ""))
}

check_checkpoint <- function(path) {
  if (is.null(path) || is_open(path)) return(path)
  if (!is.character(path) || length(path) != 1L || is.na(path) || !dir.exists(dirname(path))) {
    refuse("`checkpoint` must be NULL or the name of a file in a folder that exists, not ",
           given(path), ".")
  }
  path
}
