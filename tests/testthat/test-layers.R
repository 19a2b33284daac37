# R/ is built in layers: `Collate:` in DESCRIPTION names its files from the bottom to the top. These
# tests read the sources, so they run in a checkout alone.

root <- test_path("..", "..")

files <- function() {
  skip_if_not(dir.exists(file.path(root, "R")), "no sources here")
  collate <- read.dcf(file.path(root, "DESCRIPTION"), "Collate")[1]
  scan(text = collate, what = "", quote = "'", quiet = TRUE)
}

# What a file assigns at its top level.
defined_in <- function(file) {
  lines <- as.list(parse(file.path(root, "R", file)))
  assigned <- Filter(function(line) is.call(line) && identical(line[[1]], quote(`<-`)), lines)
  names <- vapply(assigned, function(line) deparse1(line[[2]]), "")
  setdiff(names, grep("[$[(]", names, value = TRUE))
}

# What a function refers to, or a list of conditions such as the rules for faults calls.
used_by <- function(value) {
  if (is.function(value)) return(codetools::findGlobals(value))
  conditions <- Filter(is.call, if (is.list(value)) value)
  as_functions <- lapply(conditions, function(body) as.function(list(body)))
  unlist(lapply(as_functions, function(f) codetools::findGlobals(f, merge = FALSE)$functions))
}

# "caller (file) uses name (file)" for each use of a name that is defined in a later file.
upward_uses <- function(definitions, value_of) {
  home <- rep(seq_along(definitions), lengths(definitions))
  names(home) <- unlist(definitions)
  describe <- function(name) paste0(name, " (", names(definitions)[home[[name]]], ")")
  unlist(lapply(names(home), function(caller) {
    used <- intersect(used_by(value_of(caller)), names(home))
    later <- used[home[used] > home[[caller]]]
    paste(describe(caller), "uses", vapply(later, describe, ""), recycle0 = TRUE)
  }))
}

test_that("Collate names every file of R/ once", {
  expect_identical(sort(files()), sort(list.files(file.path(root, "R"))))
})

test_that("no function uses one of a later file", {
  definitions <- sapply(files(), defined_in, simplify = FALSE)
  expect_identical(anyDuplicated(unlist(definitions)), 0L)
  package <- asNamespace("moelogit")
  expect_identical(upward_uses(definitions, function(name) get(name, package)), character())
})

test_that("a use of a later file would be seen, in a function and in a list of conditions", {
  definitions <- list(below.R = c("low", "rules"), above.R = "high")
  values <- list(low = function(x) lapply(x, high), high = function(x) low(x),
                 rules = alist("it is not high" = high(part) > 1, "it has low" = is.null(low)))
  expect_identical(upward_uses(definitions, function(name) values[[name]]),
                   c("low (below.R) uses high (above.R)", "rules (below.R) uses high (above.R)"))
})

contributing <- function() {
  skip_if_not(file.exists(file.path(root, "CONTRIBUTING.md")), "no sources here")
  readLines(file.path(root, "CONTRIBUTING.md"))
}

test_that("the core is called in one file", {
  text <- lapply(file.path(root, "R", files()), readLines)
  calls <- vapply(text, function(lines) any(grepl("^[^#]*[.]Call", lines)), NA)
  expect_identical(files()[calls], "core.R")
})

test_that("every file has a test file, or CONTRIBUTING says which tests it is in", {
  text <- paste(contributing(), collapse = "\n")
  table <- sub("\n\n.*", "", sub(".*\\| of these files \\|", "", text))
  names <- sub("[.]R$", "", setdiff(files(), "package.R"))
  own <- file.exists(test_path(paste0("test-", names, ".R")))
  named <- vapply(paste0("`", names, "`"), grepl, NA, table, fixed = TRUE)
  expect_identical(names[!own & !named], character())
  expect_identical(names[own & named], character())
  tests <- regmatches(table, gregexpr("test-[a-z_]+[.]R", table))[[1]]
  expect_true(all(file.exists(test_path(tests))))
})

test_that("CONTRIBUTING's picture has the files in the order of Collate", {
  text <- contributing()
  fence <- grep("^```", text)
  picture <- rev(text[seq(fence[1] + 1L, fence[2] - 1L)])
  drawn <- unlist(strsplit(trimws(sub("<--.*", "", substring(picture, 14))), " +"))
  expect_identical(paste0(drawn, ".R"), setdiff(files(), c("package.R", "data.R")))
})
