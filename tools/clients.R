# What other packages make of a fit: a line per package and call. With one expert the numbers must
# be those of glm() (two classes) or nnet::multinom() (three), or of a computation by hand; a
# mixture must pass too. What has no meaning must be refused in words, and what a package does not
# let us mend is named.
#
#   Rscript tools/clients.R [package ...]
#
# Packages that are not installed are named and passed over. Exits with 1 if a line has failed.

suppressPackageStartupMessages(library(moelogit))
needed <- commandArgs(TRUE)
# marginaleffects takes it for a function of R, which it is of later ones.
if (getRversion() < "4.4") `%||%` <- function(x, y) if (is.null(x)) y else x
source("tests/testthat/helper-clients.R")

fits <- client_fits
peers <- client_peers
set.seed(2)
forests <- list(tree = moe_dendrogram(fits$shared), boot = moe_bootstrap(fits$mixture, 20),
                tune = moe_tune(b ~ x1 + x2, client_data, experts = 1:2, lambda = c(1, 10),
                                folds = 3, control = moe_control(search = "quick")))

outcomes <- character()

# One line. `value` is a function of a fit; `like` the fit that is the peer's: its numbers must be
# equal. Without it the value must only come, from all fits in `of`. `refused`: what the message of
# an error must match. `cannot`: why the package, as it is, takes no class that it does not know.
client <- function(package, call, value, like = NULL, of = c("binary", "classes", "mixture"),
                   refused = NULL, cannot = NULL, tolerance = 1e-3) {
  if (length(needed) && !package %in% needed) return(invisible())
  failure <- function(e) {
    if (is.null(cannot)) paste("FAILED:", first_line(e)) else paste("cannot:", cannot)
  }
  outcome <- if (!requireNamespace(package, quietly = TRUE)) "not installed" else
    tryCatch(if (is.null(refused)) outcome_of(value, like, of, tolerance) else
      refusal_of(value, of, refused), error = failure)
  version <- if (outcome == "not installed") "" else format(utils::packageVersion(package))
  cat(sprintf("%-16s %-9s %-38s %s\n", package, version, call, outcome))
  outcomes[[paste(package, call)]] <<- outcome
}

first_line <- function(e) substr(gsub("\\s+", " ", conditionMessage(e)), 1, 110)

silently <- function(value) {
  utils::capture.output(out <- suppressWarnings(suppressMessages(value)))
  out
}

outcome_of <- function(value, like, of, tolerance) {
  distance <- if (!is.null(like)) {
    ours <- numbers(silently(value(fits[[like]])))
    theirs <- numbers(silently(value(peers[[like]])))
    if (length(ours) != length(theirs)) {
      stop(length(ours), " numbers, of the peer ", length(theirs))
    }
    max(abs(ours - theirs) / pmax(1, abs(theirs)))
  }
  for (fit in fits[setdiff(of, like)]) silently(value(fit))
  if (is.null(like)) return("works")
  peer <- c(binary = "glm", weighted = "glm with weights", classes = "multinom")[[like]]
  if (!is.finite(distance) || distance > tolerance) {
    stop("differs from ", peer, " by ", format(distance, digits = 2))
  }
  paste0("equals ", peer, " to ", format(max(distance, 1e-16), digits = 1))
}

numbers <- function(x) {
  out <- as.vector(unlist(x))
  if (!is.numeric(out)) stop("no numbers")
  out[!is.na(out)]
}

refusal_of <- function(value, of, refused) {
  e <- tryCatch(silently({
    value(fits[[of[1]]])
    NULL
  }), error = identity)
  if (is.null(e)) stop("not refused")
  if (!grepl(refused, conditionMessage(e))) stop("refused by ", conditionMessage(e))
  paste("refused:", first_line(e))
}

hand <- function(given, computed) {
  worst <- max(abs(numbers(given) - numbers(computed)))
  if (!isTRUE(worst < 1e-3)) stop("differs from a hand computation by ", format(worst, digits = 2))
  worst
}

estimate <- function(x) unname(as.matrix(x))

# --- summaries and tables ---

client("broom", "tidy(conf.int = TRUE)", like = "binary", function(fit) {
  table <- broom::tidy(fit, conf.int = TRUE)
  table[c("estimate", "std.error", "p.value")]
})
client("broom", "glance()", like = "binary", function(fit) {
  as.list(broom::glance(fit))[c("AIC", "BIC", "logLik", "deviance", "nobs")]
})
client("broom", "augment()", function(fit) broom::augment(fit))
client("broom", "tidy() of tree, bootstrap, tuning", of = "mixture", function(fit) {
  lapply(forests, broom::tidy)
})
client("broom", "glance() of tree, bootstrap, tuning", of = "mixture", function(fit) {
  lapply(forests, broom::glance)
})
client("broom", "tidy(moe_effects)", function(fit) broom::tidy(moe_effects(fit)))
client("modelsummary", "modelsummary()", like = "binary", function(fit) {
  table <- modelsummary::modelsummary(fit, output = "data.frame", statistic = "std.error", fmt = 6)
  as.numeric(gsub("[()]", "", table[table$part == "estimates", ncol(table)]))
})
client("modelsummary", "modelsummary(list(1, 2 experts))", function(fit) {
  modelsummary::modelsummary(list(fits$binary, fit), output = "data.frame")
})
client("modelsummary", "modelsummary(vcov = ~ id)", like = "binary", function(fit) {
  table <- modelsummary::modelsummary(fit, vcov = ~ id, output = "data.frame", fmt = 6)
  as.numeric(gsub("[()]", "", table[table$part == "estimates", ncol(table)]))
})
client("gtsummary", "tbl_regression()", like = "classes", function(fit) {
  gtsummary::tbl_regression(fit)$table_body$estimate
})
client("texreg", "extract()", like = "binary", function(fit) {
  table <- texreg::extract(fit)
  c(table@coef, table@se, table@pvalues)
})
client("texreg", "screenreg(list())", function(fit) texreg::screenreg(list(fit, fits$binary)))
client("stargazer", "stargazer()", cannot = "it knows a fixed list of classes", function(fit) {
  out <- utils::capture.output(stargazer::stargazer(fit, type = "text"))
  if (any(grepl("Error", out))) stop(grep("Error", out, value = TRUE)[1])
})
client("flextable", "flextable(tidy())", function(fit) flextable::flextable(broom::tidy(fit)))
client("xtable", "xtable(tidy())", function(fit) xtable::xtable(as.data.frame(broom::tidy(fit))))
client("knitr", "kable(tidy())", function(fit) knitr::kable(broom::tidy(fit)))
client("sjPlot", "tab_model()", cannot = "it asks insight's list of classes", function(fit) {
  sjPlot::tab_model(fit)
})
client("mice", "with(), pool()", like = NULL, of = "binary", function(fit) {
  holes <- replace(client_data[c("b", "x1", "x2")], cbind(1:20, 2), NA)
  imputed <- mice::mice(holes, m = 2, printFlag = FALSE, seed = 1)
  ours <- with(imputed, moe_fit(b ~ x1 + x2, experts = 1))
  theirs <- with(imputed, glm(b ~ x1 + x2, family = binomial))
  hand(summary(mice::pool(ours))$estimate, summary(mice::pool(theirs))$estimate)
})

# --- tests and covariances ---

client("lmtest", "coeftest()", like = "binary", function(fit) lmtest::coeftest(fit))
client("lmtest", "coefci()", like = "binary", function(fit) lmtest::coefci(fit, df = Inf))
client("lmtest", "waldtest(. ~ . - f)", like = "binary", of = "binary", function(fit) {
  lmtest::waldtest(fit, . ~ . - f, test = "Chisq")[2, 3:4]
})
client("lmtest", "lrtest(. ~ . - f)", like = "binary", of = "binary", function(fit) {
  lmtest::lrtest(fit, . ~ . - f)[2, 4:5]
})
client("lmtest", "lrtest(1 expert, 2 experts)", of = "mixture", refused = "number of experts",
       function(fit) lmtest::lrtest(fits$classes, fit))
client("sandwich", "vcovHC(\"HC0\"), vcovHC(\"HC1\")", like = "binary", function(fit) {
  list(sandwich::vcovHC(fit, type = "HC0"), sandwich::vcovHC(fit, type = "HC1"))
})
client("sandwich", "vcovHC(\"const\")", function(fit) {
  hand(sandwich::vcovHC(fit, type = "const"), vcov(fit))
})
client("sandwich", "vcovHC(\"HC3\")", refused = "hat values", of = "binary", function(fit) {
  sandwich::vcovHC(fit, type = "HC3")
})
client("sandwich", "estfun()", like = "binary", function(fit) sandwich::estfun(fit))
client("sandwich", "estfun() of weighted rows", like = "weighted", function(fit) {
  sandwich::estfun(fit)
})
client("sandwich", "bread() of weighted rows", like = "weighted", function(fit) {
  sandwich::bread(fit)
})
client("sandwich", "sandwich()", like = "binary", function(fit) sandwich::sandwich(fit))
client("sandwich", "vcovCL(~ id)", like = "binary", function(fit) sandwich::vcovCL(fit, ~ id))
client("sandwich", "vcovOPG()", like = "binary", function(fit) sandwich::vcovOPG(fit))
client("sandwich", "vcovHAC()", like = "binary", function(fit) {
  sandwich::vcovHAC(fit, order.by = client_data$x1)
})
client("sandwich", "vcovPL()", like = "binary", function(fit) {
  sandwich::vcovPL(fit, cluster = client_data$id)
})
client("sandwich", "vcovBS()", function(fit) sandwich::vcovBS(fit, R = 5))
client("car", "Anova(test = \"Wald\")", like = "binary", function(fit) {
  table <- car::Anova(fit, test.statistic = "Wald")
  table[rownames(table) != "Residuals", c("Df", "Chisq", "Pr(>Chisq)")]
})
client("car", "linearHypothesis()", like = "binary", of = "binary", function(fit) {
  names <- names(coef(fit))
  table <- car::linearHypothesis(fit, diag(length(names))[2:3, ], test = "Chisq")
  table[2, c("Chisq", "Pr(>Chisq)")]
})
client("car", "deltaMethod()", like = "binary", of = "binary", function(fit) {
  car::deltaMethod(fit, "a / b", parameterNames = c("i", "a", "b", "c", "d"))[1:2]
})
client("car", "Confint()", function(fit) car::Confint(fit))
client("car", "vif()", like = "binary", of = c("classes", "mixture"), function(fit) {
  out <- car::vif(fit)
  if (inherits(fit, "moe_fit")) as.vector(out) else out[, "GVIF"]
})
client("car", "compareCoefs()", function(fit) car::compareCoefs(fit, fit))
client("multcomp", "glht(matrix)", like = "binary", function(fit) {
  rows <- diag(length(coef(fit)))[2:3, ]
  summary(multcomp::glht(fit, rows), test = multcomp::univariate())$test[c("coefficients", "sigma")]
})
client("bbmle", "AICtab()", function(fit) bbmle::AICtab(fit, fits$binary))
client("emmeans", "emmeans(~ y | f)", like = "classes", of = "mixture", function(fit) {
  table <- summary(emmeans::emmeans(fit, ~ y | f))
  table[c(attr(table, "estName"), "SE")]
})
client("emmeans", "pairs()", like = "classes", of = "mixture", function(fit) {
  summary(pairs(emmeans::emmeans(fit, ~ f | y)))[c("estimate", "SE")]
})
client("emmeans", "emtrends(\"x2\")", like = "classes", of = "mixture", tolerance = 5e-3,
       function(fit) summary(emmeans::emtrends(fit, ~ y, "x2", mode = "prob"))[c("x2.trend", "SE")])
margins_of <- function(table) table[c("estimate", "std.error")]
client("marginaleffects", "avg_slopes()", like = "binary", function(fit) {
  table <- marginaleffects::avg_slopes(fit)
  if (!is.null(table$group)) table <- table[table$group == levels(factor(table$group))[2], ]
  table <- table[order(table$term, table$contrast), ]
  margins_of(table)
})
client("marginaleffects", "avg_predictions()", like = "classes", of = "mixture", function(fit) {
  table <- marginaleffects::avg_predictions(fit, type = if (inherits(fit, "multinom")) "probs")
  margins_of(table[order(table$group), ])
})
client("marginaleffects", "avg_comparisons()", like = "classes", of = "mixture", function(fit) {
  table <- marginaleffects::avg_comparisons(fit, variables = "x2",
                                            type = if (inherits(fit, "multinom")) "probs")
  margins_of(table[order(table$group), ])
})
client("marginaleffects", "hypotheses()", like = "binary", of = "mixture", function(fit) {
  margins_of(marginaleffects::hypotheses(fit, "b2 = b3"))
})
client("margins", "margins()", cannot = "it takes derivatives of lm and its kin alone",
       function(fit) margins::margins(fit))
client("prediction", "prediction()", like = "binary", of = "mixture", function(fit) {
  out <- prediction::prediction(fit, type = "response")
  if (inherits(fit, "moe_fit")) predict(fit, type = "response")[, 2] else out$fitted
})
client("effects", "Effect(\"x1\")", cannot = "it refits by glm(); emmeans serves", function(fit) {
  effects::Effect("x1", fit)
})
client("ggeffects", "ggpredict(\"x1\")", cannot = "it asks insight's list of classes",
       function(fit) ggeffects::ggpredict(fit, "x1"))
client("nonnest2", "llcont()", like = "binary", function(fit) nonnest2::llcont(fit))
client("nonnest2", "vuongtest()", like = "binary", of = "binary", tolerance = 1e-2, function(fit) {
  other <- update(fit, . ~ . - x2)
  unlist(nonnest2::vuongtest(fit, other)[c("omega", "LRTstat")])
})
client("fwb", "vcovFWB()", function(fit) fwb::vcovFWB(fit, R = 5))
client("boot", "boot() with update()", of = "binary", function(fit) {
  boot::boot(client_data, function(data, rows) coef(update(fit, data = data[rows, ])), 5)
})
for (package in c("MuMIn", "AICcmodavg")) local({
  client(package, "AICc()", like = "binary", function(fit) {
    if (package == "MuMIn") MuMIn::AICc(fit) else AICcmodavg::AICc(fit)
  })
})

# --- generics of stats ---

client("stats", "confint(), vcov(), logLik()", like = "binary", function(fit) {
  c(stats::confint.default(fit), vcov(fit), logLik(fit), AIC(fit), BIC(fit), deviance(fit))
})
client("stats", "drop1()", like = "binary", of = "mixture", function(fit) stats::drop1(fit)$AIC)
client("stats", "step()", like = "binary", of = "mixture", function(fit) {
  stats::step(fit, trace = 0)$anova$AIC
})
client("MASS", "stepAIC(), dropterm()", like = "binary", of = "mixture", function(fit) {
  c(MASS::stepAIC(fit, trace = 0)$anova$AIC, MASS::dropterm(fit)$AIC)
})
client("stats", "df.residual(), extractAIC()", like = "binary", function(fit) {
  c(df.residual(fit), stats::extractAIC(fit))
})
client("stats", "anova()", like = "binary", of = "binary", function(fit) {
  anova(update(fit, . ~ . - f), fit, test = "Chisq")$`Pr(>Chi` [2]
})
client("stats", "case.names(), variable.names()", function(fit) {
  stopifnot(length(stats::case.names(fit)) == nrow(client_data),
            length(stats::variable.names(fit)) == length(coef(fit)))
})
client("stats", "profile()", refused = "", of = "binary", function(fit) stats::profile(fit))

# --- easystats ---

client("insight", "get_parameters()", like = "binary", function(fit) {
  insight::get_parameters(fit)$Estimate
})
client("insight", "n_parameters(), n_obs()", like = "binary", function(fit) {
  c(insight::n_parameters(fit), insight::n_obs(fit))
})
client("insight", "get_statistic(), get_varcov()", like = "binary", function(fit) {
  list(insight::get_statistic(fit)$Statistic, insight::get_varcov(fit))
})
client("insight", "is_model()", of = "binary", cannot = "it has a list of classes of its own",
       function(fit) stopifnot(insight::is_model(fit)))
client("insight", "model_info()", function(fit) {
  info <- insight::model_info(fit)
  stopifnot(info$is_logit == (length(fit$levels) == 2), info$n_obs == nrow(client_data))
})
client("insight", "get_predicted()", like = "binary", function(fit) {
  out <- insight::get_predicted(fit)
  if (is.data.frame(out)) out$Predicted else as.numeric(out)
})
client("parameters", "model_parameters()", like = "binary", function(fit) {
  table <- if (inherits(fit, "glm")) {
    parameters::model_parameters(fit, ci_method = "wald")
  } else {
    parameters::model_parameters(fit)
  }
  as.data.frame(table)[c("Coefficient", "SE", "CI_low", "CI_high", "p")]
})
client("parameters", "compare_parameters()", cannot = "it asks insight's list of classes",
       function(fit) parameters::compare_parameters(fit, fits$binary))
client("performance", "performance_logloss()", like = "binary", function(fit) {
  as.numeric(performance::performance_logloss(fit))
})
client("performance", "model_performance()", like = "binary", function(fit) {
  as.data.frame(performance::model_performance(fit))[c("AIC", "BIC", "Log_loss")]
})
client("performance", "compare_performance()", cannot = "it asks insight's list of classes",
       function(fit) {
  performance::compare_performance(fit, fits$binary)
})
client("performance", "r2()", function(fit) performance::r2(fit))
client("report", "report()", cannot = "it has methods for its own list of classes",
       function(fit) report::report(fit))

# --- machine learning ---

client("yardstick", "mn_log_loss_vec() of predict()", function(fit) {
  prob <- predict(fit, type = "prob")
  truth <- stats::model.response(stats::model.frame(formula(fit, lhs = 1), client_data))
  if (ncol(prob) == 2) prob <- prob[, 1]
  hand(yardstick::mn_log_loss_vec(model.frame(fit)[[1]], prob), -logLik(fit) / nobs(fit))
})
with_parsnip <- function(engine) {
  parsnip::set_engine(parsnip::multinom_reg(penalty = 0), engine, experts = 1)
}
client("parsnip", "fit(), predict()", of = "classes", function(fit) {
  made <- parsnip::fit(with_parsnip("moelogit"), y ~ x1 + x2 + f, client_data)
  hand(as.matrix(predict(made, client_data, type = "prob")), predict(fit, type = "prob"))
})
client("workflows", "add_variables(), add_model(formula)", of = "mixture", function(fit) {
  flow <- workflows::add_model(
    workflows::add_variables(workflows::workflow(), y, c(x1, x2, f)),
    parsnip::set_engine(parsnip::multinom_reg(penalty = 0.5), "moelogit", experts = 2),
    formula = y ~ x1 + f | x2
  )
  stopifnot(!is.null(predict(parsnip::fit(flow, client_data), client_data)))
})
client("workflows", "add_formula(y ~ a | b)", of = "mixture", refused = "logical or",
       function(fit) {
  parsnip::fit(workflows::add_model(workflows::add_formula(workflows::workflow(), y ~ x1 | x2),
                                    with_parsnip("moelogit")), client_data)
})
client("tune", "tune_grid(penalty)", of = "classes", function(fit) {
  model <- parsnip::set_engine(parsnip::multinom_reg(penalty = tune::tune()), "moelogit",
                               experts = 1)
  found <- tune::tune_grid(model, y ~ x1 + x2, rsample::vfold_cv(client_data, 3),
                           grid = data.frame(penalty = c(0, 1)))
  stopifnot(nrow(tune::collect_metrics(found)) >= 4)
})
client("tune", "tune_grid(experts, penalty)", of = "classes", function(fit) {
  model <- parsnip::set_engine(parsnip::multinom_reg(penalty = tune::tune()), "moelogit",
                               experts = tune::tune())
  found <- tune::tune_grid(model, y ~ x1 + x2, rsample::vfold_cv(client_data, 2),
                           grid = expand.grid(penalty = 1, experts = 1:2))
  stopifnot(nrow(tune::collect_metrics(found)) >= 4)
})
client("rsample", "moe_tune(folds = vfold_cv())", of = "classes", function(fit) {
  moe_tune(b ~ x1, client_data, experts = 1, lambda = 1, folds = rsample::vfold_cv(client_data, 3))
})
client("caret", "train(list(...))", of = "classes", function(fit) {
  method <- list(
    type = "Classification", library = "moelogit", loop = NULL,
    parameters = data.frame(parameter = "lambda", class = "numeric", label = "ridge"),
    grid = function(x, y, len, search) data.frame(lambda = c(0.1, 1)),
    fit = function(x, y, wts, param, lev, last, classProbs, ...) {
      moe_fit(as.matrix(x), y, experts = 1, lambda = param$lambda)
    },
    predict = function(modelFit, newdata, ...) predict(modelFit, as.matrix(newdata)),
    prob = function(modelFit, newdata, ...) predict(modelFit, as.matrix(newdata), type = "prob")
  )
  made <- caret::train(client_data[c("x1", "x2")], client_data$y, method = method,
                       trControl = caret::trainControl("cv", 2))
  stopifnot(all(is.finite(made$results$Accuracy)))
})
client("butcher", "butcher()", function(fit) {
  hand(predict(butcher::butcher(fit), client_data, type = "prob"), predict(fit, type = "prob"))
})
client("bundle", "bundle()", function(fit) bundle::bundle(fit))
client("DALEX", "explain(), model_parts()", of = "binary", function(fit) {
  truth <- as.numeric(client_data$b == "yes")
  explainer <- DALEX::explain(fit, client_data, truth, verbose = FALSE)
  hand(DALEX::model_performance(explainer)$residuals$predicted, fitted(peers$binary))
  DALEX::model_parts(explainer, B = 2, variables = c("x1", "x2"))
})
client("iml", "Predictor, FeatureEffect", of = "classes", function(fit) {
  predictor <- iml::Predictor$new(fit, client_data[c("x1", "x2", "f")], type = "prob")
  hand(predictor$predict(client_data), predict(fit, type = "prob"))
  iml::FeatureEffect$new(predictor, "x1", method = "pdp", grid.size = 3)
})
client("pdp", "partial(prob = TRUE)", like = NULL, of = "binary", function(fit) {
  given <- pdp::partial(fit, "x1", train = client_data, type = "classification", prob = TRUE,
                        which.class = 2, grid.resolution = 4)
  theirs <- pdp::partial(peers$binary, "x1", train = client_data, prob = TRUE, which.class = 1,
                         type = "classification", grid.resolution = 4)
  # Of a glm pdp counts the class that is modelled, its second, as the first.
  hand(given$yhat, theirs$yhat)
})
client("kernelshap", "kernelshap(type = \"prob\")", of = "binary", function(fit) {
  rows <- client_data[1:5, c("x1", "x2", "f")]
  shap <- kernelshap::kernelshap(fit, rows, bg_X = client_data[c("x1", "x2", "f")], type = "prob")
  theirs <- kernelshap::kernelshap(peers$binary, rows, bg_X = client_data[c("x1", "x2", "f")],
                                   type = "response")
  hand(shap$S[[2]], theirs$S)
})
client("lime", "lime()", of = "classes", cannot = "it wants a method model_type() of users",
       function(fit) lime::lime(client_data, fit))
client("tidypredict", "tidypredict_fit()", of = "binary",
       cannot = "it writes formulas for its own list of classes", function(fit) {
  tidypredict::tidypredict_fit(fit)
})
client("pROC", "auc()", of = "binary", function(fit) {
  hand(as.numeric(pROC::auc(client_data$b, predict(fit, type = "prob")[, 2], quiet = TRUE)),
       as.numeric(pROC::auc(client_data$b, fitted(peers$binary), quiet = TRUE)))
})
client("ROCR", "performance(\"auc\")", of = "binary", function(fit) {
  of <- function(p) ROCR::performance(ROCR::prediction(p, client_data$b), "auc")@y.values[[1]]
  hand(of(predict(fit, type = "prob")[, 2]), of(fitted(peers$binary)))
})
client("Hmisc", "somers2()", of = "binary", function(fit) {
  of <- function(p) Hmisc::somers2(p, client_data$b == "yes")[["C"]]
  hand(of(predict(fit, type = "prob")[, 2]), of(fitted(peers$binary)))
})
client("rms", "val.prob()", of = "binary", function(fit) {
  of <- function(p) rms::val.prob(p, client_data$b == "yes", pl = FALSE)[["Brier"]]
  hand(of(predict(fit, type = "prob")[, 2]), of(fitted(peers$binary)))
})
client("mclust", "adjustedRandIndex()", of = "mixture", function(fit) {
  expert <- max.col(predict(fit, type = "posterior"))
  stopifnot(mclust::adjustedRandIndex(expert, expert) == 1)
})

# --- processes ---

with_cluster <- function(cl) {
  on.exit(parallel::stopCluster(cl))
  parallel::clusterCall(cl, .libPaths, .libPaths())
  set.seed(1)
  shared <- moe_bootstrap(fits$mixture, 4, cl = cl)
  set.seed(1)
  hand(coef(shared), coef(moe_bootstrap(fits$mixture, 4)))
}
client("parallel", "makeCluster()", of = "mixture", function(fit) {
  with_cluster(parallel::makeCluster(2))
})
client("parallelly", "makeClusterPSOCK()", of = "mixture", function(fit) {
  with_cluster(parallelly::makeClusterPSOCK(2))
})
client("snow", "makeSOCKcluster()", of = "mixture", function(fit) {
  with_cluster(snow::makeSOCKcluster(2))
})
client("foreach", "%dopar% over whole fits", of = "mixture", function(fit) {
  `%do%` <- foreach::`%do%`
  foreach::foreach(k = 1:2) %do% moe_fit(b ~ x1, client_data, k, lambda = 1)
})
client("future.apply", "future_lapply() over whole fits", of = "mixture", function(fit) {
  future.apply::future_lapply(1:2, function(k) moe_fit(b ~ x1, client_data, k, lambda = 1),
                              future.seed = TRUE)
})

# --- tables of rows ---

predicted <- function(table, fit = fits$classes) {
  hand(predict(fit, table, type = "prob"), predict(fit, client_data, type = "prob"))
}
client("tibble", "fit and newdata", of = "classes", function(fit) {
  predicted(tibble::as_tibble(client_data))
})
client("data.table", "fit and newdata", of = "classes", function(fit) {
  table <- data.table::as.data.table(client_data)
  predicted(table, moe_fit(y ~ x1 + x2 + f, table, experts = 1))
})
client("dplyr", "grouped and rowwise tables", of = "classes", function(fit) {
  predicted(dplyr::group_by(client_data, f))
  predicted(dplyr::rowwise(client_data))
})
client("dtplyr", "lazy_dt() as newdata", of = "classes", function(fit) {
  predicted(dtplyr::lazy_dt(client_data))
})
client("dbplyr", "memdb_frame() as newdata", of = "classes", function(fit) {
  predicted(dbplyr::memdb_frame(transform(client_data, f = as.character(f))))
})

# --- dendrograms ---

tree <- forests$tree
client("ggdendro", "ggdendrogram(as.hclust())", of = "mixture", function(fit) {
  ggdendro::ggdendrogram(stats::as.hclust(tree))
})
client("dendextend", "labels(), cutree()", of = "mixture", function(fit) {
  dendextend::cutree(stats::as.dendrogram(tree), k = 2)
})
client("factoextra", "fviz_dend(as.hclust())", of = "mixture", function(fit) {
  factoextra::fviz_dend(stats::as.hclust(tree))
})
client("ape", "as.phylo(as.hclust())", of = "mixture", function(fit) {
  ape::as.phylo(stats::as.hclust(tree))
})
client("clue", "as.cl_hierarchy(as.hclust())", of = "mixture", function(fit) {
  clue::as.cl_hierarchy(stats::as.hclust(tree))
})
for (package in c("gridExtra", "patchwork", "plotly")) local({
  client(package, "autoplot()", of = "mixture", function(fit) {
    plot <- ggplot2::autoplot(fit, type = "coefficients")
    switch(package, gridExtra = gridExtra::arrangeGrob(plot, plot),
           patchwork = patchwork::wrap_plots(plot, plot),
           plotly = plotly::ggplotly(plot))
  })
})

failed <- grepl("^FAILED", outcomes)
impossible <- grepl("^cannot", outcomes)
absent <- outcomes == "not installed"
cat("\n", sum(!failed & !impossible & !absent), " pass, ", sum(failed), " fail, ",
    sum(impossible), " cannot, ", sum(absent), " are not installed\n", sep = "")
quit(status = any(failed))
