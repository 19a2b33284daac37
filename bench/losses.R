# Whether default fits predict: five-fold log-loss beside that of the multinomial logit, on real
# data (bench/sets.R). A result is stored as soon as it is there, in bench/results/losses_folds.csv, and
# not computed twice.
source("bench/common.R")
source("bench/sets.R")

folds <- 5
all_sets <- real_sets()
quickest_first <- c("birthwt", "fgl", "vehicle", "beps", "chile", "wvs", "yeast", "satellite")
tasks <- expand.grid(set = size(quickest_first, "birthwt"), experts = size(2:3, 2),
                     stringsAsFactors = FALSE)
tasks$seed <- paste(tasks$set, tasks$experts)

# Mean log-loss of held-out rows, each class spread evenly over the folds.
cross_validate <- function(set, experts, ...) {
  frame <- stats::na.omit(set[[2]])
  y <- as.character(stats::model.response(stats::model.frame(set[[1]], frame)))
  set.seed(1)
  fold <- stats::ave(seq_along(y), y, FUN = function(rows) {
    sample(rep_len(sample(folds), length(rows)))
  })
  losses <- vapply(seq_len(folds), function(out) {
    set.seed(out)
    fit <- suppressMessages(suppressWarnings(
      moe_fit(set[[1]], frame[fold != out, ], experts = experts, ...,
              control = moe_control(progress = FALSE))
    ))
    prob <- stats::predict(fit, frame[fold == out, ], type = "prob")
    own <- prob[cbind(seq_len(nrow(prob)), match(y[fold == out], colnames(prob)))]
    sum(-log(pmax(own, 1e-15)))
  }, 0)
  sum(losses) / length(y)
}

fold_cell <- function(task) {
  set <- all_sets[[task$set]]
  cbind(task, loss = cross_validate(set, task$experts), logit = cross_validate(set, 1, lambda = 0))
}

losses <- run_stored(tasks, fold_cell, "losses_folds.csv")
losses$above <- losses$loss - losses$logit
save_results(
  "losses",
  result("cases more than 0.02 above the logit", paste(nrow(losses), "sets and numbers of experts"),
         sum(losses$above > 0.02), "cases", at_most = 0),
  do.call(rbind, lapply(seq_len(nrow(losses)), function(i) {
    result("log-loss above the logit's", paste0(losses$set[i], ", K = ", losses$experts[i]),
           losses$above[i], "nats a row", at_most = 0.02)
  }))
)
