made <- fit_to_edit()
fit <- made$fit
d <- made$data
quick <- made$control
tree <- suppressWarnings(moe_dendrogram(fit, pairs = 1))

set.seed(6)
plain <- data.frame(x = rnorm(60), y = factor(rep(c("a", "b"), 30)))
plain_fit <- moe_fit(y ~ x, plain, experts = 1)

test_that("whole dendrograms pass", {
  expect_identical(check_tree(tree), tree)
  for (experts in 1:3) expect_null(fit_fault(suppressWarnings(cut(tree, experts))))
})

test_that("dendrograms that were edited are refused", {
  expect_refused(cut(edited(tree, "runs", tree$runs[1:2])), "its `runs` are not one per level")
  expect_refused(cut(edited(tree, c("runs", 2), tree$runs[[1]])), "its `runs`")
  expect_refused(cut(edited(tree, "path", NULL)), "it lacks \"path\"")
  expect_refused(print(edited(tree, "labels", tree$labels[-1])), "its `labels`, `order` and")
  expect_refused(print(edited(tree, "criterion", "best")), "its `criterion` is none of its path")
  expect_refused(autoplot(edited(tree, "selected", 9L)), "its `selected` is none of its levels")
  expect_refused(predict(edited(tree, "path", tree$path[-1, ])), "its `path`")
  expect_refused(predict(edited(tree, "refined", NA)), "its `refined`")
  expect_refused(cut(edited(tree, c("fit", "levels"), "a")), "its `fit`")
})

test_that("cross-validations and bootstraps that were edited are refused in words", {
  folds <- moe_tune(y ~ x, plain, experts = 1, lambda = c(1, 2), folds = 3, control = quick)
  replicates <- moe_bootstrap(plain_fit, 3)
  expect_refused_in_words(folds, list(print, summary, as.data.frame, function(x) print(summary(x)),
                                      glance.moe_tune), tune_parts)
  expect_refused_in_words(replicates, list(print, summary, as.data.frame, coef, vcov, confint,
                                           glance.moe_bootstrap), bootstrap_parts)
})

test_that("averages, contributions, effects and dendrograms are refused in words", {
  average <- moe_average(y ~ x, plain, experts = 1, members = 3, control = quick)
  verbs <- list(print, function(x) print(summary(x)), predict,
                function(x) predict(x, plain, "prob", interval = "confidence"),
                function(x) moe_contributions(x, plain[1:3, ]))
  expect_refused_in_words(average, verbs,
                          c(average_parts, "call", "terms", "blueprint", "variables"))
  expect_refused(predict(replace(average, "members", list(list()))),
                 "its `members` are not mixtures of its classes")
  expect_refused_in_words(moe_contributions(plain_fit, plain[1:3, ]),
                          list(print, as.data.frame, autoplot), contributions_parts)
  effects <- moe_effects(plain_fit)
  drawn <- function(x) ggplot2::ggplot_build(autoplot(x))
  expect_refused_in_words(effects, list(print, drawn, tidy.moe_effects), names(effects))
  expect_refused_in_words(tree, list(print, function(x) print(summary(x)), stats::as.hclust, drawn),
                          c(tree_parts, "fit", "runs", "refined", "criterion"))
})

test_that("effects whose columns are no longer columns are refused, some of them are not", {
  effects <- moe_effects(fit)
  expect_output(print(effects[c("variable", "estimate")]), "estimate")
  for (wrong in list(NULL, list(1), 1:2, mean, d)) {
    bad <- unclass(effects)
    bad["estimate"] <- list(wrong)
    class(bad) <- class(effects)
    expect_refused(print(bad), "its columns are no vectors")
    expect_refused(tidy.moe_effects(bad), "its columns are no vectors")
    expect_refused(autoplot(bad), "its columns are no vectors")
  }
  expect_named(tidy.moe_effects(effects[c("estimate", "class")]), c("estimate", "y.level"))
  expect_refused(autoplot(effects[names(effects) != "conf.low"]), "it lacks \"conf.low\"")
  expect_refused(autoplot(transform(effects, estimate = "a") |> structure(class = class(effects))),
                 "`estimate`, `conf.low` and `conf.high` are no numbers")
})
