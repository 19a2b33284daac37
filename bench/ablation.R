# What each part of a search is worth: how many searches find the best that is known
# (bench/best.csv), and what they evaluate, with the part left out. A search stands alone here, as
# if it were the only one of a fit. Of 48 searches the share has a standard error of about 0.07:
# what differs by less than twice that is not shown to matter, nor shown not to.
#
# A search's result is stored as soon as it is there, in bench/results/ablation_searches.csv, and
# not computed twice: remove the file when the search has changed.
source("bench/common.R")
source("bench/sets.R")

package <- asNamespace("moelogit")
all_sets <- real_sets()
known <- utils::read.csv("bench/best.csv")

# What takes a part's place when it is left out.
left_out <- list(
  "nothing" = list(),
  "children" = list(evolve = function(task, population) population),
  "experts that divide anew" = list(redivided = 0),
  "blends" = list(redivided = 1),
  "neighbours, for any two" = list(draw_neighbours = function(posterior, weights) {
    sample.int(ncol(posterior), 2L)
  }),
  "hyperplanes" = list(label_by_hyperplane = package$label_at_random),
  "labels at random" = list(label_at_random = package$label_by_hyperplane),
  "sharp labels" = list(sharpness = 0.9),
  "soft labels" = list(sharpness = 0.99),
  "shares of their own" = list(blend = function(problem, parents) {
    share <- stats::runif(1)
    child <- share * parents[[1]] + (1 - share) * parents[[2]]
    stats::runif(1, package$most_shrunk, 1) * package$theta_from_columns(problem, child)
  }),
  "shrinking" = list(most_shrunk = 1),
  "courting" = list(courted = 1L),
  "starts of four kinds" = list(start_kmeans = package$start_labels,
                                start_hyperplanes = package$start_labels,
                                start_random = package$start_labels),
  "valleys, for heights" = list(find_twin = function(problem, population, run) {
    as_high <- abs(package$objectives_of(population) - run$objective) <= package$height_gap(problem)
    utils::head(which(as_high), 1L)
  }),
  "giving up" = list(entry_level = function(population, size) NULL),
  "the second finalist" = list(last_runs = 1L)
)

tasks <- expand.grid(without = names(left_out),
                     set = size(c("beps 5", "chile 4", "fgl 4", "wvs 4"), "beps 2"),
                     run = seq_len(size(12, 2)), stringsAsFactors = FALSE)
tasks$seed <- paste(tasks$without, tasks$set, tasks$run)

set_problem <- function(name, experts) {
  frame <- stats::model.frame(all_sets[[name]][[1]], all_sets[[name]][[2]])
  x <- stats::model.matrix(attr(frame, "terms"), frame)
  y <- droplevels(factor(stats::model.response(frame)))
  suppressMessages(package$full_rank_problem(
    x, x, y, experts, NULL, 1, moe_control(progress = FALSE, intercept_ridge = 0)
  ))
}

# Puts objects in the place of the package's own, which are returned.
replace_objects <- function(objects) {
  own <- mget(names(objects), package)
  for (name in names(objects)) utils::assignInNamespace(name, objects[[name]], package)
  own
}

# The core's doors, which say to `add` how many evaluations were made behind them.
counting_doors <- function(add) {
  maximise <- package$core_maximise
  evaluate <- package$core_evaluate
  list(core_maximise = function(...) {
    run <- maximise(...)
    add(run$evaluations)
    run
  }, core_evaluate = function(...) {
    add(1L)
    evaluate(...)
  })
}

search_without <- function(task) {
  cell <- strsplit(task$set, " ")[[1]]
  search <- package$search_task(set_problem(cell[1], as.integer(cell[2])),
                                package$search_efforts$standard)
  evaluations <- 0
  doors <- counting_doors(function(more) evaluations <<- evaluations + more)
  own <- replace_objects(c(left_out[[task$without]], doors))
  on.exit(replace_objects(own))
  set.seed(task$run)
  end <- package$search_once(search, package$random_streams(1L)[[1]])
  best <- known$objective[known$set == cell[1] & known$experts == cell[2]]
  cbind(task, found = best - end$objective <= 1e-6 * (1 + abs(best)), evaluations = evaluations)
}

searches <- run_stored(tasks, search_without, "ablation_searches.csv")
rows <- lapply(unique(searches$without), function(part) {
  some <- searches[searches$without == part, ]
  share <- mean(some$found)
  per_find <- if (share > 0) round(mean(some$evaluations) / share) else Inf
  case <- paste("without", part)
  rbind(result("searches that find the best", case, share, "share",
               note = paste(sum(some$found), "of", nrow(some), "searches")),
        result("evaluations of a search", case, some$evaluations, "count"),
        result("evaluations for each find", case, per_find, "count"))
})
save_results("ablation", do.call(rbind, rows))
