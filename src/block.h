/* Work on one block of rows that stays in cache: thin products (block.c), softmax and mixture
 * (softmax.c). A block stores a column as MOE_VECS vecs, so column c of a buffer b starts at
 * b + column(c); `vecs`, an even number, says how many of them hold rows. */
#ifndef MOE_BLOCK_H
#define MOE_BLOCK_H

#include "index.h"
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

/* --- softmax.c --- */

/* prob (rows x count) <- softmax of the predictors (0, eta), eta: rows x (count - 1). */
void moe_softmax(int vecs, int count, const vec *eta, vec *prob);

/* likelihood <- sum_k pi_k p_k(y); tau (rows x K) <- pi_k p_k(y) / likelihood. gate is rows x K,
 * expert rows x M x K, indicator rows x M with 1 in the column of the row's class. */
void moe_mixture(int vecs, int M, int K, const vec *gate, const vec *expert, const vec *indicator,
                 vec *tau, vec *likelihood);

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
