# The state of R's random numbers: streams for pieces of work, and draws that leave the session's
# own stream as it was.

# Evaluates the expression, and puts back the state from before.
keep_random_state <- function(expression) {
  before <- get0(".Random.seed", globalenv(), inherits = FALSE)
  kinds <- RNGkind()
  on.exit(if (is.null(before)) {
    # R warns of the kind of sampling that it had before version 3.6.
    suppressWarnings(do.call(RNGkind, as.list(kinds)))
    rm(".Random.seed", envir = globalenv())
  } else {
    assign(".Random.seed", before, globalenv())
  })
  force(expression)
}

with_random_state <- function(state, expression) {
  keep_random_state({
    assign(".Random.seed", state, globalenv())
    expression
  })
}

# A seed and generators of its own make what a method draws a function of its input alone.
with_own_seed <- function(expression) {
  keep_random_state({
    set.seed(1, "Mersenne-Twister", "Inversion", "Rejection")
    expression
  })
}

# One state of the random numbers per piece, so that it matters not which process draws. One number
# of the session's own stream is used up.
random_streams <- function(count) {
  seed <- sample.int(.Machine$integer.max, 1L)
  keep_random_state({
    set.seed(seed, kind = "L'Ecuyer-CMRG")
    streams <- vector("list", count)
    stream <- get(".Random.seed", globalenv())
    for (i in seq_len(count)) streams[[i]] <- stream <- parallel::nextRNGStream(stream)
    streams
  })
}
