# The state of R's random numbers: streams for pieces of work, and draws that leave the session's own
# stream as it was.

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

# A seed and generators of its own make what a method draws a function of the network alone, and the
# caller's random numbers go on as if nothing had been drawn.
with_own_seed <- function(value) {
  if (!exists(".Random.seed", globalenv())) set.seed(NULL)
  caller <- get(".Random.seed", globalenv())
  on.exit(assign(".Random.seed", caller, globalenv()))
  set.seed(1, "Mersenne-Twister", "Inversion", "Rejection")
  force(value)
}
