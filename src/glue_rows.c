/* Routines that walk the rows of a problem once: what it is worth at theta, what it predicts there,
 * and its curvature. Problem, theta, tau and threads are described in glue.h. */
#include <R.h>
#include <limits.h>

#include "glue.h"
#include "index.h"

/* The log-likelihood, its gradient and, if asked, the Gram matrices at theta. */
SEXP C_moe_evaluate(SEXP problem, SEXP theta, SEXP tau, SEXP with_gram, SEXP threads) {
  moe_rows rows = glue_observed_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  const int gram = glue_flag(with_gram, "with_gram");
  glue_interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  rows.data.tau = glue_tau(tau, &rows);
  rows.workspace = glue_workspace(moe_evaluation_workspace(s, rows.threads, gram));
  glue_poll(&rows, &in);
  const char *names[] = {"loglik", "gradient", "gram", ""};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  double *value = glue_new(out, 0, 1), *gradient = glue_new(out, 1, moe_theta_length(s));
  glue_leave(&in, moe_evaluate_rows(&rows, point, value, gradient,
                                    gram ? glue_new(out, 2, moe_gram_length(s)) : NULL));
  UNPROTECT(2);
  return out;
}

/* Puts a new array of doubles into a list, which protects it. */
static double *new_array(SEXP list, int place, int rank, const int *lengths) {
  SEXP dim = PROTECT(allocVector(INTSXP, rank));
  size_t length = 1;
  for (int a = 0; a < rank; a++) length *= (size_t)(INTEGER(dim)[a] = lengths[a]);
  double *out = glue_new(list, place, length);
  setAttrib(VECTOR_ELT(list, place), R_DimSymbol, dim);
  UNPROTECT(1);
  return out;
}

/* wanted: a flag for each of "prob", "gate", "expert", "posterior", in that order */
SEXP C_moe_predict(SEXP problem, SEXP theta, SEXP wanted, SEXP threads) {
  moe_rows rows = glue_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  const int *flags = glue_flags(wanted, 4, "wanted");
  const int ranks[] = {2, 2, 3, 2}, units = glue_units(&rows);
  const int lengths[][3] = {{s->n, s->M}, {units, s->K}, {s->n, s->M, s->K}, {units, s->K}};
  const char *names[] = {"prob", "gate", "expert", "posterior", ""};
  double *to[4] = {NULL};
  if (flags[3] && !rows.data.y) error("`problem` must have an element `y`.");
  glue_interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  rows.workspace = glue_workspace(moe_rows_workspace(s, rows.threads));
  glue_poll(&rows, &in);
  for (int a = 0; a < 4; a++)
    if (flags[a]) to[a] = new_array(out, a, ranks[a], lengths[a]);
  const moe_prediction prediction = {to[0], to[1], to[2], to[3]};
  glue_leave(&in, moe_predict_rows(&rows, point, &prediction));
  UNPROTECT(2);
  return out;
}

/* The coefficients, as a length in R. */
static int coefficient_count(const moe_shape *s) {
  const size_t d = moe_coefficients_length(s);
  if (d > INT_MAX)
    error("The problem must have fewer than 2^31 coefficients, not %.0f.", (double)d);
  return (int)d;
}

/* What curvature and scores of units start from. */
static void find_unit_posterior(moe_rows *rows, const double *theta, const glue_interruption *in) {
  if (!rows->data.units.start) return;
  double *tau = glue_workspace(area(glue_units(rows), rows->shape.K)).values;
  rows->workspace = glue_workspace(moe_rows_workspace(&rows->shape, rows->threads));
  glue_leave(in, moe_predict_rows(rows, theta, &(moe_prediction){.posterior = tau}));
  rows->data.tau = tau;
}

/* kind: a moe_information */
SEXP C_moe_information(SEXP problem, SEXP theta, SEXP kind, SEXP threads) {
  moe_rows rows = glue_observed_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  const moe_information which = (moe_information)glue_count(kind, MOE_OBSERVED, MOE_SCORES, "kind");
  glue_interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  SEXP out = PROTECT(allocMatrix(REALSXP, coefficient_count(s), coefficient_count(s)));
  glue_poll(&rows, &in);
  find_unit_posterior(&rows, point, &in);
  rows.workspace =
      glue_workspace(moe_information_workspace(s, rows.threads, rows.data.units.start != NULL));
  glue_leave(&in, moe_information_rows(&rows, point, which, REAL(out)));
  UNPROTECT(2);
  return out;
}

SEXP C_moe_scores(SEXP problem, SEXP theta, SEXP threads) {
  moe_rows rows = glue_observed_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  glue_interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  SEXP out = PROTECT(allocMatrix(REALSXP, glue_units(&rows), coefficient_count(s)));
  glue_poll(&rows, &in);
  find_unit_posterior(&rows, point, &in);
  rows.workspace = glue_workspace(moe_rows_workspace(s, rows.threads));
  glue_leave(&in, moe_score_rows(&rows, point, REAL(out)));
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
  glue_interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  SEXP out = PROTECT(allocMatrix(REALSXP, s->n, moe_output_count(s, which)));
  rows.workspace = glue_workspace(moe_variance_workspace(s, rows.threads));
  glue_poll(&rows, &in);
  glue_leave(&in, moe_variance_rows(&rows, point, which, c.values, REAL(out)));
  UNPROTECT(2);
  return out;
}

/* Sums of class probabilities, with the problem's weights, and their gradient (d x M). */
SEXP C_moe_averages(SEXP problem, SEXP theta, SEXP threads) {
  moe_rows rows = single_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  const char *names[] = {"prob", "gradient", ""};
  glue_interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  rows.workspace = glue_workspace(moe_average_workspace(s, rows.threads));
  glue_poll(&rows, &in);
  double *prob = glue_new(out, 0, (size_t)s->M);
  double *gradient = new_array(out, 1, 2, (const int[]){coefficient_count(s), s->M});
  glue_leave(&in, moe_average_rows(&rows, point, prob, gradient));
  UNPROTECT(2);
  return out;
}

/* out, filled by a walk over the rows at theta that needs so much workspace. */
static SEXP fill(SEXP out, moe_rows *rows, const double *theta, size_t length,
                 moe_status (*walk)(const moe_rows *, const double *, double *)) {
  PROTECT(out);
  glue_interruption in = {.jump = PROTECT(R_MakeUnwindCont())};
  rows->workspace = glue_workspace(length);
  glue_poll(rows, &in);
  glue_leave(&in, walk(rows, theta, REAL(out)));
  UNPROTECT(2);
  return out;
}

/* The derivative of that gradient by each predictor (d x M x predictors). */
SEXP C_moe_tangent(SEXP problem, SEXP theta, SEXP threads) {
  moe_rows rows = single_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  const int predictors = s->K - 1 + s->K * (s->M - 1);
  return fill(alloc3DArray(REALSXP, coefficient_count(s), s->M, predictors), &rows, point,
              moe_tangent_workspace(s, rows.threads), moe_tangent_rows);
}

/* Sums of the gate's probabilities over the units, with the problem's weights. */
SEXP C_moe_gate_sums(SEXP problem, SEXP theta, SEXP threads) {
  moe_rows rows = glue_rows(problem, threads);
  const moe_shape *s = &rows.shape;
  const double *point = glue_theta(theta, s);
  return fill(allocVector(REALSXP, s->K), &rows, point, moe_gate_sums_workspace(s, rows.threads),
              moe_gate_sums_rows);
}
