/* One design and the linear predictors that belong to it, over a block of rows: what is done with a
 * dense design, which is packed first, and what with a sparse one, which is read as it is. */
#include <string.h>

#include "block.h"

size_t moe_part_length(int columns, int predictors) {
  return area(moe_sparse_width(predictors), columns) * MOE_LANES;
}

void moe_part_code(const moe_part *part, const double *b, double *out) {
  if (part->sparse)
    moe_sparse_spread(part->columns, part->predictors, part->sparse->base, b, (vec *)out);
  else
    memcpy(out, b, sizeof(double) * area(part->columns, part->predictors));
}

void moe_part_decode(const moe_part *part, const double *scores, double *out) {
  if (part->sparse)
    moe_sparse_gather(part->columns, part->predictors, part->sparse->base, (const vec *)scores,
                      out);
  else
    memcpy(out, scores, sizeof(double) * area(part->columns, part->predictors));
}

void moe_part_multiply(const moe_part *part, int first, int rows, const double *b, vec *packed,
                       vec *out) {
  const int p = part->columns, q = part->predictors;
  if (part->sparse) {
    moe_sparse_multiply(part->sparse, first, rows, q, (const vec *)b, out);
  } else {
    moe_block_pack(rows, p, part->stride, part->values + first, part->center, part->scale, packed);
    moe_block_multiply(moe_block_vecs(rows), p, q, packed, b, out);
  }
}

void moe_part_crossprod(const moe_part *part, int first, int rows, const vec *packed, const vec *a,
                        double *sum) {
  const int p = part->columns, q = part->predictors;
  if (part->sparse)
    moe_sparse_crossprod(part->sparse, first, rows, q, a, (vec *)sum);
  else
    moe_block_crossprod(moe_block_vecs(rows), p, q, packed, a, sum);
}

void moe_part_gram(const moe_part *part, int first, int rows, const vec *packed, const vec *weight,
                   vec *scratch, double *sum) {
  if (part->sparse)
    moe_sparse_gram(part->sparse, first, rows, part->columns, weight, sum);
  else
    moe_block_gram(moe_block_vecs(rows), part->columns, packed, weight, scratch, sum);
}

void moe_part_finish_gram(const moe_part *part, double *gram) {
  if (part->sparse) moe_sparse_finish_gram(part->columns, part->sparse->base, gram);
  moe_mirror(part->columns, gram);
}

void moe_part_unpack(const moe_part *part, int first, int rows, vec *packed) {
  if (part->sparse) moe_sparse_unpack(part->sparse, first, rows, part->columns, packed);
}

double moe_part_row_length(const moe_part *part, int n) {
  return part->sparse && n > 0 ? (double)part->sparse->start[n] / n : part->columns;
}
