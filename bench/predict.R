# predict() on a million rows of a data frame, against one evaluation on as many rows plus building
# the model frame and the model matrix. And what R adds to the core's time in a small fit.
source("bench/common.R")

set <- list(n = size(1e6, 1e4), p = 20, M = 3, K = 3, seed = 1)
d <- make_data(set)
first <- seq_len(5000)
fit <- suppressWarnings(moe_fit(d$formula, d$frame[first, ], experts = d$K,
                                control = moe_control(search = "quick", progress = FALSE)))
problem <- core_problem(d$x, d$y_factor, d$K)
theta <- core_start(core_problem(d$x[first, ], d$y_factor[first], d$K), common_start(d)[first, ])
terms <- stats::delete.response(stats::terms(d$formula))
new <- d$frame[-1]
d$x <- NULL

times <- take_turns(list(
  class = function() predict(fit, new),
  prob = function() predict(fit, new, type = "prob"),
  evaluation = function() core_evaluate(problem, theta),
  matrix = function() stats::model.matrix(terms, stats::model.frame(terms, new,
                                                                    na.action = stats::na.pass))
), size(11, 2))
allowed <- times[, "evaluation"] + times[, "matrix"]

# --- a small fit ---

small <- make_data(list(n = 200, p = 3, M = 3, K = 2, seed = 5))
small_fit <- function() {
  set.seed(1)
  suppressWarnings(moe_fit(small$formula, small$frame, control = moe_control(search = "quick",
                                                                            progress = FALSE)))
}

# The arguments of every run of the core in that fit, to be run again by themselves.
recorded <- list()
record <- function(...) recorded[[length(recorded) + 1]] <<- list(...)
invisible(suppressMessages(trace("core_maximise", where = inner, print = FALSE, tracer = quote(
  get("record", globalenv())(problem, theta, iterations, tolerance, tau)
))))
invisible(small_fit())
suppressMessages(untrace("core_maximise", where = inner))
core_runs <- function() for (arguments in recorded) do.call(inner$core_maximise, arguments)

overhead <- take_turns(list(fit = small_fit, core = core_runs), size(101, 5))

save_results(
  "predict",
  result("predict() / (evaluation + model matrix)", paste0("class, ", describe(set)),
         times[, "class"] / allowed, at_most = 1),
  result("predict() / (evaluation + model matrix)", paste0("prob, ", describe(set)),
         times[, "prob"] / allowed, at_most = 1),
  result("evaluation", describe(set), 1e3 * times[, "evaluation"], "ms"),
  result("model matrix", describe(set), 1e3 * times[, "matrix"], "ms"),
  result("moe_fit() beyond the core's time", "n = 200, p = 3, one start",
         1e3 * (overhead[, "fit"] - overhead[, "core"]), "ms", at_most = 5),
  result("the core's time", "n = 200, p = 3, one start", 1e3 * overhead[, "core"], "ms")
)
