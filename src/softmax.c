/* Softmax over a block of rows. Predictors are shifted by their largest before exponentials are
 * taken, so nothing overflows; what underflows is computed again on the log scale. */
#include <math.h>

#include "explog.h"
#include "mixture.h"

MOE_CLONES void moe_softmax(int vecs, int count, const vec *eta, vec *prob) {
  for (int i = 0; i < vecs; i++) {
    vec top = {0}, all = {0}; /* all: NaN if a predictor is */
    for (int c = 1; c < count; c++) {
      vec value = eta[at(i, c - 1, MOE_VECS)];
      top = vec_max(value, top);
      all += value;
    }
    vec sum = -top;
    exp_nonpositive(&sum);
    prob[i] = sum;
    for (int c = 1; c < count; c++) {
      vec e = eta[at(i, c - 1, MOE_VECS)] - top;
      exp_nonpositive(&e);
      prob[at(i, c, MOE_VECS)] = e;
      sum += e;
    }
    vec inverse = 1.0 / (sum + 0.0 * all);
    for (int c = 0; c < count; c++) prob[at(i, c, MOE_VECS)] *= inverse;
  }
}

double moe_log_sum_exp(int count, const double *eta) {
  double top = 0, sum;
  for (int c = 1; c < count; c++) top = fmax(top, eta[area(MOE_BLOCK, c - 1)]);
  sum = exp(-top);
  for (int c = 1; c < count; c++) sum += exp(eta[area(MOE_BLOCK, c - 1)] - top);
  return top + log(sum);
}

MOE_CLONES double moe_weighted_log(int vecs, const vec *weight, const vec *likelihood) {
  vec sum = {0};
  for (int i = 0; i < vecs; i++) {
    vec value = likelihood[i];
    log_positive(&value);
    sum += weight[i] * value;
  }
  return vec_sum(&sum);
}
