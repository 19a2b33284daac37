/* Rows that share one expert: the product of their likelihoods or the sum of its logs,
 * responsibilities of their unit. */
#include "unit.h"

#include <math.h>
#include <string.h>

#include "mixture.h"

/* Units are counted where they start; behind the rows are none of theirs. */
void moe_number_units(const walk *w, const span *of, block *b) {
  const int *start = w->rows->data.units.start + of->unit;
  int starts[MOE_BLOCK] = {0}, current = 0;
  double *unit = b->unit;
  for (int u = 1; u < of->units; u++) starts[start[u] - of->row] = 1;
  for (int i = 0; i < of->rows; i++) unit[i] = current += starts[i];
  for (int i = of->rows; i < MOE_BLOCK + MOE_UNIT_RUN; i++) unit[i] = of->units;
}

void moe_unit_weights(const walk *w, const span *of, block *b) {
  const moe_data *d = &w->rows->data;
  double *unit_weight = b->unit_weight, *weight = b->weight;
  for (int u = 0; u < of->units; u++) unit_weight[u] = d->weight ? d->weight[of->unit + u] : 1;
  for (int u = of->units; u < moe_filled(of->units); u++) unit_weight[u] = 0;
  moe_spread(w, of, b, 1, b->unit_weight, b->weight);
  for (int i = 0; d->repeats && i < of->rows; i++) weight[i] *= d->repeats[of->row + i];
}

void moe_spread(const walk *w, const span *of, const block *b, int columns, const double *from,
                double *to) {
  const int filled = moe_filled(of->rows);
  w->kernels->spread(filled, columns, b->unit, from, to);
  for (int k = 0; k < columns; k++)
    for (int i = of->rows; i < filled; i++) to[at(i, k, MOE_BLOCK)] = 0;
}

void moe_add_unit_scores(const walk *w, const span *of, const block *b, size_t stride,
                         double *out) {
  const double *score = b->eta + column(w->plan.q_gate);
  for (int c = 0; c < w->plan.q_expert; c++, score += MOE_BLOCK) {
    const double *x = b->x;
    for (int j = 0; j < w->rows->shape.p; j++, x += MOE_BLOCK, out += stride)
      for (int u = 0; u < of->units; u++) {
        const extent rows = moe_unit_extent(w, of, u);
        double sum = 0;
        for (int i = rows.from; i < rows.end; i++) sum += score[i] * x[i];
        out[u] += sum;
      }
  }
}

/* --- products --- */

static int longest_unit(const walk *w, const span *of) {
  const int *start = w->rows->data.units.start + of->unit;
  int longest = 1;
  for (int u = 0; u < of->units; u++) longest = larger(longest, start[u + 1] - start[u]);
  return longest;
}

/* product: from those of runs of rows to those of units. No unit starts before its number. */
static void multiply_runs(const walk *w, const span *of, double *product) {
  const int *start = w->rows->data.units.start + of->unit;
  for (int u = 0; u < of->units; u++) {
    const int end = start[u + 1] - of->row;
    int i = start[u] - of->row;
    double of_unit = product[i];
    while ((i += MOE_UNIT_RUN) < end) of_unit *= product[i];
    product[u] = of_unit;
  }
  for (int u = of->units; u < moe_filled(of->units); u++) product[u] = 1;
}

int moe_unit_products(const walk *w, const span *of, block *b, double *value) {
  const moe_data *d = &w->rows->data;
  const int K = w->rows->shape.K, filled = moe_filled(of->units);
  if (d->repeats || d->tau) return 0;
  w->kernels->multiply_following(moe_filled(of->rows), K, longest_unit(w, of), b->unit, b->table,
                                 b->unit_tau);
  for (int k = 0; k < K; k++) multiply_runs(w, of, b->unit_tau + column(k));
  w->kernels->responsibilities(filled, K, b->gate, b->unit_tau, b->unit_tau, b->likelihood);
  for (int u = 0; u < of->units; u++)
    if (!(b->likelihood[u] >= MOE_TINY)) return 0;
  *value = w->kernels->weighted_log(filled, b->unit_weight, b->likelihood);
  return 1;
}

/* --- logs --- */

/* Likelihoods of at least LEAST are multiplied, four at a time, and the product's log is taken when
 * it falls below LEAST^4, so that it stays a normal number; others have their logs taken alone. */
#define LEAST 1e-35
#define LEAST_PRODUCT 1e-140

/* The likelihoods of a column, what else is known of its rows, and their product since its log was
 * last added to the sum. */
typedef struct {
  const double *likelihood, *repeats, *eta;
  const int *y;
  int M;
  double product, sum;
} logs;

static void multiply(logs *of, double factor) {
  of->product *= factor;
  if (of->product >= LEAST_PRODUCT) return;
  of->sum += log(of->product);
  of->product = 1;
}

static void multiply_row(logs *of, int i) {
  if (!of->repeats && of->likelihood[i] >= LEAST)
    multiply(of, of->likelihood[i]);
  else
    of->sum +=
        (of->repeats ? of->repeats[i] : 1) * moe_multinomial_loglik(of->M, of->eta + i, of->y[i]);
}

static void multiply_rows(logs *of, const extent *rows) {
  int i = rows->from;
  for (; i + 4 <= rows->end; i += 4) {
    const double *p = of->likelihood + i;
    const int fit = (p[0] >= LEAST) & (p[1] >= LEAST) & (p[2] >= LEAST) & (p[3] >= LEAST);
    if (fit && !of->repeats)
      multiply(of, (p[0] * p[1]) * (p[2] * p[3]));
    else
      for (int j = i; j < i + 4; j++) multiply_row(of, j);
  }
  for (; i < rows->end; i++) multiply_row(of, i);
}

void moe_clear_unit_logs(const walk *w, const span *of, block *b) {
  const size_t filled = (size_t)moe_filled(of->units) * sizeof(double);
  for (int k = 0; k < w->rows->shape.K; k++) memset(b->unit_tau + column(k), 0, filled);
}

/* The products of a column take the place of its likelihoods: no unit starts before its number. */
static void multiply_column(const walk *w, const span *of, logs *a, double *table, double *sum) {
  for (int u = 0; u < of->units; u++) {
    const extent rows = moe_unit_extent(w, of, u);
    a->product = 1;
    a->sum = 0;
    multiply_rows(a, &rows);
    table[u] = a->product;
    sum[u] += a->sum;
  }
}

void moe_add_unit_logs(const walk *w, const span *of, block *b) {
  const moe_shape *s = &w->rows->shape;
  const moe_data *d = &w->rows->data;
  const int filled = moe_filled(of->units);
  const double *eta = b->eta + column(w->plan.q_gate);
  for (int k = 0; k < s->K; k++, eta += column(s->M - 1)) {
    double *table = b->table + column(k), *sum = b->unit_tau + column(k);
    logs a = {table, d->repeats ? d->repeats + of->row : NULL, eta, d->y + of->row, s->M, 1, 0};
    multiply_column(w, of, &a, table, sum);
    for (int u = of->units; u < filled; u++) table[u] = 1;
    w->kernels->logs(filled, 1, table, table);
    for (int u = 0; u < of->units; u++) sum[u] += table[u];
  }
}

/* b->table (units x K) <- log pi_k */
static void log_gate(const walk *w, const span *of, block *b) {
  const int K = w->rows->shape.K;
  const double *gate = b->gate, *eta = b->eta;
  double *out = b->table;
  w->kernels->logs(moe_filled(of->units), K, b->gate, b->table);
  for (int k = 0; k < K; k++)
    for (int u = 0; u < of->units; u++)
      if (!(gate[at(u, k, MOE_BLOCK)] >= MOE_TINY))
        out[at(u, k, MOE_BLOCK)] =
            (k == 0 ? 0 : eta[at(u, k - 1, MOE_BLOCK)]) - moe_log_sum_exp(K, eta + u);
}

/* --- responsibilities --- */

double moe_unit_posterior(const walk *w, const span *of, block *b) {
  const double *weight = b->unit_weight, *loglik = b->likelihood;
  double sum = 0;
  log_gate(w, of, b);
  w->kernels->normalise(moe_filled(of->units), w->rows->shape.K, b->table, b->unit_tau,
                        b->likelihood);
  for (int u = 0; u < of->units; u++)
    if (weight[u] > 0) sum += weight[u] * loglik[u];
  return sum;
}

double moe_unit_expected(const walk *w, const span *of, block *b) {
  const double *weight = b->unit_weight, *gate = b->table;
  double *joint = b->unit_tau, sum = 0;
  log_gate(w, of, b);
  for (int k = 0; k < w->rows->shape.K; k++)
    for (int u = 0; u < of->units; u++) {
      const size_t here = at(u, k, MOE_BLOCK);
      const double tau = w->rows->data.tau[at(of->unit + u, k, moe_unit_count(w->rows))];
      if (weight[u] > 0 && tau > 0) sum += weight[u] * tau * (gate[here] + joint[here]);
      joint[here] = tau;
    }
  return sum;
}
