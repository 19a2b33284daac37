/* Maximisation by minorization-maximization, plain and accelerated.
 *
 * The minorizer. At theta, Jensen's inequality separates the log-likelihood into one weighted
 * multinomial log-likelihood for the gate and one per expert; the Boehning-Lindsay bound
 * 1/2 (I - 11'/m) on a softmax's Hessian turns each into a quadratic. In the symmetric form the
 * quadratic's maximiser is theta + S^-1 g, section by section and column by column, with g the
 * gradient of the penalised objective and S = 1/2 X'V T_k X + D (gate: 1/2 Z'VZ + D). The objective
 * rises at every such step.
 *
 * The acceleration. Limited-memory BFGS in the metric S: its first step is the MM step itself, and
 * later steps learn the curvature that the bound overstates, by a scale for each section of S and
 * by the pairs that BFGS remembers. A step is taken only if it raises the objective enough; when
 * none along its direction does, the memory is dropped and the plain MM step is taken, so the
 * guarantee stays. */
#include <math.h>
#include <string.h>

#include "bfgs.h"
#include "index.h"
#include "metric.h"
#include "moe.h"

#define BACKTRACKS 4    /* trial steps before the plain MM step */
#define TRUSTED_PAIRS 3 /* with fewer, the gain left is judged by the bound's curvature, */
#define CAUTION 10      /* which on a plateau overstates the true one by as much and more */
#define SUFFICIENT 1e-4 /* share of the predicted first-order gain that a step must bring */
#define FIRST_REFRESH 4 /* iterations until the metric is renewed; each wait is doubled */
#define LAP 10          /* iterations between two looks at whether the target is in reach, */
#define PROSPECT 1      /* which it is if this many gains as in the last lap lead there */

typedef struct {
  const moe_objective *objective;
  const moe_control *control;
  moe_result *result;
  moe_status status; /* of the last evaluation or factorisation: the run goes on while it is OK */
  size_t length, gram_length;
  double *theta, *trial, *direction;
  moe_slope slope, trial_slope;
  moe_metric metric;
  double *gram; /* the Gram matrices of the last evaluation that asked for them */
  moe_bfgs bfgs;
  double before[2]; /* the objective one and two iterations ago */
  double lap;       /* the objective at the last lap */
} run;

size_t moe_fit_workspace(const moe_shape *h) {
  return 6 * moe_theta_length(h) + moe_gram_length(h) + moe_metric_workspace(h) +
         moe_bfgs_workspace(h);
}

static double dot(size_t n, const double *a, const double *b) {
  double sum = 0;
  for (size_t j = 0; j < n; j++) sum += a[j] * b[j];
  return sum;
}

static double *slice(double **workspace, size_t length) {
  double *start = *workspace;
  *workspace += length;
  return start;
}

static run make_run(const moe_objective *objective, const moe_control *control, double *workspace,
                    double *theta, moe_result *result) {
  const moe_shape *h = &objective->shape;
  run s = {.objective = objective, .control = control, .result = result, .theta = theta};
  s.length = moe_theta_length(h);
  s.gram_length = moe_gram_length(h);
  s.trial = slice(&workspace, s.length);
  s.direction = slice(&workspace, s.length);
  s.slope.gradient = slice(&workspace, s.length);
  s.slope.solved = slice(&workspace, s.length);
  s.trial_slope.gradient = slice(&workspace, s.length);
  s.trial_slope.solved = slice(&workspace, s.length);
  s.gram = slice(&workspace, s.gram_length);
  s.metric = moe_new_metric(h, slice(&workspace, moe_metric_workspace(h)));
  s.bfgs = moe_new_bfgs(h, workspace);
  return s;
}

/* --- the objective --- */

/* Of the theta that belongs to one design: its penalty, which the gradient loses. */
static double penalise(const moe_penalty *penalty, int length, int columns, const double *theta,
                       double *gradient) {
  penalty->subtract_gradient(penalty->context, length, columns, theta, gradient);
  return penalty->value(penalty->context, length, columns, theta);
}

static int all_finite(size_t length, const double *a) {
  double sum = 0; /* of zeros; NaN if one is not finite */
  for (size_t j = 0; j < length; j++) sum += 0 * a[j];
  return sum == 0;
}

/* Objective at theta; gradient and, if not NULL, the Gram matrices are overwritten. NaN, with a
 * status, if there is none or not all is finite. */
static double evaluate(run *s, const double *theta, double *gradient, double *gram,
                       double *loglik) {
  const moe_objective *o = s->objective;
  const moe_shape *h = &o->shape;
  const size_t gate = area(h->r, h->K);
  s->result->evaluations++;
  s->status = o->evaluate(o->context, theta, loglik, gradient, gram);
  if (s->status != MOE_OK) return NAN;
  const double value = *loglik - penalise(&o->gate, h->r, h->K, theta, gradient) -
                       penalise(&o->expert, h->p, h->K * h->M, theta + gate, gradient + gate);
  if (isfinite(value) && all_finite(s->length, gradient) &&
      (!gram || all_finite(s->gram_length, gram)))
    return value;
  s->status = MOE_FAILED;
  return NAN;
}

/* --- moving --- */

/* S^-1 of the gradient there. */
static void solve(const run *s, const moe_slope *at) {
  memcpy(at->solved, at->gradient, sizeof(double) * s->length);
  moe_solve_metric(&s->objective->shape, &s->metric, at->solved);
}

/* What is kept of solutions in the metric. */
static void solve_anew(const run *s) {
  solve(s, &s->slope);
  for (int ago = 0; ago < s->bfgs.pairs; ago++) {
    const moe_slope yield = moe_bfgs_yield(&s->bfgs, ago);
    solve(s, &yield);
  }
}

/* The metric of the point whose Gram matrices these are: the minorizer's, or one that is near it.
 * The gate's is the same everywhere. */
static void renew_metric(run *s, int exactly) {
  int renewed = 1;
  s->status = exactly ? moe_factor_experts(s->objective, s->gram, &s->metric)
                      : moe_refresh_experts(s->objective, s->gram, &s->metric, &renewed);
  if (s->status == MOE_OK && renewed > 0) solve_anew(s);
}

/* Evaluates theta + length * direction, with the Gram matrices if asked for. */
static double try_step(run *s, double length, int with_gram, double *loglik) {
  for (size_t j = 0; j < s->length; j++) s->trial[j] = s->theta[j] + length * s->direction[j];
  return evaluate(s, s->trial, s->trial_slope.gradient, with_gram ? s->gram : NULL, loglik);
}

/* Makes the trial point the current one; its slope must be solved, or the metric renewed next. */
static void accept(run *s, double value, double loglik) {
  memcpy(s->theta, s->trial, sizeof(double) * s->length);
  const moe_slope left = s->slope;
  s->slope = s->trial_slope;
  s->trial_slope = left;
  s->result->objective = value;
  s->result->loglik = loglik;
}

/* The plain MM step, which needs the metric of the current point; 0 if there is none, or rounding
 * hides its gain. */
static int mm_step(run *s) {
  double loglik, value;
  memcpy(s->direction, s->slope.solved, sizeof(double) * s->length);
  value = try_step(s, 1, 1, &loglik);
  if (!(value > s->result->objective)) return 0;
  accept(s, value, loglik);
  renew_metric(s, 1);
  return s->status == MOE_OK;
}

/* A step along direction that raises the objective enough, by backtracking to the maximum of the
 * parabola through what is known; 0 if there is none. */
static int ascend(run *s, double slope, int with_gram) {
  double length = 1, loglik;
  for (int trial = 0; trial < BACKTRACKS; trial++) {
    double value = try_step(s, length, with_gram, &loglik), start = s->result->objective;
    if (s->status != MOE_OK) return 0;
    if (value > start && value >= start + SUFFICIENT * length * slope) {
      solve(s, &s->trial_slope);
      moe_bfgs_remember(&s->bfgs, length, s->direction, &s->slope, &s->trial_slope);
      accept(s, value, loglik);
      if (with_gram) renew_metric(s, 0);
      return s->status == MOE_OK;
    }
    double shortfall = 2 * (start + length * slope - value);
    double best = isfinite(shortfall) && shortfall > 0 ? length * length * slope / shortfall : 0;
    length = fmin(fmax(best, 0.1 * length), 0.5 * length);
  }
  return 0;
}

/* The plain MM step at the current point after its metric is computed anew. */
static int fall_back(run *s) {
  double loglik; /* known already, as are the objective and its gradient */
  moe_bfgs_forget(&s->bfgs);
  evaluate(s, s->theta, s->trial_slope.gradient, s->gram, &loglik);
  if (s->status == MOE_OK) renew_metric(s, 1);
  return s->status == MOE_OK && mm_step(s);
}

/* --- the trace --- */

/* Every other entry goes; the first stays. */
static void thin_trace(moe_result *r) {
  for (int t = 0, from = 0; from < r->trace_length; t++, from += 2) r->trace[t] = r->trace[from];
  r->trace_length = (r->trace_length + 1) / 2;
  r->trace_step *= 2;
}

/* The end of an iteration. */
static void count_iteration(run *s, double before) {
  moe_result *r = s->result;
  s->before[1] = s->before[0];
  s->before[0] = before;
  r->iterations++;
  if (r->iterations % r->trace_step == 0 && r->trace_length == r->trace_capacity) thin_trace(r);
  if (r->iterations % r->trace_step == 0) r->trace[r->trace_length++] = r->objective;
}

/* The last objective ends the trace, if need be in place of another. */
static void end_trace(moe_result *r) {
  if (r->iterations % r->trace_step == 0) return;
  if (r->trace_length < r->trace_capacity) r->trace_length++;
  r->trace[r->trace_length - 1] = r->objective;
}

/* --- the iteration --- */

/* What plain MM could still gain, from its last two gains, which shrink geometrically. */
static double mm_gain(const run *s) {
  const moe_result *r = s->result;
  if (r->iterations < 2) return INFINITY;
  double last = r->objective - s->before[0], before = s->before[0] - s->before[1];
  return last < before ? last * last / (before - last) : INFINITY;
}

/* NaN if one is. */
static double largest(size_t n, const double *a) {
  double top = 0;
  for (size_t j = 0; j < n && !isnan(top); j++)
    if (!(fabs(a[j]) <= top)) top = fabs(a[j]);
  return top;
}

static int has_converged(const run *s) {
  const moe_result *r = s->result;
  return r->gain <= s->control->tolerance * (1 + fabs(r->objective));
}

/* Gains shrink, but not steadily: a run may still gain about as much as in its last lap. */
static int trails(run *s) {
  const moe_result *r = s->result;
  if (!s->control->target || r->iterations % LAP != 0) return 0;
  double gain = r->objective - s->lap;
  s->lap = r->objective;
  return r->iterations >= 2 * LAP && r->objective + PROSPECT * gain < *s->control->target;
}

static moe_ending maximise_mm(run *s) {
  moe_result *r = s->result;
  while (r->iterations < s->control->max_iterations) {
    const double before = r->objective;
    if (!mm_step(s)) return MOE_STALLED;
    count_iteration(s, before);
    r->gain = mm_gain(s);
    if (has_converged(s)) return MOE_CONVERGED;
    if (trails(s)) return MOE_TRAILED;
  }
  return MOE_ITERATION_LIMIT;
}

static moe_ending maximise_accelerated(run *s) {
  moe_result *r = s->result;
  int refresh = FIRST_REFRESH, wait = FIRST_REFRESH;
  for (;;) {
    const double before = r->objective;
    moe_bfgs_direction(&s->bfgs, &s->slope, s->direction);
    const double slope = dot(s->length, s->direction, s->slope.gradient);
    r->gain = (s->bfgs.pairs < TRUSTED_PAIRS ? CAUTION : 1) * 0.5 * slope;
    if (has_converged(s)) return MOE_CONVERGED;
    if (r->iterations == s->control->max_iterations) return MOE_ITERATION_LIMIT;
    if (trails(s)) return MOE_TRAILED;
    const int with_gram = r->iterations + 1 == refresh;
    if (with_gram) refresh += wait *= 2;
    if (!ascend(s, slope, with_gram) && !(s->status == MOE_OK && fall_back(s))) return MOE_STALLED;
    count_iteration(s, before);
  }
}

/* The start's value, gradient and metric. */
static void evaluate_start(run *s) {
  moe_result *r = s->result;
  r->objective = evaluate(s, s->theta, s->slope.gradient, s->gram, &r->loglik);
  r->trace[0] = r->objective;
  if (s->status == MOE_OK) s->status = moe_factor_gate(s->objective, s->gram, &s->metric);
  if (s->status == MOE_OK) renew_metric(s, 1);
}

moe_status moe_maximise(const moe_objective *objective, const moe_control *control,
                        moe_workspace workspace, double *theta, moe_result *result) {
  if (workspace.length < moe_fit_workspace(&objective->shape) || result->trace_capacity < 2)
    return MOE_SHORT_WORKSPACE;
  run s = make_run(objective, control, workspace.values, theta, result);
  result->iterations = result->evaluations = 0;
  result->trace_length = result->trace_step = 1;
  result->gain = INFINITY;
  result->gradient_norm = NAN;
  result->ending = MOE_NOT_FINITE;
  evaluate_start(&s);
  if (s.status == MOE_OK) {
    result->ending = control->method == MOE_MM ? maximise_mm(&s) : maximise_accelerated(&s);
    if (s.status == MOE_FAILED) result->ending = MOE_EVALUATION_FAILED;
    end_trace(result);
    result->gradient_norm = largest(s.length, s.slope.gradient);
  }
  return s.status == MOE_FAILED ? MOE_OK : s.status;
}
