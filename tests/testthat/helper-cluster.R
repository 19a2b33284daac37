# A cluster on a port of this process's own: makeCluster() draws one, and two test runs with one
# seed would draw the same. Ports are tried in turn, as an earlier cluster may still hold one.
test_cluster <- function(count, type = "PSOCK") {
  for (port in 11000L + (Sys.getpid() * 7L + 0:9) %% 20000L) {
    cl <- tryCatch(parallel::makeCluster(count, type = type, port = port), error = function(e) e)
    if (inherits(cl, "cluster")) return(cl)
  }
  stop(cl)
}

# The connections of a cluster of which some processes are dead.
stop_what_is_left <- function(cl) {
  for (one in seq_along(cl)) {
    try(suppressWarnings(parallel::stopCluster(cl[one])), silent = TRUE)
    try(close(cl[[one]]$con), silent = TRUE)
  }
}
