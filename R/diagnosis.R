# What can be wrong with a solution, and what to do about it: a remark each, or NULL.

diagnose <- function(fit, problem) {
  c(remark_convergence(fit), remark_search(fit), remark_weak_experts(fit), remark_separation(fit),
    remark_identification(fit, problem))
}

remark_convergence <- function(fit) {
  if (fit$converged || fit$status == "merged") return(NULL)
  paste0(
    "The fit has not converged (", fit$status, " after ", fit$iterations, " iterations; ",
    "estimated gain left ", format(fit$gain, digits = 2), "): ",
    switch(fit$status,
      stalled = "raise `tolerance` in moe_control().",
      "evaluation failed" = paste0("the next point has no finite objective: use ", more_ridge(fit),
                                   "."),
      paste0("raise `max_iterations` in moe_control(), or use ", more_ridge(fit), "."))
  )
}

remark_search <- function(fit) {
  searches <- sum(fit$optima$found)
  found <- fit$optima$found[1]
  if (searches == 1L || found > 1L) return(NULL)
  paste0("The best optimum was found by ", if (found == 1L) "only 1" else "none", " of ", searches,
         " searches", if (found == 0L) ", which saw a sample of the rows", ", so there may be a ",
         "better one: use ", if (fit$control$search != "thorough") "`search = \"thorough\"`, ",
         more_ridge(fit), " or fewer experts.")
}

# An expert is weak if fewer rows than it has coefficients per class belong to it, or, where these
# are many, a tenth of its fair share.
remark_weak_experts <- function(fit) {
  enough <- min(nrow(fit$measure$expert), 0.1 * fit$nobs / fit$experts)
  weak <- names(fit$shares)[fit$shares * fit$nobs < enough]
  if (fit$experts == 1L || length(weak) == 0L) return(NULL)
  paste0("Almost no rows belong to ", paste(weak, collapse = ", "), " (mean gate probability ",
         format(min(fit$shares), digits = 2), "): use fewer experts or ", more_ridge(fit), ".")
}

more_ridge <- function(fit) if (fit$lambda == 0) "`lambda` > 0" else "a larger `lambda`"

# Slopes by which a predictor moves this much over one standard deviation of a covariate put
# probabilities at 0 or 1 for most rows; so do intercepts this large. Under a ridge an intercept may
# still be: a class is then absent from an expert, which harms nothing.
runaway <- function(a, lambda, center, scale) {
  if (max(abs(a[-1, ]), 0) > 15) return(TRUE)
  lambda == 0 && (max(abs(a[1, ])) > 20 || max(abs(a / scale)[is_dummy(center, scale), ], 0) > 12)
}

# Columns of 0 and 1 are known by their moments; between their two values lie at least two standard
# deviations.
is_dummy <- function(center, scale) {
  share <- center * (1 - center)
  share > 0 & abs(scale^2 - share) < 1e-9 * share
}

remark_separation <- function(fit) {
  measure <- fit$measure
  experts <- which(apply(measure$expert, 3, function(a) {
    runaway(matrix(a, nrow(measure$expert)), fit$lambda, measure$expert_center,
            measure$expert_scale)
  }))
  of_gate <- fit$experts > 1L &&
    runaway(measure$gate, fit$lambda, measure$gate_center, measure$gate_scale)
  parts <- c(if (length(experts)) paste0("expert", experts), if (of_gate) "the gate")
  if (length(parts) == 0L) return(NULL)
  paste0("Coefficients of ", paste(parts, collapse = ", "), " have grown very large, as happens ",
         "where classes or regions can be separated: probabilities are still usable, but the ",
         "coefficients are not. Use ", more_ridge(fit), " or fewer experts.")
}

remark_identification <- function(fit, problem) {
  needed <- ceiling(fit$df / (problem$classes - 1))
  if (fit$lambda > 0 || fit$experts == 1L || has_distinct_rows(problem, needed)) return(NULL)
  paste0("There are fewer distinct covariate rows than the ", fit$df, " parameters can be ",
         "identified from (", needed, " are needed): use fewer experts or `lambda` > 0.")
}

# Equal rows have equal projections on a fixed direction, and other rows, as good as surely, others.
has_distinct_rows <- function(problem, needed) {
  if (is_elsewhere(problem)) return(has_distinct_rows(problem_sample(problem), needed))
  design <- problem$design
  z <- gate_rows(problem)
  project <- function(a, center, scale, step) {
    linear_function(a, center, scale, stats::qnorm((seq_along(scale) * step) %% 1))
  }
  n <- length(problem$y)
  for (rows in unique(c(min(n, 10 * needed), n))) {
    first <- seq_len(rows)
    key <- project(take_rows(design$x, first), design$x_center, design$x_scale, sqrt(2)) +
      project(take_rows(z, first), design$z_center, design$z_scale, sqrt(3))
    if (length(unique(signif(key, 10))) >= needed) return(TRUE)
  }
  FALSE
}
