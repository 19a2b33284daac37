# What users waited for in an earlier version, against now (bench/versions.R), and what is to take
# no longer than it did.
source("bench/common.R")
source("bench/versions.R")

few <- list(n = size(6000, 500), p = 22, M = 3, K = 2, seed = 1)
many <- list(n = size(20000, 500), p = size(50, 10), M = 5, K = size(5, 2), seed = 2)
survey <- list(n = size(6000, 500), p = 22, M = 3, K = 5, seed = 3)
long <- list(n = size(1e6, 1e4), p = 11, M = 3, K = 2, seed = 4)
wide <- list(n = 10000, p = 11, M = 3, K = 2, seed = 5)
overfit <- list(n = 2000, p = 22, M = 3, K = 8, seed = 6)
more <- size(1e6, 1e4)

cases <- list(
  case_of("50 plain steps", "evaluations", survey, turns = 9, steps = 10, times = 10, alike = 1.03),
  case_of("50 plain steps", "evaluations", sets$d2, turns = 9, steps = 10, times = 20,
          alike = 1.03),
  case_of("moe_fit(start = )", "fit", survey, turns = 9, steps = 10, times = 10, alike = 1.03),
  case_of("moe_fit(start = )", "fit", sets$d2, turns = 9, steps = 10, times = 20,
          alike = 1.03),
  case_of("moe_dendrogram() of a measure", "tree", overfit, turns = 9, times = size(200, 2),
          alike = 1.03),
  case_of("predict()", "predict", few, more = more, turns = 9, times = 3, alike = 1.03),
  case_of("predict(se.fit = TRUE)", "errors", few, more = more, turns = 1),
  case_of("predict(se.fit = TRUE)", "errors", many, more = many$n, turns = 1),
  case_of("vcov()", "covariance", many, turns = 3),
  case_of("vcov(type = \"sandwich\")", "sandwich", many, turns = 2),
  case_of("moe_effects()", "effects", many, turns = 1),
  case_of("moe_fit() of a data frame", "frame", wide, more = more, framed = TRUE),
  case_of("moe_bootstrap(replicates = 100)", "replicates", survey),
  case_of("summary()", "summary", long, steps = 5, turns = 1)
)

save_cases("waits", cases)
