/* Columns of a design: their moments, and which of them are independent. */
#include <math.h>

#include "index.h"
#include "moe.h"

/* A column as the entries that it holds, and the weight of those rows, if any, that are 0 because
 * they hold none. */
typedef struct {
  int entries;
  const double *value;
  const int *row; /* NULL: all rows, in order */
  const double *weight;
  double weight_of_zeros;
} column_entries;

static double weight_of(const column_entries *x, int e) {
  return !x->weight ? 1 : x->weight[x->row ? x->row[e] : e];
}

/* The largest |x_i - center| among rows of positive weight. */
static double spread(const column_entries *x, double center) {
  double top = x->weight_of_zeros > 0 ? fabs(center) : 0;
  for (int e = 0; e < x->entries; e++)
    if (weight_of(x, e) > 0) top = fmax(top, fabs(x->value[e] - center));
  return top;
}

/* sum_i v_i ((x_i - center) / unit)^power / sum_i v_i for power 1 or 2 */
static double moment(const column_entries *x, double center, double unit, int power) {
  double zero = -center / unit, total = x->weight_of_zeros;
  double sum = total > 0 ? total * (power == 1 ? zero : zero * zero) : 0;
  for (int e = 0; e < x->entries; e++) {
    double v = weight_of(x, e), a = (x->value[e] - center) / unit;
    if (v == 0) continue;
    sum += v * (power == 1 ? a : a * a);
    total += v;
  }
  return sum / total;
}

/* Values are divided by the largest before they are summed or squared, so that nothing overflows or
 * underflows; the mean is corrected once by the mean of what it leaves, so that a large mean costs
 * no digits. */
static void column_moments(const column_entries *x, double *center, double *scale) {
  double mean = 0, deviation = 0;
  for (int pass = 0; pass < 2; pass++) {
    double unit = spread(x, mean);
    if (unit > 0) mean += unit * moment(x, mean, unit, 1);
  }
  double unit = spread(x, mean);
  if (unit > 0) deviation = unit * sqrt(moment(x, mean, unit, 2));
  *center = mean;
  *scale = deviation;
}

void moe_moments(int n, int p, const double *x, const double *weight, double *center,
                 double *scale) {
  for (int j = 0; j < p; j++, x += n) {
    column_entries of_column = {n, x, NULL, weight, 0};
    column_moments(&of_column, center + j, scale + j);
  }
}

/* The weight of the rows between those of the entries. Where it is the smaller part of the total,
 * the difference would be mostly rounding, and those rows are added up themselves. */
static double weight_between(int n, double total, const column_entries *x) {
  double held = 0, between = 0;
  if (!x->weight) return n - x->entries;
  for (int e = 0; e < x->entries; e++) held += weight_of(x, e);
  if (held < total / 2) return total - held;
  for (int i = 0, e = 0; i < n; i++) {
    if (e < x->entries && x->row[e] == i)
      e++;
    else
      between += x->weight[i];
  }
  return between;
}

void moe_sparse_moments(const moe_columns *x, const double *weight, double *center, double *scale) {
  double total = 0;
  for (int i = 0; weight && i < x->n; i++) total += weight[i];
  for (int j = 0; j < x->p; j++) {
    const int first = x->start[j];
    column_entries of_column = {x->start[j + 1] - first, x->value + first, x->row + first, weight,
                                0};
    of_column.weight_of_zeros = weight_between(x->n, total, &of_column);
    column_moments(&of_column, center + j, scale + j);
  }
}

/* A Cholesky factorisation in the given order that passes over columns of which nothing is left;
 * column k of gram becomes what is left of it, the factor's times its root. */
void moe_independent_columns(int p, double *gram, int *kept) {
  for (int j = 0; j < p; j++) {
    double *left = gram + area(p, j), before = left[j];
    if (!kept[j]) continue;
    for (int k = 0; k < j; k++) {
      const double *of_k = gram + area(p, k);
      if (!kept[k]) continue;
      double share = of_k[j] / of_k[k];
      for (int i = j; i < p; i++) left[i] -= share * of_k[i];
    }
    kept[j] = left[j] > 1e-12 * before;
  }
}
