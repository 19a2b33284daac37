/* Moments of columns against two passes in long double; dependent columns as they were made. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

#include "test_core.h"

#define ACCURACY 1e-13
#define ROWS 500

typedef struct {
  long double center, scale;
} moments;

static moments two_passes(int n, const double *x, const double *weight) {
  moments m = {0, 0};
  long double total = 0, top = 0;
  for (int i = 0; i < n; i++) total += weight ? weight[i] : 1;
  for (int i = 0; i < n; i++) m.center += (weight ? weight[i] : 1) / total * x[i];
  for (int i = 0; i < n; i++)
    if (!weight || weight[i] > 0) top = fmaxl(top, fabsl(x[i] - m.center));
  for (int i = 0; i < n && top > 0; i++) {
    long double a = (x[i] - m.center) / top;
    if (!weight || weight[i] > 0) m.scale += (weight ? weight[i] : 1) / total * a * a;
  }
  m.scale = sqrtl(m.scale) * top;
  return m;
}

/* The centre can be no closer than a double; beyond that, both are good to some digits of the
 * scale. */
static void check_moments(int n, const double *x, const double *weight, const char *what) {
  moments want = two_passes(n, x, weight);
  double center = NAN, scale = NAN;
  moe_moments(n, 1, x, weight, &center, &scale);
  CHECK(fabsl(center - want.center) <= 2 * DBL_EPSILON * fabsl(want.center) + ACCURACY * want.scale,
        "%s: center %.17g, not %.17Lg", what, center, want.center);
  CHECK(fabsl(scale - want.scale) <= ACCURACY * want.scale, "%s: scale %.17g, not %.17Lg", what,
        scale, want.scale);
}

static double *random_column(int n, double mean, double sd) {
  double *x = new_doubles(n);
  for (int i = 0; i < n; i++) x[i] = mean + sd * normal();
  return x;
}

/* Some are 0, but not all. */
static double *random_weights(int n) {
  double *v = new_doubles(n);
  for (int i = 0; i < n; i++) v[i] = i > 0 && between(0, 2) == 0 ? 0 : -log(uniform(0, 1));
  return v;
}

static void moments_are_right(void) {
  for (int repeat = 0; repeat < 200; repeat++) {
    int n = between(2, ROWS);
    double *x = random_column(n, 3 * normal(), exp(normal()));
    double *v = repeat % 2 ? random_weights(n) : NULL;
    check_moments(n, x, v, v ? "weighted" : "unweighted");
    free(x);
    free(v);
  }
}

static void columns_are_separate(void) {
  const int n = 40, p = 7;
  double *x = random_column(n * p, 1, 2), *v = random_weights(n);
  double *center = new_doubles(p), *scale = new_doubles(p);
  moe_moments(n, p, x, v, center, scale);
  for (int j = 0; j < p; j++) {
    double alone[2];
    moe_moments(n, 1, x + n * j, v, alone, alone + 1);
    CHECK(center[j] == alone[0] && scale[j] == alone[1], "column %d", j);
  }
  free(x);
  free(v);
  free(center);
  free(scale);
}

static void large_means(void) {
  for (int repeat = 0; repeat < 100; repeat++) {
    double *x = random_column(ROWS, pow(10, repeat % 10), 1);
    double *v = repeat % 2 ? random_weights(ROWS) : NULL;
    char what[40];
    snprintf(what, sizeof what, "a mean of 1e%d", repeat % 10);
    check_moments(ROWS, x, v, what);
    free(x);
    free(v);
  }
}

static void values_near_the_limits(void) {
  const double unit[] = {1e300, 1e-300, 1e160, 1e-160, 5e307, 3e-308};
  for (int repeat = 0; repeat < 60; repeat++) {
    double *x = new_doubles(ROWS), *v = repeat < 30 ? random_weights(ROWS) : NULL;
    char what[40];
    snprintf(what, sizeof what, "values of size %g", unit[repeat % 6]);
    for (int i = 0; i < ROWS; i++) x[i] = unit[repeat % 6] * uniform(-3, 3);
    check_moments(ROWS, x, v, what);
    free(x);
    free(v);
  }
}

/* A row of weight 0 is as good as absent, whatever it holds. */
static void rows_of_weight_zero(void) {
  const double far[] = {0, 1e10, -1e100, 1e200, -1e300};
  for (int repeat = 0; repeat < 5; repeat++) {
    double *x = random_column(ROWS, 1, 2), *v = random_weights(ROWS);
    char what[40];
    snprintf(what, sizeof what, "%g of weight 0", far[repeat]);
    x[17] = far[repeat];
    v[17] = 0;
    check_moments(ROWS, x, v, what);
    free(x);
    free(v);
  }
}

static void weights_are_relative(void) {
  const double unit[] = {1e-200, 0x1p-40, 1e200};
  double *x = random_column(ROWS, 1, 2), *v = random_weights(ROWS);
  for (int repeat = 0; repeat < 3; repeat++) {
    double *w = new_doubles(ROWS);
    for (int i = 0; i < ROWS; i++) w[i] = unit[repeat] * v[i];
    check_moments(ROWS, x, w, "scaled weights");
    free(w);
  }
  free(x);
  free(v);
}

static void constants_have_scale_zero(void) {
  const double value[] = {0, 1, -1, 0.1, 1e8 / 3, -1e300, 1e-300};
  double *x = new_doubles(ROWS), *v = random_weights(ROWS);
  for (int repeat = 0; repeat < 14; repeat++) {
    double center, scale;
    for (int i = 0; i < ROWS; i++) x[i] = value[repeat / 2];
    moe_moments(ROWS, 1, x, repeat % 2 ? v : NULL, &center, &scale);
    CHECK(center == value[repeat / 2], "center of %g: %.17g", value[repeat / 2], center);
    CHECK(scale == 0, "scale of %g: %.17g", value[repeat / 2], scale);
  }
  free(x);
  free(v);
}

static void one_row(void) {
  const double x = -2.5, v = 0.3;
  double center, scale;
  moe_moments(1, 1, &x, &v, &center, &scale);
  CHECK(center == x && scale == 0, "%.17g, %.17g", center, scale);
}

/* --- independent columns --- */

/* Column j of the second half is a combination of all columns before it that are not. */
static void dependent_columns_are_found(void) {
  for (int repeat = 0; repeat < 50; repeat++) {
    const int half = between(1, 12), p = 2 * half;
    double *a = new_doubles((size_t)(p * p)), *gram = new_doubles((size_t)(p * p));
    int *kept = allocate(sizeof(int) * (size_t)p), *dependent = allocate(sizeof(int) * (size_t)p);
    for (int j = 0; j < p; j++) {
      dependent[j] = j > 0 && between(0, 2) == 0;
      kept[j] = j == 0 || between(0, 9) > 0; /* some are out already */
      for (int i = 0; i < p; i++) a[p * j + i] = normal();
      if (!dependent[j]) continue;
      for (int i = 0; i < p; i++) a[p * j + i] = 0;
      for (int k = 0; k < j; k++) {
        double share = kept[k] && !dependent[k] ? normal() : 0;
        for (int i = 0; i < p; i++) a[p * j + i] += share * a[p * k + i];
      }
    }
    for (int j = 0; j < p; j++)
      for (int k = 0; k < p; k++) {
        gram[p * j + k] = 0;
        for (int i = 0; i < p; i++) gram[p * j + k] += a[p * j + i] * a[p * k + i];
      }
    for (int j = 0; j < p; j++) dependent[j] |= !kept[j];
    moe_independent_columns(p, gram, kept);
    for (int j = 0; j < p; j++) CHECK(kept[j] == !dependent[j], "column %d of %d", j, p);
    free(a);
    free(gram);
    free(kept);
    free(dependent);
  }
}

/* A column has a part of its own if that is more than a millionth of its length: columns (1, 0) and
 * (1, own). */
static void nearly_dependent_columns(void) {
  const double own[] = {0.5e-6, 0.9e-6, 1.1e-6, 2e-6, 1e-5};
  for (int j = 0; j < 5; j++) {
    double gram[] = {1, 1, 1, 1 + own[j] * own[j]};
    int kept[] = {1, 1};
    moe_independent_columns(2, gram, kept);
    CHECK(kept[0] && kept[1] == (own[j] > 1e-6), "a part of %g: %d", own[j], kept[1]);
  }
}

static void columns_without_length_are_dependent(void) {
  double gram[] = {4, 0, 2, 0, 0, 0, 2, 0, 1};
  int kept[] = {1, 1, 1};
  moe_independent_columns(3, gram, kept);
  CHECK(kept[0] && !kept[1] && !kept[2], "%d %d %d", kept[0], kept[1], kept[2]);
}

void test_design(void) {
  run_test("moments are right", moments_are_right);
  run_test("columns are separate", columns_are_separate);
  run_test("large means", large_means);
  run_test("values near the limits", values_near_the_limits);
  run_test("rows of weight zero", rows_of_weight_zero);
  run_test("weights are relative", weights_are_relative);
  run_test("constants have scale zero", constants_have_scale_zero);
  run_test("one row", one_row);
  run_test("dependent columns are found", dependent_columns_are_found);
  run_test("nearly dependent columns", nearly_dependent_columns);
  run_test("columns without length are dependent", columns_without_length_are_dependent);
}
