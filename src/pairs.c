/* Features of pairs of rows, straight into the result, which may be most of the memory there is. */
#include <math.h>

#include "moe.h"

void moe_pair_features(const moe_pairs *pairs, int n, int p, const double *x, double *out) {
  const size_t count = (size_t)pairs->count;
  double *mean = out, *difference = out + count * (size_t)p;
  for (int j = 0; j < p; j++, x += n, mean += count, difference += count)
    for (size_t i = 0; i < count; i++) {
      const double a = x[pairs->a[i]], b = x[pairs->b[i]];
      mean[i] = (a + b) / 2;
      difference[i] = fabs(a - b);
    }
}
