/* The model at the rows of a block: probabilities of the gate and of the experts' family, the table
 * of likelihoods, responsibilities, scores. */
#include "model.h"

#include <math.h>
#include <string.h>

#include "mixture.h"

void moe_block_probabilities(const walk *w, int first, int count, block *b) {
  const moe_shape *s = &w->rows->shape;
  const int vecs = moe_block_vecs(count);
  vec *packed = b->z, *eta = b->eta;
  for (int d = 0; d < w->plan.designs; d++, packed = b->x) {
    const moe_linear *of = &w->plan.linear[d];
    moe_linear_multiply(of, first, count, w->coefficients + of->offset, packed, eta);
    eta += column(of->predictors);
  }
  moe_softmax(vecs, s->K, b->eta, b->gate);
  eta = b->eta + column(w->plan.q_gate);
  for (int k = 0; k < s->K; k++)
    moe_softmax(vecs, s->M, eta + column(k * (s->M - 1)), b->expert + column(k * s->M));
}

static void pack_response(const walk *w, int first, int count, block *b) {
  const moe_data *d = &w->rows->data;
  const int M = w->rows->shape.M, filled = moe_block_vecs(count) * MOE_LANES;
  double *indicator = (double *)b->indicator, *weight = (double *)b->weight;
  memset(indicator, 0, sizeof(double) * area(MOE_BLOCK, M));
  for (int i = 0; i < count; i++) {
    indicator[at(i, d->y[first + i], MOE_BLOCK)] = 1;
    weight[i] = d->weight ? d->weight[first + i] : 1;
  }
  for (int i = count; i < filled; i++) {
    indicator[i] = 1;
    weight[i] = 0;
  }
}

static void fill_table(const walk *w, int count, block *b) {
  const moe_shape *s = &w->rows->shape;
  for (int k = 0; k < s->K; k++)
    moe_multinomial_likelihood(moe_block_vecs(count), s->M, b->expert + column(k * s->M),
                               b->indicator, b->table + column(k));
}

/* Row i of the block on the log scale: its columns of tau receive log pi_k + log p_k(y); returns
 * its log-likelihood. */
static double log_row(const walk *w, int first, int i, block *b) {
  const moe_shape *s = &w->rows->shape;
  const double *eta = (const double *)b->eta + i, *of_expert = eta + area(MOE_BLOCK, s->K - 1);
  double *joint = (double *)b->tau + i;
  for (int k = 0; k < s->K; k++, of_expert += area(MOE_BLOCK, s->M - 1))
    joint[area(MOE_BLOCK, k)] = moe_multinomial_loglik(s->M, of_expert, w->rows->data.y[first + i]);
  return moe_log_joint(s->K, eta, joint);
}

/* --- responsibilities --- */

/* Of large predictors the differences are not exact, so responsibilities are made to sum to 1. */
static double rescue_row(const walk *w, int first, int i, block *b) {
  const int K = w->rows->shape.K;
  const double loglik = log_row(w, first, i, b);
  double *tau = (double *)b->tau + i, total = 0;
  for (int k = 0; k < K; k++) {
    double *tau_k = tau + area(MOE_BLOCK, k);
    *tau_k = exp(*tau_k - loglik);
    total += *tau_k;
  }
  for (int k = 0; k < K; k++) tau[area(MOE_BLOCK, k)] /= total;
  return loglik;
}

/* Responsibilities of the block; returns its log-likelihood. */
static double block_posterior(const walk *w, int first, int count, block *b) {
  const int vecs = moe_block_vecs(count);
  double *likelihood = (double *)b->likelihood, *weight = (double *)b->weight, rescued = 0;
  moe_responsibilities(vecs, w->rows->shape.K, b->gate, b->table, b->tau, b->likelihood);
  for (int i = 0; i < count; i++)
    if (!(likelihood[i] >= MOE_TINY)) {
      double value = rescue_row(w, first, i, b);
      if (weight[i] > 0) rescued += weight[i] * value;
      likelihood[i] = 1;
    }
  return rescued + moe_weighted_log(vecs, b->weight, b->likelihood);
}

/* --- the same where responsibilities are given --- */

/* Rows that fill the last vecs have none. */
static void pack_given(const walk *w, int first, int count, block *b) {
  const moe_shape *s = &w->rows->shape;
  const size_t filled = (size_t)moe_block_vecs(count) * MOE_LANES, given = (size_t)count;
  for (int k = 0; k < s->K; k++) {
    double *tau = (double *)(b->tau + column(k));
    memcpy(tau, w->rows->data.tau + at(first, k, s->n), sizeof(double) * given);
    memset(tau + given, 0, sizeof(double) * (filled - given));
  }
}

static double rescue_expected(const walk *w, int first, int i, block *b) {
  const moe_shape *s = &w->rows->shape;
  double *tau = (double *)b->tau + i, expected = 0;
  log_row(w, first, i, b);
  for (int k = 0; k < s->K; k++) {
    double *tau_k = tau + area(MOE_BLOCK, k), joint = *tau_k;
    *tau_k = w->rows->data.tau[at(first + i, k, s->n)];
    if (*tau_k > 0) expected += *tau_k * joint;
  }
  return expected;
}

static double block_expected(const walk *w, int first, int count, block *b) {
  const double *least = (double *)b->likelihood, *weight = (const double *)b->weight;
  double *expected = (double *)b->weighted, sum = 0;
  pack_given(w, first, count, b);
  moe_expected(moe_block_vecs(count), w->rows->shape.K, b->gate, b->table, b->tau,
               &(moe_expectation){b->likelihood, b->weighted});
  for (int i = 0; i < count; i++) {
    if (!(weight[i] > 0)) continue;
    if (!(least[i] >= MOE_TINY)) expected[i] = rescue_expected(w, first, i, b);
    sum += weight[i] * expected[i];
  }
  return sum;
}

double moe_block_likelihood(const walk *w, int first, int count, block *b) {
  pack_response(w, first, count, b);
  fill_table(w, count, b);
  return w->rows->data.tau ? block_expected(w, first, count, b)
                           : block_posterior(w, first, count, b);
}

void moe_block_scores(const walk *w, int count, const vec *weight, block *b) {
  const moe_shape *s = &w->rows->shape;
  const int vecs = moe_block_vecs(count);
  vec *score = b->eta + column(w->plan.q_gate);
  moe_gate_score(vecs, s->K, b->gate, b->tau, weight, b->eta);
  for (int k = 0; k < s->K; k++, score += column(s->M - 1)) {
    const moe_expert_rows of = {b->expert + column(k * s->M), b->indicator, weight,
                                b->tau + column(k)};
    moe_multinomial_score(vecs, s->M, &of, score);
  }
}
