# What users waited for in an earlier version, against now: each task in a fresh process of one,
# then of the other, in seconds of the processor; and whether the numbers are still the same. Needs
# the repository's history, from which the earlier version is built, and Linux's /proc.
source("bench/common.R")

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

run_task <- function(library, task, input) {
  output <- tempfile(fileext = ".rds")
  on.exit(unlink(output))
  system2(file.path(R.home("bin"), "Rscript"),
          c("bench/waits_now.R", library, task, input, output), stdout = FALSE)
  readRDS(output)
}

# --- tasks ---

# A set with more rows to predict, or to fit as a data frame.
inputs_of <- function(set, more = 0, framed = FALSE) {
  d <- make_data(set)
  x <- d$x[, -1]
  colnames(x) <- paste0("x", seq_len(ncol(x)))
  rows <- sample.int(nrow(x), more, replace = TRUE)
  c(list(x = x, y = d$y_factor, K = set$K, start = common_start(d)),
    if (framed) list(frame = data.frame(x[rows, ], y = d$y_factor[rows])) else
      list(new = x[rows, ]))
}

few <- list(n = size(6000, 500), p = 22, M = 3, K = 2, seed = 1)
many <- list(n = size(20000, 500), p = size(50, 10), M = 5, K = size(5, 2), seed = 2)
survey <- list(n = size(6000, 500), p = 22, M = 3, K = 5, seed = 3)
long <- list(n = size(1e6, 1e4), p = 11, M = 3, K = 2, seed = 4)
wide <- list(n = 10000, p = 11, M = 3, K = 2, seed = 5)
more <- size(1e6, 1e4)
many_new <- size(20000, 500)

cases <- list(
  list(what = "predict(se.fit = TRUE), 1e6 rows", task = "errors", set = few, more = more),
  list(what = "predict(se.fit = TRUE)", task = "errors", set = many, more = many_new),
  list(what = "vcov()", task = "covariance", set = many),
  list(what = "vcov(type = \"sandwich\")", task = "sandwich", set = many),
  list(what = "moe_effects()", task = "effects", set = many),
  list(what = "summary()", task = "summary", set = long),
  list(what = "moe_fit() of a data frame of 1e6 rows", task = "frame", set = wide, more = more,
       framed = TRUE),
  list(what = "moe_bootstrap(replicates = 100)", task = "replicates", set = survey)
)

# --- measurements ---

measure <- function(case) {
  set.seed(case$set$seed)
  input <- tempfile(fileext = ".rds")
  on.exit(unlink(input))
  made <- inputs_of(case$set, max(case$more, 1), isTRUE(case$framed))
  saveRDS(made, input, compress = FALSE)
  run <- lapply(libraries, run_task, case$task, input)
  where <- describe(case$set)
  rbind(
    result(paste(case$what, "before"), where, run$before$seconds, "s"),
    result(paste(case$what, "now"), where, run$now$seconds, "s"),
    result(paste(case$what, "before / now"), where, run$before$seconds / run$now$seconds,
           at_least = 1),
    if (isTRUE(case$framed)) memory(case, run, made$frame),
    agreement(case, run)
  )
}

# The peak above the data, in model matrices.
memory <- function(case, run, frame) {
  matrix_size <- 8 * nrow(frame) * ncol(frame) / 2^20 # the response's column is the intercept's
  of <- function(version) run[[version]]$peak / matrix_size
  rbind(result(paste(case$what, "peak / model matrix, before"), describe(case$set), of("before")),
        result(paste(case$what, "peak / model matrix, now"), describe(case$set), of("now"),
               at_most = 2.2))
}

agreement <- function(case, run) {
  if (is.null(run$now$out)) return(NULL)
  stopifnot(identical(is.na(unname(run$now$out)), is.na(unname(run$before$out))))
  apart <- abs(unname(run$now$out) - unname(run$before$out))
  result(paste(case$what, "now less before, relative"), describe(case$set),
         max(apart, na.rm = TRUE) / max(abs(run$before$out), na.rm = TRUE), at_most = 1e-10)
}

save_results("waits", do.call(rbind, lapply(cases, measure)))
