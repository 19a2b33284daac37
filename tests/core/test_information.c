/* Curvature and scores against the reference, which takes them from Louis' identity: the observed
 * information is the complete-data information less the variance of the complete-data score. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "test_core.h"

#define ACCURACY 1e-12

/* Scores are differences of probabilities: however small, their rounding is that of numbers near 1.
 * Sizes below this do not count. */
#define NEGLIGIBLE 1e-2L

/* --- the reference --- */

/* d: coefficients; size: the sum of the sizes of the terms */
typedef struct {
  size_t d;
  long double *observed, *observed_size, *outer, *outer_size;
} curvature;

static curvature new_curvature(size_t d) {
  curvature a = {d, NULL, NULL, NULL, NULL};
  long double **parts[] = {&a.observed, &a.observed_size, &a.outer, &a.outer_size};
  for (int part = 0; part < 4; part++) {
    *parts[part] = allocate(sizeof(long double) * d * d);
    for (size_t j = 0; j < d * d; j++) (*parts[part])[j] = 0;
  }
  return a;
}

static void free_curvature(curvature a) {
  free(a.observed);
  free(a.observed_size);
  free(a.outer);
  free(a.outer_size);
}

/* A row's part of the score of its unit's complete data, were expert `of` its own: adds to d
 * numbers; the gate's are there once. */
static void add_complete_score(const moe_shape *s, const moe_data *d, const reference_row *row,
                               int i, int of, long double *out) {
  const int is_first = reference_starts_unit(d, i), y = d->y[i];
  const long double repeats = reference_repeats(d, i);
  for (int k = 1; k < s->K; k++)
    for (int j = 0; j < s->r; j++)
      *out++ += is_first * ((k == of) - expl(row->log_gate[k])) * row->z[j];
  for (int k = 0; k < s->K; k++)
    for (int m = 1; m < s->M; m++)
      for (int j = 0; j < s->p; j++)
        *out++ +=
            repeats * (k == of) * ((m == y) - expl(row->log_expert[s->M * k + m])) * row->x[j];
}

/* Adds share (diag(prob) - prob prob') (x) row row' of the free classes to a block on the diagonal
 * of out (d x d), and returns where the next block starts. */
static size_t add_softmax(size_t d, size_t at, int count, const long double *log_prob, int length,
                          const long double *row, long double share, curvature *out) {
  for (int a = 1; a < count; a++)
    for (int c = 1; c < count; c++)
      for (int j = 0; j < length; j++)
        for (int l = 0; l < length; l++) {
          size_t to = d * (at + (size_t)length * (c - 1) + l) + at + (size_t)length * (a - 1) + j;
          long double p = expl(log_prob[a]), q = expl(log_prob[c]), x = row[j] * row[l];
          out->observed[to] += share * p * ((a == c) - q) * x;
          out->observed_size[to] += share * fabsl(x);
        }
  return at + (size_t)length * (count - 1);
}

static void add_outer(size_t d, long double factor, const long double *a, long double *sum,
                      long double *size) {
  for (size_t c = 0; c < d; c++)
    for (size_t j = 0; j < d; j++) {
      sum[d * c + j] += factor * a[j] * a[c];
      size[d * c + j] += fabsl(factor * a[j] * a[c]);
    }
}

/* The curvature of a row's complete data, and of the gate where its unit starts. */
static void add_complete(const moe_shape *s, const moe_data *d, const reference_row *row, int i,
                         long double weight, curvature *out) {
  const int is_first = reference_starts_unit(d, i);
  size_t at = add_softmax(out->d, 0, s->K, row->log_gate, s->r, row->z, is_first ? weight : 0, out);
  for (int k = 0; k < s->K; k++)
    at = add_softmax(out->d, at, s->M, row->log_expert + s->M * k, s->p, row->x,
                     weight * row->tau[k] * reference_repeats(d, i), out);
}

/* What is missing of a unit, whose complete scores (d for each expert) are known; mean <- score. */
static void add_missing(int K, const long double *tau, const long double *complete,
                        long double weight, curvature *out, long double *mean) {
  const size_t d = out->d;
  for (size_t j = 0; j < d; j++) mean[j] = 0;
  for (int k = 0; k < K; k++, complete += d) {
    add_outer(d, -weight * tau[k], complete, out->observed, out->observed_size);
    for (size_t j = 0; j < d; j++) mean[j] += tau[k] * complete[j];
  }
  add_outer(d, weight, mean, out->observed, out->observed_size);
  add_outer(d, weight, mean, out->outer, out->outer_size);
}

/* `scores`, if not NULL, receives the units' weighted scores (G x d). */
static curvature reference_curvature(const sample *s, long double *scores) {
  const moe_shape *h = &s->rows.shape;
  const moe_data *data = &s->rows.data;
  const size_t d = moe_coefficients_length(h), units = reference_units(h, data);
  curvature out = new_curvature(d);
  long double *complete = allocate(sizeof(long double) * d * h->K);
  long double *mean = allocate(sizeof(long double) * d);
  reference_row *row = reference_new_row(h);
  for (int i = 0; i < h->n; i++) {
    const int g = reference_unit_of(data, i);
    const long double weight = s->weight ? s->weight[g] : 1;
    reference_compute_row(h, data, s->theta, i, row);
    for (size_t j = 0; reference_starts_unit(data, i) && j < d * h->K; j++) complete[j] = 0;
    add_complete(h, data, row, i, weight, &out);
    for (int k = 0; k < h->K; k++) add_complete_score(h, data, row, i, k, complete + d * k);
    if (i + 1 < h->n && !reference_starts_unit(data, i + 1)) continue;
    add_missing(h->K, row->tau, complete, weight, &out, mean);
    for (size_t j = 0; scores && j < d; j++) scores[units * j + g] = weight * mean[j];
  }
  reference_free_row(row);
  free(complete);
  free(mean);
  return out;
}

/* --- the core --- */

/* Units of several rows are weighed first. */
static void set_information_threads(sample *s, int threads) {
  const moe_shape *h = &s->rows.shape;
  const int with_units = s->start != NULL;
  const size_t curvature = moe_information_workspace(h, threads, with_units);
  const size_t scores = moe_rows_workspace(h, threads);
  set_workspace(s, threads, curvature > scores ? curvature : scores);
  if (!with_units) return;
  if (!s->tau) s->tau = new_doubles((size_t)s->rows.data.units.count * h->K);
  s->rows.data.tau = NULL;
  moe_predict_rows(&s->rows, s->theta, &(moe_prediction){.posterior = s->tau});
  s->rows.data.tau = s->tau;
}

static double *information(sample *s, moe_information kind) {
  const size_t d = moe_coefficients_length(&s->rows.shape);
  double *out = new_doubles(d * d);
  moe_status status = moe_information_rows(&s->rows, s->theta, kind, out);
  CHECK(status == MOE_OK, "status %d", (int)status);
  return out;
}

static double worst_error;

static void check_matrix(const sample *s, const char *what, size_t length, const double *got,
                         const long double *want, const long double *size, double bound) {
  const moe_shape *h = &s->rows.shape;
  double top = 0;
  for (size_t j = 0; j < length; j++) {
    long double error = fabsl(got[j] - want[j]) / (size[j] + NEGLIGIBLE);
    if (!(error <= top)) top = (double)error;
    if (isnan(top)) break;
  }
  worst_error = fmax(worst_error, top);
  CHECK(top <= bound, "%s off by %g; n = %d, p = %d, r = %d, M = %d, K = %d, %s%s", what, top, h->n,
        h->p, h->r, h->M, h->K, s->x == s->z ? "shared" : "two designs",
        s->weight ? ", weights" : "");
}

void check_curvature(const recipe *recipe, double bound) {
  sample *s = new_sample(recipe);
  const size_t d = moe_coefficients_length(&recipe->shape);
  const size_t n = reference_units(&recipe->shape, &s->rows.data);
  long double *scores = allocate(sizeof(long double) * n * d);
  curvature want = reference_curvature(s, scores);
  set_information_threads(s, 1);
  double *observed = information(s, MOE_OBSERVED), *outer = information(s, MOE_SCORES);
  check_matrix(s, "observed information", d * d, observed, want.observed, want.observed_size,
               bound);
  check_matrix(s, "sum of outer products", d * d, outer, want.outer, want.outer_size, bound);
  double *got = new_doubles(n * d);
  moe_score_rows(&s->rows, s->theta, got);
  for (size_t j = 0; j < n * d; j++)
    CHECK(fabsl(got[j] - scores[j]) <= bound * (1 + fabsl(scores[j])), "score %zu: %.17g, %.17Lg",
          j, got[j], scores[j]);
  free(got);
  free(observed);
  free(outer);
  free(scores);
  free_curvature(want);
  free_sample(s);
}

static void random_curvatures(void) {
  const int edges[] = {1, 2, 7, 8, 9, 15, 16, 17, 127, 128, 129, 300};
  worst_error = 0;
  for (int repeat = 0; repeat < 120; repeat++) {
    recipe a = {.shape = {edges[between(0, 11)], between(1, 6), between(1, 6), between(2, 5),
                          between(1, 5)},
                .shared = between(0, 1),
                .standardised = between(0, 1),
                .weights = (weighting)between(0, 2),
                .spread = pow(10, uniform(-1, 0.7)),
                .units = between(0, 1) ? uniform(0, 1) : 0};
    if (a.shared) a.shape.r = a.shape.p;
    check_curvature(&a, ACCURACY);
  }
  printf("  random curvatures: off by at most %.2g\n", worst_error);
}

/* Row counts about the end of a batch, and a shape so large that a batch is one block. */
static void curvature_over_batches(void) {
  const int n[] = {2047, 2048, 2049, 6000};
  for (int j = 0; j < 4; j++) {
    recipe a = {.shape = {n[j], 3, 2, 3, 2}, .weights = RANDOM_WEIGHTS, .spread = 1};
    check_curvature(&a, ACCURACY);
  }
  recipe wide = {.shape = {260, 40, 40, 4, 5}, .shared = 1, .spread = 1};
  check_curvature(&wide, ACCURACY);
}

/* Where theta has the entry that reference-coded coefficient j moves. */
static size_t own_entry(const moe_shape *s, size_t j) {
  const size_t gate = (size_t)s->r * (s->K - 1), expert = (size_t)s->p * (s->M - 1);
  if (j < gate) return s->r + j;
  j -= gate;
  return (size_t)s->r * s->K + (size_t)s->p * s->M * (j / expert) + s->p + j % expert;
}

/* The Hessian by differences of the reference's gradient, which shares nothing with the above. */
static void curvature_is_the_slope_of_the_gradient(void) {
  recipe a = {.shape = {200, 3, 2, 3, 3}, .weights = RANDOM_WEIGHTS, .spread = 2};
  sample *s = new_sample(&a);
  const size_t d = moe_coefficients_length(&a.shape);
  set_information_threads(s, 1);
  double *got = information(s, MOE_OBSERVED);
  for (size_t column = 0; column < d; column++) {
    double *moved = s->theta + own_entry(&a.shape, column);
    const double kept = *moved, step = 1e-5;
    *moved = kept + step;
    reference_sums *up = reference_evaluate(&a.shape, &s->rows.data, s->theta);
    *moved = kept - step;
    reference_sums *down = reference_evaluate(&a.shape, &s->rows.data, s->theta);
    *moved = kept;
    for (size_t j = 0; j < d; j++) {
      const size_t at = own_entry(&a.shape, j);
      long double slope = -(up->gradient[at] - down->gradient[at]) / (2 * step);
      CHECK(fabsl(got[d * column + j] - slope) <= 1e-6L * (1 + fabsl(slope)), "%zu, %zu: %g, %Lg",
            j, column, got[d * column + j], slope);
    }
    reference_free_sums(up);
    reference_free_sums(down);
  }
  free(got);
  free_sample(s);
}

static void check_same(const sample *s, size_t length, const double *a, const double *b) {
  CHECK(memcmp(a, b, sizeof *a * length) == 0, "%d threads, n = %d", s->rows.threads,
        s->rows.shape.n);
}

static void threads_change_no_bit(void) {
  const int n[] = {100, 5000};
  for (int repeat = 0; repeat < 2; repeat++) {
    recipe a = {.shape = {n[repeat], 5, 4, 3, 4}, .weights = RANDOM_WEIGHTS, .spread = 2};
    sample *s = new_sample(&a);
    const size_t d = moe_coefficients_length(&a.shape), rows = a.shape.n;
    double *scores[2] = {new_doubles(rows * d), new_doubles(rows * d)};
    set_information_threads(s, 1);
    double *one[] = {information(s, MOE_OBSERVED), information(s, MOE_SCORES)};
    moe_score_rows(&s->rows, s->theta, scores[0]);
    for (int threads = 2; threads <= 5; threads += 3) {
      set_information_threads(s, threads);
      double *many[] = {information(s, MOE_OBSERVED), information(s, MOE_SCORES)};
      moe_score_rows(&s->rows, s->theta, scores[1]);
      for (int kind = 0; kind < 2; kind++) check_same(s, d * d, one[kind], many[kind]);
      check_same(s, rows * d, scores[0], scores[1]);
      free(many[0]);
      free(many[1]);
    }
    for (int j = 0; j < 2; j++) {
      free(one[j]);
      free(scores[j]);
    }
    free_sample(s);
  }
}

/* Predictors so large that likelihoods underflow: posterior weights come from the log scale. The
 * rounding of the predictors is magnified by as much. */
static void curvature_of_rescued_rows(void) {
  recipe a = {.shape = {300, 3, 3, 3, 3}, .shared = 1, .spread = 600};
  check_curvature(&a, 1e-10);
}

/* Of many rows, and of rows so wide that few blocks make a batch. */
static void curvature_polls(void) {
  recipe cases[] = {{.shape = {20000, 30, 30, 3, 3}, .shared = 1, .spread = 1},
                    {.shape = {2048, 120, 120, 3, 3}, .shared = 1, .spread = 1}};
  for (int j = 0; j < 2; j++) {
    sample *s = new_sample(&cases[j]);
    set_information_threads(s, 1);
    s->polls = 0;
    free(information(s, MOE_OBSERVED));
    double work = cases[j].shape.n * 0.5 * pow((double)moe_coefficients_length(&cases[j].shape), 2);
    CHECK(s->polls >= work / 6e7, "%d polls in %g multiplications", s->polls, work);
    free_sample(s);
  }
}

void test_information(void) {
  run_test("random curvatures", random_curvatures);
  run_test("curvature over batches", curvature_over_batches);
  run_test("curvature is the slope of the gradient", curvature_is_the_slope_of_the_gradient);
  run_test("curvature: threads change no bit", threads_change_no_bit);
  run_test("curvature of rescued rows", curvature_of_rescued_rows);
  run_test("curvature polls", curvature_polls);
}
