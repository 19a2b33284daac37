/* The log-likelihood, its gradient and the Gram matrices: sums over the rows. The gradient comes
 * from the rows' scores, whose sums are with respect to the coefficients. */
#include <string.h>

#include "model.h"
#include "theta.h"
#include "unit.h"

/* Of sums in memory at a time, or one segment's per thread if that is more. Threads wait for each
 * other when these are full; one alone had better have them in its cache. */
#define SLOT_DOUBLES 1000000
#define LONE_SLOT_DOUBLES 60000

/* Of the sums of one segment: value (in the first of MOE_WIDEST doubles), scores, Gram matrices. */
typedef struct {
  size_t gram; /* where the Gram matrices start */
  size_t length;
  int slots; /* segments whose sums are in memory at a time */
  int with_gram;
  size_t own_scores, own; /* of the scores of one unit, and of all its sums */
} layout;

static size_t whole_vectors(size_t length) {
  return (length + MOE_WIDEST - 1) / MOE_WIDEST * MOE_WIDEST;
}

static layout make_layout(const moe_shape *s, const plan *a, int threads, int with_gram) {
  layout l = {.gram = MOE_WIDEST + a->coefficients, .with_gram = with_gram};
  l.length = l.gram;
  if (with_gram) l.length += whole_vectors(moe_gram_length(s));
  const size_t most = threads > 1 ? SLOT_DOUBLES : LONE_SLOT_DOUBLES;
  l.slots = within(most / l.length, threads, larger(a->segments, 1));
  l.own_scores = moe_linear_length(s->p, a->q_expert);
  l.own = l.own_scores + (with_gram ? whole_vectors(area(s->p, s->p)) : 0);
  return l;
}

static size_t slots_length(const layout *l) { return (size_t)l->slots * l->length; }

/* After the walk's own: total of value and scores, the slots, sums of one unit for each thread.
 * Where there is room for Gram matrices, evaluations without them, which have more slots, find room
 * too. */
size_t moe_evaluation_workspace(const moe_shape *s, int threads, int with_gram) {
  const plan a = moe_plan(s);
  const layout l = make_layout(s, &a, threads, with_gram);
  const layout least = make_layout(s, &a, threads, 0);
  const size_t slots = slots_length(&l), without = slots_length(&least);
  return MOE_WIDEST + moe_walk_length(&a, threads) + l.gram + (slots > without ? slots : without) +
         (size_t)threads * l.own;
}

typedef struct {
  layout layout;
  double *slots, *own;
} segment_sums;

/* --- units that fit into a block --- */

static void add_scores(const walk *w, const span *of, int design, const block *b, double *sum) {
  const moe_linear *a = &w->plan.linear[design];
  const double *packed = design == 0 ? b->z : b->x;
  const double *score = design == 0 ? b->eta : b->eta + column(w->plan.q_gate);
  const int first = design == 0 ? of->unit : of->row, count = design == 0 ? of->units : of->rows;
  moe_linear_crossprod(a, first, count, packed, score, sum);
}

static void add_gradient(const walk *w, const span *of, block *b, double *sum) {
  moe_gate_scores(w, of, b->unit_weight, b);
  moe_expert_scores(w, of, b->weight, b->tau, b);
  for (int d = 0; d < w->plan.designs; d++) add_scores(w, of, d, b, sum + w->plan.linear[d].offset);
}

static void add_gate_gram(const walk *w, const span *of, block *b, double *sum) {
  moe_linear_gram(&w->plan.linear[0], of->unit, of->units, b->z, b->unit_weight, b->product, sum);
}

static void add_gram(const walk *w, const span *of, block *b, double *sum) {
  const moe_shape *s = &w->rows->shape;
  const int filled = moe_filled(of->rows);
  add_gate_gram(w, of, b, sum);
  sum += area(s->r, s->r);
  for (int k = 0; k < s->K; k++, sum += area(s->p, s->p)) {
    w->kernels->weigh(filled, 1, b->weight, b->tau + column(k), b->weighted);
    moe_linear_gram(&w->plan.linear[1], of->row, of->rows, b->x, b->weighted, b->product, sum);
  }
}

static void add_units(const walk *w, const span *of, block *b, const layout *l, double *sum) {
  moe_block_probabilities(w, of, b);
  sum[0] += moe_block_likelihood(w, of, b);
  add_gradient(w, of, b, sum + MOE_WIDEST);
  if (l->with_gram) add_gram(w, of, b, sum + l->gram);
}

/* --- a unit that is longer --- */

/* Its responsibilities are known at its end only. Until then its rows are summed as if each expert
 * were alone: own <- scores of the experts, then X'VX of the rows. */
static void sum_parts(const walk *w, const span *whole, block *b, const layout *l, double *own) {
  const moe_linear *a = &w->plan.linear[1];
  memset(own, 0, sizeof(double) * l->own);
  moe_clear_unit_logs(w, whole, b);
  for (size_t i = 0; i < column(w->rows->shape.K); i++) b->tau[i] = 1;
  for (int part = 0; part < moe_parts(whole); part++) {
    const span of = moe_part(whole, part);
    moe_block_probabilities(w, &of, b);
    moe_block_response(w, &of, b);
    moe_add_unit_logs(w, &of, b);
    moe_expert_scores(w, &of, b->weight, b->tau, b);
    add_scores(w, &of, 1, b, own);
    if (l->with_gram)
      moe_linear_gram(a, of.row, of.rows, b->x, b->weight, b->product, own + l->own_scores);
  }
}

/* The sums of each expert times its responsibility. */
static void add_own(const walk *w, const block *b, const layout *l, const double *own,
                    double *sum) {
  const moe_shape *s = &w->rows->shape;
  const moe_linear *a = &w->plan.linear[1];
  const double *tau = b->unit_tau;
  double *gram = sum + l->gram + area(s->r, s->r), *factor = b->eta;
  for (int c = 0; c < a->predictors; c++) factor[c] = tau[area(MOE_BLOCK, c / (s->M - 1))];
  moe_linear_add(a, factor, own, sum + MOE_WIDEST + a->offset);
  for (int k = 0; l->with_gram && k < s->K; k++, gram += area(s->p, s->p))
    for (size_t j = 0; j < area(s->p, s->p); j++)
      gram[j] += tau[area(MOE_BLOCK, k)] * own[l->own_scores + j];
}

static void add_long_unit(const walk *w, const span *whole, block *b, const layout *l, double *own,
                          double *sum) {
  sum_parts(w, whole, b, l, own);
  sum[0] += w->rows->data.tau ? moe_unit_expected(w, whole, b) : moe_unit_posterior(w, whole, b);
  moe_gate_scores(w, whole, b->unit_weight, b);
  add_scores(w, whole, 0, b, sum + MOE_WIDEST + w->plan.linear[0].offset);
  if (l->with_gram) add_gate_gram(w, whole, b, sum + l->gram);
  add_own(w, b, l, own, sum);
}

/* --- one piece --- */

static void evaluate_piece(const walk *w, const piece *of, block *b, void *out) {
  const segment_sums *sums = out;
  const layout *l = &sums->layout;
  double *sum = sums->slots + (size_t)(of->segment % l->slots) * l->length;
  if (of->starts) memset(sum, 0, sizeof(double) * l->length);
  for (int unit = of->first; unit < of->end;) {
    const span next = moe_span_from(w, unit, of->end);
    if (moe_parts(&next) == 1)
      add_units(w, &next, b, l, sum);
    else
      add_long_unit(w, &next, b, l, sums->own + (size_t)of->thread * l->own, sum);
    unit += next.units;
  }
}

/* --- all rows --- */

static void add(size_t length, const double *a, double *sum) {
  for (size_t j = 0; j < length; j++) sum[j] += a[j];
}

/* Adds the sums of so many segments, in order: value and scores to total, the rest to gram. */
static void add_slots(const moe_shape *s, const segment_sums *sums, int count, double *total,
                      double *gram) {
  const layout *l = &sums->layout;
  const double *slot = sums->slots;
  for (int c = 0; c < count; c++, slot += l->length) {
    add(l->gram, slot, total);
    if (gram) add(moe_gram_length(s), slot + l->gram, gram);
  }
}

/* Multiplications of a row. */
static double row_cost(const walk *w, int with_gram) {
  const double r = moe_linear_row_length(&w->plan.linear[0]);
  const double p = moe_linear_row_length(&w->plan.linear[1]);
  return moe_row_cost(w) + (with_gram ? r * r + w->rows->shape.K * p * p : 0);
}

static moe_status sum_rows(const walk *w, segment_sums *sums, double *total, double *gram) {
  const moe_shape *s = &w->rows->shape;
  const int slots = sums->layout.slots, segments = w->plan.segments;
  const moe_job job = {evaluate_piece, row_cost(w, gram != NULL), sums};
  memset(total, 0, sizeof(double) * sums->layout.gram);
  if (gram) memset(gram, 0, sizeof(double) * moe_gram_length(s));
  for (int from = 0; from < segments; from += slots) {
    const int to = segments - from > slots ? from + slots : segments;
    const moe_status status = moe_walk_segments(w, from, to, &job);
    if (status != MOE_OK) return status;
    add_slots(s, sums, to - from, total, gram);
  }
  return MOE_OK;
}

/* gradient <- that of theta, from the designs' scores */
static void decode_scores(const walk *w, const double *scores, double *gradient) {
  double *reference = w->coefficients, *out = reference;
  for (int d = 0; d < w->plan.designs; d++) {
    const moe_linear *of = &w->plan.linear[d];
    moe_linear_decode(of, scores + of->offset, out);
    out += area(of->columns, of->predictors);
  }
  moe_score_to_symmetric(&w->rows->shape, reference, gradient);
}

static void finish_gram(const walk *w, double *gram) {
  const moe_shape *s = &w->rows->shape;
  moe_linear_finish_gram(&w->plan.linear[0], gram);
  gram += area(s->r, s->r);
  for (int k = 0; k < s->K; k++, gram += area(s->p, s->p))
    moe_linear_finish_gram(&w->plan.linear[1], gram);
}

moe_status moe_evaluate_rows(void *context, const double *theta, double *value, double *gradient,
                             double *gram) {
  const moe_rows *rows = context;
  const moe_shape *s = &rows->shape;
  const int with_gram = gram != NULL;
  if (rows->workspace.length < moe_evaluation_workspace(s, rows->threads, with_gram))
    return MOE_SHORT_WORKSPACE;
  const walk w = moe_start_walk(rows, rows->threads, theta);
  segment_sums sums = {.layout = make_layout(s, &w.plan, rows->threads, with_gram)};
  double *total = w.rest;
  sums.slots = total + sums.layout.gram;
  sums.own = sums.slots + (size_t)sums.layout.slots * sums.layout.length;
  const moe_status status = sum_rows(&w, &sums, total, gram);
  if (status != MOE_OK) return status;
  *value = total[0];
  decode_scores(&w, total + MOE_WIDEST, gradient);
  if (gram) finish_gram(&w, gram);
  return MOE_OK;
}
