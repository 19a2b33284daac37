# Whether fits from different seeds find the same optimum, and the best that is known, on real data
# (bench/sets.R). The best known objectives are in bench/best.csv; one that is beaten is replaced.
# Beside it the fits of the version before (bench/versions.R), which took the best of ten starts.
#
# It takes hours. A fit's result is stored as soon as it is there, in bench/results/optima_fits.csv
# or optima_before.csv, and not computed twice: remove the former when the search has changed.
source("bench/common.R")
source("bench/sets.R")
source("bench/versions.R")

best_file <- "bench/best.csv"
all_sets <- real_sets()

# Every cell with one seed, then every cell with the next, first those of few experts.
cells <- function(experts, seeds) {
  expand.grid(set = size(names(all_sets), "birthwt"), experts = experts, run = seq_len(seeds),
              stringsAsFactors = FALSE)
}
tasks <- rbind(cells(size(2:4, 2:3), size(5, 2)), if (!quick) cells(5:6, 5))
tasks$seed <- paste(tasks$set, tasks$experts, tasks$run)

# The penalty with which the best known were found: 1 for slopes, none for intercepts. The version
# before has no table of optima.
fit_set <- function(set, task) {
  control <- moe_control(progress = FALSE, intercept_ridge = 0)
  set.seed(task$run)
  time <- system.time(fit <- suppressMessages(suppressWarnings(
    moe_fit(set[[1]], set[[2]], experts = task$experts, lambda = 1, model = FALSE,
            control = control)
  )))
  found <- if (is.null(fit$optima)) NA else fit$optima$found
  cbind(task, objective = format(fit$objective, digits = 15, trim = TRUE), found = found[1],
        searches = sum(found), seconds = sum(time[c("user.self", "sys.self")]))
}

fit_cell <- function(task) fit_set(all_sets[[task$set]], task)

# In a process that has the version before.
fit_cell_before <- function(task) {
  earlier <- parallel::makePSOCKcluster(1)
  on.exit(parallel::stopCluster(earlier))
  parallel::clusterCall(earlier, library, "moelogit", lib.loc = libraries[["before"]],
                        character.only = TRUE)
  parallel::clusterCall(earlier, fit_set, all_sets[[task$set]], task)[[1]]
}

# The best known, with what the fits add to it.
update_best <- function(fits) {
  both <- rbind(utils::read.csv(best_file), fits[c("set", "experts", "objective")])
  best <- stats::aggregate(objective ~ experts + set, both, max)[c("set", "experts", "objective")]
  if (!quick) utils::write.csv(best, best_file, row.names = FALSE, quote = FALSE)
  best
}

fits <- run_stored(tasks, fit_cell, "optima_fits.csv")
before <- run_stored(tasks, fit_cell_before, "optima_before.csv")
best <- stats::setNames(update_best(fits), c("set", "experts", "best"))

with_agreement <- function(fits) {
  fits <- merge(fits, best)
  fits$agrees <- fits$best - fits$objective <= 1e-6 * (1 + abs(fits$best))
  fits
}

# How many sets and numbers of experts have all seeds at the best known.
shown <- function(fits, version, experts, ...) {
  fits <- fits[fits$experts %in% experts, ]
  if (nrow(fits) == 0L) return(NULL)
  cells <- split(fits$agrees, fits[c("set", "experts")], drop = TRUE)
  result(paste0("all seeds at the best known", version),
         paste("K =", paste(range(experts), collapse = " to ")), mean(vapply(cells, all, NA)),
         "share", ...,
         note = paste(paste(unique(range(lengths(cells))), collapse = " to "), "seeds,",
                      length(cells), "cells,", sum(fits$agrees), "of", nrow(fits), "fits"))
}

waited <- function(fits, version) {
  do.call(rbind, lapply(split(fits, fits$experts), function(some) {
    result(paste0("CPU seconds of a fit", version), paste("K =", some$experts[1]), some$seconds,
           "s")
  }))
}

fits <- with_agreement(fits)
before <- with_agreement(before)
of_before <- ", version before"
save_results(
  "optima", shown(fits, "", size(2:4, 2:3), at_least = 0.95),
  if (!quick) shown(fits, "", 5:6, at_least = 0.85), shown(before, of_before, size(2:4, 2:3)),
  if (!quick) shown(before, of_before, 5:6), waited(fits, ""), waited(before, of_before)
)
