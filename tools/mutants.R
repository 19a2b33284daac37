# Mutation testing: do the tests notice a small change to the code? Draws mutants of the files in
# R/ and src/ (mutate.R makes them), runs for each the tests that reach it, and says what became of
# it: with the line's text if it survived.
#
#   Rscript tools/mutants.R [FILE [COUNT [SEED]]]
#
# FILE is part of the path of the files to change, COUNT how many mutants are drawn. The tests of
# the core judge the core, those in R judge R/ and the glue. Of these only those run that can reach
# the changed function, the nearest first, until BUDGET seconds of the processor are spent, so that
# a few survivors may be killed by the rest. All is done on a copy.

for (name in c("mutate", "reach")) source(sprintf("tools/%s.R", name))
first_failure <- normalizePath("tools/first_failure.R")

# Seconds of tests after which a mutant has survived.
budget <- as.numeric(Sys.getenv("BUDGET", "30"))

# --- commands with limits ---

# "passed", "failed" or "timeout". Processor time counts first, as the machine may be busy, then the
# clock, as a deadlock takes no processor time.
run_limited <- function(command, arguments, seconds, environment = character()) {
  line <- paste(c(environment, command, shQuote(arguments)), collapse = " ")
  limited <- sprintf("ulimit -t %.0f; %s; exit $?", ceiling(seconds), line)
  status <- suppressWarnings(system2("bash", c("-c", shQuote(limited)), stdout = FALSE,
                                     stderr = FALSE, timeout = 20 * seconds))
  if (status == 0L) "passed" else if (status %in% c(124L, 137L, 152L)) "timeout" else "failed"
}

# --- the copy: the package as installed, and the core's tests ---

is_glue <- function(file) startsWith(basename(file), "glue")

r_files <- function() {
  collate <- unname(read.dcf("DESCRIPTION", fields = "Collate")[1])
  if (is.na(collate)) return(list.files("R", full.names = TRUE))
  file.path("R", scan(text = gsub("'", "", collate), what = "", quiet = TRUE))
}

# R reads a package's code from this file. As installed it loads a data base; the sources, joined,
# do as well, so that a mutant in R needs no installation.
write_code <- function(more = character()) {
  code <- c(unlist(lapply(r_files(), readLines)), more)
  writeLines(code, file.path("library", package, "R", package))
  TRUE
}

# Compiles the glue's share of the library, which R loads, or the core's tests. FALSE if it fails.
compile_library <- function() {
  object <- paste0(package, .Platform$dynlib.ext)
  passed <- run_limited("cd src && R CMD SHLIB --output=../built *.c", character(), 600) == "passed"
  passed && file.copy("built", file.path("library", package, "libs", object), overwrite = TRUE)
}

core_files <- function() {
  c(Filter(Negate(is_glue), Sys.glob("src/*.c")), Sys.glob("tests/core/*.c"))
}

cc <- function(...) {
  run_limited("cc", c("-std=c99", "-w", "-Isrc", ...), 300) == "passed"
}

core_libraries <- strsplit(Sys.getenv("CORE_LIBS", "-lm"), " +")[[1]]

# The core's tests, under the sanitizers: what misuses memory may survive by luck, but not there.
# Objects of these files go to the folder, those of the others are in the folder `core`.
compile_core <- function(files, folder) {
  flags <- c(strsplit(Sys.getenv("SANITIZED", "-O1 -fsanitize=address,undefined"), " +")[[1]],
             "-fopenmp")
  object <- function(folder, files) file.path(folder, sub("c$", "o", basename(files)))
  compiled <- vapply(files, function(file) cc(flags, "-c", "-o", object(folder, file), file), NA)
  objects <- c(object(folder, files), object("core", setdiff(core_files(), files)))
  all(compiled) && cc(flags, "-o", "test_core", objects, core_libraries)
}

# What runs the tests of these kinds of files.
build <- function(kinds) {
  lapply(c("library", "core", "mutant"), dir.create)
  writeLines("CFLAGS = -O1", "Makevars")
  Sys.setenv(R_MAKEVARS_USER = normalizePath("Makevars"), NOT_CRAN = "true",
             R_LIBS = paste(c(normalizePath("library"), Sys.getenv("R_LIBS")), collapse = ":"))
  built <- c(if (any(kinds != "core")) install(),
             if (any(kinds == "core")) compile_core(core_files(), "core"))
  if (!all(built)) stop("The sources do not compile.")
}

install <- function() {
  options <- c("--preclean", "--no-docs", "--library=library")
  run_limited("R", c("CMD", "INSTALL", options, "."), 600) == "passed" && write_code()
}

# --- tests ---

core_tests <- function() {
  topics <- setdiff(sub("test_(.*)\\.c", "\\1", list.files("tests/core", "^test_.*\\.c$")), "core")
  data.frame(name = topics, topic = topics)
}

# `calls`: how many each is away from each function of R/.
r_tests <- function() {
  names <- list.files("tests/testthat", "^test-.*\\.R$")
  known <- references(c(r_files(), list.files("tests/testthat", "^helper-", full.names = TRUE)))
  tests <- data.frame(name = names, topic = sub("^test-(.*)\\.R$", "\\1", names))
  tests$calls <- lapply(file.path("tests/testthat", names), calls_away, known)
  tests
}

run_core_test <- function(name, seconds) run_limited("./test_core", name, seconds)

# In a process of its own: some tests fork themselves, or count their threads.
run_r_test <- function(name, seconds) {
  run_limited("Rscript", c("--vanilla", first_failure, package, file.path("tests/testthat", name)),
              seconds)
}

processor_seconds <- function(time) sum(time[c("user.child", "sys.child")])

# Names of tests, those likeliest to notice a mutant of the file first: those it is named after, and
# then those that are the fewest calls away from one of the targets, the quickest of them first.
likeliest <- function(tests, file, targets = character()) {
  calls <- rep(0, nrow(tests))
  if (length(targets)) calls <- vapply(tests$calls, function(away) min(away[targets]), 0)
  name <- sub("[.].*", "_", basename(file))
  of_file <- startsWith(name, paste0(tests$topic, "_"))
  wanted <- is.finite(calls) | of_file
  if (!any(wanted)) wanted[] <- TRUE
  tests$name[order(!of_file, calls, seconds[tests$name], na.last = FALSE)][seq_len(sum(wanted))]
}

# --- a mutant's fate: "killed", "timeout", "survived", or "invalid" if it does not compile ---

kind_of <- function(file) {
  ifelse(startsWith(file, "R/"), "r", ifelse(is_glue(file), "glue", "core"))
}

# Makes what runs follow the file. A header is read by all.
rebuild <- function(file) {
  switch(kind_of(file),
    r = write_code(),
    glue = compile_library(),
    core = compile_core(if (endsWith(file, ".h")) core_files() else file, "mutant")
  )
}

restore <- function(text, file) {
  cat(text, file = file, sep = "")
  if (kind_of(file) == "core") compile_core(character(), "core") else rebuild(file)
}

judge <- function(mutant, suites) {
  is_core <- kind_of(mutant$file) == "core"
  run <- if (is_core) run_core_test else run_r_test
  tests <- setdiff(tests_for(mutant, suites), names(seconds)[seconds == Inf])
  repeat {
    found <- judge_by(tests, run, mutant)
    if (is.null(found$test) || is_fit(found$test, run)) return(found$fate)
    tests <- tests[-seq_len(match(found$test, tests))] # those before it have passed
  }
}

tests_for <- function(mutant, suites) {
  switch(kind_of(mutant$file),
    r = likeliest(suites$r, mutant$file, mutant$where),
    glue = likeliest(suites$r, mutant$file, owners(parse("R/core.R"))),
    core = likeliest(suites$core, mutant$file)
  )
}

judge_by <- function(tests, run, mutant) {
  text <- read_text(mutant$file)
  on.exit(restore(text, mutant$file))
  cat(mutate_text(text, mutant), file = mutant$file, sep = "")
  if (rebuild(mutant$file)) run_tests(tests, run) else list(fate = "invalid")
}

# The fate, and the test that sealed it; is_fit() tells which of those that take too long are slow
# without a mutant.
run_tests <- function(tests, run) {
  spent <- 0
  for (name in tests) {
    status <- run_timed(name, run)
    if (status != "passed") {
      return(list(fate = c(failed = "killed", timeout = "timeout")[[status]], test = name))
    }
    spent <- spent + seconds[[name]]
    if (spent > budget) break
  }
  list(fate = "survived")
}

# Of the processor, that each test took when it passed last; Inf if it fails without any mutant.
seconds <- numeric()

run_timed <- function(name, run) {
  limit <- min(3 * budget, 10 + 5 * seconds[name], na.rm = TRUE)
  time <- system.time(status <- run(name, limit))
  if (status == "passed") seconds[name] <<- processor_seconds(time)
  status
}

# Whether a test that failed has passed before, or does so without any mutant.
is_fit <- function(name, run) {
  if (is.na(seconds[name])) {
    status <- run_timed(name, run)
    if (status == "passed") return(TRUE)
    message("Not of use without any mutant: the test ", name, ", ", status)
    seconds[name] <<- Inf
  }
  seconds[[name]] < Inf
}

# --- the whole ---

# All mutants of the files, in random order.
shuffled_mutants <- function(pattern, seed) {
  files <- c(r_files(), Sys.glob("src/*.[ch]"))
  mutants <- do.call(rbind, lapply(grep(pattern, files, value = TRUE), mutants_of))
  if (is.null(mutants) || nrow(mutants) == 0L) stop("No file with code matches ", pattern, ".")
  set.seed(seed)
  mutants[sample.int(nrow(mutants)), ]
}

# Fates of the first `count` that compile, each shown as it is found.
judge_all <- function(mutants, count, suites) {
  fates <- character()
  for (i in seq_len(nrow(mutants))) {
    if (sum(fates != "invalid") == count) break
    fates[i] <- judge(mutants[i, ], suites)
    if (fates[i] != "invalid") show_mutant(mutants[i, ], fates[i])
  }
  fates
}

show_mutant <- function(mutant, fate) {
  one_line <- function(text) gsub("\\s+", " ", text)
  cat(sprintf("%-8s %s:%d: %s -> %s\n", fate, mutant$file, mutant$line, one_line(mutant$old),
              one_line(mutant$new)))
  if (fate == "survived") cat("    ", trimws(readLines(mutant$file)[mutant$line]), "\n", sep = "")
}

summarise <- function(language, fates) {
  fates <- fates[fates != "invalid"]
  cat(sprintf("%s: %d mutants, %d killed, %d of them by the time limit, %d survived\n", language,
              length(fates), sum(fates != "survived"), sum(fates == "timeout"),
              sum(fates == "survived")))
}

main <- function(pattern = "", count = "200", seed = "1") {
  parts <- c("DESCRIPTION", "NAMESPACE", "LICENSE.md", "R", "data", "inst", "src", "tests")
  copy <- file.path(tempdir(), "copy")
  dir.create(copy)
  file.copy(parts, copy, recursive = TRUE)
  setwd(copy)
  mutants <- shuffled_mutants(pattern, as.integer(seed))
  kinds <- kind_of(mutants$file)
  build(kinds)
  suites <- list(r = if (any(kinds != "core")) r_tests(), core = core_tests())
  fates <- judge_all(mutants, as.integer(count), suites)
  is_r <- kinds[seq_along(fates)] == "r"
  summarise("R", fates[is_r])
  summarise("C", fates[!is_r])
}

package <- unname(read.dcf("DESCRIPTION", fields = "Package")[1])
do.call(main, as.list(commandArgs(trailingOnly = TRUE)))
