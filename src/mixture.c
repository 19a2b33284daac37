/* The mixture over a block of rows: from the gate's probabilities and the experts' table of
 * likelihoods to responsibilities. */
#include "mixture.h"

#include "explog.h"

MOE_CLONES void moe_responsibilities(int vecs, int K, const vec *gate, const vec *table, vec *tau,
                                     vec *likelihood) {
  for (int i = 0; i < vecs; i++) {
    vec total = {0};
    for (int k = 0; k < K; k++) {
      const size_t here = at(i, k, MOE_VECS);
      vec joint = gate[here] * table[here];
      tau[here] = joint;
      total += joint;
    }
    vec inverse = 1.0 / total;
    for (int k = 0; k < K; k++) tau[at(i, k, MOE_VECS)] *= inverse;
    likelihood[i] = total;
  }
}

MOE_CLONES void moe_expected(int vecs, int K, const vec *gate, const vec *table, const vec *tau,
                             const moe_expectation *out) {
  for (int i = 0; i < vecs; i++) {
    vec smallest = {0}, total = {0}, sum = {0};
    smallest += 1.0;
    for (int k = 0; k < K; k++) {
      const size_t here = at(i, k, MOE_VECS);
      vec joint = gate[here] * table[here];
      smallest = vec_min(joint, smallest);
      total += joint;
      log_positive(&joint);
      sum += tau[here] * joint;
    }
    out->least[i] = smallest + 0.0 * total; /* NaN if any of them is */
    out->expected[i] = sum;
  }
}

MOE_CLONES void moe_gate_score(int vecs, int K, const vec *gate, const vec *tau, const vec *weight,
                               vec *score) {
  for (int k = 1; k < K; k++, score += MOE_VECS)
    for (int i = 0; i < vecs; i++) {
      const size_t here = at(i, k, MOE_VECS);
      score[i] = weight[i] * (tau[here] - gate[here]);
    }
}

double moe_log_joint(int K, const double *eta, double *joint) {
  double gate_total = moe_log_sum_exp(K, eta), top = -INFINITY, sum = 0;
  for (int k = 0; k < K; k++) {
    double *joint_k = joint + area(MOE_BLOCK, k);
    double gate = k == 0 ? 0 : eta[area(MOE_BLOCK, k - 1)];
    *joint_k = (gate - gate_total) + *joint_k;
    top = fmax(top, *joint_k);
  }
  for (int k = 0; k < K; k++) sum += exp(joint[area(MOE_BLOCK, k)] - top);
  return top + log(sum);
}
