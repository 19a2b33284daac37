/* What the routines that R calls (glue.c has their table) share: arguments, interrupts, results. */
#ifndef MOE_GLUE_H
#define MOE_GLUE_H

#include <Rinternals.h>
#include <setjmp.h>

#include "moe.h"

/* --- arguments (glue_arguments.c) --- */

/* Arguments from R as the core takes them. Each of these functions refuses, by an R error that
 * names the argument, what it cannot use; nothing that the core relies on is taken for granted.
 * `name` is what the user of a routine calls it. */

/* One integer from least to most; one flag. */
int glue_count(SEXP a, int least, int most, const char *name);
int glue_flag(SEXP a, const char *name);

/* Flags that are not NA, `length` of them. */
const int *glue_flags(SEXP a, double length, const char *name);

/* A numeric matrix; any numbers. */
typedef struct {
  int rows, columns;
  const double *values;
} glue_matrix;
glue_matrix glue_matrix_of(SEXP a, const char *name);

/* n finite numbers that are not negative (positive), or NULL for R's NULL where that may be. */
const double *glue_weights(SEXP a, double n, const char *name);
const double *glue_positive(SEXP a, double n, const char *name);
const double *glue_optional_weights(SEXP a, double n, const char *name);

/* n finite numbers. */
const double *glue_finite(SEXP a, double n, const char *name);

/* n numbers from 1 to most as numbers from 0, which the core counts from. */
const int *glue_numbers(SEXP a, double n, int most, const char *name);

/* The slots p, i, x and Dim of a dgCMatrix. */
moe_columns glue_columns(SEXP p, SEXP i, SEXP x, SEXP dim);

/* A problem: list(design, unit, y, weights, classes, experts, penalty, ...) with
 * design = list(x, x_center, x_scale, z, z_center, z_scale), of which x and z are matrices or rows
 * compressed by C_moe_compress_rows(). y counts from 1 in R, from 0 in the core; it may be NULL.
 * unit is NULL or list(start, repeats); weights, and the rows of z, are of units. */
moe_rows glue_rows(SEXP problem, SEXP threads);

/* Their units: as many as rows where each is one. */
int glue_units(const moe_rows *rows);

/* The same, where y must be there. */
moe_rows glue_observed_rows(SEXP problem, SEXP threads);

/* The shape, of no rows, of a problem whose rows only R can reach; dim: columns of x and of z. */
moe_shape glue_distant_shape(SEXP problem, SEXP dim);

/* list(loglik, gradient, gram): what an evaluation gives; gram is read if it is asked for. */
void glue_evaluation(SEXP a, const moe_shape *shape, double *value, double *gradient, double *gram);

/* penalty = list(gate, expert): ridges of the columns of z and of x. */
void glue_penalty(SEXP problem, moe_objective *objective);

/* Numbers of the length of theta; they may be anything, as may be what is computed from them. */
const double *glue_theta(SEXP a, const moe_shape *shape);

/* A row of K weights for each unit, or NULL. */
const double *glue_tau(SEXP a, const moe_rows *rows);

/* list(method, max_iterations, tolerance, target) */
moe_control glue_control(SEXP a);

/* --- interrupts (glue_leave.c) --- */

/* R leaves by a long jump when the user interrupts or time is up. The core is not to be jumped
 * over: the jump is caught, the core asked to stop, and the jump goes on once it has returned. All
 * runs of a call share this; only the thread that R called may ask R. */
typedef struct {
  SEXP jump; /* R's continuation */
  jmp_buf back;
  int stopped;
} glue_interruption;

/* Runs what may jump. Nonzero if it did, now or earlier. */
int glue_call(glue_interruption *in, SEXP (*call)(void *), void *context);

/* A poll of the core: whether the user has interrupted. Its context is an interruption. */
int glue_interrupted(void *in);
void glue_poll(moe_rows *rows, glue_interruption *in);

/* After each call of the core: goes on with the jump, or on to the result. */
void glue_leave(const glue_interruption *in, moe_status status);

/* --- results (glue_leave.c) --- */

/* Memory until the routine returns. */
moe_workspace glue_workspace(size_t length);

SEXP glue_vector(size_t length, const double *values);

/* Puts a new vector of doubles into a list, which protects it. */
double *glue_new(SEXP list, int place, size_t length);

/* --- routines --- */

/* glue_columns.c */
SEXP C_moe_moments(SEXP x, SEXP weights);
SEXP C_moe_sparse_moments(SEXP p, SEXP i, SEXP x, SEXP dim, SEXP weights);
SEXP C_moe_compress_rows(SEXP p, SEXP i, SEXP x, SEXP dim, SEXP center, SEXP scale);
SEXP C_moe_independent_columns(SEXP gram, SEXP kept);
SEXP C_moe_pair_features(SEXP x, SEXP a, SEXP b);
SEXP C_moe_room(SEXP rows, SEXP columns, SEXP is_integer);
SEXP C_moe_merge(SEXP weight, SEXP atoms);

/* glue_fit.c */
SEXP C_moe_maximise(SEXP problem, SEXP theta, SEXP tau, SEXP settings, SEXP threads);
SEXP C_moe_maximise_distant(SEXP problem, SEXP dim, SEXP theta, SEXP settings, SEXP evaluate);

/* glue_rows.c */
SEXP C_moe_evaluate(SEXP problem, SEXP theta, SEXP tau, SEXP with_gram, SEXP threads);
SEXP C_moe_predict(SEXP problem, SEXP theta, SEXP wanted, SEXP threads);
SEXP C_moe_information(SEXP problem, SEXP theta, SEXP kind, SEXP threads);
SEXP C_moe_scores(SEXP problem, SEXP theta, SEXP threads);
SEXP C_moe_variances(SEXP problem, SEXP theta, SEXP kind, SEXP covariance, SEXP threads);
SEXP C_moe_averages(SEXP problem, SEXP theta, SEXP threads);
SEXP C_moe_tangent(SEXP problem, SEXP theta, SEXP threads);
SEXP C_moe_gate_sums(SEXP problem, SEXP theta, SEXP threads);

/* glue_read.c */
SEXP C_moe_read(SEXP path, SEXP vectors);

#endif
