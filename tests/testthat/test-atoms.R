# Which atom of one measure is which of another. Trees of atoms are in test-dendrogram.R.

permutations <- function(n) {
  if (n == 1L) return(matrix(1L))
  do.call(rbind, lapply(seq_len(n), function(first) {
    rest <- permutations(n - 1L)
    cbind(first, rest + (rest >= first), deparse.level = 0)
  }))
}

test_that("the assignment is the best of all permutations", {
  set.seed(1)
  for (size in rep(1:6, each = 5)) {
    all <- permutations(size)
    for (cost in list(matrix(rexp(size^2), size), matrix(sample(3, size^2, TRUE), size),
                      matrix(rnorm(size^2), size), matrix(0, size, size))) {
      total <- function(order) sum(cost[cbind(seq_len(size), order)])
      order <- least_assignment(cost)
      expect_setequal(order, seq_len(size))
      expect_within(total(order), min(apply(all, 1, total)), 1e-12)
    }
  }
})

test_that("experts that have changed places are recognised, however large or small they are", {
  set.seed(2)
  for (unit in c(1, 1e-200, 1e200)) {
    for (experts in c(1, 2, 5, 20)) {
      par <- oracle_random(2, 3, 3, experts)
      target <- moe_measure(unit * par$gate, unit * par$expert)
      order <- sample(experts)
      moved <- permute_experts(target, order)
      moved$expert <- moved$expert * (1 + 1e-3)
      expect_identical(permute_experts(moved, match_experts(moved, target))$gate, target$gate)
    }
  }
})
