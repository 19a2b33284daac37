/* Thin products over a block of rows. The number of columns is small and the number of rows large,
 * where a general matrix product spends its time on the edges: each tile of columns here stays in
 * registers for the whole sum. */
#include <string.h>

#include "vector.h"

#define TILE 4                               /* columns that are multiplied with */
#define TALL (MOE_REGISTERS > 16 ? TILE : 2) /* by columns of x, in products of columns */

/* The columns' next pieces are asked for meanwhile: each is too short to be foreseen. */
static void pack(int rows, int p, size_t stride, const double *values, const double *center,
                 const double *scale, double *out) {
  const int whole = rows / MOE_LANES * MOE_LANES, filled = moe_filled(rows);
  for (int j = 0; j < p; j++, out += MOE_BLOCK) {
    const double *from = values + stride * (size_t)j;
    const double shift = center[j], factor = 1 / scale[j];
    for (int i = 0; i < whole; i += MOE_LANES) {
      vec a;
      if (i % MOE_WIDEST == 0) moe_prefetch(from + i, MOE_BLOCK * sizeof(double));
      memcpy(&a, from + i, sizeof(vec));
      VEC(out + i) = (a - shift) * factor;
    }
    for (int i = whole; i < rows; i++) out[i] = (from[i] - shift) * factor;
    for (int i = rows; i < filled; i++) out[i] = 0;
  }
}

/* Two vecs of rows times `columns` columns of b; inlined with a constant number of columns. */
MOE_INLINE void multiply_tile(int p, int columns, const double *x, const double *b, double *out) {
  vec sum[TILE][2];
  MOE_UNROLL
  for (int c = 0; c < columns; c++) sum[c][0] = sum[c][1] = (vec){0};
  for (int j = 0; j < p; j++) {
    vec x0 = VEC(x + column(j)), x1 = VEC(x + column(j) + MOE_LANES);
    MOE_UNROLL
    for (int c = 0; c < columns; c++) {
      double coefficient = b[at(j, c, p)];
      sum[c][0] += x0 * coefficient;
      sum[c][1] += x1 * coefficient;
    }
  }
  MOE_UNROLL
  for (int c = 0; c < columns; c++) {
    VEC(out + column(c)) = sum[c][0];
    VEC(out + column(c) + MOE_LANES) = sum[c][1];
  }
}

static void multiply(int rows, int p, int q, const double *x, const double *b, double *out) {
  for (int c = 0; c < q; c += TILE) {
    const double *bc = b + area(p, c);
    double *outc = out + column(c);
    for (int i = 0; i < rows; i += 2 * MOE_LANES) switch (q - c) {
        case 1: multiply_tile(p, 1, x + i, bc, outc + i); break;
        case 2: multiply_tile(p, 2, x + i, bc, outc + i); break;
        case 3: multiply_tile(p, 3, x + i, bc, outc + i); break;
        default: multiply_tile(p, 4, x + i, bc, outc + i);
      }
  }
}

/* sum (`tall` columns of x by `columns` columns of a), whose columns are `stride` apart, over the
 * block. */
MOE_INLINE void crossprod_tile(int rows, int stride, int tall, int columns, const double *x,
                               const double *a, double *sum) {
  vec s[TILE][TILE];
  MOE_UNROLL
  for (int j = 0; j < tall; j++) {
    MOE_UNROLL
    for (int c = 0; c < columns; c++) s[j][c] = (vec){0};
  }
  for (int i = 0; i < rows; i += MOE_LANES) {
    MOE_UNROLL
    for (int j = 0; j < tall; j++) {
      vec xj = VEC(x + at(i, j, MOE_BLOCK));
      MOE_UNROLL
      for (int c = 0; c < columns; c++) s[j][c] += xj * VEC(a + at(i, c, MOE_BLOCK));
    }
  }
  MOE_UNROLL
  for (int j = 0; j < tall; j++) {
    MOE_UNROLL
    for (int c = 0; c < columns; c++) sum[at(j, c, stride)] += vec_sum(&s[j][c]);
  }
}

/* One tile of columns of a against the p columns of x. */
MOE_INLINE void crossprod_columns(int rows, int stride, int p, int columns, const double *x,
                                  const double *a, double *sum) {
  int j = 0;
  for (; j + TALL <= p; j += TALL)
    crossprod_tile(rows, stride, TALL, columns, x + column(j), a, sum + j);
  for (; j < p; j++) crossprod_tile(rows, stride, 1, columns, x + column(j), a, sum + j);
}

/* The first tile of the q columns of a. */
MOE_INLINE void crossprod_strip(int rows, int stride, int p, int q, const double *x,
                                const double *a, double *sum) {
  switch (q) {
    case 1: crossprod_columns(rows, stride, p, 1, x, a, sum); break;
    case 2: crossprod_columns(rows, stride, p, 2, x, a, sum); break;
    case 3: crossprod_columns(rows, stride, p, 3, x, a, sum); break;
    default: crossprod_columns(rows, stride, p, 4, x, a, sum);
  }
}

static void crossprod(int rows, int p, int q, const double *x, const double *a, double *sum) {
  for (int c = 0; c < q; c += TILE)
    crossprod_strip(rows, p, p, q - c, x, a + column(c), sum + area(p, c));
}

/* What lies above the diagonal is computed within tiles alone. */
static void symmetric_crossprod(int rows, int stride, int p, const double *x, const double *a,
                                double *sum) {
  for (int c = 0; c < p; c += TILE)
    crossprod_strip(rows, stride, p - c, p - c, x + column(c), a + column(c),
                    sum + at(c, c, stride));
}

static void weigh(int rows, int columns, const double *weight, const double *a, double *out) {
  for (int c = 0; c < columns; c++, a += MOE_BLOCK, out += MOE_BLOCK)
    for (int i = 0; i < rows; i += MOE_LANES) VEC(out + i) = VEC(weight + i) * VEC(a + i);
}

#undef TILE
