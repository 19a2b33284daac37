# A formula carries the environment it was written in, with everything that is there, and so would
# each saved fit. A fit keeps only the objects that its formula refers to.

# Environments that are saved by name alone: the user's workspace, a package.
top_level <- function(env) topenv(env, matchThisEnv = NULL)

is_top_level <- function(env) identical(env, top_level(env))

# What stands in for env: an environment with the objects that the expression refers to and that are
# between env and its top level, or the top level itself where there are none. Names of `data` are
# found there first.
slim_environment <- function(env, expression, data) {
  if (is.null(env) || is_top_level(env)) return(env)
  objects <- local_objects(env, all.names(expression, unique = TRUE),
                           setdiff(all.vars(expression), names(data)))
  if (length(objects) == 0L) return(top_level(env))
  list2env(objects, parent = top_level(env))
}

# The innermost objects of these names: functions for names that may be calls, others for variables.
local_objects <- function(env, calls, variables) {
  found <- list()
  while (!is_top_level(env)) {
    for (name in setdiff(intersect(calls, ls(env, all.names = TRUE)), names(found))) {
      # An argument that was not given has no value.
      value <- tryCatch(get(name, env, inherits = FALSE), error = function(e) NULL)
      if (is.function(value) || name %in% variables) found[name] <- list(value)
    }
    env <- parent.env(env)
  }
  found
}

# Where a new formula finds what it refers to: the old one's objects, then where it was written.
joined_environment <- function(old, new) {
  if (is.null(old) || is.null(new) || !identical(top_level(old), top_level(new))) return(old)
  if (is_top_level(old)) return(new)
  list2env(as.list(old, all.names = TRUE), parent = new)
}

# The fit with env in place of the formula's own environment wherever that is kept.
with_environment <- function(fit, env) {
  environment(fit$formula) <- env
  for (part in names(fit$terms)) attr(fit$terms[[part]], ".Environment") <- env
  if (!is.null(fit$model)) attr(attr(fit$model, "terms"), ".Environment") <- env
  if (inherits(fit$call$formula, "formula")) environment(fit$call$formula) <- env
  fit
}
