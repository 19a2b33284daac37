/* The log-likelihood, its gradient and the Gram matrices: sums over the rows. The gradient comes
 * from the rows' scores, whose sums are with respect to the coefficients. */
#include <string.h>

#include "model.h"
#include "theta.h"

/* Of sums in memory at a time, or one segment's per thread if that is more. */
#define SLOT_DOUBLES 1000000

/* Of the sums of one segment: value (in the first of MOE_LANES doubles), scores, Gram matrices. */
typedef struct {
  size_t gram; /* where the Gram matrices start */
  size_t length;
  int slots; /* segments whose sums are in memory at a time */
  int with_gram;
} layout;

static layout make_layout(const moe_shape *s, const plan *a, int threads, int with_gram) {
  layout l = {.gram = MOE_LANES + a->coefficients, .with_gram = with_gram};
  l.length = l.gram;
  if (with_gram) l.length += (moe_gram_length(s) + MOE_LANES - 1) / MOE_LANES * MOE_LANES;
  l.slots = within(SLOT_DOUBLES / l.length, threads, larger(a->segments, 1));
  return l;
}

/* After the walk's own: total of value and scores, the slots. */
size_t moe_evaluation_workspace(const moe_shape *s, int threads, int with_gram) {
  const plan a = moe_plan(s);
  const layout l = make_layout(s, &a, threads, with_gram);
  return MOE_LANES + moe_walk_length(&a, threads) + l.gram + (size_t)l.slots * l.length;
}

/* --- one piece --- */

static void add_gradient(const walk *w, int first, int count, block *b, double *sum) {
  const vec *packed = b->z, *score = b->eta;
  moe_block_scores(w, count, b->weight, b);
  for (int d = 0; d < w->plan.designs; d++, packed = b->x) {
    const moe_linear *of = &w->plan.linear[d];
    moe_linear_crossprod(of, first, count, packed, score, sum + of->offset);
    score += column(of->predictors);
  }
}

static void add_gram(const walk *w, int first, int count, block *b, double *sum) {
  const moe_shape *s = &w->rows->shape;
  const int vecs = moe_block_vecs(count);
  moe_linear_gram(&w->plan.linear[0], first, count, b->z, b->weight, b->product, sum);
  sum += area(s->r, s->r);
  for (int k = 0; k < s->K; k++, sum += area(s->p, s->p)) {
    for (int i = 0; i < vecs; i++) b->weighted[i] = b->weight[i] * b->tau[at(i, k, MOE_VECS)];
    moe_linear_gram(&w->plan.linear[1], first, count, b->x, b->weighted, b->product, sum);
  }
}

typedef struct {
  layout layout;
  double *slots;
} segment_sums;

static void evaluate_piece(const walk *w, const piece *of, block *b, void *out) {
  const segment_sums *sums = out;
  const layout *l = &sums->layout;
  double *sum = sums->slots + (size_t)(of->segment % l->slots) * l->length;
  if (of->starts) memset(sum, 0, sizeof(double) * l->length);
  for (int first = of->first; first < of->end; first += MOE_BLOCK) {
    const int count = moe_block_rows(of, first);
    moe_block_probabilities(w, first, count, b);
    sum[0] += moe_block_likelihood(w, first, count, b);
    add_gradient(w, first, count, b, sum + MOE_LANES);
    if (l->with_gram) add_gram(w, first, count, b, sum + l->gram);
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
  const int n = w->rows->shape.n;
  const double r = moe_linear_row_length(&w->plan.linear[0], n);
  const double p = moe_linear_row_length(&w->plan.linear[1], n);
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
  const moe_status status = sum_rows(&w, &sums, total, gram);
  if (status != MOE_OK) return status;
  *value = total[0];
  decode_scores(&w, total + MOE_LANES, gradient);
  if (gram) finish_gram(&w, gram);
  return MOE_OK;
}
