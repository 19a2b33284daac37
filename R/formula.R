# What users give: a formula and data, or matrices.

# The argument that decides the method: `formula` or `x`, else the first without a name.
dispatch_argument <- function(.generic, ...) {
  if (...length() == 0L) refuse(.generic, "() needs a formula and data, or matrices x and y.")
  names <- ...names()
  at <- c(which(names %in% c("formula", "x")), which(is.na(names) | names == ""), 1L)
  out <- ...elt(at[1])
  if (is.character(out) && length(out) == 1L && grepl("~", out, fixed = TRUE)) {
    refuse(.generic, "() needs a formula, not its text ", given(out), ": give it without quotes ",
           "or by as.formula().")
  }
  out
}

# The call as the user would write it: to the generic, not to the method.
fit_call <- function(call) {
  call[[1L]] <- quote(moe_fit)
  call
}

# What a method was given, as the worker takes it: x, z, y, weights and group, with finish(), which
# adds to a worker's fit what the method knows, training data included. `call` is that of moe_fit().

read_formula <- function(formula, data, call, contrasts, env, keep_frame = TRUE) {
  if (inherits(data, "moe_rows")) {
    refuse("`data` must be a data frame where rows are drawn, as these are needed one by one, not ",
           given(data), ": as.data.frame(data, most = 10000) has so many of them, spread over all.")
  }
  if (!is.null(data) && !is.list(data) && !is.environment(data)) {
    refuse("`data` must be a data frame, a list or an environment, not ", given(data), ".")
  }
  data <- plain_columns(data)
  read <- read_frame(formula, data, call, contrasts, env)
  frame <- drop_covariate_levels(read$frame, read$response)
  y <- frame_response(frame, read$response, read$response_name)
  designs <- build_designs(read$parts, frame, contrasts)
  known <- known_of_formula(read, frame, data, designs)
  na_action <- attr(frame, "na.action")
  weights <- model.weights(frame)
  group <- frame[["(group)"]]
  # As large as a design; not to be held where only the fit itself is wanted.
  if (!keep_frame) frame <- NULL
  finish <- function(fit) {
    fit$na.action <- na_action
    fit$model <- frame
    finish_formula(fit, known, call)
  }
  list(x = designs$x, z = designs$z, y = y, weights = weights, group = group,
       na.action = na_action, finish = finish)
}

# A formula with the terms of its parts, the model frame, and which of its columns are the response.
read_frame <- function(formula, data, call, contrasts, env) {
  formula <- as_two_parts(formula)
  check_dot(formula, data)
  used <- all.vars(formula(formula))
  check_data_variables(if ("." %in% used) names(data) else used, data, "data")
  parts <- part_terms(formula, data)
  check_terms(parts)
  frame <- plain_columns(build_model_frame(formula, data, call, env))
  response <- names(Formula::model.part(formula, frame, lhs = 1))
  check_covariates(unclass(frame)[covariate_names(frame, response)])
  check_contrasts(contrasts, frame)
  check_columns_of_bars(names(frame))
  check_identifiers(parts$gate, frame)
  list(formula = formula, parts = parts, frame = frame, response = response,
       response_name = deparse1(formula(formula, rhs = 0)[[2]]))
}

covariate_names <- function(frame, response) {
  setdiff(names(frame), c(response, "(weights)", "(group)"))
}

frame_response <- function(frame, response, name) {
  as_response(if (length(response) == 1L) frame[[response]] else frame[response], name)
}

# What a fit knows of its formula: `env` stands in for where it was written.
known_of_formula <- function(read, frame, data, designs) {
  terms <- c(list(full = attr(frame, "terms")), read$parts)
  variables <- attr(terms$full, "variables")
  where <- environment(read$formula)
  used <- c(attr(designs$x, "used_contrasts"), attr(designs$z, "used_contrasts"))
  blueprint <- describe_frame(frame, data, where)
  list(formula = read$formula, terms = terms,
       variables = intersect(all.vars(variables), names(data)), blueprint = blueprint,
       xlevels = Filter(length, lapply(blueprint$columns, `[[`, "levels")),
       contrasts = used[!duplicated(names(used))],
       env = slim_environment(where, variables, data))
}

finish_formula <- function(fit, known, call) {
  fit$call <- call
  for (name in setdiff(names(known), "env")) fit[[name]] <- known[[name]]
  with_environment(fit, known$env)
}

read_matrices <- function(x, y, z, shared, weights, call, group = NULL) {
  if (missing(y)) refuse("`y`, the response, must be given beside `x`.")
  x <- add_intercept(x, "x")
  z <- if (shared) x else add_intercept(z, "z")
  y <- as_response(y)
  finish <- function(fit) {
    fit$call <- call
    fit$model <- list(x = x, z = z, y = y)
    fit
  }
  list(x = x, z = z, y = y, weights = weights, group = group, finish = finish)
}

# --- formulas ---

# What na.omit() and its like leave as it is they would copy all the same, so they are called only
# where something is missing.
build_model_frame <- function(formula, data, call, env) {
  wanted <- match(c("subset", "weights", "na.action", "group"), names(call), 0L)
  call <- call[c(1L, wanted)]
  call[[1L]] <- quote(stats::model.frame)
  call$formula <- formula
  call$data <- data
  for (name in intersect(c("weights", "group"), names(call))) {
    call[name] <- list(row_values(call[[name]], name, formula, data))
  }
  if (is_idle_when_complete(eval(call$na.action, env))) {
    whole <- call
    whole["na.action"] <- list(NULL)
    frame <- eval(whole, env)
    if (!any(vapply(frame, anyNA, NA))) return(frame)
  }
  eval(call, env)
}

# The value of an argument that is evaluated in the data. model.frame() would take the elements of a
# list for rows, and the text of a variable's name for its values.
row_values <- function(expression, name, formula, data) {
  values <- eval(expression, data, environment(formula))
  if (is.null(values)) return(NULL)
  if (!is.atomic(values)) refuse("`", name, "` must be a vector, not ", given(values), ".")
  if (is.data.frame(data) && NROW(values) != nrow(data)) {
    refuse("`", name, "` must have one value per row of `data`: there are ", nrow(data),
           " rows, and it is ", given(values), ".")
  }
  values
}

# Whether an `na.action`, or that of the session in place of NULL, only acts on missing values.
is_idle_when_complete <- function(action) {
  if (is.null(action)) action <- getOption("na.action")
  if (is.character(action)) action <- get0(action, mode = "function")
  any(vapply(list(stats::na.omit, stats::na.exclude, stats::na.fail), identical, NA, action))
}

# Unused levels stay in the response, so that they can be refused by name, and leave the covariates,
# as in glm().
drop_covariate_levels <- function(frame, response) {
  for (name in setdiff(names(frame), response)) {
    if (is.factor(frame[[name]])) frame[[name]] <- drop_unused(frame[[name]], name)
  }
  frame
}

# `y ~ x` gives the gate the covariates of the experts; `y ~ x | z` its own.
as_two_parts <- function(formula) {
  formula <- Formula(formula)
  parts <- length(formula)
  if (parts[1] != 1L) {
    refuse("The formula must have one response on its left, as in y ~ x or y ~ x | z; it has ",
           parts[1], ".")
  }
  if (parts[2] > 2L) {
    refuse("The formula must have one or two parts on its right, as in y ~ x or y ~ x | z; it has ",
           parts[2], ".")
  }
  formula
}

identifier_levels <- 20L # at least as many
identifier_rows <- 20    # and no more rows of each

# `| id` is a grouping elsewhere; here it would give the gate a coefficient per person.
check_identifiers <- function(gate, frame) {
  for (name in all_columns(gate)) {
    values <- frame[[name]]
    if (!is.factor(values) && !is.character(values)) next
    levels <- length(unique(values))
    if (levels < identifier_levels || length(values) > identifier_rows * levels) next
    refuse("The gate's covariate ", name, " has ", levels, " levels in ", length(values), " rows, ",
           "as an identifier has: where rows with one value share one expert, leave it out and ",
           "say `group = ", name, "`.")
  }
}

# terms() would not say what is wrong.
check_dot <- function(formula, data) {
  if (!"." %in% all.vars(formula)) return(invisible())
  if (is.null(data)) refuse("A formula with `.` needs `data`, whose variables it stands for.")
  response <- all.vars(formula(formula, rhs = 0))
  if (anyNA(names(data)) || any(names(data) == "")) {
    refuse("A formula with `.` needs a name for every variable of `data`, but ",
           which(is.na(names(data)) | names(data) == "")[1], " has none.")
  }
  if (length(setdiff(names(data), response)) == 0L) {
    refuse("A formula with `.` needs covariates in `data`, but there is nothing beside ",
           enumerate(response), "; use 1 for none.")
  }
}

part_terms <- function(formula, data) {
  of_part <- function(part) {
    terms <- terms(formula, lhs = 1, rhs = part, data = data)
    check_response_left(terms)
    delete.response(terms)
  }
  expert <- of_part(1L)
  list(expert = expert, gate = if (length(formula)[2] == 1L) expert else of_part(2L))
}

# As a covariate the response predicts itself.
check_response_left <- function(terms) {
  of_terms <- attr(terms, "factors")
  if (length(of_terms) && any(of_terms[attr(terms, "response"), ] > 0)) {
    refuse("The response must be on the left of the formula only, but ", rownames(of_terms)[1],
           " is also among the covariates.")
  }
  variables <- as.list(attr(terms, "variables"))[-1]
  both <- intersect(all.vars(variables[[1]]), unlist(lapply(variables[-1], all.vars)))
  if (length(both)) {
    warning("What the response is made of is also among the covariates: ", enumerate(both), ".",
            call. = FALSE)
  }
}

# `(1 | id)` would be read as a logical or.
check_bars <- function(terms, part) {
  for (variable in as.list(attr(terms, "variables"))[-1]) {
    if (!is.call(variable) || !deparse1(variable[[1]]) %in% c("|", "||")) next
    refuse("Random effects are not supported; the ", part, " part of the formula has (",
           deparse1(variable), "). Where rows of a group share one expert, say so by `group = ",
           deparse1(variable[[3L]]), "`; for a logical or, write I(", deparse1(variable), ").")
  }
}

# hardhat makes dummies, "a | bTRUE", of what it reads as a logical or.
check_columns_of_bars <- function(names) {
  made <- grep("[^|] [|] .*(TRUE|FALSE)$", names, value = TRUE)
  if (length(made) == 0L) return(invisible())
  refuse("A formula of two parts must come to moe_fit() as it is, but its bar was taken for a ",
         "logical or, which made ", enumerate(made), ". In a workflow use add_variables(), and ",
         "add_model(formula = ) for the formula; see ?`moelogit-engine`.")
}

check_contrasts <- function(contrasts, frame) {
  if (is.null(contrasts)) return(invisible())
  if (!is.list(contrasts) || is.null(names(contrasts))) {
    refuse("`contrasts` must be NULL or a list named by variables, not ", given(contrasts), ".")
  }
  unknown <- setdiff(names(contrasts), names(frame))
  if (length(unknown)) {
    refuse("`contrasts` must be for variables of the formula, but names ", enumerate(unknown), ".")
  }
}

check_terms <- function(terms) {
  for (part in names(terms)) {
    check_bars(terms[[part]], part)
    if (attr(terms[[part]], "intercept") == 0L) {
      refuse("The ", part, " part of the formula must keep its intercept (no `- 1` or `+ 0`).")
    }
    if (!is.null(attr(terms[[part]], "offset"))) {
      refuse("offset() is not supported; the ", part, " part of the formula has one.")
    }
  }
}
