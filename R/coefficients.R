# The coefficients of a fit as one vector: their names, their owners, and which were not dropped.

# All coefficients as one vector: the linear predictor's name, then the covariate's.
coefficient_vector <- function(fit) {
  parts <- fit$coefficients
  labels <- paste0(coefficient_owners(fit), ":",
                   c(rep(rownames(parts$gate), ncol(parts$gate)),
                     rep(rownames(parts$expert), prod(dim(parts$expert)[-1]))))
  setNames(c(parts$gate, parts$expert), labels)
}

predictor_names <- function(parts) {
  labels <- dimnames(parts$expert)
  c(paste0("gate:", labels[[3]][-1], recycle0 = TRUE),
    outer(labels[[2]], labels[[3]], function(m, k) paste0(k, ":", m)))
}

# The linear predictor of each coefficient.
coefficient_owners <- function(fit) {
  parts <- fit$coefficients
  predictors <- c(ncol(parts$gate), prod(dim(parts$expert)[-1]))
  rep(predictor_names(parts), rep(c(nrow(parts$gate), nrow(parts$expert)), predictors))
}

# Which of these belong to columns that were not dropped.
kept_coefficients <- function(fit) {
  c(rep(fit$columns$kept_gate, fit$experts - 1L),
    rep(fit$columns$kept_expert, fit$experts * (length(fit$levels) - 1L)))
}

# The part, the outcome and the covariate of each coefficient, in the order of coefficient_vector().
coefficient_labels <- function(fit) {
  gate <- dimnames(fit$coefficients$gate)
  expert <- dimnames(fit$coefficients$expert)
  of_gate <- expand.grid(term = gate[[1]], y.level = as.character(gate[[2]]),
                         component = "gate", stringsAsFactors = FALSE)
  of_experts <- expand.grid(term = expert[[1]], y.level = expert[[2]], component = expert[[3]],
                            stringsAsFactors = FALSE)
  rbind(of_gate, of_experts)[c("component", "y.level", "term")]
}
