# The problem: a model with its rows, all that the core (core.R) needs to know of both. A list of
#   design    both designs, see design.R
#   unit      which rows share one expert, see unit.R; the gate's design has a row per unit
#   y         the response as codes from 1 on, or NULL where there is only something to predict
#   weights   case weights, one per unit, or NULL for all 1; total, their sum
#   levels    the classes, and classes, how many they are
#   experts   their number
#   lambda    the ridge, and penalty, what it puts on each column of the designs
#   control   settings, from moe_control()
#   columns   list(gate, expert) of the names of all columns, kept_gate and kept_expert of flags
#             which of them the designs have
# Made by new_problem() alone; the verbs problem_*() give another problem for one.

new_problem <- function(design, y, levels, experts, weights = NULL, lambda = 0,
                        control = moe_control(), columns = NULL, unit = NULL) {
  muted <- which(weights == 0)
  if (length(muted)) design <- mute_rows(design, rows_of_units(unit, muted), muted)
  problem <- structure(
    list(design = design, unit = unit, y = y, weights = weights,
         total = total_weight(design, weights),
         levels = levels, classes = length(levels), experts = as.integer(experts),
         lambda = lambda, control = control, columns = columns),
    class = "moe_problem"
  )
  problem$penalty <- ridge_penalty(problem)
  problem
}

total_weight <- function(design, weights) {
  if (is_distant(design$z)) return(design$z$slices$total)
  if (is.null(weights)) nrow(design$z) else sum(weights)
}

# The ridge of each column of the designs, on the scale of the log-likelihood. With one expert
# intercepts are free, as in other packages' logits.
ridge_penalty <- function(problem) {
  share <- if (problem$experts > 1L) problem$control$intercept_ridge else 0
  of <- function(columns) problem$lambda * c(share, rep(1, columns - 1L))
  list(gate = of(ncol(problem$design$z)), expert = of(ncol(problem$design$x)))
}

# The classes' shares of the weights.
problem_shares <- function(problem) {
  if (is_elsewhere(problem)) return(problem_slices(problem)$classes)
  class_shares(factor_of(problem$y, problem$levels, FALSE),
               unit_row_weights(problem$weights, problem$unit))
}

# --- sizes ---

theta_length <- function(problem) {
  problem$experts * (ncol(problem$design$z) + ncol(problem$design$x) * problem$classes)
}

# Free parameters: differences alone are identified.
count_parameters <- function(problem) {
  r <- ncol(problem$design$z)
  p <- ncol(problem$design$x)
  r * (problem$experts - 1) + problem$experts * p * (problem$classes - 1)
}

# Groups, or rows where there are none.
count_units <- function(problem) nrow(problem$design$z)

# Rows as they came, of which counts have made more.
count_rows <- function(problem) {
  if (is_elsewhere(problem)) return(problem_slices(problem)$rows)
  if (is.null(problem$unit)) length(problem$y) else max(problem$unit$row)
}

# What has a value per unit, or a row, in the order of the rows as they came.
problem_rows <- function(problem, values) {
  if (is.null(problem$unit) || is.null(values)) return(values)
  came_as <- match(seq_len(count_rows(problem)), problem$unit$row)
  spread_units(values, problem$unit)[came_as]
}

# The gate's design with a row per row.
gate_rows <- function(problem) {
  z <- problem$design$z
  if (is.null(problem$unit)) z else take_rows(z, unit_of_rows(problem$unit))
}

# The mean gate probability of each expert.
gate_shares <- function(problem, theta) core_gate_sums(problem, theta) / problem$total

# The mixing measure of parameters of the problem.
problem_measure <- function(problem, theta) {
  design <- problem$design
  gate <- seq_len(ncol(design$z) * problem$experts)
  new_measure(matrix(theta[gate], ncol(design$z)),
              array(theta[-gate], c(ncol(design$x), problem$classes, problem$experts)), design)
}

# --- from matrices ---

# The problem of model matrices, a factor and groups or NULL, without the columns that add nothing
# to those before them.
full_rank_problem <- function(x, z, y, experts, weights, lambda, control, group = NULL) {
  by_unit <- rows_by_unit(x, z, y, weights, group)
  unit <- by_unit$unit
  x <- by_unit$x
  z <- by_unit$z
  weights <- counted_weights(by_unit$weights, unit)
  row_weights <- unit_row_weights(weights, unit)
  rows <- c(gate = weighed_rows(z, weights), expert = weighed_rows(x, row_weights))
  check_rank(x, rows[["expert"]], lambda, "expert")
  check_rank(z, rows[["gate"]], lambda, "gate")
  of_x <- column_moments(x, row_weights)
  of_z <- if (identical(x, z)) of_x else column_moments(z, weights)
  problem_of <- function(gate, expert) {
    columns <- list(gate = colnames(z), kept_gate = gate, expert = colnames(x),
                    kept_expert = expert)
    moments <- list(x_center = of_x$center[expert], x_scale = of_x$scale[expert],
                    z_center = of_z$center[gate], z_scale = of_z$scale[gate])
    new_problem(new_design(x, z, columns, moments), by_unit$y, levels(y), experts,
                weights, lambda, control, columns, unit)
  }
  whole <- problem_of(rep(TRUE, ncol(z)), rep(TRUE, ncol(x)))
  kept <- independent_columns(whole, of_z$varies, of_x$varies, rows)
  report_dropped(whole$columns, kept, shared = identical(x, z))
  if (all(unlist(kept))) return(whole)
  problem <- problem_of(kept$gate, kept$expert)
  problem$columns$implied_expert <- implied_columns(x, kept$expert, row_weights)
  problem$columns$implied_gate <- implied_columns(z, kept$gate, weights)
  problem
}

weighed_rows <- function(x, weights) if (is.null(weights)) nrow(x) else sum(weights > 0)

check_rank <- function(x, rows, lambda, part) {
  if (ncol(x) <= rows || lambda > 0) return(invisible())
  refuse("Without a ridge there must be at least as many rows as columns, but the ", part,
         " design has ", ncol(x), " columns and ", rows, " rows",
         if (rows < nrow(x)) " of positive weight", "; use `lambda` > 0 or fewer covariates.")
}

# Which columns of the gate and of the experts are no linear combinations of others, by the Gram
# matrices of the problem with one expert. With more columns than `rows` of positive weight (of the
# gate's and of the experts' design) the ridge tells them apart, and all that vary are kept.
independent_columns <- function(problem, gate, expert, rows) {
  r <- length(gate)
  p <- length(expert)
  if (r > rows[["gate"]] && p > rows[["expert"]]) return(list(gate = gate, expert = expert))
  one <- problem_with_experts(problem, 1L)
  gram <- core_evaluate(one, numeric(theta_length(one)), gram = TRUE)$gram
  of_gate <- seq_len(r^2)
  if (r <= rows[["gate"]]) gate <- core_independent_columns(matrix(gram[of_gate], r), gate)
  if (identical(problem$design$x, problem$design$z)) return(list(gate = gate, expert = gate))
  if (p <= rows[["expert"]]) expert <- core_independent_columns(matrix(gram[-of_gate], p), expert)
  list(gate = gate, expert = expert)
}

report_dropped <- function(columns, kept, shared) {
  for (part in if (shared) "expert" else c("expert", "gate")) {
    dropped <- columns[[part]][!kept[[part]]]
    if (length(dropped) == 0L) next
    message("Dropped ", length(dropped), " column", if (length(dropped) > 1L) "s",
            if (!shared) switch(part, expert = " of the experts", gate = " of the gate"),
            ", constant or a linear combination of others: ", enumerate(dropped), ".")
  }
}

# --- another problem for one ---

problem_with_experts <- function(problem, experts) {
  problem$experts <- as.integer(experts)
  problem$penalty <- ridge_penalty(problem)
  problem
}

problem_with_lambda <- function(problem, lambda) {
  problem$lambda <- lambda
  problem$penalty <- ridge_penalty(problem)
  problem
}

# With at least this ridge on the slopes.
problem_with_least_penalty <- function(problem, least) {
  problem$penalty <- lapply(problem$penalty, function(a) pmax(a, least * (seq_along(a) > 1L)))
  problem
}

problem_with_weights <- function(problem, weights) {
  problem["weights"] <- list(weights)
  problem$total <- total_weight(problem$design, weights)
  problem
}

# The same model over other rows, each a unit, of which x and z have all columns.
problem_with_rows <- function(problem, x, z) {
  problem$design <- new_design(x, z, problem$columns, problem$design)
  problem["y"] <- list(NULL)
  problem["unit"] <- list(NULL)
  problem_with_weights(problem, NULL)
}

# On some of the units, with their share of the ridge.
problem_subset <- function(problem, units) {
  whole <- problem$total
  rows <- rows_of_units(problem$unit, units)
  problem$design <- subset_design(problem$design, rows, units)
  problem["y"] <- list(problem$y[rows])
  problem["unit"] <- list(subset_units(problem$unit, units))
  problem_with_share(problem_with_weights(problem, problem$weights[units]), whole)
}

# With the share of the ridge that its rows have in those of total weight `whole`.
problem_with_share <- function(problem, whole) {
  share <- problem$total / whole
  problem$lambda <- problem$lambda * share
  problem$penalty <- lapply(problem$penalty, `*`, share)
  problem
}

# On the sample of rows that are elsewhere.
problem_sample <- function(problem) {
  sample <- slice_problem(problem, problem_slices(problem)$sample)
  problem_with_share(problem_with_weights(sample, sample$weights), problem$total)
}

# On at most `most` rows of positive weight, of whole units spread evenly; of one unit at least.
problem_spread <- function(problem, most) {
  if (is_elsewhere(problem)) return(problem_spread(problem_sample(problem), most))
  units <- weighted_units(problem)
  lengths <- if (is.null(problem$unit)) rep.int(1L, length(units)) else
    unit_lengths(problem$unit)[units]
  if (sum(lengths) <= most) return(problem)
  order <- spread_evenly(length(units), min(most, length(units)))
  enough <- max(1L, sum(cumsum(as.double(lengths[order])) <= most))
  problem_subset(problem, sort(units[order[seq_len(enough)]]))
}

most_distinct <- 0.9 # of the rows, for which weights are no burden

# With rows that are alike, as those of categorical covariates often are, as one of their joint
# weight: by fewer rows the same objective, to the eleven digits that grouping() looks at. Of dense
# designs whose units are rows, where it saves some of them.
problem_distinct <- function(problem) {
  design <- problem$design
  if (!is.null(problem$unit) || is_compressed(design$x) || is_compressed(design$z)) return(problem)
  sides <- if (identical(design$x, design$z)) design["x"] else design[c("x", "z")]
  columns <- unlist(lapply(sides, asplit, 2L), recursive = FALSE)
  order <- do.call(grouping, c(unname(columns), list(problem$y)))
  ends <- attr(order, "ends")
  count <- count_units(problem)
  if (length(ends) > most_distinct * count) return(problem)
  joint <- rowsum(unit_weights(problem)[order], rep(seq_along(ends), diff(c(0L, ends))))
  first <- order[c(1L, ends[-length(ends)] + 1L)]
  problem$design <- subset_design(design, first)
  problem$y <- problem$y[first]
  problem_with_weights(problem, as.vector(joint))
}

# Weights of units, whether they are given or all 1.
unit_weights <- function(problem) {
  if (is.null(problem$weights)) rep.int(1, count_units(problem)) else problem$weights
}

weighted_units <- function(problem) {
  if (is.null(problem$weights)) seq_len(count_units(problem)) else which(problem$weights > 0)
}

# `most` of so many places by the fractional parts of multiples of the golden ratio, in step with no
# period that their order may have.
spread_evenly <- function(count, most) {
  places <- spread_places(seq_len(count))
  # Their share below any bound is the bound, but for a few, so that few need to be sorted.
  near <- which(places <= (most + 100) / count)
  if (length(near) < most) near <- seq_len(count)
  near[order(places[near])[seq_len(most)]]
}

# Of which places those with the least values are spread evenly, however many are taken.
spread_places <- function(places) (places * (sqrt(5) - 1) / 2) %% 1
