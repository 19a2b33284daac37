# What was tried on splits 1 to 3 before the defaults of moe_average() were fixed: a table of
# scores, inst/extdata/ppi_tried.csv.
#
#   Rscript inst/scripts/ppi_tried.R
#
# Run at the package's root, with the package installed, and what ppi_full.R needs. About five
# minutes of processor time.
library(moelogit)
source("inst/scripts/ppi_task.R")
source("inst/scripts/ppi_models.R")

one_fit <- function(experts, lambda) {
  function(train) {
    fit <- fit_mixture(train, data.frame(experts = experts, lambda = lambda))
    function(new) predict(fit, new, type = "prob")
  }
}

average <- function(...) {
  function(train) {
    fit <- moe_average(confidence ~ ., without_names(train), ...)
    function(new) predict(fit, new, type = "prob")
  }
}

boost <- function(train) {
  fit <- boosting$fit(train, boosting$grid)
  function(new) fit(new)[[4]]
}

tried <- list(
  "one fit, 2 experts" = one_fit(2, 1),
  "one fit, 4 experts" = one_fit(4, 2),
  "one fit, 8 experts" = one_fit(8, 4),
  "average without splines" = average(5, 0.5, splines = FALSE),
  "average of 3 experts, ridge 0.5" = average(3, 0.5),
  "average of 5 experts, ridge 0.5" = average(5, 0.5),
  "average of 5 experts, ridge 2" = average(5, 2),
  "average of 8 experts, ridge 0.5" = average(8, 0.5),
  "average of 5 experts, ridge 0.5, 12 members" = average(5, 0.5, members = 12),
  "average with its defaults" = average(),
  "random forest" = function(train) {
    fit <- random_forest$fit(train, data.frame(mtry = 6, min_node_size = 20))
    function(new) fit(new)[[1]]
  },
  "boosting" = boost
)

score_one <- function(name, split, negatives, pairs) {
  set.seed(1)
  test <- part(pairs, "test")
  out <- scores(tried[[name]](part(pairs, "train"))(test), test$confidence)
  cat(sprintf("%s, split %d: %-45s log-loss %.4f\n", negatives, split, name, out$log_loss))
  data.frame(negatives = negatives, split = split, model = name, out)
}

tasks <- expand.grid(split = 1:3, negatives = c("mix", "hard"), stringsAsFactors = FALSE)
results <- Map(function(split, negatives) {
  pairs <- make_pairs(split, negatives)
  do.call(rbind, lapply(names(tried), score_one, split, negatives, pairs))
}, tasks$split, tasks$negatives)
write.csv(rounded(do.call(rbind, results)), "inst/extdata/ppi_tried.csv", row.names = FALSE)
