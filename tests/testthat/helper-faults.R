# Objects that were edited, cut short or made by another version, in place of those the package
# made: each must be refused in words before the core trusts it.

# The object with the element at a path of names replaced, or taken away.
edited <- function(x, path, value) {
  x[[path]] <- value
  x
}

expect_refused <- function(call, message) {
  error <- expect_error(call, message, class = "moe_error_input")
  if (!is.null(error)) expect_match(conditionMessage(error), "[.]$")
}

# What the verbs make of the object with each of these parts replaced is a result, as fields that
# are only shown may hold anything, or a refusal.
expect_refused_in_words <- function(object, verbs, parts) {
  for (verb in verbs) {
    expect_error(capture.output(verb(object)), NA)
    for (part in parts) for (wrong in list(NULL, list(1), "nonsense", mean)) {
      bad <- unclass(object)
      bad[part] <- list(wrong)
      class(bad) <- class(object)
      out <- tryCatch(capture.output(verb(bad)), error = function(e) e)
      expect(!inherits(out, "error") || inherits(out, "moe_error_input"),
             paste0(class(object)[1], "$", part, " <- ", deparse(wrong), ": ", out))
    }
  }
}
