/* Curvature of the log-likelihood and scores of its rows, in the reference-coded coefficients.
 *
 * Both the observed information and the outer product of scores are sums over rows of
 * c_ab (row of predictor a's design) (row of predictor b's design)', with one number c_ab for each
 * pair of linear predictors: one matrix product per pair. Rows are taken in batches of blocks.
 * Threads first share the blocks of a batch, to compute probabilities, and then the pairs, each of
 * which is summed by one thread in the order of the rows: results do not depend on the number of
 * threads, and no thread needs a matrix of its own. */
#include <string.h>

#include "rows.h"

#define MAX_BATCH 16 /* blocks */

typedef struct {
  const moe_rows *rows;
  plan plan;
  double *coefficients;
  vec *blocks;   /* of a batch, one after the other */
  vec *products; /* for each thread, a column and a design of a block */
  double *tiles; /* for each thread, the product of two designs */
  int batch;     /* blocks */
  int first;     /* row of the current batch */
} walk;

static int larger(int a, int b) { return a > b ? a : b; }

size_t moe_coefficients_length(const moe_shape *s) {
  return area(s->r, s->K - 1) + area(s->p, s->M - 1) * (size_t)s->K;
}

/* Depends on the shape alone. One predictor's pairs over a batch are polls apart at most. */
static int batch_blocks(const moe_shape *s) {
  double work = (double)MOE_BLOCK * larger(s->p, s->r) * (double)moe_coefficients_length(s);
  double affordable = POLL_WORK / (work > 1 ? work : 1);
  return affordable < 1 ? 1 : affordable < MAX_BATCH ? (int)affordable : MAX_BATCH;
}

static size_t product_vecs(const moe_shape *s) { return column(1 + larger(s->p, s->r)); }

static size_t tile_length(const moe_shape *s) {
  return area(larger(s->p, s->r), larger(s->p, s->r));
}

size_t moe_information_workspace(const moe_shape *s, int threads) {
  plan a = moe_make_plan(s, threads, 0);
  size_t vecs = (size_t)batch_blocks(s) * a.scratch + (size_t)threads * product_vecs(s);
  return MOE_LANES + vecs * MOE_LANES + 2 * a.coefficients + (size_t)threads * tile_length(s);
}

static walk start_walk(const moe_rows *rows, const double *theta) {
  const moe_shape *s = &rows->shape;
  const size_t threads = (size_t)rows->threads;
  walk w = {.rows = rows, .plan = moe_plan_rows(rows, 0)};
  w.batch = batch_blocks(s);
  w.blocks = moe_align(rows->workspace);
  w.products = w.blocks + (size_t)w.batch * w.plan.scratch;
  w.coefficients = (double *)(w.products + threads * product_vecs(s));
  w.tiles = w.coefficients + 2 * w.plan.coefficients;
  moe_code_coefficients(s, &w.plan, theta, w.coefficients);
  return w;
}

/* --- the blocks of a batch --- */

static int rows_left(const walk *w, int place) {
  return w->rows->shape.n - w->first - place * MOE_BLOCK;
}

static int block_rows(const walk *w, int place) {
  int left = rows_left(w, place);
  return left < MOE_BLOCK ? left : MOE_BLOCK;
}

static int filled_blocks(const walk *w) {
  int blocks = 0;
  while (blocks < w->batch && rows_left(w, blocks) > 0) blocks++;
  return blocks;
}

static int next_batch(walk *w) {
  if (rows_left(w, w->batch) <= 0) return 0;
  w->first += w->batch * MOE_BLOCK;
  return 1;
}

static block batch_block(const walk *w, int place) {
  return moe_new_block(&w->rows->shape, &w->plan, w->blocks + (size_t)place * w->plan.scratch);
}

/* The rows of the designs, standardised. */
static void unpack_block(const walk *w, int first, int count, const block *b) {
  const plan *a = &w->plan;
  vec *packed = b->z;
  for (const moe_part *part = a->part; part < a->part + a->parts; part++, packed = b->x)
    moe_part_unpack(part, first, count, packed);
}

/* Fills one block and turns its linear predictors into their scores without the case weights. */
static void score_block(const walk *w, int place) {
  const moe_shape *s = &w->rows->shape;
  block b = batch_block(w, place);
  const int first = w->first + place * MOE_BLOCK;
  const int count = block_rows(w, place), vecs = moe_block_vecs(count);
  moe_fill_block(w->rows, &w->plan, w->coefficients, first, count, &b);
  unpack_block(w, first, count, &b);
  for (int i = 0; i < vecs; i++) b.weighted[i] = (vec){0} + 1.0;
  moe_block_state state = {s->M, s->K, b.gate, b.expert, b.indicator, b.weighted, b.tau};
  moe_residual(vecs, &state, b.eta);
}

static void fill_batch(const walk *w) {
  const int blocks = filled_blocks(w);
  w->rows->poll(w->rows->poll_context);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(w->rows->threads)
#endif
  for (int place = 0; place < blocks; place++) score_block(w, place);
}

/* --- linear predictors --- */

/* A column of the linear predictor: of the gate, or of a class (1 .. M-1) of an expert. */
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

/* The same of a gate predictor and a class of an expert, whose score is given:
 * -(d_kl - tau_k) score */
static void gate_expert_curvature(const scored_block *s, int k, int l, const vec *score, vec *out) {
  const block *b = &s->block;
  const double same = k == l;
  const vec *tau = b->tau + column(k);
  for (int i = 0; i < s->vecs; i++) out[i] = -b->weight[i] * (same - tau[i]) * score[i];
}

/* The same of classes m and q of one expert, with r_m = 1{y = m} - p_m:
 * tau (p_m (d_mq - p_q) - (1 - tau) r_m r_q) */
static void expert_curvature(const scored_block *s, int k, int m, int q, vec *out) {
  const block *b = &s->block;
  const double same = m == q;
  const vec *tau = b->tau + column(k);
  const vec *p_m = b->expert + column(s->M * k + m), *is_m = b->indicator + column(m);
  const vec *p_q = b->expert + column(s->M * k + q), *is_q = b->indicator + column(q);
  for (int i = 0; i < s->vecs; i++) {
    vec missing = (1.0 - tau[i]) * (is_m[i] - p_m[i]) * (is_q[i] - p_q[i]);
    out[i] = b->weight[i] * tau[i] * (p_m[i] * (same - p_q[i]) - missing);
  }
}

static void score_product(const scored_block *s, const vec *score_a, const vec *score_c, vec *out) {
  for (int i = 0; i < s->vecs; i++) out[i] = s->block.weight[i] * score_a[i] * score_c[i];
}

/* Columns a >= c of the linear predictor: gate predictors come first. */
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

/* Adds the batch's sum for columns a and c of the linear predictor to out (d x d). */
static void add_pair(const walk *w, moe_information kind, int column_a, int column_c, double *out) {
  const moe_shape *s = &w->rows->shape;
  const predictor a = predictor_at(s, column_a), c = predictor_at(s, column_c);
  vec *weight = w->products + (size_t)MOE_THREAD * product_vecs(s);
  const size_t d = moe_coefficients_length(s);
  double *tile = w->tiles + (size_t)MOE_THREAD * tile_length(s);
  const int blocks = filled_blocks(w), symmetric = !!a.class == !!c.class || w->plan.parts == 1;
  memset(tile, 0, sizeof(double) * area(a.length, c.length));
  for (int place = 0; place < blocks; place++) {
    scored_block of = {s->M, moe_block_vecs(block_rows(w, place)), batch_block(w, place)};
    const vec *const score[] = {of.block.eta + column(column_a), of.block.eta + column(column_c)};
    pair_weight(&of, kind, &a, &c, score, weight);
    add_product(&of, &a, &c, weight, weight + MOE_VECS, tile);
  }
  if (symmetric) moe_mirror(a.length, tile);
  for (int l = 0; l < c.length; l++)
    for (int j = 0; j < a.length; j++)
      out[d * (c.start + (size_t)l) + a.start + (size_t)j] += tile[at(j, l, a.length)];
}

/* As many predictors per parallel region as fit between two polls. */
static void add_batch(const walk *w, moe_information kind, double *out) {
  const moe_shape *s = &w->rows->shape;
  const int predictors = w->plan.q_gate + w->plan.q_expert, threads = w->rows->threads;
  double work =
      (double)w->batch * MOE_BLOCK * larger(s->p, s->r) * (double)moe_coefficients_length(s);
  double affordable = POLL_WORK / work * threads;
  int group = affordable < threads      ? threads
              : affordable < predictors ? (int)affordable
                                        : predictors;
  for (int from = 0; from < predictors; from += group) {
    int to = from + group < predictors ? from + group : predictors;
    w->rows->poll(w->rows->poll_context);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(threads)
#endif
    for (int a = from; a < to; a++)
      for (int c = 0; c <= a; c++) add_pair(w, kind, a, c, out);
  }
}

void moe_information_rows(const moe_rows *rows, const double *theta, moe_information kind,
                          double *out) {
  walk w = start_walk(rows, theta);
  const size_t d = moe_coefficients_length(&rows->shape);
  memset(out, 0, sizeof(double) * d * d);
  do {
    fill_batch(&w);
    add_batch(&w, kind, out);
  } while (next_batch(&w));
  moe_mirror((int)d, out);
}

/* --- scores --- */

/* Rows of one block in out (n x d): weight times score times the design. */
static void write_scores(const walk *w, int place, double *out) {
  const moe_shape *s = &w->rows->shape;
  const block b = batch_block(w, place);
  const int count = block_rows(w, place), predictors = w->plan.q_gate + w->plan.q_expert;
  const double *weight = (const double *)b.weight;
  out += at(w->first, place, MOE_BLOCK);
  for (int a = 0; a < predictors; a++) {
    const predictor of = predictor_at(s, a);
    const double *score = (const double *)(b.eta + column(a));
    const double *design = (const double *)design_of(&b, &of);
    for (int j = 0; j < of.length; j++, design += MOE_BLOCK, out += s->n)
      for (int i = 0; i < count; i++) out[i] = weight[i] * score[i] * design[i];
  }
}

void moe_score_rows(const moe_rows *rows, const double *theta, double *out) {
  walk w = start_walk(rows, theta);
  do {
    fill_batch(&w);
    for (int place = 0; place < filled_blocks(&w); place++) write_scores(&w, place, out);
  } while (next_batch(&w));
}
