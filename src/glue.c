/* Between R and the core: the routines that R calls, and the interrupt poll. This file and
 * glue_arguments.c, which checks what R hands over, are the only ones that know R. */
#include "glue.h"

#include <R.h>
#include <R_ext/Rdynload.h>
#include <R_ext/Utils.h>
#include <limits.h>
#include <setjmp.h>
#include <string.h>

#include "index.h"

#define TRACE_MOST 100000 /* objectives that a trace can hold */

/* --- leaving the core --- */

/* R leaves by a long jump when the user interrupts or time is up. The core is not to be jumped
 * over: the jump is caught, the core asked to stop, and the jump goes on once it has returned. All
 * runs of a call share this; only the thread that R called may ask R. */
typedef struct {
  SEXP jump; /* R's continuation */
  jmp_buf back;
  int stopped;
} interruption;

static SEXP check_interrupt(void *unused) {
  (void)unused;
  R_CheckUserInterrupt();
  return R_NilValue;
}

static void catch_jump(void *context, Rboolean is_jump) {
  interruption *in = context;
  if (is_jump) longjmp(in->back, 1);
}

static int poll_interrupt(void *context) {
  interruption *in = context;
  if (in->stopped) return 1;
  if (setjmp(in->back)) return in->stopped = 1;
  R_UnwindProtect(check_interrupt, NULL, catch_jump, in, in->jump);
  return 0;
}

/* After each call of the core. */
static void leave_core(const interruption *in, moe_status status) {
  if (in->stopped) R_ContinueUnwind(in->jump);
  if (status != MOE_OK) error("internal error: the core returned status %d", (int)status);
}

static void poll_rows(moe_rows *rows, interruption *in) {
  rows->poll = poll_interrupt;
  rows->poll_context = in;
}

/* --- results --- */

static moe_workspace workspace(size_t length) {
  return (moe_workspace){(double *)R_alloc(length, sizeof(double)), length};
}

static SEXP real_vector(size_t length, const double *values) {
  SEXP a = allocVector(REALSXP, (R_xlen_t)length);
  if (length) memcpy(REAL(a), values, sizeof(double) * length);
  return a;
}

/* Puts a new vector of doubles into a list, which protects it. */
static double *new_real(SEXP list, int place, size_t length) {
  SET_VECTOR_ELT(list, place, allocVector(REALSXP, (R_xlen_t)length));
  return REAL(VECTOR_ELT(list, place));
}

/* --- columns --- */

/* A list with room for numbers per column. */
static SEXP new_moments(int p) {
  const char *names[] = {"center", "scale", ""};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  new_real(out, 0, (size_t)p);
  new_real(out, 1, (size_t)p);
  UNPROTECT(1);
  return out;
}

SEXP C_moe_moments(SEXP x, SEXP weights) {
  const glue_matrix m = glue_matrix_of(x, "x");
  const double *v = glue_optional_weights(weights, m.rows, "weights");
  SEXP out = PROTECT(new_moments(m.columns));
  moe_moments(m.rows, m.columns, m.values, v, REAL(VECTOR_ELT(out, 0)), REAL(VECTOR_ELT(out, 1)));
  UNPROTECT(1);
  return out;
}

/* p, i, x, dim: the slots of a dgCMatrix, here and in C_moe_compress_rows(). */
SEXP C_moe_sparse_moments(SEXP p, SEXP i, SEXP x, SEXP dim, SEXP weights) {
  const moe_columns columns = glue_columns(p, i, x, dim);
  const double *v = glue_optional_weights(weights, columns.n, "weights");
  SEXP out = PROTECT(new_moments(columns.p));
  moe_sparse_moments(&columns, v, REAL(VECTOR_ELT(out, 0)), REAL(VECTOR_ELT(out, 1)));
  UNPROTECT(1);
  return out;
}

/* NULL if there would be more entries than an integer can count. */
SEXP C_moe_compress_rows(SEXP p, SEXP i, SEXP x, SEXP dim, SEXP center, SEXP scale) {
  const moe_columns columns = glue_columns(p, i, x, dim);
  const double *shift = glue_finite(center, columns.p, "center");
  const double *unit = glue_positive(scale, columns.p, "scale");
  const char *names[] = {"start", "column", "value", "base", "dim", ""};
  if (columns.n == INT_MAX) error("`x` must have fewer than %d rows.", INT_MAX);
  SEXP out = PROTECT(mkNamed(VECSXP, names)), start, column;
  SET_VECTOR_ELT(out, 0, start = allocVector(INTSXP, (R_xlen_t)columns.n + 1));
  const size_t entries = moe_row_starts(&columns, shift, unit, INTEGER(start));
  if (entries > INT_MAX) {
    UNPROTECT(1);
    return R_NilValue;
  }
  SET_VECTOR_ELT(out, 1, column = allocVector(INTSXP, (R_xlen_t)entries));
  const moe_sparse rows = {INTEGER(start), INTEGER(column), new_real(out, 2, entries),
                           new_real(out, 3, (size_t)columns.p)};
  SET_VECTOR_ELT(out, 4, duplicate(dim));
  moe_compress_rows(&columns, shift, unit, &rows);
  UNPROTECT(1);
  return out;
}

/* kept: flags of the columns whose Gram matrix (p x p) is given. */
SEXP C_moe_independent_columns(SEXP gram, SEXP kept) {
  const glue_matrix m = glue_matrix_of(gram, "gram");
  if (m.rows != m.columns) error("`gram` must be square, not %d x %d.", m.rows, m.columns);
  glue_flags(kept, m.columns, "kept");
  SEXP out = PROTECT(duplicate(kept)), work = PROTECT(duplicate(gram));
  moe_independent_columns(m.columns, REAL(work), LOGICAL(out));
  UNPROTECT(2);
  return out;
}

/* --- the model; problem, theta, tau, settings, threads are described in glue.h --- */

/* The log-likelihood, its gradient and, if asked, the Gram matrices at theta. */
SEXP C_moe_evaluate(SEXP problem, SEXP theta, SEXP tau, SEXP with_gram, SEXP threads) {
  moe_rows rows = glue_observed_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  const int gram = glue_flag(with_gram, "with_gram");
  interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  rows.data.tau = glue_tau(tau, &rows);
  rows.workspace = workspace(moe_evaluation_workspace(s, rows.threads, gram));
  poll_rows(&rows, &in);
  const char *names[] = {"loglik", "gradient", "gram", ""};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  double *value = new_real(out, 0, 1), *gradient = new_real(out, 1, moe_theta_length(s));
  leave_core(&in, moe_evaluate_rows(&rows, point, value, gradient,
                                    gram ? new_real(out, 2, moe_gram_length(s)) : NULL));
  UNPROTECT(2);
  return out;
}

static SEXP run_as_list(SEXP solution, const moe_result *r) {
  const char *names[] = {"theta",       "objective",     "loglik", "status", "iterations",
                         "evaluations", "gradient_norm", "gain",   "trace",  ""};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, solution);
  SET_VECTOR_ELT(out, 1, ScalarReal(r->objective));
  SET_VECTOR_ELT(out, 2, ScalarReal(r->loglik));
  SET_VECTOR_ELT(out, 3, ScalarInteger((int)r->ending));
  SET_VECTOR_ELT(out, 4, ScalarInteger(r->iterations));
  SET_VECTOR_ELT(out, 5, ScalarInteger(r->evaluations));
  SET_VECTOR_ELT(out, 6, ScalarReal(r->gradient_norm));
  SET_VECTOR_ELT(out, 7, ScalarReal(r->gain));
  SET_VECTOR_ELT(out, 8, real_vector((size_t)r->trace_length, r->trace));
  UNPROTECT(1);
  return out;
}

/* The objective's shape, rows and context are set; the rest comes from the problem. */
static SEXP maximise(moe_objective *objective, SEXP problem, SEXP theta, SEXP settings,
                     interruption *in) {
  const moe_control control = glue_control(settings);
  objective->poll = poll_interrupt;
  objective->poll_context = in;
  glue_theta(theta, &objective->shape);
  glue_penalty(problem, objective);
  const int most = control.max_iterations < TRACE_MOST ? control.max_iterations : TRACE_MOST - 1;
  moe_result result = {.trace_capacity = larger(most + 1, 2)};
  result.trace = workspace((size_t)result.trace_capacity).values;
  SEXP solution = PROTECT(duplicate(theta));
  leave_core(in, moe_maximise(objective, &control, workspace(moe_fit_workspace(&objective->shape)),
                              REAL(solution), &result));
  SEXP out = run_as_list(solution, &result);
  UNPROTECT(1);
  return out;
}

/* From theta; the element `status` is a moe_ending. */
SEXP C_moe_maximise(SEXP problem, SEXP theta, SEXP tau, SEXP settings, SEXP threads) {
  moe_rows rows = glue_observed_rows(problem, threads);
  interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  moe_objective objective = {.shape = rows.shape, .evaluate = moe_evaluate_rows, .context = &rows};
  rows.data.tau = glue_tau(tau, &rows);
  rows.workspace = workspace(moe_evaluation_workspace(&rows.shape, rows.threads, 1));
  poll_rows(&rows, &in);
  SEXP out = maximise(&objective, problem, theta, settings, &in);
  UNPROTECT(1);
  return out;
}

/* --- rows that only R can reach --- */

/* evaluate(theta, gram) gives list(loglik, gradient, gram), the last if `gram` is TRUE; or NULL
 * where the rows could not be reached. */
typedef struct {
  moe_shape shape;
  SEXP evaluate;
  interruption *in;
} distant_rows;

typedef struct {
  const distant_rows *rows;
  const double *theta;
  double *value, *gradient, *gram;
  moe_status status;
} question;

/* In here R may jump. */
static SEXP ask(void *context) {
  question *q = context;
  const moe_shape *s = &q->rows->shape;
  SEXP theta = PROTECT(real_vector(moe_theta_length(s), q->theta));
  SEXP with_gram = PROTECT(ScalarLogical(q->gram != NULL));
  SEXP call = PROTECT(lang3(q->rows->evaluate, theta, with_gram));
  SEXP answer = PROTECT(eval(call, R_BaseEnv));
  q->status = isNull(answer) ? MOE_FAILED : MOE_OK;
  if (q->status == MOE_OK) glue_evaluation(answer, s, q->value, q->gradient, q->gram);
  UNPROTECT(4);
  return R_NilValue;
}

static moe_status evaluate_distant_rows(void *context, const double *theta, double *value,
                                        double *gradient, double *gram) {
  const distant_rows *rows = context;
  question q = {rows, theta, value, gradient, gram, MOE_STOPPED};
  if (rows->in->stopped) return MOE_STOPPED;
  if (setjmp(rows->in->back)) {
    rows->in->stopped = 1;
    return MOE_STOPPED;
  }
  R_UnwindProtect(ask, &q, catch_jump, rows->in, rows->in->jump);
  return q.status;
}

/* As C_moe_maximise(), with a function instead of rows; dim: columns of x and of z. */
SEXP C_moe_maximise_distant(SEXP problem, SEXP dim, SEXP theta, SEXP settings, SEXP evaluate) {
  if (!isFunction(evaluate)) error("`evaluate` must be a function.");
  interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  distant_rows rows = {glue_distant_shape(problem, dim), evaluate, &in};
  moe_objective objective = {
      .shape = rows.shape, .evaluate = evaluate_distant_rows, .context = &rows};
  SEXP out = maximise(&objective, problem, theta, settings, &in);
  UNPROTECT(1);
  return out;
}

/* wanted: a flag for each of "prob", "gate", "expert", "posterior", in that order */
SEXP C_moe_predict(SEXP problem, SEXP theta, SEXP wanted, SEXP threads) {
  moe_rows rows = glue_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  const int *flags = glue_flags(wanted, 4, "wanted");
  const size_t n = (size_t)s->n, of_units = area(glue_units(&rows), s->K);
  const size_t lengths[] = {n * (size_t)s->M, of_units, n * area(s->M, s->K), of_units};
  const char *names[] = {"prob", "gate", "expert", "posterior", ""};
  double *to[4] = {NULL};
  if (flags[3] && !rows.data.y) error("`problem` must have an element `y`.");
  interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  rows.workspace = workspace(moe_rows_workspace(s, rows.threads));
  poll_rows(&rows, &in);
  for (int a = 0; a < 4; a++)
    if (flags[a]) to[a] = new_real(out, a, lengths[a]);
  const moe_prediction prediction = {to[0], to[1], to[2], to[3]};
  leave_core(&in, moe_predict_rows(&rows, point, &prediction));
  UNPROTECT(2);
  return out;
}

/* A matrix of so many rows and a column per coefficient. */
static SEXP new_per_coefficient(const moe_shape *s, double rows) {
  const double columns = (double)s->r * (s->K - 1) + (double)s->p * (s->M - 1) * s->K;
  if (columns > INT_MAX || rows > INT_MAX)
    error("The problem must have fewer than 2^31 coefficients, not %.0f.", columns);
  return allocMatrix(REALSXP, (int)rows, (int)columns);
}

/* What curvature and scores of units start from. */
static void find_unit_posterior(moe_rows *rows, const double *theta, const interruption *in) {
  if (!rows->data.units.start) return;
  double *tau = workspace(area(glue_units(rows), rows->shape.K)).values;
  rows->workspace = workspace(moe_rows_workspace(&rows->shape, rows->threads));
  leave_core(in, moe_predict_rows(rows, theta, &(moe_prediction){.posterior = tau}));
  rows->data.tau = tau;
}

/* kind: a moe_information */
SEXP C_moe_information(SEXP problem, SEXP theta, SEXP kind, SEXP threads) {
  moe_rows rows = glue_observed_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  const moe_information which = (moe_information)glue_count(kind, MOE_OBSERVED, MOE_SCORES, "kind");
  interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  SEXP out = PROTECT(new_per_coefficient(s, (double)moe_coefficients_length(s)));
  poll_rows(&rows, &in);
  find_unit_posterior(&rows, point, &in);
  rows.workspace =
      workspace(moe_information_workspace(s, rows.threads, rows.data.units.start != NULL));
  leave_core(&in, moe_information_rows(&rows, point, which, REAL(out)));
  UNPROTECT(2);
  return out;
}

SEXP C_moe_scores(SEXP problem, SEXP theta, SEXP threads) {
  moe_rows rows = glue_observed_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  SEXP out = PROTECT(new_per_coefficient(s, glue_units(&rows)));
  poll_rows(&rows, &in);
  find_unit_posterior(&rows, point, &in);
  rows.workspace = workspace(moe_rows_workspace(s, rows.threads));
  leave_core(&in, moe_score_rows(&rows, point, REAL(out)));
  UNPROTECT(2);
  return out;
}

/* Of rows that are units. */
static moe_rows single_rows(SEXP problem, SEXP threads) {
  const moe_rows rows = glue_rows(problem, threads);
  if (rows.data.units.start) error("`problem` must not have units of several rows.");
  return rows;
}

/* kind: a moe_output; covariance: d x d */
SEXP C_moe_variances(SEXP problem, SEXP theta, SEXP kind, SEXP covariance, SEXP threads) {
  moe_rows rows = single_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  const moe_output which = (moe_output)glue_count(kind, MOE_PROB, MOE_EXPERT, "kind");
  const glue_matrix c = glue_matrix_of(covariance, "covariance");
  if (c.rows != c.columns || (size_t)c.rows != moe_coefficients_length(s))
    error("`covariance` must have a row and a column per coefficient, not be %d x %d.", c.rows,
          c.columns);
  interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  SEXP out = PROTECT(allocMatrix(REALSXP, s->n, moe_output_count(s, which)));
  rows.workspace = workspace(moe_variance_workspace(s, rows.threads));
  poll_rows(&rows, &in);
  leave_core(&in, moe_variance_rows(&rows, point, which, c.values, REAL(out)));
  UNPROTECT(2);
  return out;
}

/* Sums of class probabilities, with the problem's weights, and their gradient (d x M). */
SEXP C_moe_averages(SEXP problem, SEXP theta, SEXP threads) {
  moe_rows rows = single_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  const char *names[] = {"prob", "gradient", ""};
  interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  rows.workspace = workspace(moe_average_workspace(s, rows.threads));
  poll_rows(&rows, &in);
  double *prob = new_real(out, 0, (size_t)s->M);
  double *gradient = new_real(out, 1, moe_coefficients_length(s) * (size_t)s->M);
  leave_core(&in, moe_average_rows(&rows, point, prob, gradient));
  UNPROTECT(2);
  return out;
}

/* --- mixing measures --- */

/* weight: K positive numbers; atoms: a matrix with a column per atom */
SEXP C_moe_merge(SEXP weight, SEXP atoms) {
  const glue_matrix m = glue_matrix_of(atoms, "atoms");
  const int K = m.columns;
  const double *q = glue_positive(weight, K, "weight");
  if (K < 1) error("`atoms` must have at least one column.");
  const char *names[] = {"merge", "height", "weight", "atoms", ""};
  interruption in = {.stopped = 0};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, allocMatrix(INTSXP, K - 1, 2));
  SET_VECTOR_ELT(out, 3, allocMatrix(REALSXP, m.rows, K - 1));
  const moe_merges merges = {.merge = INTEGER(VECTOR_ELT(out, 0)),
                             .height = new_real(out, 1, (size_t)K - 1),
                             .weight = new_real(out, 2, (size_t)K - 1),
                             .atoms = REAL(VECTOR_ELT(out, 3))};
  leave_core(&in,
             moe_merge(K, m.rows, q, m.values, workspace(moe_merge_workspace(K, m.rows)), &merges));
  UNPROTECT(1);
  return out;
}

static const R_CallMethodDef calls[] = {
    {"C_moe_moments", (DL_FUNC)&C_moe_moments, 2},
    {"C_moe_sparse_moments", (DL_FUNC)&C_moe_sparse_moments, 5},
    {"C_moe_compress_rows", (DL_FUNC)&C_moe_compress_rows, 6},
    {"C_moe_independent_columns", (DL_FUNC)&C_moe_independent_columns, 2},
    {"C_moe_evaluate", (DL_FUNC)&C_moe_evaluate, 5},
    {"C_moe_maximise", (DL_FUNC)&C_moe_maximise, 5},
    {"C_moe_maximise_distant", (DL_FUNC)&C_moe_maximise_distant, 5},
    {"C_moe_predict", (DL_FUNC)&C_moe_predict, 4},
    {"C_moe_information", (DL_FUNC)&C_moe_information, 4},
    {"C_moe_scores", (DL_FUNC)&C_moe_scores, 3},
    {"C_moe_variances", (DL_FUNC)&C_moe_variances, 5},
    {"C_moe_averages", (DL_FUNC)&C_moe_averages, 3},
    {"C_moe_merge", (DL_FUNC)&C_moe_merge, 2},
    {NULL, NULL, 0}};

void R_init_moelogit(DllInfo *info) {
  R_registerRoutines(info, NULL, calls, NULL, NULL);
  R_useDynamicSymbols(info, FALSE);
  R_forceSymbols(info, TRUE);
}
