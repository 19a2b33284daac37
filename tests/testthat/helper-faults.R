# Objects that were edited, cut short or made by another version, in place of those the package
# made: each must be refused in words before the core trusts it.

# The object with the element at a path of names replaced, or taken away.
edited <- function(x, path, value) {
  x[[path]] <- value
  x
}

# A fit of three experts with weights and a gate of its own, its data and its settings.
fit_to_edit <- function() {
  set.seed(1)
  d <- data.frame(y = factor(rep(c("a", "b", "c"), 20)), x1 = rnorm(60), f = rep(c("u", "v"), 30))
  weights <- rep(1:2, 30)
  quick <- moe_control(search = "quick", max_iterations = 50)
  fit <- suppressWarnings(moe_fit(y ~ x1 + f | x1, d, experts = 3, lambda = 1, weights = weights,
                                  control = quick))
  list(fit = fit, data = d, control = quick)
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
