/* The model at one row on the log scale, exact where likelihoods underflow; over blocks of rows it
 * is in the kernels. Pointers point at the row in buffers of a block. The family of the experts
 * (multinomial.c, multinomial_kernels.h) is known elsewhere by the number of its predictors, M - 1
 * an expert, and by the bound 1/2 (I - 11'/M) on its curvature (metric.c) alone. */
#ifndef MOE_MIXTURE_H
#define MOE_MIXTURE_H

#include "kernels.h"

/* Likelihoods below this are computed again on the log scale. */
#define MOE_TINY 1e-280

/* log sum exp of the predictors 0 and eta[0], eta[MOE_BLOCK], ... (count - 1 of them). */
double moe_log_sum_exp(int count, const double *eta);

/* log p_k(y); eta: M - 1 predictors */
double moe_multinomial_loglik(int M, const double *eta, int y);

/* Column k of joint has log p_k(y) and receives log pi_k + log p_k(y); eta: K - 1 gate predictors.
 * Returns log sum_k exp(joint_k). */
double moe_log_joint(int K, const double *eta, double *joint);

#endif
