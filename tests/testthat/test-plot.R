set.seed(1)
n <- 100
d <- data.frame(x = rnorm(n), z = runif(n, -2, 2), y = factor(rep(c("a", "b", "c", "b"), n / 4)))
quick <- moe_control("mm", search = "quick", max_iterations = 60)
fit <- suppressWarnings(moe_fit(y ~ x | z, d, experts = 3, lambda = 1, control = quick))
single <- moe_fit(y ~ x, d, experts = 1)

# What a plot shows in a layer, after its scales.
shown <- function(plot, layer = 1) ggplot2::layer_data(plot, layer)

# Draws, on a device that keeps nothing.
drawn <- function(plot) {
  grDevices::pdf(NULL)
  on.exit(grDevices::dev.off())
  force(plot)
}

test_that("autoplot makes a ggplot, the trace unless told otherwise", {
  expect_s3_class(autoplot(fit), "ggplot")
  expect_s3_class(autoplot(fit, type = "gate"), "ggplot")
  expect_identical(autoplot(fit)$data, autoplot(fit, type = "trace")$data)
})

test_that("the generic is that of ggplot2, which is not loaded before the first plot", {
  expect_identical(autoplot, ggplot2::autoplot)
  script <- tempfile(fileext = ".R")
  on.exit(unlink(script))
  writeLines(c(
    sprintf("library(moelogit, lib.loc = %s)", deparse1(dirname(find.package("moelogit")))),
    "fit <- moe_fit(y ~ x, data.frame(x = c(1, 3, 2, 4), y = c(0, 0, 1, 1)), experts = 1)",
    "before <- isNamespaceLoaded('ggplot2')",
    "cat(before, inherits(autoplot(fit), 'ggplot'))"
  ), script)
  libraries <- paste(.libPaths(), collapse = .Platform$path.sep)
  out <- system2(file.path(R.home("bin"), "Rscript"), c("--vanilla", shQuote(script)),
                 stdout = TRUE, env = c("R_TESTS=", paste0("R_LIBS=", libraries)))
  expect_identical(utils::tail(out, 1), "FALSE TRUE")
})

test_that("the trace shows what the objective still had to gain at each iteration", {
  left <- fit$trace[length(fit$trace)] - fit$trace
  points <- shown(autoplot(fit))
  expect_equal(points$x, (seq_along(left) - 1)[left > 0])
  expect_equal(points$y, log10(left[left > 0]))
})

test_that("the trace plot names the status and the objective", {
  labels <- autoplot(fit)$labels
  expect_match(labels$subtitle, fit$status, fixed = TRUE)
  expect_match(labels$subtitle, format(fit$objective, digits = 8), fixed = TRUE)
})

test_that("the gate plot has every row's gate probability and class", {
  plot <- autoplot(fit, type = "gate")
  gate <- predict(fit, type = "gate")
  expect_identical(nrow(plot$data), 3L * 100L)
  for (k in colnames(gate)) {
    rows <- plot$data[plot$data$expert == k, ]
    expect_equal(rows$probability, unname(gate[, k]))
    expect_identical(rows$response, d$y)
  }
})

test_that("the bars of the gate plot count rows by expert and class", {
  bars <- shown(autoplot(fit, type = "gate"))
  expect_equal(as.vector(tapply(bars$count, bars$PANEL, sum)), rep(n, 3))
  expect_equal(sort(as.vector(tapply(bars$count, bars$group, sum))),
               sort(3 * as.vector(table(d$y))))
})

test_that("the gate plot leaves out rows that the fit left out", {
  d$x[c(2, 9)] <- NA
  exclude <- suppressWarnings(moe_fit(y ~ x | z, d, lambda = 1, control = quick,
                                      na.action = na.exclude))
  plot <- autoplot(exclude, type = "gate")
  expect_identical(nrow(plot$data), 2L * 98L)
  expect_false(anyNA(plot$data))
})

test_that("plot draws without a sound and returns the ggplot invisibly", {
  for (type in c("trace", "gate")) {
    expect_silent(returned <- drawn(withVisible(plot(fit, type = type))))
    expect_false(returned$visible)
    expect_s3_class(returned$value, "ggplot")
  }
})

test_that("one expert can be plotted", {
  expect_silent(drawn(plot(single)))
  expect_silent(drawn(plot(single, type = "gate")))
})

test_that("a run without steps can be plotted", {
  at_optimum <- moe_fit(y ~ x, d, experts = 1, start = single)
  expect_lte(length(at_optimum$trace), 2)
  expect_silent(drawn(plot(at_optimum)))
})

test_that("a fit from matrices can be plotted", {
  matrices <- suppressWarnings(moe_fit(as.matrix(d["x"]), d$y, lambda = 1, control = quick))
  expect_silent(drawn(plot(matrices, type = "gate")))
})

test_that("a fit without data can be plotted as far as it needs none", {
  without <- moe_fit(y ~ x, d, experts = 1, model = FALSE)
  expect_silent(drawn(plot(without)))
})

# --- trees and paths ---

# A tree of 12, of random experts, and one of 2.
wide <- local({
  columns <- list(colnames(overfits$plain$x))
  set.seed(8)
  coefficients <- list(gate = matrix(rnorm(33), 3, dimnames = c(columns, list(NULL))),
                       expert = array(rnorm(72), c(3, 2, 12), c(columns, list(NULL, NULL))))
  suppressWarnings(moe_dendrogram(fit_at(overfits$plain, coefficients), refine = FALSE))
})
narrow <- moe_dendrogram(overfit(y ~ x1 + x2, K = 2)$fit)

test_that("the plot of a tree has a leaf per expert and a bar per merge, at its height", {
  for (tree in list(wide, narrow, refined$six)) {
    K <- length(tree$order)
    lines <- ggplot2::layer_data(autoplot(tree))
    arms <- lines[lines$y == lines$yend, ]
    bars <- lines[lines$y != lines$yend, ]
    expect_equal(sort(arms$y[arms$x == 0]), 1:K)
    expect_equal(sort(bars$x), tree$height)
    expect_equal(bars$x, bars$xend)
    expect_equal(sort(arms$xend), rep(tree$height, each = 2))
    expect_equal(nrow(arms), 2 * (K - 1))
  }
})

test_that("branches do not cross: each bar ends where the arms of its two branches do", {
  for (tree in list(wide, narrow, refined$six)) {
    lines <- ggplot2::layer_data(autoplot(tree))
    place <- order(tree$order)
    middle <- numeric()
    for (s in seq_len(nrow(tree$merge))) {
      at <- vapply(tree$merge[s, ], function(a) if (a < 0) place[-a] else middle[a], 0)
      middle[s] <- mean(at)
      from <- vapply(tree$merge[s, ], function(a) if (a < 0) 0 else tree$height[a], 0)
      expect_equal(lines[3 * s - 2:0, "y"], c(at, at[1]))
      expect_equal(lines[3 * s - 2:0, "x"], c(from, tree$height[s]))
    }
  }
})

test_that("leaves are named by expert and weight, in the tree's order", {
  for (tree in list(wide, narrow)) {
    built <- ggplot2::ggplot_build(autoplot(tree))
    labels <- built$layout$panel_params[[1]]$y$get_labels()
    expect_match(labels, "^expert[0-9]+ \\(0\\.[0-9]{3}\\)$")
    expect_identical(sub(" .*", "", labels), tree$labels[tree$order])
    expect_equal(as.numeric(gsub(".*\\(|\\)", "", labels)), tree$weights[tree$order],
                 tolerance = 0.01)
  }
})

test_that("the cut line crosses as many branches as experts are chosen", {
  for (tree in list(wide, narrow)) for (k in seq_along(tree$order)) {
    tree$selected <- k
    plot <- autoplot(tree)
    line <- ggplot2::layer_data(plot, 2)$xintercept
    heights <- c(0, tree$height, Inf)
    at <- length(tree$order) - k + 1
    expect_gt(line, heights[at])
    expect_lt(line, heights[at + 1])
    lines <- ggplot2::layer_data(plot)
    expect_identical(sum(lines$x < line & line < lines$xend), if (k == 1) 0L else k)
    expect_match(plot$labels$subtitle, paste0("chooses ", k, " expert", if (k > 1) "s", "$"))
  }
})

test_that("the tree of a measure has no cut line", {
  plot <- autoplot(moe_dendrogram(overfits$six$fit$measure))
  expect_length(plot$layers, 1)
  expect_null(plot$labels$subtitle)
})

test_that("the plot of a path shows each criterion less its least value, and what each chooses", {
  for (tree in list(wide, narrow, refined$six)) {
    plot <- autoplot(tree, "path")
    names <- names(moelogit:::criteria)
    points <- ggplot2::layer_data(plot, 2)
    for (i in seq_along(names)) {
      value <- rev(tree$path[[names[i]]])
      here <- points[points$PANEL == i, ]
      here <- here[order(here$x), ]
      known <- which(!is.na(value))
      expect_equal(here$x, known, ignore_attr = TRUE)
      expect_equal(here$y, value[known] - min(value[known]))
      expect_identical(which(here$shape == 19), which.min(here$y))
    }
    expect_match(plot$labels$subtitle, paste0("^HQ decides: ", tree$selected))
  }
})

test_that("plots are drawn without a sound, and returned invisibly", {
  for (tree in list(wide, narrow)) for (type in c("tree", "path")) {
    expect_silent(returned <- drawn(withVisible(plot(tree, type = type))))
    expect_false(returned$visible)
    expect_s3_class(returned$value, "ggplot")
  }
})

test_that("a plot that does not exist is refused", {
  expect_error(autoplot(refined$plain, "heights"), "`type` must be one of \"tree\", \"path\"",
               class = "moe_error_input")
})

# --- what a model says ---

test_that("the plot of coefficients has every one but intercepts, with its interval", {
  plot <- autoplot(fit, type = "coefficients", level = 0.9)
  expected <- confint(fit, level = 0.9)
  shown <- !grepl("Intercept", rownames(expected))
  expect_equal(plot$data$estimate, unname(coef(fit)[shown]))
  expect_equal(plot$data$lower, unname(expected[shown, 1]))
  expect_equal(plot$data$upper, unname(expected[shown, 2]))
  expect_identical(as.character(unique(plot$data$component)),
                   c("gate", "expert1", "expert2", "expert3"))
  all <- autoplot(fit, type = "coefficients", intercepts = TRUE)
  expect_identical(nrow(all$data), length(coef(fit)))
  # Of three experts the gate's terms name theirs.
  expect_identical(levels(plot$data$term), rev(c("z, expert2", "z, expert3", "x")))
  expect_silent(drawn(plot))
  expect_silent(drawn(plot(single, type = "coefficients")))
})

test_that("an interval that is very wide does not hide the others", {
  table <- data.frame(estimate = c(-1, 2), lower = c(-2, -1e6), upper = c(0, 1e6))
  expect_identical(coefficient_range(table), c(-6, 6))
  expect_identical(coefficient_range(table[1, ]), c(-2, 0))
})

test_that("curves are predictions along a covariate, the others at their middle", {
  plot <- autoplot(fit, type = "curve", variable = "z")
  new <- data.frame(x = median(d$x), z = seq(min(d$z), max(d$z), length.out = 101))
  of <- function(curve, panel) plot$data[plot$data$curve == curve & plot$data$panel == panel, ]
  expected <- predict(fit, new, "prob", interval = "confidence")
  expect_equal(of("mixture", "class b")$probability, unname(expected$fit[, "b"]))
  expect_equal(of("mixture", "class b")$upper, unname(expected$upper[, "b"]))
  expect_equal(of("expert2", "class c")$probability,
               unname(predict(fit, new, "expert")[, "c", "expert2"]))
  expect_equal(of("expert3", "gate")$probability, unname(predict(fit, new, "gate")[, "expert3"]))
  expect_silent(drawn(plot))
  expect_identical(autoplot(fit, type = "curve")$labels$x, "x")
  expect_error(autoplot(fit, type = "curve", variable = "w"), "`variable` must be one of",
               class = "moe_error_input")
})

test_that("curves of one expert, of levels and of transformed covariates", {
  d$f <- factor(rep(c("u", "v", "v", "w"), n / 4))
  mixed <- suppressWarnings(moe_fit(y ~ f + exp(x), d, lambda = 1, control = quick))
  expect_error(autoplot(mixed, type = "curve", variable = "f"), "transforms",
               class = "moe_error_input")
  plot <- autoplot(mixed, type = "curve", variable = "f", newdata = d)
  at <- plot$data[plot$data$curve == "mixture" & plot$data$panel == "class a", ]
  new <- data.frame(f = c("u", "v", "w"), x = median(d$x))
  expect_equal(at$probability, unname(predict(mixed, new, "prob")[, "a"]))
  along <- autoplot(mixed, type = "curve", variable = "x", newdata = d)
  first <- data.frame(f = "v", x = min(d$x))
  expect_equal(along$data$probability[1], unname(predict(mixed, first, "prob")[1, "a"]))
  expect_silent(drawn(plot))
  expect_silent(drawn(plot(single, type = "curve")))
  expect_identical(levels(droplevels(autoplot(single, type = "curve")$data$curve)), "mixture")
})

test_that("the plot of effects has every one with its interval", {
  effects <- moe_effects(fit)
  points <- shown(autoplot(effects), 3)
  expect_setequal(points$x, effects$estimate)
  bars <- shown(autoplot(effects), 2)
  expect_setequal(bars$xmax, effects$conf.high)
  expect_identical(as.integer(bars$PANEL), rep(1:3, 2))
  expect_silent(returned <- drawn(withVisible(plot(effects))))
  expect_false(returned$visible)
})

test_that("colours stay apart, for any number", {
  expect_length(unique(distinct_colours(3)), 3)
  expect_length(unique(distinct_colours(12)), 12)
})
