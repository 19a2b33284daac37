/* The sums over rows against the reference. */
#include <float.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reference.h"
#include "test_core.h"

#define ACCURACY 1e-12

static double worst_error; /* of all comparisons with the reference */

/* --- evaluation --- */

typedef struct {
  double value, *gradient, *gram;
} sums;

static sums evaluate(sample *s, const double *theta, int with_gram) {
  sums a;
  a.gradient = new_doubles(moe_theta_length(&s->rows.shape));
  a.gram = with_gram ? new_doubles(moe_gram_length(&s->rows.shape)) : NULL;
  moe_status status = moe_evaluate_rows(&s->rows, theta, &a.value, a.gradient, a.gram);
  CHECK(status == MOE_OK, "status %d", (int)status);
  return a;
}

static void free_sums(sums a) {
  free(a.gradient);
  free(a.gram);
}

/* The largest difference in proportion to the size of what was summed; NaN where one is NaN. */
static double largest_error(size_t length, const double *got, const long double *want,
                            const long double *size) {
  double top = 0;
  for (size_t j = 0; j < length; j++) {
    long double difference = fabsl(got[j] - want[j]);
    if (difference == 0) continue;
    if (!(difference / size[j] <= top)) top = (double)(difference / size[j]);
    if (isnan(top)) return top;
  }
  return top;
}

static void check_error(const sample *s, const char *what, double error, double bound) {
  const moe_shape *h = &s->rows.shape;
  worst_error = fmax(worst_error, error);
  CHECK(error <= bound, "%s off by %g; n = %d, p = %d, r = %d, M = %d, K = %d, %s%s%s", what, error,
        h->n, h->p, h->r, h->M, h->K, s->x == s->z ? "shared" : "two designs",
        s->rows.data.weight ? ", weights" : "", s->rows.data.tau ? ", tau" : "");
}

void check_evaluation(sample *s, double bound) {
  const moe_shape *h = &s->rows.shape;
  reference_sums *want = reference_evaluate(h, &s->rows.data, s->theta);
  for (int with_gram = 0; with_gram < 2; with_gram++) {
    sums got = evaluate(s, s->theta, with_gram);
    check_error(s, "value", largest_error(1, &got.value, &want->value, &want->value_size), bound);
    check_error(
        s, "gradient",
        largest_error(moe_theta_length(h), got.gradient, want->gradient, want->gradient_size),
        bound);
    if (with_gram)
      check_error(s, "Gram",
                  largest_error(moe_gram_length(h), got.gram, want->gram, want->gram_size), bound);
    free_sums(got);
  }
  reference_free_sums(want);
}

static void check_recipe(const recipe *recipe) {
  sample *s = new_sample(recipe);
  check_evaluation(s, ACCURACY);
  free_sample(s);
}

static int random_rows(void) {
  const int edges[] = {1, 2, 7, 8, 9, 15, 16, 17, 127, 128, 129, 255, 256, 257, 1000};
  return between(0, 1) ? between(1, 300) : edges[between(0, 14)];
}

static recipe random_recipe(void) {
  recipe a = {.shape = {random_rows(), between(1, 9), between(1, 9), between(2, 7), between(1, 7)},
              .shared = between(0, 2) == 0,
              .standardised = between(0, 1),
              .with_tau = between(0, 3) == 0,
              .weights = (weighting)between(0, 2),
              .spread = pow(10, uniform(-1, 0.7)),
              .correlation = between(0, 1) ? uniform(0, 0.99) : 0,
              .units = between(0, 1) ? uniform(0, 1) : 0};
  if (a.shared) a.shape.r = a.shape.p;
  return a;
}

/* The gradient of the reference is the slope of its value. */
static void reference_is_consistent(void) {
  for (int repeat = 0; repeat < 40; repeat++) {
    recipe a = random_recipe();
    a.shape.n = between(1, 20);
    a.spread = 1;
    sample *s = new_sample(&a);
    reference_sums *at = reference_evaluate(&s->rows.shape, &s->rows.data, s->theta);
    for (size_t j = 0; j < moe_theta_length(&s->rows.shape); j++) {
      const double kept = s->theta[j], step = 1e-6;
      s->theta[j] = kept + step;
      reference_sums *up = reference_evaluate(&s->rows.shape, &s->rows.data, s->theta);
      s->theta[j] = kept - step;
      reference_sums *down = reference_evaluate(&s->rows.shape, &s->rows.data, s->theta);
      s->theta[j] = kept;
      long double slope = (up->value - down->value) / (2 * step);
      CHECK(fabsl(slope - at->gradient[j]) <= 1e-7L * (1 + at->gradient_size[j]), "%Lg, %Lg", slope,
            at->gradient[j]);
      reference_free_sums(up);
      reference_free_sums(down);
    }
    reference_free_sums(at);
    free_sample(s);
  }
}

static void random_shapes(void) {
  worst_error = 0;
  for (int repeat = 0; repeat < 300; repeat++) {
    recipe a = random_recipe();
    check_recipe(&a);
  }
  printf("  random shapes: off by at most %.2g\n", worst_error);
}

static void smallest_shapes(void) {
  for (int n = 1; n <= 3; n++)
    for (int p = 1; p <= 2; p++)
      for (int r = 1; r <= 2; r++)
        for (int K = 1; K <= 2; K++) {
          recipe a = {.shape = {n, p, r, 2, K}, .shared = p == r && n != 2, .spread = 1};
          check_recipe(&a);
        }
}

/* From one block to more blocks than there are segments, with two designs, so that each part of the
 * workspace is in use to its end. */
static void all_row_counts(void) {
  const int n[] = {127, 128, 129, 2047, 2048, 2049, 8191, 8192, 8193, 20000};
  for (int j = 0; j < 10; j++) {
    recipe a = {.shape = {n[j], 3, 2, 3, 2}, .weights = RANDOM_WEIGHTS, .spread = 1};
    check_recipe(&a);
  }
}

/* Gram matrices so large that fewer segments share the rows. */
static void wide_designs(void) {
  recipe wide = {.shape = {2600, 70, 2, 2, 4}, .spread = 1};
  recipe wider = {.shape = {300, 150, 150, 3, 3}, .shared = 1, .spread = 1};
  check_recipe(&wide);
  check_recipe(&wider);
}

static void many_experts_and_classes(void) {
  recipe experts = {.shape = {200, 2, 3, 2, 40}, .spread = 2};
  recipe classes = {.shape = {200, 3, 2, 50, 2}, .spread = 2, .with_tau = 1};
  check_recipe(&experts);
  check_recipe(&classes);
}

/* No rows: sums of nothing. */
static void no_rows(void) {
  recipe one = {.shape = {1, 2, 2, 2, 2}, .spread = 1};
  sample *s = new_sample(&one);
  s->rows.shape.n = 0;
  set_threads(s, 1);
  sums a = evaluate(s, s->theta, 1);
  CHECK(a.value == 0, "value %g", a.value);
  for (int j = 0; j < 12; j++) CHECK(a.gradient[j] == 0, "gradient[%d] = %g", j, a.gradient[j]);
  for (int j = 0; j < 12; j++) CHECK(a.gram[j] == 0, "gram[%d] = %g", j, a.gram[j]);
  free_sums(a);
  free_sample(s);
}

/* Rows of weight 0 are as good as absent, whatever their likelihood. */
static void rows_without_weight(void) {
  for (int repeat = 0; repeat < 20; repeat++) {
    recipe a = random_recipe();
    a.shape.n = between(150, 300);
    a.weights = RANDOM_WEIGHTS;
    sample *s = new_sample(&a);
    int kept = between(100, 140), n = a.shape.n;
    for (int i = kept; i < n; i++) s->weight[i] = 0;
    sums all = evaluate(s, s->theta, 1);
    for (int i = kept; i < n; i++) s->y[i] = 0;
    for (int j = 1; j < a.shape.p; j++)
      for (int i = kept; i < n; i++) s->x[(size_t)n * j + i] = uniform(-3e5, 3e5);
    sums moved = evaluate(s, s->theta, 1);
    CHECK(all.value == moved.value, "%.17g, %.17g", all.value, moved.value);
    for (size_t j = 0; j < moe_theta_length(&a.shape); j++)
      CHECK(all.gradient[j] == moved.gradient[j], "%g, %g", all.gradient[j], moved.gradient[j]);
    for (size_t j = 0; j < moe_gram_length(&a.shape); j++)
      CHECK(all.gram[j] == moved.gram[j], "%g, %g", all.gram[j], moved.gram[j]);
    free_sums(all);
    free_sums(moved);
    free_sample(s);
  }
}

/* --- extremes: with small whole numbers the predictors are exact, so nothing is lost in them ---
 */

/* Whole numbers up to `most` whose columns sum to 0. */
static void whole_block(int rows, int columns, int most, double *a) {
  for (int j = 0; j < rows; j++) {
    double sum = 0;
    for (int c = 0; c < columns - 1; c++) sum += a[(size_t)rows * c + j] = between(-most, most);
    a[(size_t)rows * (columns - 1) + j] = -sum;
  }
}

static void make_whole(sample *s, int most) {
  const moe_shape *h = &s->rows.shape;
  for (size_t j = 0; j < (size_t)h->n * h->p; j++) s->x[j] = between(-2, 2);
  if (s->z != s->x)
    for (size_t j = 0; j < (size_t)h->n * h->r; j++) s->z[j] = between(-2, 2);
  whole_block(h->r, h->K, most, s->theta);
  for (int k = 0; k < h->K; k++)
    whole_block(h->p, h->M, most, s->theta + (size_t)h->r * h->K + (size_t)h->p * h->M * k);
}

static void extreme_predictors(void) {
  const int most[] = {20, 100, 300, 1000, 10000, 1000000};
  worst_error = 0;
  for (int repeat = 0; repeat < 120; repeat++) {
    recipe a = random_recipe();
    a.standardised = 0;
    a.shape.n = between(1, 150);
    sample *s = new_sample(&a);
    make_whole(s, most[repeat % 6]);
    /* on the log scale a double of the predictors' size carries the posterior weights */
    double largest = 2.0 * most[repeat % 6] * (a.shape.p + a.shape.r) * a.shape.M;
    check_evaluation(s, fmax(ACCURACY, largest * DBL_EPSILON));
    free_sample(s);
  }
  printf("  extreme predictors: off by at most %.2g\n", worst_error);
}

/* Likelihoods about the bound below which rows are computed on the log scale, and about the least
 * normal number. Expert k has log p = -slope_k x for the observed first class. */
static void tiny_likelihoods(void) {
  worst_error = 0;
  for (int repeat = 0; repeat < 60; repeat++) {
    int K = between(1, 4);
    recipe a = {.shape = {130, 1, 2, 2, K}, .weights = (weighting)between(0, 2), .spread = 1};
    a.with_tau = between(0, 3) == 0;
    sample *s = new_sample(&a);
    whole_block(2, K, repeat % 2 ? 2 : 300, s->theta);
    for (int k = 0; k < K; k++) {
      double slope = between(7, 10) / 16.0;
      s->theta[2 * K + 2 * k] = -slope;
      s->theta[2 * K + 2 * k + 1] = slope;
    }
    for (int i = 0; i < 130; i++) {
      s->x[i] = between(580 * 4, 780 * 4) / 4.0;
      s->z[130 + i] = between(-2, 2);
      s->y[i] = between(0, 9) == 0;
    }
    check_evaluation(s, ACCURACY);
    free_sample(s);
  }
  printf("  tiny likelihoods: off by at most %.2g\n", worst_error);
}

/* More experts than a block has rows, where a row has to be computed on the log scale. */
static void tiny_likelihoods_of_many_experts(void) {
  recipe a = {.shape = {300, 1, 1, 2, 300}, .spread = 1};
  sample *s = new_sample(&a);
  for (int k = 0; k < 300; k++) {
    s->theta[300 + 2 * k] = -500;
    s->theta[300 + 2 * k + 1] = 500;
  }
  for (int i = 0; i < 300; i++) s->y[i] = i % 2;
  check_evaluation(s, ACCURACY);
  free_sample(s);
}

/* --- threads and polls --- */

static void check_same(size_t length, const double *a, const double *b, const char *what,
                       int threads) {
  CHECK(memcmp(a, b, sizeof *a * length) == 0, "%s differs with %d threads", what, threads);
}

static void threads_change_nothing(void) {
  const int n[] = {1, 129, 1000, 20000};
  for (int repeat = 0; repeat < 12; repeat++) {
    recipe a = random_recipe();
    a.shape.n = n[repeat % 4];
    sample *s = new_sample(&a);
    size_t outputs = (size_t)a.shape.n * a.shape.M;
    double *prob = new_doubles(outputs), *again = new_doubles(outputs);
    sums one = evaluate(s, s->theta, 1);
    moe_predict_rows(&s->rows, s->theta, &(moe_prediction){.prob = prob});
    for (int threads = 2; threads <= 3; threads++) {
      set_threads(s, threads);
      sums more = evaluate(s, s->theta, 1);
      moe_predict_rows(&s->rows, s->theta, &(moe_prediction){.prob = again});
      check_same(1, &one.value, &more.value, "value", threads);
      check_same(moe_theta_length(&a.shape), one.gradient, more.gradient, "gradient", threads);
      check_same(moe_gram_length(&a.shape), one.gram, more.gram, "Gram", threads);
      check_same(outputs, prob, again, "prediction", threads);
      free_sums(more);
    }
    free(prob);
    free(again);
    free_sums(one);
    free_sample(s);
  }
}

/* The Gram matrices are extra: value and gradient are the same to the last bit without them, also
 * where they make the partial sums so large that there are fewer segments. */
static void gram_changes_nothing_else(void) {
  recipe cases[] = {{.shape = {3000, 5, 5, 3, 3}, .shared = 1, .spread = 1},
                    {.shape = {9000, 120, 3, 2, 4}, .spread = 1}};
  for (int i = 0; i < 2; i++) {
    sample *s = new_sample(&cases[i]);
    size_t length = moe_theta_length(&s->rows.shape);
    sums with = evaluate(s, s->theta, 1), without = evaluate(s, s->theta, 0);
    CHECK(with.value == without.value, "%.17g, %.17g", with.value, without.value);
    for (size_t j = 0; j < length; j++)
      CHECK(with.gradient[j] == without.gradient[j], "gradient[%d]: %.17g, %.17g", (int)j,
            with.gradient[j], without.gradient[j]);
    free_sums(with);
    free_sums(without);
    free_sample(s);
  }
}

static void check_polls(recipe a, int least) {
  sample *s = new_sample(&a);
  free_sums(evaluate(s, s->theta, 1));
  CHECK(s->polls >= least, "%d polls", s->polls);
  free_sample(s);
}

/* The more work, the more polls, also within a segment of wide rows. */
static void evaluation_polls(void) {
  check_polls((recipe){.shape = {300, 2, 2, 2, 2}, .spread = 1}, 1);
  check_polls((recipe){.shape = {9000, 40, 40, 6, 6}, .shared = 1, .spread = 1}, 3); /* for 2e8 */
  check_polls((recipe){.shape = {8192, 200, 200, 2, 2}, .shared = 1, .spread = 1}, 24); /* 1e9 */
}

void test_evaluate(void) {
  run_test("the reference is consistent", reference_is_consistent);
  run_test("random shapes", random_shapes);
  run_test("smallest shapes", smallest_shapes);
  run_test("all row counts", all_row_counts);
  run_test("wide designs", wide_designs);
  run_test("many experts and classes", many_experts_and_classes);
  run_test("no rows", no_rows);
  run_test("rows without weight", rows_without_weight);
  run_test("extreme predictors", extreme_predictors);
  run_test("tiny likelihoods", tiny_likelihoods);
  run_test("tiny likelihoods of many experts", tiny_likelihoods_of_many_experts);
  run_test("threads change nothing", threads_change_nothing);
  run_test("Gram matrices change nothing else", gram_changes_nothing_else);
  run_test("evaluation polls", evaluation_polls);
}
