#' Settings of the fit
#'
#' @param method `"accelerated"`, limited-memory BFGS in the metric of the MM minorizer, which takes
#'   the plain MM step where it would not raise the objective; or `"mm"`, the plain
#'   minorization-maximization algorithm with closed-form updates. Both only ever raise the
#'   objective, and stop at the same points; the plain one needs 10 to 100 times the steps.
#' @param starts Number of random starts on the full data (a whole number of at least 1). They are
#'   the most promising of 4 (where rows are few: up to 40) times as many short searches on at most
#'   5000 rows. Each has a short run; then all (of more than 2000 rows: the best third, at least
#'   two) are run to the end. With one start there is no search. Some searches divide the rows into
#'   regions by their covariates; where these are a sparse matrix of more than 1000 columns, by 1000
#'   of them that are drawn at random. Ignored if the fit has one expert or is given `start`.
#' @param max_iterations Most iterations of the final run of a start.
#' @param tolerance A run stops when the estimated gain that is left falls below
#'   `tolerance * (1 + |objective|)`. For `"accelerated"` the estimate is half the slope along the
#'   quasi-Newton direction, for `"mm"` the sum of the geometric series of gains that the last two
#'   steps suggest.
#' @param threads Threads over which rows are shared, where the package was built with OpenMP.
#'   Results do not depend on it. A forked process (as in `parallel::mclapply()`) always uses one.
#' @param progress Whether to show a progress bar over starts if the fit takes more than a few
#'   seconds.
#' @param intercept_ridge Share of `lambda` (0 to 1) that is put on the sum-to-zero intercepts
#'   too. A class that is absent from an expert sends that intercept to infinity unless this is
#'   positive.
#' @param max_experts Number of experts of the overfit where `moe_fit(experts = "auto")` chooses the
#'   number.
#' @return A list of class `moe_control`.
#' @seealso [moe_fit()]
#' @examples
#' moe_control(starts = 20, threads = 2)
#' @export
moe_control <- function(method = c("accelerated", "mm"), starts = 10, max_iterations = 10000,
                        tolerance = 1e-12, threads = getOption("moelogit.threads", 1),
                        progress = interactive(), intercept_ridge = 0, max_experts = 8) {
  structure(
    list(
      method = check_choice(method, c("accelerated", "mm"), "method"),
      starts = check_count(starts, "starts"),
      max_iterations = check_count(max_iterations, "max_iterations", lower = 0L),
      tolerance = check_number(tolerance, "tolerance", lower = 0, upper = 1),
      threads = check_count(threads, "threads", upper = 1024L),
      progress = check_flag(progress, "progress"),
      intercept_ridge = check_number(intercept_ridge, "intercept_ridge", lower = 0, upper = 1),
      max_experts = check_count(max_experts, "max_experts", lower = 2L)
    ),
    class = "moe_control"
  )
}

#' @export
print.moe_control <- function(x, ...) {
  cat("Settings of moe_fit()\n")
  cat(paste0("  ", format(names(x)), "  ", vapply(x, format, ""), "\n"), sep = "")
  invisible(x)
}

check_control <- function(control) {
  if (!inherits(control, "moe_control")) {
    refuse("`control` must come from moe_control(), not ", given(control), ".")
  }
  # Settings may have been edited since they were made.
  unknown <- setdiff(names(control), names(formals(moe_control)))
  if (length(unknown)) {
    refuse("`control` must hold settings of moe_control(), but also has ", enumerate(unknown), ".")
  }
  do.call(moe_control, unclass(control))
}

# A parent that has used OpenMP threads and a forked child that uses them too hang.
usable_threads <- function(control) {
  if (identical(Sys.getpid(), state$pid)) control$threads else 1L
}

# `alone` is FALSE where processes share the machine's threads.
quiet_control <- function(control, alone) {
  control$progress <- FALSE
  if (!alone) control$threads <- 1L
  control
}
