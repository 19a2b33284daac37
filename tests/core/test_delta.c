/* Variances of predictions, and the gradient of averages, against differences of predictions; what
 * becomes of that gradient against differences of it. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_core.h"

#define STEP 1e-5
#define ACCURACY 1e-7 /* of differences */

static recipe random_recipe(void) {
  const int p = between(1, 9), shared = between(0, 1);
  return (recipe){
      .shape = {between(1, 300), p, shared ? p : between(1, 6), between(2, 4), between(1, 4)},
      .shared = shared,
      .standardised = between(0, 1),
      .weights = (weighting)between(0, 2),
      .spread = 1};
}

/* The place in theta of a coefficient: those of the first expert and class are left out. */
static size_t theta_place(const moe_shape *s, int coefficient) {
  const int gate = s->r * (s->K - 1), of_expert = s->p * (s->M - 1);
  if (coefficient < gate) return (size_t)(s->r + coefficient);
  coefficient -= gate;
  const int k = coefficient / of_expert, rest = coefficient % of_expert;
  return (size_t)(s->r * s->K + k * s->p * s->M + s->p + rest);
}

/* out (n x outputs) <- predictions of one kind. */
static void predict(sample *a, moe_output kind, const double *theta, double *out) {
  const moe_shape *s = &a->rows.shape;
  const size_t n = (size_t)s->n;
  double *prob = new_doubles(n * (size_t)s->M);
  moe_prediction to = {.prob = prob};
  if (kind == MOE_GATE) to.gate = out;
  if (kind == MOE_EXPERT) to.expert = out;
  CHECK(moe_predict_rows(&a->rows, theta, &to) == MOE_OK, "kind %d", (int)kind);
  if (kind == MOE_PROB) memcpy(out, prob, sizeof *prob * n * (size_t)s->M);
  for (size_t i = 0; kind == MOE_LINK && i < n * (size_t)(s->M - 1); i++)
    out[i] = log(prob[i + n]) - log(prob[i % n]);
  free(prob);
}

/* out (length x d) <- differences of predictions by each coefficient */
static void differentiate(sample *a, moe_output kind, size_t length, double *out) {
  const int d = (int)moe_coefficients_length(&a->rows.shape);
  double *above = new_doubles(length), *below = new_doubles(length);
  for (int j = 0; j < d; j++) {
    double *moved = a->theta + theta_place(&a->rows.shape, j), here = *moved;
    *moved = here + STEP;
    predict(a, kind, a->theta, above);
    *moved = here - STEP;
    predict(a, kind, a->theta, below);
    *moved = here;
    for (size_t i = 0; i < length; i++)
      out[i + length * (size_t)j] = (above[i] - below[i]) / (2 * STEP);
  }
  free(above);
  free(below);
}

static double *random_covariance(size_t d) {
  double *root = new_doubles(d * d), *out = new_doubles(d * d);
  for (size_t j = 0; j < d * d; j++) root[j] = normal();
  for (size_t j = 0; j < d; j++)
    for (size_t l = 0; l < d; l++) {
      out[j + d * l] = 0;
      for (size_t i = 0; i < d; i++) out[j + d * l] += root[i + d * j] * root[i + d * l];
    }
  free(root);
  return out;
}

static double form(size_t d, const double *g, size_t stride, const double *covariance) {
  double sum = 0;
  for (size_t j = 0; j < d; j++)
    for (size_t l = 0; l < d; l++) sum += g[stride * j] * covariance[j + d * l] * g[stride * l];
  return sum;
}

static void check_variances(sample *a, moe_output kind, int threads) {
  const moe_shape *s = &a->rows.shape;
  const size_t d = moe_coefficients_length(s);
  const size_t length = (size_t)s->n * (size_t)moe_output_count(s, kind);
  double *gradient = new_doubles(length * d), *covariance = random_covariance(d);
  double *got = new_doubles(length), worst = 0;
  set_workspace(a, 1, moe_rows_workspace(s, 1));
  differentiate(a, kind, length, gradient);
  set_workspace(a, threads, moe_variance_workspace(s, threads));
  CHECK(moe_variance_rows(&a->rows, a->theta, kind, covariance, got) == MOE_OK, "%d", (int)kind);
  for (size_t i = 0; i < length; i++) {
    const double want = form(d, gradient + i, length, covariance);
    worst = fmax(worst, fabs(got[i] - want) / (1 + fabs(want)));
  }
  CHECK(worst <= ACCURACY, "kind %d: off by %g", (int)kind, worst);
  free(gradient);
  free(covariance);
  free(got);
}

static void variances_are_right(void) {
  for (int repeat = 0; repeat < 30; repeat++) {
    const recipe recipe = random_recipe();
    sample *a = new_sample(&recipe);
    for (int kind = MOE_PROB; kind <= MOE_EXPERT; kind++)
      check_variances(a, (moe_output)kind, between(1, 3));
    free_sample(a);
  }
}

static double weight_of(const sample *a, size_t i) { return a->weight ? a->weight[i] : 1; }

static void check_averages(sample *a, int threads) {
  const moe_shape *s = &a->rows.shape;
  const size_t n = (size_t)s->n, M = (size_t)s->M, d = moe_coefficients_length(s);
  double *slopes = new_doubles(n * M * d), *prob = new_doubles(n * M);
  double *got_prob = new_doubles(M), *got = new_doubles(d * M);
  set_workspace(a, 1, moe_rows_workspace(s, 1));
  predict(a, MOE_PROB, a->theta, prob);
  differentiate(a, MOE_PROB, n * M, slopes);
  set_workspace(a, threads, moe_average_workspace(s, threads));
  CHECK(moe_average_rows(&a->rows, a->theta, got_prob, got) == MOE_OK, "%d rows", s->n);
  for (size_t m = 0; m < M; m++) {
    double want = 0;
    for (size_t i = 0; i < n; i++) want += weight_of(a, i) * prob[i + n * m];
    CHECK(fabs(got_prob[m] - want) <= 1e-12 * (double)n, "%g, not %g", got_prob[m], want);
    for (size_t j = 0; j < d; j++) {
      want = 0;
      for (size_t i = 0; i < n; i++) want += weight_of(a, i) * slopes[i + n * (m + M * j)];
      CHECK(fabs(got[j + d * m] - want) <= ACCURACY * (double)n, "%g, not %g", got[j + d * m],
            want);
    }
  }
  free(slopes);
  free(prob);
  free(got_prob);
  free(got);
}

static void averages_are_right(void) {
  for (int repeat = 0; repeat < 30; repeat++) {
    const recipe recipe = random_recipe();
    sample *a = new_sample(&recipe);
    check_averages(a, between(1, 3));
    free_sample(a);
  }
}

/* The intercepts' coefficients move a predictor by the same in all rows. */
static void check_tangent(sample *a, int threads) {
  const moe_shape *s = &a->rows.shape;
  const int predictors = s->K - 1 + s->K * (s->M - 1);
  const size_t M = (size_t)s->M, d = moe_coefficients_length(s);
  double *got = new_doubles(d * M * (size_t)predictors), *prob = new_doubles(M);
  double *above = new_doubles(d * M), *below = new_doubles(d * M), worst = 0;
  set_workspace(a, threads, moe_tangent_workspace(s, threads));
  CHECK(moe_tangent_rows(&a->rows, a->theta, got) == MOE_OK, "%d rows", s->n);
  set_workspace(a, 1, moe_average_workspace(s, 1));
  for (int c = 0; c < predictors; c++) {
    const int of_expert = c - (s->K - 1), length = of_expert < 0 ? c * s->r : of_expert * s->p;
    const int start = of_expert < 0 ? length : (s->K - 1) * s->r + length;
    double *moved = a->theta + theta_place(s, start), here = *moved;
    *moved = here + STEP;
    moe_average_rows(&a->rows, a->theta, prob, above);
    *moved = here - STEP;
    moe_average_rows(&a->rows, a->theta, prob, below);
    *moved = here;
    for (size_t j = 0; j < d * M; j++) {
      const double want = (above[j] - below[j]) / (2 * STEP);
      worst = fmax(worst, fabs(got[j + d * M * (size_t)c] - want) / (s->n + fabs(want)));
    }
  }
  CHECK(worst <= ACCURACY, "%d x %d, %d classes, %d experts: off by %g", s->n, s->p, s->M, s->K,
        worst);
  free(got);
  free(prob);
  free(above);
  free(below);
}

static void tangents_are_right(void) {
  for (int repeat = 0; repeat < 30; repeat++) {
    recipe recipe = random_recipe();
    recipe.standardised = 0;
    sample *a = new_sample(&recipe);
    for (int i = 0; i < a->rows.shape.n; i++) a->x[i] = 1;
    for (int i = 0; i < a->rows.shape.n; i++) a->z[i] = 1;
    check_tangent(a, between(1, 3));
    free_sample(a);
  }
}

/* Also of units, in parts too. */
static void gate_sums_are_right(void) {
  const int most[] = {0, 1, 3, 129, 300};
  for (int repeat = 0; repeat < 30; repeat++) {
    recipe recipe = random_recipe();
    recipe.unit_rows = most[between(0, 4)];
    recipe.shared = recipe.shared && !recipe.unit_rows;
    sample *a = new_sample(&recipe);
    const moe_shape *s = &a->rows.shape;
    const size_t units = (size_t)(recipe.unit_rows ? a->rows.data.units.count : s->n);
    double *gate = new_doubles(units * (size_t)s->K), *got = new_doubles((size_t)s->K);
    set_workspace(a, 1, moe_rows_workspace(s, 1));
    moe_predict_rows(&a->rows, a->theta, &(moe_prediction){.gate = gate});
    const int threads = between(1, 3);
    set_workspace(a, threads, moe_gate_sums_workspace(s, threads));
    CHECK(moe_gate_sums_rows(&a->rows, a->theta, got) == MOE_OK, "%d rows", s->n);
    for (size_t k = 0; k < (size_t)s->K; k++) {
      double want = 0;
      for (size_t i = 0; i < units; i++) want += weight_of(a, i) * gate[i + units * k];
      CHECK(fabs(got[k] - want) <= 1e-12 * s->n, "%g, not %g", got[k], want);
    }
    free(gate);
    free(got);
    free_sample(a);
  }
}

/* Of many segments and pieces. */
static void threads_change_no_bit(void) {
  const recipe recipe = {.shape = {5000, 6, 4, 3, 3}, .spread = 1};
  const size_t d = moe_coefficients_length(&recipe.shape), n = 5000;
  const size_t places[] = {
      0, 3 * n, 3 * n + 3, 3 * (n + 1 + d), 3 * (n + 1 + 9 * d), 3 * (n + 2 + 9 * d)};
  const size_t length = places[5];
  sample *a = new_sample(&recipe);
  double *covariance = random_covariance(d), *first = new_doubles(length);
  for (int threads = 1; threads <= 3; threads++) {
    double *out = new_doubles(length);
    set_workspace(a, threads, moe_variance_workspace(&recipe.shape, threads));
    moe_variance_rows(&a->rows, a->theta, MOE_PROB, covariance, out);
    set_workspace(a, threads, moe_average_workspace(&recipe.shape, threads));
    moe_average_rows(&a->rows, a->theta, out + places[1], out + places[2]);
    set_workspace(a, threads, moe_tangent_workspace(&recipe.shape, threads));
    moe_tangent_rows(&a->rows, a->theta, out + places[3]);
    set_workspace(a, threads, moe_gate_sums_workspace(&recipe.shape, threads));
    moe_gate_sums_rows(&a->rows, a->theta, out + places[4]);
    if (threads == 1) memcpy(first, out, sizeof *out * length);
    CHECK(memcmp(first, out, sizeof *out * length) == 0, "%d threads", threads);
    free(out);
  }
  free(covariance);
  free(first);
  free_sample(a);
}

void test_delta(void) {
  run_test("variances are right", variances_are_right);
  run_test("averages are right", averages_are_right);
  run_test("tangents are right", tangents_are_right);
  run_test("sums of the gate are right", gate_sums_are_right);
  run_test("threads change no bit of errors", threads_change_no_bit);
}
