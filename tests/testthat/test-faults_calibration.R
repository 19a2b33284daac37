test_that("calibrations that were edited are refused in words", {
  set.seed(6)
  prob <- stats::runif(60)
  y <- factor(rep(c("a", "b"), 30))
  calibration <- moe_calibration(cbind(a = 1 - prob, b = prob), y, bins = 3, bootstrap = 3)
  verbs <- list(print, as.data.frame, function(x) print(summary(x)), autoplot,
                tidy.moe_calibration, glance.moe_calibration)
  expect_refused_in_words(calibration, verbs, calibration_parts)
})

test_that("a calibration is refused by what is wrong", {
  y <- factor(rep(c("a", "b", "a"), 3))
  calibration <- moe_calibration(cbind(a = 1:9 / 10, b = 9:1 / 10), y, bins = 2)
  refused <- function(part, value, message) {
    expect_refused(print(edited(calibration, part, value)), message)
  }
  expect_output(print(calibration), "ece_debiased")
  refused("measures", calibration$measures[-1], "its `measures` are no table of measures")
  refused("measures", transform(calibration$measures, estimate = "a"), "its `measures`")
  refused("bins", calibration$bins[names(calibration$bins) != "weight"], "its `bins` are no table")
  refused("rows", 1:2, "are not single numbers")
  refused("interval", "normal", "its `interval` is unknown")
  refused("weighted", NA, "its `weighted` is neither TRUE nor FALSE")
  refused("rows", NULL, "it lacks \"rows\"")
})
