# Builds the web site of the installed package into docs/.

if (!requireNamespace("pkgdown", quietly = TRUE)) {
  stop("the site needs the package pkgdown, which could not be installed", call. = FALSE)
}

options(pkgdown.internet = FALSE) # no look-up of where the package has been published
pkgdown::build_site(preview = FALSE, new_process = FALSE, install = FALSE)
