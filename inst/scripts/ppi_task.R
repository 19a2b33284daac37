# What the scripts ppi_full.R and ppi_tried.R share: the pairs of a split, and the scores of
# predicted probabilities.

# --- The task -------------------------------------------------------------------------------------

# What the bundled data show of it together is the whole network.
whole_network <- function() {
  targets <- subset(yeast_ppi, confidence != "none", c(protein_a, protein_b, confidence))
  network <- yeast_network
  network$edges <- droplevels(rbind(network$edges, targets))
  order <- order(network$edges$protein_a, network$edges$protein_b, method = "radix")
  network$edges <- network$edges[order, ]
  network
}

# Split 1 with mixed negatives is the bundled one.
make_pairs <- function(split, negatives) {
  if (split == 1 && negatives == "mix") return(yeast_ppi)
  set.seed(split)
  task <- moe_ppi_split(whole_network(), negatives)
  cbind(task$pairs, moe_ppi_features(task$pairs, task$observed, yeast_funcat))
}

part <- function(pairs, name) subset(pairs, split == name, -split)

# --- Scores ---------------------------------------------------------------------------------------

scores <- function(prob, truth) {
  table <- as.data.frame(moe_calibration(prob, truth, bins = 15, bootstrap = 0, eps = smallest))
  table <- table[table$binning %in% c(NA, "mass"), ]
  value <- function(measure, target = NA) {
    table$estimate[table$measure == measure & table$target %in% target]
  }
  data.frame(
    accuracy = value("accuracy"), balanced_accuracy = value("balanced_accuracy"),
    log_loss = value("log_loss"), brier = value("brier"),
    ece = value("ece", "top-label"), ece_debiased = value("ece_debiased", "top-label"),
    ece_classwise = value("ece", "classwise"),
    ece_classwise_debiased = value("ece_debiased", "classwise")
  )
}

describe_setting <- function(chosen, model) {
  setting <- chosen$setting[names(chosen$setting) != "none"]
  parts <- mapply(function(name, value) {
    paste(name, paste(format(value, digits = 3, trim = TRUE), collapse = " "))
  }, names(setting), setting)
  if (model$path > 1) parts <- c(parts, paste("point", chosen$point))
  paste(parts, collapse = "; ")
}

rounded <- function(table) {
  numeric <- vapply(table, is.double, NA)
  table[numeric] <- lapply(table[numeric], signif, 6)
  table
}
