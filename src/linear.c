/* One design and the predictors that belong to it, over a block of rows: what is done with a dense
 * design, which is packed first, and what with a sparse one, which is read as it is. */
#include "linear.h"

#include <string.h>

size_t moe_linear_length(int columns, int predictors) {
  return area(moe_sparse_width(predictors), columns);
}

void moe_linear_code(const moe_linear *a, const double *b, double *out) {
  const moe_sparse *sparse = a->design.sparse;
  if (sparse)
    moe_sparse_spread(a->columns, a->predictors, sparse->base, b, out);
  else
    memcpy(out, b, sizeof(double) * area(a->columns, a->predictors));
}

void moe_linear_decode(const moe_linear *a, const double *scores, double *out) {
  const moe_sparse *sparse = a->design.sparse;
  if (sparse)
    moe_sparse_gather(a->columns, a->predictors, sparse->base, scores, out);
  else
    memcpy(out, scores, sizeof(double) * area(a->columns, a->predictors));
}

void moe_linear_multiply(const moe_linear *a, int first, int rows, const double *b, double *packed,
                         double *out) {
  const moe_design *d = &a->design;
  const int p = a->columns, q = a->predictors;
  if (d->sparse) {
    a->kernels->sparse_multiply(d->sparse, first, rows, q, b, out);
  } else {
    a->kernels->pack(rows, p, (size_t)a->rows, d->values + first, d->center, d->scale, packed);
    a->kernels->multiply(moe_filled(rows), p, q, packed, b, out);
  }
}

void moe_linear_crossprod(const moe_linear *a, int first, int rows, const double *packed,
                          const double *score, double *sum) {
  const int p = a->columns, q = a->predictors;
  if (a->design.sparse)
    a->kernels->sparse_crossprod(a->design.sparse, first, rows, q, score, sum);
  else
    a->kernels->crossprod(moe_filled(rows), p, q, packed, score, sum);
}

void moe_linear_gram(const moe_linear *a, int first, int rows, const double *packed,
                     const double *weight, double *scratch, double *sum) {
  const int filled = moe_filled(rows), p = a->columns;
  if (a->design.sparse) {
    moe_sparse_gram(a->design.sparse, first, rows, p, weight, sum);
  } else {
    a->kernels->weigh(filled, p, weight, packed, scratch);
    a->kernels->symmetric_crossprod(filled, p, p, packed, scratch, sum);
  }
}

void moe_linear_finish_gram(const moe_linear *a, double *gram) {
  if (a->design.sparse) moe_sparse_finish_gram(a->columns, a->design.sparse->base, gram);
  moe_mirror(a->columns, gram);
}

void moe_linear_unpack(const moe_linear *a, int first, int rows, double *packed) {
  if (a->design.sparse) moe_sparse_unpack(a->design.sparse, first, rows, a->columns, packed);
}

void moe_linear_add(const moe_linear *a, const double *factor, const double *scores, double *sum) {
  const int p = a->columns, q = a->predictors, width = moe_sparse_width(q);
  for (int c = 0; c < q; c++)
    for (int j = 0; j < p; j++) {
      const size_t here = a->design.sparse ? at(c, j, width) : at(j, c, p);
      sum[here] += factor[c] * scores[here];
    }
}

double moe_linear_row_length(const moe_linear *a) {
  const moe_sparse *sparse = a->design.sparse;
  return sparse && a->rows > 0 ? (double)sparse->start[a->rows] / a->rows : a->columns;
}

void moe_mirror(int p, double *a) {
  for (int c = 0; c < p; c++)
    for (int j = c + 1; j < p; j++) a[at(c, j, p)] = a[at(j, c, p)];
}
