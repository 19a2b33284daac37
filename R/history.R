# What earlier rows of a group say of its next ones.

# The groups of data that are new: a value per row, the name of a column, or NULL for what the fit's
# own call says, where the data have its variables.
groups_in <- function(fit, group, data, name = "group") {
  if (is.null(group)) return(groups_by_call(fit, data))
  if (!is.character(group) || length(group) != 1L || !is.list(data)) return(group)
  if (!group %in% names(data)) {
    refuse("`", name, "` must name a column of the data, but there is none called ",
           dQuote(group, FALSE), ".")
  }
  data[[group]]
}

groups_by_call <- function(fit, data) {
  by <- fit$call$group
  if (is.null(fit$group) || is.null(fit$terms) || !is.list(data)) return(NULL)
  if (!all(all.vars(by) %in% names(data))) return(NULL)
  eval(by, data, environment(fit$terms$full))
}

# Data by rows_for() with the groups of its rows, if any.
with_groups <- function(data, group) {
  data["group"] <- list(if (!is.null(group)) as_groups(group, as_new(data)$n))
  data
}

# Earlier rows with their responses and groups, as data.
read_history <- function(fit, history, group) {
  earlier <- if (is.null(fit$terms)) matrix_history(fit, history) else
    rows_for(fit, history, with_response = TRUE)
  of <- groups_in(fit, if (is.character(group) && length(group) == 1L) group, history)
  if (is.null(fit$terms)) of <- history$group
  if (is.null(of)) {
    refuse("`history` must say which group each of its rows is of: give the name of the column ",
           "that does as `group`.")
  }
  with_groups(earlier, of)
}

matrix_history <- function(fit, history) {
  if (!is.list(history) || !all(c("x", "y", "group") %in% names(history))) {
    refuse("`history` must be list(x =, y =, group =) for a fit from matrices, also with z = ",
           "where the gate has covariates of its own, not ", given(history), ".")
  }
  rows_for(fit, history$x, history$z, history$y)
}

# The gate of each row (n x K): the posterior of its group where the history knows it.
informed_gate <- function(fit, data, earlier) {
  gate <- predict_rows(fit, data, "gate")$gate
  posterior <- group_posterior(fit, earlier)
  at <- match(as.character(data$group), rownames(posterior))
  known <- which(!is.na(at) & !is.na(posterior[at, 1]))
  gate[known, ] <- posterior[at[known], ]
  gate
}

# Of one kind, with regard to the history.
predict_next <- function(fit, data, type, earlier) {
  if (is.null(data$group)) {
    refuse("With `history`, the groups of the rows to predict must be known: give them, or the ",
           "name of their column, as `group`.")
  }
  if (type == "expert") return(predict_rows(fit, data, "expert")$expert)
  if (type == "posterior") return(group_posterior(fit, joined_data(fit, earlier, data)))
  gate <- informed_gate(fit, data, earlier)
  if (type == "gate") return(gate)
  expert <- predict_rows(fit, data, "expert")$expert
  by_expert <- lapply(seq_len(fit$experts), function(k) {
    gate[, k] * matrix(expert[, , k], nrow(gate))
  })
  prob <- pmin(Reduce(`+`, by_expert), 1)
  dimnames(prob) <- list(NULL, fit$levels)
  prob
}

# Rows of one after the other's.
joined_data <- function(fit, first, second) {
  first <- with_designs(first)
  second <- with_designs(second)
  group <- c(as.character(first$group), as.character(second$group))
  with_groups(list(x = rbind(first$x, second$x), z = rbind(first$z, second$z),
                   y = join_responses(first$y, second$y)), group)
}
