/* Sparse designs: from columns to standardised rows, and products over a block of those.
 *
 * A standardised column is what it stores plus its base, x_j = s_j + base_j 1, so centring fills
 * nothing in. The first column is the intercept: it stores nothing, and x_0 = 1. So every product
 * with x follows from one with s whose column 0 is replaced by 1:
 *
 *   x b   = 1 (b_0 + sum_j base_j b_j) + s b     moe_sparse_spread, then the kernels
 *   x'a   = s'a + base (1'a)                     the kernels, then moe_sparse_gather
 *   x'Wx  = s'Ws + base (1'Ws) + (s'W1) base' + base (1'W1) base'
 *                                                moe_sparse_gram, moe_sparse_finish_gram
 *
 * In b and x'a the predictors that belong to one column lie side by side, in whole vectors. */
#include <limits.h>
#include <math.h>

#include "linear.h"

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

void moe_sparse_spread(int p, int q, const double *base, const double *b, double *out) {
  const int width = moe_sparse_width(q);
  for (int j = 0; j < p; j++)
    for (int c = 0; c < width; c++) out[at(c, j, width)] = c < q ? b[at(j, c, p)] : 0;
  for (int j = 1; j < p; j++)
    for (int c = 0; c < q; c++) out[c] += base[j] * b[at(j, c, p)];
}

void moe_sparse_gather(int p, int q, const double *base, const double *sum, double *out) {
  const int width = moe_sparse_width(q);
  for (int c = 0; c < q; c++)
    for (int j = 0; j < p; j++)
      out[at(j, c, p)] = j > 0 ? sum[at(c, j, width)] + base[j] * sum[c] : sum[c];
}

void moe_sparse_finish_gram(int p, const double *base, double *gram) {
  for (int c = 1; c < p; c++)
    for (int j = c; j < p; j++)
      gram[at(j, c, p)] += base[j] * gram[c] + base[c] * (gram[j] + base[j] * gram[0]);
  for (int j = 1; j < p; j++) gram[j] += base[j] * gram[0];
}

/* --- over a block --- */

void moe_sparse_gram(const moe_sparse *x, int first, int rows, int p, const double *weight,
                     double *sum) {
  for (int i = 0; i < rows; i++) {
    const double w = weight[i];
    const int end = x->start[first + i + 1];
    sum[0] += w;
    for (int e = x->start[first + i]; e < end; e++) {
      double *to = sum + area(p, x->column[e]), value = w * x->value[e];
      sum[x->column[e]] += value;
      for (int f = e; f < end; f++) to[x->column[f]] += value * x->value[f];
    }
  }
}

void moe_sparse_unpack(const moe_sparse *x, int first, int rows, int p, double *out) {
  const int filled = moe_filled(rows);
  for (int j = 0; j < p; j++)
    for (int i = 0; i < filled; i++) out[at(i, j, MOE_BLOCK)] = i < rows ? x->base[j] : 0;
  for (int i = 0; i < rows; i++)
    for (int e = x->start[first + i]; e < x->start[first + i + 1]; e++)
      out[at(i, x->column[e], MOE_BLOCK)] += x->value[e];
}
