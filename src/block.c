/* Thin products over a block of rows. The number of columns is small and the number of rows large,
 * where a general matrix product spends its time on the edges: each tile of columns here stays in
 * registers for the whole sum. */
#include "block.h"

#include <string.h>

#define TILE 4

int moe_block_vecs(int rows) { return (rows + 2 * MOE_LANES - 1) / (2 * MOE_LANES) * 2; }

/* The columns' next pieces are asked for meanwhile: each is too short to be foreseen. */
MOE_CLONES void moe_block_pack(int rows, int p, size_t stride, const double *values,
                               const double *center, const double *scale, vec *out) {
  const int whole = rows / MOE_LANES, vecs = moe_block_vecs(rows);
  for (int j = 0; j < p; j++, out += MOE_VECS) {
    const double *from = values + stride * (size_t)j;
    const double shift = center[j], factor = 1 / scale[j];
    for (int i = 0; i < whole; i++) {
      const size_t row = area(MOE_LANES, i);
      vec a;
      moe_prefetch(from + row, MOE_BLOCK * sizeof(double));
      memcpy(&a, from + row, sizeof(vec));
      out[i] = (a - shift) * factor;
    }
    for (int i = whole; i < vecs; i++) out[i] = (vec){0};
    for (int i = MOE_LANES * whole; i < rows; i++) ((double *)out)[i] = (from[i] - shift) * factor;
  }
}

/* Two vecs of rows times `columns` columns of b; inlined with a constant number of columns. */
MOE_INLINE void multiply_tile(int p, int columns, const vec *x, const double *b, vec *out) {
  vec sum[TILE][2];
  MOE_UNROLL
  for (int c = 0; c < columns; c++) sum[c][0] = sum[c][1] = (vec){0};
  for (int j = 0; j < p; j++) {
    vec x0 = x[column(j)], x1 = x[column(j) + 1];
    MOE_UNROLL
    for (int c = 0; c < columns; c++) {
      double coefficient = b[at(j, c, p)];
      sum[c][0] += x0 * coefficient;
      sum[c][1] += x1 * coefficient;
    }
  }
  MOE_UNROLL
  for (int c = 0; c < columns; c++) {
    out[column(c)] = sum[c][0];
    out[column(c) + 1] = sum[c][1];
  }
}

MOE_CLONES void moe_block_multiply(int vecs, int p, int q, const vec *x, const double *b,
                                   vec *out) {
  for (int c = 0; c < q; c += TILE) {
    const double *bc = b + area(p, c);
    vec *outc = out + column(c);
    for (int i = 0; i < vecs; i += 2) switch (q - c) {
        case 1: multiply_tile(p, 1, x + i, bc, outc + i); break;
        case 2: multiply_tile(p, 2, x + i, bc, outc + i); break;
        case 3: multiply_tile(p, 3, x + i, bc, outc + i); break;
        default: multiply_tile(p, 4, x + i, bc, outc + i);
      }
  }
}

/* sum (rows of x' by `columns` columns of a), leading dimension p, over all vecs of the block. */
MOE_INLINE void crossprod_tile(int vecs, int p, int rows, int columns, const vec *x, const vec *a,
                               double *sum) {
  vec s[TILE][TILE];
  MOE_UNROLL
  for (int j = 0; j < rows; j++) {
    MOE_UNROLL
    for (int c = 0; c < columns; c++) s[j][c] = (vec){0};
  }
  for (int i = 0; i < vecs; i++) {
    MOE_UNROLL
    for (int j = 0; j < rows; j++) {
      vec xj = x[at(i, j, MOE_VECS)];
      MOE_UNROLL
      for (int c = 0; c < columns; c++) s[j][c] += xj * a[at(i, c, MOE_VECS)];
    }
  }
  MOE_UNROLL
  for (int j = 0; j < rows; j++) {
    MOE_UNROLL
    for (int c = 0; c < columns; c++) sum[at(j, c, p)] += vec_sum(&s[j][c]);
  }
}

/* One tile of columns of a against the columns first .. p - 1 of x. */
MOE_INLINE void crossprod_columns(int vecs, int p, int first, int columns, const vec *x,
                                  const vec *a, double *sum) {
  int j = first;
  for (; j + TILE <= p; j += TILE)
    crossprod_tile(vecs, p, TILE, columns, x + column(j), a, sum + j);
  for (; j < p; j++) crossprod_tile(vecs, p, 1, columns, x + column(j), a, sum + j);
}

/* As crossprod_columns over all columns of a; with lower set, only what is on or below the diagonal
 * (by whole tiles) is computed. */
MOE_INLINE void crossprod(int vecs, int p, int q, int lower, const vec *x, const vec *a,
                          double *sum) {
  for (int c = 0; c < q; c += TILE) {
    const vec *ac = a + column(c);
    double *sumc = sum + area(p, c);
    int first = lower ? c : 0;
    switch (q - c) {
      case 1: crossprod_columns(vecs, p, first, 1, x, ac, sumc); break;
      case 2: crossprod_columns(vecs, p, first, 2, x, ac, sumc); break;
      case 3: crossprod_columns(vecs, p, first, 3, x, ac, sumc); break;
      default: crossprod_columns(vecs, p, first, 4, x, ac, sumc);
    }
  }
}

MOE_CLONES void moe_block_crossprod(int vecs, int p, int q, const vec *x, const vec *a,
                                    double *sum) {
  crossprod(vecs, p, q, 0, x, a, sum);
}

MOE_CLONES void moe_block_gram(int vecs, int p, const vec *x, const vec *weight, vec *scratch,
                               double *sum) {
  for (int j = 0; j < p; j++)
    for (int i = 0; i < vecs; i++) scratch[at(i, j, MOE_VECS)] = weight[i] * x[at(i, j, MOE_VECS)];
  crossprod(vecs, p, p, 1, x, scratch, sum);
}

void moe_mirror(int p, double *a) {
  for (int c = 0; c < p; c++)
    for (int j = c + 1; j < p; j++) a[at(c, j, p)] = a[at(j, c, p)];
}
