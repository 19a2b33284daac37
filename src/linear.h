/* Products of a design over one block of rows that stays in cache (linear.c): of a dense one, whose
 * rows are packed first, and of a sparse one (sparse.c), which is read as it is; and the predictors
 * that belong to it. */
#ifndef MOE_LINEAR_H
#define MOE_LINEAR_H

#include "index.h"
#include "kernels.h"
#include "moe.h"

/* --- sparse.c --- */

/* out (width x p) <- coefficients b (p x q) for the kernels' product; out (p x q) <- what they
 * summed of scores; lower triangle of gram (p x p), as moe_sparse_gram summed it, <- that of the
 * standardised columns. */
void moe_sparse_spread(int p, int q, const double *base, const double *b, double *out);
void moe_sparse_gather(int p, int q, const double *base, const double *sum, double *out);
void moe_sparse_finish_gram(int p, const double *base, double *gram);

/* sum (p x p) += x' diag(weight) x, lower triangle. */
void moe_sparse_gram(const moe_sparse *x, int first, int rows, int p, const double *weight,
                     double *sum);

/* out (rows x p) <- x; rows that fill the block's last vectors are 0. */
void moe_sparse_unpack(const moe_sparse *x, int first, int rows, int p, double *out);

/* --- linear.c --- */

typedef struct {
  moe_design design;
  int rows, columns, predictors;
  size_t offset; /* of its coefficients among those of all designs, and of its scores */
  const moe_kernels *kernels;
} moe_linear;

/* Doubles for its coefficients or its scores: whole vectors, so that the next design's are aligned.
 */
size_t moe_linear_length(int columns, int predictors);

/* out <- coefficients b (columns x predictors) as the products take them; out (columns x
 * predictors) <- scores as the products leave them; gram <- the full matrix. */
void moe_linear_code(const moe_linear *a, const double *b, double *out);
void moe_linear_decode(const moe_linear *a, const double *scores, double *out);
void moe_linear_finish_gram(const moe_linear *a, double *gram);

/* out (rows x predictors) <- x b, sum += x' score and sum (lower triangle) += x' diag(weight) x for
 * rows first .. first + rows - 1. Multiplication writes the rows of a dense design into `packed`,
 * from where the others take them; scratch holds one more of these. */
void moe_linear_multiply(const moe_linear *a, int first, int rows, const double *b, double *packed,
                         double *out);
void moe_linear_crossprod(const moe_linear *a, int first, int rows, const double *packed,
                          const double *score, double *sum);
void moe_linear_gram(const moe_linear *a, int first, int rows, const double *packed,
                     const double *weight, double *scratch, double *sum);

/* Writes the rows of a sparse design into `packed`, which multiplication does not. */
void moe_linear_unpack(const moe_linear *a, int first, int rows, double *packed);

/* sum (scores as the products leave them) += factor[c] scores, c the predictor they belong to */
void moe_linear_add(const moe_linear *a, const double *factor, const double *scores, double *sum);

/* Mean number of entries in a row. */
double moe_linear_row_length(const moe_linear *a);

/* a (p x p), lower triangle -> full */
void moe_mirror(int p, double *a);

#endif
