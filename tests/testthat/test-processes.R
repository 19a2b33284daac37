# Clusters whose processes die, or owe an answer.

pieces <- as.list(1:12)
run_square <- function(task, piece) {
  if (!is.null(task$dies) && piece %in% task$dies && !file.exists(task$mark)) {
    file.create(task$mark)
    tools::pskill(Sys.getpid(), tools::SIGKILL)
    Sys.sleep(30)
  }
  piece^2
}
environment(run_square) <- baseenv()

test_that("a process that dies is named and costs nothing that was done", {
  skip_on_os("windows")
  cl <- test_cluster(2)
  on.exit(stop_what_is_left(cl))
  task <- list(dies = 7, mark = tempfile())
  warned <- NULL
  out <- withCallingHandlers(
    run_tasks(run_square, task, pieces, cl, FALSE, "Pieces"),
    warning = function(w) {
      warned <<- c(warned, conditionMessage(w))
      invokeRestart("muffleWarning")
    }
  )
  expect_identical(out, as.list((1:12)^2))
  expect_length(grep("Process [12] \\(.*\\) of `cl` has died; the others do its part", warned), 1)
  expect_error(check_processes(cl), "process [12] of 2 does not answer", class = "moe_error_input")
})

test_that("a cluster whose processes all die says so", {
  skip_on_os("windows")
  cl <- test_cluster(1)
  on.exit(stop_what_is_left(cl))
  expect_error(suppressWarnings(run_tasks(run_square, list(dies = 3, mark = tempfile()), pieces, cl,
                                          FALSE, "Pieces")),
               "all that were left have died: 1", class = "moe_error_input")
})

test_that("a process that owes an answer is brought into step", {
  cl <- test_cluster(2)
  on.exit(parallel::stopCluster(cl))
  # As an interrupt leaves it: asked, and the answer not read.
  utils::getFromNamespace("sendCall", "parallel")(cl[[2]], Sys.getpid, list())
  expect_silent(check_processes(cl))
  expect_identical(run_tasks(run_square, list(), pieces, cl, FALSE, "Pieces"),
                   as.list((1:12)^2))
  expect_identical(parallel::clusterCall(cl, identity, "a"), list("a", "a"))
})

test_that("an error of one piece is the error of all, and the cluster stays of use", {
  cl <- test_cluster(2)
  on.exit(parallel::stopCluster(cl))
  fails <- function(task, piece) if (piece == 3) stop("piece three") else piece
  environment(fails) <- baseenv()
  expect_error(run_tasks(fails, list(), pieces, cl, FALSE, "Pieces"), "piece three")
  expect_identical(parallel::clusterCall(cl, identity, "a"), list("a", "a"))
})

test_that("batches last about a second", {
  expect_identical(next_size(4, 0, 2), 16)
  expect_identical(next_size(16, 0.5, 2), 32)
  expect_identical(next_size(32, 1.6, 2), 20)
  expect_identical(next_size(20, 60, 2), 4)
})
