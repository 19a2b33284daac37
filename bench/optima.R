# Whether fits from different seeds find the same optimum, and the best that is known, on real data
# (bench/sets.R). The best known objectives are in bench/best.csv; one that is beaten is replaced.
#
# It takes hours. A fit's result is stored as soon as it is there, in bench/results/optima_fits.csv,
# and not computed twice: remove the file when the search has changed.
source("bench/common.R")
source("bench/sets.R")

best_file <- "bench/best.csv"
all_sets <- real_sets()

# Every cell with one seed, then every cell with the next, first those of few experts.
cells <- function(experts, seeds) {
  expand.grid(set = size(names(all_sets), "birthwt"), experts = experts, run = seq_len(seeds),
              stringsAsFactors = FALSE)
}
tasks <- rbind(cells(size(2:4, 2:3), size(5, 2)), if (!quick) cells(5:6, 5))
tasks$seed <- paste(tasks$set, tasks$experts, tasks$run)

# The penalty with which the best known were found: 1 for slopes, none for intercepts.
fit_cell <- function(task) {
  set <- all_sets[[task$set]]
  control <- moe_control(progress = FALSE, intercept_ridge = 0)
  set.seed(task$run)
  time <- system.time(fit <- suppressMessages(suppressWarnings(
    moe_fit(set[[1]], set[[2]], experts = task$experts, lambda = 1, model = FALSE,
            control = control)
  )))
  cbind(task, objective = format(fit$objective, digits = 15, trim = TRUE),
        found = fit$optima$found[1], searches = sum(fit$optima$found),
        seconds = sum(time[c("user.self", "sys.self")]))
}

# The best known, with what the fits add to it.
update_best <- function(fits) {
  both <- rbind(utils::read.csv(best_file), fits[c("set", "experts", "objective")])
  best <- stats::aggregate(objective ~ experts + set, both, max)[c("set", "experts", "objective")]
  if (!quick) utils::write.csv(best, best_file, row.names = FALSE, quote = FALSE)
  best
}

fits <- run_stored(tasks, fit_cell, "optima_fits.csv")
fits <- merge(fits, stats::setNames(update_best(fits), c("set", "experts", "best")))
fits$agrees <- fits$best - fits$objective <= 1e-6 * (1 + abs(fits$best))

of_cells <- stats::aggregate(agrees ~ set + experts, fits, all)
shown <- function(experts, least) {
  some <- fits[fits$experts %in% experts, ]
  if (nrow(some) == 0L) return(NULL)
  agrees <- of_cells$agrees[of_cells$experts %in% experts]
  seeds <- range(table(paste(some$set, some$experts)))
  result("all seeds at the best known", paste("K =", paste(range(experts), collapse = " to ")),
         mean(agrees), "share", at_least = least,
         note = paste(paste(unique(seeds), collapse = " to "), "seeds,", length(agrees), "cells"))
}
save_results(
  "optima", shown(size(2:4, 2:3), 0.95), if (!quick) shown(5:6, 0.85),
  do.call(rbind, lapply(split(fits, fits$experts), function(some) {
    result("CPU seconds of a fit", paste("K =", some$experts[1]), some$seconds, "s")
  }))
)
