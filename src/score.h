/* Predictors one by one, and the scores of rows and units with respect to them (score.c): what
 * curvature is made of. */
#ifndef MOE_SCORE_H
#define MOE_SCORE_H

#include "model.h"

/* Of the gate, or of a class (1 .. M-1) of an expert. */
typedef struct {
  int expert;
  int class; /* 0 for the gate */
  int length;
  size_t start; /* of its coefficients */
} predictor;

/* c counts the gate's predictors first. */
predictor moe_predictor_at(const moe_shape *s, int c);

/* The predictor's columns in a block. */
const double *moe_design_of(const block *b, const predictor *a);

void moe_set_ones(double *column);

/* A block with everything that predictions, and b->z and b->x that sparse designs do not have; and
 * in b->eta the scores of the predictors without the case weights. */
void moe_score_block(const walk *w, const span *of, block *b);

/* A block with the same, but for units: out += e_km = sum_i w_i (1{y_i = m} - p_km) x_i over the
 * span's rows, a row per unit, p columns, `stride` apart, for each of the experts' predictors. */
void moe_add_span_scores(const walk *w, const span *of, block *b, size_t stride, double *out);

#endif
