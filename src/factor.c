/* Cholesky factors by panels of MOE_BLOCK columns: LAPACK factors each, the kernels' products, in
 * which most of the time goes, take it from what is left. With the reference BLAS, which R brings,
 * that is five times as fast as LAPACK alone at n = 2000; up to MOE_BLOCK it is LAPACK alone. */
#include "factor.h"

#include "blas.h"
#include "kernels.h"

/* Two panels as blocks, aligned. */
size_t moe_factor_workspace(int n) {
  return n > MOE_BLOCK ? 2 * column(n - MOE_BLOCK) + MOE_WIDEST : 0;
}

/* x <- panel', minus <- -panel', each MOE_BLOCK x rows, for a panel in a matrix of n rows. */
static void transpose(int rows, int n, const double *panel, double *x, double *minus) {
  for (int i = 0; i < rows; i++)
    for (int j = 0; j < MOE_BLOCK; j++) {
      x[at(j, i, MOE_BLOCK)] = panel[at(i, j, n)];
      minus[at(j, i, MOE_BLOCK)] = -panel[at(i, j, n)];
    }
}

/* rest (rows x rows) -= panel panel', lower triangle, both in a matrix of n rows. */
static void subtract_square(int rows, int n, const double *panel, double *rest, double *workspace) {
  double *x = moe_align(workspace), *minus = x + column(rows);
  transpose(rows, n, panel, x, minus);
  moe_kernels_of(MOE_MOST_LANES)->symmetric_crossprod(MOE_BLOCK, n, rows, x, minus, rest);
}

int moe_factor(int n, double *a, double *workspace) {
  int first = 0;
  for (; n - first > MOE_BLOCK; first += MOE_BLOCK) {
    const int below = n - first - MOE_BLOCK;
    double *square = a + at(first, first, n), *panel = square + MOE_BLOCK;
    if (!moe_factor_square(MOE_BLOCK, n, square)) return 0;
    moe_divide_rows(below, MOE_BLOCK, n, square, panel);
    subtract_square(below, n, panel, panel + area(n, MOE_BLOCK), workspace);
  }
  return moe_factor_square(n - first, n, a + at(first, first, n));
}
