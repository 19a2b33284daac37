# Whether fits from different seeds find the same optimum, and the best that is known, on real data
# (bench/sets.R). The best known objectives are in bench/best.csv; one that is beaten is replaced.
source("bench/common.R")
source("bench/sets.R")

best_file <- "bench/best.csv"
lambda <- 1
seeds <- seq_len(size(5, 2))
all_sets <- real_sets()
cells <- expand.grid(experts = size(2:6, 2:3), set = size(names(all_sets), "birthwt"),
                     stringsAsFactors = FALSE)

fit_seed <- function(set, experts, seed) {
  set.seed(seed)
  time <- system.time(fit <- suppressMessages(suppressWarnings(
    moe_fit(set[[1]], set[[2]], experts = experts, lambda = lambda, model = FALSE,
            control = moe_control(progress = FALSE))
  )))
  data.frame(seed = seed, objective = fit$objective, found = fit$optima$found[1],
             searches = sum(fit$optima$found), seconds = sum(time[c("user.self", "sys.self")]))
}

fit_cell <- function(i) {
  set <- cells$set[i]
  fits <- do.call(rbind, lapply(seeds, function(seed) {
    fit_seed(all_sets[[set]], cells$experts[i], seed)
  }))
  cbind(set = set, experts = cells$experts[i], fits)
}

# The best known, with what the fits add to it.
update_best <- function(fits) {
  known <- utils::read.csv(best_file)
  both <- rbind(known, fits[c("set", "experts", "objective")])
  best <- stats::aggregate(objective ~ experts + set, both, max)[c("set", "experts", "objective")]
  if (!quick) utils::write.csv(best, best_file, row.names = FALSE, quote = FALSE)
  best
}

fits <- do.call(rbind, lapply(seq_len(nrow(cells)), fit_cell))
fits <- merge(fits, stats::setNames(update_best(fits), c("set", "experts", "best")))
fits$missed <- fits$best - fits$objective
fits$agrees <- fits$missed <= 1e-6 * (1 + abs(fits$best))
utils::write.csv(fits, file.path(results_folder, "optima_fits.csv"), row.names = FALSE,
                 quote = FALSE)

of_cells <- stats::aggregate(agrees ~ set + experts, fits, all)
shown <- function(experts, least) {
  chosen <- of_cells$agrees[of_cells$experts %in% experts]
  result("all seeds at the best known", paste("K =", paste(range(experts), collapse = " to ")),
         mean(chosen), "share", at_least = least)
}
save_results(
  "optima", shown(size(2:4, 2:3), 0.95), if (!quick) shown(5:6, 0.85),
  do.call(rbind, lapply(split(fits, fits$experts), function(some) {
    result("CPU seconds of a fit", paste("K =", some$experts[1]), some$seconds, "s")
  }))
)
