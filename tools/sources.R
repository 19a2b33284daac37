# Fits of sources of rows against fits of the same rows in one data frame, on random problems, and
# calls of which a process is killed at a random moment against undisturbed ones. Prints the largest
# difference of each; fails where one is too large.
#
#   Rscript tools/sources.R [PROBLEMS [KILLS]]
library(moelogit)
source("tests/testthat/helper-rows.R")
counts <- as.integer(commandArgs(trailingOnly = TRUE))
problems <- if (length(counts) > 0L) counts[1] else 100L
kills <- if (length(counts) > 1L) counts[2] else 50L

# --- sources ---

formulas <- list(y ~ a + b + f + g, y ~ a + splines::ns(b, 3) + f | a, y ~ scale(a) * g | 1,
                 y ~ log(b + 1) + f | a + g)

as_text <- function(data) {
  data[c("f", "y")] <- lapply(data[c("f", "y")], as.character)
  data
}

start_cluster <- function(count) {
  cl <- parallel::makeCluster(count)
  parallel::clusterCall(cl, .libPaths, .libPaths())
  cl
}

shards <- function(cl, data, cut) {
  # Nothing else travels with the function.
  moe_rows(cl, local({
    data <- data
    cut <- cut
    function(rank, size) data[unlist(cut[seq_along(cut) %% size == rank - 1]), ]
  }))
}

# Functions that make a source of these rows, in these chunks where it has any.
sources <- list(
  "function" = function(data, cut) moe_rows(rows_function(data, cut), memory = 20000),
  "data frame" = function(data, cut) moe_rows(data, rows = 90, memory = 0),
  cluster = function(data, cut) shards(cl, data, cut),
  SQLite = function(data, cut) {
    con <- DBI::dbConnect(RSQLite::SQLite(), tempfile())
    DBI::dbWriteTable(con, "rows", data)
    moe_rows(con, "rows", rows = 110)
  },
  CSV = function(data, cut) {
    moe_rows(vapply(Filter(length, cut), function(rows) {
      file <- tempfile(fileext = ".csv")
      utils::write.csv(data[rows, ], file, row.names = FALSE)
      file
    }, ""), rows = 130)
  },
  Parquet = function(data, cut) {
    moe_rows(vapply(Filter(length, cut), function(rows) {
      file <- tempfile(fileext = ".parquet")
      nanoparquet::write_parquet(data[rows, ], file)
      file
    }, ""))
  }
)
keeps_factors <- c("function", "data frame", "cluster")

difference <- function(fit, whole) {
  c(objective = abs(fit$objective - whole$objective) / abs(whole$objective),
    coefficients = max(abs(coef(fit) - coef(whole)) / pmax(1, abs(coef(whole)))),
    errors = max(abs(sqrt(diag(vcov(fit))) / sqrt(diag(vcov(whole))) - 1)))
}

compare_sources <- function(seed) {
  data <- rows_data(300 + 50 * seed %% 9, seed)
  formula <- formulas[[seed %% length(formulas) + 1]]
  cut <- rows_cut(nrow(data), seed %% 7 + 1)
  fit <- function(rows, start) {
    suppressWarnings(moe_fit(formula, rows, weights = w, lambda = if (seed %% 2) 2, start = start,
                             control = moe_control(tolerance = 0, progress = FALSE)))
  }
  prepare <- function(data) {
    start <- rough_fit(formula, data, data$w)
    list(data = data, start = start, whole = fit(data, start))
  }
  factors <- prepare(data)
  texts <- prepare(as_text(data))
  vapply(names(sources), function(name) {
    of <- if (name %in% keeps_factors) factors else texts
    difference(fit(sources[[name]](of$data, cut), of$start), of$whole)
  }, numeric(3))
}

# --- kills ---

kill_later <- function(cl, seconds) {
  pid <- parallel::clusterCall(cl[sample(length(cl), 1)], Sys.getpid)[[1]]
  system(sprintf("(sleep %.2f; kill -9 %d) >/dev/null 2>&1", seconds, pid), wait = FALSE)
}

stop_what_is_left <- function(cl) {
  for (i in seq_along(cl)) try(suppressWarnings(parallel::stopCluster(cl[i])), silent = TRUE)
}

pairs <- subset(yeast_ppi, split == "test")[1:600, ]
control <- moe_control(search = "quick", checkpoint = tempfile())
formula <- confidence ~ l3 + fc_jac | high_share
calls <- list(
  fit = function(cl, checkpoint) {
    rows <- if (is.null(cl)) pairs else shards(cl, pairs, list(1:200, 201:600))
    coef(moe_fit(formula, rows, lambda = 1, control = checkpoint))
  },
  tune = function(cl, checkpoint) {
    moe_tune(formula, pairs, experts = 1:2, lambda = c(10, 1), folds = 4, control = checkpoint,
             cl = cl)$path$mean
  },
  bootstrap = function(cl, checkpoint) {
    moe_bootstrap(chosen, 60, cl = cl, checkpoint = checkpoint$checkpoint)$replicates
  }
)

# Where the whole call does not survive, it is made again.
survive <- function(call, seconds) {
  cl <- start_cluster(2)
  on.exit(stop_what_is_left(cl))
  kill_later(cl, seconds)
  set.seed(5)
  tryCatch(list(value = call(cl, control), again = FALSE), error = function(e) {
    other <- start_cluster(2)
    on.exit(parallel::stopCluster(other))
    list(value = call(other, control), again = TRUE)
  })
}

undisturbed <- function(call) {
  set.seed(5)
  seconds <- system.time(value <- call(NULL, moe_control(search = "quick")))[["elapsed"]]
  list(value = value, seconds = seconds)
}

# --- run ---

report <- function(title, values, limits) {
  cat(title, paste(names(values), signif(values, 2), collapse = ", "), "\n")
  all(values <= limits)
}

set.seed(1)
cl <- start_cluster(2)
passed <- vapply(seq_len(problems), function(seed) {
  values <- apply(compare_sources(seed), 1, max)
  report(paste0("problem ", seed, ":"), values, c(1e-10, 1e-6, 1e-5))
}, NA)
parallel::stopCluster(cl)
chosen <- suppressWarnings(moe_fit(formula, pairs, lambda = 1,
                                   control = moe_control("mm", "quick")))
for (name in rep_len(names(calls), kills)) {
  call <- function(...) suppressWarnings(calls[[name]](...))
  calm <- undisturbed(call)
  ended <- survive(call, stats::runif(1, 0, 2 * calm$seconds))
  passed <- c(passed, report(paste0("kill of ", name, if (ended$again) ", called again", ":"),
                             c(difference = max(abs(ended$value - calm$value))), 1e-6))
}
quit(status = as.integer(!all(passed)))
