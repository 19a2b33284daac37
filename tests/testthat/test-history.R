# What earlier rows of a group say of its next ones.

quick <- moe_control(search = "quick")

d <- oracle_groups(80, 8, 3, 2, 3, 2, 21)
seen <- !duplicated(d$group) | stats::ave(seq_len(d$n), d$group, FUN = seq_along) <= 3
set.seed(1)
fit <- moe_fit(d$formula, d$frame[seen, ], lambda = 0.5, control = quick, group = id)
par <- oracle_parameters(fit$coefficients)

# sum_k tau_k(h) p_k(m | x), group by group.
by_hand <- function(new, history, par) {
  t(vapply(new, function(i) {
    rows <- history[d$group[history] == d$group[i]]
    logs <- oracle_log_softmax_one(drop(d$z[d$group[i], ] %*% par$gate))
    for (h in rows) for (k in 1:2) {
      logs[k] <- logs[k] + oracle_log_softmax_one(drop(d$x[h, ] %*% par$expert[, , k]))[d$y[h]]
    }
    tau <- exp(oracle_log_softmax_one(logs))
    p <- vapply(1:2, function(k) {
      exp(oracle_log_softmax_one(drop(d$x[i, ] %*% par$expert[, , k])))
    }, numeric(3))
    c(tau, p %*% tau)
  }, numeric(5)))
}

test_that("the history takes the gate's place", {
  history <- which(seen & d$group <= 60)
  new <- which(!seen)
  want <- by_hand(new, history, par)
  frame <- d$frame[new, ]
  prob <- predict(fit, frame, type = "prob", history = d$frame[history, ])
  expect_within(prob, want[, 3:5], 1e-8)
  expect_equal(colnames(prob), fit$levels)
  expect_within(predict(fit, frame, type = "gate", history = d$frame[history, ]), want[, 1:2], 1e-8)
  class <- predict(fit, frame, history = d$frame[history, ])
  expect_equal(as.integer(class), max.col(prob, "first"))
  unknown <- d$group[new] > 60
  expect_equal(prob[unknown, ], predict(fit, frame[unknown, ], type = "prob"))
})

test_that("the posterior is of all rows of a group, earlier and new", {
  new <- which(!seen)
  whole <- predict(fit, d$frame[new, ], type = "posterior", history = d$frame[seen, ])
  expect_equal(whole[unique(d$frame$id), ],
               predict(fit, d$frame, type = "posterior")[unique(d$frame$id), ], tolerance = 1e-8)
  expect_within(predict(fit, d$frame, type = "posterior"),
                oracle_group_posterior(par, d$x, d$z, d$y, d$group), 1e-8)
})

test_that("groups may be named by a column or given", {
  frame <- d$frame
  names(frame)[names(frame) == "id"] <- "person"
  new <- frame[!seen, ]
  want <- predict(fit, d$frame[!seen, ], type = "prob", history = d$frame[seen, ])
  expect_equal(predict(fit, new, type = "prob", group = "person", history = frame[seen, ]), want)
  expect_error(predict(fit, new, type = "prob", history = frame[seen, ]), "must be known")
  expect_error(predict(fit, d$frame[!seen, ], type = "prob", history = frame[seen, ]),
               "which group each of its rows")
  expect_equal(predict(fit, frame, type = "posterior", group = frame$person),
               predict(fit, d$frame, type = "posterior"))
  expect_error(predict(fit, new, group = "nobody", history = frame[seen, ]), "none called")
})

test_that("rows in which something is missing say nothing", {
  history <- d$frame[seen, ]
  history$y[c(1, 5)] <- NA
  history$x1[9] <- NA
  new <- d$frame[!seen, ]
  expect_equal(predict(fit, new, type = "prob", history = history),
               predict(fit, new, type = "prob", history = history[-c(1, 5, 9), ]))
  new$x1[2] <- NA
  prob <- predict(fit, new, type = "prob", history = history)
  expect_equal(unname(which(is.na(prob[, 1]))), 2L)
  alone <- data.frame(d$frame[1, ], row.names = NULL)
  alone$y <- NA
  expect_true(all(is.na(predict(fit, alone, type = "posterior"))))
})

test_that("matrices have a history too", {
  x <- d$x[, -1]
  z <- d$z[d$group, -1, drop = FALSE]
  y <- factor(d$y)
  by_matrix <- moe_fit(x[seen, ], y[seen], z = z[seen, , drop = FALSE], lambda = 0.5,
                       control = quick, group = d$group[seen])
  history <- list(x = x[seen, ], z = z[seen, , drop = FALSE], y = y[seen], group = d$group[seen])
  prob <- predict(by_matrix, x[!seen, ], newz = z[!seen, , drop = FALSE], type = "prob",
                  group = d$group[!seen], history = history)
  par <- oracle_parameters(by_matrix$coefficients)
  expect_within(prob, by_hand(which(!seen), which(seen), par)[, 3:5], 1e-8)
  expect_error(predict(by_matrix, x, newz = z, group = d$group, history = x), "list\\(x =, y =")
})

test_that("what a history cannot be is refused in words", {
  new <- d$frame[!seen, ]
  history <- d$frame[seen, ]
  expect_error(predict(fit, history = history), "must come with `newdata`")
  expect_error(predict(fit, new, type = "prob", se.fit = TRUE, history = history),
               "without `history`")
  expect_error(predict(fit, new[setdiff(names(new), "id")], type = "prob", history = history),
               "groups of the rows to predict must be known")
  history$z1[1] <- history$z1[1] + 1
  expect_error(predict(fit, new, type = "prob", history = history), "constant within groups")
})

test_that("a history predicts better than the gate", {
  new <- d$frame[!seen, ]
  loss <- function(prob) -mean(log(prob[cbind(seq_len(nrow(new)), as.integer(new$y))]))
  expect_lt(loss(predict(fit, new, type = "prob", history = d$frame[seen, ])),
            loss(predict(fit, new, type = "prob")) - 0.05)
})
