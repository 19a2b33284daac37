/* Weighted sums of predictions over the rows: of class probabilities with their gradient, and of
 * the gate's probabilities. */
#include <string.h>

#include "slopes.h"
#include "unit.h"

/* --- class probabilities --- */

/* Of a segment: M probabilities, then p or r x M of their gradient for each predictor. */
static size_t average_length(const moe_shape *s) {
  return (moe_coefficients_length(s) + 1) * (size_t)s->M;
}

size_t moe_average_workspace(const moe_shape *s, int threads) {
  const plan a = moe_plan(s);
  return MOE_WIDEST + moe_walk_length(&a, threads) + (size_t)threads * moe_slopes_length(s) +
         (size_t)a.segments * average_length(s);
}

typedef struct {
  double *scratch, *sums;
} averages;

static void add_averages(const walk *w, const span *of, block *b, double *scratch, double *sum) {
  const moe_shape *s = &w->rows->shape;
  const int rows = moe_filled(of->rows);
  moe_load_predictions(w, of, b);
  moe_pack_weights(w, of, b);
  const slopes by = moe_prob_slopes(w, rows, b, scratch);
  w->kernels->crossprod(rows, 1, s->M, b->weight, b->indicator, sum);
  w->kernels->weigh(rows, by.predictors * s->M, b->weight, scratch, scratch);
  sum += s->M;
  for (int a = 0; a < by.predictors; a++) {
    const predictor linear = moe_predictor_at(s, a);
    w->kernels->crossprod(rows, linear.length, s->M, moe_design_of(b, &linear),
                          moe_slope_of(&by, a, 0), sum);
    sum += area(linear.length, s->M);
  }
}

static void average_piece(const walk *w, const piece *of, block *b, void *context) {
  const averages *v = context;
  const moe_shape *s = &w->rows->shape;
  double *scratch = v->scratch + (size_t)of->thread * moe_slopes_length(s);
  double *sum = v->sums + (size_t)of->segment * average_length(s);
  if (of->starts) memset(sum, 0, sizeof(double) * average_length(s));
  for (int unit = of->first; unit < of->end;) {
    const span next = moe_span_from(w, unit, of->end);
    add_averages(w, &next, b, scratch, sum);
    unit += next.units;
  }
}

/* prob and gradient (d x M) += those of a segment */
static void add_segment(const moe_shape *s, const double *sum, double *prob, double *gradient) {
  for (int m = 0; m < s->M; m++) prob[m] += *sum++;
  for (int a = 0; a < moe_predictor_count(s); a++) {
    const predictor linear = moe_predictor_at(s, a);
    for (int m = 0; m < s->M; m++)
      for (int j = 0; j < linear.length; j++)
        gradient[moe_coefficients_length(s) * (size_t)m + linear.start + (size_t)j] += *sum++;
  }
}

moe_status moe_average_rows(const moe_rows *rows, const double *theta, double *prob,
                            double *gradient) {
  const moe_shape *s = &rows->shape;
  if (rows->workspace.length < moe_average_workspace(s, rows->threads)) return MOE_SHORT_WORKSPACE;
  const walk w = moe_start_walk(rows, rows->threads, theta);
  averages v = {w.rest, w.rest + (size_t)rows->threads * moe_slopes_length(s)};
  const double cost = moe_row_cost(&w) + (double)moe_coefficients_length(s) * s->M;
  const moe_job job = {average_piece, cost, &v};
  const moe_status status = moe_walk_segments(&w, 0, w.plan.segments, &job);
  if (status != MOE_OK) return status;
  memset(prob, 0, sizeof(double) * (size_t)s->M);
  memset(gradient, 0, sizeof(double) * moe_coefficients_length(s) * (size_t)s->M);
  for (int segment = 0; segment < w.plan.segments; segment++)
    add_segment(s, v.sums + (size_t)segment * average_length(s), prob, gradient);
  return MOE_OK;
}

/* --- the gate --- */

size_t moe_gate_sums_workspace(const moe_shape *s, int threads) {
  const plan a = moe_plan(s);
  return MOE_WIDEST + moe_walk_length(&a, threads) + area(a.segments, s->K);
}

/* Of a unit in parts the last has it all. */
static void add_gate(const walk *w, const span *of, block *b, double *sum) {
  const int K = w->rows->shape.K;
  if (!of->is_last) return;
  moe_block_probabilities(w, of, b);
  if (w->rows->data.units.start)
    moe_unit_weights(w, of, b);
  else
    moe_pack_weights(w, of, b);
  w->kernels->crossprod(moe_filled(of->units), 1, K, b->unit_weight, b->gate, sum);
}

static void gate_piece(const walk *w, const piece *of, block *b, void *sums) {
  double *sum = (double *)sums + area(of->segment, w->rows->shape.K);
  if (of->starts) memset(sum, 0, sizeof(double) * (size_t)w->rows->shape.K);
  for (int unit = of->first; unit < of->end;) {
    const span next = moe_span_from(w, unit, of->end);
    for (int part = 0; part < moe_parts(&next); part++) {
      const span some = moe_part(&next, part);
      add_gate(w, &some, b, sum);
    }
    unit += next.units;
  }
}

moe_status moe_gate_sums_rows(const moe_rows *rows, const double *theta, double *out) {
  const int K = rows->shape.K;
  if (rows->workspace.length < moe_gate_sums_workspace(&rows->shape, rows->threads))
    return MOE_SHORT_WORKSPACE;
  const walk w = moe_start_walk(rows, rows->threads, theta);
  const moe_job job = {gate_piece, moe_row_cost(&w), w.rest};
  const moe_status status = moe_walk_segments(&w, 0, w.plan.segments, &job);
  if (status != MOE_OK) return status;
  memset(out, 0, sizeof(double) * (size_t)K);
  for (int segment = 0; segment < w.plan.segments; segment++)
    for (int k = 0; k < K; k++) out[k] += w.rest[at(k, segment, K)];
  return MOE_OK;
}
