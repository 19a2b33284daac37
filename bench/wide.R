# Designs of many columns, whose metric LAPACK factors where the earlier version (bench/versions.R)
# had a factorization of its own: with R's BLAS a fit is to lose little, with OpenBLAS to gain.
source("bench/common.R")
source("bench/versions.R")

bound <- if (blas_name() == "openblas") 1 else 1.1
cases <- lapply(size(c(1000, 2000), c(50, 100)), function(p) {
  set <- list(n = size(3000, 500), p = p, M = 3, K = 2, seed = 7)
  case_of("moe_fit(start = )", "fit", set, steps = 1, turns = 2, alike = bound)
})

save_cases("wide", cases)
