/* Cholesky factors of small matrices, lower triangles by column, and solving with them. LAPACK's
 * would do, but their last digits, and with them where a fit stops, depend on the BLAS that R has.
 */
#include "cholesky.h"

#include <float.h>
#include <math.h>

#include "index.h"
#include "vector.h"

/* As a vec, but anywhere in an array. */
#if MOE_LANES > 1
typedef double loose __attribute__((vector_size(64), aligned(8), may_alias));
#else
typedef double loose;
#endif

/* to -= by * from, of length n */
MOE_INLINE void subtract(int n, double by, const double *from, double *to) {
  int i = 0;
  for (; i + MOE_LANES <= n; i += MOE_LANES) *(loose *)(to + i) -= by * *(const loose *)(from + i);
  for (; i < n; i++) to[i] -= by * from[i];
}

/* to -= the sum of by[0] times a column and by[1 .. 3], each `stride` on, times the next three */
MOE_INLINE void subtract_four(int n, size_t stride, const double *by, const double *from,
                              double *to) {
  const double *second = from + stride, *third = second + stride, *fourth = third + stride;
  const double a = by[0], b = by[stride], c = by[2 * stride], d = by[3 * stride];
  int i = 0;
  for (; i + MOE_LANES <= n; i += MOE_LANES)
    *(loose *)(to + i) -= (a * *(const loose *)(from + i) + b * *(const loose *)(second + i)) +
                          (c * *(const loose *)(third + i) + d * *(const loose *)(fourth + i));
  for (; i < n; i++) to[i] -= (a * from[i] + b * second[i]) + (c * third[i] + d * fourth[i]);
}

MOE_INLINE double dot(int n, const double *a, const double *b) {
  vec sum = {0};
  double rest = 0;
  int i = 0;
  for (; i + MOE_LANES <= n; i += MOE_LANES)
    sum += *(const loose *)(a + i) * *(const loose *)(b + i);
  for (; i < n; i++) rest += a[i] * b[i];
  return vec_sum(&sum) + rest;
}

MOE_CLONES void moe_cholesky(int n, double *a) {
  const size_t stride = (size_t)n;
  for (int j = 0; j < n; j++) {
    double *diagonal = a + at(j, j, n);
    const double *row = a + j; /* of the columns that are done */
    int k = 0;
    for (; k + 4 <= j; k += 4)
      subtract_four(n - j, stride, row + at(0, k, n), row + at(0, k, n), diagonal);
    for (; k < j; k++) subtract(n - j, row[at(0, k, n)], row + at(0, k, n), diagonal);
    const double pivot = sqrt(fmax(*diagonal, DBL_MIN));
    *diagonal = pivot;
    for (int i = 1; i < n - j; i++) diagonal[i] /= pivot;
  }
}

MOE_CLONES void moe_cholesky_solve(int n, int columns, const double *factor, double *a) {
  for (int j = 0; j < n; j++) {
    const double *diagonal = factor + at(j, j, n);
    for (int c = 0; c < columns; c++) {
      double *value = a + at(j, c, n);
      *value /= *diagonal;
      subtract(n - j - 1, *value, diagonal + 1, value + 1);
    }
  }
  for (int j = n - 1; j >= 0; j--) {
    const double *diagonal = factor + at(j, j, n);
    for (int c = 0; c < columns; c++) {
      double *value = a + at(j, c, n);
      *value = (*value - dot(n - j - 1, diagonal + 1, value + 1)) / *diagonal;
    }
  }
}
