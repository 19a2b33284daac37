# What standard errors cost beside one evaluation of the objective and its gradient at the same fit,
# or beside the prediction without them. Processor time, as matrix products of the BLAS are in it.
source("bench/common.R")

shapes <- list(list(n = size(30000, 2000), p = 22, M = 2, K = 2, seed = 1),
               list(n = size(6000, 2000), p = 22, M = 3, K = 4, seed = 2),
               list(n = size(20000, 2000), p = size(50, 10), M = 5, K = 5, seed = 3))

cpu <- function(task) sum(system.time(task())[1:2])

# Seconds of each task, a row per repeat; tasks take turns.
time_by_turns <- function(tasks, repeats) {
  t(replicate(repeats, vapply(tasks, cpu, 1)))
}

measure <- function(shape) {
  d <- make_data(shape)
  x <- d$x[, -1]
  colnames(x) <- paste0("x", seq_len(ncol(x)))
  # Errors take as long anywhere, so the fit need not be at its end.
  fit <- suppressWarnings(moe_fit(x, d$y_factor, experts = d$K, lambda = 1, start = common_start(d),
                                  control = moe_control(max_iterations = 30)))
  problem <- inner$fit_problem(fit)
  theta <- inner$as_theta(fit$measure)
  times <- suppressWarnings(time_by_turns(list(
    evaluation = function() for (i in 1:20) core_evaluate(problem, theta),
    observed = function() inner$core_information(problem, theta, "observed"),
    sandwich = function() vcov(fit, type = "sandwich"),
    vcov = function() vcov(fit),
    prediction = function() predict(fit, x, type = "prob"),
    errors = function() predict(fit, x, type = "prob", se.fit = TRUE),
    effects = function() moe_effects(fit)
  ), size(3, 2)))
  times[, "evaluation"] <- times[, "evaluation"] / 20
  case <- sprintf("%s (%d coefficients)", describe(shape), inner$count_parameters(problem))
  beside <- function(what, ...) {
    result(paste(what, "/ evaluation"), case, times[, what] / times[, "evaluation"], ...)
  }
  rbind(
    beside("observed", at_most = inner$count_parameters(problem) / 10),
    result("vcov()", case, 1e3 * times[, "vcov"], "ms"),
    result("vcov(type = \"sandwich\")", case, 1e3 * times[, "sandwich"], "ms"),
    result("predict(se.fit = TRUE), less vcov() / predict()", case,
           (times[, "errors"] - times[, "vcov"]) / times[, "prediction"], at_most = 5),
    result("moe_effects(), less vcov() / evaluation", case,
           (times[, "effects"] - times[, "vcov"]) / times[, "evaluation"], at_most = 20)
  )
}

save_results("errors", do.call(rbind, lapply(shapes, measure)))
