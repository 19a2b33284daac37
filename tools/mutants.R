# Mutation testing: do the tests notice a small change to the code? Draws mutants of the files in
# R/ and src/ (mutate.R makes them), runs for each the tests that reach it, and lists the survivors.
#
#   Rscript tools/mutants.R [FILE [COUNT [SEED]]]
#
# FILE is part of the path of the files to change, COUNT how many mutants are drawn. The tests of
# the core judge the core, those in R judge R/ and the glue. Of these only those run that call the
# changed function, and of all no more than fit into half a minute, so that a few survivors may be
# killed by the rest. All is done on a copy.

source("tools/mutate.R")

budget <- 30 # seconds of tests for a mutant

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

# Objects of these files go to the folder, those of the others are in the folder `core`.
compile_core <- function(files, folder) {
  object <- function(folder, files) file.path(folder, sub("c$", "o", basename(files)))
  compiled <- vapply(files, function(file) {
    cc("-O1", "-fopenmp", "-c", "-o", object(folder, file), file)
  }, NA)
  objects <- c(object(folder, files), object("core", setdiff(core_files(), files)))
  all(compiled) && cc("-fopenmp", "-o", "test_core", objects, core_libraries)
}

# What misuses memory may survive by luck, but not this build.
compile_sanitized <- function() {
  flags <- strsplit(Sys.getenv("SANITIZED", "-O1 -fsanitize=address,undefined"), " +")[[1]]
  cc(flags, "-o", "test_sanitized", core_files(), core_libraries)
}

# What runs the tests of these kinds of files.
build <- function(kinds) {
  lapply(c("library", "reached", "core", "mutant"), dir.create)
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

# --- tests, and what they reach ---

# Appended to the package's code: each function notes its name when a process first calls it.
tracer <- '
local({
  seen <- new.env()
  note <- function(name) {
    if (is.null(seen[[name]])) cat(name, "\n", file = Sys.getenv("REACHED"), append = TRUE)
    seen[[name]] <- TRUE
  }
  namespace <- parent.env(environment())
  for (name in ls(namespace, all.names = TRUE)) {
    f <- namespace[[name]]
    if (!is.function(f)) next
    body(f) <- call("{", as.call(list(note, name)), body(f))
    assign(name, f, namespace)
  }
})'

run_core_test <- function(name, seconds) run_limited("./test_core", name, seconds)
run_sanitized <- function(name, seconds) run_limited("./test_sanitized", name, 3 * seconds)

first_failure <- normalizePath("tools/first_failure.R")

run_r_test <- function(name, seconds, environment = character()) {
  arguments <- c(first_failure, package, file.path("tests/testthat", name))
  run_limited("Rscript", arguments, seconds, environment)
}

# Tests with the processor time that they take. All must pass.
measure <- function(names, run) {
  seconds <- vapply(names, function(name) {
    spent <- system.time(status <- run(name, 3600))
    if (status != "passed") stop("The test ", name, " fails without any mutant: ", status)
    sum(spent[c("user.child", "sys.child")])
  }, 0)
  data.frame(name = names, topic = gsub("^test[-_]|\\.[cR]$", "", names), seconds = seconds)
}

core_tests <- function() {
  topics <- sub("test_(.*)\\.c", "\\1", list.files("tests/core", "^test_.*\\.c$"))
  measure(setdiff(topics, "core"), run_core_test)
}

# `reached`: the functions that each calls.
r_tests <- function() {
  write_code(tracer)
  on.exit(write_code())
  names <- list.files("tests/testthat", "^test-.*\\.R$")
  tests <- measure(names, function(name, seconds) {
    run_r_test(name, seconds, paste0("REACHED=", shQuote(file.path(getwd(), "reached", name))))
  })
  tests$reached <- lapply(file.path("reached", names), function(file) {
    if (file.exists(file)) unique(trimws(readLines(file)))
  })
  tests
}

# Those worth running for a mutant of the file, the likeliest to notice it first: the test of the
# same name, and those that call most of the file's functions.
choose_tests <- function(tests, file) {
  topic <- sub("\\..*", "", basename(file))
  calls <- numeric(nrow(tests))
  if (endsWith(file, ".R")) {
    functions <- owners(parse(file))
    calls <- vapply(tests$reached, function(reached) sum(functions %in% reached), 0)
  }
  tests <- tests[order(tests$topic != topic, -calls, tests$seconds), ]
  tests[cumsum(tests$seconds) <= max(budget, tests$seconds[1]), ]
}

# --- a mutant's fate: "killed", "timeout", "survived", or "invalid" if it does not compile ---

kind_of <- function(file) {
  ifelse(startsWith(file, "R/"), "r", ifelse(is_glue(file), "glue", "core"))
}

# Makes what runs follow the file. A header is read by all.
rebuild <- function(file) {
  header <- endsWith(file, ".h")
  switch(kind_of(file),
    r = write_code(),
    glue = {
      if (header) unlink(Sys.glob("src/*.o"))
      compile_library()
    },
    core = compile_core(if (header) core_files() else file, "mutant")
  )
}

# The core's tests are linked anew for each mutant.
restore <- function(text, file) {
  cat(text, file = file, sep = "")
  if (kind_of(file) != "core") rebuild(file)
}

judge <- function(mutant, suites) {
  text <- read_text(mutant$file)
  on.exit(restore(text, mutant$file))
  cat(mutate_text(text, mutant), file = mutant$file, sep = "")
  if (!rebuild(mutant$file)) return("invalid")
  switch(kind_of(mutant$file),
    r = run_tests(choose_tests(reaching(suites$r, mutant$where), mutant$file), run_r_test),
    glue = run_tests(choose_tests(suites$r, mutant$file), run_r_test),
    core = judge_core(choose_tests(suites$core, mutant$file))
  )
}

judge_core <- function(tests) {
  fate <- run_tests(tests, run_core_test)
  if (fate == "survived" && compile_sanitized()) run_tests(tests, run_sanitized) else fate
}

# All tests where none is known to call the function, or it is none but some other object.
reaching <- function(tests, name) {
  reached <- vapply(tests$reached, function(names) name %in% names, NA)
  if (any(reached)) tests[reached, ] else tests
}

run_tests <- function(tests, run) {
  for (i in seq_len(nrow(tests))) {
    status <- run(tests$name[i], 10 + 5 * tests$seconds[i])
    if (status != "passed") return(c(failed = "killed", timeout = "timeout")[[status]])
  }
  "survived"
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

measure_suites <- function(kinds) {
  list(r = if (any(kinds != "core")) r_tests(), core = if (any(kinds == "core")) core_tests())
}

# Fates of the first `count` that compile; survivors are shown as they are found.
judge_all <- function(mutants, count, suites) {
  fates <- character()
  for (i in seq_len(nrow(mutants))) {
    if (sum(fates != "invalid") == count) break
    fates[i] <- judge(mutants[i, ], suites)
    if (fates[i] == "survived") show_mutant(mutants[i, ])
  }
  fates
}

show_mutant <- function(mutant) {
  one_line <- function(text) gsub("\\s+", " ", text)
  source <- trimws(readLines(mutant$file)[mutant$line])
  cat(sprintf("%s:%d: %s -> %s\n    %s\n", mutant$file, mutant$line, one_line(mutant$old),
              one_line(mutant$new), source))
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
  suites <- measure_suites(kinds) # before the first mutant
  fates <- judge_all(mutants, as.integer(count), suites)
  is_r <- kinds[seq_along(fates)] == "r"
  summarise("R", fates[is_r])
  summarise("C", fates[!is_r])
}

package <- unname(read.dcf("DESCRIPTION", fields = "Package")[1])
do.call(main, as.list(commandArgs(trailingOnly = TRUE)))
