/* Rows that share one expert: units of all lengths against the reference, and what must not matter.
 */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fitted.h"
#include "reference.h"
#include "test_core.h"

#define ACCURACY 1e-12

static recipe random_recipe(void) {
  const int most[] = {1, 2, 5, 20, 128, 129, 300};
  return (recipe){
      .shape = {between(1, 300), between(1, 6), between(1, 5), between(2, 5), between(1, 5)},
      .unit_rows = most[between(0, 6)],
      .with_repeats = between(0, 2) == 0,
      .standardised = between(0, 1),
      .with_tau = between(0, 3) == 0,
      .weights = (weighting)between(0, 2),
      .spread = pow(10, uniform(-1, 0.7)),
      .units = between(0, 1) ? uniform(0, 1) : 0};
}

static void random_units_are_right(void) {
  for (int repeat = 0; repeat < 60; repeat++) {
    recipe a = random_recipe();
    sample *s = new_sample(&a);
    check_evaluation(s, ACCURACY);
    free_sample(s);
  }
}

/* Predictors so large that likelihoods underflow in each row. */
static void extreme_units(void) {
  for (int repeat = 0; repeat < 20; repeat++) {
    recipe a = random_recipe();
    a.shape.n = between(1, 150);
    a.standardised = 0;
    a.spread = pow(10, uniform(2, 4));
    sample *s = new_sample(&a);
    check_evaluation(s, 1e-9);
    free_sample(s);
  }
}

static void curvature_of_units(void) {
  for (int repeat = 0; repeat < 40; repeat++) {
    recipe a = random_recipe();
    a.with_tau = 0;
    a.shape.n = between(1, 200);
    a.spread = fmin(a.spread, 2);
    check_curvature(&a, 1e-11);
  }
}

/* --- predictions --- */

static void predictions_of_units(void) {
  for (int repeat = 0; repeat < 30; repeat++) {
    recipe a = random_recipe();
    a.with_tau = 0;
    const moe_shape *h = &a.shape;
    sample *s = new_sample(&a);
    const int units = s->rows.data.units.count;
    double *gate = new_doubles((size_t)units * h->K), *tau = new_doubles((size_t)units * h->K);
    double *prob = new_doubles((size_t)h->n * h->M);
    moe_predict_rows(&s->rows, s->theta,
                     &(moe_prediction){.prob = prob, .gate = gate, .posterior = tau});
    reference_row *row = reference_new_row(h);
    for (int i = 0; i < h->n; i++) {
      const int g = reference_unit_of(&s->rows.data, i);
      reference_compute_row(h, &s->rows.data, s->theta, i, row);
      for (int k = 0; k < h->K; k++) {
        const size_t at = (size_t)units * k + g;
        CHECK(fabsl(gate[at] - expl(row->log_gate[k])) < ACCURACY, "gate %g", gate[at]);
        CHECK(fabsl(tau[at] - row->tau[k]) < 1e-9, "tau %g, %Lg", tau[at], row->tau[k]);
      }
      for (int m = 0; m < h->M; m++) {
        long double p = 0;
        for (int k = 0; k < h->K; k++) p += expl(row->log_gate[k] + row->log_expert[h->M * k + m]);
        CHECK(fabsl(prob[(size_t)h->n * m + i] - p) < ACCURACY, "prob %Lg", p);
      }
    }
    reference_free_row(row);
    free(gate);
    free(tau);
    free(prob);
    free_sample(s);
  }
}

/* --- long units --- */

/* One unit of so many equal rows is one row so many times, whose logarithms are known. */
static void ten_thousand_rows(void) {
  const int n = 20000;
  recipe a = {.shape = {n, 2, 1, 3, 2}, .unit_rows = 1, .spread = 2};
  sample *s = new_sample(&a);
  int start[] = {0, 10000, n};
  double gradient[14], value, repeats[] = {10000, 10000};
  for (int i = 0; i < n; i++) {
    s->x[n + i] = i < 10000 ? 0.3 : -0.7;
    s->y[i] = i < 10000 ? 1 : 2;
  }
  s->rows.data.units = (moe_units){2, start};
  moe_status status = moe_evaluate_rows(&s->rows, s->theta, &value, gradient, NULL);
  CHECK(status == MOE_OK, "status %d", (int)status);
  double two[] = {1, 1, 0.3, -0.7};
  int y[] = {1, 2}, start_two[] = {0, 1, 2};
  moe_data data = s->rows.data;
  data.x.values = two;
  data.z.values = two;
  data.y = y;
  data.repeats = repeats;
  data.units.start = start_two;
  moe_shape shape = a.shape;
  shape.n = 2;
  reference_sums *want = reference_evaluate(&shape, &data, s->theta);
  CHECK(fabsl(value - want->value) <= 1e-12L * want->value_size, "%.17g, %.17Lg", value,
        want->value);
  for (int j = 0; j < 14; j++)
    CHECK(fabsl(gradient[j] - want->gradient[j]) <= 1e-11L * want->gradient_size[j], "%d: %g, %Lg",
          j, gradient[j], want->gradient[j]);
  reference_free_sums(want);
  free_sample(s);
}

/* --- what must not matter --- */

typedef struct {
  double value, *gradient, *gram;
} sums;

static sums evaluate(sample *s) {
  const moe_shape *h = &s->rows.shape;
  sums a = {0, new_doubles(moe_theta_length(h)), new_doubles(moe_gram_length(h))};
  moe_evaluate_rows(&s->rows, s->theta, &a.value, a.gradient, a.gram);
  return a;
}

static void free_sums(sums a) {
  free(a.gradient);
  free(a.gram);
}

/* That the sample still has the sums that it had, bit for bit; frees all three. */
static void check_unchanged(const recipe *a, sample *s, sums before) {
  const size_t gradient = sizeof(double) * moe_theta_length(&a->shape);
  const size_t gram = sizeof(double) * moe_gram_length(&a->shape);
  sums now = evaluate(s);
  CHECK(before.value == now.value, "%.17g, %.17g", before.value, now.value);
  CHECK(memcmp(before.gradient, now.gradient, gradient) == 0,
        "gradient differs; units of up to %d rows", a->unit_rows);
  CHECK(memcmp(before.gram, now.gram, gram) == 0, "Gram differs; units of up to %d rows",
        a->unit_rows);
  free_sums(before);
  free_sums(now);
  free_sample(s);
}

static void threads_change_no_unit(void) {
  const int most[] = {3, 50, 600};
  for (int repeat = 0; repeat < 3; repeat++) {
    recipe a = {.shape = {900, 4, 3, 3, 3}, .unit_rows = most[repeat], .spread = 1};
    sample *s = new_sample(&a);
    sums one = evaluate(s);
    set_threads(s, 3);
    check_unchanged(&a, s, one);
  }
}

static void units_of_one_row_are_rows(void) {
  for (int repeat = 0; repeat < 20; repeat++) {
    recipe a = random_recipe();
    a.unit_rows = 1;
    a.with_repeats = 0;
    a.with_tau = 0;
    sample *s = new_sample(&a);
    sums by_unit = evaluate(s);
    s->rows.data.units = (moe_units){0, NULL};
    check_unchanged(&a, s, by_unit);
  }
}

/* Fits with units climb, and end where the reference has a summit. */
static void units_are_fitted(void) {
  for (int repeat = 0; repeat < 8; repeat++) {
    recipe a = random_recipe();
    a.with_tau = 0;
    a.shape.n = between(50, 150);
    a.spread = 1;
    a.weights = UNWEIGHTED;
    fit_case *c = new_case(&a, 1, 0.1);
    fitted got = fit(c, repeat % 2 ? MOE_MM : MOE_ACCELERATED, 100, 1e-9);
    check_fit(c, &got, 100);
    free_fitted(got);
    free_case(c);
  }
}

void test_unit(void) {
  run_test("units are right", random_units_are_right);
  run_test("extreme units", extreme_units);
  run_test("curvature of units", curvature_of_units);
  run_test("predictions of units", predictions_of_units);
  run_test("a unit of ten thousand rows", ten_thousand_rows);
  run_test("threads change no unit", threads_change_no_unit);
  run_test("units of one row are rows", units_of_one_row_are_rows);
  run_test("units are fitted", units_are_fitted);
}
