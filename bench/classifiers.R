# The same classification task by other packages: time of a fit on one thread, and how well it
# predicts new rows, on data drawn from a mixture (which favours mixtures).
source("bench/common.R")
source("bench/peers.R")

used_sets <- if (quick) sets["d1"] else sets[c("d2", "d3")]
available <- function(package) requireNamespace(package, quietly = TRUE)

# Each gives a function that fits, and one that makes of the fit and x the probabilities.
mixture <- function(d, search) {
  control <- moe_control(search = search, progress = FALSE)
  list(fit = function() {
    set.seed(1)
    suppressWarnings(moe_fit(d$x[, -1], d$y_factor, experts = d$K, control = control))
  }, prob = function(fit, x) predict(fit, x, type = "prob"))
}

with_multinom <- function(d) {
  list(fit = function() nnet::multinom(d$formula, d$frame, trace = FALSE, maxit = 1000),
       prob = function(fit, x) predict(fit, as.data.frame(x), type = "probs"))
}

with_flexmix <- function(d) {
  list(fit = function() flexmix_fit(d, common_start(d), 200),
       prob = function(fit, x) flexmix_probabilities(fit, cbind(1, x), d))
}

# flexmix's own predict() fails for this model.
flexmix_probabilities <- function(fit, x, d) {
  gate <- oracle_softmax(x %*% fit@concomitant@coef)
  Reduce(`+`, lapply(seq_len(fit@k), function(k) {
    slopes <- matrix(fit@components[[k]][[1]]@parameters$coef, d$M - 1)
    gate[, k] * oracle_softmax(x %*% cbind(0, t(slopes)))
  }))
}

with_glmnet <- function(d) {
  list(fit = function() glmnet::glmnet(d$x[, -1], d$y_factor, family = "multinomial"),
       prob = function(fit, x) predict(fit, x, s = min(fit$lambda), type = "response")[, , 1])
}

with_ranger <- function(d) {
  list(fit = function() {
    ranger::ranger(x = d$x[, -1], y = d$y_factor, probability = TRUE, num.threads = 1, seed = 1)
  }, prob = function(fit, x) predict(fit, x, num.threads = 1)$predictions)
}

with_xgboost <- function(d) {
  settings <- list(objective = "multi:softprob", num_class = d$M, nthread = 1)
  list(fit = function() {
    xgboost::xgb.train(settings, xgboost::xgb.DMatrix(d$x[, -1], label = d$y - 1), nrounds = 100)
  }, prob = function(fit, x) matrix(predict(fit, x), nrow(x), byrow = TRUE))
}

methods_for <- function(d, name) {
  list(
    "moelogit, quick" = mixture(d, "quick"),
    "moelogit" = mixture(d, "standard"),
    "nnet::multinom" = if (available("nnet")) with_multinom(d),
    "glmnet path" = if (available("glmnet")) with_glmnet(d),
    "ranger, 500 trees" = if (available("ranger")) with_ranger(d),
    "xgboost, 100 rounds" = if (available("xgboost")) with_xgboost(d),
    "flexmix" = if (available("flexmix") && name != "d3") with_flexmix(d)
  )
}

# Half of the rows are for the fit, half to predict.
split_halves <- function(set) {
  set$n <- 2 * set$n
  d <- make_data(set)
  new <- seq_len(set$n) > set$n / 2
  d$new <- list(x = d$x[new, -1], y = d$y[new])
  d$x <- d$x[!new, ]
  d$y <- d$y[!new]
  d$y_factor <- d$y_factor[!new]
  d$frame <- d$frame[!new, ]
  d
}

on_set <- function(name) {
  d <- split_halves(used_sets[[name]])
  methods <- Filter(Negate(is.null), methods_for(d, name))
  times <- take_turns(lapply(methods, `[[`, "fit"), size(3, 1))
  do.call(rbind, lapply(names(methods), function(method) {
    a <- methods[[method]]
    prob <- a$prob(a$fit(), d$new$x)
    of_class <- prob[cbind(seq_len(nrow(prob)), d$new$y)]
    data.frame(set = name, method = method, seconds = stats::median(times[, method]),
               fastest = min(times[, method]), slowest = max(times[, method]),
               accuracy = mean(max.col(prob, "first") == d$new$y),
               log_loss = -mean(log(pmax(of_class, 1e-15))))
  }))
}

results <- do.call(rbind, lapply(names(used_sets), on_set))
print(results, digits = 3, row.names = FALSE)
write_results("classifiers", results)
