# What happens when the package is loaded.

.onLoad <- function(libname, pkgname) {
  state$pid <- Sys.getpid()
  on_load("marginaleffects", announce_to_marginaleffects)
  on_load("texreg", announce_to_texreg)
  on_load("parsnip", announce_to_parsnip)
}

# Calls a function when a package is loaded, or now if it is.
on_load <- function(package, action) {
  setHook(packageEvent(package, "onLoad"), action)
  if (isNamespaceLoaded(package)) action()
}
