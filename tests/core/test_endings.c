/* How runs end, and what they then leave. */
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "fitted.h"

/* --- the start --- */

static void check_not_finite(fit_case *c, int method) {
  const size_t length = moe_theta_length(&c->objective.shape);
  fitted a = fit(c, (moe_method)method, 10, 1e-8);
  CHECK(a.result.ending == MOE_NOT_FINITE, "status %d", a.result.ending);
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

/* --- evaluations that fail --- */

typedef enum { STATUS, VALUE, GRADIENT, GRAM, KINDS } failure;

/* What evaluate_until() is given. Its values are far too low from call `low_from` on, and call
 * `fail_at` fails. */
typedef struct {
  counter *counter;
  int low_from, fail_at;
  failure kind;
} failing;

static moe_status evaluate_until(void *context, const double *theta, double *value,
                                 double *gradient, double *gram) {
  failing *f = context;
  moe_status status = evaluate_counted(f->counter, theta, value, gradient, gram);
  if (f->counter->calls >= f->low_from) *value -= 1e6;
  if (f->counter->calls != f->fail_at) return status;
  switch (f->kind) {
    case VALUE: *value = -INFINITY; break;
    case GRADIENT: gradient[moe_theta_length(&f->counter->rows->shape) - 1] = NAN; break;
    case GRAM:
      if (gram) gram[moe_gram_length(&f->counter->rows->shape) - 1] = NAN;
      break;
    default: gradient[0] = NAN; return MOE_FAILED;
  }
  return MOE_OK;
}

static fitted fit_failing(fit_case *c, failing *f, moe_method method, int iterations) {
  const moe_control control = {method, iterations, 0, NULL};
  moe_objective objective = c->objective;
  objective.evaluate = evaluate_until;
  objective.context = f;
  f->counter = &c->counter;
  c->counter.calls = 0;
  return fit_from(&objective, &control, c->sample->theta);
}

/* The run is what it would have been with a limit of as many iterations as it has made. */
static void check_last_good(fit_case *c, const fitted *got, moe_method method) {
  const moe_result *r = &got->result;
  fitted want = fit(c, method, r->iterations, 0);
  CHECK(r->ending == MOE_EVALUATION_FAILED, "ending %d", (int)r->ending);
  CHECK(want.result.iterations == r->iterations, "%d", want.result.iterations);
  CHECK(memcmp(got->theta, want.theta, sizeof(double) * moe_theta_length(&c->objective.shape)) == 0,
        "another theta after %d iterations", r->iterations);
  CHECK(r->objective == want.result.objective && r->loglik == want.result.loglik, "%.17g, %.17g",
        r->objective, want.result.objective);
  CHECK(r->gradient_norm == want.result.gradient_norm, "%g, %g", r->gradient_norm,
        want.result.gradient_norm);
  CHECK(r->trace_length == r->iterations + 1, "%d objectives", r->trace_length);
  for (int t = 0; t <= r->iterations; t++)
    CHECK(r->trace[t] == want.result.trace[t], "trace[%d]", t);
  free_fitted(want);
}

static void a_failure_ends_with_the_last_good_point(void) {
  recipe a = {.shape = {200, 3, 2, 3, 2}, .spread = 1};
  fit_case *c = new_case(&a, 1, 0);
  for (int method = MOE_MM; method <= MOE_ACCELERATED; method++)
    for (int kind = STATUS; kind < KINDS; kind++)
      for (int at = 2; at <= 30; at += 4) {
        failing f = {NULL, 1000, at, (failure)kind};
        if (kind == GRAM && method == MOE_ACCELERATED)
          f.fail_at = 5; /* the first with a Gram matrix */
        fitted b = fit_failing(c, &f, (moe_method)method, 60);
        CHECK(b.result.evaluations == f.fail_at, "%d evaluations, not %d", b.result.evaluations,
              f.fail_at);
        check_last_good(c, &b, (moe_method)method);
        free_fitted(b);
      }
  free_case(c);
}

/* All trial steps are refused, and the evaluation anew of the current point fails. */
static void a_failure_of_the_fallback(void) {
  recipe a = {.shape = {200, 3, 2, 3, 2}, .spread = 1};
  fit_case *c = new_case(&a, 1, 0);
  for (int low_from = 2; low_from <= 8; low_from++) {
    failing f = {NULL, low_from, low_from + 4, STATUS};
    fitted b = fit_failing(c, &f, MOE_ACCELERATED, 60);
    CHECK(b.result.evaluations == low_from + 4, "%d evaluations", b.result.evaluations);
    check_last_good(c, &b, MOE_ACCELERATED);
    free_fitted(b);
  }
  free_case(c);
}

static void a_failure_of_the_start(void) {
  recipe a = {.shape = {200, 3, 2, 3, 2}, .spread = 1};
  fit_case *c = new_case(&a, 1, 0);
  for (int method = MOE_MM; method <= MOE_ACCELERATED; method++)
    for (int kind = STATUS; kind < KINDS; kind++) {
      failing f = {NULL, 1000, 1, (failure)kind};
      fitted b = fit_failing(c, &f, (moe_method)method, 10);
      CHECK(b.result.ending == MOE_NOT_FINITE, "ending %d", (int)b.result.ending);
      CHECK(b.result.evaluations == 1 && isnan(b.result.gradient_norm), "%g",
            b.result.gradient_norm);
      free_fitted(b);
    }
  free_case(c);
}

/* --- the trace --- */

/* Of the same run with traces of various capacities: every step-th objective, and the last. */
static void a_short_trace_is_an_outline(void) {
  recipe a = {.shape = {200, 3, 2, 3, 2}, .spread = 1};
  fit_case *c = new_case(&a, 1, 0);
  const moe_control control = {MOE_MM, 100, 0, NULL};
  fitted whole = fit(c, MOE_MM, 100, 0);
  moe_workspace workspace = new_workspace(moe_fit_workspace(&a.shape));
  CHECK(whole.result.trace_length == 101 && whole.result.trace_step == 1, "%d",
        whole.result.trace_length);
  for (int capacity = 2; capacity <= 100; capacity++) {
    double *theta = copy_doubles(moe_theta_length(&a.shape), c->sample->theta);
    moe_result r = {.trace = new_doubles((size_t)capacity), .trace_capacity = capacity};
    moe_maximise(&c->objective, &control, workspace, theta, &r);
    CHECK(r.trace_length <= capacity && 2 * r.trace_length >= capacity, "%d of %d", r.trace_length,
          capacity);
    for (int t = 0; t < r.trace_length - 1; t++)
      CHECK(r.trace[t] == whole.result.trace[t * r.trace_step], "%d: trace[%d]", capacity, t);
    CHECK(r.trace[r.trace_length - 1] == r.objective, "%d: the last", capacity);
    free(r.trace);
    free(theta);
  }
  free(workspace.values);
  free_fitted(whole);
  free_case(c);
}

/* --- limits --- */

static void no_iterations(void) {
  recipe a = {.shape = {200, 3, 2, 3, 2}, .spread = 1};
  fit_case *c = new_case(&a, 1, 0);
  for (int method = MOE_MM; method <= MOE_ACCELERATED; method++) {
    fitted b = fit(c, (moe_method)method, 0, 1e-10);
    check_fit(c, &b, 0);
    CHECK(b.result.ending == MOE_ITERATION_LIMIT, "status %d", b.result.ending);
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
    CHECK(b.result.ending == MOE_ITERATION_LIMIT, "status %d", b.result.ending);
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
  CHECK(best.result.ending == MOE_CONVERGED && needed > 5, "status %d after %d iterations",
        best.result.ending, needed);
  fitted early = fit(c, MOE_ACCELERATED, needed / 2, 1e-13);
  CHECK(early.result.ending == MOE_ITERATION_LIMIT && early.result.iterations == needed / 2,
        "status %d after %d iterations", early.result.ending, early.result.iterations);
  memcpy(c->sample->theta, best.theta, sizeof(double) * moe_theta_length(&a.shape));
  fitted again = fit(c, MOE_ACCELERATED, 10, 1e-8);
  CHECK(again.result.ending == MOE_CONVERGED && again.result.iterations == 0,
        "status %d after %d iterations", again.result.ending, again.result.iterations);
  free_fitted(best);
  free_fitted(early);
  free_fitted(again);
  free_case(c);
}

/* A run that ends above its target is left alone; one whose target is far above its end is not, but
 * has seen two laps, and has only ever risen. */
static void a_run_that_trails_gives_up(void) {
  recipe a = {.shape = {300, 3, 2, 3, 2}, .spread = 1};
  fit_case *c = new_case(&a, 2, 0);
  for (int method = MOE_MM; method <= MOE_ACCELERATED; method++) {
    fitted whole = fit(c, (moe_method)method, 2000, 1e-13);
    CHECK(whole.result.iterations > 20, "%d iterations", whole.result.iterations);
    double end = whole.result.objective, below = end - 1000, beyond = end + 1000;
    moe_control control = {(moe_method)method, 2000, 1e-13, &below};
    fitted same = fit_from(&c->objective, &control, c->sample->theta);
    CHECK(same.result.ending == whole.result.ending && same.result.objective == end,
          "status %d at %g", (int)same.result.ending, same.result.objective);
    control.target = &beyond;
    fitted early = fit_from(&c->objective, &control, c->sample->theta);
    CHECK(early.result.ending == MOE_TRAILED && early.result.iterations == 20,
          "status %d after %d iterations", (int)early.result.ending, early.result.iterations);
    CHECK(early.result.objective == whole.result.trace[20], "%g", early.result.objective);
    free_fitted(whole);
    free_fitted(same);
    free_fitted(early);
  }
  free_case(c);
}

void test_endings(void) {
  run_test("the start may not be finite", start_may_not_be_finite);
  run_test("a failure ends with the last good point", a_failure_ends_with_the_last_good_point);
  run_test("a failure of the fallback", a_failure_of_the_fallback);
  run_test("a failure of the start", a_failure_of_the_start);
  run_test("a short trace is an outline", a_short_trace_is_an_outline);
  run_test("no iterations", no_iterations);
  run_test("one iteration", one_iteration);
  run_test("a restart at the maximum", restart_at_the_maximum);
  run_test("a run that trails gives up", a_run_that_trails_gives_up);
}
