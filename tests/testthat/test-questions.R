# Questions to processes, and answers, that are longer than one packet.

repeat_numbers <- function(place, argument) rep(as.numeric(argument$numbers), argument$times)

# As another process has them: functions of the package's own, by name.
with_function <- function(cl, name, value) {
  parallel::clusterCall(cl, function(name, value) {
    environment(value) <- globalenv()
    assign(name, value, globalenv())
    NULL
  }, name, value)
}

test_that("questions and answers arrive whole, however long they are", {
  cl <- test_cluster(2)
  on.exit(parallel::stopCluster(cl))
  parallel::clusterCall(cl, .libPaths, .libPaths())
  with_function(cl, "repeat_numbers", repeat_numbers)
  source <- list(cluster = cl, id = "test")
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
  cl <- test_cluster(1)
  on.exit(parallel::stopCluster(cl))
  parallel::clusterCall(cl, .libPaths, .libPaths())
  with_function(cl, "repeat_numbers", repeat_numbers)
  source <- list(cluster = cl, id = "test")
  parallel::clusterApply(cl, places_of(source), in_process, "hear_piece", as.raw(1:9), TRUE)
  expect_identical(ask_processes(source, "repeat_numbers", list(numbers = 1:2, times = 1)),
                   list(c(1, 2)))
})
