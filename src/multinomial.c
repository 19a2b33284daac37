/* One row of the experts' family: multinomial logit. */
#include "mixture.h"

double moe_multinomial_loglik(int M, const double *eta, int y) {
  return (y == 0 ? 0 : eta[area(MOE_BLOCK, y - 1)]) - moe_log_sum_exp(M, eta);
}
