/* Curvature of the log-likelihood and scores of its rows, with respect to the coefficients.
 *
 * Both the observed information and the outer product of scores are sums over rows of
 * c_ab (row of predictor a's design) (row of predictor b's design)', with one number c_ab for each
 * pair of predictors: one matrix product per pair. Rows are taken in batches of blocks. Threads
 * first share the blocks of a batch, to compute probabilities, and then the pairs, each of which is
 * summed by one thread in the order of the rows: results do not depend on the number of threads,
 * and no thread needs a matrix of its own. */
#include <string.h>

#include "mixture.h"
#include "model.h"

#define MAX_BATCH 16 /* blocks */

typedef struct {
  walk walk;     /* its workspace starts with the blocks of a batch */
  vec *products; /* for each thread, a column and a design of a block */
  double *tiles; /* for each thread, the product of two designs */
  int size;      /* blocks of a whole batch */
  int first;     /* row of the current batch */
  moe_information kind;
  double *out; /* d x d */
} batch;

/* Multiplications for all pairs of one predictor, and a block. */
static double pairs_cost(const moe_shape *s) {
  return (double)MOE_BLOCK * larger(s->p, s->r) * (double)moe_coefficients_length(s);
}

/* Depends on the shape alone. One predictor's pairs over a batch are polls apart at most. */
static int batch_size(const moe_shape *s) {
  double work = pairs_cost(s), affordable = POLL_WORK / (work > 1 ? work : 1);
  return affordable < 1 ? 1 : affordable < MAX_BATCH ? (int)affordable : MAX_BATCH;
}

static size_t product_vecs(const moe_shape *s) { return column(1 + larger(s->p, s->r)); }

static size_t tile_length(const moe_shape *s) {
  return area(larger(s->p, s->r), larger(s->p, s->r));
}

size_t moe_information_workspace(const moe_shape *s, int threads) {
  const plan a = moe_plan(s);
  return MOE_LANES + moe_walk_length(&a, batch_size(s)) +
         (size_t)threads * (product_vecs(s) * MOE_LANES + tile_length(s));
}

static batch start_batches(const moe_rows *rows, const double *theta) {
  const moe_shape *s = &rows->shape;
  batch b = {.size = batch_size(s)};
  b.walk = moe_start_walk(rows, b.size, theta);
  b.products = (vec *)b.walk.rest;
  b.tiles = (double *)(b.products + (size_t)rows->threads * product_vecs(s));
  return b;
}

/* --- the blocks of a batch --- */

static int rows_left(const batch *b, int place) {
  return b->walk.rows->shape.n - b->first - place * MOE_BLOCK;
}

static int rows_at(const batch *b, int place) {
  const int left = rows_left(b, place);
  return left < MOE_BLOCK ? left : MOE_BLOCK;
}

static int filled_blocks(const batch *b) {
  int blocks = 0;
  while (blocks < b->size && rows_left(b, blocks) > 0) blocks++;
  return blocks;
}

static int next_batch(batch *b) {
  if (rows_left(b, b->size) <= 0) return 0;
  b->first += b->size * MOE_BLOCK;
  return 1;
}

/* Standardised rows, and scores of the predictors without the case weights. */
static void score_block(const walk *w, int first, int count, block *b) {
  vec *packed = b->z;
  moe_block_probabilities(w, first, count, b);
  moe_block_likelihood(w, first, count, b);
  for (int d = 0; d < w->plan.designs; d++, packed = b->x)
    moe_linear_unpack(&w->plan.linear[d], first, count, packed);
  for (int i = 0; i < moe_block_vecs(count); i++) b->weighted[i] = (vec){0} + 1.0;
  moe_block_scores(w, count, b->weighted, b);
}

static void score_place(const void *context, int place, int thread) {
  const batch *a = context;
  block b = moe_block_at(&a->walk, place);
  (void)thread;
  score_block(&a->walk, a->first + place * MOE_BLOCK, rows_at(a, place), &b);
}

/* --- predictors --- */

/* Of the gate, or of a class (1 .. M-1) of an expert. */
typedef struct {
  int expert;
  int class; /* 0 for the gate */
  int length;
  size_t start; /* of its coefficients */
} predictor;

static predictor predictor_at(const moe_shape *s, int c) {
  const int gate = s->K - 1, classes = s->M - 1;
  if (c < gate) return (predictor){c + 1, 0, s->r, area(s->r, c)};
  c -= gate;
  return (predictor){c / classes, c % classes + 1, s->p, area(s->r, gate) + area(s->p, c)};
}

static const vec *design_of(const block *b, const predictor *a) { return a->class ? b->x : b->z; }

/* --- what a pair of predictors contributes per row --- */

typedef struct {
  int M, vecs;
  block block;
} scored_block;

/* -d^2 / d eta_k d eta_l of two gate predictors: pi_k (d_kl - pi_l) - tau_k (d_kl - tau_l) */
static void gate_curvature(const scored_block *s, int k, int l, vec *out) {
  const block *b = &s->block;
  const double same = k == l;
  const vec *pi_k = b->gate + column(k), *pi_l = b->gate + column(l);
  const vec *tau_k = b->tau + column(k), *tau_l = b->tau + column(l);
  for (int i = 0; i < s->vecs; i++)
    out[i] = b->weight[i] * (pi_k[i] * (same - pi_l[i]) - tau_k[i] * (same - tau_l[i]));
}

/* The same of a gate predictor and a predictor of an expert, whose score is given:
 * -(d_kl - tau_k) score */
static void gate_expert_curvature(const scored_block *s, int k, int l, const vec *score, vec *out) {
  const block *b = &s->block;
  const double same = k == l;
  const vec *tau = b->tau + column(k);
  for (int i = 0; i < s->vecs; i++) out[i] = -b->weight[i] * (same - tau[i]) * score[i];
}

/* The same of classes m and q of one expert. */
static void expert_curvature(const scored_block *s, int k, int m, int q, vec *out) {
  const block *b = &s->block;
  const moe_expert_rows of = {b->expert + column(s->M * k), b->indicator, b->weight,
                              b->tau + column(k)};
  moe_multinomial_curvature(s->vecs, &of, m, q, out);
}

static void score_product(const scored_block *s, const vec *score_a, const vec *score_c, vec *out) {
  for (int i = 0; i < s->vecs; i++) out[i] = s->block.weight[i] * score_a[i] * score_c[i];
}

/* Columns a >= c of the predictors: the gate's come first. */
static void pair_weight(const scored_block *s, moe_information kind, const predictor *a,
                        const predictor *c, const vec *const score[2], vec *out) {
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
                        const vec *weight, vec *scratch, double *tile) {
  const vec *x = design_of(&s->block, a), *z = design_of(&s->block, c);
  if (x == z) {
    moe_block_gram(s->vecs, a->length, x, weight, scratch, tile);
    return;
  }
  for (int j = 0; j < c->length; j++)
    for (int i = 0; i < s->vecs; i++)
      scratch[at(i, j, MOE_VECS)] = weight[i] * z[at(i, j, MOE_VECS)];
  moe_block_crossprod(s->vecs, a->length, c->length, x, scratch, tile);
}

/* Adds the batch's sum for columns a >= c of the predictors to out. */
static void add_pair(const batch *b, int column_a, int column_c, int thread) {
  const moe_shape *s = &b->walk.rows->shape;
  const predictor a = predictor_at(s, column_a), c = predictor_at(s, column_c);
  const int symmetric = !!a.class == !!c.class || b->walk.plan.designs == 1;
  const size_t d = moe_coefficients_length(s);
  vec *weight = b->products + (size_t)thread * product_vecs(s);
  double *tile = b->tiles + (size_t)thread * tile_length(s);
  memset(tile, 0, sizeof(double) * area(a.length, c.length));
  for (int place = 0; place < filled_blocks(b); place++) {
    scored_block of = {s->M, moe_block_vecs(rows_at(b, place)), moe_block_at(&b->walk, place)};
    const vec *const score[] = {of.block.eta + column(column_a), of.block.eta + column(column_c)};
    pair_weight(&of, b->kind, &a, &c, score, weight);
    add_product(&of, &a, &c, weight, weight + MOE_VECS, tile);
  }
  if (symmetric) moe_mirror(a.length, tile);
  for (int l = 0; l < c.length; l++)
    for (int j = 0; j < a.length; j++)
      b->out[d * (c.start + (size_t)l) + a.start + (size_t)j] += tile[at(j, l, a.length)];
}

static void add_pairs(const void *context, int a, int thread) {
  for (int c = 0; c <= a; c++) add_pair(context, a, c, thread);
}

static moe_status add_batch(const batch *b) {
  const moe_rows *rows = b->walk.rows;
  const plan *a = &b->walk.plan;
  const double cost = MOE_BLOCK * moe_row_cost(&b->walk);
  const moe_status status = moe_share(rows, filled_blocks(b), cost, score_place, b);
  if (status != MOE_OK) return status;
  return moe_share(rows, a->q_gate + a->q_expert, b->size * pairs_cost(&rows->shape), add_pairs, b);
}

moe_status moe_information_rows(const moe_rows *rows, const double *theta, moe_information kind,
                                double *out) {
  const moe_shape *s = &rows->shape;
  const size_t d = moe_coefficients_length(s);
  if (rows->workspace.length < moe_information_workspace(s, rows->threads))
    return MOE_SHORT_WORKSPACE;
  batch b = start_batches(rows, theta);
  b.kind = kind;
  b.out = out;
  memset(out, 0, sizeof(double) * d * d);
  do {
    const moe_status status = add_batch(&b);
    if (status != MOE_OK) return status;
  } while (next_batch(&b));
  moe_mirror((int)d, out);
  return MOE_OK;
}

/* --- scores of rows --- */

/* Rows of one block in out (n x d): weight times score times the design. */
static void write_scores(const walk *w, int count, const block *b, double *out) {
  const moe_shape *s = &w->rows->shape;
  const double *weight = (const double *)b->weight;
  for (int a = 0; a < w->plan.q_gate + w->plan.q_expert; a++) {
    const predictor of = predictor_at(s, a);
    const double *score = (const double *)(b->eta + column(a));
    const double *design = (const double *)design_of(b, &of);
    for (int j = 0; j < of.length; j++, design += MOE_BLOCK, out += s->n)
      for (int i = 0; i < count; i++) out[i] = weight[i] * score[i] * design[i];
  }
}

static void score_piece(const walk *w, const piece *of, block *b, void *out) {
  for (int first = of->first; first < of->end; first += MOE_BLOCK) {
    const int count = moe_block_rows(of, first);
    score_block(w, first, count, b);
    write_scores(w, count, b, (double *)out + first);
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
