# How many calls a test is away from each function of the package. Read from the texts, as to run
# all tests takes minutes: a name that is written counts as called, a generic's as its methods'.

# For each name that the files give a value at top level, those of these names that its value holds.
references <- function(files) {
  expressions <- do.call(c, lapply(files, parse, keep.source = FALSE))
  owner <- owners(expressions)
  methods <- methods_of(unique(owner[!is.na(owner)]))
  lapply(split(as.list(expressions), owner), names_within, methods)
}

# Names -> for each of them, and for each generic, what a call of it may reach.
methods_of <- function(names) {
  generics <- lapply(names, function(name) {
    substring(name, 1L, c(nchar(name), gregexpr(".", name, fixed = TRUE)[[1]] - 1L))
  })
  split(rep(names, lengths(generics)), unlist(generics))
}

names_within <- function(expressions, methods) {
  written <- unique(unlist(lapply(expressions, all.names)))
  unique(unlist(methods[intersect(written, names(methods))]))
}

# From the expressions of a file of tests: 0 for what they call, and Inf for what they never reach.
calls_away <- function(file, references) {
  out <- rep(Inf, length(references))
  names(out) <- names(references)
  now <- names_within(as.list(parse(file, keep.source = FALSE)), methods_of(names(references)))
  count <- 0
  while (length(now) > 0L) {
    out[now] <- count
    count <- count + 1
    now <- setdiff(unlist(references[now]), names(out)[is.finite(out)])
  }
  out
}
