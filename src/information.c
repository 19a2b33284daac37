/* Curvature of the log-likelihood and scores of its rows, with respect to the coefficients.
 *
 * Both the observed information and the outer product of scores are sums over rows of
 * c_ab (row of predictor a's design) (row of predictor b's design)', with one number c_ab for each
 * pair of predictors: one matrix product per pair. Rows are taken in batches of blocks. Threads
 * first share the blocks of a batch, to compute probabilities, and then the pairs, each of which is
 * summed by one thread in the order of the rows: results do not depend on the number of threads,
 * and no thread needs a matrix of its own.
 *
 * Units of several rows have, in place of a row of the experts' design, its sum over their rows
 * weighted by the rows' scores, e_km = sum_i w_i (1{y_i = m} - p_km) x_i: with the variance of what
 * is missing, the expert, the c_ab are of units. What is left, the curvature of each expert were
 * the unit's expert known, is a sum over rows of pairs of the same expert. */
#include <string.h>

#include "batch.h"
#include "score.h"

typedef struct {
  moe_batch blocks;
  double *products;    /* for each thread, a column and a design of a block */
  double *tiles;       /* for each thread, the product of two designs */
  double *unit_scores; /* for each block, e_km (units x p) of all experts' predictors; or NULL */
  moe_information kind;
  double *out; /* d x d */
} pair_sums;

/* Multiplications for all pairs of one predictor, and a block. */
static double pairs_cost(const moe_shape *s) {
  return (double)MOE_BLOCK * larger(s->p, s->r) * (double)moe_coefficients_length(s);
}

static int batch_size(const moe_shape *s) { return moe_batch_size(pairs_cost(s)); }

static size_t product_length(const moe_shape *s) { return column(1 + larger(s->p, s->r)); }

static size_t tile_length(const moe_shape *s) {
  return area(larger(s->p, s->r), larger(s->p, s->r));
}

static size_t unit_length(const moe_shape *s) { return column(s->p) * area(s->K, s->M - 1); }

size_t moe_information_workspace(const moe_shape *s, int threads, int with_units) {
  const plan a = moe_plan(s);
  return MOE_WIDEST + moe_walk_length(&a, batch_size(s)) +
         (size_t)threads * (product_length(s) + tile_length(s)) +
         (with_units ? (size_t)batch_size(s) * unit_length(s) : 0);
}

static pair_sums start_sums(const moe_rows *rows, const double *theta) {
  const moe_shape *s = &rows->shape;
  pair_sums b = {.blocks = moe_start_batches(rows, batch_size(s), theta)};
  double *rest = b.blocks.walk.rest;
  if (rows->data.units.start) {
    b.unit_scores = rest;
    rest += (size_t)b.blocks.size * unit_length(s);
  }
  b.products = rest;
  b.tiles = b.products + (size_t)rows->threads * product_length(s);
  return b;
}

/* --- the blocks of a batch --- */

/* Where a unit ends all its rows count, also those in blocks before. */
static void score_units(const pair_sums *a, int place, block *b) {
  const walk *w = &a->blocks.walk;
  const span *of = &a->blocks.spans[place];
  double *scores = a->unit_scores + (size_t)place * unit_length(&w->rows->shape);
  memset(scores, 0, sizeof(double) * unit_length(&w->rows->shape));
  for (int row = w->rows->data.units.start[of->unit]; of->is_last && row < of->row;
       row += MOE_BLOCK) {
    const span before = {row, MOE_BLOCK, of->unit, 1, 0};
    moe_add_span_scores(w, &before, b, MOE_BLOCK, scores);
  }
  moe_add_span_scores(w, of, b, MOE_BLOCK, scores);
  moe_set_ones(b->weighted);
  moe_gate_scores(w, of, b->weighted, b);
}

static void score_place(const void *context, int place, int thread) {
  const pair_sums *a = context;
  block b = moe_block_at(&a->blocks.walk, place);
  (void)thread;
  if (a->unit_scores)
    score_units(a, place, &b);
  else
    moe_score_block(&a->blocks.walk, &a->blocks.spans[place], &b);
}

/* --- what a pair of predictors contributes per row, or per unit --- */

/* Of units, weight and tau are theirs, and the responses do not count any more. */
typedef struct {
  const moe_kernels *kernels;
  int M, filled, of_units;
  block block;
} scored_block;

/* -d^2 / d eta_k d eta_l of two gate predictors: pi_k (d_kl - pi_l) - tau_k (d_kl - tau_l) */
static void gate_curvature(const scored_block *s, int k, int l, double *out) {
  const block *b = &s->block;
  const double *const gate[] = {b->gate + column(k), b->gate + column(l)};
  const double *const tau[] = {b->tau + column(k), b->tau + column(l)};
  s->kernels->gate_curvature(s->filled, k == l, b->weight, gate, tau, out);
}

/* The same of a gate predictor and a predictor of an expert, whose score is given:
 * -(d_kl - tau_k) score */
static void gate_expert_curvature(const scored_block *s, int k, int l, const double *score,
                                  double *out) {
  const block *b = &s->block;
  s->kernels->gate_expert_curvature(s->filled, k == l, b->weight, b->tau + column(k), score, out);
}

/* The same of classes m and q of one expert: of units, what is missing alone. */
static void expert_curvature(const scored_block *s, int k, int m, int q, double *out) {
  const block *b = &s->block;
  if (s->of_units) {
    const double *tau = b->tau + column(k);
    s->kernels->gate_expert_curvature(s->filled, 1, b->weight, tau, tau, out);
    return;
  }
  const moe_expert_rows of = {b->expert + column(s->M * k), b->indicator, b->weight,
                              b->tau + column(k)};
  s->kernels->multinomial_curvature(s->filled, &of, m, q, out);
}

static void score_product(const scored_block *s, const double *score_a, const double *score_c,
                          double *out) {
  s->kernels->weigh(s->filled, 1, score_a, score_c, out);
  s->kernels->weigh(s->filled, 1, s->block.weight, out, out);
}

/* Columns a >= c of the predictors: the gate's come first. */
static void pair_weight(const scored_block *s, moe_information kind, const predictor *a,
                        const predictor *c, const double *const score[2], double *out) {
  if (kind == MOE_SCORES || (a->class && c->class && a->expert != c->expert))
    score_product(s, score[0], score[1], out);
  else if (!a->class)
    gate_curvature(s, a->expert, c->expert, out);
  else if (!c->class)
    gate_expert_curvature(s, c->expert, a->expert, score[0], out);
  else
    expert_curvature(s, a->expert, a->class, c->class, out);
}

/* --- sums over pairs --- */

/* tile (a's length x c's length) += a's design' diag(weight) c's design */
static void add_product(const scored_block *s, const predictor *a, const predictor *c,
                        const double *weight, double *scratch, double *tile) {
  const double *x = moe_design_of(&s->block, a), *z = moe_design_of(&s->block, c);
  s->kernels->weigh(s->filled, c->length, weight, z, scratch);
  if (x == z)
    s->kernels->symmetric_crossprod(s->filled, a->length, a->length, x, scratch, tile);
  else
    s->kernels->crossprod(s->filled, a->length, c->length, x, scratch, tile);
}

/* Two of the predictors, and room of the thread that sums their products: tile (a's length x c's
 * length) of column and design. */
typedef struct {
  predictor a, c;
  int column_a, column_c;
  double *column, *design;
  double *tile;
} pair;

static int same_expert(const pair *of) {
  return of->a.class && of->c.class && of->a.expert == of->c.expert;
}

static void sum_rows(const pair_sums *b, const pair *of) {
  const moe_shape *s = &b->blocks.walk.rows->shape;
  for (int place = 0; place < b->blocks.filled; place++) {
    scored_block here = {b->blocks.walk.kernels, s->M, moe_filled(b->blocks.spans[place].rows), 0,
                         moe_block_at(&b->blocks.walk, place)};
    const double *const score[] = {here.block.eta + column(of->column_a),
                                   here.block.eta + column(of->column_c)};
    pair_weight(&here, b->kind, &of->a, &of->c, score, of->column);
    add_product(&here, &of->a, &of->c, of->column, of->design, of->tile);
  }
}

/* Curvature of one expert, were the units' experts known. */
static void sum_complete(const pair_sums *b, const pair *of) {
  const moe_shape *s = &b->blocks.walk.rows->shape;
  const int k = of->a.expert;
  for (int place = 0; place < b->blocks.filled; place++) {
    scored_block here = {b->blocks.walk.kernels, s->M, moe_filled(b->blocks.spans[place].rows), 0,
                         moe_block_at(&b->blocks.walk, place)};
    const moe_expert_rows e = {here.block.expert + column(s->M * k), here.block.indicator,
                               here.block.weight, here.block.tau + column(k)};
    here.kernels->multinomial_complete_curvature(here.filled, &e, of->a.class, of->c.class,
                                                 of->column);
    add_product(&here, &of->a, &of->c, of->column, of->design, of->tile);
  }
}

/* What units have in place of a row of a predictor's design. */
static const double *unit_design(const pair_sums *b, int place, const block *from,
                                 const predictor *a) {
  const moe_shape *s = &b->blocks.walk.rows->shape;
  const int of = a->expert * (s->M - 1) + a->class - 1;
  if (!a->class) return from->z;
  return b->unit_scores + (size_t)place * unit_length(s) + column(s->p) * (size_t)of;
}

static void sum_units(const pair_sums *b, const pair *of) {
  const moe_shape *s = &b->blocks.walk.rows->shape;
  for (int place = 0; place < b->blocks.filled; place++) {
    if (!b->blocks.spans[place].is_last) continue;
    scored_block here = {b->blocks.walk.kernels, s->M, moe_filled(b->blocks.spans[place].units), 1,
                         moe_block_at(&b->blocks.walk, place)};
    here.block.weight = here.block.unit_weight;
    here.block.tau = here.block.unit_tau;
    const double *const score[] = {
        of->a.class ? here.block.tau + column(of->a.expert) : here.block.eta + column(of->column_a),
        of->c.class ? here.block.tau + column(of->c.expert)
                    : here.block.eta + column(of->column_c)};
    pair_weight(&here, b->kind, &of->a, &of->c, score, of->column);
    const double *x = unit_design(b, place, &here.block, &of->a);
    const double *z = unit_design(b, place, &here.block, &of->c);
    here.kernels->weigh(here.filled, of->c.length, of->column, z, of->design);
    here.kernels->crossprod(here.filled, of->a.length, of->c.length, x, of->design, of->tile);
  }
}

/* Adds the batch's sum for columns a >= c of the predictors to out. */
static void add_pair(const pair_sums *b, int column_a, int column_c, int thread) {
  const moe_shape *s = &b->blocks.walk.rows->shape;
  pair of = {moe_predictor_at(s, column_a),
             moe_predictor_at(s, column_c),
             column_a,
             column_c,
             b->products + (size_t)thread * product_length(s),
             NULL,
             b->tiles + (size_t)thread * tile_length(s)};
  const predictor a = of.a, c = of.c;
  const int symmetric = !!a.class == !!c.class || b->blocks.walk.plan.designs == 1;
  const size_t d = moe_coefficients_length(s);
  of.design = of.column + MOE_BLOCK;
  memset(of.tile, 0, sizeof(double) * area(a.length, c.length));
  if (!b->unit_scores)
    sum_rows(b, &of);
  else if (b->kind == MOE_OBSERVED && same_expert(&of))
    sum_complete(b, &of);
  if (symmetric) moe_mirror(a.length, of.tile);
  if (b->unit_scores) sum_units(b, &of);
  for (int l = 0; l < c.length; l++)
    for (int j = 0; j < a.length; j++)
      b->out[d * (c.start + (size_t)l) + a.start + (size_t)j] += of.tile[at(j, l, a.length)];
}

static void add_pairs(const void *context, int a, int thread) {
  for (int c = 0; c <= a; c++) add_pair(context, a, c, thread);
}

static moe_status add_batch(const pair_sums *b) {
  const moe_rows *rows = b->blocks.walk.rows;
  const plan *a = &b->blocks.walk.plan;
  const double cost = MOE_BLOCK * moe_row_cost(&b->blocks.walk);
  const moe_status status = moe_share(rows, b->blocks.filled, cost, score_place, b);
  if (status != MOE_OK) return status;
  return moe_share(rows, a->q_gate + a->q_expert, b->blocks.size * pairs_cost(&rows->shape),
                   add_pairs, b);
}

moe_status moe_information_rows(const moe_rows *rows, const double *theta, moe_information kind,
                                double *out) {
  const moe_shape *s = &rows->shape;
  const size_t d = moe_coefficients_length(s);
  const int with_units = rows->data.units.start != NULL;
  if (rows->workspace.length < moe_information_workspace(s, rows->threads, with_units))
    return MOE_SHORT_WORKSPACE;
  pair_sums b = start_sums(rows, theta);
  b.kind = kind;
  b.out = out;
  memset(out, 0, sizeof(double) * d * d);
  while (moe_fill_batch(&b.blocks)) {
    const moe_status status = add_batch(&b);
    if (status != MOE_OK) return status;
  }
  moe_mirror((int)d, out);
  return MOE_OK;
}
