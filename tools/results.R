# Results that must depend on the machine's linear algebra by no more than rounding.
#
#   Rscript tools/results.R make FILE
#   Rscript tools/results.R compare FILE FILE    too large a difference fails
library(moelogit)

make_results <- function() {
  d <- subset(yeast_ppi, split == "test", c(confidence, l3, ra, fc_jac, high_share))
  control <- moe_control(search = "quick", progress = FALSE)
  fit <- function(experts) {
    set.seed(1)
    suppressWarnings(moe_fit(confidence ~ ., d, experts, lambda = 1, control = control))
  }
  fits <- lapply(c(one = 1, two = 2, three = 3), fit)
  fits$chosen <- suppressWarnings(cut(moe_dendrogram(fit(5))))
  lapply(fits, function(fit) {
    list(experts = fit$experts, objective = fit$objective, loglik = fit$loglik,
         prob = predict(fit, type = "prob"),
         errors = suppressWarnings(sqrt(diag(vcov(fit)))))
  })
}

# A run stops when what is left to gain in the objective is small, so that parameters, and what
# depends on them, agree to about the root of that.
most <- c(experts = 0, objective = 1e-8, loglik = 1e-6, prob = 1e-4, errors = 1e-3)

# The library that R names, or the one that was put before it.
describe_blas <- function() {
  mapped <- unique(sub("^[^/]*", "", grep("blas", readLines("/proc/self/maps"), value = TRUE)))
  cat("BLAS loaded:", mapped, "\n")
}

relative <- function(a, b) {
  if (!identical(is.na(a), is.na(b))) return(Inf)
  max(abs(a - b) / pmax(1, abs(a)), na.rm = TRUE)
}

arguments <- commandArgs(trailingOnly = TRUE)
switch(arguments[1],
  make = {
    saveRDS(make_results(), arguments[2])
    describe_blas()
  },
  compare = {
    a <- readRDS(arguments[2])
    b <- readRDS(arguments[3])
    differences <- mapply(function(a, b) mapply(relative, a, b), a, b)
    print(differences, digits = 2)
    quit(status = as.integer(any(differences > most[rownames(differences)])))
  },
  stop("unknown command: ", arguments[1])
)
