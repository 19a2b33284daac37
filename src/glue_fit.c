/* Routines that maximise the objective, over rows in memory or rows that only R can reach. Problem,
 * theta, tau, settings and threads are described in glue.h. */
#include <R.h>

#include "glue.h"
#include "index.h"

#define TRACE_MOST 100000 /* objectives that a trace can hold */

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
  SET_VECTOR_ELT(out, 8, glue_vector((size_t)r->trace_length, r->trace));
  UNPROTECT(1);
  return out;
}

/* The objective's shape, rows and context are set; the rest comes from the problem. */
static SEXP maximise(moe_objective *objective, SEXP problem, SEXP theta, SEXP settings,
                     glue_interruption *in) {
  const moe_control control = glue_control(settings);
  objective->poll = glue_interrupted;
  objective->poll_context = in;
  glue_theta(theta, &objective->shape);
  glue_penalty(problem, objective);
  const int most = control.max_iterations < TRACE_MOST ? control.max_iterations : TRACE_MOST - 1;
  moe_result result = {.trace_capacity = larger(most + 1, 2)};
  result.trace = glue_workspace((size_t)result.trace_capacity).values;
  SEXP solution = PROTECT(duplicate(theta));
  glue_leave(in,
             moe_maximise(objective, &control, glue_workspace(moe_fit_workspace(&objective->shape)),
                          REAL(solution), &result));
  SEXP out = run_as_list(solution, &result);
  UNPROTECT(1);
  return out;
}

/* From theta; the element `status` is a moe_ending. */
SEXP C_moe_maximise(SEXP problem, SEXP theta, SEXP tau, SEXP settings, SEXP threads) {
  moe_rows rows = glue_observed_rows(problem, threads);
  glue_interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  moe_objective objective = {.shape = rows.shape, .evaluate = moe_evaluate_rows, .context = &rows};
  rows.data.tau = glue_tau(tau, &rows);
  rows.workspace = glue_workspace(moe_evaluation_workspace(&rows.shape, rows.threads, 1));
  glue_poll(&rows, &in);
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
  glue_interruption *in;
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
  SEXP theta = PROTECT(glue_vector(moe_theta_length(s), q->theta));
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
  glue_call(rows->in, ask, &q);
  return q.status;
}

/* As C_moe_maximise(), with a function instead of rows; dim: columns of x and of z. */
SEXP C_moe_maximise_distant(SEXP problem, SEXP dim, SEXP theta, SEXP settings, SEXP evaluate) {
  if (!isFunction(evaluate)) error("`evaluate` must be a function.");
  glue_interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  distant_rows rows = {glue_distant_shape(problem, dim), evaluate, &in};
  moe_objective objective = {
      .shape = rows.shape, .evaluate = evaluate_distant_rows, .context = &rows};
  SEXP out = maximise(&objective, problem, theta, settings, &in);
  UNPROTECT(1);
  return out;
}
