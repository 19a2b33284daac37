/* Cholesky factors against what defines them: factor factor' is the matrix again. */
#include <math.h>
#include <stdlib.h>

#include "factor.h"
#include "index.h"
#include "test_core.h"

/* b b' + 1 on the diagonal, for b of n x 5 random numbers: positive definite. */
static double *new_matrix(int n) {
  double *a = new_doubles(area(n, n)), *b = new_doubles(area(n, 5));
  for (size_t i = 0; i < area(n, 5); i++) b[i] = normal();
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      double sum = i == j;
      for (int k = 0; k < 5; k++) sum += b[at(i, k, n)] * b[at(j, k, n)];
      a[at(i, j, n)] = sum;
    }
  free(b);
  return a;
}

/* Its workspace is as long as asked for, so that the sanitizers see what lies beyond. */
static int factor(int n, double *a) {
  double *workspace = new_doubles(moe_factor_workspace(n));
  const int definite = moe_factor(n, a, workspace);
  free(workspace);
  return definite;
}

static double product_entry(int n, const double *factor, int i, int j) {
  double sum = 0;
  for (int k = 0; k <= j; k++) sum += factor[at(i, k, n)] * factor[at(j, k, n)];
  return sum;
}

/* Below, at and above one panel and two, and with a rest that fills no vector. */
static const int sizes[] = {1, 7, 127, 128, 129, 255, 256, 261, 400};

static void product_of_factors(void) {
  for (size_t s = 0; s < sizeof sizes / sizeof *sizes; s++) {
    const int n = sizes[s];
    double *a = new_matrix(n), *l = copy_doubles(area(n, n), a), error = 0;
    CHECK(factor(n, l), "size %d", n);
    for (int j = 0; j < n; j++)
      for (int i = j; i < n; i++)
        error = fmax(error, fabs(product_entry(n, l, i, j) - a[at(i, j, n)]));
    CHECK(error < 1e-11, "size %d: %g", n, error);
    free(l);
    free(a);
  }
}

/* Wherever the matrix stops being positive definite, in whatever panel. */
static void matrices_that_are_not_definite(void) {
  const int n = 300, places[] = {0, 127, 128, 200, 255, 256, 299};
  for (size_t s = 0; s < sizeof places / sizeof *places; s++) {
    double *a = new_matrix(n);
    a[at(places[s], places[s], n)] *= -1;
    CHECK(!factor(n, a), "place %d", places[s]);
    free(a);
  }
}

void test_factor(void) {
  run_test("product of Cholesky factors", product_of_factors);
  run_test("matrices that are not definite", matrices_that_are_not_definite);
}
