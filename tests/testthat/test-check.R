# What is refused, and in which words. One row of the table below is one test: refused(what is
# wrong, the call, how the message must read).

refused <- function(what, call, message) {
  test_that(paste("refused:", what), {
    error <- expect_error(call, message, class = "moe_error_input")
    # A whole sentence, and no call of an internal function before it.
    if (!is.null(error)) expect_match(conditionMessage(error), "[.]$")
    expect_null(error$call)
  })
}

set.seed(1)
n <- 40
d <- data.frame(y = factor(rep(c("a", "b", "c", "a"), 10)), x1 = rnorm(n), x2 = rnorm(n),
                f = factor(rep(c("u", "v"), 20)))
x <- as.matrix(d[c("x1", "x2")])
one <- cbind("(Intercept)" = 1, x)
quick <- moe_control(search = "quick")
by_formula <- moe_fit(y ~ x1, d, lambda = 1, control = quick)
by_factor <- moe_fit(y ~ x1 + f, d, lambda = 1, control = quick)
by_matrix <- moe_fit(x, d$y, lambda = 1, control = quick)
by_worker <- moe_fit_worker(one, one, d$y, lambda = 1, control = quick)
own_gate <- moe_fit(x, d$y, z = x[, "x1", drop = FALSE], lambda = 1, control = quick)
without_data <- moe_fit(y ~ x1, d, lambda = 1, control = quick, model = FALSE)
changed <- function(setting, value) {
  quick[[setting]] <- value
  quick
}

# --- how many experts, and the ridge ---

number <- "`experts` must be one whole number from 1 to 40.*, not "
refused("no expert", moe_fit(y ~ x1, d, experts = 0), paste0(number, "0"))
refused("a negative number of experts", moe_fit(y ~ x1, d, experts = -2), paste0(number, "-2"))
refused("more experts than rows", moe_fit(y ~ x1, d, experts = 41), paste0(number, "41"))
refused("half an expert", moe_fit(y ~ x1, d, experts = 1.5), paste0(number, "1.5"))
refused("experts in words", moe_fit(y ~ x1, d, experts = "a"), paste0(number, "\"a\""))
refused("two numbers of experts", moe_fit(y ~ x1, d, experts = 1:2), paste0(number, ".*length 2"))
refused("missing experts", moe_fit(y ~ x1, d, experts = NA), paste0(number, "NA"))
refused("infinitely many experts", moe_fit(y ~ x1, d, experts = Inf), paste0(number, "Inf"))
refused("a function as experts", moe_fit(y ~ x1, d, experts = max), paste0(number, "a function"))
refused("NULL experts", moe_fit(y ~ x1, d, experts = NULL), paste0(number, "NULL"))
refused("TRUE experts", moe_fit(y ~ x1, d, experts = TRUE), paste0(number, "TRUE"))
refused("more experts than rows of matrices", moe_fit(x, d$y, experts = 41), paste0(number, "41"))
refused("experts in words, matrices", moe_fit(x, d$y, experts = "a"), paste0(number, "\"a\""))
refused("experts in words, worker", moe_fit_worker(one, one, d$y, experts = "a"),
        paste0(number, "\"a\""))

number <- "`lambda` must be one finite number of at least 0, or NULL, not "
refused("a negative ridge", moe_fit(y ~ x1, d, lambda = -1), paste0(number, "-1"))
refused("a missing ridge", moe_fit(y ~ x1, d, lambda = NA), paste0(number, "NA"))
refused("a ridge that is NaN", moe_fit(y ~ x1, d, lambda = NaN), paste0(number, "NaN"))
refused("an infinite ridge", moe_fit(y ~ x1, d, lambda = Inf), paste0(number, "Inf"))
refused("a ridge in words", moe_fit(y ~ x1, d, lambda = "a"), paste0(number, "\"a\""))
refused("two ridges", moe_fit(y ~ x1, d, lambda = 1:2), paste0(number, ".*length 2"))
refused("a negative ridge, matrices", moe_fit(x, d$y, lambda = -1), paste0(number, "-1"))
refused("a missing ridge, worker", moe_fit_worker(one, one, d$y, lambda = NA),
        paste0(number, "NA"))

# --- weights ---

refused("all weights zero", moe_fit(y ~ x1, d, weights = rep(0, n)),
        "`weights` must have a positive sum, but all are 0")
refused("negative weights", moe_fit(y ~ x1, d, weights = rep(c(1, -1), 20)),
        "`weights` must not be negative, but row 2 has -1 \\(and 19 more\\)")
refused("an infinite weight", moe_fit(y ~ x1, d, weights = c(Inf, rep(1, n - 1))),
        "`weights` must be finite, but row 1 has Inf")
refused("weights in words", moe_fit(y ~ x1, d, weights = rep("a", n)),
        "`weights` must be a numeric vector, not .*character")
refused("all weights zero, matrices", moe_fit(x, d$y, weights = rep(0, n)), "positive sum")
refused("a negative weight, matrices", moe_fit(x, d$y, weights = c(rep(1, n - 1), -2)),
        "must not be negative, but row 40 has -2[.]")
refused("a missing weight, matrices", moe_fit(x, d$y, weights = c(NA, rep(1, n - 1))),
        "must be finite, but row 1 has NA")
refused("a weight that is NaN, matrices", moe_fit(x, d$y, weights = c(1, NaN, rep(1, n - 2))),
        "must be finite, but row 2 has NaN")
refused("too few weights", moe_fit(x, d$y, weights = 1:3),
        "one value per row: there are 40 rows and 3 weights")
refused("weights as a factor", moe_fit(x, d$y, weights = factor(seq_len(n))),
        "must be a numeric vector, not .*factor")
refused("weights as a matrix", moe_fit(x, d$y, weights = matrix(1, n, 2)),
        "must be a numeric vector, not .*40 x 2")
refused("weights whose sum overflows", moe_fit(x, d$y, weights = rep(1e308, n)),
        "`weights` must have a finite sum")
refused("too few weights, worker", moe_fit_worker(one, one, d$y, weights = 1:3),
        "40 rows and 3 weights")
refused("a class without weight", moe_fit(y ~ x1, d, weights = as.numeric(d$y != "b")),
        "Every level of the response must occur with positive weight, but \"b\" does not")

# --- formulas ---

refused("no arguments", moe_fit(), "needs a formula and data, or matrices x and y")
refused("experts without intercept, - 1", moe_fit(y ~ x1 - 1, d),
        "expert part of the formula must keep its intercept")
refused("experts without intercept, + 0", moe_fit(y ~ x1 + 0 | x2, d),
        "expert part of the formula must keep its intercept")
refused("a gate without intercept, - 1", moe_fit(y ~ x1 | x2 - 1, d),
        "gate part of the formula must keep its intercept")
refused("a gate without intercept, + 0", moe_fit(y ~ x1 | 0 + x2, d),
        "gate part of the formula must keep its intercept")
refused("offset() in the experts", moe_fit(y ~ x2 + offset(x1) | x2, d),
        "offset\\(\\) is not supported; the expert part")
refused("offset() in the gate", moe_fit(y ~ x2 | x2 + offset(x1), d),
        "offset\\(\\) is not supported; the gate part")
refused("a formula with three parts", moe_fit(y ~ x1 | x2 | f, d), "one or two parts.*it has 3")
refused("two responses", moe_fit(y | x2 ~ x1, d), "one response on its left.*it has 2")
refused("no response", moe_fit(~ x1, d), "one response on its left.*it has 0")
refused("a misspelt argument", moe_fit(y ~ x1, d, lamda = 1), "Unused argument: \"lamda\"")
refused("an argument too many",
        moe_fit(y ~ x1, d, 2, NULL, NULL, stats::na.omit, 0, NULL, NULL, quick, TRUE, NULL, NULL, 7),
        "Unused argument: \"\\(unnamed\\)\"")
refused("two misspelt arguments, matrices", moe_fit(x, d$y, lamda = 1, wheights = 2),
        "Unused arguments: \"lamda\", \"wheights\"")
refused("model that is neither TRUE nor FALSE", moe_fit(y ~ x1, d, lambda = 1, model = NA),
        "`model` must be TRUE or FALSE, not NA")
refused("model in words, matrices", moe_fit(x, d$y, lambda = 1, model = "yes"),
        "`model` must be TRUE or FALSE, not \"yes\"")
refused("contrasts that are no list", moe_fit(y ~ x1 + f, d, contrasts = "contr.sum"),
        "`contrasts` must be")
refused("contrasts for a variable that is not there",
        moe_fit(y ~ x1 + f, d, contrasts = list(g = "contr.sum")), "`contrasts`.*\"g\"")

# --- rows ---

empty <- "There must be at least one row"
refused("no rows", moe_fit(y ~ x1, d[0, ]), empty)
refused("a subset without rows", moe_fit(y ~ x1, d, subset = x1 > 99), empty)
refused("a covariate that is missing throughout", moe_fit(y ~ x1, transform(d, x1 = NA_real_)),
        empty)
refused("no rows, matrices", moe_fit(x[0, ], d$y[0]), empty)
refused("no rows, worker", moe_fit_worker(one[0, ], one[0, ], d$y[0]), empty)
refused("one row", moe_fit(y ~ x1, d[1, ]), "Every level .* but \"b\", \"c\" do not")
refused("one row and one level", moe_fit(y ~ x1, droplevels(d[1, ]), experts = 1),
        "at least two classes, but all rows are \"a\"")
refused("one row, matrices", moe_fit(x[1, , drop = FALSE], "a"), "but all rows are \"a\"")
refused("an infinite covariate", moe_fit(y ~ x1, transform(d, x1 = replace(x1, 3, -Inf))),
        "must be finite: column \"x1\" has -Inf in row 3")
refused("a covariate made infinite", moe_fit(y ~ x1 | log(x2 * 0), d), "has -Inf in row 1|has NaN")
refused("missing covariates passed on",
        moe_fit(y ~ x1, transform(d, x1 = replace(x1, 3, NA)), na.action = na.pass),
        "must not hold missing values: column \"x1\" has NA in row 3")
refused("missing responses passed on",
        moe_fit(y ~ x1, transform(d, y = replace(y, 3, NA)), na.action = na.pass),
        "must not hold missing values: row 3 is NA")
refused("more columns than rows", moe_fit(matrix(rnorm(n * 42), n), d$y, lambda = 0),
        "rows as columns, but the expert design has 43 columns and 40 rows; use `lambda` > 0")
refused("more columns of the gate than rows",
        moe_fit(x, d$y, z = matrix(rnorm(n * n), n), lambda = 0),
        "but the gate design has 41 columns and 40 rows")
refused("more columns than rows of positive weight",
        moe_fit(matrix(rnorm(n * 20), n), d$y, lambda = 0,
                weights = rep(c(1, 1, 1, 0), c(4, 4, 4, 28))),
        "has 21 columns and 12 rows of positive weight")

# --- responses ---

refused("one class", moe_fit(y ~ x1, droplevels(d[d$y == "a", ])),
        "at least two classes, but all rows are \"a\"")
refused("a level that does not occur", moe_fit(y ~ x1, d[d$y != "b", ]),
        "but \"b\" does not; droplevels\\(\\) removes empty levels")
refused("a level that does not occur, matrices", moe_fit(x, factor(d$y, c("a", "b", "c", "z"))),
        "but \"z\" does not")
refused("numbers other than 0 and 1", moe_fit(y ~ x1, transform(d, y = as.integer(y))),
        "must hold only 0 and 1, but .*has [23]; for more classes use factor\\(")
refused("numbers other than 0 and 1, matrices", moe_fit(x, rep(c(0, 1, 1.5, 0), 10)),
        "A numeric .* must hold only 0 and 1, but .*has 1.5; for more classes use factor\\(y\\)")
refused("a list as response", moe_fit(x, as.list(d$y)), "`y` must be a factor, .*not .*list")
refused("NULL as response", moe_fit(x, NULL), "`y` must be a factor, .*not NULL")
refused("dates as response", moe_fit(x, Sys.Date() + seq_len(n)), "`y` must be a factor, .*Date")
refused("no response, matrices", moe_fit(x), "`y`|x and y")
refused("missing classes, matrices", moe_fit(x, replace(d$y, 7, NA)),
        "`y` must not hold missing values: row 7 is NA")
refused("too few classes", moe_fit(x, d$y[1:4]),
        "one value per row of `x`: there are 40 rows and 4 values")
refused("negative counts", moe_fit(x, cbind(a = rep(1, n), b = rep(c(0, -1), 20))),
        "whole numbers of at least 0, but row 2 is 1, -1")
refused("a class that is never counted", moe_fit(cbind(a = rep(1:0, 20), b = 0) ~ x1, d),
        "but \"b\" does not; leave out their columns")
refused("fractions as indicators", moe_fit(x, matrix(0.5, n, 2)), "but row 1 is 0.5, 0.5")
refused("missing indicators", moe_fit(x, matrix(NA_real_, n, 2)),
        "`y` must not hold missing values: row 1 is NA")
refused("indicators in words", moe_fit(x, matrix("a", n, 2)),
        "A matrix `y` must hold numbers, indicators of the classes or counts of them, not")
refused("too few indicators", moe_fit(x, diag(3)), "there are 40 rows and 3 values")
refused("an indicator that never is 1", moe_fit(x, cbind(a = rep(1:0, 20), b = 0:1, z = 0)),
        "but \"z\" does not")

# --- matrices ---

refused("a data frame as x", moe_fit(d[c("x1", "x2")], d$y),
        "`x` must be a numeric matrix, not a data frame: use a formula")
refused("a vector as x", moe_fit(d$x1, d$y), "`x` must be a numeric matrix, not .*length 40")
refused("a list as x", moe_fit(as.list(d), d$y), "`x` must be a numeric matrix, not .*list")
refused("NULL as x", moe_fit(NULL, d$y), "`x` must be a numeric matrix, not NULL")
refused("words as x", moe_fit(matrix("a", n, 2), d$y), "`x` must be a numeric matrix, not .*40 x 2")
refused("a data frame as z", moe_fit(x, d$y, z = d["x1"]),
        "`z` must be a numeric matrix, not a data frame")
refused("NULL as z", moe_fit(x, d$y, z = NULL), "`z` must be a numeric matrix, not NULL")
refused("too few rows in z", moe_fit(x, d$y, z = x[1:3, ]),
        "`x` and `z` must have the same rows, but have 40 and 3")
refused("NA in x", moe_fit(unname(replace(x, 45, NA)), d$y),
        "`x` must not hold missing values: column 2 has NA in row 5")
refused("NaN in x", moe_fit(replace(x, 45, NaN), d$y), "column \"x2\" has NaN in row 5")
refused("Inf in z", moe_fit(x, d$y, z = replace(x, 45, Inf)),
        "`z` must be finite: column \"x2\" has Inf in row 5")
refused("columns of one name", moe_fit(cbind(a = d$x1, a = d$x2), d$y),
        "Columns of `x` must have different names, but \"a\" occurs twice")
refused("columns of one name in z", moe_fit(x, d$y, z = cbind(a = d$x1, a = d$x2)),
        "Columns of `z` must have different names, but \"a\" occurs twice")
refused("a column of x without name", moe_fit(cbind(a = d$x1, d$x2), d$y), "`x`.* name")
refused("an intercept in x", moe_fit(one, d$y, lambda = 1), "`x`.*intercept|\"\\(Intercept\\)\"")

refused("no intercept, worker", moe_fit_worker(x, x, d$y),
        "The first column of `x` must be the intercept, all ones")
refused("no intercept in the gate, worker", moe_fit_worker(one, x, d$y),
        "The first column of `z` must be the intercept, all ones")
refused("no columns, worker", moe_fit_worker(one[, 0], one, d$y), "first column of `x`")
refused("data frames, worker", moe_fit_worker(d, d, d$y), "`x` must be a numeric matrix")
refused("NA in the gate, worker", moe_fit_worker(one, replace(one, 45, NA), d$y),
        "`z` must not hold missing values: column \"x1\" has NA in row 5")
refused("different rows, worker", moe_fit_worker(one, one[1:3, ], d$y), "but have 40 and 3")
refused("classes in words, worker", moe_fit_worker(one, one, as.character(d$y)),
        "`y` must be a factor, not .*character")
refused("too few classes, worker", moe_fit_worker(one, one, d$y[1:3]), "40 rows and 3 values")
refused("columns of one name, worker",
        moe_fit_worker(one[, c(1, 2, 2)], one[, c(1, 2, 2)], d$y, lambda = 1),
        "must have different names, but \"x1\" occurs twice")
refused("a missing class, worker", moe_fit_worker(one, one, replace(d$y, 3, NA), lambda = 1),
        "`y` must not hold missing values: row 3 is NA")

# --- starts ---

refused("a start where the number of experts is chosen",
        moe_fit(y ~ x1, d, experts = "auto", start = by_formula),
        "`start` must be NULL with `experts = \"auto\"`")
refused("a ridge in words where the number of experts is chosen",
        moe_fit(y ~ x1, d, experts = "auto", lambda = "a"), "`lambda` must be .* not \"a\"")
refused("no ridge where the number of experts is chosen",
        moe_fit(y ~ x1, d, experts = "auto", lambda = 0), "`lambda` must be more than 0, or NULL")

what <- "`start` must be NULL, a fit by moe_fit\\(\\) or a matrix of responsibilities, not "
refused("a start in words", moe_fit(x, d$y, start = "a"), paste0(what, "\"a\""))
refused("a list as start", moe_fit(x, d$y, start = list()), paste0(what, ".*list"))
refused("a data frame as start", moe_fit(y ~ x1, d, start = d), paste0(what, ".*data.frame"))
refused("too few rows in start", moe_fit(x, d$y, start = matrix(0.5, 3, 2)),
        "one row per observation, or per group, and one column per expert \\(40 x 2\\), but is 3 x 2")
refused("too many columns in start", moe_fit(y ~ x1, d, start = matrix(1 / 3, n, 3)),
        "\\(40 x 2\\), but is 40 x 3")
rule <- "must hold responsibilities: finite, not negative, and summing to 1 in each row"
refused("NA in start", moe_fit(x, d$y, start = matrix(c(NA, 1), n, 2, byrow = TRUE)), rule)
refused("rows of start that do not sum to 1", moe_fit(x, d$y, start = matrix(0.4, n, 2)), rule)
refused("negative responsibilities", moe_fit(x, d$y, start = matrix(c(-1, 2), n, 2, byrow = TRUE)),
        rule)
refused("a start with other experts", moe_fit(y ~ x1, d, experts = 3, start = by_formula),
        "as many experts as asked for \\(3\\), but has 2")
refused("a start with fewer classes",
        moe_fit(y ~ x1, droplevels(d[d$y != "c", ]), start = by_formula),
        "must have the same classes")
refused("a start with other classes",
        moe_fit(y ~ x1, transform(d, y = factor(y, labels = c("p", "q", "r"))), lambda = 1,
                start = by_formula, control = quick), "must have the same classes")
refused("a start with other covariates of the experts", moe_fit(y ~ x2 | x1, d, start = by_formula),
        "must have the same covariates, but its expert lacks \"x2\"")
refused("a start with other covariates of the gate", moe_fit(y ~ x1 | f, d, start = by_formula),
        "must have the same covariates, but its gate lacks \"fv\"")

# --- control ---

refused("a list as control", moe_fit(y ~ x1, d, control = list(search = "quick")),
        "`control` must come from moe_control\\(\\), not .*list")
refused("NULL as control", moe_fit(x, d$y, control = NULL),
        "`control` must come from moe_control\\(\\), not NULL")
refused("words as control, worker", moe_fit_worker(one, one, d$y, control = "mm"),
        "`control` must come from moe_control\\(\\), not \"mm\"")
refused("a search edited by hand", moe_fit(y ~ x1, d, control = changed("search", "a")),
        "`search` must be one of \"standard\", \"quick\", \"thorough\", not \"a\"")
refused("a method edited by hand", moe_fit(y ~ x1, d, control = changed("method", "newton")),
        "`method` must be one of \"accelerated\", \"mm\", not \"newton\"")
refused("a setting that does not exist", moe_fit(y ~ x1, d, control = changed("speed", 9)),
        "`control`.*\"speed\"")

# --- predictions ---

kinds <- paste0("`type` must be one of \"class\", \"prob\", \"response\", \"link\", \"gate\", ",
                "\"expert\", \"posterior\", not ")
refused("an unknown type", predict(by_formula, type = "odds"), paste0(kinds, "\"odds\""))
refused("two types", predict(by_formula, type = c("prob", "gate")), paste0(kinds, ".*length 2"))
refused("a number as type", predict(by_formula, type = 1), paste0(kinds, "1"))
refused("NULL as type", predict(by_formula, type = NULL), paste0(kinds, "NULL"))
refused("NA as type", predict(by_formula, type = NA_character_), kinds)
refused("an argument predict() does not have", predict(by_formula, terms = "x1"),
        "Unused argument: \"terms\"")
refused("a matrix as newdata of a formula fit", predict(by_formula, x),
        "`newdata` must be a data frame, not .*40 x 2")
refused("a word as newdata", predict(by_formula, "prob"), "`newdata` must be a data frame, not")
refused("a variable that newdata lacks", predict(by_formula, d["x2"]),
        "`newdata` must have all variables of the formula, but lacks \"x1\"")
refused("newdata without response for responsibilities",
        predict(by_formula, d["x1"], type = "posterior"), "lacks \"y\"")
refused("a level the fit has not seen", predict(by_factor, data.frame(x1 = 0, f = c("u", "w"))),
        "levels that the fit has not seen: f has \"w\"")
refused("a level of a factor the fit has not seen",
        predict(by_factor, data.frame(x1 = 0, f = factor(c("u", "w", "z")))), "f has \"w\", \"z\"")
refused("infinite newdata", predict(by_formula, data.frame(x1 = c(1, Inf))),
        "`newdata` must be finite or missing, but row 2 is infinite")
refused("words for a number", predict(by_formula, data.frame(x1 = "a")), "x1")
refused("a class the fit has not seen",
        predict(by_formula, data.frame(x1 = 0, y = "z"), type = "posterior"),
        "must have the classes of the fit \\(\"a\", \"b\", \"c\"\\), but holds \"z\"")
refused("newz for a formula fit", predict(by_formula, d, newz = x), "`newz`")
refused("newy for a formula fit", predict(by_formula, d, type = "posterior", newy = d$y), "`newy`")

refused("a word as newdata of a matrix fit", predict(by_matrix, "a"),
        "`newdata` must be a numeric matrix, not \"a\"")
refused("a data frame of words for a matrix fit",
        predict(by_matrix, data.frame(x1 = "a", x2 = "b")), "`newdata` must be a numeric")
refused("a column that newdata lacks", predict(by_matrix, x[, 1, drop = FALSE]),
        "`newdata` must have the columns of the fit, but lacks \"x2\"")
refused("too few columns without names", predict(by_matrix, unname(x)[, 1, drop = FALSE]),
        "`newdata` must have the 2 columns of the fit, but has 1")
refused("a word as newz", predict(by_matrix, x, newz = "a"),
        "`newz` must be a numeric matrix, not \"a\"")
refused("too few rows in newz", predict(by_matrix, x, newz = x[1:3, ]),
        "`newdata` and `newz` must have the same rows, but have 40 and 3")
refused("newz without newdata", predict(by_matrix, newz = x), "`newdata`")
refused("newy without newdata", predict(by_matrix, type = "posterior", newy = d$y), "`newdata`")
refused("a gate that needs newz", predict(own_gate, x),
        "The gate has covariates of its own: give them as `newz`")
refused("infinite newz", predict(own_gate, x, newz = cbind(x1 = rep(-Inf, n))),
        "`newz` must be finite or missing, but row 1 is infinite")
refused("responsibilities without newy", predict(by_matrix, x, type = "posterior"),
        "need the response: give `newy`")
refused("too few values in newy", predict(by_matrix, x, type = "posterior", newy = d$y[1:3]),
        "`newy` must have one value per row of `newdata`: there are 40 rows and 3 values")
refused("a class in newy the fit has not seen",
        predict(by_matrix, x, type = "posterior", newy = rep("z", n)), "but holds \"z\"")
refused("counts in newy of a fit to classes",
        predict(by_matrix, x, type = "posterior", newy = matrix(1, n, 3)),
        "must be a class in each row, as that of the fit was, but holds counts")

# --- fits without data or formula ---

gone <- "The fit holds no training data"
refused("predictions without data", predict(without_data), gone)
refused("predictions without data, worker", predict(by_worker), gone)
refused("fitted values without data", fitted(without_data), gone)
refused("residuals without data", residuals(without_data), gone)
refused("ICL without data", moe_icl(without_data), gone)
refused("simulation without data", simulate(without_data), gone)
refused("a model frame without data", model.frame(without_data), gone)
refused("a model matrix without data", model.matrix(by_worker), gone)
refused("a plot of the gate without data", autoplot(without_data, type = "gate"), gone)
refused("the formula of matrices", formula(by_matrix), "A fit from matrices has no formula")
refused("the terms of matrices", terms(by_matrix), "A fit from matrices has no terms")
refused("the model frame of matrices", model.frame(by_matrix), "from matrices has no model frame")
refused("a new formula for matrices", update(by_matrix, . ~ x1), "from matrices has no formula")
refused("an update of a fit without call", update(by_worker, lambda = 2),
        "A fit by moe_fit_worker\\(\\) has no call to update")

# --- other methods ---

refused("matrix that is neither TRUE nor FALSE", coef(by_formula, matrix = NA),
        "`matrix` must be TRUE or FALSE, not NA")
refused("matrix of length 2", coef(by_formula, matrix = c(TRUE, FALSE)), "`matrix` must be TRUE or")
refused("an argument coef() does not have", coef(by_formula, digits = 2), "Unused.*\"digits\"")
refused("residuals of an unknown type", residuals(by_formula, type = "working"),
        "`type` must be one of \"response\", \"pearson\", \"deviance\", not \"working\"")
refused("an argument residuals() does not have", residuals(by_formula, newdata = d),
        "Unused.*\"newdata\"")
refused("no simulation", simulate(by_formula, nsim = 0),
        "`nsim` must be one whole number of at least 1, not 0")
refused("simulations in words", simulate(by_formula, nsim = "a"), "`nsim` must be .* not \"a\"")
refused("half a simulation", simulate(by_formula, nsim = 1.5), "`nsim` must be .* not 1.5")
refused("an argument simulate() does not have", simulate(by_formula, type = "a"),
        "Unused argument: \"type\"")
refused("simulation at an infinite covariate", simulate(by_formula, newdata = data.frame(x1 = Inf)),
        "must be finite or missing")
refused("an unknown part", model.matrix(by_formula, part = "both"),
        "`part` must be one of \"expert\", \"gate\", not \"both\"")
refused("ICL of something else", moe_icl(lm(x1 ~ x2, d)),
        "`object` must be a fit by moe_fit\\(\\), not .*lm")
refused("an unknown plot", plot(by_formula, type = "roots"),
        "`type` must be one of \"trace\", \"gate\", \"coefficients\", \"curve\", not \"roots\"")
refused("a number as plot", autoplot(by_formula, type = 2), "`type` must be one of .* not 2")
refused("an argument plot() does not have", plot(by_formula, main = "a"), "Unused.*\"main\"")
refused("an update to an argument that does not exist", update(by_formula, lamda = 1),
        "Unused argument: \"lamda\"")
refused("an update to a bad value", update(by_formula, experts = -1), "`experts` must be .* not -1")
refused("an update to a formula without intercept", update(by_formula, . ~ . - 1),
        "must keep its intercept")
refused("evaluate that is neither TRUE nor FALSE", update(by_formula, evaluate = NA),
        "`evaluate` must be TRUE or FALSE, not NA")

# --- what R itself refuses, which must still name the culprit ---

test_that("variables that are nowhere are named", {
  expect_error(moe_fit(y ~ nosuch, d), "nosuch")
  expect_error(moe_fit(nosuch ~ x1, d), "nosuch")
  expect_error(moe_fit(y ~ x1 | nosuch, d), "nosuch")
  expect_error(moe_fit(y ~ x1, d, weights = nosuch), "nosuch")
  expect_error(update(by_formula, . ~ nosuch), "nosuch")
})

test_that("weights of another length are refused by the model frame", {
  expect_error(moe_fit(y ~ x1, d, weights = 1:3), "weights")
})

test_that("na.fail stops at a missing value", {
  d$x1[3] <- NA
  expect_error(moe_fit(y ~ x1, d, na.action = na.fail), "missing values")
})

# --- when and how ---

test_that("bad input is found before any work is done", {
  # A fit of these few rows without a ridge would warn.
  bad <- function(...) expect_warning(try(moe_fit(y ~ x1, d, experts = 4, ...), silent = TRUE), NA)
  bad(model = NA)
  bad(control = list())
  bad(start = "a")
})

test_that("a refusal does not disturb the random numbers", {
  set.seed(3)
  before <- .Random.seed
  try(moe_fit(y ~ x1, d, experts = 99), silent = TRUE)
  try(predict(by_formula, x), silent = TRUE)
  expect_identical(.Random.seed, before)
})

test_that("many names are cut short in a message", {
  wide <- matrix(rnorm(n * 9), n, dimnames = list(NULL, paste0("column", 1:9)))
  fit <- moe_fit(wide, d$y, experts = 1, lambda = 1, control = quick)
  expect_error(predict(fit, cbind(other = 1)), "\"column6\" and 3 more", class = "moe_error_input")
})

test_that("the smallest and largest numbers of experts are accepted", {
  small <- moe_control(search = "quick", max_iterations = 2)
  fit <- function(k) {
    suppressWarnings(moe_fit(y ~ 1, d[1:4, ], experts = k, lambda = 1, control = small))
  }
  expect_identical(fit(1)$experts, 1L)
  expect_identical(fit(4L)$experts, 4L)
})

test_that("zero weights are accepted where every class keeps some", {
  weights <- rep(c(0, 1), c(8, 32))
  fit <- moe_fit(y ~ x1, d, weights = weights, lambda = 1, experts = 1, control = quick)
  without <- moe_fit(y ~ x1, d[9:40, ], lambda = 1, experts = 1, control = quick)
  expect_equal(fit$loglik, without$loglik)
})

# --- calibration ---

thirds <- matrix(1 / 3, n, 3)
named <- matrix(1 / 3, n, 3, dimnames = list(NULL, c("a", "b", "c")))
half <- rep(0.5, n)
refused("no bins", moe_calibration(thirds, d$y, bins = 0),
        "`bins` must be one whole number .*not 0")
refused("half a bin", moe_calibration(thirds, d$y, bins = 2.5), "`bins` .*not 2.5")
refused("a negative bootstrap", moe_calibration(thirds, d$y, bootstrap = -1),
        "`bootstrap` must be one whole number of at least 0, not -1")
refused("an unknown interval", moe_calibration(thirds, d$y, interval = "bca"),
        "`interval` must be one of \"basic\", \"percentile\", not \"bca\"")
refused("a level of 1", moe_calibration(thirds, d$y, level = 1),
        "`level` must lie between 0 and 1, not be 1")
refused("a level in percent", moe_calibration(thirds, d$y, level = 95), "`level` .*not 95")
refused("a negative eps", moe_calibration(thirds, d$y, eps = -1), "`eps` .*from 0 to 1, not -1")
refused("an empty list of models", moe_calibration(list(), d$y), "at least one model")
refused("models without names", moe_calibration(list(thirds, thirds), d$y),
        "must have a different name for each model")
refused("models of one name", moe_calibration(list(m = thirds, m = thirds), d$y),
        "must have a different name for each model")
refused("a model that is no matrix", moe_calibration(list(m = thirds, k = mean), d$y),
        "`probabilities\\$k` must be a numeric matrix, not a function")
refused("probabilities in words", moe_calibration(matrix("a", n, 3), d$y),
        "`probabilities` must be a numeric matrix, not a character matrix, 40 x 3")
refused("NULL probabilities", moe_calibration(NULL, d$y), "must be a numeric matrix, not NULL")
refused("probabilities with too few rows", moe_calibration(thirds[-1, ], d$y),
        "`probabilities` must have one row per value of `truth`: there are 39 rows and 40 values")
refused("a vector for three classes", moe_calibration(half, d$y),
        "only where `truth` has two classes, but there are 3")
refused("too few columns", moe_calibration(thirds[, -1], d$y),
        "one column per class \\(\"a\", \"b\", \"c\"\\), but has 2[.]")
refused("a class without a column", moe_calibration(named[, -2], d$y),
        "a column for every class of `truth`, but none is named \"b\"")
refused("models of other classes",
        moe_calibration(list(m = named, k = `colnames<-`(named, c("a", "b", "z"))), d$y),
        "`probabilities\\$k` must have one column per class .*but has 3 named \"a\", \"b\", \"z\"")
refused("probabilities beyond 1", moe_calibration(2 * half, d$y == "a", eps = 1.5), "`eps`")
refused("a vector beyond 1", moe_calibration(3 * half, d$y == "a"),
        "from 0 to 1 and with sum 1, but row 1 is -0.5, 1.5 \\(and 39 more rows are wrong\\)")
refused("rows that do not sum to 1", moe_calibration(replace(thirds, 2, 0.5), d$y),
        "with sum 1, but row 2 is 0.500, 0.333, 0.333[.]")
refused("a row that is off by more than a millionth",
        moe_calibration(replace(thirds, 2, 1 / 3 + 1.1e-6), d$y),
        "with sum 1, but row 2 is 0.333, 0.333, 0.333[.]")
refused("missing probabilities", moe_calibration(replace(thirds, 5, NA), d$y), "but row 5 is NA")
refused("infinite probabilities", moe_calibration(replace(thirds, 5, Inf), d$y),
        "but row 5 is Inf")
refused("a missing truth", moe_calibration(thirds, replace(d$y, 3, NA)),
        "`truth` must not hold missing values: row 3 is NA")
refused("truth in words for columns without names", moe_calibration(thirds, as.character(d$y)),
        "`truth` must be a factor where columns of `probabilities` have no names")
refused("numbers as truth", moe_calibration(thirds, as.integer(d$y)),
        "must hold only 0 and 1, but `truth` has 2")
refused("no rows of probabilities", moe_calibration(thirds[0, ], d$y[0]), "at least one row")
refused("too few weights of probabilities", moe_calibration(thirds, d$y, weights = 1:3),
        "40 rows and 3 weights")
calibration <- moe_calibration(thirds, d$y, bootstrap = 0)
refused("an unknown table", as.data.frame(calibration, what = "rows"),
        "`what` must be one of \"measures\", \"bins\", \"classes\", not \"rows\"")
refused("an unknown target", autoplot(calibration, target = "z"),
        "`target` must be one or more of \"top-label\", \"a\", \"b\", \"c\", not \"z\"")
refused("unknown bars", plot(calibration, bars = "none"), "`bars` must be one of")
refused("a misspelt argument of a plot", plot(calibration, tagret = "a"), "\"tagret\"")

# --- what is shown ---

for (digits in list("a", 0, 23, NA, 1:2, NULL)) {
  refused(paste("print() with digits", deparse(digits)), print(by_formula, digits = digits),
          "`digits` must be one whole number from 1 to 22")
  refused(paste("summary with digits", deparse(digits)),
          print(summary(by_formula), digits = digits), "`digits` must be one whole number")
}
refused("no coefficients", confint(by_formula, parm = NULL),
        "`parm` must hold names or numbers of coefficients, not NULL")
refused("coefficients by a list", confint(by_formula, list(1)), "`parm` .* not a list")
refused("coefficients by a flag", confint(by_formula, TRUE), "`parm` .* not TRUE")
refused("folds in a list", moe_tune(y ~ x1, d, folds = as.list(1:n)),
        "`folds` must be a vector, not a list")
refused("folds as a data frame", moe_tune(y ~ x1, d, folds = data.frame(a = rep(1:2, 20))),
        "`folds` .* not an object of class \"data.frame\"")
refused("folds in a matrix", moe_tune(y ~ x1, d, folds = matrix(1:2, n, 2)),
        "`folds` must be a vector, not a numeric matrix")
refused("no folds", moe_tune(y ~ x1, d, folds = NULL), "`folds` must have one value per row")

test_that("rows of shares are those that are finite, not negative and of sum 1", {
  rows <- rbind(c(0.2, 0.8), c(1, 0), c(0.5, 0.5 + 5e-7), c(0.5, 0.5 + 2e-6), c(-0.5, 1.5),
                c(NA, 1), c(NaN, 1), c(Inf, 0), c(Inf, -Inf))
  expect_identical(are_shares(rows), rep(c(TRUE, FALSE), c(3, 6)))
  expect_identical(are_shares(rows[1:4, ]), rep(c(TRUE, FALSE), c(3, 1)))
  expect_identical(are_shares(rows[0, ]), logical())
})
