/* The model over one block of rows: probabilities of the gate (softmax.c), the family of the
 * experts (multinomial.c), and the mixture of both (mixture.c), which knows the experts by their
 * table of likelihoods alone. */
#ifndef MOE_MIXTURE_H
#define MOE_MIXTURE_H

#include "block.h"

/* Likelihoods below this are computed again on the log scale. */
#define MOE_TINY 1e-280

/* --- softmax.c --- */

/* prob (rows x count) <- softmax of the predictors (0, eta), eta: rows x (count - 1). */
void moe_softmax(int vecs, int count, const vec *eta, vec *prob);

/* log sum exp of the predictors 0 and eta[0], eta[MOE_BLOCK], ... (count - 1 of them) of one row.
 */
double moe_log_sum_exp(int count, const double *eta);

/* sum_i weight_i log(likelihood_i); likelihoods are at least MOE_TINY. */
double moe_weighted_log(int vecs, const vec *weight, const vec *likelihood);

/* --- multinomial.c: one expert --- */

typedef struct {
  const vec *prob;         /* rows x M: p_km */
  const vec *indicator;    /* rows x M: 1 in the column of the row's class */
  const vec *weight, *tau; /* of the rows */
} moe_expert_rows;

/* likelihood <- p_k(y) */
void moe_multinomial_likelihood(int vecs, int M, const vec *prob, const vec *indicator,
                                vec *likelihood);

/* log p_k(y) of one row; eta, M - 1 predictors, points at the row. */
double moe_multinomial_loglik(int M, const double *eta, int y);

/* score (rows x (M - 1)) <- weight tau (1{y = m} - p_km), m = 2..M */
void moe_multinomial_score(int vecs, int M, const moe_expert_rows *e, vec *score);

/* out <- weight tau (p_m (d_mq - p_q) - (1 - tau) r_m r_q), r_m = 1{y = m} - p_m: minus the second
 * derivative of the mixture's log-likelihood by the predictors of classes m and q. */
void moe_multinomial_curvature(int vecs, const moe_expert_rows *e, int m, int q, vec *out);

/* out <- weight tau p_m (d_mq - p_q): the same, were the row's expert known. */
void moe_multinomial_complete_curvature(int vecs, const moe_expert_rows *e, int m, int q, vec *out);

/* --- mixture.c: K experts --- */

/* likelihood <- sum_k pi_k table_k; tau (rows x K) <- pi_k table_k / likelihood. */
void moe_responsibilities(int vecs, int K, const vec *gate, const vec *table, vec *tau,
                          vec *likelihood);

/* expected <- sum_k tau_k log(pi_k table_k); least <- the least of the pi_k table_k, and where that
 * is less than MOE_TINY or NaN, expected is undefined. */
typedef struct {
  vec *least, *expected;
} moe_expectation;
void moe_expected(int vecs, int K, const vec *gate, const vec *table, const vec *tau,
                  const moe_expectation *out);

/* score (rows x (K - 1)) <- weight (tau_k - pi_k), k = 2..K */
void moe_gate_score(int vecs, int K, const vec *gate, const vec *tau, const vec *weight,
                    vec *score);

/* One row on the log scale, exact where likelihoods underflow: column k of joint has log p_k(y) and
 * receives log pi_k + log p_k(y). eta (K - 1 gate predictors) and joint point at the row in buffers
 * of a block. Returns log sum_k exp(joint_k). */
double moe_log_joint(int K, const double *eta, double *joint);

#endif
