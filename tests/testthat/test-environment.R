# What a fit keeps of the place where its formula was written: nothing but what it needs.

quick <- moe_control(search = "quick")
set.seed(1)
d <- data.frame(y = factor(sample(c("a", "b"), 80, TRUE)), x1 = rnorm(80), x2 = rnorm(80))

saved_size <- function(fit) {
  file <- tempfile(fileext = ".rds")
  on.exit(unlink(file))
  saveRDS(fit, file)
  file.size(file)
}

# Each is called with 8 MB in its frame, which must not be saved along with the fit.
makers <- list(
  formula = function(big) moe_fit(y ~ x1 + x2, d, experts = 1),
  `formula in a variable` = function(big) {
    formula <- Formula::Formula(y ~ x1 | x2)
    moe_fit(formula, d, experts = 1)
  },
  `do.call()` = function(big) {
    do.call(moe_fit, list(y ~ x1 + x2, quote(d), experts = 1))
  },
  `experts = "auto"` = function(big) {
    few <- moe_control(search = "quick", max_experts = 2)
    suppressMessages(moe_fit(y ~ x1, d, experts = "auto", control = few))
  },
  `a local number` = function(big) {
    degree <- 2
    moe_fit(y ~ poly(x1, degree), d, experts = 1)
  },
  update = function(big) {
    update(moe_fit(y ~ x1, d, experts = 1), . ~ . + x2)
  },
  cut = function(big) {
    cut(moe_dendrogram(moe_fit(y ~ x1, d, lambda = 1, control = quick), pairs = 1), 1)
  },
  matrix = function(big) moe_fit(as.matrix(d[c("x1", "x2")]), d$y, experts = 1)
)

test_that("a big calling environment is not saved", {
  big <- rnorm(1e6)
  for (name in names(makers)) {
    fit <- suppressWarnings(makers[[name]](big))
    expect_lt(saved_size(fit), 3e4, label = paste(name, "in bytes"))
  }
})

test_that("what the formula refers to is kept", {
  make <- function() {
    big <- rnorm(1e6)
    cutoff <- 0.3
    bend <- function(x) pmax(x - 1, 0)
    environment(bend) <- globalenv()
    unused <- "a"
    moe_fit(y ~ I(x1 > cutoff) + bend(x2) | x2, d, experts = 1)
  }
  fit <- make()
  expect_lt(saved_size(fit), 5e4)
  env <- environment(formula(fit))
  expect_setequal(ls(env), c("cutoff", "bend"))
  by_hand <- transform(d, u = x1 > 0.3, v = pmax(x2 - 1, 0))
  other <- moe_fit(y ~ u + v | x2, by_hand, experts = 1)
  expect_equal(predict(fit, d[1:9, ], "prob"), predict(other, by_hand[1:9, ], "prob"))
  # All that has an environment has this one.
  expect_identical(environment(terms(fit)), env)
  expect_identical(environment(terms(model.frame(fit))), env)
  expect_identical(environment(fit$terms$gate), env)
  without <- update(fit, . ~ . - bend(x2))
  expect_identical(without$columns$expert, c("(Intercept)", "I(x1 > cutoff)TRUE"))
  expect_identical(predict(without, d[1:3, ]), predict(without)[1:3])
})

test_that("an object of the data hides one of its name in the calling environment", {
  make <- function() {
    x1 <- rnorm(1e6)
    moe_fit(y ~ x1, d, experts = 1)
  }
  fit <- make()
  expect_lt(saved_size(fit), 3e4)
  expect_equal(coef(fit), coef(moe_fit(y ~ x1, d, experts = 1)))
})

test_that("fits without data keep their variables", {
  make <- function() {
    big <- rnorm(1e6)
    y <- d$y
    x1 <- d$x1
    x2 <- d$x2
    moe_fit(y ~ x1 + x2, experts = 1)
  }
  fit <- make()
  expect_setequal(ls(environment(formula(fit))), c("y", "x1", "x2"))
  expect_lt(saved_size(fit), 5e4)
  smaller <- suppressWarnings(update(fit, . ~ . - x2))
  expect_identical(names(model.frame(smaller)), c("y", "x1"))
})

test_that("an updated formula finds what is where it was written and what the fit keeps", {
  degree <- 2
  fit <- moe_fit(y ~ poly(x1, degree), d, experts = 1)
  elsewhere <- function(fit) {
    degree <- 5 # not what the fit was made with
    knot <- 0.1
    suppressWarnings(update(fit, . ~ . + I(x2 > knot), data = d))
  }
  fit <- elsewhere(fit)
  expect_identical(fit$columns$expert,
                   c("(Intercept)", "poly(x1, degree)1", "poly(x1, degree)2", "I(x2 > knot)TRUE"))
  expect_setequal(ls(environment(formula(fit))), c("degree", "knot"))
  expect_error(predict(fit, d[1:3, ]), NA)
})

test_that("formulas of the workspace and of packages keep their environment", {
  global <- y ~ x1
  environment(global) <- globalenv()
  expect_identical(environment(formula(moe_fit(global, d, experts = 1))),
                   globalenv())
  package <- y ~ x1
  environment(package) <- asNamespace("stats")
  expect_identical(environment(formula(moe_fit(package, d, experts = 1))),
                   asNamespace("stats"))
})

test_that("a saved fit predicts in a fresh session what it predicts here", {
  make <- function() {
    cutoff <- 0.3
    d$f <- factor(rep(c("u", "v"), 40))
    moe_fit(y ~ I(x1 > cutoff) + x2 + f | poly(x2, 2), d, experts = 1)
  }
  folder <- tempfile()
  dir.create(folder)
  on.exit(unlink(folder, recursive = TRUE))
  few <- data.frame(x1 = c(0.1, 0.4, NA), x2 = c(-1, 0, 1), f = c("v", "u", "v"))
  fits <- list(formula = make(),
               matrix = suppressWarnings(moe_fit(as.matrix(d[c("x1", "x2")]), d$y, lambda = 1,
                                                 control = quick)))
  data <- list(formula = few, matrix = as.matrix(few[c("x1", "x2")]))
  types <- c("class", "prob", "gate", "expert")
  all_of <- function(fits, data, types) {
    lapply(names(fits), function(kind) {
      lapply(types, function(type) predict(fits[[kind]], data[[kind]], type))
    })
  }
  environment(all_of) <- globalenv()
  saveRDS(list(fits = fits, data = data, types = types, all_of = all_of,
               library = dirname(find.package("moelogit"))), file.path(folder, "in.rds"))
  writeLines(c(
    sprintf("folder <- %s", dQuote(normalizePath(folder, "/"), FALSE)),
    "given <- readRDS(file.path(folder, 'in.rds'))",
    "library(moelogit, lib.loc = given$library)",
    "out <- given$all_of(given$fits, given$data, given$types)",
    "saveRDS(out, file.path(folder, 'out.rds'))"
  ), file.path(folder, "session.R"))
  libraries <- paste(.libPaths(), collapse = .Platform$path.sep)
  status <- system2(file.path(R.home("bin"), "Rscript"),
                    c("--vanilla", shQuote(file.path(folder, "session.R"))),
                    env = c("R_TESTS=", paste0("R_LIBS=", libraries)))
  expect_identical(status, 0L)
  expect_identical(readRDS(file.path(folder, "out.rds")), all_of(fits, data, types))
})
