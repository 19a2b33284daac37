# Rows elsewhere: in files, or in other processes. The matrices of a design (design.R) are then
# distant ones, which say how large they are and which columns are taken, and share
#   slices    an environment with
#     count     rows of positive weight, which alone are kept
#     rows      rows that are used, those without weight too
#     total     sum of the weights
#     classes   the classes' shares of that
#     labels    list(x, z): names of all columns
#     moments   list(x, z): what column_moments() says of them
#     sample    a slice that stands for all: rows spread as spread_evenly() does
#     visit     function(problem, run, arguments): the sum over all slices of run(problem, ...), the
#               problem having the rows of the slice
# A slice is list(x, z, y, weights) of rows that are here, the same object twice where x and z are
# equal. The core's sums (core.R) go through the slices; whatever needs the rows one by one sees the
# sample, or refuses.

distant_matrix <- function(slices, side) {
  columns <- length(slices$labels[[side]])
  structure(list(slices = slices, side = side, kept = rep(TRUE, columns),
                 dim = c(slices$count, columns)), class = "distant_matrix")
}

is_distant <- function(x) inherits(x, "distant_matrix")

is_elsewhere <- function(problem) is_distant(problem$design$x)

#' @export
dim.distant_matrix <- function(x) x$dim

#' @export
dimnames.distant_matrix <- function(x) list(NULL, x$slices$labels[[x$side]][x$kept])

# Of columns alone: x[, j, drop = FALSE].
#' @export
`[.distant_matrix` <- function(x, i, j, drop = FALSE) {
  x$kept[x$kept] <- j
  x$dim[2] <- sum(x$kept)
  x
}

# For what there is of each row.
refuse_elsewhere <- function(problem) {
  if (is_elsewhere(problem)) refuse("This needs the rows one by one, but they are elsewhere.")
}

problem_slices <- function(problem) problem$design$x$slices

# The problem on a slice.
slice_problem <- function(problem, slice) {
  here <- function(a) if (all(a$kept)) slice[[a$side]] else slice[[a$side]][, a$kept, drop = FALSE]
  of <- problem$design
  problem$design$x <- here(of$x)
  if (identical(of$x, of$z)) {
    # The same objects, which what was sent to another process no longer is.
    problem$design[c("z", "z_center", "z_scale")] <- problem$design[c("x", "x_center", "x_scale")]
  } else {
    problem$design$z <- here(of$z)
  }
  problem["y"] <- list(slice$y)
  problem["weights"] <- list(slice$weights)
  problem
}

# The problem without what it knows of its rows, and what it keeps of them.
without_rows <- function(problem) {
  problem$design$x["slices"] <- problem$design$z["slices"] <- list(NULL)
  problem$control <- without_checkpoint(problem$control)
  problem
}

# What tells a matrix from others, wherever its rows are.
matrix_values <- function(x) {
  if (!is_distant(x)) return(x)
  list(x$kept, x$dim, mget(c("total", "classes", "labels", "moments", "sample"), x$slices))
}

# The sum of run(problem, ...) over the slices of a problem whose rows are elsewhere. `run` is the
# name of a function, as what is sent to other processes must be short.
sum_over_slices <- function(problem, run, ...) {
  problem_slices(problem)$visit(problem, run, list(...))
}

# Results with the same names and lengths, added; NULL stands for nothing yet.
add_results <- function(a, b) {
  if (is.null(a)) return(b)
  if (is.list(a)) Map(add_results, a, b) else a + b
}

# What is signalled when rows cannot be reached any more: `run`, if there is one, ended at its last
# good point.
rows_lost <- function(reason, run = NULL) {
  structure(class = c("moe_error_rows", "error", "condition"),
            list(message = paste0("Rows could not be reached: ", reason), call = NULL, run = run))
}

lost_with_run <- function(reason, run) {
  if (!inherits(reason, "moe_error_rows")) return(rows_lost(conditionMessage(reason), run))
  reason$run <- run
  reason
}
