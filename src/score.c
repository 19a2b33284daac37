/* Scores of rows and of units. */
#include "score.h"

#include <string.h>

#include "mixture.h"
#include "unit.h"

predictor moe_predictor_at(const moe_shape *s, int c) {
  const int gate = s->K - 1, classes = s->M - 1;
  if (c < gate) return (predictor){c + 1, 0, s->r, area(s->r, c)};
  c -= gate;
  return (predictor){c / classes, c % classes + 1, s->p, area(s->r, gate) + area(s->p, c)};
}

const double *moe_design_of(const block *b, const predictor *a) { return a->class ? b->x : b->z; }

/* --- blocks --- */

void moe_set_ones(double *column) {
  for (int i = 0; i < MOE_BLOCK; i++) column[i] = 1;
}

/* Standardised rows, probabilities and responsibilities. */
static void load_block(const walk *w, const span *of, block *b) {
  moe_block_probabilities(w, of, b);
  moe_block_likelihood(w, of, b);
  moe_linear_unpack(&w->plan.linear[0], of->unit, of->units, b->z);
  if (w->plan.designs > 1) moe_linear_unpack(&w->plan.linear[1], of->row, of->rows, b->x);
}

/* And scores of the predictors without the case weights. */
void moe_score_block(const walk *w, const span *of, block *b) {
  load_block(w, of, b);
  moe_set_ones(b->weighted);
  moe_gate_scores(w, of, b->weighted, b);
  moe_expert_scores(w, of, b->weighted, b->tau, b);
}

/* The same without responsibilities but with repeats, added up by unit. */
void moe_add_span_scores(const walk *w, const span *of, block *b, size_t stride, double *out) {
  const moe_shape *s = &w->rows->shape;
  const double *repeats = w->rows->data.repeats;
  double *score = b->eta + column(w->plan.q_gate);
  load_block(w, of, b);
  moe_set_ones(b->weighted);
  if (repeats) memcpy(b->weighted, repeats + of->row, sizeof(double) * (size_t)of->rows);
  moe_set_ones(b->likelihood);
  for (int k = 0; k < s->K; k++, score += column(s->M - 1)) {
    const moe_expert_rows e = {b->expert + column(k * s->M), b->indicator, b->weighted,
                               b->likelihood};
    w->kernels->multinomial_score(moe_filled(of->rows), s->M, &e, score);
  }
  moe_add_unit_scores(w, of, b, stride, out);
}

/* --- scores of rows --- */

/* Rows of one block in out (n x d): weight times score times the design. */
static void write_scores(const walk *w, int count, const block *b, double *out) {
  const moe_shape *s = &w->rows->shape;
  const double *weight = b->weight;
  for (int a = 0; a < w->plan.q_gate + w->plan.q_expert; a++) {
    const predictor of = moe_predictor_at(s, a);
    const double *score = b->eta + column(a);
    const double *design = moe_design_of(b, &of);
    for (int j = 0; j < of.length; j++, design += MOE_BLOCK, out += s->n)
      for (int i = 0; i < count; i++) out[i] = weight[i] * score[i] * design[i];
  }
}

/* The same of units: the gate's scores, and e_km times tau, which out has in its place. */
static void finish_unit_scores(const walk *w, const span *of, block *b, double *out) {
  const moe_shape *s = &w->rows->shape;
  const size_t units = (size_t)moe_unit_count(w->rows);
  moe_gate_scores(w, of, b->unit_weight, b);
  for (int a = 0; a < w->plan.q_gate; a++) {
    const double *score = b->eta + column(a), *z = b->z;
    for (int j = 0; j < s->r; j++, z += MOE_BLOCK, out += units)
      for (int u = 0; u < of->units; u++) out[u] = score[u] * z[u];
  }
  for (int c = 0; c < w->plan.q_expert; c++) {
    const double *tau = b->unit_tau + column(c / (s->M - 1));
    const double *weight = b->unit_weight;
    for (int j = 0; j < s->p; j++, out += units)
      for (int u = 0; u < of->units; u++) out[u] *= weight[u] * tau[u];
  }
}

static void score_whole(const walk *w, const span *whole, block *b, double *out) {
  const moe_shape *s = &w->rows->shape;
  const size_t units = (size_t)moe_unit_count(w->rows);
  double *experts = out + units * area(s->r, w->plan.q_gate);
  if (!w->rows->data.units.start) {
    moe_score_block(w, whole, b);
    write_scores(w, whole->rows, b, out);
    return;
  }
  for (size_t j = 0; j < area(s->p, w->plan.q_expert); j++)
    memset(experts + units * j, 0, sizeof(double) * (size_t)whole->units);
  for (int part = 0; part < moe_parts(whole); part++) {
    const span of = moe_part(whole, part);
    moe_add_span_scores(w, &of, b, units, experts);
  }
  finish_unit_scores(w, whole, b, out);
}

static void score_piece(const walk *w, const piece *of, block *b, void *out) {
  for (int unit = of->first; unit < of->end;) {
    const span next = moe_span_from(w, unit, of->end);
    score_whole(w, &next, b, (double *)out + unit);
    unit += next.units;
  }
}

moe_status moe_score_rows(const moe_rows *rows, const double *theta, double *out) {
  const moe_shape *s = &rows->shape;
  if (rows->workspace.length < moe_rows_workspace(s, rows->threads)) return MOE_SHORT_WORKSPACE;
  const walk w = moe_start_walk(rows, rows->threads, theta);
  const double cost = moe_row_cost(&w) + (double)moe_coefficients_length(s);
  const moe_job job = {score_piece, cost, out};
  return moe_walk_segments(&w, 0, w.plan.segments, &job);
}
