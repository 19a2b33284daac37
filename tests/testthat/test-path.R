# Paths and their criteria against the log-likelihood in plain R, and the fits that a path gives.

refused <- function(code, message) expect_error(code, message, class = "moe_error_input")

criteria <- moelogit:::criteria

# --- the path ---

test_that("there is a row per level with the columns that the manual names", {
  for (tree in c(refined, merged)) {
    path <- as.data.frame(tree)
    expect_s3_class(path, "data.frame", exact = TRUE)
    expect_named(path, c("experts", "height", "loglik_merged", "loglik", "df", "aic", "bic", "hq",
                         "sabic", "icl", "dsc", "dsc_rescaled", "from", "chosen_by"))
    expect_identical(path$experts, tree$fit$experts:1)
    expect_identical(path$height, c(tree$height, NA))
    expect_false(anyNA(path[setdiff(names(path), c("height", "dsc", "dsc_rescaled"))]))
  }
})

test_that("the log-likelihood of merged measures is that of the definition", {
  for (kind in names(overfits)) {
    expect_within(merged[[kind]]$path$loglik, by_hand[[kind]]$loglik, 1e-10)
    expect_within(refined[[kind]]$path$loglik_merged, by_hand[[kind]]$loglik, 1e-10)
  }
})

test_that("the level with all experts is the fit", {
  for (kind in names(overfits)) {
    fit <- overfits[[kind]]$fit
    for (tree in list(refined[[kind]], merged[[kind]])) {
      first <- tree$path[1, ]
      expect_within(c(first$loglik, first$loglik_merged), rep(fit$loglik, 2), 1e-12)
      expect_within(c(first$aic, first$bic, first$icl), c(AIC(fit), BIC(fit), moe_icl(fit)), 1e-12)
      expect_identical(first$df, fit$df)
    }
  }
})

test_that("df counts the gate's and the experts' free coefficients", {
  sizes <- list(plain = c(3, 3), gate = c(2, 3), `no gate` = c(1, 2), `constant experts` = c(3, 1),
                dropped = c(3, 3))
  for (kind in names(sizes)) {
    r <- sizes[[kind]][1]
    p <- sizes[[kind]][2]
    expect_equal(refined[[kind]]$path$df, r * (4:1 - 1) + 4:1 * p * 2)
  }
})

test_that("criteria are of the path's model, with the sum of weights as n", {
  for (kind in names(overfits)) for (tree in list(refined[[kind]], merged[[kind]])) {
    path <- tree$path
    expect_within(path$aic, -2 * path$loglik + 2 * path$df, 1e-14)
    n <- sum(overfits[[kind]]$v)
    expect_within(path$bic, -2 * path$loglik + log(n) * path$df, 1e-14)
    expect_within(path$hq, -2 * path$loglik + 2 * log(log(n)) * path$df, 1e-14)
    expect_within(path$sabic, -2 * path$loglik + log((n + 2) / 24) * path$df, 1e-14)
  }
})

# log(log(14)) is less than 1, log(log(16)) more.
test_that("HQ's penalty is never below AIC's", {
  for (n in c(14, 16)) {
    d <- oracle_data(n = n, p = 2, M = 2, K = 1, seed = 5)
    fit <- suppressWarnings(moe_fit(d$formula, d$frame, 2, lambda = 1,
                                    control = moe_control(search = "quick")))
    path <- moe_dendrogram(fit)$path
    expect_equal(path$hq - path$aic, 2 * path$df * max(0, log(log(n)) - 1), tolerance = 1e-8)
  }
})

test_that("ICL adds twice the entropy of the responsibilities to BIC", {
  for (kind in names(overfits)) {
    path <- merged[[kind]]$path
    expect_within(path$icl - path$bic, 2 * by_hand[[kind]]$entropy, 1e-8)
  }
})

test_that("the best of a level's finalists is kept, as it was reached, and no other is tried", {
  d <- oracle_data(n = 150, p = 3, M = 3, K = 2, seed = 2)
  problem <- full_rank_problem(d$x, d$x, d$frame$y, 2L, NULL, 0.5, moe_control())
  good <- core_maximise(problem, theta_from_posterior(problem, oracle_start(d)))
  saddle <- list(theta = numeric(theta_length(problem)), from = "merge 1")
  population <- list(saddle, c(good, from = "split"))
  kept <- polish_level(problem, population, 2L)
  expect_gte(kept$objective, good$objective)
  expect_identical(kept$from, "split")
  late <- c(rep(list(saddle), level_finalists), list(good))
  expect_lt(polish_level(problem, late, 2L)$objective, good$objective - 5)
  expect_identical(polish_level(problem, list(good), 2L)$from, "bred")
})

# Where a run ended, as the core has it: the gate, then the experts.
par_of_run <- function(run, K, o) {
  gate <- seq_len(ncol(o$z) * K)
  list(gate = matrix(run$theta[gate], ncol(o$z)),
       expert = array(run$theta[-gate], c(ncol(o$x), 3, K)))
}

test_that("log-likelihood and ICL of a refined path are of where its runs ended", {
  for (kind in setdiff(names(overfits), "dropped")) {
    o <- overfits[[kind]]
    path <- refined[[kind]]$path
    x <- oracle_scale(o$x, o$v)
    z <- oracle_scale(o$z, o$v)
    for (i in seq_len(nrow(path))) {
      par <- par_of_run(refined[[kind]]$runs[[i]], path$experts[i], o)
      at <- oracle_evaluate(par, x, z, o$y, o$v)
      entropy <- -sum(o$v * ifelse(at$tau > 0, at$tau * log(at$tau), 0))
      expect_within(path$loglik[i], at$loglik, 1e-10)
      expect_within(path$icl[i], path$bic[i] + 2 * entropy, 1e-10)
    }
  }
})

# The height of a level is that of the merge to one expert fewer; one expert has none.
test_that("both forms of DSC are as published", {
  for (kind in names(overfits)) {
    height <- by_hand[[kind]]$height
    n <- sum(overfits[[kind]]$v)
    mean_loglik <- by_hand[[kind]]$loglik[seq_along(height)] / n
    dsc <- -(height + log(n) * mean_loglik)
    rescaled <- -(log(n) * mean_loglik / abs(mean_loglik[1]) + height / max(height))
    for (tree in list(refined[[kind]], merged[[kind]])) {
      expect_within(tree$path$dsc[seq_along(height)], dsc, 1e-8)
      expect_within(tree$path$dsc_rescaled[seq_along(height)], rescaled, 1e-8)
      expect_identical(tree$path$dsc[length(height) + 1], NA_real_)
      expect_identical(tree$path$dsc_rescaled[length(height) + 1], NA_real_)
    }
  }
})

test_that("without refinement the path's model is the merged measure", {
  for (tree in merged) {
    expect_identical(tree$path$loglik, tree$path$loglik_merged)
    expect_identical(tree$path$from, c("fit", rep("merge 1", nrow(tree$path) - 1)))
  }
})

test_that("refinement raises the objective of every level", {
  for (kind in names(overfits)) for (k in (overfits[[kind]]$fit$experts - 1):1) {
    polished <- suppressWarnings(cut(refined[[kind]], k))
    plain <- suppressWarnings(cut(merged[[kind]], k))
    expect_gt(polished$objective, plain$objective)
  }
})

test_that("the refined level with one expert is a multinomial logit", {
  skip_if_not_installed("nnet")
  d <- overfits$plain$d
  for (v in list(rep(1, 250), overfits$weighted$v)) {
    d$frame$v <- v
    fit <- suppressWarnings(moe_fit(d$formula, d$frame, 3, weights = v, lambda = 0.001,
                                    start = oracle_start(d, 3)))
    tree <- suppressWarnings(moe_dendrogram(fit))
    peer <- nnet::multinom(d$formula, d$frame, weights = v, trace = FALSE, reltol = 1e-14)
    expect_equal(tree$path$loglik[3], as.numeric(logLik(peer)), tolerance = 1e-6)
    expect_equal(cut(tree, 1)$loglik, as.numeric(logLik(peer)), tolerance = 1e-7)
    expect_equal(tree$path$df[3], attr(logLik(peer), "df"))
  }
})

test_that("`from` says how each level was made, by at most `pairs` merges", {
  for (pairs in c(1, 3, 100)) {
    tree <- moe_dendrogram(overfits$six$fit, pairs = pairs)
    expect_identical(tree$path$from[1], "fit")
    most <- pmin(pairs, choose(6:2, 2))
    for (level in 2:6) {
      ways <- c(paste("merge", seq_len(most[level - 1])), "drop", "split", "bred", "search")
      expect_true(tree$path$from[level] %in% ways)
    }
    expect_no_match(tree$path$from[6], "split")
  }
})

test_that("levels are as good as fits from scratch", {
  skip_on_cran()
  problems <- list(overfits$six$d, oracle_data(n = 400, p = 3, M = 3, K = 3, seed = 5))
  for (d in problems) {
    set.seed(1)
    fit <- suppressWarnings(moe_fit(d$formula, d$frame, 5, lambda = 1))
    tree <- moe_dendrogram(fit)
    for (k in 2:4) {
      alone <- suppressWarnings(moe_fit(d$formula, d$frame, k, lambda = 1))
      expect_gte(tree$runs[[6 - k]]$objective, alone$objective - 1e-6 * abs(alone$objective))
    }
  }
})

test_that("what is drawn on the way depends on the fit alone, and the session's seed stays", {
  set.seed(7)
  first <- moe_dendrogram(overfits$six$fit)
  drawn <- runif(1)
  set.seed(7)
  expect_identical(runif(1), drawn)
  expect_identical(moe_dendrogram(overfits$six$fit)$path, first$path)
})

test_that("with one pair the first level is no worse than what its merge leads to", {
  o <- overfits$six
  merged <- suppressWarnings(cut(moe_dendrogram(o$fit, refine = FALSE), 5))
  again <- suppressWarnings(moe_fit(o$d$formula, o$d$frame, 5, weights = v, lambda = 0.5,
                                    start = merged, control = o$fit$control))
  polished <- suppressWarnings(cut(moe_dendrogram(o$fit, pairs = 1), 5))
  expect_gte(polished$objective, again$objective - 1e-9 * abs(again$objective))
})

test_that("levels are as good as what searches find where regions are sharp", {
  skip_on_cran()
  for (seed in 1:4) {
    d <- oracle_data(n = 1500, p = 3, M = 3, K = 3, seed = seed, gate_scale = 3, apart = 2)
    set.seed(seed)
    control <- moe_control(search = "quick")
    fit <- suppressWarnings(moe_fit(d$formula, d$frame, 6, lambda = 0.1, control = control))
    level <- moe_dendrogram(fit, pairs = 1)$runs[[4]]
    alone <- suppressWarnings(moe_fit(d$formula, d$frame, 3, lambda = 0.1))
    expect_gte(level$objective, alone$objective - 1e-6 * abs(alone$objective))
  }
})

test_that("splits of the level below rescue a level that is poor", {
  d <- oracle_data(n = 600, p = 3, M = 3, K = 3, seed = 2, gate_scale = 3, apart = 2)
  two <- suppressWarnings(moe_fit(d$formula, d$frame, 2, lambda = 1))
  task <- search_task(fit_problem(two), level_effort)
  below <- list(short_run(task$problem, as_theta(two$measure)))
  three <- problem_with_experts(task$problem, 3)
  # Where two of three experts are the same, no run leads away.
  twins <- two$measure
  twins$gate <- twins$gate[, c(1, 2, 2)]
  twins$expert <- twins$expert[, , c(1, 2, 2)]
  poor <- short_run(three, as_theta(twins))
  splits <- candidates_of(task, below, 2, function(measure) {
    candidate_splits(task$problem, measure)
  })
  best <- with_own_seed(settle(task, list(poor), splits, 3))[[1]]
  alone <- suppressWarnings(moe_fit(d$formula, d$frame, 3, lambda = 1))
  expect_gt(best$objective, poor$objective + 5)
  expect_gt(best$objective, alone$objective - 0.1)
})

test_that("independent searches of a level rescue a poor one, and none follow a quick fit", {
  d <- oracle_data(n = 600, p = 3, M = 3, K = 3, seed = 2, gate_scale = 3, apart = 2)
  set.seed(1)
  alone <- suppressWarnings(moe_fit(d$formula, d$frame, 3, lambda = 1))
  task <- search_task(fit_problem(alone), level_effort)
  task$problem <- problem_with_experts(task$problem, 4)
  poor <- list(short_run(problem_with_experts(task$problem, 3), numeric(length(
    as_theta(alone$measure)
  ))))
  found <- with_own_seed(search_level(task, poor, 3L))
  expect_equal(found[[1]]$objective, alone$objective, tolerance = 1e-6)
  expect_identical(found[[1]]$from, "search")
  expect_gt(found[[1]]$objective, poor[[1]]$objective + 5)
  # What searches do not surpass stays as it is.
  best <- list(short_run(problem_with_experts(task$problem, 3), as_theta(alone$measure)))
  expect_identical(with_own_seed(search_level(task, best, 3L)), best)
  task$problem$control$search <- "quick"
  expect_identical(search_level(task, poor, 3L), poor)
})

test_that("case weights give the path of repeated rows", {
  d <- overfits$plain$d
  set.seed(5)
  d$frame$v <- sample(0:3, 250, TRUE)
  rows <- rep(1:250, d$frame$v)
  start <- oracle_start(d, 3)
  control <- moe_control(intercept_ridge = 0.05)
  once <- suppressWarnings(
    moe_fit(d$formula, d$frame, 3, weights = v, lambda = 1, start = start, control = control)
  )
  often <- suppressWarnings(
    moe_fit(d$formula, d$frame[rows, ], 3, lambda = 1, start = start[rows, ], control = control)
  )
  for (refine in c(TRUE, FALSE)) {
    a <- moe_dendrogram(once, refine = refine)
    b <- moe_dendrogram(often, refine = refine)
    numbers <- setdiff(names(a$path), "chosen_by")
    expect_equal(a$path[numbers], b$path[numbers], tolerance = 1e-5)
    expect_identical(a$selected, b$selected)
  }
})

# --- choosing ---

test_that("the least criterion chooses, whichever it is", {
  skip_on_cran()
  for (kind in c("plain", "six")) for (criterion in names(criteria)) {
    for (refine in c(TRUE, FALSE)) {
      tree <- moe_dendrogram(overfits[[kind]]$fit, criterion, refine)
      best <- tree$path$experts[which.min(tree$path[[criterion]])]
      expect_identical(tree$selected, best)
      expect_identical(tree$criterion, criterion)
      chosen <- strsplit(tree$path$chosen_by, ", ")
      expect_identical(tree$path$experts[vapply(chosen, `%in%`, NA, x = criterion)], best)
    }
  }
})

test_that("HQ chooses by default", {
  expect_identical(refined$plain$criterion, "hq")
})

test_that("one expert can be chosen, but not by DSC", {
  set.seed(6)
  frame <- data.frame(y = factor(sample(3, 200, TRUE)), x1 = rnorm(200), x2 = rnorm(200))
  fit <- suppressWarnings(moe_fit(y ~ x1 + x2, frame, 3, lambda = 1,
                                  control = moe_control(search = "quick")))
  expect_identical(moe_dendrogram(fit)$selected, 1L)
  expect_gte(moe_dendrogram(fit, "dsc")$selected, 2)
  expect_gte(moe_dendrogram(fit, "dsc_rescaled")$selected, 2)
})

test_that("HQ along the refined path finds the number of experts of easy data, and the model", {
  skip_on_cran()
  for (K in 1:3) for (seed in 1:3) {
    d <- oracle_data(n = 3000, p = 4, M = 3, K = K, seed = seed, gate_scale = 4, apart = 1)
    set.seed(seed)
    fit <- suppressWarnings(
      moe_fit(d$formula, d$frame, 5, lambda = 0.1,
              control = moe_control(search = "quick", tolerance = 1e-6, intercept_ridge = 0.01))
    )
    tree <- moe_dendrogram(fit)
    expect_identical(tree$selected, K)
    truth <- moe_measure(d$truth$gate, d$truth$expert)
    expect_lt(moe_distance(cut(tree), truth, d$x[, -1]), 0.08)
  }
})

# --- cut ---

test_that("cut gives a fit with as many experts as asked for, by default the chosen number", {
  for (tree in c(refined, merged)) {
    expect_identical(suppressWarnings(cut(tree))$experts, tree$selected)
    for (k in tree$path$experts) {
      fit <- suppressWarnings(cut(tree, k))
      expect_s3_class(fit, "moe_fit", exact = TRUE)
      expect_identical(fit$experts, k)
      expect_identical(dim(coef(fit, "list")$expert)[3], k)
      expect_identical(ncol(coef(fit, "list")$gate), k - 1L)
    }
  }
})

test_that("cut with all experts gives the fit itself", {
  for (kind in names(overfits)) {
    for (tree in list(refined[[kind]], merged[[kind]])) {
      expect_identical(cut(tree, tree$fit$experts), overfits[[kind]]$fit)
    }
  }
})

test_that("fits cut from a refined path have converged, near what the path says", {
  for (tree in refined) for (k in tree$path$experts) {
    fit <- suppressWarnings(cut(tree, k))
    level <- tree$path[tree$path$experts == k, ]
    expect_true(fit$converged)
    expect_lt(fit$gradient_norm, 1e-3)
    expect_lt(abs(BIC(fit) - level$bic), 0.5)
    expect_identical(fit$df, level$df)
    expect_identical(fit$lambda, tree$fit$lambda)
    expect_identical(fit$nobs, tree$fit$nobs)
  }
})

# Redundant experts make plateaus, where the gain that is left looks small for a while.
test_that("runs of the path do not stop on a plateau", {
  skip_on_cran()
  d <- oracle_data(n = 3000, p = 4, M = 3, K = 3, seed = 3, gate_scale = 4, apart = 1)
  control <- moe_control(search = "quick", intercept_ridge = 0.05)
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, 8, lambda = 0.5, start = oracle_start(d, 8),
                                  control = control))
  tree <- moe_dendrogram(fit)
  bic <- vapply(tree$path$experts, function(k) BIC(suppressWarnings(cut(tree, k))), 0)
  expect_lt(max(abs(bic - tree$path$bic)), 0.5)
})

test_that("fits cut from a refined path have coefficients of that log-likelihood", {
  for (kind in names(overfits)) {
    o <- overfits[[kind]]
    fit <- suppressWarnings(cut(refined[[kind]], 2))
    loglik <- oracle_loglik(oracle_parameters(coef(fit, "list")), o$x, o$z, o$y, o$v)
    expect_within(fit$loglik, loglik, 1e-10)
  }
})

test_that("fits cut from an unrefined path are the merged measures", {
  for (kind in names(overfits)) for (k in (overfits[[kind]]$fit$experts - 1):1) {
    o <- overfits[[kind]]
    fit <- suppressWarnings(cut(merged[[kind]], k))
    level <- by_hand[[kind]]$levels[[o$fit$experts - k + 1]]
    expect_identical(fit$status, "merged")
    prob <- oracle_probabilities(level, oracle_scale(o$x, o$v), oracle_scale(o$z, o$v))
    expect_within(predict(fit, type = "prob"), prob, 1e-10)
  }
})

test_that("a cut fit can do what a fit can", {
  fit <- cut(refined$weighted, 2)
  o <- overfits$weighted
  prob <- predict(fit, o$d$frame, "prob")
  expect_within(prob, oracle_probabilities(oracle_parameters(coef(fit, "list")), o$x, o$x), 1e-10)
  expect_within(residuals(fit), diag(3)[o$y, ] - prob, 1e-12)
  expect_identical(predict(fit), factor(fit$levels[max.col(prob, "first")], fit$levels))
  expect_identical(formula(fit), formula(o$fit))
  expect_identical(model.frame(fit), model.frame(o$fit))
  expect_identical(weights(fit), o$v)
  expect_equal(logLik(fit), structure(fit$loglik, df = 15, nobs = sum(o$v), class = "logLik"))
  expect_output(print(summary(fit)), "Softmax-gated mixture of 2")
})

test_that("a cut fit can be updated", {
  fit <- cut(refined$plain, 2)
  expect_identical(fit$call$experts, 2L)
  d <- overfits$plain$d
  set.seed(1)
  again <- suppressWarnings(update(fit, y ~ x1, data = d$frame, weights = NULL, start = NULL))
  expect_identical(again$experts, 2L)
})

test_that("the start of the overfit is no part of the call of a cut fit", {
  expect_null(cut(refined$plain, 2)$call$start)
})

test_that("rows that na.exclude left out are missing in a cut fit's predictions too", {
  d <- overfits$plain$d
  d$frame$x1[c(3, 20)] <- NA
  fit <- suppressWarnings(moe_fit(d$formula, d$frame, 3, lambda = 1, na.action = na.exclude,
                                  start = oracle_start(d, 3)[-c(3, 20), ]))
  prob <- suppressWarnings(predict(cut(moe_dendrogram(fit), 2), type = "prob"))
  expect_identical(which(is.na(prob[, 1])), c(3L, 20L), ignore_attr = TRUE)
  expect_identical(nrow(prob), 250L)
})

test_that("fits from matrices have the path of those from formulas", {
  o <- overfits$gate
  x <- o$x[, -1]
  fit <- suppressWarnings(moe_fit(x, o$d$frame$y, 4, z = x[, 1, drop = FALSE], lambda = 0.5,
                                  start = oracle_start(o$d, 4), control = o$fit$control))
  tree <- moe_dendrogram(fit)
  expect_equal(tree$path, refined$gate$path, tolerance = 1e-6)
  cut <- cut(tree, 2)
  expect_within(predict(cut, x[1:3, ], "prob", newz = x[1:3, 1, drop = FALSE]),
                predict(cut(refined$gate, 2), o$d$frame[1:3, ], "prob"), 1e-4)
})

test_that("predict of a dendrogram is that of the chosen fit", {
  tree <- refined$plain
  few <- overfits$plain$d$frame[c(4, 80, 9), ]
  for (type in c("class", "prob", "gate", "expert", "posterior")) {
    expect_identical(predict(tree, few, type), predict(cut(tree), few, type))
    expect_identical(predict(tree, type = type), predict(cut(tree), type = type))
    expect_identical(coef(tree, matrix = TRUE), coef(cut(tree), matrix = TRUE))
  }
})

test_that("a dendrogram keeps a call that can be updated", {
  fit <- overfits$plain$fit
  tree <- moe_dendrogram(fit, refine = FALSE)
  call <- update(tree, criterion = "aic", evaluate = FALSE)
  again <- eval(call, list(fit = fit), globalenv()) # where only what is exported can be seen
  expect_identical(again$criterion, "aic")
  expect_false(again$refined)
})

test_that("impossible cuts are refused", {
  for (bad in list(0, 5, 99, 1.5, -1, "a", NA, NULL, 1:2)) {
    refused(cut(refined$plain, bad), "`experts` must be one whole number from 1 to 4")
  }
})
