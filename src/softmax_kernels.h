/* Softmax over a block of rows, and sums of logarithms. Predictors are shifted by their largest
 * before exponentials are taken, so nothing overflows; what underflows is computed again on the log
 * scale (softmax.c). */
#include "explog.h"

static void softmax(int rows, int count, const double *eta, double *prob) {
  for (int i = 0; i < rows; i += MOE_LANES) {
    vec top = {0}, all = {0}; /* all: NaN if a predictor is */
    for (int c = 1; c < count; c++) {
      vec value = VEC(eta + at(i, c - 1, MOE_BLOCK));
      top = vec_max(value, top);
      all += value;
    }
    vec sum = -top;
    exp_nonpositive(&sum);
    VEC(prob + i) = sum;
    for (int c = 1; c < count; c++) {
      vec e = VEC(eta + at(i, c - 1, MOE_BLOCK)) - top;
      exp_nonpositive(&e);
      VEC(prob + at(i, c, MOE_BLOCK)) = e;
      sum += e;
    }
    vec inverse = 1.0 / (sum + 0.0 * all);
    for (int c = 0; c < count; c++) VEC(prob + at(i, c, MOE_BLOCK)) *= inverse;
  }
}

static double weighted_log(int rows, const double *weight, const double *likelihood) {
  vec sum = {0};
  for (int i = 0; i < rows; i += MOE_LANES) {
    vec value = VEC(likelihood + i);
    log_positive(&value);
    sum += VEC(weight + i) * value;
  }
  return vec_sum(&sum);
}

static void logs(int rows, int columns, const double *from, double *to) {
  for (int c = 0; c < columns; c++, from += MOE_BLOCK, to += MOE_BLOCK)
    for (int i = 0; i < rows; i += MOE_LANES) {
      vec value = VEC(from + i);
      log_positive(&value);
      VEC(to + i) = value;
    }
}
