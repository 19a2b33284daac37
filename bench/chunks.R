# What the benchmarks of rows elsewhere share: chunks of rows of a mixture.
chunk_rows <- 50000L
chunks <- size(20L, 2L) # which memory holds too

# Rows of a mixture, as text that other processes read too: chunk i, and a source of so many chunks.
generator <- "
make_chunk <- function(i, n) {
  set.seed(i)
  x <- matrix(rnorm(n * 10), n)
  expert <- max.col(cbind(0, 3 * x[, 1:2]) - log(rexp(3 * n)))
  score <- cbind(0, x[, 3] * c(2, -1, 0)[expert], x[, 4] * c(0, 1, -2)[expert])
  data.frame(x, y = c('a', 'b', 'c')[max.col(score - log(rexp(3 * n)))])
}
make_source <- function(count, n, memory = 250e6) {
  at <- 0
  moelogit::moe_rows(function(reset) {
    at <<- if (reset) 0 else at + 1
    if (!reset && at <= count) make_chunk(at, n)
  }, memory = memory)
}"
eval(parse(text = generator))
