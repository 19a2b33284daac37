#' Settings of the fit
#'
#' @param method `"accelerated"`, limited-memory BFGS in the metric of the MM minorizer, which takes
#'   the plain MM step where it would not raise the objective; or `"mm"`, the plain
#'   minorization-maximization algorithm with closed-form updates. Both only ever raise the
#'   objective, and stop at the same points; the plain one needs 10 to 100 times the steps.
#' @param search How much is searched for the optimum: `"standard"`, `"quick"` or `"thorough"`; see
#'   the section on the search. Ignored if the fit has one expert or is given `start`. It also says
#'   how much is searched at each level of [moe_dendrogram()].
#' @param max_iterations Most iterations of the final run.
#' @param tolerance A run stops when the estimated gain that is left falls below
#'   `tolerance * (1 + |objective|)`. For `"accelerated"` the estimate is half the slope along the
#'   quasi-Newton direction, for `"mm"` the sum of the geometric series of gains that the last two
#'   steps suggest.
#' @param threads Threads over which rows are shared, where the package was built with OpenMP.
#'   No more than there are cores. Results do not depend on it. A forked process (as in
#'   `parallel::mclapply()`) always uses one. Threads wait for each other at every step, so on a
#'   machine that is busy with other work they help only if the environment variable
#'   `OMP_WAIT_POLICY` is `passive` before R starts; processes (`cl` of [moe_fit()]) do not wait.
#' @param progress Whether to show a progress bar over searches if the fit takes more than a few
#'   seconds.
#' @param intercept_ridge Share of `lambda` (0 to 1) that is put on the sum-to-zero intercepts
#'   too, of fits with two experts or more. A class that is absent from an expert sends that
#'   intercept to infinity unless this is positive.
#' @param checkpoint `NULL`, or the name of a file in which a long call keeps what it has done: the
#'   searches of [moe_fit()], the levels of the path by which `experts = "auto"` chooses, and, where
#'   the data are a source of rows ([moe_rows()]), the best coefficients so far; the pieces of
#'   [moe_tune()] and the members of [moe_average()]. It is written every ten seconds and when the
#'   call ends early, by an error or an interrupt. The same call with the same data then goes on
#'   from there, with the random numbers of the first, and another call is refused. The file is
#'   removed when the call has come to its end.
#' @param max_experts Number of experts of the overfit where `moe_fit(experts = "auto")` chooses the
#'   number.
#' @section The search:
#' The objective has many local maxima. A search keeps a population of different ones. They come
#' from random starts: k-means of the gate's covariates, random hyperplanes between regions, random
#' parameters and random labels. Then children are bred. Two of three come from one solution: two
#' neighbouring experts (drawn by how much their responsibilities overlap) divide the
#' responsibilities that they have together anew, at random or by a hyperplane, and an M-step
#' follows. The others come from two solutions: their experts are matched, and each expert of the
#' child lies at random between those of a pair. A short run leads from there to a local maximum. It
#' is given up if it falls behind the worst solution, which the child replaces if it is new (the
#' objective dips half-way to the nearest solution) and better. Labels, of starts and of children,
#' are as sharp as 0.9 or 0.99 at random: sharp regions are seldom found from soft labels, and
#' others seldom from sharp ones. A search is over when `patience` children in a row for each
#' solution of a full population have not joined, and its best two solutions are run on.
#'
#' Searches that know nothing of each other follow one another (or run at once, with `cl` in
#' [moe_fit()]). The `first` ones have populations of 6. Where all end in one optimum, and meet no
#' other solution less than 10 units of the log-likelihood below it, that is the fit. Otherwise
#' others follow, up to `most` in all. When \eqn{N} of these have ended in \eqn{w} different optima,
#' the expected share of searches that lead to optima not yet seen is \eqn{w (w + 1) / (N (N - 1))}
#' (Boender and Rinnooy Kan 1987), and if each of \eqn{w + 1} optima is as likely to be the highest,
#' the share that leads higher is \eqn{w / (N (N - 1))}. They end when the best optimum was found by
#' `agree` searches, the first ones included, and this share is no more than `higher`. If they do
#' not all agree, a last search then breeds a population of 40, of random starts and of all ends;
#' where it leads beyond them, searches go on.
#'
#' | `search` | first | population | patience | agree | higher | most | sample at most |
#' | --- | --- | --- | --- | --- | --- | --- | --- |
#' | `"quick"` | | 4 | 1 | 1 | | 1 | 10,000 |
#' | `"standard"` | 4 | 12 | 2 | 4 | 0.04 | 40 | 40,000 |
#' | `"thorough"` | 12 | 12 | 2 | 8 | 0.01 | 100 | 160,000 |
#'
#' The fit tells how often its optimum was found, keeps all optima in which searches ended in
#' `fit$optima`, and warns if the best was found only once.
#'
#' Of more than 20,000 rows searches see a sample of 10,000, evenly spread. The best optimum found
#' there is run on all rows, with up to three other solutions that the searches met, if they are as
#' high on these. Where one of them ends higher than what the searches agree on, the sample
#' misleads, and searches begin anew on one of four times as many rows (on all rows, if these are no
#' more than twice as many), up to the last column. Of rows that are elsewhere there is one sample.
#' Rows that are alike in covariates and response, as with categorical covariates, are searched as
#' one of their joint weight. Where rows are divided into regions by sparse covariates, no more than
#' 1000 of these are used, drawn at random.
#' @return A list of class `moe_control`.
#' @seealso [moe_fit()]
#' @references
#' Boender, C. G. E. and Rinnooy Kan, A. H. G. (1987). Bayesian stopping rules for multistart global
#' optimization methods. *Mathematical Programming* 37, 59-80.
#'
#' Gribel, D. and Vidal, T. (2019). HG-means: a scalable hybrid genetic algorithm for minimum
#' sum-of-squares clustering. *Pattern Recognition* 88, 569-583.
#' @examples
#' moe_control(search = "thorough", threads = 2)
#' @export
moe_control <- function(method = c("accelerated", "mm"),
                        search = c("standard", "quick", "thorough"), max_iterations = 10000,
                        tolerance = 1e-12, threads = getOption("moelogit.threads", 1),
                        progress = interactive(), intercept_ridge = 0.1, max_experts = 8,
                        checkpoint = NULL) {
  structure(
    list(
      method = check_choice(method, c("accelerated", "mm"), "method"),
      search = check_choice(search, c("standard", "quick", "thorough"), "search"),
      max_iterations = check_count(max_iterations, "max_iterations", lower = 0L),
      tolerance = check_number(tolerance, "tolerance", lower = 0, upper = 1),
      threads = threads_of_cores(check_count(threads, "threads", upper = 1024L)),
      progress = check_flag(progress, "progress"),
      intercept_ridge = check_number(intercept_ridge, "intercept_ridge", lower = 0, upper = 1),
      max_experts = check_count(max_experts, "max_experts", lower = 2L),
      checkpoint = check_checkpoint(checkpoint)
    ),
    class = "moe_control"
  )
}

#' @export
print.moe_control <- function(x, ...) {
  check_control(x)
  cat("Settings of moe_fit()\n")
  values <- vapply(x, function(value) if (is.null(value)) "none" else format(value), "")
  cat(paste0("  ", format(names(x)), "  ", values, "\n"), sep = "")
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

# A parent that has used OpenMP threads, in any package, and a forked child that uses them too hang.
usable_threads <- function(control) {
  if (control$threads > 1L && is_forked()) 1L else control$threads
}

# The process that loaded the package may be a child itself, which parallel knows of its own.
is_forked <- function() {
  !identical(Sys.getpid(), state$pid) || utils::getFromNamespace("isChild", "parallel")()
}

# More threads than cores only cost, and very many end R where memory is limited.
threads_of_cores <- function(threads) {
  if (threads == 1L) return(threads)
  if (is.null(state$cores)) state$cores <- parallel::detectCores()
  if (is.na(state$cores) || threads <= state$cores) return(threads)
  message("`threads` is lowered from ", threads, " to ", state$cores, ", the number of cores.")
  state$cores
}

without_checkpoint <- function(control) {
  control["checkpoint"] <- list(NULL)
  control
}

# What decides a result.
deciding_settings <- function(control) {
  control[setdiff(names(control), c("threads", "progress", "checkpoint"))]
}

# Of what is done within a call. `alone` is FALSE where processes share the machine's threads.
quiet_control <- function(control, alone) {
  control$progress <- FALSE
  if (!alone) control$threads <- 1L
  without_checkpoint(control)
}
