# A share: the rows that one process holds of a source (rows.R). Its chunks are kept first as tables
# with the variables that a formula needs, from which then come levels and counts, and at last the
# slices (distant.R) of a problem. A share is an environment with
#   source  what its chunks come from
#   store   where they are kept (store.R), or NULL to keep them in memory
#   rank    its number among the shares of a source
#   tables  handles of chunks as tables
#   slices  handles of slices
#   problem the problem last asked about, without its rows
# The steps below take a share and a task, and give a summary that is merged with those of other
# chunks and shares, in order. Shares in other processes (shards.R) take the same steps there.

new_share <- function(source, rank = 1L) {
  share <- new.env(parent = emptyenv())
  share$source <- source
  share$store <- if (!is.null(source$spill)) open_store(source$spill, source$memory)
  share$rank <- rank
  structure(list(share = share), class = "moe_share")
}

open_shares.moe_chunks <- function(source) new_share(source)

# run(share, task) on every share, the results merged. `run` is the name of a function.
on_shares <- function(shares, run, task, merge = NULL) UseMethod("on_shares")

on_shares.moe_share <- function(shares, run, task, merge = NULL) {
  do.call(run, list(shares$share, task))
}

close_shares <- function(shares) UseMethod("close_shares")

close_shares.moe_share <- function(shares) close_store(shares$share$store)

# What merge(a, b) makes of the summaries of all, NULL standing for none.
merge_in_order <- function(summaries, merge) {
  Reduce(function(a, b) if (is.null(a)) b else if (is.null(b)) a else merge(a, b), summaries, NULL)
}

# --- tables ---

table_rows <- 10000L # of the tables' sample

# Keeps the chunks. The task is the names that are needed, or NULL for all. The summary is
# list(rows, kinds, sample): kinds of the variables, and a data frame of rows that stand for all.
hold_rows <- function(share, needed) {
  share$tables <- list()
  summary <- NULL
  each_chunk(share$source, function(chunk, number) in_chunk(number, {
    if (!is.null(needed)) chunk <- chunk[intersect(names(chunk), needed)]
    table <- plain_columns(chunk)
    share$tables[[length(share$tables) + 1L]] <- put_object(share$store, table)
    summary <<- merge_in_order(list(summary, summarise_table(table)), merge_tables)
  }))
  summary
}

refuse_empty_source <- function() refuse("A source must have at least one row, but has none.")

# The same summary of tables that are not kept, its sample of so many rows at most.
sample_rows <- function(share, most) {
  summary <- NULL
  each_chunk(share$source, function(chunk, number) in_chunk(number, {
    table <- summarise_table(plain_columns(chunk), most)
    summary <<- if (is.null(summary)) table else merge_tables(summary, table, most)
  }))
  summary
}

summarise_table <- function(table, most = table_rows) {
  n <- nrow(table)
  rows <- if (n > most) sort(spread_evenly(n, most)) else seq_len(n)
  # Products of counts are beyond an integer.
  list(rows = as.double(n), kinds = vapply(table, variable_kind, ""),
       sample = take_table(table, rows))
}

take_table <- function(table, rows) {
  table <- table[rows, , drop = FALSE]
  row.names(table) <- NULL
  table
}

merge_tables <- function(a, b, most = table_rows) {
  check_kinds(a$kinds, b$kinds)
  rows <- a$rows + b$rows
  thin <- function(of) {
    n <- nrow(of$sample)
    take_table(of$sample, sort(spread_evenly(n, min(n, ceiling(most * of$rows / rows)))))
  }
  sample <- if (nrow(a$sample) + nrow(b$sample) > most) rbind(thin(a), thin(b)) else
    rbind(a$sample, b$sample)
  list(rows = rows, kinds = ifelse(a$kinds == "logical", b$kinds, a$kinds), sample = sample)
}

# Nothing but NA is logical, whatever its column is elsewhere.
check_kinds <- function(before, now) {
  if (!setequal(names(before), names(now))) {
    refuse("All chunks must have the same variables, but ",
           enumerate(c(setdiff(names(before), names(now)), setdiff(names(now), names(before)))),
           " is not in all of them.")
  }
  now <- now[names(before)]
  differ <- which(before != now & before != "logical" & now != "logical")
  if (length(differ)) {
    refuse("Variables must be of the same kind in all chunks, but ", names(before)[differ[1]],
           " is ", before[differ[1]], " in one and ", now[differ[1]], " in another.")
  }
}

# --- levels and counts ---

# The model frame of a table. The task `spec` has terms that know what their functions need of all
# rows (knots, say), and `frame_call`, which adds what subset, weights and na.action are.
table_frame <- function(spec, table) {
  call <- spec$frame_call
  call$formula <- spec$terms$full
  call$data <- table
  plain_columns(eval(call, environment(spec$terms$full)))
}

survey_rows <- function(share, spec) {
  summaries <- lapply(seq_along(share$tables), function(i) in_chunk(i, {
    survey_frame(spec, table_frame(spec, get_object(share$tables[[i]])))
  }))
  survey <- merge_in_order(summaries, merge_surveys)
  if (!is.null(survey)) survey$counts <- setNames(sum(survey$counts), share$rank)
  survey
}

# list(rows, counts, total, response, columns): rows, rows of positive weight (of each share by its
# rank), their weight; levels of the response with their weights, and of columns that have them.
survey_frame <- function(spec, frame) {
  if (nrow(frame) == 0L) return(NULL)
  weights <- chunk_weights(frame)
  y <- chunk_response(spec, frame)
  covariates <- unclass(frame)[spec$covariates]
  check_covariates(covariates)
  has_levels <- vapply(covariates, function(x) is.factor(x) || is.character(x), NA)
  list(rows = nrow(frame), counts = if (is.null(weights)) nrow(frame) else sum(weights > 0),
       total = if (is.null(weights)) nrow(frame) else sum(weights),
       response = list(levels = levels(y), weight = level_weights(y, weights)),
       columns = lapply(covariates[has_levels], function(x) {
         list(levels = levels(x), used = unique(as.character(x)))
       }))
}

chunk_weights <- function(frame) {
  weights <- model.weights(frame)
  if (is.null(weights)) return(NULL)
  # That all chunks together have weight is seen later.
  if (isTRUE(all(weights == 0))) as.double(weights) else check_weights(weights, nrow(frame))
}

chunk_response <- function(spec, frame) {
  y <- frame_response(frame, spec$response, spec$response_name)
  if (is_counts(y)) {
    refuse("A source of rows must have a row for each response, not counts: make a row of each ",
           "class and give its count to `weights`.")
  }
  y
}

level_weights <- function(y, weights) {
  if (is.null(weights)) weights <- rep.int(1, length(y))
  vapply(split(weights, y), sum, 0)
}

merge_surveys <- function(a, b) {
  levels <- union(a$response$levels, b$response$levels)
  weight <- function(of) ifelse(levels %in% of$response$levels, of$response$weight[levels], 0)
  list(rows = a$rows + b$rows, counts = c(a$counts, b$counts), total = a$total + b$total,
       response = list(levels = levels, weight = setNames(weight(a) + weight(b), levels)),
       columns = Map(function(a, b) {
         list(levels = union(a$levels, b$levels), used = union(a$used, b$used))
       }, a$columns, b$columns[names(a$columns)]))
}

# --- slices ---

slice_rows <- 25000L # against which what R does for a slice is little, and a cache holds them

# Makes slices of the tables, which are dropped. The task is list(spec, counts, most): rows of
# positive weight in each share, by rank, and the most that the sample has. The summary is
# list(moments, sample).
make_slices <- function(share, task) {
  share$slices <- list()
  task$count <- sum(task$counts[as.integer(names(task$counts)) < share$rank])
  summary <- NULL
  for (i in seq_along(share$tables)) in_chunk(i, {
    rows <- design_rows_of(task$spec, table_frame(task$spec, get_object(share$tables[[i]])))
    drop_object(share$store, share$tables[[i]])
    share$tables[i] <- list(NULL)
    for (block in row_blocks(length(rows$y), slice_rows)) {
      slice <- if (length(rows$y) > slice_rows) take_slice(rows, block) else rows
      if (length(slice$y) == 0L) next
      share$slices[[length(share$slices) + 1L]] <- put_slice(share$store, slice)
      summary <- merge_slices(summary, summarise_slice(slice, task), task$most)
      task$count <- task$count + length(slice$y)
    }
  })
  share$tables <- NULL
  summary
}

# The rows of positive weight of a model frame as a slice.
design_rows_of <- function(spec, frame) {
  weights <- chunk_weights(frame)
  y <- match(as.character(chunk_response(spec, frame)), spec$levels)
  designs <- build_designs(spec$terms, conform_columns(frame, spec$blueprint), spec$contrasts)
  rows <- list(x = bare_design(designs$x), z = NULL, y = y, weights = weights)
  rows$z <- if (is_shared(spec$terms)) rows$x else bare_design(designs$z)
  if (any(weights == 0)) take_slice(rows, which(weights > 0)) else rows
}

bare_design <- function(x) {
  check_finite(x, "data")
  attributes(x) <- attributes(x)["dim"]
  x
}

take_slice <- function(slice, rows) {
  x <- slice$x[rows, , drop = FALSE]
  list(x = x, z = if (identical(slice$x, slice$z)) x else slice$z[rows, , drop = FALSE],
       y = slice$y[rows], weights = slice$weights[rows])
}

summarise_slice <- function(slice, task) {
  n <- length(slice$y)
  moments <- function(x) c(core_moments(x, slice$weights), total = total_of(slice$weights, n))
  place <- task$count + seq_len(n)
  first <- if (n > task$most) sort(order(spread_places(place))[seq_len(task$most)]) else seq_len(n)
  list(moments = list(x = moments(slice$x), z = moments(slice$z)),
       sample = list(place = place[first], slice = take_slice(slice, first)))
}

total_of <- function(weights, n) if (is.null(weights)) n else sum(weights)

merge_slices <- function(a, b, most) {
  if (is.null(a)) return(b)
  list(moments = Map(merge_moments, a$moments, b$moments),
       sample = merge_samples(a$sample, b$sample, most))
}

# Of two samples those rows that spread_evenly() would take first.
merge_samples <- function(a, b, most) {
  place <- c(a$place, b$place)
  both <- bind_slices(a$slice, b$slice)
  if (length(place) <= most) return(list(place = place, slice = both))
  first <- sort(order(spread_places(place))[seq_len(most)])
  list(place = place[first], slice = take_slice(both, first))
}

bind_slices <- function(a, b) {
  x <- rbind(a$x, b$x)
  list(x = x, z = if (identical(a$x, a$z)) x else rbind(a$z, b$z), y = c(a$y, b$y),
       weights = c(a$weights, b$weights))
}

# Of all rows from those of two disjoint sets; in units in which no square overflows.
merge_moments <- function(a, b) {
  total <- a$total + b$total
  shift <- b$center - a$center
  unit <- pmax(a$scale, b$scale, abs(shift))
  unit[unit == 0] <- 1
  within <- (a$total * (a$scale / unit)^2 + b$total * (b$scale / unit)^2) / total
  between <- (a$total / total) * (b$total / total) * (shift / unit)^2
  list(center = a$center + shift * (b$total / total), scale = unit * sqrt(within + between),
       total = total)
}

# --- sums ---

# The sum of run(problem, ...) over the slices. The problem is NULL where it is the one that was
# asked about last.
visit_slices <- function(share, task) {
  if (!is.null(task$problem)) share$problem <- task$problem
  sum <- NULL
  for (handle in share$slices) {
    slice <- slice_problem(share$problem, get_slice(share$store, handle))
    sum <- add_results(sum, do.call(task$run, c(list(problem = slice), task$arguments)))
  }
  sum
}
