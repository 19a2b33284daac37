/* One design and the predictors that belong to it, over a block of rows: what is done with a dense
 * design, which is packed first, and what with a sparse one, which is read as it is. */
#include <string.h>

#include "block.h"

size_t moe_linear_length(int columns, int predictors) {
  return area(moe_sparse_width(predictors), columns) * MOE_LANES;
}

void moe_linear_code(const moe_linear *a, const double *b, double *out) {
  const moe_sparse *sparse = a->design.sparse;
  if (sparse)
    moe_sparse_spread(a->columns, a->predictors, sparse->base, b, (vec *)out);
  else
    memcpy(out, b, sizeof(double) * area(a->columns, a->predictors));
}

void moe_linear_decode(const moe_linear *a, const double *scores, double *out) {
  const moe_sparse *sparse = a->design.sparse;
  if (sparse)
    moe_sparse_gather(a->columns, a->predictors, sparse->base, (const vec *)scores, out);
  else
    memcpy(out, scores, sizeof(double) * area(a->columns, a->predictors));
}

void moe_linear_multiply(const moe_linear *a, int first, int rows, const double *b, vec *packed,
                         vec *out) {
  const moe_design *d = &a->design;
  const int p = a->columns, q = a->predictors;
  if (d->sparse) {
    moe_sparse_multiply(d->sparse, first, rows, q, (const vec *)b, out);
  } else {
    moe_block_pack(rows, p, (size_t)a->rows, d->values + first, d->center, d->scale, packed);
    moe_block_multiply(moe_block_vecs(rows), p, q, packed, b, out);
  }
}

void moe_linear_crossprod(const moe_linear *a, int first, int rows, const vec *packed,
                          const vec *score, double *sum) {
  const int p = a->columns, q = a->predictors;
  if (a->design.sparse)
    moe_sparse_crossprod(a->design.sparse, first, rows, q, score, (vec *)sum);
  else
    moe_block_crossprod(moe_block_vecs(rows), p, q, packed, score, sum);
}

void moe_linear_gram(const moe_linear *a, int first, int rows, const vec *packed, const vec *weight,
                     vec *scratch, double *sum) {
  if (a->design.sparse)
    moe_sparse_gram(a->design.sparse, first, rows, a->columns, weight, sum);
  else
    moe_block_gram(moe_block_vecs(rows), a->columns, packed, weight, scratch, sum);
}

void moe_linear_finish_gram(const moe_linear *a, double *gram) {
  if (a->design.sparse) moe_sparse_finish_gram(a->columns, a->design.sparse->base, gram);
  moe_mirror(a->columns, gram);
}

void moe_linear_unpack(const moe_linear *a, int first, int rows, vec *packed) {
  if (a->design.sparse) moe_sparse_unpack(a->design.sparse, first, rows, a->columns, packed);
}

void moe_linear_add(const moe_linear *a, const double *factor, const double *scores, double *sum) {
  const int p = a->columns, q = a->predictors, lanes = moe_sparse_width(q) * MOE_LANES;
  for (int c = 0; c < q; c++)
    for (int j = 0; j < p; j++) {
      const size_t here = a->design.sparse ? at(c, j, lanes) : at(j, c, p);
      sum[here] += factor[c] * scores[here];
    }
}

double moe_linear_row_length(const moe_linear *a) {
  const moe_sparse *sparse = a->design.sparse;
  return sparse && a->rows > 0 ? (double)sparse->start[a->rows] / a->rows : a->columns;
}
