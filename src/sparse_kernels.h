/* Products of a sparse design over a block of rows; sparse.c says of what they are made. */
#include "vector.h"

#define TILE 4  /* vecs of predictors that stay in registers */
#define GROUP 8 /* rows whose predictors are put side by side at a time, well before their use */

/* sum <- row i of x times `tile` vecs of predictors; inlined with a constant tile. */
MOE_INLINE void sparse_multiply_row(const moe_sparse *x, int i, int width, int tile,
                                    const double *b, vec *out) {
  vec sum[TILE];
  MOE_UNROLL
  for (int t = 0; t < tile; t++) sum[t] = VEC(b + area(t, MOE_LANES));
  for (int e = x->start[i]; e < x->start[i + 1]; e++) {
    const double *of_column = b + area(width, x->column[e]);
    double value = x->value[e];
    MOE_UNROLL
    for (int t = 0; t < tile; t++) sum[t] += value * VEC(of_column + area(t, MOE_LANES));
  }
  MOE_UNROLL
  for (int t = 0; t < tile; t++) out[t] = sum[t];
}

static void sparse_multiply(const moe_sparse *x, int first, int rows, int q, const double *b,
                            double *out) {
  const int width = moe_sparse_width(q), filled = moe_filled(rows);
  for (int t = 0; t < width; t += TILE * MOE_LANES)
    for (int i = 0; i < filled; i++) {
      vec row[TILE] = {(vec){0}};
      if (i < rows) switch ((width - t) / MOE_LANES) {
          case 1: sparse_multiply_row(x, first + i, width, 1, b + t, row); break;
          case 2: sparse_multiply_row(x, first + i, width, 2, b + t, row); break;
          case 3: sparse_multiply_row(x, first + i, width, 3, b + t, row); break;
          default: sparse_multiply_row(x, first + i, width, 4, b + t, row);
        }
      for (int c = t; c < q && c < t + TILE * MOE_LANES; c++)
        out[at(i, c, MOE_BLOCK)] = ((double *)row)[c - t];
    }
}

/* sum += row i of x, transposed, times `tile` vecs of a; inlined with a constant tile. */
MOE_INLINE void sparse_add_row(const moe_sparse *x, int i, int width, int tile, const vec *a,
                               double *sum) {
  vec row[TILE];
  MOE_UNROLL
  for (int t = 0; t < tile; t++) {
    row[t] = a[t];
    VEC(sum + area(t, MOE_LANES)) += row[t];
  }
  for (int e = x->start[i]; e < x->start[i + 1]; e++) {
    double *of_column = sum + area(width, x->column[e]), value = x->value[e];
    MOE_UNROLL
    for (int t = 0; t < tile; t++) VEC(of_column + area(t, MOE_LANES)) += value * row[t];
  }
}

/* Rows i .. i + count - 1 of a, predictors c and on: a row's side by side, what is left over 0. */
static void take_predictors(const double *a, int i, int count, int c, int q, vec (*out)[TILE]) {
  for (int l = 0; l < TILE * MOE_LANES && l < moe_sparse_width(q - c); l++) {
    const double *from = a + at(i, c + l, MOE_BLOCK);
    for (int g = 0; g < count; g++) ((double *)out[g])[l] = c + l < q ? from[g] : 0;
  }
}

static void sparse_crossprod(const moe_sparse *x, int first, int rows, int q, const double *a,
                             double *sum) {
  const int width = moe_sparse_width(q);
  vec group[GROUP][TILE];
  for (int t = 0; t < width; t += TILE * MOE_LANES)
    for (int i = 0; i < rows; i += GROUP) {
      const int count = rows - i < GROUP ? rows - i : GROUP;
      take_predictors(a, i, count, t, q, group);
      for (int g = 0; g < count; g++) switch ((width - t) / MOE_LANES) {
          case 1: sparse_add_row(x, first + i + g, width, 1, group[g], sum + t); break;
          case 2: sparse_add_row(x, first + i + g, width, 2, group[g], sum + t); break;
          case 3: sparse_add_row(x, first + i + g, width, 3, group[g], sum + t); break;
          default: sparse_add_row(x, first + i + g, width, 4, group[g], sum + t);
        }
    }
}

#undef TILE
