# Averages of fits to bootstrap samples.

#' Average mixtures over bootstrap samples
#'
#' Fits mixtures of experts to bootstrap samples of the rows and averages their probabilities
#' (bagging). The fits err in different places, so that the average predicts better than each of
#' them, and than the best single fit. The number of experts, the ridge and a recalibration are
#' chosen by the rows that samples leave out. Use it to predict; to read coefficients, use
#' [moe_fit()].
#'
#' @section What is done:
#' Member \eqn{b} is fitted to as many rows of each class as there are, drawn with replacement, with
#' the case weights of the rows times how often they were drawn; with `group`, whole groups are
#' drawn. It runs from one random start (k-means, or random hyperplanes between regions) to a local
#' maximum. Some 37% of the rows are not in the sample: they are *out of bag*.
#'
#' With `splines`, every second and third of three members has natural cubic splines (three columns,
#' knots at thirds of the values) in place of each column that takes at least 6 values: one in the
#' experts, one in the gate. Such members differ more from each other, and together see what is not
#' linear. Sparse matrices are left as they are.
#'
#' @section The choice:
#' Where `experts` and `lambda` give several settings, nine members are fitted with each, to the
#' same samples. With \eqn{B_i} the members that have not seen row \eqn{i}, its out-of-bag
#' probabilities are the mean \eqn{\bar p_i(m)} of \eqn{p_b(m \mid x_i)} over \eqn{b \in B_i}.
#' The Brier score of the mean of \eqn{n} members is \eqn{B + V / n}, with \eqn{V} the
#' spread of members about their mean; so with \eqn{b_i} the score of a row by this mean, and
#' \eqn{c_i} the mean of the scores by each of its \eqn{n_i = |B_i|} members,
#' \deqn{B = \mathrm{mean}_i \left( b_i - \frac{c_i - b_i}{n_i - 1} \right)}
#' is what very many members would have. The setting where \eqn{B} is least gets the other members.
#'
#' An average of probabilities is less extreme than those it is made of. So it is recalibrated by a
#' power,
#' \deqn{\hat p(m \mid x) = \bar p(m \mid x)^a / \sum_q \bar p(q \mid x)^a,}
#' which multiplies log-odds by \eqn{a}. The \eqn{a} from 0.5 to 2 whose out-of-bag log-loss is
#' least is that of the out-of-bag probabilities. It rises with the number \eqn{n} of members that
#' are averaged, about as \eqn{a_\infty - c / n}, and the average has more than a row has out of
#' bag; so \eqn{c} is taken from the best powers for every second member, and the power of
#' predictions is what it gives for all members.
#'
#' @section Folds:
#' Out-of-bag rows resemble those of the sample. Where new rows will not, as pairs of proteins that
#' no training pair has, give `folds`: members are then first fitted to samples of the rows that a
#' fold trains on, in turn, and judged by those that it holds out. The setting and the power are
#' chosen by these, the "out-of-bag" probabilities are theirs, and `members` others are fitted to
#' samples of all rows for prediction, with which it takes twice as long.
#'
#' @param ... The arguments of the method: a formula first (or `formula =`), or a matrix first (or
#'   `x =`). For `predict()`, `print()` and `summary()`: not used; an argument here is an error.
#' @param formula,data,subset,na.action,contrasts,x,y,z,weights,group As in [moe_fit()].
#' @param experts One or more numbers of experts to choose from.
#' @param lambda One or more ridges to choose from, more than 0, on the scale of [moe_fit()].
#'   Members want less of a ridge than a single fit.
#' @param members How many fits are averaged, at least 2.
#' @param splines Whether two of three members have splines.
#' @param folds `NULL` for out-of-bag rows; or as in [moe_tune()], [moe_pair_folds()] included.
#' @param control Settings of all fits, from [moe_control()]. `search` is not used. Members need no
#'   more digits than the default `tolerance` here.
#' @param cl `NULL`, or a cluster by [parallel::makeCluster()] of any type, over whose processes
#'   members are shared. The package must be installed where they run; each process uses one thread.
#'   After [set.seed()] the result is the same with any `cl`, and without.
#' @return `moe_average()`: an object of class `moe_average`, a list of which others may use
#'   \item{prob}{matrix of out-of-bag probabilities, recalibrated, a row per row that was used and a
#'     column per class; `NA` for rows that are in every sample}
#'   \item{y, prior_weights}{the response and the case weights of these rows}
#'   \item{unseen}{how many members have not seen each row}
#'   \item{experts, lambda}{what was chosen}
#'   \item{path}{data frame of the settings tried: `experts`, `lambda`, and `brier`, the \eqn{B}
#'     above}
#'   \item{power}{\eqn{a} of predictions}
#'   \item{losses}{matrix of the mean losses on rows not seen, `logloss`, `brier` (from 0 to 2) and
#'     `error`, of the `average` and of one `member`, by itself and on average}
#'   \item{baseline}{for folds by [moe_pair_folds()], the losses of [moe_pair_baseline()]}
#'   \item{levels, class_shares}{the classes, and their shares of the weights}
#'   \item{members}{the members: measures, but no data}
#'
#'   It holds no covariates, so that it can be saved.
#' @seealso [moe_fit()]; [moe_tune()] for one fit by cross-validation; [moe_calibration()] takes an
#'   average, and judges its out-of-bag probabilities
#' @references
#' Breiman, L. (1996). Bagging predictors. *Machine Learning* 24, 123-140.
#'
#' Ranjan, R. and Gneiting, T. (2010). Combining probability forecasts. *Journal of the Royal
#' Statistical Society B* 72, 71-91.
#' @examples
#' train <- subset(yeast_ppi, split == "train")[1:600, ]
#' test <- subset(yeast_ppi, split == "test")
#' set.seed(1)
#' average <- moe_average(confidence ~ l3 + high_share + spectral, train, experts = 2, lambda = 0.5,
#'                        members = 6)
#' average
#' predict(average, test[1:3, ], type = "prob", interval = "confidence")
#' @export
moe_average <- function(...) {
  UseMethod("moe_average", dispatch_argument("moe_average", ...))
}

#' @rdname moe_average
#' @export
moe_average.formula <- function(formula, data, experts = c(3, 5), lambda = c(1, 0.5, 0.25),
                                members = 48, weights, subset, na.action, contrasts = NULL,
                                splines = TRUE, folds = NULL,
                                control = moe_control(tolerance = 1e-5), cl = NULL, group, ...) {
  check_unused(...)
  call <- match.call()
  input <- read_formula(formula, if (!missing(data)) data, fit_call(call), contrasts,
                        parent.frame(), keep_frame = FALSE)
  average_fits(input, experts, lambda, members, splines, folds, control, cl, call)
}

#' @rdname moe_average
#' @export
moe_average.default <- function(x, y, experts = c(3, 5), lambda = c(1, 0.5, 0.25), members = 48,
                                z = x, weights, splines = TRUE, folds = NULL,
                                control = moe_control(tolerance = 1e-5), cl = NULL, group = NULL,
                                ...) {
  check_unused(...)
  call <- match.call()
  input <- read_matrices(x, y, z, missing(z), if (!missing(weights)) weights, fit_call(call),
                         group)
  average_fits(input, experts, lambda, members, splines, folds, control, cl, call)
}

average_fits <- function(input, experts, lambda, members, splines, folds, control, cl, call) {
  members <- check_count(members, "members", lower = 2L)
  splines <- check_flag(splines, "splines")
  control <- check_control(control)
  check_processes(cl)
  input <- check_input(input)
  if (is_counts(input$y)) {
    refuse("The response must be a class in each row, not counts: write a row for each class that ",
           "came, with its count as weight.")
  }
  resumed_by <- list("average", input[c("x", "z", "y", "weights", "group")], experts, lambda,
                     members, splines, folds, deciding_settings(control))
  out <- with_checkpoint(control$checkpoint, resumed_by, function(checkpoint) {
    average_members(input, experts, lambda, members, splines, folds, control, cl, checkpoint)
  })
  out <- input$finish(out)
  out["model"] <- list(NULL)
  call[[1L]] <- quote(moe_average)
  if (inherits(out$call$formula, "formula")) call$formula <- out$call$formula
  out$call <- call
  out
}

average_members <- function(input, experts, lambda, members, splines, folds, control, cl,
                            checkpoint) {
  if (!is.null(folds)) {
    folds <- as_folds(folds, input)
    check_count(members, "members", lower = 2L * count_folds(folds))
  }
  grid <- expand.grid(experts = check_experts_grid(experts, length(input$y)),
                      lambda = check_ridges(lambda))
  # Members leave out what their samples imply; what all rows imply is said once.
  input$columns <- full_rank_problem(input$x, input$z, input$y, 1L, input$weights, min(grid$lambda),
                                     control, input$group)$columns
  task <- members_task(input, splines, folds, quiet_control(control, alone = is.null(cl)))
  run <- member_runner(task, grid, members, cl, control, checkpoint)
  on.exit(run$done())
  chosen <- choose_setting(task, grid, run)
  pool <- join_pools(chosen$pool, run$members(chosen$setting, chosen$others))
  final <- if (is.null(folds)) pool else run$on_all_rows(chosen$setting)
  out <- new_average(input, task, control, chosen, pool, final$members)
  out["baseline"] <- list(if (!is.null(folds)) fold_baseline(folds, input))
  out
}

check_ridges <- function(lambda) {
  sort(as.double(check_grid(lambda, "lambda", "finite numbers above 0", function(x) x > 0)),
       decreasing = TRUE)
}

# --- the work ---

trial_members <- 9L # with each setting of the grid, or two for each fold if these are more

# Functions that fit members: `members` of some numbers, the same number with the same random
# numbers whatever the setting; `on_all_rows`, all of them without folds.
member_runner <- function(task, grid, members, cl, control, checkpoint) {
  streams <- random_streams(members)
  trials <- min(members, max(trial_members, 2L * if (is.null(task$folds)) 0L else
    count_folds(task$folds)))
  if (nrow(grid) == 1L) trials <- 0L
  total <- nrow(grid) * trials + members - trials + if (is.null(task$folds)) 0L else members
  bar <- progress_bar(control, total, "Members")
  fit <- function(task, setting, numbers) {
    results <- run_tasks(fit_member, task, member_pieces(task, setting, numbers, streams), cl,
                         progress = FALSE, checkpoint = checkpoint)
    bar$tick(length(numbers))
    pool_members(results, task)
  }
  list(trials = seq_len(trials), numbers = seq_len(members), done = bar$done,
       members = function(setting, numbers) fit(task, setting, numbers),
       on_all_rows = function(setting) {
         task["folds"] <- list(NULL)
         fit(task, setting, seq_len(members))
       })
}

# The setting, its trials, and the numbers of the members that are left to fit.
choose_setting <- function(task, grid, run) {
  grid$brier <- NA_real_
  pool <- run$members(grid[1, ], run$trials)
  if (length(run$trials) == 0L) {
    return(list(setting = grid[1, ], pool = pool, others = run$numbers, path = grid))
  }
  best <- 1L
  for (g in seq_len(nrow(grid))) {
    trial <- if (g == 1L) pool else run$members(grid[g, ], run$trials)
    grid$brier[g] <- extrapolated_brier(trial, task$input)
    if (grid$brier[g] <= grid$brier[best]) {
      best <- g
      pool <- trial
    }
  }
  list(setting = grid[best, ], pool = pool, others = setdiff(run$numbers, run$trials), path = grid)
}

# The Brier score of very many members, of few: that of an average of n is B + V / n on average,
# with V the spread of the members. Few members would want too much of a ridge, and too few experts.
extrapolated_brier <- function(pool, input) {
  known <- pool$unseen > 1L
  weights <- input$weights[known]
  of_mean <- losses$brier(unseen_probabilities(pool)[known, , drop = FALSE],
                          as.integer(input$y)[known])
  of_one <- (pool$brier / pool$unseen)[known]
  n <- pool$unseen[known]
  stats::weighted.mean(of_mean - (of_one - of_mean) / (n - 1), weights)
}

# Mean losses on the rows that some member has not seen.
unseen_losses <- function(prob, input) {
  known <- which(!is.na(prob[, 1]))
  test_losses(prob[known, , drop = FALSE], list(y = input$y[known],
                                                weights = input$weights[known]))
}

# --- the object ---

# `pool` is of those by which it is judged, `members` those that predict.
new_average <- function(input, task, control, chosen, pool, members) {
  prob <- unseen_probabilities(pool)
  power <- choose_powers(pool, input, length(members))
  prob <- raise_to_power(prob, power[["unseen"]])
  structure(
    list(members = members, knots = task$knots, experts = chosen$setting$experts,
         lambda = chosen$setting$lambda, power = power[["all"]], path = chosen$path,
         prob = prob, y = input$y, prior_weights = input$given_weights, unseen = pool$unseen,
         losses = rbind(average = unseen_losses(prob, input), member = colMeans(pool$losses)),
         levels = levels(input$y), ordered = is.ordered(input$y),
         class_shares = class_shares(input$y, input$weights), columns = input$columns,
         rows = length(input$y), group = input$group, by_folds = !is.null(task$folds),
         control = without_checkpoint(control)),
    class = "moe_average"
  )
}
