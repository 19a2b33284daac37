/* Moments of the columns of a design. */
#include <math.h>

#include "moe.h"

/* sum_i v_i (x_i / unit - shift)^power / sum_i v_i for power 1 or 2 */
static double moment(int n, const double *x, const double *weight, double unit, double shift,
                     int power) {
  double sum = 0, total = 0;
  for (int i = 0; i < n; i++) {
    double v = weight ? weight[i] : 1, a = x[i] / unit - shift;
    sum += v * (power == 1 ? a : a * a);
    total += v;
  }
  return sum / total;
}

/* Values are divided by the largest first, so that squares neither overflow nor underflow; the mean
 * is corrected once by the mean of what it leaves, so that a large mean costs no digits. */
void moe_moments(int n, int p, const double *x, const double *weight, double *center,
                 double *scale) {
  for (int j = 0; j < p; j++, x += n) {
    double unit = 0;
    for (int i = 0; i < n; i++) unit = fmax(unit, fabs(x[i]));
    center[j] = scale[j] = 0;
    if (unit == 0) continue;
    double mean = moment(n, x, weight, unit, 0, 1);
    mean += moment(n, x, weight, unit, mean, 1);
    center[j] = mean * unit;
    scale[j] = sqrt(moment(n, x, weight, unit, mean, 2)) * unit;
  }
}
