/* Cholesky factors against the matrices they are of, in long double. */
#include <float.h>
#include <math.h>
#include <stdlib.h>

#include "cholesky.h"
#include "index.h"
#include "test_core.h"

/* n random vectors' products, with columns' scales from 10^-4 to 10^4. */
static double *random_gram(int n) {
  double *x = new_doubles(area(n, n)), *a = new_doubles(area(n, n));
  for (int j = 0; j < n; j++) {
    double scale = pow(10, uniform(-4, 4));
    for (int i = 0; i < n; i++) x[at(i, j, n)] = scale * (normal() + (i == j));
  }
  for (int j = 0; j < n; j++)
    for (int i = 0; i < n; i++) {
      long double sum = 0;
      for (int l = 0; l < n; l++) sum += (long double)x[at(l, i, n)] * x[at(l, j, n)];
      a[at(i, j, n)] = (double)sum;
    }
  free(x);
  return a;
}

/* Of any size, as loops by whole vectors leave something over. */
static void a_factor_times_itself_is_the_matrix(void) {
  for (int n = 1; n <= 70; n++) {
    double *a = random_gram(n), *factor = copy_doubles(area(n, n), a);
    moe_cholesky(n, factor);
    for (int j = 0; j < n; j++)
      for (int i = 0; i < n; i++) {
        if (i < j) {
          CHECK(factor[at(i, j, n)] == a[at(i, j, n)], "n = %d: (%d, %d) was touched", n, i, j);
          continue;
        }
        long double sum = 0;
        for (int l = 0; l <= j; l++) sum += (long double)factor[at(i, l, n)] * factor[at(j, l, n)];
        double size = sqrt(a[at(i, i, n)] * a[at(j, j, n)]);
        CHECK(fabsl(sum - a[at(i, j, n)]) <= (n + 2) * DBL_EPSILON * size, "n = %d: (%d, %d)", n, i,
              j);
      }
    free(a);
    free(factor);
  }
}

static void solutions_solve(void) {
  for (int n = 1; n <= 70; n++) {
    int columns = between(1, 9);
    double *a = random_gram(n), *factor = copy_doubles(area(n, n), a);
    double *b = new_doubles(area(n, columns)), *x;
    for (size_t j = 0; j < area(n, columns); j++) b[j] = normal();
    x = copy_doubles(area(n, columns), b);
    moe_cholesky(n, factor);
    /* What lies above the diagonal is not read. */
    for (int j = 0; j < n; j++)
      for (int i = 0; i < j; i++) factor[at(i, j, n)] = NAN;
    moe_cholesky_solve(n, columns, factor, x);
    for (int c = 0; c < columns; c++)
      for (int i = 0; i < n; i++) {
        long double left = b[at(i, c, n)], size = fabsl(left);
        for (int l = 0; l < n; l++) {
          left -= (long double)a[at(i, l, n)] * x[at(l, c, n)];
          size += sqrtl((long double)a[at(i, i, n)] * a[at(l, l, n)]) * fabsl(x[at(l, c, n)]);
        }
        CHECK(fabsl(left) <= 4 * (n + 2) * DBL_EPSILON * size, "n = %d: (%d, %d)", n, i, c);
      }
    free(a);
    free(factor);
    free(b);
    free(x);
  }
}

/* Rounding may leave a pivot that is not positive. */
static void factors_of_singular_matrices_are_finite(void) {
  double a[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  moe_cholesky(3, a);
  for (int j = 0; j < 3; j++)
    for (int i = j; i < 3; i++) CHECK(isfinite(a[at(i, j, 3)]), "(%d, %d)", i, j);
  CHECK(a[at(2, 2, 3)] > 0, "%g", a[at(2, 2, 3)]);
}

void test_cholesky(void) {
  run_test("a factor times itself is the matrix", a_factor_times_itself_is_the_matrix);
  run_test("solutions solve", solutions_solve);
  run_test("factors of singular matrices are finite", factors_of_singular_matrices_are_finite);
}
