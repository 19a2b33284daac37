/* How the gradient of average probabilities changes as one linear predictor moves by the same in
 * all rows: for predictors a and c the sums of d^2 p_m / d eta_a d eta_c times the row of c's
 * design. Predictors of different experts have no second derivative. */
#include <string.h>

#include "batch.h"
#include "slopes.h"

typedef struct {
  moe_batch blocks;
  double *scratch; /* for each thread */
  double *out;     /* d x M x predictors */
} tangent;

/* The classes but the first, whose derivatives are minus the sum of the others'. */
static int others(const moe_shape *s) { return s->M - 1; }

static double pairs_cost(const moe_shape *s) {
  return (double)MOE_BLOCK * larger(s->p, s->r) * others(s) * moe_predictor_count(s);
}

/* Two spare columns, one for each class, and their products with a design, in whole blocks: the
 * scratch of each thread must be aligned. */
static size_t scratch_length(const moe_shape *s) {
  const size_t blocks = area(larger(s->p, s->r), others(s)) / MOE_BLOCK + 1;
  return column(2 + others(s)) + blocks * MOE_BLOCK;
}

size_t moe_tangent_workspace(const moe_shape *s, int threads) {
  const plan a = moe_plan(s);
  return MOE_WIDEST + moe_walk_length(&a, moe_batch_size(pairs_cost(s))) +
         (size_t)threads * scratch_length(s);
}

static void load_place(const void *context, int place, int thread) {
  const tangent *t = context;
  const walk *w = &t->blocks.walk;
  block b = moe_block_at(w, place);
  (void)thread;
  moe_load_predictions(w, &t->blocks.spans[place], &b);
  moe_pack_weights(w, &t->blocks.spans[place], &b);
}

/* --- second derivatives times case weights --- */

/* Of a block: out has a column per class but the first; spare has two. */
typedef struct {
  const walk *walk;
  int rows;
  block block;
  double *spare, *out;
} bending;

static const double *expert_column(const bending *s, int k, int m) {
  return s->block.expert + column(s->walk->rows->shape.M * k + m);
}

/* v pi_k (d_kl - pi_l) */
static void gate_slope(const bending *s, int k, int l, double *out) {
  const moe_kernels *kernels = s->walk->kernels;
  kernels->softmax_slope(s->rows, k == l, s->block.gate + column(k), s->block.gate + column(l),
                         out);
  kernels->weigh(s->rows, 1, s->block.weight, out, out);
}

/* v pi_k ((d_kl - pi_l) (p_km - p_m) - pi_l (p_lm - p_m)) */
static void bend_gate(const bending *s, int k, int l) {
  const moe_kernels *kernels = s->walk->kernels;
  double *slope = s->spare, *difference = s->spare + MOE_BLOCK, *out = s->out;
  gate_slope(s, k, l, slope);
  for (int m = 1; m <= others(&s->walk->rows->shape); m++, out += MOE_BLOCK) {
    const double *average = s->block.indicator + column(m);
    const double *const product[] = {s->block.gate + column(k), s->block.gate + column(l),
                                     difference};
    kernels->weigh_difference(s->rows, slope, expert_column(s, k, m), average, out);
    kernels->weigh_difference(s->rows, s->block.weight, expert_column(s, l, m), average,
                              difference);
    kernels->add_product(s->rows, -1, product, out);
  }
}

/* Of the gate's predictor k and class q of expert l: v pi_k (d_kl - pi_l) p_lm (d_mq - p_lq) */
static void bend_gate_expert(const bending *s, int k, int l, int q) {
  const moe_kernels *kernels = s->walk->kernels;
  const int count = others(&s->walk->rows->shape);
  gate_slope(s, k, l, s->spare);
  for (int m = 1; m <= count; m++)
    kernels->softmax_slope(s->rows, m == q, expert_column(s, l, m), expert_column(s, l, q),
                           s->out + column(m - 1));
  kernels->weigh(s->rows, count, s->spare, s->out, s->out);
}

/* Of classes q and u of one expert:
 * v pi_k p_km ((d_mq - p_kq) (d_mu - p_ku) - p_kq (d_qu - p_ku)) */
static void bend_expert(const bending *s, int k, int q, int u) {
  const moe_kernels *kernels = s->walk->kernels;
  const double *p_q = expert_column(s, k, q), *p_u = expert_column(s, k, u);
  double *weight = s->spare, *slope = s->spare + MOE_BLOCK, *out = s->out;
  kernels->weigh(s->rows, 1, s->block.weight, s->block.gate + column(k), weight);
  kernels->softmax_slope(s->rows, q == u, p_q, p_u, slope);
  for (int m = 1; m <= others(&s->walk->rows->shape); m++, out += MOE_BLOCK) {
    const double *const product[] = {weight, expert_column(s, k, m), slope};
    kernels->softmax_slope(s->rows, m == q, expert_column(s, k, m), p_q, out);
    kernels->softmax_slope(s->rows, m == u, out, p_u, out);
    kernels->weigh(s->rows, 1, weight, out, out);
    kernels->add_product(s->rows, -1, product, out);
  }
}

/* The gate's predictors come first: c is not after a. */
static void bend(const bending *s, const predictor *a, const predictor *c) {
  if (!a->class)
    bend_gate(s, a->expert, c->expert);
  else if (!c->class)
    bend_gate_expert(s, c->expert, a->expert, a->class);
  else
    bend_expert(s, a->expert, a->class, c->class);
}

/* --- sums over pairs --- */

/* tile (length of `side` x classes but the first) <- the batch's sums for predictors a and c, with
 * the design of `side`, one of the two. */
static void sum_pair(const tangent *t, const predictor *a, const predictor *c,
                     const predictor *side, double *scratch, double *tile) {
  const walk *w = &t->blocks.walk;
  const int count = others(&w->rows->shape);
  memset(tile, 0, sizeof(double) * area(side->length, count));
  for (int place = 0; place < t->blocks.filled; place++) {
    const bending here = {w, moe_filled(t->blocks.spans[place].rows), moe_block_at(w, place),
                          scratch, scratch + column(2)};
    bend(&here, a, c);
    w->kernels->crossprod(here.rows, side->length, count, moe_design_of(&here.block, side),
                          here.out, tile);
  }
}

/* To what becomes of the gradient by `side` as the predictor in this place moves. */
static void add_tile(const tangent *t, int moved, const predictor *side, const double *tile) {
  const moe_shape *s = &t->blocks.walk.rows->shape;
  const size_t d = moe_coefficients_length(s);
  double *first = t->out + d * area(s->M, moved) + side->start;
  for (int m = 1; m <= others(s); m++)
    for (int j = 0; j < side->length; j++) {
      const double sum = tile[at(j, m - 1, side->length)];
      first[d * (size_t)m + (size_t)j] += sum;
      first[j] -= sum;
    }
}

static void add_pair(const tangent *t, int column_a, int column_c, int thread) {
  const walk *w = &t->blocks.walk;
  const moe_shape *s = &w->rows->shape;
  const predictor a = moe_predictor_at(s, column_a), c = moe_predictor_at(s, column_c);
  double *scratch = t->scratch + (size_t)thread * scratch_length(s);
  double *tile = scratch + column(2 + others(s));
  if (a.class && c.class && a.expert != c.expert) return;
  sum_pair(t, &a, &c, &c, scratch, tile);
  add_tile(t, column_a, &c, tile);
  if (column_a == column_c) return;
  if (w->plan.designs > 1 && !a.class != !c.class) sum_pair(t, &a, &c, &a, scratch, tile);
  add_tile(t, column_c, &a, tile);
}

static void add_pairs(const void *context, int a, int thread) {
  for (int c = 0; c <= a; c++) add_pair(context, a, c, thread);
}

static moe_status add_batch(const tangent *t) {
  const walk *w = &t->blocks.walk;
  const moe_status status =
      moe_share(w->rows, t->blocks.filled, MOE_BLOCK * moe_row_cost(w), load_place, t);
  if (status != MOE_OK) return status;
  return moe_share(w->rows, moe_predictor_count(&w->rows->shape),
                   t->blocks.size * pairs_cost(&w->rows->shape), add_pairs, t);
}

moe_status moe_tangent_rows(const moe_rows *rows, const double *theta, double *out) {
  const moe_shape *s = &rows->shape;
  if (rows->workspace.length < moe_tangent_workspace(s, rows->threads)) return MOE_SHORT_WORKSPACE;
  tangent t = {.blocks = moe_start_batches(rows, moe_batch_size(pairs_cost(s)), theta), .out = out};
  t.scratch = t.blocks.walk.rest;
  memset(out, 0, sizeof(double) * moe_coefficients_length(s) * area(s->M, moe_predictor_count(s)));
  while (moe_fill_batch(&t.blocks)) {
    const moe_status status = add_batch(&t);
    if (status != MOE_OK) return status;
  }
  return MOE_OK;
}
