/* The model at the rows of a block: probabilities of the gate and of the experts' family, the table
 * of likelihoods, responsibilities, scores. Units of several rows have theirs from unit.c. */
#include "model.h"

#include <math.h>
#include <string.h>

#include "mixture.h"
#include "unit.h"

void moe_block_probabilities(const walk *w, const span *of, block *b) {
  const moe_shape *s = &w->rows->shape;
  const int filled = moe_filled(of->rows);
  double *packed = b->z, *eta = b->eta;
  if (w->rows->data.units.start) moe_number_units(w, of, b);
  for (int d = 0; d < w->plan.designs; d++, packed = b->x) {
    const moe_linear *linear = &w->plan.linear[d];
    const int first = d == 0 ? of->unit : of->row, count = d == 0 ? of->units : of->rows;
    moe_linear_multiply(linear, first, count, w->coefficients + linear->offset, packed, eta);
    eta += column(linear->predictors);
  }
  w->kernels->softmax(moe_filled(of->units), s->K, b->eta, b->gate);
  eta = b->eta + column(w->plan.q_gate);
  for (int k = 0; k < s->K; k++)
    w->kernels->softmax(filled, s->M, eta + column(k * (s->M - 1)), b->expert + column(k * s->M));
}

static void pack_classes(const walk *w, const span *of, block *b) {
  const int filled = moe_filled(of->rows);
  double *indicator = b->indicator;
  memset(indicator, 0, sizeof(double) * area(MOE_BLOCK, w->rows->shape.M));
  for (int i = 0; i < of->rows; i++) indicator[at(i, w->rows->data.y[of->row + i], MOE_BLOCK)] = 1;
  for (int i = of->rows; i < filled; i++) indicator[i] = 1;
}

void moe_pack_weights(const walk *w, const span *of, block *b) {
  const double *from = w->rows->data.weight;
  const int filled = moe_filled(of->rows);
  double *weight = b->weight;
  for (int i = 0; i < of->rows; i++) weight[i] = from ? from[of->row + i] : 1;
  for (int i = of->rows; i < filled; i++) weight[i] = 0;
}

static void fill_table(const walk *w, int count, block *b) {
  const moe_shape *s = &w->rows->shape;
  for (int k = 0; k < s->K; k++)
    w->kernels->multinomial_likelihood(moe_filled(count), s->M, b->expert + column(k * s->M),
                                       b->indicator, b->table + column(k));
}

void moe_block_response(const walk *w, const span *of, block *b) {
  pack_classes(w, of, b);
  if (w->rows->data.units.start)
    moe_unit_weights(w, of, b);
  else
    moe_pack_weights(w, of, b);
  fill_table(w, of->rows, b);
}

/* Row i of the block on the log scale: its columns of tau receive log pi_k + log p_k(y); returns
 * its log-likelihood. */
static double log_row(const walk *w, int first, int i, block *b) {
  const moe_shape *s = &w->rows->shape;
  const double *eta = b->eta + i, *of_expert = eta + area(MOE_BLOCK, s->K - 1);
  double *joint = b->tau + i;
  for (int k = 0; k < s->K; k++, of_expert += area(MOE_BLOCK, s->M - 1))
    joint[area(MOE_BLOCK, k)] = moe_multinomial_loglik(s->M, of_expert, w->rows->data.y[first + i]);
  return moe_log_joint(s->K, eta, joint);
}

/* --- responsibilities --- */

/* Of large predictors the differences are not exact, so responsibilities are made to sum to 1. */
static double rescue_row(const walk *w, int first, int i, block *b) {
  const int K = w->rows->shape.K;
  const double loglik = log_row(w, first, i, b);
  double *tau = b->tau + i, total = 0;
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
  const int filled = moe_filled(count);
  double *likelihood = b->likelihood, *weight = b->weight, rescued = 0;
  w->kernels->responsibilities(filled, w->rows->shape.K, b->gate, b->table, b->tau, b->likelihood);
  for (int i = 0; i < count; i++)
    if (!(likelihood[i] >= MOE_TINY)) {
      double value = rescue_row(w, first, i, b);
      if (weight[i] > 0) rescued += weight[i] * value;
      likelihood[i] = 1;
    }
  return rescued + w->kernels->weighted_log(filled, b->weight, b->likelihood);
}

/* --- the same where responsibilities are given --- */

/* Rows that fill the last vectors have none. */
static void pack_given(const walk *w, int first, int count, block *b) {
  const moe_shape *s = &w->rows->shape;
  const size_t filled = (size_t)moe_filled(count), given = (size_t)count;
  for (int k = 0; k < s->K; k++) {
    double *tau = b->tau + column(k);
    memcpy(tau, w->rows->data.tau + at(first, k, s->n), sizeof(double) * given);
    memset(tau + given, 0, sizeof(double) * (filled - given));
  }
}

static double rescue_expected(const walk *w, int first, int i, block *b) {
  const moe_shape *s = &w->rows->shape;
  double *tau = b->tau + i, expected = 0;
  log_row(w, first, i, b);
  for (int k = 0; k < s->K; k++) {
    double *tau_k = tau + area(MOE_BLOCK, k), joint = *tau_k;
    *tau_k = w->rows->data.tau[at(first + i, k, s->n)];
    if (*tau_k > 0) expected += *tau_k * joint;
  }
  return expected;
}

static double block_expected(const walk *w, int first, int count, block *b) {
  const double *least = b->likelihood, *weight = b->weight;
  double *expected = b->weighted, sum = 0;
  pack_given(w, first, count, b);
  w->kernels->expected(moe_filled(count), w->rows->shape.K, b->gate, b->table, b->tau,
                       &(moe_expectation){b->likelihood, b->weighted});
  for (int i = 0; i < count; i++) {
    if (!(weight[i] > 0)) continue;
    if (!(least[i] >= MOE_TINY)) expected[i] = rescue_expected(w, first, i, b);
    sum += weight[i] * expected[i];
  }
  return sum;
}

static double units_likelihood(const walk *w, const span *of, block *b) {
  double value;
  if (!moe_unit_products(w, of, b, &value)) {
    moe_clear_unit_logs(w, of, b);
    moe_add_unit_logs(w, of, b);
    value = w->rows->data.tau ? moe_unit_expected(w, of, b) : moe_unit_posterior(w, of, b);
  }
  moe_spread(w, of, b, w->rows->shape.K, b->unit_tau, b->tau);
  return value;
}

double moe_block_likelihood(const walk *w, const span *of, block *b) {
  moe_block_response(w, of, b);
  if (w->rows->data.units.start) return units_likelihood(w, of, b);
  return w->rows->data.tau ? block_expected(w, of->row, of->rows, b)
                           : block_posterior(w, of->row, of->rows, b);
}

/* --- scores --- */

void moe_gate_scores(const walk *w, const span *of, const double *weight, block *b) {
  w->kernels->gate_score(moe_filled(of->units), w->rows->shape.K, b->gate, b->unit_tau, weight,
                         b->eta);
}

void moe_expert_scores(const walk *w, const span *of, const double *weight, const double *tau,
                       block *b) {
  const moe_shape *s = &w->rows->shape;
  double *score = b->eta + column(w->plan.q_gate);
  for (int k = 0; k < s->K; k++, score += column(s->M - 1)) {
    const moe_expert_rows e = {b->expert + column(k * s->M), b->indicator, weight, tau + column(k)};
    w->kernels->multinomial_score(moe_filled(of->rows), s->M, &e, score);
  }
}
