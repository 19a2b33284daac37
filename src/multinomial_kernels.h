/* The family of the experts, multinomial logit, over a block of rows. */
#include "vector.h"

static void multinomial_likelihood(int rows, int M, const double *prob, const double *indicator,
                                   double *likelihood) {
  for (int i = 0; i < rows; i += MOE_LANES) {
    vec of_class = {0};
    for (int m = 0; m < M; m++) {
      const size_t here = at(i, m, MOE_BLOCK);
      of_class += VEC(prob + here) * VEC(indicator + here);
    }
    VEC(likelihood + i) = of_class;
  }
}

static void multinomial_score(int rows, int M, const moe_expert_rows *e, double *score) {
  for (int m = 1; m < M; m++, score += MOE_BLOCK)
    for (int i = 0; i < rows; i += MOE_LANES) {
      const size_t here = at(i, m, MOE_BLOCK);
      const vec residual = VEC(e->indicator + here) - VEC(e->prob + here);
      VEC(score + i) = VEC(e->weight + i) * VEC(e->tau + i) * residual;
    }
}

static void multinomial_curvature(int rows, const moe_expert_rows *e, int m, int q, double *out) {
  const double same = m == q;
  const double *p_m = e->prob + column(m), *is_m = e->indicator + column(m);
  const double *p_q = e->prob + column(q), *is_q = e->indicator + column(q);
  for (int i = 0; i < rows; i += MOE_LANES) {
    const vec tau = VEC(e->tau + i), p = VEC(p_m + i), other = VEC(p_q + i);
    const vec missing = (1.0 - tau) * (VEC(is_m + i) - p) * (VEC(is_q + i) - other);
    VEC(out + i) = VEC(e->weight + i) * tau * (p * (same - other) - missing);
  }
}

static void multinomial_complete_curvature(int rows, const moe_expert_rows *e, int m, int q,
                                           double *out) {
  const double same = m == q;
  const double *p_m = e->prob + column(m), *p_q = e->prob + column(q);
  for (int i = 0; i < rows; i += MOE_LANES)
    VEC(out + i) = VEC(e->weight + i) * VEC(e->tau + i) * VEC(p_m + i) * (same - VEC(p_q + i));
}
