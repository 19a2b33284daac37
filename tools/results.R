# Results that must not depend on the machine's linear algebra.
#
#   Rscript tools/results.R make FILE
#   Rscript tools/results.R compare FILE FILE    differences beyond 1e-8 fail
library(moelogit)

make_results <- function() {
  d <- subset(yeast_ppi, split == "test", c(confidence, l3, ra, fc_jac, high_share))
  few <- moe_control(starts = 3, progress = FALSE)
  results <- lapply(c(one = 1, two = 2, three = 3), function(experts) {
    set.seed(1)
    fit <- suppressWarnings(moe_fit(confidence ~ ., d, experts, lambda = 1, control = few))
    list(objective = fit$objective, loglik = fit$loglik, prob = predict(fit, type = "prob"),
         icl = moe_icl(fit))
  })
  set.seed(1)
  overfit <- suppressWarnings(moe_fit(confidence ~ ., d, 5, lambda = 1, control = few))
  tree <- moe_dendrogram(overfit)
  path <- tree$path[c("loglik", "aic", "bic", "icl")]
  c(results, list(tree = list(selected = tree$selected, path = as.matrix(path))))
}

# The library that R names, or the one that was put before it.
describe_blas <- function() {
  mapped <- unique(sub("^[^/]*", "", grep("blas", readLines("/proc/self/maps"), value = TRUE)))
  cat("BLAS loaded:", mapped, "\n")
}

relative <- function(a, b) max(abs(unlist(a) - unlist(b)) / pmax(1, abs(unlist(a))))

arguments <- commandArgs(trailingOnly = TRUE)
switch(arguments[1],
  make = {
    saveRDS(make_results(), arguments[2])
    describe_blas()
  },
  compare = {
    differences <- mapply(relative, readRDS(arguments[2]), readRDS(arguments[3]))
    print(differences)
    cat("largest difference:", format(max(differences)), "\n")
    quit(status = as.integer(max(differences) > 1e-8))
  },
  stop("unknown command: ", arguments[1])
)
