/* Between R and the core: arguments to structs, results to lists, and the interrupt poll. Arguments
 * have been checked in R. */
#include <R.h>
#include <R_ext/Rdynload.h>
#include <R_ext/Utils.h>
#include <Rinternals.h>
#include <limits.h>
#include <string.h>

#include "index.h"
#include "moe.h"

static void poll_interrupt(void *context) {
  (void)context;
  R_CheckUserInterrupt();
}

static SEXP element(SEXP list, const char *name) {
  SEXP names = getAttrib(list, R_NamesSymbol);
  for (R_xlen_t i = 0; i < xlength(list); i++)
    if (strcmp(CHAR(STRING_ELT(names, i)), name) == 0) return VECTOR_ELT(list, i);
  error("internal error: no element '%s'", name);
}

/* Vectors that are only read are asked for as such: R would copy some for anything else. */
static const double *optional_real(SEXP a) { return isNull(a) ? NULL : REAL_RO(a); }

/* A design is a matrix, or rows compressed by C_moe_compress_rows(): list(start, column, value,
 * base, dim). */
static const int *dimensions(SEXP x) {
  return INTEGER(isNewList(x) ? element(x, "dim") : getAttrib(x, R_DimSymbol));
}

static const double *dense_values(SEXP x) { return isNewList(x) ? NULL : REAL_RO(x); }

static const moe_sparse *sparse_rows(SEXP x) {
  if (!isNewList(x)) return NULL;
  moe_sparse *out = (moe_sparse *)R_alloc(1, sizeof(moe_sparse));
  *out = (moe_sparse){.start = INTEGER(element(x, "start")),
                      .column = INTEGER(element(x, "column")),
                      .value = REAL(element(x, "value")),
                      .base = REAL(element(x, "base"))};
  return out;
}

/* design: list(x, z, x_center, x_scale, z_center, z_scale); y from 1 in R, from 0 in the core */
static moe_data as_data(SEXP design, SEXP y, SEXP weights, SEXP tau) {
  SEXP x = element(design, "x"), z = element(design, "z");
  moe_data d = {
      .x = dense_values(x),
      .x_center = REAL(element(design, "x_center")),
      .x_scale = REAL(element(design, "x_scale")),
      .z = dense_values(z),
      .x_sparse = sparse_rows(x),
      .z_center = REAL(element(design, "z_center")),
      .z_scale = REAL(element(design, "z_scale")),
      .weight = optional_real(weights),
      .tau = optional_real(tau),
  };
  d.z_sparse = z == x ? d.x_sparse : sparse_rows(z);
  if (!isNull(y)) {
    int n = LENGTH(y), *from_zero = (int *)R_alloc((size_t)n, sizeof(int));
    for (int i = 0; i < n; i++) from_zero[i] = INTEGER(y)[i] - 1;
    d.y = from_zero;
  }
  return d;
}

static moe_rows as_rows(SEXP design, SEXP y, SEXP weights, SEXP tau, SEXP shape, SEXP threads) {
  moe_rows rows = {.data = as_data(design, y, weights, tau),
                   .threads = asInteger(threads),
                   .poll = poll_interrupt};
  rows.shape.n = dimensions(element(design, "x"))[0];
  rows.shape.p = dimensions(element(design, "x"))[1];
  rows.shape.r = dimensions(element(design, "z"))[1];
  rows.shape.M = INTEGER(shape)[0];
  rows.shape.K = INTEGER(shape)[1];
  return rows;
}

static double *workspace(size_t length) { return (double *)R_alloc(length, sizeof(double)); }

static SEXP real_vector(size_t length, const double *values) {
  SEXP a = allocVector(REALSXP, (R_xlen_t)length);
  if (length) memcpy(REAL(a), values, sizeof(double) * length);
  return a;
}

/* A list with room for numbers per column. */
static SEXP new_moments(int p) {
  const char *names[] = {"center", "scale", ""};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, allocVector(REALSXP, p));
  SET_VECTOR_ELT(out, 1, allocVector(REALSXP, p));
  UNPROTECT(1);
  return out;
}

SEXP C_moe_moments(SEXP x, SEXP weights) {
  SEXP out = PROTECT(new_moments(ncols(x)));
  moe_moments(nrows(x), ncols(x), REAL_RO(x), optional_real(weights), REAL(VECTOR_ELT(out, 0)),
              REAL(VECTOR_ELT(out, 1)));
  UNPROTECT(1);
  return out;
}

/* The slots p, i, x and Dim of a dgCMatrix. */
static moe_columns as_columns(SEXP p, SEXP i, SEXP x, SEXP dim) {
  return (moe_columns){.n = INTEGER(dim)[0],
                       .p = INTEGER(dim)[1],
                       .start = INTEGER(p),
                       .row = INTEGER(i),
                       .value = REAL(x)};
}

SEXP C_moe_sparse_moments(SEXP p, SEXP i, SEXP x, SEXP dim, SEXP weights) {
  moe_columns columns = as_columns(p, i, x, dim);
  SEXP out = PROTECT(new_moments(columns.p));
  moe_sparse_moments(&columns, optional_real(weights), REAL(VECTOR_ELT(out, 0)),
                     REAL(VECTOR_ELT(out, 1)));
  UNPROTECT(1);
  return out;
}

/* NULL if there would be more entries than an integer can count. */
SEXP C_moe_compress_rows(SEXP p, SEXP i, SEXP x, SEXP dim, SEXP center, SEXP scale) {
  moe_columns columns = as_columns(p, i, x, dim);
  const char *names[] = {"start", "column", "value", "base", "dim", ""};
  SEXP out = PROTECT(mkNamed(VECSXP, names)), start;
  SET_VECTOR_ELT(out, 0, start = allocVector(INTSXP, (R_xlen_t)columns.n + 1));
  size_t entries = moe_row_starts(&columns, REAL(center), REAL(scale), INTEGER(start));
  if (entries > INT_MAX) {
    UNPROTECT(1);
    return R_NilValue;
  }
  SET_VECTOR_ELT(out, 1, allocVector(INTSXP, (R_xlen_t)entries));
  SET_VECTOR_ELT(out, 2, allocVector(REALSXP, (R_xlen_t)entries));
  SET_VECTOR_ELT(out, 3, allocVector(REALSXP, columns.p));
  SET_VECTOR_ELT(out, 4, duplicate(dim));
  moe_compress_rows(&columns, REAL(center), REAL(scale), sparse_rows(out));
  UNPROTECT(1);
  return out;
}

/* kept: flags of the columns whose Gram matrix (p x p) is given. */
SEXP C_moe_independent_columns(SEXP gram, SEXP kept) {
  SEXP out = PROTECT(duplicate(kept)), work = PROTECT(duplicate(gram));
  moe_independent_columns(LENGTH(kept), REAL(work), LOGICAL(out));
  UNPROTECT(2);
  return out;
}

/* control: list(method, max_iterations, tolerance, threads); ridge: list(gate, expert) */
SEXP C_moe_fit(SEXP design, SEXP y, SEXP weights, SEXP tau, SEXP theta, SEXP ridge, SEXP shape,
               SEXP control) {
  moe_rows rows = as_rows(design, y, weights, tau, shape, element(control, "threads"));
  moe_problem problem = {.shape = rows.shape,
                         .ridge_gate = REAL(element(ridge, "gate")),
                         .ridge_expert = REAL(element(ridge, "expert")),
                         .evaluate = moe_evaluate_rows,
                         .context = &rows,
                         .poll = poll_interrupt};
  moe_control settings = {.method = (moe_method)asInteger(element(control, "method")),
                          .max_iterations = asInteger(element(control, "max_iterations")),
                          .tolerance = asReal(element(control, "tolerance"))};
  moe_result result = {.trace = workspace((size_t)settings.max_iterations + 1)};
  rows.workspace = workspace(moe_rows_workspace(&rows.shape, rows.threads, 1));

  const char *names[] = {"theta",       "objective",     "loglik", "status", "iterations",
                         "evaluations", "gradient_norm", "gain",   "trace",  ""};
  SEXP out = PROTECT(mkNamed(VECSXP, names)), solution = duplicate(theta);
  SET_VECTOR_ELT(out, 0, solution);
  moe_maximise(&problem, &settings, workspace(moe_fit_workspace(&problem)), REAL(solution),
               &result);
  SET_VECTOR_ELT(out, 1, ScalarReal(result.objective));
  SET_VECTOR_ELT(out, 2, ScalarReal(result.loglik));
  SET_VECTOR_ELT(out, 3, ScalarInteger(result.status));
  SET_VECTOR_ELT(out, 4, ScalarInteger(result.iterations));
  SET_VECTOR_ELT(out, 5, ScalarInteger(result.evaluations));
  SET_VECTOR_ELT(out, 6, ScalarReal(result.gradient_norm));
  SET_VECTOR_ELT(out, 7, ScalarReal(result.gain));
  SET_VECTOR_ELT(out, 8, real_vector((size_t)result.iterations + 1, result.trace));
  UNPROTECT(1);
  return out;
}

/* The log-likelihood, its gradient and, if asked, the Gram matrices at theta. */
SEXP C_moe_evaluate(SEXP design, SEXP y, SEXP weights, SEXP tau, SEXP theta, SEXP shape,
                    SEXP with_gram, SEXP threads) {
  moe_rows rows = as_rows(design, y, weights, tau, shape, threads);
  int gram = asLogical(with_gram);
  rows.workspace = workspace(moe_rows_workspace(&rows.shape, rows.threads, gram));
  const char *names[] = {"loglik", "gradient", "gram", ""};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 1, allocVector(REALSXP, (R_xlen_t)moe_theta_length(&rows.shape)));
  if (gram) SET_VECTOR_ELT(out, 2, allocVector(REALSXP, (R_xlen_t)moe_gram_length(&rows.shape)));
  SET_VECTOR_ELT(out, 0,
                 ScalarReal(moe_evaluate_rows(&rows, REAL(theta), REAL(VECTOR_ELT(out, 1)),
                                              gram ? REAL(VECTOR_ELT(out, 2)) : NULL)));
  UNPROTECT(1);
  return out;
}

/* wanted: names out of "prob", "gate", "expert", "posterior" as four flags in that order */
SEXP C_moe_predict(SEXP design, SEXP y, SEXP theta, SEXP shape, SEXP wanted, SEXP threads) {
  moe_rows rows = as_rows(design, y, R_NilValue, R_NilValue, shape, threads);
  const moe_shape *s = &rows.shape;
  const size_t columns[] = {area(1, s->M), area(1, s->K), area(s->M, s->K), area(1, s->K)};
  const char *names[] = {"prob", "gate", "expert", "posterior", ""};
  double *to[4] = {NULL};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  rows.workspace = workspace(moe_rows_workspace(s, rows.threads, 0));
  for (int a = 0; a < 4; a++) {
    if (!LOGICAL(wanted)[a]) continue;
    SET_VECTOR_ELT(out, a, allocVector(REALSXP, (R_xlen_t)((size_t)s->n * columns[a])));
    to[a] = REAL(VECTOR_ELT(out, a));
  }
  moe_prediction prediction = {.prob = to[0], .gate = to[1], .expert = to[2], .posterior = to[3]};
  moe_predict_rows(&rows, REAL(theta), &prediction);
  UNPROTECT(1);
  return out;
}

/* kind: a moe_information */
SEXP C_moe_information(SEXP design, SEXP y, SEXP weights, SEXP theta, SEXP shape, SEXP kind,
                       SEXP threads) {
  moe_rows rows = as_rows(design, y, weights, R_NilValue, shape, threads);
  const int d = (int)moe_coefficients_length(&rows.shape);
  SEXP out = PROTECT(allocMatrix(REALSXP, d, d));
  rows.workspace = workspace(moe_information_workspace(&rows.shape, rows.threads));
  moe_information_rows(&rows, REAL(theta), (moe_information)asInteger(kind), REAL(out));
  UNPROTECT(1);
  return out;
}

SEXP C_moe_scores(SEXP design, SEXP y, SEXP weights, SEXP theta, SEXP shape, SEXP threads) {
  moe_rows rows = as_rows(design, y, weights, R_NilValue, shape, threads);
  const int d = (int)moe_coefficients_length(&rows.shape);
  SEXP out = PROTECT(allocMatrix(REALSXP, rows.shape.n, d));
  rows.workspace = workspace(moe_information_workspace(&rows.shape, rows.threads));
  moe_score_rows(&rows, REAL(theta), REAL(out));
  UNPROTECT(1);
  return out;
}

/* weight: K numbers; atoms: a matrix with a column per atom */
SEXP C_moe_merge(SEXP weight, SEXP atoms) {
  const int K = LENGTH(weight), length = nrows(atoms);
  const char *names[] = {"merge", "height", "weight", "atoms", ""};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, allocMatrix(INTSXP, K - 1, 2));
  SET_VECTOR_ELT(out, 1, allocVector(REALSXP, K - 1));
  SET_VECTOR_ELT(out, 2, allocVector(REALSXP, K - 1));
  SET_VECTOR_ELT(out, 3, allocMatrix(REALSXP, length, K - 1));
  moe_merges merges = {.merge = INTEGER(VECTOR_ELT(out, 0)),
                       .height = REAL(VECTOR_ELT(out, 1)),
                       .weight = REAL(VECTOR_ELT(out, 2)),
                       .atoms = REAL(VECTOR_ELT(out, 3))};
  moe_merge(K, length, REAL(weight), REAL(atoms), workspace(moe_merge_workspace(K, length)),
            &merges);
  UNPROTECT(1);
  return out;
}

static const R_CallMethodDef calls[] = {
    {"C_moe_moments", (DL_FUNC)&C_moe_moments, 2},
    {"C_moe_sparse_moments", (DL_FUNC)&C_moe_sparse_moments, 5},
    {"C_moe_compress_rows", (DL_FUNC)&C_moe_compress_rows, 6},
    {"C_moe_independent_columns", (DL_FUNC)&C_moe_independent_columns, 2},
    {"C_moe_fit", (DL_FUNC)&C_moe_fit, 8},
    {"C_moe_evaluate", (DL_FUNC)&C_moe_evaluate, 8},
    {"C_moe_predict", (DL_FUNC)&C_moe_predict, 6},
    {"C_moe_information", (DL_FUNC)&C_moe_information, 7},
    {"C_moe_scores", (DL_FUNC)&C_moe_scores, 6},
    {"C_moe_merge", (DL_FUNC)&C_moe_merge, 2},
    {NULL, NULL, 0}};

void R_init_moelogit(DllInfo *info) {
  R_registerRoutines(info, NULL, calls, NULL, NULL);
  R_useDynamicSymbols(info, FALSE);
  R_forceSymbols(info, TRUE);
}
