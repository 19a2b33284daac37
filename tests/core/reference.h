/* The model once more, as its definition reads: one row at a time, in long double, in the symmetric
 * parametrisation, with a shift by the largest predictor as the only care taken. Slow and obvious;
 * what the core computes is held against it. */
#ifndef REFERENCE_H
#define REFERENCE_H

#include "moe.h"

/* One row. */
typedef struct {
  long double *x, *z;      /* standardised covariates: p and r */
  long double *log_gate;   /* K */
  long double *log_expert; /* M x K */
  long double *tau;        /* K: its unit's posterior weights, or those given; if y is known */
  long double value;       /* its unit's term of the objective, before the case weight */
} reference_row;

/* Units, whether they are given or each row is one: their number, and a row's. */
int reference_units(const moe_shape *shape, const moe_data *data);
int reference_unit_of(const moe_data *data, int i);
int reference_starts_unit(const moe_data *data, int i);

long double reference_repeats(const moe_data *data, int i);

reference_row *reference_new_row(const moe_shape *shape);
void reference_free_row(reference_row *row);
void reference_compute_row(const moe_shape *shape, const moe_data *data, const double *theta, int i,
                           reference_row *row);

/* The sums over rows, and for each the sum of its terms' sizes: rounding is in proportion to those,
 * also where the terms cancel. */
typedef struct {
  long double value, value_size;
  long double *gradient, *gradient_size; /* the shape of theta */
  long double *gram, *gram_size;         /* Z'VZ and X'V T_k X, as in moe_evaluate_rows() */
} reference_sums;

reference_sums *reference_evaluate(const moe_shape *shape, const moe_data *data,
                                   const double *theta);
void reference_free_sums(reference_sums *sums);

typedef struct {
  double *gate, *expert; /* r, p */
} ridges;

/* 1/2 sum ridge theta^2 */
long double reference_penalty(const moe_shape *shape, const ridges *ridge, const double *theta);

/* next <- theta + S^-1 g, the maximiser of the minorizer at theta, with S = 1/2 X'V T_k X + D. */
void reference_mm_step(const moe_shape *shape, const moe_data *data, const ridges *ridge,
                       const double *theta, double *next);

#endif
