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

#include "index.h"
#include "metric.h"
#include "moe.h"

#define MEMORY 20       /* pairs kept by the limited-memory update */
#define BACKTRACKS 4    /* trial steps before the plain MM step */
#define TRUSTED_PAIRS 3 /* with fewer, the gain left is judged by the bound's curvature, */
#define CAUTION 10      /* which on a plateau overstates the true one by as much and more */
#define SUFFICIENT 1e-4 /* share of the predicted first-order gain that a step must bring */
#define FIRST_REFRESH 4 /* iterations until the metric is renewed; each wait is doubled */
#define SCALE_RANGE 4   /* a section's scale is within this factor of that of all sections */
#define LAP 10          /* iterations between two looks at whether the target is in reach, */
#define PROSPECT 1      /* which it is if this many gains as in the last lap lead there */

typedef struct {
  const moe_objective *objective;
  const moe_control *control;
  moe_result *result;
  moe_status status; /* of the last evaluation or factorisation: the run goes on while it is OK */
  size_t length, gram_length;
  double *theta, *gradient, *direction;
  double *trial, *trial_gradient;
  double *solved, *trial_solved; /* S^-1 gradient, S^-1 trial_gradient */
  moe_metric metric;
  double *gram, *trial_gram; /* of all sections; metric.experts is part of the first */
  double *steps, *yields;    /* MEMORY columns: changes of theta, falls of the gradient, */
  double *solved_yields;     /* and S^-1 of these */
  double curvature[MEMORY];  /* step' yield of each pair */
  double *scale;             /* of each section of S^-1 in the quasi-Newton matrix */
  int pairs, newest;
  double before[2]; /* the objective one and two iterations ago */
  double lap;       /* the objective at the last lap */
} run;

/* The gate and each expert have a section of theta and of the metric. */
static int sections(const moe_shape *h) { return 1 + h->K; }

static size_t section_length(const moe_shape *h, int section) {
  return section == 0 ? area(h->r, h->K) : area(h->p, h->M);
}

size_t moe_fit_workspace(const moe_shape *h) {
  return (6 + 3 * MEMORY) * moe_theta_length(h) + 2 * moe_gram_length(h) + area(h->r, h->r) +
         (size_t)sections(h);
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
  s.gradient = slice(&workspace, s.length);
  s.direction = slice(&workspace, s.length);
  s.trial = slice(&workspace, s.length);
  s.trial_gradient = slice(&workspace, s.length);
  s.solved = slice(&workspace, s.length);
  s.trial_solved = slice(&workspace, s.length);
  s.gram = slice(&workspace, s.gram_length);
  s.trial_gram = slice(&workspace, s.gram_length);
  s.metric.gate = slice(&workspace, area(h->r, h->r));
  s.steps = slice(&workspace, s.length * MEMORY);
  s.yields = slice(&workspace, s.length * MEMORY);
  s.solved_yields = slice(&workspace, s.length * MEMORY);
  s.scale = slice(&workspace, (size_t)sections(h));
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

static void swap(double **a, double **b) {
  double *kept = *a;
  *a = *b;
  *b = kept;
}

/* Where a pair's column of `steps`, `yields` or `solved_yields` starts. */
static double *pair_start(const run *s, double *columns, int slot) {
  return columns + s->length * (size_t)slot;
}

/* out <- S^-1 a */
static void solve(const run *s, const double *a, double *out) {
  memcpy(out, a, sizeof(double) * s->length);
  moe_solve_metric(&s->objective->shape, &s->metric, out);
}

/* What is kept of solutions in the metric. */
static void solve_anew(run *s) {
  solve(s, s->gradient, s->solved);
  for (int a = 0; a < s->pairs; a++) {
    const int slot = (s->newest - a + MEMORY) % MEMORY;
    solve(s, pair_start(s, s->yields, slot), pair_start(s, s->solved_yields, slot));
  }
}

/* The Gram matrices of the trial become the metric, but for the gate's, which stays. */
static void renew_metric(run *s) {
  const moe_shape *h = &s->objective->shape;
  swap(&s->gram, &s->trial_gram);
  s->metric.experts = s->gram + area(h->r, h->r);
  s->status = moe_factor_experts(s->objective, s->metric.experts);
  if (s->status == MOE_OK) solve_anew(s);
}

/* Evaluates theta + length * direction, with the Gram matrices if asked for. */
static double try_step(run *s, double length, int with_gram, double *loglik) {
  for (size_t j = 0; j < s->length; j++) s->trial[j] = s->theta[j] + length * s->direction[j];
  return evaluate(s, s->trial, s->trial_gradient, with_gram ? s->trial_gram : NULL, loglik);
}

/* Makes the trial point the current one; trial_solved must be known, or the metric renewed. */
static void accept(run *s, double value, double loglik, int with_gram) {
  memcpy(s->theta, s->trial, sizeof(double) * s->length);
  swap(&s->gradient, &s->trial_gradient);
  swap(&s->solved, &s->trial_solved);
  s->result->objective = value;
  s->result->loglik = loglik;
  if (with_gram) renew_metric(s);
}

/* The plain MM step, which needs the metric of the current point; 0 if there is none, or rounding
 * hides its gain. */
static int mm_step(run *s) {
  double loglik, value;
  memcpy(s->direction, s->solved, sizeof(double) * s->length);
  value = try_step(s, 1, 1, &loglik);
  if (!(value > s->result->objective)) return 0;
  accept(s, value, loglik, 1);
  return s->status == MOE_OK;
}

/* --- quasi-Newton --- */

/* Multiplies each section of a (the shape of theta) by its scale. */
static void scale_sections(const run *s, double *a) {
  const moe_shape *h = &s->objective->shape;
  for (int b = 0; b < sections(h); b++)
    for (size_t left = section_length(h, b); left > 0; left--) *a++ *= s->scale[b];
}

/* a += by b */
static void add_multiple(size_t n, double by, const double *b, double *a) {
  for (size_t j = 0; j < n; j++) a[j] += by * b[j];
}

/* direction <- H gradient by the two-loop recursion; returns the slope along it. Between the loops
 * S^-1 is taken of the gradient less multiples of the yields, that is of what is solved already;
 * `trial` holds the gradient's remainder meanwhile. */
static double quasi_newton_direction(run *s) {
  double weight[MEMORY];
  double *d = s->direction, *left = s->trial;
  memcpy(left, s->gradient, sizeof(double) * s->length);
  memcpy(d, s->solved, sizeof(double) * s->length);
  for (int a = 0; a < s->pairs; a++) {
    int slot = (s->newest - a + MEMORY) % MEMORY;
    weight[slot] = dot(s->length, pair_start(s, s->steps, slot), left) / s->curvature[slot];
    add_multiple(s->length, -weight[slot], pair_start(s, s->yields, slot), left);
    add_multiple(s->length, -weight[slot], pair_start(s, s->solved_yields, slot), d);
  }
  scale_sections(s, d);
  for (int a = s->pairs - 1; a >= 0; a--) {
    int slot = (s->newest - a + MEMORY) % MEMORY;
    double share = dot(s->length, pair_start(s, s->yields, slot), d) / s->curvature[slot];
    add_multiple(s->length, weight[slot] - share, pair_start(s, s->steps, slot), d);
  }
  return dot(s->length, d, s->gradient);
}

/* Learns the scales from a pair and S^-1 yield. The ratio step' yield / yield' S^-1 yield says how
 * much the bound overstates the curvature; it differs between the gate and the experts, and between
 * an expert that has its rows to itself and one that shares them. One section's ratio is noisy, so
 * it is kept near that of all sections. */
static void learn_scales(run *s, const double *step, const double *yield, const double *solved,
                         double overall) {
  const moe_shape *h = &s->objective->shape;
  for (int b = 0; b < sections(h); b++) {
    const size_t length = section_length(h, b);
    double norm = dot(length, yield, solved);
    double ratio = norm > 0 ? dot(length, step, yield) / norm : overall;
    s->scale[b] = fmin(fmax(ratio, overall / SCALE_RANGE), overall * SCALE_RANGE);
    step += length;
    yield += length;
    solved += length;
  }
}

/* Remembers the step of the given length along direction, before the trial point is accepted. A
 * pair that shows no positive curvature is left out. */
static void remember(run *s, double length) {
  int slot = (s->newest + 1) % MEMORY;
  double *step = pair_start(s, s->steps, slot), *yield = pair_start(s, s->yields, slot);
  double *solved = pair_start(s, s->solved_yields, slot);
  solve(s, s->trial_gradient, s->trial_solved);
  for (size_t j = 0; j < s->length; j++) {
    step[j] = length * s->direction[j];
    yield[j] = s->gradient[j] - s->trial_gradient[j];
    solved[j] = s->solved[j] - s->trial_solved[j];
  }
  double curvature = dot(s->length, step, yield), yield_norm = dot(s->length, yield, solved);
  if (!(curvature > 1e-10 * yield_norm) || yield_norm <= 0) {
    if (s->pairs == MEMORY) s->pairs--; /* the oldest has been written over */
    return;
  }
  learn_scales(s, step, yield, solved, curvature / yield_norm);
  s->curvature[slot] = curvature;
  s->newest = slot;
  if (s->pairs < MEMORY) s->pairs++;
}

static void forget(run *s) {
  s->pairs = 0;
  s->newest = MEMORY - 1;
  for (int b = 0; b < sections(&s->objective->shape); b++) s->scale[b] = 1;
}

/* A step along direction that raises the objective enough, by backtracking to the maximum of the
 * parabola through what is known; 0 if there is none. */
static int ascend(run *s, double slope, int with_gram) {
  double length = 1, loglik;
  for (int trial = 0; trial < BACKTRACKS; trial++) {
    double value = try_step(s, length, with_gram, &loglik), start = s->result->objective;
    if (s->status != MOE_OK) return 0;
    if (value > start && value >= start + SUFFICIENT * length * slope) {
      remember(s, length);
      accept(s, value, loglik, with_gram);
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
  forget(s);
  evaluate(s, s->theta, s->trial_gradient, s->trial_gram, &loglik);
  if (s->status == MOE_OK) renew_metric(s);
  return s->status == MOE_OK && mm_step(s);
}

/* --- the trace --- */

/* Every other entry goes; the first stays. */
static void thin_trace(moe_result *r) {
  for (int t = 0; 2 * t < r->trace_length; t++) r->trace[t] = r->trace[2 * t];
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
    const double slope = quasi_newton_direction(s), before = r->objective;
    r->gain = (s->pairs < TRUSTED_PAIRS ? CAUTION : 1) * 0.5 * slope;
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
  const moe_shape *h = &s->objective->shape;
  moe_result *r = s->result;
  r->objective = evaluate(s, s->theta, s->gradient, s->gram, &r->loglik);
  r->trace[0] = r->objective;
  if (s->status != MOE_OK) return;
  memcpy(s->metric.gate, s->gram, sizeof(double) * area(h->r, h->r));
  s->metric.experts = s->gram + area(h->r, h->r);
  s->status = moe_factor_gate(s->objective, s->metric.gate);
  if (s->status == MOE_OK) s->status = moe_factor_experts(s->objective, s->metric.experts);
  if (s->status == MOE_OK) solve_anew(s);
}

moe_status moe_maximise(const moe_objective *objective, const moe_control *control,
                        moe_workspace workspace, double *theta, moe_result *result) {
  if (workspace.length < moe_fit_workspace(&objective->shape) || result->trace_capacity < 2)
    return MOE_SHORT_WORKSPACE;
  run s = make_run(objective, control, workspace.values, theta, result);
  forget(&s);
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
    result->gradient_norm = largest(s.length, s.gradient);
  }
  return s.status == MOE_FAILED ? MOE_OK : s.status;
}
