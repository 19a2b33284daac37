/* Slopes: derivatives of predictions by the linear predictors. */
#include "slopes.h"

int moe_predictor_count(const moe_shape *s) { return s->K - 1 + s->K * (s->M - 1); }

size_t moe_slopes_length(const moe_shape *s) {
  return column(larger(s->M, s->K)) * (size_t)moe_predictor_count(s);
}

const double *moe_slope_of(const slopes *of, int a, int output) {
  return of->columns + column(a * of->stride + output);
}

/* Of the softmax of `count` classes by its predictors. */
slopes moe_softmax_slopes(const walk *w, int rows, int count, const double *prob, double *out) {
  for (int q = 1; q < count; q++)
    for (int m = 0; m < count; m++, out += MOE_BLOCK)
      w->kernels->softmax_slope(rows, m == q, prob + column(m), prob + column(q), out);
  return (slopes){out - column(count * (count - 1)), count, count - 1, 0, count};
}

/* Of class probabilities, which are in b->indicator. */
slopes moe_prob_slopes(const walk *w, int rows, block *b, double *out) {
  const moe_shape *s = &w->rows->shape;
  double *to = out;
  for (int k = 1; k < s->K; k++)
    for (int m = 0; m < s->M; m++, to += MOE_BLOCK)
      w->kernels->weigh_difference(rows, b->gate + column(k), b->expert + column(s->M * k + m),
                                   b->indicator + column(m), to);
  for (int k = 0; k < s->K; k++, to += column(s->M * (s->M - 1))) {
    moe_softmax_slopes(w, rows, s->M, b->expert + column(s->M * k), to);
    w->kernels->weigh(rows, s->M * (s->M - 1), b->gate + column(k), to, to);
  }
  return (slopes){out, s->M, moe_predictor_count(s), 0, s->M};
}

/* Of log-odds against the first class, in place of those of the other classes. */
slopes moe_link_slopes(const walk *w, int rows, block *b, double *out) {
  const int M = w->rows->shape.M, count = moe_predictor_count(&w->rows->shape);
  double *of_predictor = out;
  moe_prob_slopes(w, rows, b, out);
  for (int a = 0; a < count; a++, of_predictor += column(M))
    for (int m = 1; m < M; m++) {
      const double *const slope[] = {of_predictor + column(m), of_predictor};
      const double *const prob[] = {b->indicator + column(m), b->indicator};
      w->kernels->log_ratio_slope(rows, slope, prob, of_predictor + column(m));
    }
  return (slopes){out + MOE_BLOCK, M - 1, count, 0, M};
}

/* Designs, probabilities of gate and experts, and of the classes in b->indicator. */
void moe_load_predictions(const walk *w, const span *of, block *b) {
  const moe_shape *s = &w->rows->shape;
  moe_block_probabilities(w, of, b);
  moe_linear_unpack(&w->plan.linear[0], of->unit, of->units, b->z);
  if (w->plan.designs > 1) moe_linear_unpack(&w->plan.linear[1], of->row, of->rows, b->x);
  w->kernels->average(moe_filled(of->rows), s->M, s->K, b->gate, b->expert, b->indicator);
}
