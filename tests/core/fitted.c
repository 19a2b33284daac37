#include "fitted.h"

#include <float.h>
#include <math.h>
#include <stdlib.h>

/* --- cases and fits --- */

moe_status evaluate_counted(void *context, const double *theta, double *value, double *gradient,
                            double *gram) {
  counter *c = context;
  c->calls++;
  return moe_evaluate_rows(c->rows, theta, value, gradient, gram);
}

static double *new_ridge(int columns, double ridge, double of_intercept) {
  double *a = new_doubles(columns);
  for (int j = 0; j < columns; j++) a[j] = j > 0 ? ridge : of_intercept;
  return a;
}

fit_case *new_case(const recipe *recipe, double ridge, double of_intercept) {
  fit_case *c = allocate(sizeof *c);
  c->sample = new_sample(recipe);
  c->ridge.gate = new_ridge(recipe->shape.r, ridge, of_intercept);
  c->ridge.expert = new_ridge(recipe->shape.p, ridge, of_intercept);
  c->counter = (counter){&c->sample->rows, 0};
  c->objective = (moe_objective){.shape = recipe->shape,
                                 .gate = moe_ridge(c->ridge.gate),
                                 .expert = moe_ridge(c->ridge.expert),
                                 .evaluate = evaluate_counted,
                                 .context = &c->counter,
                                 .poll = c->sample->rows.poll,
                                 .poll_context = c->sample->rows.poll_context};
  return c;
}

void free_case(fit_case *c) {
  free_sample(c->sample);
  free(c->ridge.gate);
  free(c->ridge.expert);
  free(c);
}

fitted fit_from(const moe_objective *objective, const moe_control *control, const double *start) {
  const size_t length = moe_theta_length(&objective->shape);
  const int capacity = control->max_iterations > 0 ? control->max_iterations + 1 : 2;
  moe_workspace workspace = new_workspace(moe_fit_workspace(&objective->shape));
  fitted a = {{.trace = new_doubles((size_t)capacity), .trace_capacity = capacity},
              copy_doubles(length, start),
              copy_doubles(length, start)};
  moe_status status = moe_maximise(objective, control, workspace, a.theta, &a.result);
  CHECK(status == MOE_OK, "status %d", (int)status);
  free(workspace.values);
  return a;
}

fitted fit(fit_case *c, moe_method method, int max_iterations, double tolerance) {
  moe_control control = {method, max_iterations, tolerance, NULL};
  c->counter.calls = 0;
  return fit_from(&c->objective, &control, c->sample->theta);
}

void free_fitted(fitted a) {
  free(a.result.trace);
  free(a.start);
  free(a.theta);
}

/* --- what holds for every fit --- */

double largest(size_t length, const double *a) {
  double top = 0;
  for (size_t j = 0; j < length; j++) top = fmax(top, fabs(a[j]));
  return top;
}

summit survey(const fit_case *c, const double *theta) {
  const moe_shape *s = &c->objective.shape;
  const size_t length = moe_theta_length(s), gate = (size_t)s->r * s->K;
  double *next = new_doubles(length);
  reference_sums *at = reference_evaluate(s, &c->sample->rows.data, theta);
  summit a = {(double)(at->value - reference_penalty(s, &c->ridge, theta)), 0, 0, 0};
  reference_mm_step(s, &c->sample->rows.data, &c->ridge, theta, next);
  for (size_t j = 0; j < length; j++) {
    double ridge = j < gate ? c->ridge.gate[j % s->r] : c->ridge.expert[(j - gate) % s->p];
    double gradient = (double)(at->gradient[j] - ridge * (long double)theta[j]);
    a.gradient_norm = fmax(a.gradient_norm, fabs(gradient));
    a.gradient_size = fmax(a.gradient_size, (double)at->gradient_size[j] + fabs(ridge * theta[j]));
    a.promise += 0.5 * gradient * (next[j] - theta[j]);
  }
  reference_free_sums(at);
  free(next);
  return a;
}

static void check_trace(const moe_result *r, int max_iterations) {
  for (int t = 0; t <= max_iterations; t++) {
    if (t > r->iterations)
      CHECK(isnan(r->trace[t]), "%d iterations, but trace[%d] is %g", r->iterations, t,
            r->trace[t]);
    else
      CHECK(isfinite(r->trace[t]), "trace[%d] of %d is %g", t, r->iterations, r->trace[t]);
    if (t == 0 || t > r->iterations) continue;
    CHECK(r->trace[t] >= r->trace[t - 1], "iteration %d falls by %g from %.17g", t,
          r->trace[t - 1] - r->trace[t], r->trace[t - 1]);
  }
}

void check_fit(const fit_case *c, const fitted *a, int max_iterations) {
  const moe_result *r = &a->result;
  const summit start = survey(c, a->start), end = survey(c, a->theta);
  const size_t length = moe_theta_length(&c->objective.shape);
  /* predictors carry the rounding of theta, which may grow without bound, into the value */
  const double most = fmax(largest(length, a->start), largest(length, a->theta));
  const double rounding = 1e-12 * (1 + fabs(start.objective) + fabs(end.objective)) +
                          DBL_EPSILON * most * c->objective.shape.n;
  const double penalty = (double)reference_penalty(&c->objective.shape, &c->ridge, a->theta);
  check_trace(r, max_iterations);
  CHECK(r->iterations <= max_iterations, "%d of %d", r->iterations, max_iterations);
  CHECK(fabs(r->trace[0] - start.objective) <= rounding, "%.17g, %.17g", r->trace[0],
        start.objective);
  CHECK(fabs(r->objective - end.objective) <= rounding, "%.17g, %.17g", r->objective,
        end.objective);
  CHECK(fabs(r->trace[r->iterations] - r->objective) <= rounding, "%.17g, %.17g",
        r->trace[r->iterations], r->objective);
  CHECK(fabs(r->loglik - penalty - r->objective) <= rounding, "%.17g, %.17g", r->loglik, penalty);
  CHECK(fabs(r->gradient_norm - end.gradient_norm) <= 1e-11 * end.gradient_size, "%g, %g",
        r->gradient_norm, end.gradient_norm);
  CHECK(r->evaluations == c->counter.calls, "%d, %d", r->evaluations, c->counter.calls);
  CHECK(column_sum(&c->objective.shape, a->theta) <= 1e-11 * (1 + largest(length, a->theta)),
        "columns sum to %g", column_sum(&c->objective.shape, a->theta));
}
