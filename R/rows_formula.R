# From a formula and a source of rows to a problem whose rows are elsewhere.

# What read_formula() gives, of distant matrices, with close(), which ends the use of the rows.
read_rows <- function(formula, source, call, contrasts, env) {
  refuse_grouped(call)
  shares <- open_shares(source)
  done <- FALSE
  on.exit(if (!done) close_shares(shares))
  needed <- needed_variables(formula, call)
  held <- hold_source(shares, needed)
  data <- held$sample
  read <- read_frame(formula, data, call, contrasts, env)
  spec <- new_spec(read, data, call, contrasts)
  check_rowwise(spec, data)
  survey <- on_shares(shares, "survey_rows", spec, merge_surveys)
  read$frame <- frame_with_levels(read$frame, spec, survey)
  y <- surveyed_classes(frame_response(read$frame, read$response, read$response_name), survey)
  designs <- build_designs(read$parts, read$frame, contrasts)
  known <- known_of_formula(read, read$frame, data, designs)
  spec <- complete_spec(spec, known, designs, y)
  done <- TRUE
  c(distant_data(shares, spec, survey), list(
    finish = function(fit) {
      fit$source <- list(rows = source, spec = spec, needed = needed, count = held$rows)
      finish_formula(fit, known, call)
    },
    close = function() close_shares(shares)
  ))
}

refuse_grouped <- function(call) {
  if (is.null(call$group)) return(invisible())
  refuse("`group` needs all rows of a group at once, and is not for a source of rows.")
}

hold_source <- function(shares, needed) {
  held <- on_shares(shares, "hold_rows", needed, merge_tables)
  if (is.null(held)) refuse_empty_source()
  held
}

# The names that the formula, subset and weights refer to; NULL, for all, with `.`.
needed_variables <- function(formula, call) {
  names <- all.vars(formula)
  if ("." %in% names) return(NULL)
  unique(c(names, unlist(lapply(as.list(call[c("subset", "weights")]), all.vars))))
}

# --- how frames and designs of a chunk are made ---

# list(terms, frame_call, response, response_name, covariates); complete_spec() adds what the survey
# has found: blueprint, contrasts, levels of the response, labels of the columns.
new_spec <- function(read, data, call, contrasts) {
  extras <- call[c(1L, match(c("subset", "weights", "na.action"), names(call), 0L))]
  extras[[1L]] <- quote(stats::model.frame)
  terms <- c(list(full = attr(read$frame, "terms")), read$parts)
  refers <- as.call(c(list(attr(terms$full, "variables")), as.list(extras)[-1]))
  env <- slim_environment(environment(read$formula), refers, data)
  for (part in names(terms)) attr(terms[[part]], ".Environment") <- env
  list(terms = terms, frame_call = extras, response = read$response,
       response_name = read$response_name, contrasts = contrasts,
       covariates = covariate_names(read$frame, read$response))
}

complete_spec <- function(spec, known, designs, y) {
  spec$blueprint <- known$blueprint
  spec$contrasts <- known$contrasts
  spec$levels <- levels(y)
  spec$ordered <- is.ordered(y)
  spec$labels <- list(x = colnames(designs$x), z = colnames(designs$z))
  spec
}

# The columns of a formula must be the same whether their rows come alone or among others, once what
# depends on all rows is known.
check_rowwise <- function(spec, data) {
  if (nrow(data) < 2L) return(invisible())
  some <- seq.int(1L, nrow(data), by = 2L)
  frame_of <- function(data) {
    unclass(model.frame(spec$terms$full, data, na.action = stats::na.pass))[spec$covariates]
  }
  whole <- frame_of(data)
  alone <- frame_of(take_table(data, some))
  for (name in spec$covariates) {
    of_some <- if (is.matrix(whole[[name]])) whole[[name]][some, ] else whole[[name]][some]
    if (!is_same_column(of_some, alone[[name]])) {
      refuse("Functions in the formula must give each row what is its own, as rows are read in ",
             "chunks, but ", name, " depends on other rows: compute it in the source.")
    }
  }
}

is_same_column <- function(a, b) {
  numbers <- is.numeric(a) && is.numeric(b)
  as <- if (numbers) as.vector else as.character
  isTRUE(all.equal(as(a), as(b), check.attributes = FALSE))
}

# --- what the survey has found ---

# Levels that occur anywhere, of factors in their order, of text in that of code points.
frame_with_levels <- function(frame, spec, survey) {
  if (is.null(survey)) check_classes(factor(), NULL)
  for (name in names(survey$columns)) {
    found <- survey$columns[[name]]
    levels <- if (is.null(found$levels)) sort(found$used, method = "radix") else
      found$levels[found$levels %in% found$used]
    frame[[name]] <- with_levels(frame[[name]], levels)
  }
  frame
}

# Contrasts that are set on a factor are for the levels that it has.
with_levels <- function(x, levels) {
  if (identical(levels(x), levels)) return(x)
  if (is.factor(x)) x <- drop_unused(factor(x, union(levels, base::levels(x))), "a factor")
  factor(as.character(x), levels, ordered = is.ordered(x))
}

# A factor of the classes, each once.
surveyed_classes <- function(y, survey) {
  found <- survey$response
  levels <- found$levels
  if (!is.factor(y)) levels <- sort(levels, method = "radix")
  y <- factor(levels, levels, ordered = is.ordered(y))
  check_weights(survey$total, 1L)
  check_classes(y, found$weight[levels])
  y
}

# --- the rows ---

# Distant matrices of both sides, and the classes.
distant_data <- function(shares, spec, survey) {
  most <- searched_rows(sum(survey$counts))
  task <- list(spec = spec, counts = survey$counts, most = most)
  made <- on_shares(shares, "make_slices", task, function(a, b) merge_slices(a, b, most))
  last <- NULL
  slices <- list2env(list(
    count = sum(survey$counts), rows = as.integer(survey$rows), total = survey$total,
    classes = survey$response$weight[spec$levels] / survey$total,
    labels = spec$labels, moments = lapply(made$moments, usable_moments),
    sample = made$sample$slice,
    visit = function(problem, run, arguments) {
      problem <- without_rows(problem)
      task <- list(problem = if (!identical(problem, last)) problem, run = run,
                   arguments = arguments)
      last <<- problem
      on_shares(shares, "visit_slices", task, add_results)
    }
  ), parent = emptyenv())
  list(x = distant_matrix(slices, "x"),
       z = distant_matrix(slices, if (is_shared(spec$terms)) "x" else "z"),
       y = factor_of(integer(), spec$levels, spec$ordered))
}

# The rows of a fit once more. The files go when nothing refers to them.
reopen_rows <- function(fit) {
  source <- fit$source
  shares <- open_shares(source$rows)
  held <- hold_source(shares, source$needed)
  survey <- on_shares(shares, "survey_rows", source$spec, merge_surveys)
  if (held$rows != source$count || !identical(survey$rows, fit$rows)) {
    refuse("A source must give the rows that the fit has seen, ", source$count, ", but now has ",
           held$rows, ".")
  }
  distant_data(shares, source$spec, survey)
}
