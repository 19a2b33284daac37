# One evaluation of the objective and its gradient by the kernels for each width of vectors, which
# are those of AVX-512 (8 doubles), AVX2 (4) and SSE2 (2) on x86-64: the core is built without the
# wider ones. With each compiler that is there.
source("bench/common.R")

shapes <- list(list(n = size(6000, 500), p = 22, M = 3, K = 4),
               list(n = size(20000, 500), p = 20, M = 3, K = 3),
               list(n = size(20000, 500), p = 5, M = 3, K = 3),
               list(n = size(10000, 500), p = 50, M = 5, K = 5))
lanes <- c(8, 4, 2)
at_most <- c(`4` = 2.2, `2` = 4.5) # times the time of 8

build <- function(compiler) {
  arguments <- c("CMD", "make", "-s", "-C", "bench", "lanes", paste0("COMPILER=", compiler))
  if (system2(file.path(R.home("bin"), "R"), arguments) != 0) stop(compiler, " failed")
}

# Milliseconds, the least of some evaluations: other processes can only add to it.
evaluate_with <- function(compiler, lanes, shape) {
  program <- sprintf("bench/build/evaluation-%s-%d", compiler, lanes)
  arguments <- format(c(shape$n, shape$p, shape$M, shape$K, size(9, 3)), scientific = FALSE,
                      trim = TRUE)
  lines <- system2(program, c(extSoftVersion()[["BLAS"]], arguments), stdout = TRUE)
  1e3 * min(utils::read.table(text = lines)[[1]])
}

measure <- function(compiler, shape) {
  times <- replicate(size(5, 2), vapply(lanes, evaluate_with, 1, compiler = compiler,
                                         shape = shape))
  rows <- lapply(seq_along(lanes), function(l) {
    label <- paste0(compiler, ", ", describe(shape))
    time <- result(paste(lanes[l], "doubles"), label, times[l, ], "ms")
    if (l == 1L) return(time)
    rbind(time, result(paste(lanes[l], "doubles / 8"), label, times[l, ] / times[1, ],
                       at_most = at_most[[format(lanes[l])]]))
  })
  do.call(rbind, rows)
}

compilers <- Filter(function(compiler) nzchar(Sys.which(compiler)), c("gcc", "clang"))
results <- lapply(compilers, function(compiler) {
  build(compiler)
  do.call(rbind, lapply(shapes, measure, compiler = compiler))
})
save_results("lanes", do.call(rbind, results))
