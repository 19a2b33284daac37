# One evaluation of the objective and its gradient, on one thread, against
# - the two matrix products of its shape by OpenBLAS (evaluation.c; left out where it is absent),
# - vectorised R with the BLAS that R runs on.
source("bench/common.R")
source("bench/peers.R")

shapes <- list(
  list(n = size(1e5, 5000), p = 20, M = 3, K = 3, seed = 1, repeats = size(101, 5), at_most = 1,
       at_least = 20),
  list(n = size(1e5, 5000), p = 100, M = 10, K = 5, seed = 2, repeats = size(41, 3), at_most = 1.3,
       at_least = NA)
)

find_openblas <- function() {
  if (nzchar(Sys.getenv("OPENBLAS"))) return(Sys.getenv("OPENBLAS"))
  found <- list.files("bench/build/openblas", "^libopenblas.so.0$", recursive = TRUE,
                      full.names = TRUE)
  if (length(found)) normalizePath(found[1])
}

# A row per repeat: seconds of the evaluation and of the products.
time_products <- function(shape, openblas) {
  built <- system2(file.path(R.home("bin"), "R"), c("CMD", "make", "-s", "-C", "bench"))
  if (built != 0) stop("bench/evaluation.c could not be compiled")
  arguments <- c(openblas, format(c(shape$n, shape$p, shape$M, shape$K, shape$repeats),
                                  scientific = FALSE, trim = TRUE))
  lines <- system2("bench/build/evaluation", arguments, stdout = TRUE,
                   env = "OPENBLAS_NUM_THREADS=1")
  times <- as.matrix(utils::read.table(text = lines))
  colnames(times) <- c("evaluation", "products")
  times
}

against_products <- function(shape, openblas) {
  times <- time_products(shape, openblas)
  rbind(
    ratio_result("evaluation / OpenBLAS products", describe(shape), times, "evaluation", "products",
                 at_most = shape$at_most),
    result("evaluation", describe(shape), 1e3 * times[, "evaluation"], "ms"),
    result("OpenBLAS products", describe(shape), 1e3 * times[, "products"], "ms")
  )
}

against_plain <- function(shape) {
  d <- make_data(shape)
  problem <- core_problem(d$x, d$y_factor, d$K)
  a <- plain_problem(standardise(d$x, problem), d$y, d$M, d$K)
  theta <- core_start(problem, common_start(d))
  b <- free_coefficients(theta, d$p, d$M, d$K)
  ours <- core_evaluate(problem, theta)$loglik
  stopifnot(all.equal(plain_evaluate(a, b)$objective, ours))
  times <- take_turns(list(plain = function() plain_evaluate(a, b),
                           core = function() core_evaluate(problem, theta)),
                      size(15, 3))
  ratio_result("plain R / evaluation", describe(shape), times, "plain", "core",
               at_least = shape$at_least)
}

openblas <- find_openblas()
if (is.null(openblas)) message("OpenBLAS was not found: its products are left out")
save_results("evaluation",
             if (!is.null(openblas)) do.call(rbind, lapply(shapes, against_products, openblas)),
             do.call(rbind, lapply(shapes, against_plain)))
