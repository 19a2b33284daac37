# The version before R and the core were laid out in layers, against now: each task by turns in a
# process of one and in one of the other (bench/version.R), in seconds of the processor; and whether
# the numbers are still the same. Needs the repository's history, from which the earlier version is
# built, and Linux's /proc.
before <- "180a0e6"

# Its library, built once.
earlier_library <- function() {
  folder <- file.path("bench/build", before)
  if (dir.exists(file.path(folder, "library", "moelogit"))) return(file.path(folder, "library"))
  dir.create(file.path(folder, "library"), recursive = TRUE)
  sources <- file.path(folder, "moelogit.tar")
  status <- system2("git", c("archive", "--prefix=moelogit/", "-o", sources, before))
  if (status != 0) stop("the history has no commit ", before)
  utils::untar(sources, exdir = folder)
  built <- system2(file.path(R.home("bin"), "R"),
                   c("CMD", "INSTALL", "--no-docs", paste0("--library=", folder, "/library"),
                     file.path(folder, "moelogit")))
  if (built != 0) stop("commit ", before, " could not be installed")
  file.path(folder, "library")
}

libraries <- c(before = earlier_library(), now = dirname(system.file(package = "moelogit")))

# --- tasks ---

# A set with more rows to predict, or to fit as a data frame.
inputs_of <- function(set, more = 1, framed = FALSE) {
  d <- make_data(set)
  x <- d$x[, -1]
  colnames(x) <- paste0("x", seq_len(ncol(x)))
  rows <- sample.int(nrow(x), more, replace = TRUE)
  c(list(x = x, y = d$y_factor, K = set$K, start = common_start(d)),
    if (framed) list(frame = data.frame(x[rows, ], y = d$y_factor[rows])) else
      list(new = x[rows, ]))
}

# A fit in `steps`; of each task so many `turns`, in each of which it is done `times`. Those that
# say so are to take at most `alike` times as long as before.
case_of <- function(what, task, set, ..., steps = 300, turns = 5, times = 1, alike = NULL) {
  list(what = what, task = task, set = set, steps = steps, turns = turns, times = times,
       alike = alike, ...)
}

# --- measurements ---

# A process that has the fit.
start_process <- function(library, case, input) {
  process <- parallel::makePSOCKcluster(1)
  setting <- c(list(library = library, input = input), case[c("task", "steps", "times")])
  parallel::clusterExport(process, "setting", environment())
  parallel::clusterCall(process, source, file.path(getwd(), "bench/version.R"))
  process
}

# A list of what each version gives in each turn. The first of all is not counted.
run_by_turns <- function(case, input) {
  processes <- lapply(libraries, start_process, case, input)
  on.exit(for (process in processes) parallel::stopCluster(process))
  perform <- function(process) parallel::clusterEvalQ(process, perform())[[1]]
  lapply(seq_len(case$turns + 1), function(turn) {
    order <- if (turn %% 2) names(processes) else rev(names(processes))
    lapply(processes[order], perform)
  })[-1]
}

measure <- function(case) {
  set.seed(case$set$seed)
  input <- tempfile(fileext = ".rds")
  on.exit(unlink(input))
  made <- inputs_of(case$set, max(case$more, 1), isTRUE(case$framed))
  saveRDS(made, input, compress = FALSE)
  turns <- run_by_turns(case, input)
  of <- function(version, value) vapply(turns, function(turn) turn[[version]][[value]], 0)
  where <- describe(worked_on(case))
  before <- of("before", "seconds")
  now <- of("now", "seconds")
  rbind(
    result(paste(case$what, "before"), where, before, "s"),
    result(paste(case$what, "now"), where, now, "s"),
    if (is.null(case$alike)) {
      result(paste(case$what, "before / now"), where, before / now, at_least = 1)
    } else {
      result(paste(case$what, "now / before"), where, now / before, at_most = case$alike)
    },
    if (isTRUE(case$framed)) memory(case, of, made$frame),
    agreement(case, turns[[1]])
  )
}

# The rows that a task is about.
worked_on <- function(case) {
  if (!is.null(case$more)) case$set$n <- case$more
  case$set
}

# The peak above the data, in model matrices.
memory <- function(case, of, frame) {
  matrix_size <- 8 * nrow(frame) * ncol(frame) / 2^20 # the response's column is the intercept's
  where <- describe(worked_on(case))
  rbind(result(paste(case$what, "peak / model matrix, before"), where,
               of("before", "peak") / matrix_size),
        result(paste(case$what, "peak / model matrix, now"), where, of("now", "peak") / matrix_size,
               at_most = 2.2))
}

agreement <- function(case, turn) {
  if (is.null(turn$now$out)) return(NULL)
  stopifnot(identical(is.na(turn$now$out), is.na(turn$before$out)))
  apart <- abs(turn$now$out - turn$before$out)
  result(paste(case$what, "now less before, relative"), describe(worked_on(case)),
         max(apart, na.rm = TRUE) / max(abs(turn$before$out), na.rm = TRUE), at_most = 1e-10)
}

# Results are written as they come.
save_cases <- function(name, cases) {
  rows <- NULL
  for (case in cases) {
    rows <- rbind(rows, measure(case))
    write_results(name, rows)
  }
  save_results(name, rows)
}
