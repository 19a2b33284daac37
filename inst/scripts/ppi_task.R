# The pairs of a split, and the scores of predicted probabilities, for ppi_full.R.

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

# Of moe_calibration(); probabilities count as `smallest` at least in the log-loss.
scores <- function(prob, truth, prior = NULL) {
  table <- as.data.frame(moe_calibration(prob, truth, bins = 15, bootstrap = 0, eps = smallest,
                                         prior = prior))
  table <- table[table$binning %in% c(NA, "mass"), ]
  value <- function(measure, target = NA) {
    table$estimate[table$measure == measure & table$target %in% target]
  }
  data.frame(
    accuracy = value("accuracy"), balanced_accuracy = value("balanced_accuracy"),
    log_loss = value("log_loss"), brier = value("brier"),
    ece = value("ece", "top-label"), ece_debiased = value("ece_debiased", "top-label"),
    ece_classwise = value("ece", "classwise"),
    ece_classwise_debiased = value("ece_debiased", "classwise"),
    aupr = interacting_aupr(prob, truth, prior)
  )
}

# The area under the precision-recall curve of "interacts", whatever the confidence. For a prior,
# each class has its share of the weight.
interacting_aupr <- function(prob, truth, prior = NULL) {
  interacts <- factor(truth != "none", c(TRUE, FALSE))
  weights <- if (!is.null(prior)) {
    class <- as.character(truth)
    hardhat::importance_weights(as.vector(prior[class] / table(class)[class]))
  }
  yardstick::pr_auc_vec(interacts, 1 - prob[, "none"], case_weights = weights)
}

# One pair in a thousand interacts; how many of these with high confidence, the network says.
natural <- local({
  shares <- table(yeast_network$edges$confidence)[c("medium", "high")]
  c(none = 0.999, 0.001 * prop.table(shares))
})

# At the natural rate, to which every model's probabilities are shifted from the training shares.
natural_scores <- function(prob, train, test) {
  odds <- natural[colnames(prob)] / prop.table(table(train))[colnames(prob)]
  shifted <- prob * rep(as.vector(odds), each = nrow(prob))
  out <- scores(shifted / rowSums(shifted), test, natural)
  out <- out[c("log_loss", "brier", "ece", "ece_classwise", "aupr")]
  setNames(out, paste0("natural_", names(out)))
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
