# Sources of rows that are no data frame of this session. A source of chunks is
#   read    function(reset), as in biglm::bigglm(): TRUE starts anew, FALSE gives the next data
#           frame, or NULL after the last
#   finish  function(), called after each pass, whatever its end
#   label   what print() calls it
#   spill   most bytes of files in which rows are kept during a call
#   memory  bytes of rows that are kept in memory before others go to files

new_chunks <- function(read, label, spill, memory, finish = function() NULL) {
  spill <- check_number(spill, "spill", lower = 0)
  memory <- check_number(memory, "memory", lower = 0)
  structure(list(read = read, finish = finish, label = label, spill = spill, memory = memory),
            class = c("moe_chunks", "moe_rows"))
}

# A reader of so many chunks by number.
block_reader <- function(count, chunk) {
  done <- 0L
  function(reset) {
    if (reset) {
      done <<- 0L
      return(NULL)
    }
    if (done == count) return(NULL)
    done <<- done + 1L
    chunk(done)
  }
}

is_rows <- function(x) inherits(x, "moe_rows")

# An error in a chunk says in which.
in_chunk <- function(number, expression) {
  tryCatch(expression, moe_error_input = function(e) {
    refuse("Chunk ", number, ": ", conditionMessage(e))
  })
}

# visit(chunk, number) for each chunk that has rows.
each_chunk <- function(source, visit) {
  read <- function(reset) {
    tryCatch(source$read(reset), error = function(e) {
      stop(rows_lost(paste0("reading ", source$label, " failed: ", conditionMessage(e))))
    })
  }
  on.exit(source$finish())
  read(TRUE)
  number <- 0L
  repeat {
    chunk <- read(FALSE)
    if (is.null(chunk)) return(invisible())
    number <- number + 1L
    if (!is.data.frame(chunk)) {
      refuse("Chunks of rows must be data frames, but number ", number, " is ", given(chunk), ".")
    }
    if (nrow(chunk) > 0L) visit(chunk, number)
  }
}

# The shares of a source, to be closed by close_shares().
open_shares <- function(source) UseMethod("open_shares")

# run(chunk, task) for each chunk of a source, in order: a list.
over_chunks <- function(source, run, task) UseMethod("over_chunks")

over_chunks.moe_chunks <- function(source, run, task) {
  out <- list()
  each_chunk(source, function(chunk, number) {
    out[[length(out) + 1L]] <<- in_chunk(number, run(chunk, task))
  })
  out
}
