# The classifiers that ppi_full.R compares. Each is a list of
#   grid    settings to choose from, a data frame with one row each
#   fit     function(train, setting): a function of new pairs that gives a list of matrices of class
#           probabilities, one for each point of the model's path (for most it has one point)
# and some have `choose`, function(train, fold), where choosing has a way of its own.
#
# `train` has the response `confidence`, the features, and the names of the two proteins, which
# nobody but `identity` looks at.

names_of_proteins <- c("protein_a", "protein_b")

without_names <- function(pairs) pairs[!names(pairs) %in% names_of_proteins]

features <- function(pairs) as.matrix(pairs[!names(pairs) %in% c(names_of_proteins, "confidence")])

# --- Choosing by cross-validation -----------------------------------------------------------------

smallest <- 1e-6 # of the probabilities that the log-loss is taken of

log_losses <- function(prob, truth) -log(pmax(prob[cbind(seq_along(truth), truth)], smallest))

draw_folds <- function(rows, folds = 3) sample(rep_len(seq_len(folds), rows))

# Mean log-loss on the pairs left out, a row per setting and a column per point of the path.
cross_validate <- function(model, train, fold) {
  t(vapply(seq_len(nrow(model$grid)), function(g) {
    losses <- lapply(unique(fold), function(f) {
      out <- train[fold == f, ]
      path <- model$fit(train[fold != f, ], model$grid[g, , drop = FALSE])(out)
      vapply(path, log_losses, numeric(nrow(out)), truth = out$confidence)
    })
    colMeans(do.call(rbind, losses))
  }, numeric(model$path)))
}

# The setting and the point of the path with the least cross-validated log-loss.
choose <- function(model, train, fold) {
  if (!is.null(model$choose)) return(model$choose(train, fold))
  if (nrow(model$grid) * model$path == 1) return(list(setting = model$grid, point = 1))
  loss <- matrix(cross_validate(model, train, fold), nrow(model$grid))
  best <- arrayInd(which.min(loss), dim(loss))
  list(setting = model$grid[best[1], , drop = FALSE], point = best[2])
}

new_model <- function(fit, grid = data.frame(none = NA), path = 1, choose = NULL) {
  list(fit = fit, grid = grid, path = path, choose = choose)
}

predict_chosen <- function(model, train, chosen, new) {
  model$fit(train, chosen$setting)(new)[[chosen$point]]
}

# Standardised by the training pairs.
standardiser <- function(train) {
  centre <- colMeans(features(train))
  spread <- apply(features(train), 2, sd)
  spread[spread == 0] <- 1
  function(pairs) scale(features(pairs), centre, spread)
}

as_columns <- function(prob, train) as.matrix(prob)[, levels(train$confidence), drop = FALSE]

# --- Inputs of the experts and of some baselines --------------------------------------------------

plain_inputs <- setdiff(names(yeast_ppi), c(names_of_proteins, "split", "confidence"))

bent <- c("deg_sum", "deg_diff", "spectral", "l3", "high_share", "high_min", "fc_resnik",
          "class_lo")
spline_inputs <- c(sprintf("splines::ns(%s, 3)", bent), setdiff(plain_inputs, c(bent, "dist")),
                   "factor(dist)")

crossed <- c("spectral", "l3", "cn_high", "high_min", "high_share", "deg_sum", "fc_resnik")
crossed_inputs <- c(plain_inputs, combn(crossed, 2, paste, collapse = ":"))

# --- The mixture of experts -----------------------------------------------------------------------

quick <- moe_control(search = "quick", tolerance = 1e-7, progress = FALSE)

fit_mixture <- function(train, setting) {
  suppressMessages(suppressWarnings(
    moe_fit(confidence ~ ., without_names(train), experts = setting$experts,
            lambda = setting$lambda, control = quick, model = FALSE)
  ))
}

one_mixture <- new_model(
  fit = function(train, setting) {
    fit <- fit_mixture(train, setting)
    function(new) list(predict(fit, new, type = "prob"))
  },
  grid = expand.grid(experts = 2:5, lambda = c(1, 2, 4))
)

# With its defaults: it chooses for itself.
average_of_mixtures <- new_model(function(train, setting) {
  fit <- moe_average(confidence ~ ., without_names(train))
  function(new) list(predict(fit, new, type = "prob"))
})

# --- Baselines ------------------------------------------------------------------------------------

prior <- new_model(function(train, setting) {
  share <- prop.table(table(train$confidence))
  function(new) list(matrix(share, nrow(new), length(share), TRUE, list(NULL, names(share))))
})

# How often each protein occurs in each class among the training pairs; a training pair does not
# count itself. Nothing is known of the pair as such.
count_proteins <- function(pairs, train, itself) {
  classes <- levels(train$confidence)
  counts <- table(factor(c(train$protein_a, train$protein_b)), rep(train$confidence, 2))
  count <- function(protein) {
    found <- match(protein, rownames(counts))
    out <- matrix(counts[ifelse(is.na(found), 1, found), ], length(protein))
    out[is.na(found), ] <- 0
    if (itself) out <- out - outer(as.character(pairs$confidence), classes, `==`)
    log1p(out)
  }
  a <- count(pairs$protein_a)
  b <- count(pairs$protein_b)
  data.frame(sum = a + b, apart = abs(a - b))
}

identity_only <- new_model(function(train, setting) {
  inputs <- cbind(confidence = train$confidence, count_proteins(train, train, TRUE))
  fit <- nnet::multinom(confidence ~ ., inputs, trace = FALSE, maxit = 500)
  function(new) list(predict(fit, count_proteins(new, train, FALSE), type = "probs"))
})

# `decay` is nnet's ridge, here on standardised columns.
multinomial_logit <- function(inputs, decay = 0) {
  new_model(
    fit = function(train, setting) {
      scaled <- standardiser(train)
      # Splines and factors are made of the columns as they are.
      prepare <- if (length(decay) > 1) function(pairs) data.frame(scaled(pairs)) else identity
      data <- cbind(confidence = train$confidence, prepare(train[plain_inputs]))
      fit <- nnet::multinom(reformulate(inputs, "confidence"), data, trace = FALSE, maxit = 1000,
                            decay = setting$decay, MaxNWts = 1e4)
      function(new) list(predict(fit, prepare(new[plain_inputs]), type = "probs"))
    },
    grid = data.frame(decay = decay)
  )
}

# glmnet has a cross-validation of its own for its path of lambda; the folds are the same.
elastic_net <- function(inputs, alpha) {
  design <- function(pairs) model.matrix(reformulate(inputs), data.frame(pairs))[, -1]
  fit_path <- function(x, y, alpha, ...) {
    glmnet::cv.glmnet(x, y, family = "multinomial", alpha = alpha, nlambda = 40,
                      lambda.min.ratio = 1e-4, ...)
  }
  new_model(
    fit = function(train, setting) {
      scaled <- standardiser(train)
      fit <- glmnet::glmnet(design(scaled(train)), train$confidence, family = "multinomial",
                            alpha = setting$alpha, nlambda = 40, lambda.min.ratio = 1e-4)
      function(new) {
        list(predict(fit, design(scaled(new)), s = setting$lambda, type = "response")[, , 1])
      }
    },
    choose = function(train, fold) {
      x <- design(standardiser(train)(train))
      fits <- lapply(alpha, function(a) fit_path(x, train$confidence, a, foldid = fold))
      best <- which.min(vapply(fits, function(fit) min(fit$cvm), 0))
      list(setting = data.frame(alpha = alpha[best], lambda = fits[[best]]$lambda.min), point = 1)
    }
  )
}

# Shares of the classes among the nearest, with one more neighbour spread over all classes.
neighbours <- c(10, 25, 50, 100)
nearest_neighbours <- new_model(
  fit = function(train, setting) {
    scaled <- standardiser(train)
    function(new) {
      near <- FNN::get.knnx(scaled(train), scaled(new), max(neighbours))$nn.index
      classes <- levels(train$confidence)
      lapply(neighbours, function(k) {
        of <- matrix(as.character(train$confidence)[near[, seq_len(k)]], nrow(near))
        share <- vapply(classes, function(m) rowSums(of == m), numeric(nrow(near)))
        (share + 1 / length(classes)) / (k + 1)
      })
    }
  },
  path = length(neighbours)
)

naive_bayes <- new_model(function(train, setting) {
  fit <- e1071::naiveBayes(features(train), train$confidence)
  function(new) list(as_columns(predict(fit, features(new), type = "raw"), train))
})

# Settings are chosen by cross-validated accuracy, since each fit with probabilities holds a
# cross-validation of its own.
support_vectors <- new_model(
  fit = function(train, setting) {
    scaled <- standardiser(train)
    fit <- e1071::svm(scaled(train), train$confidence, cost = setting$cost, gamma = setting$gamma,
                      scale = FALSE, probability = TRUE)
    function(new) {
      prob <- attr(predict(fit, scaled(new), probability = TRUE), "probabilities")
      list(as_columns(prob, train))
    }
  },
  choose = function(train, fold) {
    grid <- data.frame(cost = c(1, 4, 4), gamma = c(1 / 21, 1 / 21, 1 / 42))
    x <- standardiser(train)(train)
    right <- vapply(seq_len(nrow(grid)), function(g) {
      mean(vapply(unique(fold), function(f) {
        fit <- e1071::svm(x[fold != f, ], train$confidence[fold != f], cost = grid$cost[g],
                          gamma = grid$gamma[g], scale = FALSE)
        mean(predict(fit, x[fold == f, ]) == train$confidence[fold == f])
      }, 0))
    }, 0)
    list(setting = grid[which.max(right), ], point = 1)
  }
)

# Its settings are chosen by its own out-of-bag probabilities, as the average's are.
fit_forest <- function(train, setting) {
  ranger::ranger(confidence ~ ., without_names(train), probability = TRUE, num.trees = 500,
                 mtry = setting$mtry, min.node.size = setting$min_node_size, num.threads = 1,
                 seed = 1)
}

random_forest <- new_model(
  fit = function(train, setting) {
    fit <- fit_forest(train, setting)
    function(new) list(as_columns(predict(fit, new, num.threads = 1)$predictions, train))
  },
  choose = function(train, fold) {
    grid <- data.frame(mtry = c(4, 6, 6), min_node_size = c(5, 5, 20))
    loss <- vapply(seq_len(nrow(grid)), function(g) {
      prob <- fit_forest(train, grid[g, ])$predictions
      mean(log_losses(as_columns(prob, train), train$confidence), na.rm = TRUE)
    }, 0)
    list(setting = grid[which.min(loss), ], point = 1)
  }
)

# On splits 1 to 3 depths from 4 to 6, and shrinkages from 0.03 to 0.05, did equally well.
trees <- seq(100, 350, by = 50)
boosting <- new_model(
  fit = function(train, setting) {
    # gbm warns that its multinomial loss is not looked after; its probabilities here are sound.
    fit <- suppressWarnings(
      gbm::gbm(confidence ~ ., data = without_names(train), distribution = "multinomial",
               n.trees = max(trees), interaction.depth = setting$depth, shrinkage = 0.05,
               bag.fraction = 0.7, n.cores = 1)
    )
    function(new) {
      prob <- predict(fit, new, n.trees = trees, type = "response")
      lapply(seq_along(trees), function(i) as_columns(prob[, , i], train))
    }
  },
  grid = data.frame(depth = 5), path = length(trees)
)

# As R's xgboost 1.7 is called, the last for R 4.2; `iterationrange` ends before its second number.
rounds <- seq(100, 400, by = 50)
extreme_boosting <- new_model(
  fit = function(train, setting) {
    settings <- list(objective = "multi:softprob", num_class = nlevels(train$confidence),
                     eta = 0.05, max_depth = setting$depth, subsample = 0.7, tree_method = "hist",
                     nthread = 1)
    data <- xgboost::xgb.DMatrix(features(train), label = as.integer(train$confidence) - 1L)
    fit <- xgboost::xgb.train(settings, data, nrounds = max(rounds))
    function(new) {
      lapply(rounds, function(count) {
        prob <- predict(fit, features(new), iterationrange = c(1, count + 1), reshape = TRUE)
        colnames(prob) <- levels(train$confidence)
        as_columns(prob, train)
      })
    }
  },
  grid = data.frame(depth = c(4, 6)), path = length(rounds)
)

# flexmix is slow, so it gets a part of the pairs and of the features. Its EM ends in an error where
# a likelihood underflows; it is then started again.
flexmix_rows <- 1000
flexmix_tries <- 5

try_flexmix <- function(data, experts) {
  for (try in seq_len(flexmix_tries)) {
    utils::capture.output(fit <- suppressWarnings(tryCatch(
      flexmix::flexmix(reformulate(crossed, "confidence"), data = data, k = experts,
                       model = flexmix::FLXMRmultinom(),
                       concomitant = flexmix::FLXPmultinom(reformulate(crossed)),
                       control = list(iter.max = 100, minprior = 0)),
      error = function(e) NULL
    )))
    if (!is.null(fit)) return(fit)
  }
}

predict_flexmix <- function(fit, new) {
  linear <- cbind(1, as.matrix(new[crossed])) %*% flexmix::parameters(fit, which = "concomitant")
  gate <- exp(linear - apply(linear, 1, max))
  gate <- gate / rowSums(gate)
  experts <- flexmix::predict(fit, new)
  Reduce(`+`, lapply(seq_along(experts), function(k) gate[, k] * experts[[k]]))
}

other_package <- new_model(function(train, setting) {
  scaled <- standardiser(train)
  prepare <- function(pairs) data.frame(confidence = pairs$confidence, scaled(pairs)[, crossed])
  few <- prepare(train[sample(nrow(train), min(flexmix_rows, nrow(train))), ])
  fit <- try_flexmix(few, experts = 2)
  function(new) {
    prob <- predict_flexmix(fit, prepare(new))
    colnames(prob) <- sort(levels(train$confidence)) # flexmix has the classes in this order
    list(as_columns(prob, train))
  }
})

models <- list(
  "moelogit" = one_mixture,
  "moelogit, averaged" = average_of_mixtures,
  "multinom" = multinomial_logit(plain_inputs),
  "multinom, splines" = multinomial_logit(spline_inputs),
  "multinom, interactions" = multinomial_logit(crossed_inputs, decay = c(0.1, 1, 10)),
  "elastic net" = elastic_net(plain_inputs, alpha = c(0.5, 1)),
  "elastic net, interactions" = elastic_net(crossed_inputs, alpha = 1),
  "nearest neighbours" = nearest_neighbours,
  "naive Bayes" = naive_bayes,
  "support vectors" = support_vectors,
  "random forest" = random_forest,
  "boosting" = boosting,
  "xgboost" = extreme_boosting,
  "flexmix, 1000 rows" = other_package,
  "identity only" = identity_only,
  "prior" = prior
)
