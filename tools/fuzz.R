# Calls the compiled routines with arguments that are wrong in one place each: a type, a length, a
# value out of its range, a dimension. Each call must be an R error, and the calls without a mistake
# in between must go through. Run under the sanitizers by tools/variant.sh fuzz:
#
#   Rscript tools/fuzz.R [CALLS]
calls <- as.integer(c(commandArgs(trailingOnly = TRUE), "20000")[1])
core <- asNamespace("moelogit")

# --- arguments without a mistake ---

make_sparse <- function(n, p) {
  x <- cbind(1, matrix(rnorm(n * (p - 1)) * (runif(n * (p - 1)) < 0.4), n))
  list(p = as.integer(c(0, cumsum(colSums(x != 0)))), i = unlist(apply(x != 0, 2, which)) - 1L,
       x = x[x != 0], dim = dim(x))
}

compressed <- function(n, p) {
  x <- make_sparse(n, p)
  .Call(core$C_moe_compress_rows, x$p, as.integer(x$i), x$x, x$dim, numeric(p), rep(1, p))
}

make_design <- function(n, p, sparse) if (sparse) compressed(n, p) else matrix(rnorm(n * p), n)

make_problem <- function(sparse) {
  n <- 20L
  p <- 4L
  r <- 3L
  M <- 3L
  K <- 2L
  list(design = list(x = make_design(n, p, sparse), x_center = numeric(p), x_scale = rep(2, p),
                     z = make_design(n, r, sparse), z_center = numeric(r), z_scale = rep(1, r)),
       y = rep_len(1:M, n), weights = rexp(n), classes = M, experts = K)
}

kept <- tempfile()
writeBin(as.raw(rep(0:11, 10)), kept)

make_arguments <- function(routine) {
  problem <- make_problem(sparse = runif(1) < 0.5)
  theta <- rnorm(3 * 2 + 4 * 3 * 2)
  tau <- matrix(0.5, 20, 2)
  x <- make_sparse(20, 4)
  columns <- list(p = x$p, i = as.integer(x$i), x = x$x, dim = x$dim)
  penalty <- list(gate = rep(1, 3), expert = rep(1, 4))
  settings <- list(method = 1L, max_iterations = 3L, tolerance = 1e-8)
  switch(routine,
    moments = list(x = matrix(rnorm(60), 20), weights = rexp(20)),
    sparse_moments = c(columns, list(weights = rexp(20))),
    compress_rows = c(columns, list(center = numeric(4), scale = rep(1, 4))),
    independent_columns = list(gram = crossprod(matrix(rnorm(40), 10)), kept = rep(TRUE, 4)),
    pair_features = list(x = matrix(rnorm(60), 20), a = c(1L, 20L, 7L), b = c(2L, 20L, 1L)),
    room = list(rows = 20L, columns = 3L, is_integer = TRUE),
    evaluate = list(problem = problem, theta = theta, tau = tau, with_gram = TRUE, threads = 1L),
    maximise = list(problem = c(problem, list(penalty = penalty)), theta = theta, tau = tau,
                    settings = settings, threads = 1L),
    maximise_distant = list(
      problem = list(penalty = penalty, classes = problem$classes, experts = problem$experts),
      columns = c(4L, 3L), theta = theta, settings = settings,
      evaluate = function(theta, with_gram) {
        .Call(core$C_moe_evaluate, problem, theta, NULL, with_gram, 1L)
      }
    ),
    predict = list(problem = problem, theta = theta, wanted = rep(TRUE, 4), threads = 2L),
    information = list(problem = problem, theta = theta, kind = 0L, threads = 1L),
    scores = list(problem = problem, theta = theta, threads = 1L),
    variances = list(problem = problem, theta = theta, kind = 3L, covariance = diag(19),
                     threads = 1L),
    averages = list(problem = problem, theta = theta, threads = 1L),
    tangent = list(problem = problem, theta = theta, threads = 1L),
    gate_sums = list(problem = problem, theta = theta, threads = 1L),
    merge = list(weight = rexp(4), atoms = matrix(rnorm(12), 3)),
    read = list(path = kept, vectors = list(numbers = numeric(10), codes = integer(10))))
}

routines <- c("moments", "sparse_moments", "compress_rows", "independent_columns", "pair_features",
              "room", "evaluate", "maximise", "maximise_distant", "predict", "information",
              "scores", "variances", "averages", "tangent", "gate_sums", "merge", "read")

# --- mistakes ---

# Values out of the range of an argument of this name, for one of its elements.
out_of_range <- list(
  weights = list(-1, NA_real_, Inf), weight = list(0, -1, NA_real_, Inf), y = list(0L, 4L, NA, -1L),
  x_scale = list(0, -1, NA_real_, Inf), z_scale = list(0, -1, NaN), scale = list(0, -1, NA_real_),
  x_center = list(NA_real_, Inf), z_center = list(NaN), center = list(NA_real_, -Inf),
  tau = list(-0.1, NA_real_, Inf), gate = list(-1, NA_real_, Inf), expert = list(-1e-9, NaN),
  classes = list(1L, 0L, -3L, NA, 2.5, 2147483647, 1e300),
  experts = list(0L, -1L, NA, 1.5, 3L, 1e9),
  threads = list(0L, -1L, NA, 1e9, 1.5), method = list(-1L, 2L, NA), kind = list(4L, -1L, NA),
  max_iterations = list(-1L, NA, 1e10, 0.5), tolerance = list(-1, NA_real_), wanted = list(NA),
  with_gram = list(NA), kept = list(NA), start = list(-1L, 1e6L, NA),
  is_integer = list(NA), rows = list(0L, -1L, NA), column = list(0L, 9L, -2L, NA),
  columns = list(0L, -1L, NA), p = list(-1L, 1e6L, NA),
  i = list(20L, -1L, NA), dim = list(-1L, NA, 2147483647L, 3L), a = list(0L, 21L, NA),
  b = list(-1L, 21L, NA)
)

# What no argument may be; the optional ones may be NULL.
wrong_things <- list("a", TRUE, 1i, as.raw(1), quote(a), sum, new.env(), list(), list(1, 2),
                     numeric(), integer(), matrix(0, 0, 0), matrix("a", 2, 2), NULL)
optional <- c("tau", "weights")

is_wrong <- function(thing, name, value) {
  if (is.null(thing)) return(!name %in% c(optional, "y"))
  # TRUE is right for one flag alone, and a vector of length 0 where there is none.
  !(is.logical(thing) && is.logical(value) && length(value) == 1L) &&
    !(typeof(thing) == typeof(value) && length(thing) == length(value))
}

another_length <- function(value) {
  switch(sample(3, 1), value[-length(value)], c(value, value[1]), rep(value, 50))
}

spoil_leaf <- function(value, name) {
  kind <- if (is.function(value)) "thing" else sample(c("thing", "length", "range", "dim"), 1)
  if (kind == "range" && !is.null(out_of_range[[name]])) {
    bad <- sample(out_of_range[[name]], 1)[[1]]
    at <- sample(length(value), 1)
    if (length(value) == 1L) return(bad)
    storage.mode(bad) <- storage.mode(value)
    value[at] <- bad
    return(value)
  }
  if (kind == "dim" && length(dim(value)) == 2L) {
    dim(value) <- sample(list(length(value), c(1L, dim(value)), NULL), 1)[[1]]
    return(value)
  }
  if (kind == "length") return(another_length(value))
  wrong <- Filter(function(thing) is_wrong(thing, name, value), wrong_things)
  sample(wrong, 1)[[1]]
}

# One place of a list of lists. A place that has gone, or lost its name, is as wrong.
spoil <- function(arguments) {
  place <- sample(length(arguments), 1)
  name <- names(arguments)[place]
  value <- arguments[[place]]
  if (is.list(value) && runif(1) < 0.9) {
    arguments[[place]] <- spoil(value)
  } else {
    arguments[place] <- list(if (is.list(value)) sample(wrong_things, 1)[[1]] else
      spoil_leaf(value, name))
  }
  arguments
}

call_routine <- function(routine, arguments) {
  do.call(.Call, c(list(core[[paste0("C_moe_", routine)]]), unname(arguments)), quote = TRUE)
}

# --- calls ---

set.seed(1)
accepted <- list()
for (i in seq_len(calls)) {
  routine <- sample(routines, 1)
  arguments <- make_arguments(routine)
  if (i %% 100 == 0) call_routine(routine, arguments)
  wrong <- arguments
  while (identical(wrong, arguments)) wrong <- spoil(arguments) # one dimension may be another
  refused <- tryCatch({
    call_routine(routine, wrong)
    FALSE
  }, error = function(e) !grepl("internal error", conditionMessage(e)))
  if (!refused) accepted <- c(accepted, list(list(routine, wrong)))
}
for (a in utils::head(accepted, 5)) {
  cat("not refused:", a[[1]], "\n")
  utils::str(a[[2]])
}
cat(calls, "calls with a mistake:", calls - length(accepted), "refused,", length(accepted),
    "not refused\n")
quit(status = as.integer(length(accepted) > 0))
