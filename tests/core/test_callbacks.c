/* The callbacks of maximisation, and how it ends. */
#include <math.h>
#include <setjmp.h>
#include <stdlib.h>
#include <string.h>

#include "fitted.h"

/* --- callbacks --- */

/* Rows from .. from + count - 1 of a column-major matrix. */
static double *take_rows(int n, int from, int count, int columns, const double *a) {
  double *out = new_doubles((size_t)count * columns);
  for (int j = 0; j < columns; j++)
    memcpy(out + (size_t)count * j, a + (size_t)n * j + from, sizeof *a * count);
  return out;
}

/* Two shards of a sample's rows, and room for the sums of one. */
typedef struct {
  moe_rows rows[2];
  double *x[2], *z[2], *gradient, *gram;
} shards;

static shards new_shards(const sample *s, int first) {
  const moe_shape *h = &s->rows.shape;
  shards a = {.gradient = new_doubles(moe_theta_length(h)),
              .gram = new_doubles(moe_gram_length(h))};
  for (int part = 0; part < 2; part++) {
    int from = part ? first : 0, count = part ? h->n - first : first;
    moe_rows *rows = &a.rows[part];
    *rows = s->rows;
    rows->shape.n = count;
    rows->data.x = a.x[part] = take_rows(h->n, from, count, h->p, s->x);
    rows->data.z = a.z[part] = take_rows(h->n, from, count, h->r, s->z);
    rows->data.y += from;
    rows->data.weight = s->weight ? s->weight + from : NULL;
    rows->workspace = new_doubles(moe_rows_workspace(&rows->shape, 1, 1));
  }
  return a;
}

static void free_shards(shards *a) {
  for (int part = 0; part < 2; part++) {
    free(a->x[part]);
    free(a->z[part]);
    free(a->rows[part].workspace);
  }
  free(a->gradient);
  free(a->gram);
}

static double evaluate_shards(void *context, const double *theta, double *gradient, double *gram) {
  shards *a = context;
  const moe_shape *h = &a->rows[0].shape;
  double value = moe_evaluate_rows(&a->rows[0], theta, gradient, gram);
  value += moe_evaluate_rows(&a->rows[1], theta, a->gradient, gram ? a->gram : NULL);
  for (size_t j = 0; j < moe_theta_length(h); j++) gradient[j] += a->gradient[j];
  if (gram)
    for (size_t j = 0; j < moe_gram_length(h); j++) gram[j] += a->gram[j];
  return value;
}

static void check_same_fit(const fitted *a, const fitted *b, size_t length, double theta_bound) {
  CHECK(fabs(a->result.objective - b->result.objective) <= 1e-8 * (1 + fabs(a->result.objective)),
        "%.17g, %.17g", a->result.objective, b->result.objective);
  for (size_t j = 0; j < length; j++)
    CHECK(fabs(a->theta[j] - b->theta[j]) <= theta_bound, "entry %d: %.17g, %.17g", (int)j,
          a->theta[j], b->theta[j]);
}

/* Some steps of MM are the same; so is the maximum that the accelerated method finds, up to how
 * sharply the objective determines it. */
static void shards_add_up(void) {
  for (int repeat = 0; repeat < 12; repeat++) {
    recipe a = {.shape = {between(200, 400), 3, 2, 3, between(1, 3)},
                .weights = (weighting)between(0, 2),
                .spread = 1};
    fit_case *c = new_case(&a, 2, 0.5);
    shards parts = new_shards(c->sample, between(1, a.shape.n - 1));
    moe_problem sharded = c->problem;
    sharded.evaluate = evaluate_shards;
    sharded.context = &parts;
    const moe_control controls[] = {{MOE_MM, 30, 0}, {MOE_ACCELERATED, 2000, 1e-14}};
    for (int j = 0; j < 2; j++) {
      fitted whole = fit_from(&c->problem, &controls[j], c->sample->theta);
      fitted summed = fit_from(&sharded, &controls[j], c->sample->theta);
      check_same_fit(&whole, &summed, moe_theta_length(&a.shape), j ? 1e-4 : 1e-8);
      free_fitted(whole);
      free_fitted(summed);
    }
    free_shards(&parts);
    free_case(c);
  }
}

static void every_evaluation_polls(void) {
  recipe a = {.shape = {300, 3, 2, 3, 3}, .spread = 1};
  fit_case *c = new_case(&a, 1, 0);
  fitted b = fit(c, MOE_ACCELERATED, 30, 1e-10);
  CHECK(c->sample->polls >= b.result.evaluations, "%d polls, %d evaluations", c->sample->polls,
        b.result.evaluations);
  free_fitted(b);
  free_case(c);
}

static jmp_buf escape;

/* Leaves once the count in the context is used up. */
static void poll_and_leave(void *context) {
  int *left = context;
  if (--*left == 0) longjmp(escape, 1);
}

static int is_left(const moe_problem *problem, const moe_control *control, double *workspace,
                   double *theta, moe_result *result) {
  if (setjmp(escape)) return 1;
  moe_maximise(problem, control, workspace, theta, result);
  return 0;
}

/* A fit that was left halfway can be run again with the same workspace. */
static void poll_may_leave(void) {
  recipe a = {.shape = {3000, 3, 2, 3, 3}, .spread = 1};
  const moe_control control = {MOE_ACCELERATED, 40, 0};
  fit_case *c = new_case(&a, 1, 0);
  const size_t length = moe_theta_length(&a.shape);
  fitted want = fit(c, MOE_ACCELERATED, 40, 0);
  double *workspace = new_doubles(moe_fit_workspace(&c->problem));
  moe_result result = {.trace = new_doubles(41)};
  for (int threads = 1; threads <= 2; threads++)
    for (int after = 1; after <= 16; after += 5) {
      int left = after;
      set_threads(c->sample, threads);
      c->sample->rows.poll = poll_and_leave;
      c->sample->rows.poll_context = &left;
      double *theta = copy_doubles(length, c->sample->theta);
      CHECK(is_left(&c->problem, &control, workspace, theta, &result), "not left after %d", after);
      memcpy(theta, c->sample->theta, sizeof *theta * length);
      CHECK(!is_left(&c->problem, &control, workspace, theta, &result), "left again");
      CHECK(memcmp(theta, want.theta, sizeof *theta * length) == 0, "another fit after %d", after);
      CHECK(memcmp(result.trace, want.result.trace, sizeof(double) * 41) == 0, "another trace");
      free(theta);
    }
  free(result.trace);
  free(workspace);
  free_fitted(want);
  free_case(c);
}

/* --- how it ends --- */

static void check_not_finite(fit_case *c, int method) {
  const size_t length = moe_theta_length(&c->problem.shape);
  fitted a = fit(c, (moe_method)method, 10, 1e-8);
  CHECK(a.result.status == MOE_NOT_FINITE, "status %d", a.result.status);
  CHECK(a.result.iterations == 0 && a.result.evaluations == 1, "%d iterations, %d evaluations",
        a.result.iterations, a.result.evaluations);
  CHECK(!isfinite(a.result.trace[0]) && !isfinite(a.result.objective), "%g", a.result.objective);
  CHECK(memcmp(a.theta, a.start, sizeof(double) * length) == 0, "theta has moved");
  free_fitted(a);
}

static void start_may_not_be_finite(void) {
  const double bad[] = {NAN, INFINITY, -INFINITY};
  recipe a = {.shape = {100, 2, 2, 3, 2}, .spread = 1};
  fit_case *c = new_case(&a, 1, 0);
  for (int method = MOE_MM; method <= MOE_ACCELERATED; method++)
    for (int j = 0; j < 3; j++)
      for (int at = 0; at < 16; at += 5) {
        double kept = c->sample->theta[at];
        c->sample->theta[at] = bad[j];
        check_not_finite(c, method);
        c->sample->theta[at] = kept;
      }
  free_case(c);
}

/* An objective that is not a number beyond a border. */
static double evaluate_fenced(void *context, const double *theta, double *gradient, double *gram) {
  counter *c = context;
  const moe_shape *s = &c->rows->shape;
  double value = evaluate_counted(context, theta, gradient, gram);
  if (largest(moe_theta_length(s), theta) <= 0.3) return value;
  for (size_t j = 0; j < moe_theta_length(s); j++) gradient[j] = NAN;
  if (gram)
    for (size_t j = 0; j < moe_gram_length(s); j++) gram[j] = NAN;
  return NAN;
}

/* Points where the objective is not finite are never accepted. */
static void steps_stay_finite(void) {
  for (int repeat = 0; repeat < 10; repeat++) {
    recipe a = {.shape = {300, 3, 2, 3, 2}, .spread = 3};
    fit_case *c = new_case(&a, 0.1, 0);
    const size_t length = moe_theta_length(&a.shape);
    c->problem.evaluate = evaluate_fenced;
    for (size_t j = 0; j < length; j++) c->sample->theta[j] *= 0.01;
    for (int method = MOE_MM; method <= MOE_ACCELERATED; method++) {
      fitted b = fit(c, (moe_method)method, 200, 1e-10);
      check_fit(c, &b, 200);
      if (method == MOE_ACCELERATED) /* a plain step has no other length to try */
        CHECK(b.result.objective > b.result.trace[0], "no gain from %g", b.result.trace[0]);
      CHECK(largest(length, b.theta) <= 0.3, "%g is beyond the border", largest(length, b.theta));
      free_fitted(b);
    }
    free_case(c);
  }
}

static void no_iterations(void) {
  recipe a = {.shape = {200, 3, 2, 3, 2}, .spread = 1};
  fit_case *c = new_case(&a, 1, 0);
  for (int method = MOE_MM; method <= MOE_ACCELERATED; method++) {
    fitted b = fit(c, (moe_method)method, 0, 1e-10);
    check_fit(c, &b, 0);
    CHECK(b.result.status == MOE_ITERATION_LIMIT, "status %d", b.result.status);
    CHECK(b.result.evaluations == 1, "%d evaluations", b.result.evaluations);
    CHECK(memcmp(b.theta, b.start, sizeof(double) * moe_theta_length(&a.shape)) == 0, "moved");
    free_fitted(b);
  }
  free_case(c);
}

static void one_iteration(void) {
  recipe a = {.shape = {200, 3, 2, 3, 2}, .spread = 1};
  fit_case *c = new_case(&a, 1, 0);
  for (int method = MOE_MM; method <= MOE_ACCELERATED; method++) {
    fitted b = fit(c, (moe_method)method, 1, 1e-10);
    check_fit(c, &b, 1);
    CHECK(b.result.status == MOE_ITERATION_LIMIT, "status %d", b.result.status);
    CHECK(b.result.iterations == 1 && b.result.evaluations == 2, "%d iterations, %d evaluations",
          b.result.iterations, b.result.evaluations);
    CHECK(b.result.objective > b.result.trace[0], "no gain from %g", b.result.trace[0]);
    free_fitted(b);
  }
  free_case(c);
}

/* At the maximum there is nothing to do, and a limit reached along the way is reported. */
static void restart_at_the_maximum(void) {
  recipe a = {.shape = {300, 3, 2, 3, 2}, .spread = 1};
  fit_case *c = new_case(&a, 2, 0);
  fitted best = fit(c, MOE_ACCELERATED, 2000, 1e-13);
  int needed = best.result.iterations;
  CHECK(best.result.status == MOE_CONVERGED && needed > 5, "status %d after %d iterations",
        best.result.status, needed);
  fitted early = fit(c, MOE_ACCELERATED, needed / 2, 1e-13);
  CHECK(early.result.status == MOE_ITERATION_LIMIT && early.result.iterations == needed / 2,
        "status %d after %d iterations", early.result.status, early.result.iterations);
  memcpy(c->sample->theta, best.theta, sizeof(double) * moe_theta_length(&a.shape));
  fitted again = fit(c, MOE_ACCELERATED, 10, 1e-8);
  CHECK(again.result.status == MOE_CONVERGED && again.result.iterations == 0,
        "status %d after %d iterations", again.result.status, again.result.iterations);
  free_fitted(best);
  free_fitted(early);
  free_fitted(again);
  free_case(c);
}

void test_callbacks(void) {
  run_test("shards add up", shards_add_up);
  run_test("every evaluation polls", every_evaluation_polls);
  run_test("a poll may leave", poll_may_leave);
  run_test("the start may not be finite", start_may_not_be_finite);
  run_test("steps stay finite", steps_stay_finite);
  run_test("no iterations", no_iterations);
  run_test("one iteration", one_iteration);
  run_test("a restart at the maximum", restart_at_the_maximum);
}
