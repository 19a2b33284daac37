/* Predictions: a map over the rows. */
#include <string.h>

#include "model.h"
#include "unit.h"

/* The block's columns of one output, n apart, from buffers whose columns are MOE_BLOCK apart. */
static void copy_columns(int n, int first, int count, int columns, const double *from, double *to) {
  if (!to) return;
  for (int c = 0; c < columns; c++)
    memcpy(to + at(first, c, n), from + column(c), sizeof(double) * (size_t)count);
}

static void predict_classes(const walk *w, const span *of, block *b, double *prob) {
  const moe_shape *s = &w->rows->shape;
  const double *gate = b->gate;
  if (w->rows->data.units.start) {
    moe_spread(w, of, b, s->K, b->gate, b->tau);
    gate = b->tau;
  }
  w->kernels->average(moe_filled(of->rows), s->M, s->K, gate, b->expert, b->indicator);
  copy_columns(s->n, of->row, of->rows, s->M, b->indicator, prob);
}

/* Of a part of a unit the logs are kept in b->unit_tau until it ends. */
static void predict_posterior(const walk *w, const span *of, block *b, double *posterior) {
  const int is_first = !w->rows->data.units.start || w->rows->data.units.start[of->unit] == of->row;
  if (is_first && of->is_last) {
    moe_block_likelihood(w, of, b);
  } else {
    if (is_first) moe_clear_unit_logs(w, of, b);
    moe_block_response(w, of, b);
    moe_add_unit_logs(w, of, b);
    if (of->is_last) moe_unit_posterior(w, of, b);
  }
  if (of->is_last)
    copy_columns(moe_unit_count(w->rows), of->unit, of->units, w->rows->shape.K, b->unit_tau,
                 posterior);
}

static void predict_span(const walk *w, const span *of, block *b, const moe_prediction *to) {
  const moe_shape *s = &w->rows->shape;
  moe_block_probabilities(w, of, b);
  copy_columns(moe_unit_count(w->rows), of->unit, of->units, s->K, b->gate, to->gate);
  copy_columns(s->n, of->row, of->rows, s->K * s->M, b->expert, to->expert);
  if (to->prob) predict_classes(w, of, b, to->prob);
  if (to->posterior) predict_posterior(w, of, b, to->posterior);
}

static void predict_piece(const walk *w, const piece *of, block *b, void *out) {
  for (int unit = of->first; unit < of->end;) {
    const span next = moe_span_from(w, unit, of->end);
    for (int part = 0; part < moe_parts(&next); part++) {
      const span some = moe_part(&next, part);
      predict_span(w, &some, b, out);
    }
    unit += next.units;
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
