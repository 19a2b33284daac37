# Questions to processes, and answers, that are longer than one packet.

repeat_numbers <- function(place, argument) rep(as.numeric(argument$numbers), argument$times)

# Processes that can be asked for that.
repeating_source <- function(count) {
  cl <- test_cluster(count)
  parallel::clusterCall(cl, .libPaths, .libPaths())
  parallel::clusterCall(cl, function(value) {
    environment(value) <- globalenv()
    assign("repeat_numbers", value, globalenv())
    NULL
  }, repeat_numbers)
  list(cluster = cl, id = "test")
}

test_that("questions and answers arrive whole, however long they are", {
  source <- repeating_source(2)
  on.exit(parallel::stopCluster(source$cluster))
  for (count in c(0, 10, 1000, 30000)) {
    for (times in c(1, 3, 40)) {
      numbers <- seq_len(count) / 7
      answers <- ask_processes(source, "repeat_numbers", list(numbers = numbers, times = times))
      expect_identical(answers, rep(list(rep(numbers, times)), 2))
    }
  }
})

test_that("what is longer than a packet is cut, unless it has very many of them", {
  bytes <- as.raw(rep_len(0:255, 10000))
  pieces <- cut_pieces(bytes, 3000L)
  expect_identical(lengths(pieces), c(3000L, 3000L, 3000L, 1000L))
  expect_identical(do.call(c, pieces), bytes)
  expect_identical(cut_pieces(bytes, Inf), list(bytes))
  expect_identical(cut_pieces(bytes, 100L), list(bytes))
})

# R hands a message to a socket in parts of 4096 bytes, of which only the first is sent at once.
test_that("the longest pieces are sent at once", {
  place <- list(id = "a-host-with-a-long-name.example.org 1234567 12", rank = 12L, size = 128L)
  question <- list(fun = in_process, args = list(place, "hear_last", raw(question_bytes), TRUE, 1L),
                   return = TRUE, tag = NULL)
  answer <- list(type = "VALUE", value = list(piece = raw(answer_bytes), more = TRUE),
                 success = TRUE, time = system.time(NULL), tag = NULL)
  question <- list(type = "EXEC", data = question, tag = NULL)
  for (message in list(question, answer)) {
    expect_lt(length(serialize(message, NULL, xdr = FALSE)), 4096)
  }
})

test_that("an exchange that was broken off leaves nothing behind", {
  source <- repeating_source(1)
  on.exit(parallel::stopCluster(source$cluster))
  parallel::clusterApply(source$cluster, places_of(source), in_process, "hear_piece", as.raw(1:9),
                         TRUE)
  expect_identical(ask_processes(source, "repeat_numbers", list(numbers = 1:2, times = 1)),
                   list(c(1, 2)))
})
