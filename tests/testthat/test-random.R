# The session's random numbers go on as if nothing had been drawn in between.

session_state <- function() get0(".Random.seed", globalenv(), inherits = FALSE)

test_that("draws of a kept state leave the session's numbers and their kinds", {
  set.seed(1, "Mersenne-Twister", "Inversion", "Rejection")
  before <- session_state()
  keep_random_state(set.seed(2, "Wichmann-Hill", "Box-Muller"))
  expect_identical(session_state(), before)
  with_own_seed(rnorm(5))
  expect_identical(session_state(), before)
  expect_error(keep_random_state(stop(runif(1))))
  expect_identical(session_state(), before)
})

test_that("a session that has drawn nothing yet is left so, with its generators", {
  before <- session_state()
  on.exit(assign(".Random.seed", before, globalenv()))
  kinds <- RNGkind()
  rm(".Random.seed", envir = globalenv())
  keep_random_state(set.seed(2, "Wichmann-Hill", "Box-Muller"))
  expect_null(session_state())
  expect_identical(RNGkind(), kinds)
})

test_that("what is drawn is a function of the state alone", {
  set.seed(1)
  state <- session_state()
  first <- runif(3)
  runif(7)
  expect_identical(with_random_state(state, runif(3)), first)
  own <- with_own_seed(rnorm(3))
  set.seed(5, "Wichmann-Hill")
  on.exit(set.seed(1, "Mersenne-Twister"))
  expect_identical(with_own_seed(rnorm(3)), own)
})

test_that("streams differ, follow from the seed, and use up one number of the session", {
  set.seed(3)
  streams <- random_streams(4)
  after <- runif(1)
  set.seed(3)
  sample.int(.Machine$integer.max, 1L)
  expect_identical(runif(1), after)
  set.seed(3)
  expect_identical(random_streams(6)[1:4], streams)
  expect_identical(random_streams(0L), list())
  expect_length(unique(lapply(streams, function(state) with_random_state(state, runif(1)))), 4)
})
