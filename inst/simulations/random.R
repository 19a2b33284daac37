# Random problems, ordinary and absurd, through everything the package does: each must end in sound
# numbers or in a refusal by the package itself.
#
#   Rscript inst/simulations/random.R [problems] [first seed]
#
# Prints how often each outcome was seen, and the seeds of problems that ended in anything else. To
# look at one of these: source this file, then run_problem(random_problem(seed)).

pick <- function(...) sample(list(...), 1)[[1]]
chance <- function(p) stats::runif(1) < p

# --- problems ---

# A column of n values, of any kind that a data frame may hold.
random_column <- function(n) {
  labels <- function(count) factor(sample(letters[seq_len(count)], n, TRUE), letters[1:6])
  switch(
    sample(13, 1, prob = c(8, 2, 2, 2, 1, 1, 2, 1, 1, 2, 1, 1, 1)),
    stats::rnorm(n),
    sample(0:1, n, TRUE),
    sample(5L, n, TRUE),
    stats::rnorm(n) * 10^stats::runif(1, -12, 12),
    stats::rnorm(n) * 10^stats::runif(1, -320, 307),
    stats::rnorm(n) + 10^stats::runif(1, 0, 15),
    stats::rcauchy(n)^sample(3, 1),
    rep(stats::rnorm(1), n),
    stats::rexp(n)^5 * (stats::runif(n) < 0.1),
    labels(sample(6, 1)),
    factor(sample(1:3, n, TRUE), ordered = TRUE),
    stats::runif(n) < stats::runif(1),
    sample(c("p", "q", "r"), n, TRUE)
  )
}

random_covariates <- function(n) {
  p <- pick(0, 1, 2, 2, 3, 4, 8)
  frame <- data.frame(row.names = seq_len(n))
  for (j in seq_len(p)) frame[[paste0("x", j)]] <- random_column(n)
  numbers <- names(frame)[vapply(frame, is.numeric, NA)]
  if (length(numbers) && chance(0.15)) frame$twice <- 2 * frame[[numbers[1]]]
  if (length(numbers) > 1 && chance(0.15)) frame$sum <- frame[[numbers[1]]] + frame[[numbers[2]]]
  if (length(numbers) && chance(0.05)) frame[[numbers[1]]][sample(n, 1)] <- pick(NA, Inf, NaN, -Inf)
  frame
}

# A number per row that classes may follow.
random_score <- function(frame) {
  score <- stats::rnorm(nrow(frame))
  for (column in frame) {
    values <- as.numeric(if (is.character(column)) factor(column) else column)
    spread <- stats::mad(values, na.rm = TRUE)
    if (is.finite(spread) && spread > 0) {
      score <- score + stats::rnorm(1, sd = 3) * (values - stats::median(values)) / spread
    }
  }
  ifelse(is.finite(score), score, 0)
}

random_response <- function(frame, n) {
  classes <- if (chance(0.01)) 1 else pick(2, 2, 2, 3, 3, 4, 6)
  score <- random_score(frame)
  code <- switch(
    sample(4, 1, prob = c(4, 4, 2, 1)),
    sample(classes, n, TRUE),
    1 + floor(classes * stats::plogis(score + stats::rlogis(n))),
    1 + floor(classes * rank(score, ties.method = "min") / (n + 1)), # separable
    ifelse(seq_len(n) == 1L, classes, 1)
  )
  y <- factor(paste0("c", pmin(code, classes)), paste0("c", seq_len(classes)))
  if (chance(0.9)) y <- droplevels(y)
  if (chance(0.03)) y[sample(n, 1)] <- NA
  if (nlevels(y) == 2 && chance(0.3)) y <- as.integer(y) - 1L
  y
}

random_weights <- function(n) {
  switch(
    sample(8, 1, prob = c(10, 2, 2, 2, 1, 1, 0.2, 0.2)),
    NULL,
    stats::runif(n),
    stats::runif(n) * (stats::runif(n) < 0.7),
    sample(0:3, n, TRUE),
    rep(1 / n, n),
    stats::rexp(n) * 10^stats::runif(1, -110, 110),
    rep(0, n),
    stats::rnorm(n)
  )
}

random_formula <- function(frame) {
  names <- names(frame)
  side <- function() {
    names <- sample(names, sample(length(names) + 1, 1) - 1)
    sign <- if (chance(0.1)) " * " else " + "
    if (length(names)) paste(names, collapse = sign) else "1"
  }
  expert <- if (length(names) && chance(0.7) || chance(0.02)) "." else side()
  stats::as.formula(paste("y ~", expert, pick("", "", "| 1", paste("|", side()))))
}

random_problem <- function(seed) {
  set.seed(seed)
  n <- if (chance(0.15)) sample(8, 1) else sample(300, 1)
  frame <- random_covariates(n)
  control <- moelogit::moe_control(
    method = pick("accelerated", "accelerated", "mm"), search = pick("quick", "standard"),
    max_iterations = pick(0, 3, 100, 100, 500), tolerance = pick(1e-12, 1e-8, 0),
    intercept_ridge = pick(0, 0, 0.01, 1), max_experts = sample(2:4, 1)
  )
  arguments <- list(experts = pick(1, 2, 2, 2, 3, 3, 4, 6, "auto"), weights = random_weights(n),
                    lambda = pick(0, 0, 1e-10, 0.01, 0.1, 1, 10, 1e6, 1e200), control = control)
  y <- random_response(frame, n)
  if (chance(0.3)) {
    x <- data.matrix(frame)
    arguments <- c(list(x, y), arguments)
    if (chance(0.3)) arguments$z <- x[, sample(ncol(x), sample(ncol(x) + 1, 1) - 1), drop = FALSE]
  } else {
    frame$y <- y
    arguments <- c(list(random_formula(frame[names(frame) != "y"]), frame), arguments)
    if (chance(0.2)) arguments$na.action <- stats::na.exclude
  }
  arguments
}

# --- what must hold ---

must <- function(holds, what) {
  if (!isTRUE(holds)) stop("unsound: ", what, call. = FALSE)
}

# Probabilities over the last dimension for each row; rows in `missing` must be NA throughout.
check_probabilities <- function(a, missing, what) {
  rows <- matrix(a, nrow(a))
  must(all(is.na(rows[missing, ])), paste(what, "of missing rows are NA"))
  options <- if (length(dim(a)) == 3L) dim(a)[2] else ncol(a)
  kept <- rows[!missing, , drop = FALSE]
  must(all(is.finite(kept)) && all(kept >= 0) && all(kept <= 1),
       paste(what, "are probabilities"))
  for (at in split(seq_len(ncol(kept)), (seq_len(ncol(kept)) - 1L) %/% options)) {
    must(all(abs(rowSums(kept[, at, drop = FALSE]) - 1) <= 1e-12), paste(what, "sum to 1"))
  }
}

check_predictions <- function(fit, ...) {
  missing <- is.na(stats::predict(fit, ...))
  for (type in c("prob", "gate", "expert")) {
    check_probabilities(stats::predict(fit, ..., type = type), missing, type)
  }
}

check_sound_fit <- function(fit) {
  must(is.finite(fit$loglik) && is.finite(fit$objective), "the log-likelihood is finite")
  must(all(diff(fit$trace) >= -1e-10 * (1 + abs(utils::head(fit$trace, -1)))), "the trace rises")
  must(fit$loglik <= 1e-10 * max(1, fit$nobs), "the log-likelihood is not positive")
  must(all(is.finite(stats::coef(fit, complete = FALSE))), "coefficients are finite")
  must(!is.unsorted(-fit$shares) && abs(sum(fit$shares) - 1) <= 1e-12, "shares sum to 1")
  check_predictions(fit)
  omitted <- if (inherits(fit$na.action, "exclude")) fit$na.action
  tau <- stats::predict(fit, type = "posterior")
  check_probabilities(tau, seq_len(nrow(tau)) %in% omitted, "posterior")
  must(is.finite(moelogit::moe_icl(fit)), "ICL is finite")
  for (type in c("response", "pearson", "deviance")) {
    residuals <- stats::residuals(fit, type)
    must(sum(is.nan(residuals)) == 0L, "residuals are numbers")
  }
}

# Covariances hold numbers, or NA after a warning.
check_covariance <- function(fit) {
  for (type in c("observed", "sandwich", "opg")) {
    covariance <- stats::vcov(fit, type = type)
    known <- !is.na(diag(covariance))
    known <- covariance[known, known, drop = FALSE]
    must(all(is.finite(known)), "covariances are finite")
    must(all(diag(known) >= -1e-12 * max(0, diag(known))), "variances are not negative")
    must(isSymmetric(known, tol = 1e-8), "covariances are symmetric")
  }
}

check_intervals <- function(fit) {
  band <- stats::predict(fit, type = "prob", interval = "confidence")
  known <- !is.na(band$fit)
  must(all(is.finite(band$se.fit[known])) && all(band$se.fit[known] >= 0),
       "standard errors of probabilities are finite")
  must(all(band$lower[known] >= 0) && all(band$upper[known] <= 1) &&
         all(band$lower[known] <= band$fit[known] + 1e-12) &&
         all(band$upper[known] >= band$fit[known] - 1e-12),
       "limits enclose probabilities")
}

check_tree <- function(fit) {
  tree <- moelogit::moe_dendrogram(fit, refine = chance(0.7), pairs = 3)
  path <- as.data.frame(tree)
  must(all(is.finite(tree$height)) && !is.unsorted(tree$height) && all(tree$height >= 0),
       "heights are finite and rise")
  must(all(is.finite(unlist(path[c("loglik", "aic", "bic", "icl")]))), "the path is finite")
  must(tree$selected %in% path$experts, "a level is selected")
  check_sound_fit(cut(tree))
  utils::capture.output(print(summary(tree)))
}

# Few rows, in another order, one of them missing.
check_new_rows <- function(fit, arguments) {
  data <- if (is.null(fit$terms)) arguments[[1]] else arguments[[2]]
  rows <- sample(nrow(data), min(nrow(data), 5))
  few <- data[c(rows, 1), , drop = FALSE]
  if (ncol(few)) few[length(rows) + 1L, ] <- NA
  if (is.null(fit$terms) && !is.null(arguments$z)) {
    check_predictions(fit, few, newz = arguments$z[c(rows, 1), , drop = FALSE])
  } else {
    check_predictions(fit, few)
  }
}

run_problem <- function(arguments) {
  fit <- do.call(moelogit::moe_fit, arguments)
  check_sound_fit(fit)
  check_new_rows(fit, arguments)
  check_covariance(fit)
  check_intervals(fit)
  utils::capture.output(print(fit), print(summary(fit)))
  if (fit$experts > 1L) check_tree(fit)
}

# "sound", "refused: ..." or what went wrong.
try_problem <- function(arguments) {
  tryCatch({
    suppressWarnings(suppressMessages(run_problem(arguments)))
    "sound"
  }, moe_error_input = function(e) paste("refused:", conditionMessage(e)),
  error = function(e) paste("FAILED:", conditionMessage(e)))
}

# A refusal without what differs between problems.
kind_of_refusal <- function(outcome) {
  outcome <- gsub("\"[^\"]*\"|[0-9][0-9.e+-]*", "_", outcome)
  substr(outcome, 1, 90)
}

# Failures are printed as they occur, and a line of progress after `every` problems.
try_problems <- function(seeds, every = Inf) {
  outcomes <- character(length(seeds))
  for (i in seq_along(seeds)) {
    outcomes[i] <- try_problem(random_problem(seeds[i]))
    if (startsWith(outcomes[i], "FAILED")) cat("seed", seeds[i], outcomes[i], "\n")
    if (i %% every == 0) cat(i, "problems\n")
  }
  outcomes
}

if (sys.nframe() == 0L) {
  arguments <- as.integer(commandArgs(trailingOnly = TRUE))
  problems <- if (length(arguments) > 0) arguments[1] else 10000L
  first <- if (length(arguments) > 1) arguments[2] else 1L
  outcomes <- try_problems(seq(first, length.out = problems), every = 500)
  cat(sum(outcomes == "sound"), "sound,", sum(startsWith(outcomes, "refused")), "refused,",
      sum(startsWith(outcomes, "FAILED")), "failed\n")
  table <- sort(table(kind_of_refusal(outcomes[outcomes != "sound"])), decreasing = TRUE)
  cat(sprintf("%6d  %s\n", table, names(table)), sep = "")
}
