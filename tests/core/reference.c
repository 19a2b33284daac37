#include "reference.h"

#include <math.h>
#include <stdlib.h>

/* Posterior weights below this share of a row may be rounded to 0 when exponentials underflow; it
 * enters the sizes, so that a sum of nothing but such terms may be off by as much. */
#define NEGLIGIBLE 1e-13L

static long double *zeros(size_t length) {
  long double *a = calloc(length > 0 ? length : 1, sizeof *a);
  if (!a) abort();
  return a;
}

/* --- one row --- */

reference_row *reference_new_row(const moe_shape *s) {
  reference_row *row = malloc(sizeof *row);
  if (!row) abort();
  row->x = zeros(s->p);
  row->z = zeros(s->r);
  row->log_gate = zeros(s->K);
  row->log_expert = zeros((size_t)s->M * s->K);
  row->tau = zeros(s->K);
  row->value = 0;
  return row;
}

void reference_free_row(reference_row *row) {
  free(row->x);
  free(row->z);
  free(row->log_gate);
  free(row->log_expert);
  free(row->tau);
  free(row);
}

int reference_units(const moe_shape *s, const moe_data *d) {
  return d->units.start ? d->units.count : s->n;
}

int reference_unit_of(const moe_data *d, int i) {
  int g = 0;
  if (!d->units.start) return i;
  while (d->units.start[g + 1] <= i) g++;
  return g;
}

int reference_starts_unit(const moe_data *d, int i) {
  return !d->units.start || d->units.start[reference_unit_of(d, i)] == i;
}

long double reference_repeats(const moe_data *d, int i) { return d->repeats ? d->repeats[i] : 1; }

static void standardise(int n, int i, int columns, const moe_design *of, long double *out) {
  for (int j = 0; j < columns; j++)
    out[j] = ((long double)of->values[(size_t)n * j + i] - of->center[j]) / of->scale[j];
}

/* out <- log softmax of the predictors row' theta */
static void log_softmax(int length, int count, const long double *row, const double *theta,
                        long double *out) {
  long double top = -INFINITY, sum = 0;
  for (int c = 0; c < count; c++) {
    out[c] = 0;
    for (int j = 0; j < length; j++) out[c] += row[j] * theta[(size_t)length * c + j];
    top = fmaxl(top, out[c]);
  }
  for (int c = 0; c < count; c++) sum += expl(out[c] - top);
  for (int c = 0; c < count; c++) out[c] -= top + logl(sum);
}

static void compute_experts(const moe_shape *s, const moe_data *d, const double *theta, int i,
                            reference_row *row) {
  const double *expert = theta + (size_t)s->r * s->K;
  standardise(s->n, i, s->p, &d->x, row->x);
  for (int k = 0; k < s->K; k++)
    log_softmax(s->p, s->M, row->x, expert + (size_t)s->p * s->M * k, row->log_expert + s->M * k);
}

/* joint (K) <- log pi_k + sum_i w_i log p_k(y_i) over all rows of the unit */
static void join_unit(const moe_shape *s, const moe_data *d, const double *theta, int g,
                      reference_row *row, long double *joint) {
  const int from = d->units.start ? d->units.start[g] : g;
  const int end = d->units.start ? d->units.start[g + 1] : g + 1;
  for (int k = 0; k < s->K; k++) joint[k] = row->log_gate[k];
  for (int i = from; i < end; i++) {
    compute_experts(s, d, theta, i, row);
    for (int k = 0; k < s->K; k++)
      joint[k] += reference_repeats(d, i) * row->log_expert[s->M * k + d->y[i]];
  }
}

/* tau and the value from the log probabilities */
static void weigh_experts(const moe_shape *s, const moe_data *d, int g, const long double *joint,
                          reference_row *row) {
  long double top = -INFINITY, sum = 0, expected = 0;
  for (int k = 0; k < s->K; k++) top = fmaxl(top, joint[k]);
  for (int k = 0; k < s->K; k++) sum += expl(joint[k] - top);
  long double loglik = top + logl(sum);
  for (int k = 0; k < s->K; k++) {
    row->tau[k] = d->tau ? d->tau[(size_t)reference_units(s, d) * k + g] : expl(joint[k] - loglik);
    expected += row->tau[k] * joint[k];
  }
  row->value = d->tau ? expected : loglik;
}

void reference_compute_row(const moe_shape *s, const moe_data *d, const double *theta, int i,
                           reference_row *row) {
  const int g = reference_unit_of(d, i);
  standardise(reference_units(s, d), g, s->r, &d->z, row->z);
  log_softmax(s->r, s->K, row->z, theta, row->log_gate);
  if (d->y) {
    long double *joint = zeros(s->K);
    join_unit(s, d, theta, g, row, joint);
    weigh_experts(s, d, g, joint, row);
    free(joint);
  }
  compute_experts(s, d, theta, i, row);
}

/* --- sums over rows --- */

/* One column of the gradient: adds weight share score row, where score = target - probability. Its
 * size counts the score as 1, because a column may be computed as minus the sum of the others. */
static void add_score(int length, const long double *row, long double weight, long double share,
                      long double score, long double *sum, long double *size) {
  for (int j = 0; j < length; j++) {
    sum[j] += weight * share * score * row[j];
    size[j] += weight * (share + NEGLIGIBLE) * fabsl(row[j]);
  }
}

static void add_gram(int length, const long double *row, long double weight, long double share,
                     long double *sum, long double *size) {
  for (int c = 0; c < length; c++)
    for (int j = 0; j < length; j++) {
      sum[(size_t)length * c + j] += weight * share * row[j] * row[c];
      size[(size_t)length * c + j] += weight * (share + NEGLIGIBLE) * fabsl(row[j] * row[c]);
    }
}

/* What a unit has once. */
static void add_unit(const moe_shape *s, const reference_row *row, long double weight,
                     reference_sums *out) {
  out->value += weight * row->value;
  out->value_size += weight * (1 + fabsl(row->value));
  add_gram(s->r, row->z, weight, 1, out->gram, out->gram_size);
  for (int k = 0; k < s->K; k++)
    add_score(s->r, row->z, weight, 1, row->tau[k] - expl(row->log_gate[k]),
              out->gradient + (size_t)s->r * k, out->gradient_size + (size_t)s->r * k);
}

static void add_row(const moe_shape *s, const reference_row *row, int y, long double weight,
                    reference_sums *out) {
  size_t g = (size_t)s->r * s->K, h = (size_t)s->r * s->r;
  for (int k = 0; k < s->K; k++, h += (size_t)s->p * s->p) {
    add_gram(s->p, row->x, weight, row->tau[k], out->gram + h, out->gram_size + h);
    for (int m = 0; m < s->M; m++, g += s->p)
      add_score(s->p, row->x, weight, row->tau[k], (y == m) - expl(row->log_expert[s->M * k + m]),
                out->gradient + g, out->gradient_size + g);
  }
}

reference_sums *reference_evaluate(const moe_shape *s, const moe_data *d, const double *theta) {
  reference_sums *out = malloc(sizeof *out);
  if (!out) abort();
  out->value = out->value_size = 0;
  out->gradient = zeros(moe_theta_length(s));
  out->gradient_size = zeros(moe_theta_length(s));
  out->gram = zeros(moe_gram_length(s));
  out->gram_size = zeros(moe_gram_length(s));
  reference_row *row = reference_new_row(s);
  for (int i = 0; i < s->n; i++) {
    const long double weight = d->weight ? d->weight[reference_unit_of(d, i)] : 1;
    reference_compute_row(s, d, theta, i, row);
    if (reference_starts_unit(d, i)) add_unit(s, row, weight, out);
    add_row(s, row, d->y[i], weight * reference_repeats(d, i), out);
  }
  reference_free_row(row);
  return out;
}

void reference_free_sums(reference_sums *sums) {
  free(sums->gradient);
  free(sums->gradient_size);
  free(sums->gram);
  free(sums->gram_size);
  free(sums);
}

long double reference_penalty(const moe_shape *s, const ridges *ridge, const double *theta) {
  long double sum = 0;
  for (int k = 0; k < s->K; k++)
    for (int j = 0; j < s->r; j++, theta++) sum += 0.5L * ridge->gate[j] * *theta * *theta;
  for (int c = 0; c < s->K * s->M; c++)
    for (int j = 0; j < s->p; j++, theta++) sum += 0.5L * ridge->expert[j] * *theta * *theta;
  return sum;
}

/* --- the MM step --- */

static void swap_rows(int length, long double *a, long double *b, int i, int j) {
  for (int c = 0; c < length; c++) {
    long double kept = a[(size_t)length * c + i];
    a[(size_t)length * c + i] = a[(size_t)length * c + j];
    a[(size_t)length * c + j] = kept;
  }
  long double kept = b[i];
  b[i] = b[j];
  b[j] = kept;
}

/* b <- a^-1 b by elimination with pivots; a (length x length) is overwritten. */
static void solve(int length, long double *a, long double *b) {
  for (int c = 0; c < length; c++) {
    int pivot = c;
    for (int i = c + 1; i < length; i++)
      if (fabsl(a[(size_t)length * c + i]) > fabsl(a[(size_t)length * c + pivot])) pivot = i;
    swap_rows(length, a, b, c, pivot);
    for (int i = c + 1; i < length; i++) {
      long double share = a[(size_t)length * c + i] / a[(size_t)length * c + c];
      for (int j = c; j < length; j++)
        a[(size_t)length * j + i] -= share * a[(size_t)length * j + c];
      b[i] -= share * b[c];
    }
  }
  for (int i = length - 1; i >= 0; i--) {
    for (int j = i + 1; j < length; j++) b[i] -= a[(size_t)length * j + i] * b[j];
    b[i] /= a[(size_t)length * i + i];
  }
}

/* next <- theta + (1/2 gram + D)^-1 (gradient - D theta), for each of `columns` columns */
static void step_block(int length, int columns, const double *ridge, const long double *gram,
                       const long double *gradient, const double *theta, double *next) {
  long double *a = zeros((size_t)length * length), *b = zeros(length);
  for (int c = 0; c < columns; c++, gradient += length, theta += length, next += length) {
    for (int j = 0; j < length * length; j++) a[j] = gram[j] / 2;
    for (int j = 0; j < length; j++) {
      a[(size_t)length * j + j] += ridge[j];
      b[j] = gradient[j] - ridge[j] * (long double)theta[j];
    }
    solve(length, a, b);
    for (int j = 0; j < length; j++) next[j] = (double)(theta[j] + b[j]);
  }
  free(a);
  free(b);
}

void reference_mm_step(const moe_shape *s, const moe_data *data, const ridges *ridge,
                       const double *theta, double *next) {
  reference_sums *at = reference_evaluate(s, data, theta);
  size_t g = (size_t)s->r * s->K, h = (size_t)s->r * s->r;
  step_block(s->r, s->K, ridge->gate, at->gram, at->gradient, theta, next);
  for (int k = 0; k < s->K; k++, g += (size_t)s->p * s->M, h += (size_t)s->p * s->p)
    step_block(s->p, s->M, ridge->expert, at->gram + h, at->gradient + g, theta + g, next + g);
  reference_free_sums(at);
}
