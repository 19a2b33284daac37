# What the package needs, read from DESCRIPTION, and how to get it from CRAN.
#
#   Rscript tools/dependencies.R missing FIELD   list what is missing: package, version
#   Rscript tools/dependencies.R install FIELD   install what is missing from CRAN
#   Rscript tools/dependencies.R library         name the library to install into
#
# The field Imports is all the package cannot run without; Suggests adds what tests and vignettes
# use, Config/Needs/website what builds the site, Config/Needs/engines what holds rows outside R.

required <- c("Depends", "Imports", "LinkingTo")

# "cli, testthat (>= 3.1.0)" as a data frame; version "0" stands for any version.
parse_requirements <- function(text) {
  entries <- trimws(unlist(strsplit(text[!is.na(text)], ",")))
  entries <- gsub("\\s", "", entries[nzchar(entries)])
  bounds <- sub("^[^(]*\\(?", "", sub("\\)$", "", entries))
  data.frame(
    package = sub("\\(.*", "", entries),
    version = ifelse(startsWith(bounds, ">="), sub(">=", "", bounds), "0")
  )
}

is_met <- function(package, version) {
  if (package == "R") {
    return(getRversion() >= version)
  }
  installed <- suppressWarnings(packageDescription(package, fields = "Version"))
  !is.na(installed) && package_version(installed) >= version
}

missing_requirements <- function(fields, description = "DESCRIPTION") {
  needs <- parse_requirements(read.dcf(description, fields = fields))
  needs[!as.logical(Map(is_met, needs$package, needs$version)), ]
}

# The first library that can be written to; the user's own is made when there is none.
target_library <- function() {
  writable <- .libPaths()[file.access(.libPaths(), 2) == 0]
  if (length(writable) > 0) {
    return(writable[1])
  }
  own <- strsplit(Sys.getenv("R_LIBS_USER"), .Platform$path.sep)[[1]][1]
  dir.create(own, recursive = TRUE)
  own
}

use_repository <- function() {
  if ("@CRAN@" %in% getOption("repos")) {
    chooseCRANmirror(ind = 1, local.only = TRUE) # the first of R's own list serves every region
  }
}

# Tarballs of all earlier versions, newest first.
archived <- function(package) {
  folder <- contrib.url(getOption("repos")[[1]])
  index <- gzcon(url(file.path(folder, "Meta", "archive.rds"), "rb"))
  on.exit(close(index))
  files <- rownames(readRDS(index)[[package]])
  versions <- package_version(sub(".*_(.+)\\.tar\\.gz$", "\\1", files))
  file.path(folder, "Archive", files[order(versions, decreasing = TRUE)])
}

description_in <- function(tarball) {
  file <- file.path(sub("_.*", "", basename(tarball)), "DESCRIPTION")
  untar(tarball, file, exdir = tempdir())
  file.path(tempdir(), file)
}

# The current version, when it accepts this R; otherwise the newest earlier one that does. Only the
# tarballs themselves tell which R an archived version asks for, so they are opened one by one.
find_tarball <- function(package, catalogue) {
  if (package %in% rownames(catalogue)) {
    return(download.packages(package, tempdir(), catalogue, type = "source", quiet = TRUE)[, 2])
  }
  for (address in archived(package)) {
    tarball <- file.path(tempdir(), basename(address))
    download.file(address, tarball, quiet = TRUE, mode = "wb")
    if (!"R" %in% missing_requirements("Depends", description_in(tarball))$package) {
      return(tarball)
    }
  }
  stop("no version of ", package, " was found for R ", getRversion(), call. = FALSE)
}

install_tarball <- function(tarball, library) {
  log <- tempfile()
  arguments <- c("CMD", "INSTALL", "--no-docs", "-l", shQuote(library), shQuote(tarball))
  if (system2(file.path(R.home("bin"), "R"), arguments, stdout = log, stderr = log) != 0) {
    message(paste(tail(readLines(log), 30), collapse = "\n"))
    stop(basename(tarball), " could not be installed", call. = FALSE)
  }
}

# Installs a package after the packages it needs, which get the same treatment.
ensure <- function(package, version, catalogue, library) {
  if (is_met(package, version)) {
    return(invisible())
  }
  message("fetching ", package, " from CRAN")
  tarball <- find_tarball(package, catalogue)
  needs <- missing_requirements(required, description_in(tarball))
  Map(function(p, v) ensure(p, v, catalogue, library), needs$package, needs$version)
  install_tarball(tarball, library)
  if (!is_met(package, version)) {
    stop(basename(tarball), " is older than the version needed, ", version, call. = FALSE)
  }
}

install_missing <- function(level) {
  if (nrow(missing_requirements(c(required, level))) == 0) {
    return(invisible())
  }
  use_repository()
  Sys.setenv(MAKEFLAGS = "-j2") # the largest packages take minutes to compile
  Sys.setenv(USE_BUNDLED_LIBUV = "1") # fs, which testthat needs, then asks for no system library
  library <- target_library()
  .libPaths(c(library, .libPaths()))
  catalogue <- available.packages(type = "source")
  needs <- missing_requirements(required)
  Map(function(p, v) ensure(p, v, catalogue, library), needs$package, needs$version)
  suggested <- missing_requirements(level)
  Map(function(p, v) try_ensure(p, v, catalogue, library), suggested$package, suggested$version)
  invisible()
}

# A suggested package may stay away: the tests that need it are skipped, and say so.
try_ensure <- function(package, version, catalogue, library) {
  tryCatch(
    ensure(package, version, catalogue, library),
    error = function(e) message("without ", package, ": ", conditionMessage(e))
  )
}

list_missing <- function(level) {
  needs <- missing_requirements(c(required, level))
  old_r <- needs$version[needs$package == "R"]
  if (length(old_r) > 0) {
    stop("R ", getRversion(), " is too old: R ", old_r, " or newer is needed", call. = FALSE)
  }
  cat(sprintf("%s %s\n", needs$package, needs$version), sep = "")
}

arguments <- commandArgs(trailingOnly = TRUE)
switch(arguments[1],
  missing = list_missing(arguments[2]),
  install = install_missing(arguments[2]),
  library = cat(target_library(), "\n", sep = ""),
  stop("unknown command: ", arguments[1])
)
