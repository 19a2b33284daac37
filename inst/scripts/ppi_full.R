# The whole protein-protein interaction experiment: the mixture of experts and other classifiers on
# ten splits of the yeast network, for two kinds of negatives, and on proteins that training has not
# seen.
#
#   Rscript inst/scripts/ppi_full.R [first split] [last split]
#
# Run at the package's root, with the package installed, and igraph, Matrix and the packages of
# ppi_models.R. The results of a model on a split are added to inst/extdata/ppi_results.csv and
# ppi_disjoint.csv as soon as they are there, and what is there is not computed again: delete the
# files, or a model's rows, for a new run. About two minutes of processor time for each split and
# kind of negatives.
#
# Defaults were chosen on splits 1 to 3; so these start at 4.
library(moelogit)
source("inst/scripts/ppi_task.R")
source("inst/scripts/ppi_models.R")
source("inst/simulations/resume.R")

results_file <- "inst/extdata/ppi_results.csv"
disjoint_file <- "inst/extdata/ppi_disjoint.csv"
dir.create("inst/extdata", showWarnings = FALSE)
arguments <- as.integer(commandArgs(trailingOnly = TRUE))
splits <- if (length(arguments) == 2) seq(arguments[1], arguments[2]) else 4:13

# --- A model on one split -------------------------------------------------------------------------

choose_and_score <- function(name, train, test, fold) {
  set.seed(1)
  model <- models[[name]]
  time <- system.time({
    chosen <- choose(model, train, fold)
    prob <- predict_chosen(model, train, chosen, test)
  })
  row <- data.frame(model = name, scores(prob, test$confidence),
                    natural_scores(prob, train$confidence, test$confidence),
                    seconds = sum(time[c("user.self", "sys.self")]),
                    setting = describe_setting(chosen, model))
  list(row = row, chosen = chosen)
}

# --- Proteins that training has not seen ----------------------------------------------------------

held_out_share <- 0.3 # of the proteins
disjoint_models <- c("moelogit, averaged", "multinom", "random forest", "boosting", "xgboost",
                     "identity only", "prior")

# Training pairs with a held-out protein are left out, and test pairs are told apart by how many of
# their proteins training still has. Settings are those chosen on the split.
score_disjoint <- function(pairs, split, name, chosen) {
  set.seed(1000 + split)
  proteins <- yeast_network$proteins$name
  held_out <- sample(proteins, held_out_share * length(proteins))
  seen <- 2 - pairs$protein_a %in% held_out - pairs$protein_b %in% held_out
  train <- part(pairs[seen == 2, ], "train")
  test <- part(pairs, "test")
  seen <- seen[pairs$split == "test"]
  set.seed(1)
  prob <- predict_chosen(models[[name]], train, chosen, test)
  do.call(rbind, lapply(2:0, function(count) {
    data.frame(split = split, seen = count, model = name, pairs = sum(seen == count),
               scores(prob[seen == count, ], test$confidence[seen == count]))
  }))
}

# --- Running --------------------------------------------------------------------------------------

# R 4.2 has xgboost from CRAN's archive alone.
absent_models <- if (!requireNamespace("xgboost", quietly = TRUE)) "xgboost"

# Models whose results are stored already.
stored_models <- function(split, negatives) {
  if (!file.exists(results_file)) return(character())
  stored <- read.csv(results_file)
  stored$model[stored$split == split & stored$negatives == negatives]
}

run_split <- function(split, negatives) {
  missing <- setdiff(names(models), c(stored_models(split, negatives), absent_models))
  if (length(missing) == 0) return()
  pairs <- make_pairs(split, negatives)
  train <- part(pairs, "train")
  set.seed(split)
  fold <- draw_folds(nrow(train))
  for (name in missing) {
    result <- choose_and_score(name, train, part(pairs, "test"), fold)
    if (negatives == "mix" && name %in% disjoint_models) {
      append_result(rounded(score_disjoint(pairs, split, name, result$chosen)), disjoint_file)
    }
    append_result(rounded(data.frame(negatives, split, result$row)), results_file)
    cat(sprintf("%s, split %d: %-28s log-loss %.4f\n", negatives, split, name,
                result$row$log_loss))
  }
}

# Both kinds of negatives of a split in turn, so that a run that is stopped has as much of each.
for (split in splits) for (negatives in c("mix", "hard")) run_split(split, negatives)
