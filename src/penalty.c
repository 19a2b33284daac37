/* Penalties; the ridge is the only one. A penalty is a struct of functions so that neither the
 * optimiser nor the rows know which it is. */
#include "index.h"
#include "moe.h"

static double ridge_value(const void *context, int length, int columns, const double *theta) {
  const double *ridge = context;
  double sum = 0;
  for (int c = 0; c < columns; c++)
    for (int j = 0; j < length; j++, theta++) sum += 0.5 * ridge[j] * *theta * *theta;
  return sum;
}

static void subtract_ridge_gradient(const void *context, int length, int columns,
                                    const double *theta, double *gradient) {
  const double *ridge = context;
  for (int c = 0; c < columns; c++)
    for (int j = 0; j < length; j++) *gradient++ -= ridge[j] * *theta++;
}

static void add_ridge_curvature(const void *context, int length, double *metric) {
  const double *ridge = context;
  for (int j = 0; j < length; j++) metric[at(j, j, length)] += ridge[j];
}

moe_penalty moe_ridge(const double *ridge) {
  return (moe_penalty){ridge_value, subtract_ridge_gradient, add_ridge_curvature, ridge};
}
