/* The family of the experts: multinomial logit. All that is known of it elsewhere is the number of
 * its predictors, M - 1 an expert, and the bound 1/2 (I - 11'/M) on its curvature (metric.c). */
#include "mixture.h"

MOE_CLONES void moe_multinomial_likelihood(int vecs, int M, const vec *prob, const vec *indicator,
                                           vec *likelihood) {
  for (int i = 0; i < vecs; i++) {
    vec of_class = {0};
    for (int m = 0; m < M; m++)
      of_class += prob[at(i, m, MOE_VECS)] * indicator[at(i, m, MOE_VECS)];
    likelihood[i] = of_class;
  }
}

double moe_multinomial_loglik(int M, const double *eta, int y) {
  return (y == 0 ? 0 : eta[area(MOE_BLOCK, y - 1)]) - moe_log_sum_exp(M, eta);
}

MOE_CLONES void moe_multinomial_score(int vecs, int M, const moe_expert_rows *e, vec *score) {
  for (int m = 1; m < M; m++, score += MOE_VECS)
    for (int i = 0; i < vecs; i++) {
      const size_t here = at(i, m, MOE_VECS);
      score[i] = e->weight[i] * e->tau[i] * (e->indicator[here] - e->prob[here]);
    }
}

void moe_multinomial_curvature(int vecs, const moe_expert_rows *e, int m, int q, vec *out) {
  const double same = m == q;
  const vec *p_m = e->prob + column(m), *is_m = e->indicator + column(m);
  const vec *p_q = e->prob + column(q), *is_q = e->indicator + column(q);
  for (int i = 0; i < vecs; i++) {
    const vec tau = e->tau[i];
    const vec missing = (1.0 - tau) * (is_m[i] - p_m[i]) * (is_q[i] - p_q[i]);
    out[i] = e->weight[i] * tau * (p_m[i] * (same - p_q[i]) - missing);
  }
}

void moe_multinomial_complete_curvature(int vecs, const moe_expert_rows *e, int m, int q,
                                        vec *out) {
  const double same = m == q;
  const vec *p_m = e->prob + column(m), *p_q = e->prob + column(q);
  for (int i = 0; i < vecs; i++) out[i] = e->weight[i] * e->tau[i] * p_m[i] * (same - p_q[i]);
}
