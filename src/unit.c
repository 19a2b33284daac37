/* Rows that share one expert: sums of their logs, responsibilities of their unit. */
#include "unit.h"

#include <string.h>

#include "explog.h"
#include "mixture.h"

void moe_unit_weights(const walk *w, const span *of, block *b) {
  const moe_data *d = &w->rows->data;
  double *unit_weight = (double *)b->unit_weight, *weight = (double *)b->weight;
  for (int u = 0; u < of->units; u++) unit_weight[u] = d->weight ? d->weight[of->unit + u] : 1;
  for (int u = of->units; u < moe_block_vecs(of->units) * MOE_LANES; u++) unit_weight[u] = 0;
  moe_spread(w, of, 1, b->unit_weight, b->weight);
  for (int i = 0; d->repeats && i < of->rows; i++) weight[i] *= d->repeats[of->row + i];
}

void moe_spread(const walk *w, const span *of, int columns, const vec *from, vec *to) {
  const double *unit = (const double *)from;
  double *row = (double *)to;
  for (int u = 0; u < of->units; u++) {
    const extent rows = moe_unit_extent(w, of, u);
    for (int k = 0; k < columns; k++) {
      const double value = unit[at(u, k, MOE_BLOCK)];
      double *of_unit = row + area(MOE_BLOCK, k);
      for (int i = rows.from; i < rows.end; i++) of_unit[i] = value;
    }
  }
  for (int k = 0; k < columns; k++)
    for (int i = of->rows; i < moe_block_vecs(of->rows) * MOE_LANES; i++)
      row[at(i, k, MOE_BLOCK)] = 0;
}

void moe_add_unit_scores(const walk *w, const span *of, const block *b, size_t stride,
                         double *out) {
  const double *score = (const double *)(b->eta + column(w->plan.q_gate));
  for (int c = 0; c < w->plan.q_expert; c++, score += MOE_BLOCK) {
    const double *x = (const double *)b->x;
    for (int j = 0; j < w->rows->shape.p; j++, x += MOE_BLOCK, out += stride)
      for (int u = 0; u < of->units; u++) {
        const extent rows = moe_unit_extent(w, of, u);
        double sum = 0;
        for (int i = rows.from; i < rows.end; i++) sum += score[i] * x[i];
        out[u] += sum;
      }
  }
}

/* --- logs --- */

/* What is not normal has no log here, and is to be replaced. */
MOE_CLONES static void log_columns(int vecs, int count, const vec *from, vec *to) {
  for (int k = 0; k < count; k++, from += MOE_VECS, to += MOE_VECS)
    for (int i = 0; i < vecs; i++) {
      vec value = from[i];
      log_positive(&value);
      to[i] = value;
    }
}

/* Likelihoods from here on are multiplied until their product, which is at least the square, is
 * less; others have their logs taken one by one. */
#define SMALL 1e-140

/* What rows from .. end - 1 of a column add to a sum of logs, but for the log of *product. */
static double multiply_rows(const extent *rows, const double *likelihood, const double *repeats,
                            const double *eta, const int *y, int M, double *product) {
  double sum = 0;
  *product = 1;
  for (int i = rows->from; i < rows->end; i++) {
    if (repeats || !(likelihood[i] >= SMALL)) {
      sum += (repeats ? repeats[i] : 1) * moe_multinomial_loglik(M, eta + i, y[i]);
      continue;
    }
    *product *= likelihood[i];
    if (*product < SMALL) {
      sum += log(*product);
      *product = 1;
    }
  }
  return sum;
}

void moe_clear_unit_logs(const walk *w, block *b) {
  memset(b->unit_tau, 0, sizeof(vec) * column(w->rows->shape.K));
}

MOE_CLONES static void add_logs(int vecs, const vec *product, vec *sum) {
  for (int i = 0; i < vecs; i++) {
    vec value = product[i];
    log_positive(&value);
    sum[i] += value;
  }
}

/* The products of a column take the place of its likelihoods: no unit starts before its number. */
void moe_add_unit_logs(const walk *w, const span *of, block *b) {
  const moe_shape *s = &w->rows->shape;
  const moe_data *d = &w->rows->data;
  const double *repeats = d->repeats ? d->repeats + of->row : NULL;
  const double *eta = (const double *)(b->eta + column(w->plan.q_gate));
  const int vecs = moe_block_vecs(of->units);
  for (int k = 0; k < s->K; k++, eta += area(MOE_BLOCK, s->M - 1)) {
    double *table = (double *)(b->table + column(k)), *sum = (double *)(b->unit_tau + column(k));
    for (int u = 0; u < of->units; u++) {
      const extent rows = moe_unit_extent(w, of, u);
      double product;
      sum[u] += multiply_rows(&rows, table, repeats, eta, d->y + of->row, s->M, &product);
      table[u] = product;
    }
    for (int u = of->units; u < vecs * MOE_LANES; u++) table[u] = 1;
    add_logs(vecs, b->table + column(k), b->unit_tau + column(k));
  }
}

/* b->table (units x K) <- log pi_k */
static void log_gate(const walk *w, const span *of, block *b) {
  const int K = w->rows->shape.K;
  const double *gate = (const double *)b->gate, *eta = (const double *)b->eta;
  double *out = (double *)b->table;
  log_columns(moe_block_vecs(of->units), K, b->gate, b->table);
  for (int k = 0; k < K; k++)
    for (int u = 0; u < of->units; u++)
      if (!(gate[at(u, k, MOE_BLOCK)] >= MOE_TINY))
        out[at(u, k, MOE_BLOCK)] =
            (k == 0 ? 0 : eta[at(u, k - 1, MOE_BLOCK)]) - moe_log_sum_exp(K, eta + u);
}

/* --- responsibilities --- */

/* tau: sum_i w_i log p_k(y_i) -> pi_k exp(that) / their sum; loglik <- the log of the sum. NaN
 * spreads to the whole unit. */
MOE_CLONES static void normalise(int vecs, int K, const vec *log_gate, vec *tau, vec *loglik) {
  for (int i = 0; i < vecs; i++) {
    vec top = tau[i] + log_gate[i], all = {0}, sum = {0};
    for (int k = 0; k < K; k++) {
      const size_t here = at(i, k, MOE_VECS);
      tau[here] += log_gate[here];
      top = vec_max(tau[here], top);
      all += tau[here];
    }
    for (int k = 0; k < K; k++) {
      const size_t here = at(i, k, MOE_VECS);
      vec share = tau[here] - top;
      exp_nonpositive(&share);
      tau[here] = share;
      sum += share;
    }
    vec inverse = 1.0 / (sum + 0.0 * all);
    for (int k = 0; k < K; k++) tau[at(i, k, MOE_VECS)] *= inverse;
    log_positive(&sum);
    loglik[i] = top + sum + 0.0 * all;
  }
}

double moe_unit_posterior(const walk *w, const span *of, block *b) {
  const double *weight = (const double *)b->unit_weight, *loglik = (const double *)b->likelihood;
  double sum = 0;
  log_gate(w, of, b);
  normalise(moe_block_vecs(of->units), w->rows->shape.K, b->table, b->unit_tau, b->likelihood);
  for (int u = 0; u < of->units; u++)
    if (weight[u] > 0) sum += weight[u] * loglik[u];
  return sum;
}

double moe_unit_expected(const walk *w, const span *of, block *b) {
  const double *weight = (const double *)b->unit_weight, *gate = (const double *)b->table;
  double *logs = (double *)b->unit_tau, sum = 0;
  log_gate(w, of, b);
  for (int k = 0; k < w->rows->shape.K; k++)
    for (int u = 0; u < of->units; u++) {
      const size_t here = at(u, k, MOE_BLOCK);
      const double tau = w->rows->data.tau[at(of->unit + u, k, moe_unit_count(w->rows))];
      if (weight[u] > 0 && tau > 0) sum += weight[u] * tau * (gate[here] + logs[here]);
      logs[here] = tau;
    }
  return sum;
}
