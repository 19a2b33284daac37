/* Products over one block of rows that stays in cache: of a dense design (block.c), of a sparse one
 * (sparse.c), of either with the predictors that belong to it (linear.c). A block stores a column
 * as MOE_VECS vecs, so column c of a buffer b starts at b + column(c); `vecs`, an even number, says
 * how many of them hold rows. */
#ifndef MOE_BLOCK_H
#define MOE_BLOCK_H

#include "index.h"
#include "moe.h"
#include "vector.h"

/* Where column c of a block starts. */
static inline size_t column(int c) { return area(MOE_VECS, c); }

/* --- block.c --- */

/* The vecs that hold `rows` rows: an even number, as the products take two at a time. */
int moe_block_vecs(int rows);

/* out[, j] <- (values[, j] - center[j]) / scale[j] for the given rows of p columns that lie
 * `stride` apart; rows that fill the last vecs are 0. */
void moe_block_pack(int rows, int p, size_t stride, const double *values, const double *center,
                    const double *scale, vec *out);

/* out (rows x q) <- x (rows x p) b (p x q) */
void moe_block_multiply(int vecs, int p, int q, const vec *x, const double *b, vec *out);

/* sum (p x q) += x' (p x rows) a (rows x q) */
void moe_block_crossprod(int vecs, int p, int q, const vec *x, const vec *a, double *sum);

/* sum (p x p) += x' diag(weight) x, lower triangle; scratch holds one more x. */
void moe_block_gram(int vecs, int p, const vec *x, const vec *weight, vec *scratch, double *sum);

/* a (p x p), lower triangle -> full */
void moe_mirror(int p, double *a);

/* --- sparse.c: the same for the given rows of a sparse design --- */

/* Vecs that hold the q predictors of one column, side by side; what is left over is 0. */
int moe_sparse_width(int q);

/* out (width x p vecs) <- coefficients b (p x q) for moe_sparse_multiply; out (p x q) <- what
 * moe_sparse_crossprod summed; lower triangle of gram (p x p), as moe_sparse_gram summed it, <-
 * that of the standardised columns. */
void moe_sparse_spread(int p, int q, const double *base, const double *b, vec *out);
void moe_sparse_gather(int p, int q, const double *base, const vec *sum, double *out);
void moe_sparse_finish_gram(int p, const double *base, double *gram);

/* out (rows x q) <- x b; rows that fill the last vecs are 0. */
void moe_sparse_multiply(const moe_sparse *x, int first, int rows, int q, const vec *b, vec *out);

/* sum (width x p vecs) += x' a (rows x q) */
void moe_sparse_crossprod(const moe_sparse *x, int first, int rows, int q, const vec *a, vec *sum);

/* sum (p x p) += x' diag(weight) x, lower triangle. */
void moe_sparse_gram(const moe_sparse *x, int first, int rows, int p, const vec *weight,
                     double *sum);

/* out (rows x p) <- x; rows that fill the last vecs are 0. */
void moe_sparse_unpack(const moe_sparse *x, int first, int rows, int p, vec *out);

/* --- linear.c: one design, dense or sparse, and the predictors that belong to it --- */

typedef struct {
  moe_design design;
  int rows, columns, predictors;
  size_t offset; /* of its coefficients among those of all designs, and of its scores */
} moe_linear;

/* Doubles for its coefficients or its scores: whole vecs, so that the next design's are aligned. */
size_t moe_linear_length(int columns, int predictors);

/* out <- coefficients b (columns x predictors) as the products take them; out (columns x
 * predictors) <- scores as the products leave them; gram <- the full matrix. */
void moe_linear_code(const moe_linear *a, const double *b, double *out);
void moe_linear_decode(const moe_linear *a, const double *scores, double *out);
void moe_linear_finish_gram(const moe_linear *a, double *gram);

/* The products above for rows first .. first + rows - 1. Multiplication writes the rows of a dense
 * design into `packed`, from where the others take them. */
void moe_linear_multiply(const moe_linear *a, int first, int rows, const double *b, vec *packed,
                         vec *out);
void moe_linear_crossprod(const moe_linear *a, int first, int rows, const vec *packed,
                          const vec *score, double *sum);
void moe_linear_gram(const moe_linear *a, int first, int rows, const vec *packed, const vec *weight,
                     vec *scratch, double *sum);

/* Writes the rows of a sparse design into `packed`, which multiplication does not. */
void moe_linear_unpack(const moe_linear *a, int first, int rows, vec *packed);

/* sum (scores as the products leave them) += factor[c] scores, c the predictor they belong to */
void moe_linear_add(const moe_linear *a, const double *factor, const double *scores, double *sum);

/* Mean number of entries in a row. */
double moe_linear_row_length(const moe_linear *a);

#endif
