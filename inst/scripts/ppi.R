# Protein-protein interaction prediction on the bundled yeast data: fits 1 to 4 experts on the
# training pairs, prints how they do on the test pairs, and draws how the classes' probabilities
# agree with what was observed (ppi.png in the working directory).
library(moelogit)

train <- subset(yeast_ppi, split == "train", -c(protein_a, protein_b, split))
test <- subset(yeast_ppi, split == "test", -c(protein_a, protein_b, split))
lambda <- 3e-4 * nrow(train)

accuracy <- function(prob) mean(colnames(prob)[max.col(prob, "first")] == test$confidence)
log_loss <- function(prob) -mean(log(prob[cbind(seq_len(nrow(test)), test$confidence)]))

fits <- lapply(1:4, function(experts) {
  set.seed(1)
  moe_fit(confidence ~ ., data = train, experts = experts, lambda = lambda)
})
probs <- lapply(fits, predict, newdata = test, type = "prob")

cat("Test pairs (", nrow(test), "), ridge ", format(lambda), ":\n\n", sep = "")
print(data.frame(experts = 1:4, accuracy = sapply(probs, accuracy),
                 log_loss = sapply(probs, log_loss)), digits = 4, row.names = FALSE)
cat("\n")
print(summary(fits[[4]]))

# Observed share of each class in ten groups of equal size by its predicted probability.
reliability <- function(prob, experts) {
  do.call(rbind, lapply(colnames(prob), function(class) {
    group <- cut(rank(prob[, class], ties.method = "first"), 10, labels = FALSE)
    data.frame(experts = paste(experts, if (experts == 1) "expert" else "experts"),
               class = factor(class, colnames(prob)),
               predicted = tapply(prob[, class], group, mean),
               observed = tapply(test$confidence == class, group, mean))
  }))
}
figure <- ggplot2::ggplot(
  rbind(reliability(probs[[1]], 1), reliability(probs[[4]], 4)),
  ggplot2::aes(predicted, observed, colour = class, shape = class)
) +
  ggplot2::geom_abline(colour = "grey60") +
  ggplot2::geom_line() +
  ggplot2::geom_point(size = 2) +
  ggplot2::facet_wrap("experts") +
  ggplot2::scale_colour_viridis_d(end = 0.85) +
  ggplot2::coord_equal(xlim = c(0, 1), ylim = c(0, 1)) +
  ggplot2::labs(x = "predicted probability", y = "observed share",
                title = "Yeast protein pairs: predicted and observed, test pairs") +
  ggplot2::theme_minimal()
ggplot2::ggsave("ppi.png", figure, width = 9, height = 5, dpi = 120, bg = "white")
cat("\nThe figure is in ppi.png.\n")
