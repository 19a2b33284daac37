/* Arguments from R as the core takes them (glue_arguments.c), for the routines of glue.c. Each of
 * these functions refuses, by an R error that names the argument, what it cannot use; nothing that
 * the core relies on is taken for granted. `name` is what the user of a routine calls it. */
#ifndef MOE_GLUE_H
#define MOE_GLUE_H

#include <Rinternals.h>

#include "moe.h"

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

#endif
