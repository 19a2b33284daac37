# Problems that are hard to search.

# A real problem with many local maxima.
rough_problem <- local({
  rows <- subset(yeast_ppi, split == "test")
  x <- model.matrix(~ l3 + fc_jac + high_share, rows)
  function(experts, weights = NULL) {
    full_rank_problem(x, x, rows$confidence, experts, weights, 1, moe_control(progress = FALSE))
  }
})

rough_task <- function(experts = 4L, size = 6L, patience = 2) {
  search_task(rough_problem(experts), list(size = size, patience = patience, agree = 1L, most = 1L))
}
