/* Work on one block of rows that stays in cache: thin products (block.c; sparse.c;
 * part.c, which chooses), softmax and mixture (softmax.c). A block stores a column as MOE_VECS
 * vecs, so column c of a buffer b starts at b + column(c); `vecs`, an even number, says how many of
 * them hold rows. */
#ifndef MOE_BLOCK_H
#define MOE_BLOCK_H

#include "index.h"
#include "moe.h"
#include "vector.h"

/* Likelihoods of rows below this are computed again on the log scale. */
#define MOE_TINY 1e-280

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

/* --- part.c: one design, dense or sparse, and its linear predictors --- */

typedef struct {
  const moe_sparse *sparse; /* NULL where the design is dense: */
  const double *values, *center, *scale;
  size_t stride; /* between its columns */
  int columns, predictors;
  size_t offset; /* of its coefficients among those of all parts, and of its scores */
} moe_part;

/* Doubles for the coefficients or the scores of a part: whole vecs, so that the next is aligned. */
size_t moe_part_length(int columns, int predictors);

/* out <- coefficients b (columns x predictors) as the products take them; out (columns x
 * predictors) <- scores as the products leave them; gram <- the full matrix. */
void moe_part_code(const moe_part *part, const double *b, double *out);
void moe_part_decode(const moe_part *part, const double *scores, double *out);
void moe_part_finish_gram(const moe_part *part, double *gram);

/* The products above for rows first .. first + rows - 1. Multiplication writes the rows of a dense
 * design into `packed`, from where the others take them. */
void moe_part_multiply(const moe_part *part, int first, int rows, const double *b, vec *packed,
                       vec *out);
void moe_part_crossprod(const moe_part *part, int first, int rows, const vec *packed, const vec *a,
                        double *sum);
void moe_part_gram(const moe_part *part, int first, int rows, const vec *packed, const vec *weight,
                   vec *scratch, double *sum);

/* Writes the rows of a sparse design into `packed`, which multiplication does not. */
void moe_part_unpack(const moe_part *part, int first, int rows, vec *packed);

/* Mean number of entries in its n rows. */
double moe_part_row_length(const moe_part *part, int n);

/* --- softmax.c --- */

/* prob (rows x count) <- softmax of the predictors (0, eta), eta: rows x (count - 1). */
void moe_softmax(int vecs, int count, const vec *eta, vec *prob);

/* likelihood <- sum_k pi_k p_k(y); tau (rows x K) <- pi_k p_k(y) / likelihood. gate is rows x K,
 * expert rows x M x K, indicator rows x M with 1 in the column of the row's class. */
void moe_mixture(int vecs, int M, int K, const vec *gate, const vec *expert, const vec *indicator,
                 vec *tau, vec *likelihood);

/* expected <- sum_k tau_k log(pi_k p_k(y)); least <- the least of the pi_k p_k(y), and where that
 * is less than MOE_TINY or NaN, expected is undefined. */
void moe_expected(int vecs, int M, int K, const vec *gate, const vec *expert, const vec *indicator,
                  const vec *tau, vec *least, vec *expected);

/* sum_i weight_i log(likelihood_i); likelihoods are at least MOE_TINY. */
double moe_weighted_log(int vecs, const vec *weight, const vec *likelihood);

/* resid <- the score of the linear predictors: gate columns k = 2..K hold v (tau_k - pi_k), then
 * for each expert the columns m = 2..M hold v tau_k (1{y = m} - p_km). */
typedef struct {
  int M, K;
  const vec *gate, *expert, *indicator, *weight, *tau;
} moe_block_state;
void moe_residual(int vecs, const moe_block_state *state, vec *resid);

/* One row on the log scale, exact where likelihoods underflow: column k of joint receives
 * log pi_k + log p_k(y). eta and joint point at the row in buffers of a block; eta has K - 1 gate,
 * then K (M - 1) expert columns. Returns log sum_k exp(joint_k). */
double moe_log_joint(int M, int K, const double *eta, int y, double *joint);

#endif
