# Protein-protein interaction prediction on the bundled yeast data, at first sight: how an average
# of mixtures does on the test pairs beside simpler classifiers, which pairs it would look at next,
# and a reliability diagram (ppi.png in the working directory).
library(moelogit)

features <- setdiff(names(yeast_ppi), c("protein_a", "protein_b", "split"))
train <- subset(yeast_ppi, split == "train", features)
test <- subset(yeast_ppi, split == "test")

set.seed(1)
average <- moe_average(confidence ~ ., train)
mixture <- moe_fit(confidence ~ ., train, experts = 3, lambda = 2,
                   control = moe_control(search = "quick"))
logit <- moe_fit(confidence ~ ., train, experts = 1)
prob <- lapply(list("average of mixtures" = average, "one mixture" = mixture,
                    "multinomial logit" = logit), predict, test, type = "prob")
if (requireNamespace("ranger", quietly = TRUE)) {
  forest <- ranger::ranger(confidence ~ ., train, probability = TRUE, seed = 1, num.threads = 1)
  prob[["random forest"]] <- predict(forest, test)$predictions
}

cat(sprintf("Yeast protein pairs: none, medium or high confidence of an interaction.
Fitted to %d pairs: an average of %d mixtures of %d experts each (ridge %g).
Scores on %d other pairs (less is better, but for accuracy):\n\n",
            nrow(train), length(average$members), average$experts, average$lambda, nrow(test)))
calibration <- moe_calibration(prob, test$confidence, bootstrap = 0, eps = 1e-6)
scores <- subset(as.data.frame(calibration),
                 measure %in% c("log_loss", "brier", "accuracy") |
                   measure == "ece" & target == "top-label" & binning == "mass")
print(round(tapply(scores$estimate, scores[c("model", "measure")], sum)[, c(4, 2, 3, 1)], 4))

# One pair in a thousand interacts, of which a fifth with high confidence.
natural <- c(none = 0.999, medium = 0.0008, high = 0.0002)
unreported <- subset(test, confidence == "none")
at_natural_rate <- 1 - predict(average, unreported, type = "prob", prior = natural)[, "none"]
first <- order(at_natural_rate, decreasing = TRUE)[1:10]
why <- as.data.frame(moe_contributions(average, unreported[first, ]))

# The two features that speak most for an interaction of medium confidence.
reason <- vapply(1:10, function(i) {
  terms <- subset(why, row == i & class == "medium" & term != "(Intercept)")
  terms <- terms[order(-terms$contribution), ][1:2, ]
  paste(sprintf("%s = %.3g (%+.1f)", terms$term, terms$value, terms$contribution),
        collapse = ", ")
}, "")
cat("\nPairs of which no interaction is reported that are most probable to have one, at a rate of
one in a thousand; with the features that add most to the log-odds:\n\n")
print(data.frame(unreported[first, c("protein_a", "protein_b")],
                 probability = signif(at_natural_rate[first], 2), because = reason),
      row.names = FALSE, right = FALSE)

ggplot2::ggsave("ppi.png", ggplot2::autoplot(calibration), width = 9, height = 6, dpi = 120,
                bg = "white")
cat("\nHow far to believe the probabilities: ppi.png. Coefficients of one mixture: summary().\n")
