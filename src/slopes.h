/* Slopes: derivatives of predictions by the linear predictors, over a block of rows (slopes.c). A
 * prediction's gradient by predictor a's coefficients is a number, the slope s_a, times the row of
 * the predictor's design. */
#ifndef MOE_SLOPES_H
#define MOE_SLOPES_H

#include "score.h"

/* Of `outputs` predictions by `predictors` predictors, from the given ones on: that of output o by
 * the predictor a from there is column a * stride + o. */
typedef struct {
  const double *columns;
  int outputs, predictors, first, stride;
} slopes;

int moe_predictor_count(const moe_shape *s);

/* Doubles for the slopes of anything. */
size_t moe_slopes_length(const moe_shape *s);

const double *moe_slope_of(const slopes *of, int a, int output);

/* A block with designs, probabilities of gate and experts, and of the classes in b->indicator. */
void moe_load_predictions(const walk *w, const span *of, block *b);

/* Written to `out`: of the softmax of `count` classes by its predictors; of class probabilities;
 * of their log-odds against the first class. */
slopes moe_softmax_slopes(const walk *w, int rows, int count, const double *prob, double *out);
slopes moe_prob_slopes(const walk *w, int rows, block *b, double *out);
slopes moe_link_slopes(const walk *w, int rows, block *b, double *out);

#endif
