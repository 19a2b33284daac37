/* Moments of the columns of a design. */
#include <math.h>

#include "moe.h"

/* The largest |x_i - center| among rows of positive weight. */
static double spread(int n, const double *x, const double *weight, double center) {
  double top = 0;
  for (int i = 0; i < n; i++)
    if (!weight || weight[i] > 0) top = fmax(top, fabs(x[i] - center));
  return top;
}

/* sum_i v_i ((x_i - center) / unit)^power / sum_i v_i for power 1 or 2 */
static double moment(int n, const double *x, const double *weight, double center, double unit,
                     int power) {
  double sum = 0, total = 0;
  for (int i = 0; i < n; i++) {
    double v = weight ? weight[i] : 1, a = (x[i] - center) / unit;
    if (v == 0) continue;
    sum += v * (power == 1 ? a : a * a);
    total += v;
  }
  return sum / total;
}

/* Values are divided by the largest before they are summed or squared, so that nothing overflows or
 * underflows; the mean is corrected once by the mean of what it leaves, so that a large mean costs
 * no digits. */
void moe_moments(int n, int p, const double *x, const double *weight, double *center,
                 double *scale) {
  for (int j = 0; j < p; j++, x += n) {
    double mean = 0, deviation = 0;
    for (int pass = 0; pass < 2; pass++) {
      double unit = spread(n, x, weight, mean);
      if (unit > 0) mean += unit * moment(n, x, weight, mean, unit, 1);
    }
    double unit = spread(n, x, weight, mean);
    if (unit > 0) deviation = unit * sqrt(moment(n, x, weight, mean, unit, 2));
    center[j] = mean;
    scale[j] = deviation;
  }
}
