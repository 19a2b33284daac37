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

test_that("an exchange that was broken off leaves nothing behind", {
  source <- repeating_source(1)
  on.exit(parallel::stopCluster(source$cluster))
  parallel::clusterApply(source$cluster, places_of(source), in_process, "hear_piece", as.raw(1:9), TRUE)
  expect_identical(ask_processes(source, "repeat_numbers", list(numbers = 1:2, times = 1)),
                   list(c(1, 2)))
})
