# Covariance of the estimates. Inside, coefficients are reference-coded and belong to standardised
# covariates, the gate's first: the core's order, which is also that of
# coef(fit).

covariance_types <- c("observed", "sandwich", "opg")

choose_covariance <- function(type, cluster, name) {
  by_default <- identical(type, covariance_types)
  type <- check_choice(type, covariance_types, name)
  if (is.null(cluster)) return(type)
  if (type != "sandwich" && !by_default) {
    refuse("`cluster` is for the sandwich covariance, but `", name, "` is ", given(type), ".")
  }
  "sandwich"
}

# A list: `scaled`, the covariance of kept coefficients on standardised covariates; `bread`, the
# inverse of the information; `type` and the number of `clusters`.
covariance_parts <- function(fit, type = covariance_types, cluster = NULL, name = "type",
                             problem = fit_problem(fit)) {
  check_fit(fit)
  type <- choose_covariance(type, cluster, name)
  if (fit$status == "merged") refuse(not_a_maximum)
  cluster <- unit_clusters(check_cluster(cluster, fit), fit)
  theta <- as_theta(fit$measure)
  information <- core_information(problem, theta, if (type == "opg") "scores" else "observed")
  bread <- invert_information(information + reference_ridge(problem), least_information(fit))
  scaled <- bread$inverse
  if (type == "sandwich") {
    meat <- if (is.null(cluster)) core_information(problem, theta, "scores") else
      cluster_meat(problem, theta, cluster)
    scaled <- crossprod(root_factor(meat) %*% scaled)
  }
  list(scaled = scaled, bread = bread, type = type,
       clusters = if (!is.null(cluster)) max(cluster))
}

scaled_covariance <- function(...) covariance_parts(...)$scaled

# The same, without the bread, and for users: `user`, the covariance of all coefficients as they
# know them, NA where there is no information; `unseen`, where that is so, `extreme`, whose units
# are absurd, and `kept`, which were not dropped, of all.
estimate_covariance <- function(fit, ...) {
  parts <- covariance_parts(fit, ...)
  kept <- kept_coefficients(fit)
  extreme <- replace(logical(length(kept)), which(kept), extreme_coefficients(fit))
  fit <- with_moderate_units(fit)
  unseen <- replace(logical(length(kept)), which(kept), lack_information(fit, parts$bread))
  names <- names(coefficient_vector(fit))
  user <- matrix(NA_real_, length(kept), length(kept), dimnames = list(names, names))
  half <- to_user_scale(fit, t(to_user_scale(fit, parts$scaled))) / 2
  user[kept, kept] <- half + t(half) # the two sides are rounded differently
  user[unseen | extreme, ] <- user[, unseen | extreme] <- NA
  c(parts[c("scaled", "type", "clusters")],
    list(user = user, unseen = unseen, extreme = extreme, kept = kept))
}

not_a_maximum <- paste("The fit was merged without refinement and is not at a maximum, so its",
                       "curvature says nothing about errors: use moe_dendrogram(refine = TRUE).")

# The Hessian of the penalty in reference coding: from coefficients b of m - 1 classes the
# sum-to-zero ones are b and 0, less their mean, whose sum of squares is b'(I - 11'/m) b.
reference_ridge <- function(problem) {
  of <- function(count, ridge) {
    kronecker(diag(1, count - 1L) - 1 / count, diag(ridge, length(ridge)))
  }
  gate <- of(problem$experts, problem$penalty$gate)
  expert <- kronecker(diag(1, problem$experts), of(problem$classes, problem$penalty$expert))
  out <- matrix(0, nrow(gate) + nrow(expert), nrow(gate) + nrow(expert))
  at <- seq_len(nrow(gate))
  out[at, at] <- gate
  at <- nrow(gate) + seq_len(nrow(expert))
  out[at, at] <- expert
  out
}

# Less than this, per observation, cannot be told from none by where the fit stopped.
least_information <- function(fit) fit$nobs * max(1e-10, 10 * fit$control$tolerance)

# The inverse of an information matrix. Directions with less than `least` are given that much and
# are returned as the columns of `flat`.
invert_information <- function(information, least) {
  root <- tryCatch(chol(information), error = function(e) NULL)
  inverse <- if (!is.null(root)) chol2inv(root)
  # The trace is a bound on the largest eigenvalue.
  if (!is.null(inverse) && sum(diag(inverse)) < 1 / least) {
    return(list(inverse = inverse, flat = matrix(0, nrow(inverse), 0L)))
  }
  parts <- eigen(information, symmetric = TRUE)
  values <- pmax(parts$values, least)
  list(inverse = tcrossprod(parts$vectors / rep(sqrt(values), each = nrow(information))),
       flat = parts$vectors[, parts$values <= least, drop = FALSE])
}

# A matrix R with R'R = a for a positive semidefinite. With it, variances are not negative even
# where information is so scarce that rounding shows. Of a correlation matrix what rounding leaves
# of a pivot is told from little information.
root_factor <- function(a) {
  scale <- sqrt(diag(a))
  scale[scale == 0] <- 1
  # The warning is that the rank is not full.
  factor <- suppressWarnings(chol(a / tcrossprod(scale), pivot = TRUE))
  rank <- seq_len(attr(factor, "rank"))
  factor[rank, order(attr(factor, "pivot")), drop = FALSE] * rep(scale, each = length(rank))
}

# Which of the kept coefficients owe their variance to flat directions.
lack_information <- function(fit, bread) {
  if (ncol(bread$flat) == 0L) return(logical(nrow(bread$flat)))
  total <- diag(to_user_scale(fit, t(to_user_scale(fit, bread$inverse))))
  rowSums(to_user_scale(fit, bread$flat)^2) / least_information(fit) > 0.01 * total
}

# --- units ---

# Variances of coefficients go with the inverse square of a covariate's scale.
is_extreme <- function(scale) scale < 1e-140 | scale > 1e140

# Which of the kept coefficients belong to covariates of such a scale.
extreme_coefficients <- function(fit) {
  c(rep(is_extreme(fit$measure$gate_scale), fit$experts - 1L),
    rep(is_extreme(fit$measure$expert_scale), fit$experts * (length(fit$levels) - 1L)))
}

# The fit with such covariates in units of their own deviation, which leaves the intercepts as they
# are.
with_moderate_units <- function(fit) {
  for (part in c("gate", "expert")) {
    center <- paste0(part, "_center")
    scale <- paste0(part, "_scale")
    unit <- fit$measure[[scale]]
    unit[!is_extreme(unit)] <- 1
    fit$measure[[center]] <- fit$measure[[center]] / unit
    fit$measure[[scale]] <- fit$measure[[scale]] / unit
  }
  fit
}

# Rows of a, coefficients of standardised covariates -> of the covariates as they are.
to_user_scale <- function(fit, a) {
  measure <- fit$measure
  last <- nrow(measure$gate) * (fit$experts - 1L)
  gate <- seq_len(nrow(a)) <= last
  of <- function(rows, center, scale) {
    unstandardise(matrix(a[rows, ], length(scale)), center, scale)
  }
  a[gate, ] <- of(gate, measure$gate_center, measure$gate_scale)
  a[!gate, ] <- of(!gate, measure$expert_center, measure$expert_scale)
  a
}

# --- clusters ---

# Clusters as numbers from 1 on, one per row that was used. A cluster whose rows have no weight is
# none: they go to the first, to which they add nothing.
check_cluster <- function(cluster, fit) {
  if (is.null(cluster)) return(NULL)
  if (!is.null(fit$source)) refuse("`cluster` is not for fits whose rows are elsewhere.")
  if (inherits(cluster, "formula")) cluster <- cluster_variable(cluster, fit)
  cluster <- check_groups(cluster, "cluster", "clusters", fit$rows, fit$na.action)
  weighed <- unique(cluster[prior_weights(fit) > 0])
  if (length(weighed) < 2L) {
    refuse("`cluster` must tell at least two clusters of positive weight apart, but has one.")
  }
  match(cluster, weighed, nomatch = 1L)
}

# The variable of `~ id`, looked up in the data of the fit's call, and then where the formula was
# written.
cluster_variable <- function(formula, fit) {
  if (length(formula) != 2L || length(all.vars(formula)) != 1L) {
    refuse("A formula for `cluster` must name one variable, as in ~ id, not ", deparse1(formula),
           ".")
  }
  if (is.null(fit$formula)) {
    refuse("`cluster` must be a vector for a fit from matrices, not a formula.")
  }
  call <- fit$call[c(1L, match(c("data", "subset"), names(fit$call), 0L))]
  call[[1L]] <- quote(stats::model.frame)
  call$formula <- formula
  call$na.action <- quote(stats::na.pass)
  eval(call, environment(formula))[[1]]
}

# The cluster of each group, all of whose rows must be in it.
unit_clusters <- function(cluster, fit) {
  if (is.null(cluster) || is.null(fit$group)) return(cluster)
  of_group <- cluster[!duplicated(fit$group)]
  apart <- which(of_group[fit$group] != cluster)
  if (length(apart)) {
    refuse("`cluster` must not divide groups, whose rows depend on each other, but the rows of ",
           dQuote(fit$group[apart[1]], FALSE), " are in several clusters.")
  }
  of_group
}

# G / (G - 1) sum_g u_g u_g' for sums u_g of a cluster's scores. Units are taken by cluster in
# chunks whose scores are so many `numbers`; the last cluster of a chunk stays open for the next.
cluster_meat <- function(problem, theta, cluster, numbers = 1e6) {
  length <- count_parameters(problem)
  order <- order(cluster)
  chunk_of <- (seq_along(order) - 1L) %/% max(1L, numbers %/% length)
  meat <- matrix(0, length, length)
  open <- list(id = 0L, sum = numeric(length))
  for (chunk in split(order, chunk_of)) {
    id <- cluster[chunk]
    sums <- rowsum(core_scores(problem_subset(problem, chunk), theta), id, reorder = FALSE)
    if (id[1] == open$id) {
      sums[1, ] <- sums[1, ] + open$sum
    } else {
      meat <- meat + tcrossprod(open$sum)
    }
    last <- nrow(sums)
    meat <- meat + crossprod(sums[-last, , drop = FALSE])
    open <- list(id = id[length(id)], sum = sums[last, ])
  }
  clusters <- max(cluster)
  clusters / (clusters - 1) * (meat + tcrossprod(open$sum))
}
