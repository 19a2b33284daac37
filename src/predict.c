/* Predictions: a map over the rows. */
#include <string.h>

#include "model.h"

/* The block's columns of one output, n apart, from buffers whose columns are MOE_BLOCK apart. */
static void copy_columns(int n, int first, int count, int columns, const vec *from, double *to) {
  if (!to) return;
  for (int c = 0; c < columns; c++)
    memcpy(to + at(first, c, n), (const double *)(from + column(c)),
           sizeof(double) * (size_t)count);
}

/* Rounding must not leave a probability above 1, whose complement users take. */
static void average_experts(const moe_shape *s, int vecs, const block *b, vec *prob) {
  for (int m = 0; m < s->M; m++, prob += MOE_VECS)
    for (int i = 0; i < vecs; i++) {
      vec sum = {0};
      for (int k = 0; k < s->K; k++)
        sum += b->gate[at(i, k, MOE_VECS)] * b->expert[at(i, s->M * k + m, MOE_VECS)];
      prob[i] = vec_select(sum > 1.0, (vec){0} + 1.0, sum);
    }
}

static void predict_piece(const walk *w, const piece *of, block *b, void *out) {
  const moe_prediction *to = out;
  const moe_shape *s = &w->rows->shape;
  for (int first = of->first; first < of->end; first += MOE_BLOCK) {
    const int count = moe_block_rows(of, first);
    moe_block_probabilities(w, first, count, b);
    copy_columns(s->n, first, count, s->K, b->gate, to->gate);
    copy_columns(s->n, first, count, s->K * s->M, b->expert, to->expert);
    if (to->prob) {
      average_experts(s, moe_block_vecs(count), b, b->indicator);
      copy_columns(s->n, first, count, s->M, b->indicator, to->prob);
    }
    if (to->posterior) {
      moe_block_likelihood(w, first, count, b);
      copy_columns(s->n, first, count, s->K, b->tau, to->posterior);
    }
  }
}

moe_status moe_predict_rows(const moe_rows *rows, const double *theta, const moe_prediction *out) {
  if (rows->workspace.length < moe_rows_workspace(&rows->shape, rows->threads))
    return MOE_SHORT_WORKSPACE;
  const walk w = moe_start_walk(rows, rows->threads, theta);
  moe_prediction to = *out;
  const moe_job job = {predict_piece, moe_row_cost(&w), &to};
  return moe_walk_segments(&w, 0, w.plan.segments, &job);
}
