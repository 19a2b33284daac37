/* Maximisation by minorization-maximization, plain and accelerated.
 *
 * The minorizer. At theta, Jensen's inequality separates the log-likelihood into one weighted
 * multinomial log-likelihood for the gate and one per expert; the Boehning-Lindsay bound
 * 1/2 (I - 11'/m) on a softmax's Hessian turns each into a quadratic. In the symmetric form the
 * quadratic's maximiser is theta + S^-1 g, block by block and column by column, with g the gradient
 * of the penalised objective and S = 1/2 X'V T_k X + D (gate: 1/2 Z'VZ + D). The objective rises at
 * every such step.
 *
 * The acceleration. Limited-memory BFGS in the metric S: its first step is the MM step itself, and
 * later steps learn the curvature that the bound overstates, by a scale for each block of S and by
 * the pairs that BFGS remembers. A step is taken only if it raises the objective enough; when none
 * along its direction does, the memory is dropped and the plain MM step is taken, so the guarantee
 * stays. */
#include <float.h>
#include <math.h>
#include <string.h>

#include "cholesky.h"
#include "index.h"
#include "moe.h"

#define MEMORY 20       /* pairs kept by the limited-memory update */
#define BACKTRACKS 4    /* trial steps before the plain MM step */
#define TRUSTED_PAIRS 3 /* with fewer, the gain left is judged by the bound's curvature, */
#define CAUTION 10      /* which on a plateau overstates the true one by as much and more */
#define SUFFICIENT 1e-4 /* share of the predicted first-order gain that a step must bring */
#define JITTER 1e-12    /* relative to the diagonal of S */
#define FIRST_REFRESH 4 /* iterations until the metric is renewed; each wait is doubled */
#define SCALE_RANGE 4   /* a block's scale is within this factor of that of all blocks */

typedef struct {
  const moe_problem *problem;
  const moe_control *control;
  moe_result *result;
  size_t length, gram_length;
  double *theta, *gradient, *direction;
  double *trial, *trial_gradient, *change;
  double *metric, *trial_metric; /* lower Cholesky factors of S, gate first */
  double *steps, *yields;        /* MEMORY columns: changes of theta, falls of the gradient */
  double curvature[MEMORY];      /* step' yield of each pair */
  double *scale;                 /* of each block of S^-1 in the quasi-Newton matrix */
  int pairs, newest;
} state;

/* The gate and each expert have a block of theta and of the metric. */
static int blocks(const moe_shape *h) { return 1 + h->K; }

static size_t block_length(const moe_shape *h, int block) {
  return block == 0 ? area(h->r, h->K) : area(h->p, h->M);
}

size_t moe_fit_workspace(const moe_problem *problem) {
  size_t length = moe_theta_length(&problem->shape);
  return (5 + 2 * MEMORY) * length + 2 * moe_gram_length(&problem->shape) +
         (size_t)blocks(&problem->shape);
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

static state make_state(const moe_problem *problem, const moe_control *control, double *workspace,
                        double *theta, moe_result *result) {
  state s = {.problem = problem, .control = control, .result = result, .theta = theta};
  s.length = moe_theta_length(&problem->shape);
  s.gram_length = moe_gram_length(&problem->shape);
  s.gradient = slice(&workspace, s.length);
  s.direction = slice(&workspace, s.length);
  s.trial = slice(&workspace, s.length);
  s.trial_gradient = slice(&workspace, s.length);
  s.change = slice(&workspace, s.length);
  s.metric = slice(&workspace, s.gram_length);
  s.trial_metric = slice(&workspace, s.gram_length);
  s.steps = slice(&workspace, s.length * MEMORY);
  s.yields = slice(&workspace, s.length * MEMORY);
  s.scale = slice(&workspace, (size_t)blocks(&problem->shape));
  return s;
}

/* --- the penalised objective --- */

/* Subtracts the gradient of 1/2 sum_j ridge_j a_jc^2 over `columns` columns; returns that sum. */
static double penalise(int rows, int columns, const double *ridge, const double *a, double *g) {
  double sum = 0;
  for (int c = 0; c < columns; c++)
    for (int j = 0; j < rows; j++) {
      size_t here = at(j, c, rows);
      sum += 0.5 * ridge[j] * a[here] * a[here];
      g[here] -= ridge[j] * a[here];
    }
  return sum;
}

/* Objective at theta; gradient and, if not NULL, the Gram matrices are overwritten. */
static double objective(state *s, const double *theta, double *gradient, double *gram,
                        double *loglik) {
  const moe_problem *p = s->problem;
  const moe_shape *h = &p->shape;
  const size_t gate = area(h->r, h->K);
  *loglik = p->evaluate(p->context, theta, gradient, gram);
  s->result->evaluations++;
  return *loglik - penalise(h->r, h->K, p->ridge_gate, theta, gradient) -
         penalise(h->p, h->K * h->M, p->ridge_expert, theta + gate, gradient + gate);
}

/* --- the minorizer's metric --- */

/* a (p x p Gram matrix) <- Cholesky factor of 1/2 a + diag(ridge). A jitter, far above rounding but
 * far below any curvature that matters, keeps it definite; more curvature is still a minorizer. */
static void factor_block(int p, const double *ridge, double *a) {
  for (size_t j = 0; j < area(p, p); j++) a[j] *= 0.5;
  for (int j = 0; j < p; j++) {
    double *diagonal = a + at(j, j, p);
    *diagonal = (*diagonal + ridge[j]) * (1 + JITTER) + DBL_MIN;
  }
  moe_cholesky(p, a);
}

static void factor_metric(const moe_problem *problem, double *gram) {
  const moe_shape *h = &problem->shape;
  factor_block(h->r, problem->ridge_gate, gram);
  gram += area(h->r, h->r);
  for (int k = 0; k < h->K; k++, gram += area(h->p, h->p)) {
    problem->poll(problem->poll_context);
    factor_block(h->p, problem->ridge_expert, gram);
  }
}

/* Rounding that S^-1 blows up must not leave the symmetric form: each row sums to 0. */
static void center_rows(int rows, int columns, double *a) {
  for (int j = 0; j < rows; j++) {
    double mean = 0;
    for (int c = 0; c < columns; c++) mean += a[at(j, c, rows)] / columns;
    for (int c = 0; c < columns; c++) a[at(j, c, rows)] -= mean;
  }
}

static void solve_block(int rows, int columns, const double *factor, double *a) {
  moe_cholesky_solve(rows, columns, factor, a);
  center_rows(rows, columns, a);
}

/* a (the shape of theta) <- S^-1 a */
static void solve_metric(const state *s, double *a) {
  const moe_shape *h = &s->problem->shape;
  const double *factor = s->metric;
  solve_block(h->r, h->K, factor, a);
  factor += area(h->r, h->r);
  a += area(h->r, h->K);
  for (int k = 0; k < h->K; k++, factor += area(h->p, h->p), a += area(h->p, h->M))
    solve_block(h->p, h->M, factor, a);
}

/* --- moving --- */

static void swap(double **a, double **b) {
  double *kept = *a;
  *a = *b;
  *b = kept;
}

/* Evaluates theta + length * direction, with the Gram matrices if asked for. */
static double try_step(state *s, double length, int with_gram, double *loglik) {
  for (size_t j = 0; j < s->length; j++) s->trial[j] = s->theta[j] + length * s->direction[j];
  return objective(s, s->trial, s->trial_gradient, with_gram ? s->trial_metric : NULL, loglik);
}

/* Makes the trial point the current one. */
static void accept(state *s, double value, double loglik, int with_gram) {
  memcpy(s->theta, s->trial, sizeof(double) * s->length);
  swap(&s->gradient, &s->trial_gradient);
  if (with_gram) {
    swap(&s->metric, &s->trial_metric);
    factor_metric(s->problem, s->metric);
  }
  s->result->objective = value;
  s->result->loglik = loglik;
}

/* direction <- S^-1 gradient; returns the slope of the objective along it. */
static double mm_direction(state *s) {
  memcpy(s->direction, s->gradient, sizeof(double) * s->length);
  solve_metric(s, s->direction);
  return dot(s->length, s->direction, s->gradient);
}

/* The plain MM step, which needs the metric of the current point; 0 if rounding hides its gain. */
static int mm_step(state *s) {
  double loglik, value;
  mm_direction(s);
  value = try_step(s, 1, 1, &loglik);
  if (!(value > s->result->objective)) return 0;
  accept(s, value, loglik, 1);
  return 1;
}

/* --- quasi-Newton --- */

/* Where a pair's column of `steps` or `yields` starts. */
static double *pair_start(const state *s, double *columns, int slot) {
  return columns + s->length * (size_t)slot;
}

/* Multiplies each block of a (the shape of theta) by its scale. */
static void scale_blocks(const state *s, double *a) {
  const moe_shape *h = &s->problem->shape;
  for (int b = 0; b < blocks(h); b++)
    for (size_t left = block_length(h, b); left > 0; left--) *a++ *= s->scale[b];
}

/* direction <- H gradient by the two-loop recursion; returns the slope along it. */
static double quasi_newton_direction(state *s) {
  double weight[MEMORY];
  double *d = s->direction;
  memcpy(d, s->gradient, sizeof(double) * s->length);
  for (int a = 0; a < s->pairs; a++) {
    int slot = (s->newest - a + MEMORY) % MEMORY;
    const double *step = pair_start(s, s->steps, slot), *yield = pair_start(s, s->yields, slot);
    weight[slot] = dot(s->length, step, d) / s->curvature[slot];
    for (size_t j = 0; j < s->length; j++) d[j] -= weight[slot] * yield[j];
  }
  solve_metric(s, d);
  scale_blocks(s, d);
  for (int a = s->pairs - 1; a >= 0; a--) {
    int slot = (s->newest - a + MEMORY) % MEMORY;
    const double *step = pair_start(s, s->steps, slot), *yield = pair_start(s, s->yields, slot);
    double shift = weight[slot] - dot(s->length, yield, d) / s->curvature[slot];
    for (size_t j = 0; j < s->length; j++) d[j] += shift * step[j];
  }
  return dot(s->length, d, s->gradient);
}

/* Learns the scales from a pair and S^-1 yield. The ratio step' yield / yield' S^-1 yield says how
 * much the bound overstates the curvature; it differs between the gate and the experts, and between
 * an expert that has its rows to itself and one that shares them. One block's ratio is noisy, so it
 * is kept near that of all blocks. */
static void learn_scales(state *s, const double *step, const double *yield, const double *solved,
                         double overall) {
  const moe_shape *h = &s->problem->shape;
  for (int b = 0; b < blocks(h); b++) {
    const size_t length = block_length(h, b);
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
static void remember(state *s, double length) {
  int slot = (s->newest + 1) % MEMORY;
  double *step = pair_start(s, s->steps, slot), *yield = pair_start(s, s->yields, slot);
  for (size_t j = 0; j < s->length; j++) {
    step[j] = length * s->direction[j];
    yield[j] = s->gradient[j] - s->trial_gradient[j];
    s->change[j] = yield[j];
  }
  double curvature = dot(s->length, step, yield);
  solve_metric(s, s->change);
  double yield_norm = dot(s->length, yield, s->change);
  if (!(curvature > 1e-10 * yield_norm) || yield_norm <= 0) return;
  learn_scales(s, step, yield, s->change, curvature / yield_norm);
  s->curvature[slot] = curvature;
  s->newest = slot;
  if (s->pairs < MEMORY) s->pairs++;
}

static void forget(state *s) {
  s->pairs = 0;
  s->newest = MEMORY - 1;
  for (int b = 0; b < blocks(&s->problem->shape); b++) s->scale[b] = 1;
}

/* A step along direction that raises the objective enough, by backtracking to the maximum of the
 * parabola through what is known; 0 if there is none. */
static int ascend(state *s, double slope, int with_gram) {
  double length = 1, loglik;
  for (int trial = 0; trial < BACKTRACKS; trial++) {
    double value = try_step(s, length, with_gram, &loglik), start = s->result->objective;
    if (value > start && value >= start + SUFFICIENT * length * slope) {
      remember(s, length);
      accept(s, value, loglik, with_gram);
      return 1;
    }
    double shortfall = 2 * (start + length * slope - value);
    double best = isfinite(shortfall) && shortfall > 0 ? length * length * slope / shortfall : 0;
    length = fmin(fmax(best, 0.1 * length), 0.5 * length);
  }
  return 0;
}

/* The plain MM step at the current point after its metric is computed anew. */
static int fall_back(state *s) {
  double loglik; /* known already, as is the objective */
  forget(s);
  objective(s, s->theta, s->gradient, s->metric, &loglik);
  factor_metric(s->problem, s->metric);
  return mm_step(s);
}

/* --- the iteration --- */

/* What plain MM could still gain, from its last two gains, which shrink geometrically. */
static double mm_gain(const moe_result *r, int iteration) {
  if (iteration < 2) return INFINITY;
  double last = r->trace[iteration] - r->trace[iteration - 1];
  double before = r->trace[iteration - 1] - r->trace[iteration - 2];
  return last < before ? last * last / (before - last) : INFINITY;
}

static double largest(size_t n, const double *a) {
  double top = 0;
  for (size_t j = 0; j < n; j++) top = fmax(top, fabs(a[j]));
  return top;
}

static void maximise_mm(state *s) {
  moe_result *r = s->result;
  while (r->iterations < s->control->max_iterations) {
    if (!mm_step(s)) {
      r->status = MOE_STALLED;
      return;
    }
    r->trace[++r->iterations] = r->objective;
    r->gain = mm_gain(r, r->iterations);
    if (r->gain <= s->control->tolerance * (1 + fabs(r->objective))) {
      r->status = MOE_CONVERGED;
      return;
    }
  }
}

static void maximise_accelerated(state *s) {
  moe_result *r = s->result;
  int refresh = FIRST_REFRESH, wait = FIRST_REFRESH;
  forget(s);
  for (;;) {
    double slope = quasi_newton_direction(s);
    r->gain = (s->pairs < TRUSTED_PAIRS ? CAUTION : 1) * 0.5 * slope;
    if (r->gain <= s->control->tolerance * (1 + fabs(r->objective))) {
      r->status = MOE_CONVERGED;
      return;
    }
    if (r->iterations == s->control->max_iterations) return;
    int with_gram = r->iterations + 1 == refresh;
    if (with_gram) refresh += wait *= 2;
    if (!ascend(s, slope, with_gram) && !fall_back(s)) {
      r->status = MOE_STALLED;
      return;
    }
    r->trace[++r->iterations] = r->objective;
  }
}

void moe_maximise(const moe_problem *problem, const moe_control *control, double *workspace,
                  double *theta, moe_result *result) {
  state s = make_state(problem, control, workspace, theta, result);
  result->status = MOE_ITERATION_LIMIT;
  result->iterations = result->evaluations = 0;
  result->gain = INFINITY;
  result->objective = objective(&s, theta, s.gradient, s.metric, &result->loglik);
  result->trace[0] = result->objective;
  if (isfinite(result->objective)) {
    factor_metric(problem, s.metric);
    if (control->method == MOE_MM)
      maximise_mm(&s);
    else
      maximise_accelerated(&s);
  } else {
    result->status = MOE_NOT_FINITE;
  }
  result->gradient_norm = largest(s.length, s.gradient);
}
