/* Sparse designs: from columns to standardised rows, and products over a block of those.
 *
 * A standardised column is what it stores plus its base, x_j = s_j + base_j 1, so centring fills
 * nothing in. The first column is the intercept: it stores nothing, and x_0 = 1. So every product
 * with x follows from one with s whose column 0 is replaced by 1:
 *
 *   x b   = 1 (b_0 + sum_j base_j b_j) + s b     moe_sparse_spread, moe_sparse_multiply
 *   x'a   = s'a + base (1'a)                     moe_sparse_crossprod, moe_sparse_gather
 *   x'Wx  = s'Ws + base (1'Ws) + (s'W1) base' + base (1'W1) base'
 *                                                moe_sparse_gram, moe_sparse_finish_gram
 *
 * In b and x'a the predictors that belong to one column lie side by side, a vec at a time. */
#include <limits.h>
#include <math.h>

#include "block.h"
#include "moe.h"

#define TILE 4  /* vecs of predictors that stay in registers */
#define GROUP 8 /* rows whose predictors are put side by side at a time, well before their use */

/* Columns whose mean is further from 0, in standard deviations, are stored in full: the terms above
 * would cancel. Few of their entries can be 0. */
#define FAR 2

/* --- from columns to rows --- */

static int is_full(double center, double scale) { return fabs(center) > FAR * scale; }

static int is_stored(int j, double value) { return j > 0 && value != 0; }

size_t moe_row_starts(const moe_columns *x, const double *center, const double *scale, int *start) {
  size_t total = 0;
  int full = 0;
  for (int j = 0; j < x->p; j++) full += is_full(center[j], scale[j]);
  for (int i = 0; i <= x->n; i++) start[i] = i > 0 ? full : 0;
  for (int j = 0; j < x->p; j++) {
    if (is_full(center[j], scale[j])) continue;
    for (int e = x->start[j]; e < x->start[j + 1]; e++)
      start[x->row[e] + 1] += is_stored(j, x->value[e]);
  }
  for (int i = 1; i <= x->n; i++) {
    total += (size_t)start[i];
    if (total <= INT_MAX) start[i] = (int)total;
  }
  return total;
}

/* Puts an entry of column j after those that row i holds already, which start[i] counts. */
static void put(const moe_sparse *out, int i, int j, double value) {
  out->column[out->start[i]] = j;
  out->value[out->start[i]++] = value;
}

static void put_full_column(const moe_columns *x, int j, double center, double factor,
                            const moe_sparse *out) {
  int e = x->start[j];
  for (int i = 0; i < x->n; i++) {
    int here = e < x->start[j + 1] && x->row[e] == i;
    put(out, i, j, ((here ? x->value[e] : 0) - center) * factor);
    e += here;
  }
}

void moe_compress_rows(const moe_columns *x, const double *center, const double *scale,
                       const moe_sparse *out) {
  for (int j = 0; j < x->p; j++) {
    double factor = 1 / scale[j];
    int full = is_full(center[j], scale[j]);
    out->base[j] = j == 0 ? 1 : full ? 0 : -center[j] * factor;
    if (full)
      put_full_column(x, j, center[j], factor, out);
    else
      for (int e = x->start[j]; e < x->start[j + 1]; e++)
        if (is_stored(j, x->value[e])) put(out, x->row[e], j, x->value[e] * factor);
  }
  /* Each start has moved on to the next row's. */
  for (int i = x->n; i > 0; i--) out->start[i] = out->start[i - 1];
  out->start[0] = 0;
}

/* --- coefficients, scores and Gram matrices, with and without the base --- */

int moe_sparse_width(int q) { return (q + MOE_LANES - 1) / MOE_LANES; }

void moe_sparse_spread(int p, int q, const double *base, const double *b, vec *out) {
  const int lanes = moe_sparse_width(q) * MOE_LANES;
  double *to = (double *)out;
  for (int j = 0; j < p; j++)
    for (int c = 0; c < lanes; c++) to[at(c, j, lanes)] = c < q ? b[at(j, c, p)] : 0;
  for (int j = 1; j < p; j++)
    for (int c = 0; c < q; c++) to[c] += base[j] * b[at(j, c, p)];
}

void moe_sparse_gather(int p, int q, const double *base, const vec *sum, double *out) {
  const int lanes = moe_sparse_width(q) * MOE_LANES;
  const double *from = (const double *)sum;
  for (int c = 0; c < q; c++)
    for (int j = 0; j < p; j++)
      out[at(j, c, p)] = j > 0 ? from[at(c, j, lanes)] + base[j] * from[c] : from[c];
}

void moe_sparse_finish_gram(int p, const double *base, double *gram) {
  for (int c = 1; c < p; c++)
    for (int j = c; j < p; j++)
      gram[at(j, c, p)] += base[j] * gram[c] + base[c] * (gram[j] + base[j] * gram[0]);
  for (int j = 1; j < p; j++) gram[j] += base[j] * gram[0];
}

/* --- products over a block --- */

/* sum <- row i of x times `tile` vecs of predictors; inlined with a constant tile. */
MOE_INLINE void multiply_row(const moe_sparse *x, int i, int width, int tile, const vec *b,
                             vec *out) {
  vec sum[TILE];
  MOE_UNROLL
  for (int t = 0; t < tile; t++) sum[t] = b[t];
  for (int e = x->start[i]; e < x->start[i + 1]; e++) {
    const vec *of_column = b + area(width, x->column[e]);
    double value = x->value[e];
    MOE_UNROLL
    for (int t = 0; t < tile; t++) sum[t] += value * of_column[t];
  }
  MOE_UNROLL
  for (int t = 0; t < tile; t++) out[t] = sum[t];
}

MOE_CLONES void moe_sparse_multiply(const moe_sparse *x, int first, int rows, int q, const vec *b,
                                    vec *out) {
  const int width = moe_sparse_width(q), filled = moe_block_vecs(rows) * MOE_LANES;
  double *to = (double *)out;
  for (int t = 0; t < width; t += TILE)
    for (int i = 0; i < filled; i++) {
      vec row[TILE] = {(vec){0}};
      if (i < rows) switch (width - t) {
          case 1: multiply_row(x, first + i, width, 1, b + t, row); break;
          case 2: multiply_row(x, first + i, width, 2, b + t, row); break;
          case 3: multiply_row(x, first + i, width, 3, b + t, row); break;
          default: multiply_row(x, first + i, width, 4, b + t, row);
        }
      for (int c = t * MOE_LANES; c < q && c < (t + TILE) * MOE_LANES; c++)
        to[at(i, c, MOE_BLOCK)] = ((double *)row)[c - t * MOE_LANES];
    }
}

/* sum += row i of x, transposed, times `tile` vecs of a; inlined with a constant tile. */
MOE_INLINE void add_row(const moe_sparse *x, int i, int width, int tile, const vec *a, vec *sum) {
  vec row[TILE];
  MOE_UNROLL
  for (int t = 0; t < tile; t++) {
    row[t] = a[t];
    sum[t] += row[t];
  }
  for (int e = x->start[i]; e < x->start[i + 1]; e++) {
    vec *of_column = sum + area(width, x->column[e]);
    double value = x->value[e];
    MOE_UNROLL
    for (int t = 0; t < tile; t++) of_column[t] += value * row[t];
  }
}

/* Rows i .. i + count - 1 of a, predictors c and on: a row's side by side, what is left over 0. */
static void take_predictors(const vec *a, int i, int count, int c, int q, vec (*out)[TILE]) {
  for (int l = 0; l < TILE * MOE_LANES && l < moe_sparse_width(q - c) * MOE_LANES; l++) {
    const double *from = (const double *)(a + column(c + l)) + i;
    for (int g = 0; g < count; g++) ((double *)out[g])[l] = c + l < q ? from[g] : 0;
  }
}

MOE_CLONES void moe_sparse_crossprod(const moe_sparse *x, int first, int rows, int q, const vec *a,
                                     vec *sum) {
  const int width = moe_sparse_width(q);
  vec group[GROUP][TILE];
  for (int t = 0; t < width; t += TILE)
    for (int i = 0; i < rows; i += GROUP) {
      const int count = rows - i < GROUP ? rows - i : GROUP;
      take_predictors(a, i, count, t * MOE_LANES, q, group);
      for (int g = 0; g < count; g++) switch (width - t) {
          case 1: add_row(x, first + i + g, width, 1, group[g], sum + t); break;
          case 2: add_row(x, first + i + g, width, 2, group[g], sum + t); break;
          case 3: add_row(x, first + i + g, width, 3, group[g], sum + t); break;
          default: add_row(x, first + i + g, width, 4, group[g], sum + t);
        }
    }
}

void moe_sparse_gram(const moe_sparse *x, int first, int rows, int p, const vec *weight,
                     double *sum) {
  for (int i = 0; i < rows; i++) {
    const double w = ((const double *)weight)[i];
    const int end = x->start[first + i + 1];
    sum[0] += w;
    for (int e = x->start[first + i]; e < end; e++) {
      double *to = sum + area(p, x->column[e]), value = w * x->value[e];
      sum[x->column[e]] += value;
      for (int f = e; f < end; f++) to[x->column[f]] += value * x->value[f];
    }
  }
}

void moe_sparse_unpack(const moe_sparse *x, int first, int rows, int p, vec *out) {
  const int filled = moe_block_vecs(rows) * MOE_LANES;
  double *to = (double *)out;
  for (int j = 0; j < p; j++)
    for (int i = 0; i < filled; i++) to[at(i, j, MOE_BLOCK)] = i < rows ? x->base[j] : 0;
  for (int i = 0; i < rows; i++)
    for (int e = x->start[first + i]; e < x->start[first + i + 1]; e++)
      to[at(i, x->column[e], MOE_BLOCK)] += x->value[e];
}
