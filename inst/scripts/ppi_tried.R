# What was tried on splits 1 to 3 before the method was fixed, at settings that did well there: a
# table of mean scores, inst/extdata/ppi_tried.csv.
#
#   Rscript inst/scripts/ppi_tried.R
#
# Run at the package's root, with the package installed, and what ppi_full.R needs. About five
# minutes of processor time.
library(moelogit)
source("inst/scripts/ppi_task.R")
source("inst/scripts/ppi_models.R")

setting <- function(experts, lambda) data.frame(experts = experts, lambda = lambda)

one_fit <- function(train, experts, lambda, inputs = list(plain_inputs, plain_inputs)) {
  fit <- fit_mixture(train, setting(experts, lambda), inputs)
  function(new) predict(fit, new, type = "prob")
}

all_crossed <- c(plain_inputs, combn(crossed, 2, paste, collapse = ":"))
small_gate <- c("deg_sum", "cn", "high_share", "spectral")

bootstrap <- function(train, kind, experts, lambda) {
  fits <- fit_members(train, setting(experts, lambda), kinds[[kind]]$inputs, members)
  function(new) predict_mean(fits, new)
}

from_starts <- function(train, experts, lambda) {
  fits <- lapply(seq_len(members), function(i) one_fit(train, experts, lambda))
  function(new) Reduce(`+`, lapply(fits, function(fit) fit(new))) / members
}

boost <- function(train) {
  fit <- boosting$fit(train, boosting$grid)
  function(new) fit(new)[[4]]
}

tried <- list(
  "one fit, 2 experts" = function(train) one_fit(train, 2, 1),
  "one fit, 4 experts" = function(train) one_fit(train, 4, 2),
  "one fit, 8 experts" = function(train) one_fit(train, 8, 4),
  "one fit, smaller gate" = function(train) {
    one_fit(train, 4, 2, list(plain_inputs, small_gate))
  },
  "one fit, splines in the experts" = function(train) {
    one_fit(train, 4, 8, list(spline_inputs, plain_inputs))
  },
  "one fit, splines in experts and gate" = function(train) {
    one_fit(train, 3, 8, list(spline_inputs, spline_inputs))
  },
  "one fit, interactions in the experts" = function(train) {
    one_fit(train, 4, 8, list(all_crossed, plain_inputs))
  },
  "average over starts" = function(train) from_starts(train, 4, 1.5),
  "bootstrap average" = function(train) bootstrap(train, 1, 5, 0.3),
  "bootstrap average, splines in the experts" = function(train) bootstrap(train, 2, 5, 1),
  "bootstrap average, splines in the gate" = function(train) bootstrap(train, 3, 5, 1),
  "bootstrap average of the three kinds, with the power" = function(train) {
    fit <- average_of_mixtures$fit(train, setting(c(5, 5, 5), c(0.3, 1, 1)))
    function(new) fit(new)[[3]]
  },
  "random forest" = function(train) {
    fit <- random_forest$fit(train, data.frame(mtry = 6, min_node_size = 20))
    function(new) fit(new)[[1]]
  },
  "boosting" = boost,
  "boosting, average over six seeds" = function(train) {
    fits <- lapply(1:6, function(i) boost(train))
    function(new) Reduce(`+`, lapply(fits, function(fit) fit(new))) / 6
  }
)

score_one <- function(name, split, pairs) {
  set.seed(1)
  test <- part(pairs, "test")
  out <- scores(tried[[name]](part(pairs, "train"))(test), test$confidence)
  cat(sprintf("split %d: %-52s log-loss %.4f\n", split, name, out$log_loss))
  data.frame(split = split, model = name, out)
}

results <- lapply(1:3, function(split) {
  pairs <- make_pairs(split, "mix")
  lapply(names(tried), score_one, split = split, pairs = pairs)
})
results <- do.call(rbind, unlist(results, recursive = FALSE))
write.csv(rounded(results), "inst/extdata/ppi_tried.csv", row.names = FALSE)
