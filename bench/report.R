# Writes bench/README.md (in a trial bench/build/quick/README.md) from the stored results.
source("bench/common.R")

# --- one result as text ---

number <- function(x) format(signif(x, 3), big.mark = ",", scientific = FALSE, trim = TRUE,
                             drop0trailing = TRUE)
number_each <- function(x) vapply(x, number, "")

missed <- function(rows) {
  (rows$median > rows$at_most) %in% TRUE | (rows$median < rows$at_least) %in% TRUE
}

value <- function(rows) {
  spread <- paste0(" (", number_each(rows$lower), " to ", number_each(rows$upper), ")")
  # Rows with one repeat, and counts that do not vary, have no spread.
  spread[rows$lower == rows$upper] <- ""
  unit <- ifelse(rows$unit %in% c("ratio", "exponent", "count", "share", "yes = 1"), "",
                 paste0(" ", rows$unit))
  note <- ifelse(is.na(rows$note) | rows$note == "", "", paste0("; ", rows$note))
  paste0(number_each(rows$median), spread, unit, note, ifelse(missed(rows), " **missed**", ""))
}

bound <- function(rows) {
  ifelse(
    is.na(rows$at_least),
    ifelse(is.na(rows$at_most), "", paste("at most", number_each(rows$at_most))),
    ifelse(is.na(rows$at_most), paste("at least", number_each(rows$at_least)),
           paste(number_each(rows$at_least), "to", number_each(rows$at_most)))
  )
}

# --- tables ---

read_results <- function(name) {
  files <- file.path(results_folder, paste0(name, c("-reference", "-openblas"), ".csv"))
  do.call(rbind, lapply(files[file.exists(files)], utils::read.csv))
}

cells <- function(rows, keys) {
  out <- value(rows)[match(keys, paste(rows$what, rows$case))]
  ifelse(is.na(out), "", out)
}

markdown <- function(columns) {
  line <- function(a) paste0("| ", paste(a, collapse = " | "), " |")
  c(line(names(columns)), line(rep("---", length(columns))),
    do.call(mapply, c(list(function(...) line(c(...))), unname(columns))))
}

# A column for each BLAS that was measured.
table_of <- function(results) {
  key <- paste(results$what, results$case)
  rows <- results[!duplicated(key), ]
  columns <- list(what = rows$what, case = rows$case)
  for (blas in unique(results$blas)) {
    columns[[paste(blas, "BLAS")]] <- cells(results[results$blas == blas, ], unique(key))
  }
  markdown(c(columns, list(target = bound(rows))))
}

classifier_table <- function(results) {
  spread <- paste0(" (", number_each(results$fastest), " to ", number_each(results$slowest), ")")
  markdown(list(set = results$set, method = results$method,
                "seconds (range)" = paste0(number_each(results$seconds), spread),
                accuracy = number_each(results$accuracy),
                "log loss" = number_each(results$log_loss)))
}

measured_on <- function(results) {
  with(unique(results[c("processor", "cores", "r", "package", "commit", "date")]),
       paste0(processor, ", ", cores, " cores; R ", r, "; moelogit ", package, " at ", commit, ", ",
              date))
}

sections <- c(
  evaluation = "One evaluation of objective and gradient",
  lanes = "The same by vectors of 8 doubles (AVX-512), 4 (AVX2) and 2 (SSE2)",
  optimum = "Time to within 1e-6 of the optimum, from the common start",
  counts = "Evaluations to within 1e-6 of the optimum, from random starts",
  search = "What the search costs",
  optima = "The optimum found from every seed, on real data",
  ablation = "What the parts of a search are worth",
  path = "Levels of the path and default fits", losses = "Default fits on held-out rows",
  rivals = "Other programs' optima",
  threads = "Threads", processes = "Two processes", memory = "Memory", growth = "Growth",
  sources = "Rows in chunks, in files and in other processes",
  database = "More rows than memory, in a database", groups = "Rows that share one expert",
  predict = "Predictions, and what R adds to a small fit",
  errors = "Standard errors of coefficients, predictions and effects",
  waits = "What users waited for in an earlier version, and now",
  wide = "Designs of many columns in an earlier version, and now",
  proteins = "Protein networks and sequences at the size of a proteome",
  classifiers = "Classifiers on the same task, fitted on one half of the rows, judged on the other"
)

section <- function(name) {
  results <- read_results(name)
  if (is.null(results)) return(NULL)
  c(paste("##", sections[[name]]), "", paste0("`bench/", name, ".R`. Measured on: ",
                                            paste(measured_on(results), collapse = "; "), "."),
    "", if (name == "classifiers") classifier_table(results) else table_of(results), "")
}

# --- the page ---

introduction <- c(
  "# Benchmarks", "",
  "Written by `bench/report.R` from the files in `bench/results`; edit that script, not this page.",
  "", "## How to run", "", "```sh",
  "make bench                 # everything, on both BLAS, and this page",
  "make bench QUICK=quick     # the same at sizes that mean nothing, to see that all of it works",
  "Rscript bench/optimum.R    # one of them, with the package installed, at the package's root",
  "```", "",
  paste("OpenBLAS is not installed for this, which would change R's own BLAS: `bench/openblas.sh`",
        "unpacks Debian's package into `bench/build`, and `LD_PRELOAD` puts it under R for the",
        "runs that say so. On other systems set `OPENBLAS` to the path of a library."),
  "", "## How to read", "",
  paste("Times vary with the machine and its load, so what is compared is measured by turns in one",
        "run and shown as the ratio of the two times: the median over repeats, with quartiles in",
        "parentheses. All on one thread unless said otherwise. A target that the median does not",
        "meet is marked **missed**."), "",
  paste("The sets, drawn from mixtures by `bench/data.R`: n rows, p columns of the model matrix (the",
        "intercept is one), M classes, K experts."), "",
  markdown(list(set = names(sets), shape = vapply(sets, describe, ""))), "",
  "Time against rows (the shape of d2), and the objective against time (d2), drawn by",
  "`bench/figures.R` from results of `bench/curves.R`:", "",
  "![Time against rows](../man/figures/bench-rows.png)",
  "![Objective against time](../man/figures/bench-trace.png)", ""
)

page <- c(introduction, unlist(lapply(names(sections), section)))
writeLines(page[seq_len(length(page) - 1)],
           if (quick) file.path(results_folder, "README.md") else "bench/README.md")
