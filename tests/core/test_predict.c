/* Predictions against the reference, and missing values. */
#include <math.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "test_core.h"

#define ACCURACY 1e-12

typedef struct {
  moe_shape shape;
  moe_prediction out;
} prediction;

static prediction predict(sample *s, const double *theta) {
  const moe_shape *h = &s->rows.shape;
  const size_t n = h->n;
  prediction a = {*h,
                  {new_doubles(n * h->M), new_doubles(n * h->K), new_doubles(n * h->M * h->K),
                   new_doubles(n * h->K)}};
  moe_predict_rows(&s->rows, theta, &a.out);
  return a;
}

static void free_prediction(prediction a) {
  free(a.out.prob);
  free(a.out.gate);
  free(a.out.expert);
  free(a.out.posterior);
}

/* `floor` is the size below which a probability may be rounded to 0. */
static void check_probability(double got, long double want, double floor, const char *what, int i) {
  CHECK(fabsl(got - want) <= ACCURACY * want + floor, "row %d: %s %.17g, not %.17Lg", i, what, got,
        want);
}

static void check_predicted_row(const prediction *a, int i, const reference_row *row) {
  const moe_shape *h = &a->shape;
  const size_t n = h->n;
  for (int k = 0; k < h->K; k++) {
    check_probability(a->out.gate[n * k + i], expl(row->log_gate[k]), 1e-300, "gate", i);
    check_probability(a->out.posterior[n * k + i], row->tau[k], 1e-25, "posterior", i);
  }
  for (int c = 0; c < h->M * h->K; c++)
    check_probability(a->out.expert[n * c + i], expl(row->log_expert[c]), 1e-300, "expert", i);
  double total = 0;
  for (int m = 0; m < h->M; m++) {
    long double want = 0;
    for (int k = 0; k < h->K; k++) want += expl(row->log_gate[k] + row->log_expert[h->M * k + m]);
    check_probability(a->out.prob[n * m + i], want, 1e-300, "probability", i);
    total += a->out.prob[n * m + i];
  }
  CHECK(fabs(total - 1) <= ACCURACY, "row %d: probabilities sum to 1 + %g", i, total - 1);
}

static void check_prediction(sample *s) {
  reference_row *row = reference_new_row(&s->rows.shape);
  prediction a = predict(s, s->theta);
  for (int i = 0; i < s->rows.shape.n; i++) {
    reference_compute_row(&s->rows.shape, &s->rows.data, s->theta, i, row);
    check_predicted_row(&a, i, row);
  }
  free_prediction(a);
  reference_free_row(row);
}

static void predictions_are_right(void) {
  for (int repeat = 0; repeat < 60; repeat++) {
    recipe a = {.shape = {repeat < 3 ? 9000 : between(1, 400), between(1, 6), between(1, 6),
                          between(2, 6), between(1, 6)},
                .shared = between(0, 2) == 0,
                .standardised = between(0, 1),
                .weights = (weighting)between(0, 2),
                .spread = pow(10, uniform(-1, 1))};
    if (a.shared) a.shape.r = a.shape.p;
    sample *s = new_sample(&a);
    check_prediction(s);
    free_sample(s);
  }
}

/* Predictors of whole numbers, exact however large: some probabilities are beyond a double's range.
 */
static void extreme_predictions(void) {
  const double most[] = {30, 300, 3000, 1e6};
  for (int repeat = 0; repeat < 40; repeat++) {
    recipe a = {.shape = {100, 1, 1, 2, 2}, .spread = 1};
    sample *s = new_sample(&a);
    for (int j = 0; j < 6; j += 2) {
      s->theta[j] = floor(uniform(-1, 1) * most[repeat % 4]);
      s->theta[j + 1] = -s->theta[j];
    }
    check_prediction(s);
    free_sample(s);
  }
}

/* Outputs that are not asked for are not written, and change nothing about the others; without a
 * response all but the posterior can be had. */
static void predictions_alone(void) {
  recipe a = {.shape = {300, 3, 2, 3, 4}, .weights = RANDOM_WEIGHTS, .spread = 2};
  const size_t lengths[] = {900, 1200, 3600, 1200};
  sample *s = new_sample(&a);
  prediction all = predict(s, s->theta);
  const double *want[] = {all.out.prob, all.out.gate, all.out.expert, all.out.posterior};
  for (int which = 0; which < 4; which++) {
    double *got = new_doubles(lengths[which]);
    moe_prediction out = {which == 0 ? got : NULL, which == 1 ? got : NULL, which == 2 ? got : NULL,
                          which == 3 ? got : NULL};
    s->rows.data.y = which == 3 ? s->y : NULL;
    moe_predict_rows(&s->rows, s->theta, &out);
    CHECK(memcmp(got, want[which], sizeof *got * lengths[which]) == 0, "output %d differs", which);
    free(got);
  }
  free_prediction(all);
  free_sample(s);
}

/* A NaN whose payload is that of the missing value of some statistical software. */
static double missing(void) {
  const uint64_t bits = 0x7ff00000000007a2u;
  double a;
  memcpy(&a, &bits, sizeof a);
  return a;
}

/* In the rows i with i % 5 = 1 the experts' covariates have a NaN, with i % 5 = 3 the gate's. */
static void spoil(sample *s, double with) {
  const moe_shape *h = &s->rows.shape;
  for (int i = 0; i < h->n; i++) {
    if (i % 5 == 1) s->x[(size_t)h->n * (h->p - 1) + i] = with;
    if (i % 5 == 3) s->z[(size_t)h->n * (h->r - 1) + i] = with;
  }
}

static void check_spoilt(const double *clean, const double *got, int n, int columns, int parts,
                         const char *what) {
  for (int i = 0; i < n; i++)
    for (int c = 0; c < columns; c++) {
      double a = clean[(size_t)n * c + i], b = got[(size_t)n * c + i];
      if ((parts & 1 && i % 5 == 1) || (parts & 2 && i % 5 == 3))
        CHECK(isnan(b), "row %d: %s is %g for a missing value", i, what, b);
      else
        CHECK(a == b, "row %d: %s %.17g became %.17g", i, what, a, b);
    }
}

static void missing_values_stay_in_their_rows(void) {
  const double with[] = {NAN, -NAN, missing(), -missing()};
  const int n[] = {1, 16, 130, 500};
  for (int repeat = 0; repeat < 20; repeat++) {
    recipe a = {
        .shape = {n[repeat / 4 % 4], between(2, 5), between(2, 5), between(2, 5), between(2, 5)},
        .spread = 1};
    const moe_shape *h = &a.shape;
    sample *s = new_sample(&a);
    prediction clean = predict(s, s->theta);
    spoil(s, with[repeat % 4]);
    prediction got = predict(s, s->theta);
    check_spoilt(clean.out.prob, got.out.prob, h->n, h->M, 3, "probability");
    check_spoilt(clean.out.gate, got.out.gate, h->n, h->K, 2, "gate");
    check_spoilt(clean.out.expert, got.out.expert, h->n, h->M * h->K, 1, "expert");
    check_spoilt(clean.out.posterior, got.out.posterior, h->n, h->K, 3, "posterior");
    free_prediction(clean);
    free_prediction(got);
    free_sample(s);
  }
}

void test_predict(void) {
  run_test("predictions are right", predictions_are_right);
  run_test("extreme predictions", extreme_predictions);
  run_test("predictions alone", predictions_alone);
  run_test("missing values stay in their rows", missing_values_stay_in_their_rows);
}
