# Time and memory of networks, pairs and sequences at the size of a proteome, each case in a process
# of its own. Needs Linux's /proc, and the packages igraph, Matrix and RSpectra; protr to compare
# with. `bench/proteins.R whole` scores all pairs of a yeast proteome to a file, in place of a part of
# them. All runs on one thread, so that the processor time is the time of a machine that does nothing
# else, and is what targets are held to.
source("bench/common.R")

whole <- "whole" %in% commandArgs(trailingOnly = TRUE)

# Made-up networks with the skewed degrees of real ones, and made-up sequences.
preamble <- "
library(moelogit)
status <- function(field) {
  line <- grep(field, readLines('/proc/self/status'), value = TRUE)
  as.numeric(gsub('[^0-9]', '', line)) / 1024
}
draw_edges <- function(proteins, edges) {
  weight <- rexp(proteins)^1.5 + 0.05
  a <- sample.int(proteins, 1.3 * edges, TRUE, weight)
  b <- sample.int(proteins, 1.3 * edges, TRUE, weight)
  ends <- unique(cbind(pmin(a, b), pmax(a, b))[a != b, ])[seq_len(edges), ]
  data.frame(protein_a = paste0('P', ends[, 1]), protein_b = paste0('P', ends[, 2]),
             confidence = sample(c('medium', 'high'), edges, TRUE, c(4, 1)))
}
draw_proteins <- function(count) {
  data.frame(name = paste0('P', seq_len(count)), class = sample(LETTERS[1:12], count, TRUE))
}
draw_pairs <- function(name, count) {
  a <- sample.int(length(name), count, TRUE)
  b <- (a + sample.int(length(name) - 1L, count, TRUE) - 1L) %% length(name) + 1L
  data.frame(protein_a = name[a], protein_b = name[b])
}
draw_sequences <- function(count, length = 450) {
  out <- replicate(count, paste(sample(strsplit('ARNDCEQGHILKMFPSTWYV', '')[[1]], length, TRUE),
                                collapse = ''))
  names(out) <- paste0('P', seq_len(count))
  out
}
measured <- function(task) {
  invisible(gc())
  writeLines('5', '/proc/self/clear_refs')
  before <- status('VmRSS')
  time <- system.time(result <- task())
  c(time[['user.self']] + time[['sys.self']], status('VmHWM'),
    status('VmHWM') - before - as.numeric(object.size(result)) / 2^20)
}
set.seed(1)
"

# Processor seconds, the peak of the process in MB, and how much of it the task took beyond its
# result.
measure <- function(...) {
  code <- paste(preamble, sprintf(...), sep = "\n")
  as.numeric(fresh_process(paste(code, "writeLines(format(out, digits = 10))", sep = "\n")))
}

rows <- list()
add <- function(what, case, values, unit, ...) {
  rows[[length(rows) + 1L]] <<- result(what, case, values, unit, ...)
}
add_all <- function(what, case, m, seconds_at_most = NA, peak_at_most = NA, beyond_at_most = NA) {
  add(paste0(what, ", processor time"), case, m[1], "s", at_most = seconds_at_most)
  add(paste0(what, ", peak of the process"), case, m[2], "MB", at_most = peak_at_most)
  add(paste0(what, ", peak beyond the result"), case, m[3], "MB", at_most = beyond_at_most)
}

# --- networks ---

proteins <- size(18000, 1000)
edges <- size(200000, 5000)
drawn <- sprintf("edges <- draw_edges(%d, %d); proteins <- draw_proteins(%d);",
                 proteins, edges, proteins)
case <- sprintf("%d proteins, %d edges", proteins, edges)
m <- measure("%s out <- measured(function() moe_network(edges, proteins))", drawn)
add_all("moe_network()", case, m, seconds_at_most = 60, peak_at_most = 2048)

pairs <- size(10000, 100)
m <- measure("%s network <- moe_network(edges, proteins)
pairs <- draw_pairs(proteins$name, %d)
out <- measured(function() suppressWarnings(moe_ppi_features(pairs, network)))", drawn, pairs)
add_all("moe_ppi_features()", sprintf("%s, %d pairs", case, pairs), m)

pairs <- size(1e6, 1e4)
m <- measure("network <- moe_network(yeast_network, annotation = yeast_funcat)
pairs <- draw_pairs(network$proteins$name, %d)
out <- measured(function() suppressWarnings(moe_ppi_features(pairs, network)))", pairs)
add_all("moe_ppi_features()", sprintf("yeast_network, %d pairs", pairs), m, seconds_at_most = 10,
        beyond_at_most = 1024)

# --- sequences ---

proteins <- size(200, 50)
m <- measure("s <- draw_sequences(%d); out <- measured(function() moe_sequence_features(s))",
             proteins)
add_all("moe_sequence_features()", sprintf("%d proteins of length 450", proteins), m)
if (requireNamespace("protr", quietly = TRUE)) {
  m <- measure("s <- draw_sequences(%d)
out <- measured(function() vapply(s, protr::extractCTriad, numeric(343)))", proteins)
  add_all("protr::extractCTriad()", sprintf("%d proteins of length 450", proteins), m)
}

pairs <- size(1e5, 1e3)
m <- measure("features <- moe_sequence_features(draw_sequences(1000))
pairs <- draw_pairs(rownames(features), %d)
out <- measured(function() moe_pair_features(pairs, features))", pairs)
add_all("moe_pair_features()", sprintf("%d pairs, all 553 features", pairs), m, peak_at_most = 1024)

m <- measure("s <- draw_sequences(1000); pairs <- draw_pairs(names(s), %d)
out <- measured(function() predict(moe_sequence_recipe(pairs, s), s, pairs))", pairs)
add_all("recipe learnt and applied", sprintf("%d pairs of 1000 proteins, 25 components", pairs), m,
        peak_at_most = 1024)

# --- a proteome ---

proteins <- size(6000, 300)
edges <- size(60000, 2000)
scored <- if (whole) proteins else size(1000, 100)
m <- measure("network <- moe_network(draw_edges(%d, %d), draw_proteins(%d))
train <- subset(yeast_ppi, split == 'train', -c(protein_a, protein_b, split))
train <- train[!startsWith(names(train), 'fc_')]
fit <- moe_fit(confidence ~ ., train, experts = 4, lambda = 2,
               control = moe_control(search = 'quick', tolerance = 1e-5))
file <- tempfile(fileext = '.tsv.gz')
out <- measured(function() {
  scored <<- attr(moe_rank_pairs(fit, network$proteins$name[1:%d], network, file), 'scored')
})
out <- c(out, scored, file.size(file) / 2^20)", proteins, edges, proteins, scored)
case <- sprintf("%d proteins, %d edges; %.0f pairs", proteins, edges, m[4])
add_all("moe_rank_pairs() to a file", case, m, peak_at_most = 2048,
        seconds_at_most = if (whole) 3600 else NA)
all_pairs <- proteins * (proteins - 1) / 2
if (!whole) {
  add("moe_rank_pairs() to a file, processor time for all pairs", sprintf("%.0f pairs", all_pairs),
      m[1] * all_pairs / m[4], "s", at_most = 3600, note = "extrapolated")
}
add("size of the file", case, m[5], "MB")

do.call(save_results, c(list("proteins"), rows))
