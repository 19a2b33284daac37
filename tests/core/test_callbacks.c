/* The callbacks: rows in shards, and polls that ask for a stop. */
#include <math.h>
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
    rows->data.x.values = a.x[part] = take_rows(h->n, from, count, h->p, s->x);
    rows->data.z.values = a.z[part] = take_rows(h->n, from, count, h->r, s->z);
    rows->data.y += from;
    rows->data.weight = s->weight ? s->weight + from : NULL;
    rows->workspace = new_workspace(moe_evaluation_workspace(&rows->shape, 1, 1));
  }
  return a;
}

static void free_shards(shards *a) {
  for (int part = 0; part < 2; part++) {
    free(a->x[part]);
    free(a->z[part]);
    free(a->rows[part].workspace.values);
  }
  free(a->gradient);
  free(a->gram);
}

static moe_status evaluate_shards(void *context, const double *theta, double *value,
                                  double *gradient, double *gram) {
  shards *a = context;
  const moe_shape *h = &a->rows[0].shape;
  double second;
  moe_status status = moe_evaluate_rows(&a->rows[0], theta, value, gradient, gram);
  if (status == MOE_OK)
    status = moe_evaluate_rows(&a->rows[1], theta, &second, a->gradient, gram ? a->gram : NULL);
  if (status != MOE_OK) return status;
  *value += second;
  for (size_t j = 0; j < moe_theta_length(h); j++) gradient[j] += a->gradient[j];
  if (gram)
    for (size_t j = 0; j < moe_gram_length(h); j++) gram[j] += a->gram[j];
  return MOE_OK;
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
    moe_objective sharded = c->objective;
    sharded.evaluate = evaluate_shards;
    sharded.context = &parts;
    const moe_control controls[] = {{MOE_MM, 30, 0, NULL}, {MOE_ACCELERATED, 2000, 1e-14, NULL}};
    for (int j = 0; j < 2; j++) {
      fitted whole = fit_from(&c->objective, &controls[j], c->sample->theta);
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

/* --- stops --- */

typedef struct {
  int left, calls; /* stops once as many calls have been made */
} stopper;

static int poll_and_stop(void *context) {
  stopper *s = context;
  s->calls++;
  return --s->left <= 0;
}

/* The status of a run that is to stop at the poll `after`. */
static moe_status run_until(fit_case *c, int after, moe_workspace workspace, double *theta,
                            moe_result *result) {
  const moe_control control = {MOE_ACCELERATED, 40, 0, NULL};
  stopper stop = {after, 0};
  c->sample->rows.poll = c->objective.poll = poll_and_stop;
  c->sample->rows.poll_context = c->objective.poll_context = &stop;
  memcpy(theta, c->sample->theta, sizeof *theta * moe_theta_length(&c->objective.shape));
  moe_status status = moe_maximise(&c->objective, &control, workspace, theta, result);
  CHECK(status != MOE_STOPPED || stop.calls == after, "%d polls, not %d", stop.calls, after);
  return status;
}

/* No poll follows the one that asks for the stop, wherever it comes; afterwards the same workspace
 * serves for the same run. */
static void a_poll_stops_a_run(void) {
  recipe a = {.shape = {3000, 3, 2, 3, 3}, .spread = 1};
  fit_case *c = new_case(&a, 1, 0);
  const size_t length = moe_theta_length(&a.shape);
  double *theta = new_doubles(length);
  fitted want = fit(c, MOE_ACCELERATED, 40, 0);
  moe_workspace workspace = new_workspace(moe_fit_workspace(&a.shape));
  moe_result result = {.trace = new_doubles(41), .trace_capacity = 41};
  for (int threads = 1; threads <= 2; threads++) {
    set_threads(c->sample, threads);
    for (int after = 1; after <= 24; after++) {
      moe_status status = run_until(c, after, workspace, theta, &result);
      CHECK(status == MOE_STOPPED, "status %d with a stop after %d", (int)status, after);
    }
    CHECK(run_until(c, 1000000, workspace, theta, &result) == MOE_OK, "stopped again");
    CHECK(memcmp(theta, want.theta, sizeof *theta * length) == 0, "another fit");
    CHECK(memcmp(result.trace, want.result.trace, sizeof(double) * 41) == 0, "another trace");
  }
  free(result.trace);
  free(workspace.values);
  free(theta);
  free_fitted(want);
  free_case(c);
}

/* What else walks the rows returns at once, too; wide rows have many polls. */
static void a_poll_stops_each_walk(void) {
  recipe a = {.shape = {9000, 60, 60, 3, 3}, .shared = 1, .spread = 1};
  sample *s = new_sample(&a);
  const size_t d = moe_coefficients_length(&a.shape), length = moe_theta_length(&a.shape);
  double *gradient = new_doubles(length), *gram = new_doubles(moe_gram_length(&a.shape));
  double *scores = new_doubles(d * (size_t)a.shape.n), value;
  stopper stop;
  s->rows.poll = poll_and_stop;
  s->rows.poll_context = &stop;
  for (int after = 1; after <= 3; after += 2) {
    stop = (stopper){after, 0};
    moe_status status = moe_evaluate_rows(&s->rows, s->theta, &value, gradient, gram);
    CHECK(status == MOE_STOPPED && stop.calls == after, "%d, %d", (int)status, stop.calls);
    set_workspace(s, 1, moe_information_workspace(&a.shape, 1, 0));
    stop = (stopper){after, 0};
    status = moe_information_rows(&s->rows, s->theta, MOE_OBSERVED, scores);
    CHECK(status == MOE_STOPPED && stop.calls == after, "%d, %d", (int)status, stop.calls);
    set_threads(s, 1);
  }
  stop = (stopper){1, 0};
  moe_prediction out = {.prob = scores};
  CHECK(moe_predict_rows(&s->rows, s->theta, &out) == MOE_STOPPED && stop.calls == 1, "predict");
  stop = (stopper){1, 0};
  CHECK(moe_score_rows(&s->rows, s->theta, scores) == MOE_STOPPED && stop.calls == 1, "scores");
  free(gradient);
  free(gram);
  free(scores);
  free_sample(s);
}

void test_callbacks(void) {
  run_test("shards add up", shards_add_up);
  run_test("every evaluation polls", every_evaluation_polls);
  run_test("a poll stops a run", a_poll_stops_a_run);
  run_test("a poll stops each walk", a_poll_stops_each_walk);
}
