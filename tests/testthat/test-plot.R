set.seed(1)
n <- 100
d <- data.frame(x = rnorm(n), z = runif(n, -2, 2), y = factor(rep(c("a", "b", "c", "b"), n / 4)))
quick <- moe_control("mm", starts = 1, max_iterations = 60)
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
