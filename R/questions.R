# Questions to the processes of a cluster, and their answers. R hands a message to a socket in parts
# of 4 kB, and the system may hold back every part but the first for 40 ms, until the other side has
# acknowledged what came before. So what is longer travels in pieces, each of which is answered
# before the next: less than a millisecond each.

# Of a piece; with what R adds, the more to a question, less than 4 kB.
question_bytes <- 2800L
answer_bytes <- 3600L
most_pieces <- 64L # which take as long as to wait

# run(place, argument) in every process of a source of shards (shards.R), by name: their answers, in
# order. `place` is list(id, rank, size). An error names the process that it is from.
ask_processes <- function(source, run, argument) {
  cluster <- source$cluster
  answers <- tryCatch(exchange(cluster, places_of(source), list(run = run, argument = argument)),
                      error = function(e) refuse_dead(cluster, e))
  failed <- Find(function(answer) inherits(answer, "error"), answers)
  if (!is.null(failed)) stop(failed)
  answers
}

places_of <- function(source) {
  size <- length(source$cluster)
  lapply(seq_len(size), function(rank) list(id = source$id, rank = rank, size = size))
}

exchange <- function(cluster, places, question) {
  tell <- function(to, step, ...) {
    parallel::clusterApply(some_processes(cluster, to), places[to], in_process, step, ...)
  }
  all <- seq_along(cluster)
  is_socket <- inherits(cluster[[1]], "SOCKnode")
  pieces <- cut_pieces(serialize(question, NULL), if (is_socket) question_bytes else Inf)
  longest <- if (is_socket) answer_bytes else Inf
  for (i in seq_len(length(pieces) - 1L)) tell(all, "hear_piece", pieces[[i]], i == 1L)
  said <- tell(all, "hear_last", pieces[[length(pieces)]], length(pieces) == 1L, longest)
  bytes <- lapply(said, `[[`, "piece")
  while (any(more <- vapply(said, `[[`, NA, "more"))) {
    said[more] <- tell(more, "say_piece")
    bytes[more] <- Map(c, bytes[more], lapply(said[more], `[[`, "piece"))
  }
  lapply(bytes, unserialize)
}

cut_pieces <- function(bytes, longest) {
  if (length(bytes) <= longest || length(bytes) > longest * most_pieces) return(list(bytes))
  unname(split(bytes, (seq_along(bytes) - 1L) %/% longest))
}

# Sent with each step, and therefore short.
in_process <- function(place, step, ...) asNamespace("moelogit")[[step]](place, ...)
environment(in_process) <- baseenv()

refuse_dead <- function(cluster, reason) {
  dead <- which(!are_alive(cluster))
  if (length(dead) == 0L) stop(reason)
  stop(rows_lost(paste0("process ", name_processes(cluster, dead), " of the ", length(cluster),
                        " of the cluster has died, and its share is gone; make a new cluster.")))
}

# --- in a process ---

# An exchange that was broken off leaves pieces behind, which the next one's first piece discards.
hear_piece <- function(place, piece, is_first) {
  state$heard <- c(if (!is_first) state$heard, piece)
  NULL
}

hear_last <- function(place, piece, is_first, longest) {
  hear_piece(place, piece, is_first)
  question <- unserialize(state$heard)
  state$heard <- NULL
  # Sockets may send at once.
  if ("no-delay" %in% getOption("socketOptions")) longest <- Inf
  answer <- answer_safely(place, question$run, question$argument)
  state$said <- cut_pieces(serialize(answer, NULL), longest)
  say_piece(place)
}

say_piece <- function(place) {
  piece <- state$said[[1]]
  state$said <- state$said[-1]
  list(piece = piece, more = length(state$said) > 0L)
}

answer_safely <- function(place, run, argument) {
  tryCatch(do.call(run, list(place, argument)), error = function(e) {
    e$message <- paste0("Process ", place$rank, " of ", place$size, ": ", conditionMessage(e))
    e["call"] <- list(NULL)
    e
  })
}
