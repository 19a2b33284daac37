/* One row of the mixture, from the predictors of its gate and the experts' logs. */
#include "mixture.h"

#include <math.h>

double moe_log_sum_exp(int count, const double *eta) {
  double top = 0, sum;
  for (int c = 1; c < count; c++) top = fmax(top, eta[area(MOE_BLOCK, c - 1)]);
  sum = exp(-top);
  for (int c = 1; c < count; c++) sum += exp(eta[area(MOE_BLOCK, c - 1)] - top);
  return top + log(sum);
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
