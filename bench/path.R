# Whether the levels of a refined path are as good as default fits, and what they cost, on real
# data: of a path after a quick search, which `experts = "auto"` chooses from, and of one with
# searches of its own. Default fits are those of bench/optima.R, which is run first. A path is
# stored as soon as it is there, in bench/results/path_levels.csv, and not computed twice.
source("bench/common.R")
source("bench/sets.R")

most_experts <- size(8, 4)
all_sets <- real_sets()
tasks <- expand.grid(search = c("quick", "standard"), set = size(names(all_sets), "birthwt"),
                     stringsAsFactors = FALSE)
tasks$seed <- paste(tasks$set, tasks$search)

cpu <- function(expression) sum(system.time(expression)[c("user.self", "sys.self")])

# The same penalty as in bench/optima.R; the overfit is that of `experts = "auto"`, from where a fit
# goes on that the path's own searches follow.
path_of_set <- function(task) {
  set <- all_sets[[task$set]]
  fit_with <- function(search, ...) {
    control <- moe_control(search = search, tolerance = 1e-6, progress = FALSE,
                           intercept_ridge = 0)
    suppressMessages(suppressWarnings(
      moe_fit(set[[1]], set[[2]], experts = most_experts, lambda = 1, control = control, ...)
    ))
  }
  set.seed(1)
  overfit <- cpu(fit <- fit_with(task$search, start = fit_with("quick")))
  path <- cpu(tree <- suppressWarnings(moe_dendrogram(fit)))
  data.frame(task, experts = most_experts:1,
             objective = format(vapply(tree$runs, `[[`, 0, "objective"), digits = 15, trim = TRUE),
             seconds = overfit + path, row.names = NULL)
}

levels <- run_stored(tasks, path_of_set, "path_levels.csv")
fits <- utils::read.csv(file.path(results_folder, "optima_fits.csv"))
of_fits <- stats::aggregate(cbind(objective, seconds) ~ set + experts, fits, mean)
of_fits$objective <- stats::aggregate(objective ~ set + experts, fits, max)$objective
both <- merge(levels, of_fits, by = c("set", "experts"), suffixes = c("", "_fit"))
both$missed <- (both$objective_fit - both$objective) / (1 + abs(both$objective_fit))

# How the levels compare with as many experts, and what all of them cost beside these fits.
compare_levels <- function(of_search) {
  cost <- vapply(split(of_search, of_search$set), function(of_set) {
    of_set$seconds[1] / sum(of_set$seconds_fit)
  }, 0)
  experts <- paste("K =", paste(range(of_search$experts), collapse = " to "))
  case <- function(...) paste0(..., ", ", of_search$search[1])
  rbind(
    result("levels as good as the best of the default fits", case(experts),
           mean(of_search$missed <= 1e-6), "share", at_least = 0.95,
           note = paste(nrow(of_search), "levels")),
    result("CPU of overfit and path / of default fits", case(experts, " alone"), cost,
           at_most = 1 / 3),
    do.call(rbind, lapply(split(of_search, of_search$experts), function(of_level) {
      result("missed, relative to the objective", case("K = ", of_level$experts[1]),
             of_level$missed, "")
    }))
  )
}
save_results("path", do.call(rbind, lapply(split(both, both$search), compare_levels)))
