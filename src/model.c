/* The objective and its gradient, and predictions: sums and maps over the rows.
 *
 * Rows are walked in blocks that stay in cache, so memory beyond the data does not grow with n.
 * Inside, the model is in reference coding (rows.h), which saves a column per softmax; theta and
 * the gradient are symmetric. */
#include <math.h>
#include <string.h>

#include "rows.h"

/* Partial sums belong to segments of rows whose number depends on the shape alone and are added in
 * order, so that results do not depend on the number of threads. */
#define MAX_SEGMENTS 64
#define MIN_SEGMENTS 16
#define SEGMENT_DOUBLES 1000000 /* beyond MIN_SEGMENTS, partial sums take at most this many */
#define SLOT_DOUBLES 1000000    /* in memory at a time, or one segment's per thread if more */

static int larger(int a, int b) { return a > b ? a : b; }

/* a, but at least `least`, but at most `most` */
static int within(size_t a, int least, int most) {
  int b = a > (size_t)most ? most : larger((int)a, least);
  return b < most ? b : most;
}

size_t moe_theta_length(const moe_shape *s) {
  return area(s->r, s->K) + area(s->p, s->M) * (size_t)s->K;
}

size_t moe_gram_length(const moe_shape *s) {
  return area(s->r, s->r) + area(s->p, s->p) * (size_t)s->K;
}

/* --- layout of the workspace --- */

static size_t block_vecs(const moe_shape *s) {
  return column(s->p) + column(s->r) +                        /* x z */
         column(s->K - 1) + area(s->K, s->M - 1) * MOE_VECS + /* eta */
         column(s->K) + area(s->K, s->M) * MOE_VECS +         /* gate expert */
         column(s->K) + column(s->M) + column(3) +            /* tau indicator .. weighted */
         column(larger(s->p, s->r));                          /* product */
}

plan moe_make_plan(const moe_shape *s, int threads, int with_gram) {
  plan a = {.q_gate = s->K - 1, .q_expert = s->K * (s->M - 1), .with_gram = with_gram};
  size_t reference = moe_coefficients_length(s), gram = moe_gram_length(s);
  a.coefficients = moe_part_length(s->r, a.q_gate) + moe_part_length(s->p, a.q_expert);
  a.partial = MOE_LANES + a.coefficients;
  if (with_gram) a.partial += (gram + MOE_LANES - 1) / MOE_LANES * MOE_LANES;
  a.scratch = block_vecs(s);
  /* The same segments with and without Gram matrices, and so the same rounding. */
  int most = within(SEGMENT_DOUBLES / (1 + reference + gram), MIN_SEGMENTS, MAX_SEGMENTS);
  int blocks = s->n / MOE_BLOCK + (s->n % MOE_BLOCK > 0);
  a.segment_rows = larger(blocks / most + (blocks % most > 0), 1) * MOE_BLOCK;
  a.segments = s->n / a.segment_rows + (s->n % a.segment_rows > 0);
  a.slots = within(SLOT_DOUBLES / a.partial, threads, larger(a.segments, 1));
  return a;
}

plan moe_plan_rows(const moe_rows *rows, int with_gram) {
  const moe_shape *s = &rows->shape;
  const moe_data *d = &rows->data;
  const size_t stride = (size_t)s->n;
  plan a = moe_make_plan(s, rows->threads, with_gram);
  int shared = d->x == d->z && d->x_sparse == d->z_sparse && d->x_center == d->z_center &&
               d->x_scale == d->z_scale && s->p == s->r;
  a.parts = shared ? 1 : 2;
  a.part[0] = (moe_part){d->z_sparse, d->z, d->z_center, d->z_scale, stride, s->r, a.q_gate, 0};
  a.part[1] = (moe_part){d->x_sparse, d->x, d->x_center, d->x_scale,
                         stride,      s->p, a.q_expert,  moe_part_length(s->r, a.q_gate)};
  if (shared) {
    a.part[0].predictors += a.q_expert;
    a.part[1] = a.part[0];
  }
  return a;
}

size_t moe_rows_workspace(const moe_shape *s, int threads, int with_gram) {
  plan a = moe_make_plan(s, threads, with_gram);
  return MOE_LANES + (size_t)threads * a.scratch * MOE_LANES + 2 * a.coefficients + MOE_LANES +
         a.coefficients + (size_t)a.slots * a.partial;
}

static vec *take(vec **rest, int columns) {
  vec *start = *rest;
  *rest += column(columns);
  return start;
}

vec *moe_align(double *workspace) {
  uintptr_t align = sizeof(vec), start = (uintptr_t)workspace;
  return (vec *)((start + align - 1) / align * align);
}

block moe_new_block(const moe_shape *s, const plan *a, vec *rest) {
  block b;
  b.x = take(&rest, s->p);
  b.z = a->parts == 1 ? b.x : take(&rest, s->r);
  b.eta = take(&rest, a->q_gate + a->q_expert);
  b.gate = take(&rest, s->K);
  b.expert = take(&rest, s->K * s->M);
  b.tau = take(&rest, s->K);
  b.indicator = take(&rest, s->M);
  b.weight = take(&rest, 1);
  b.likelihood = take(&rest, 1);
  b.weighted = take(&rest, 1);
  b.product = take(&rest, larger(s->p, s->r));
  return b;
}

/* The workspace: a block for each thread, the coefficients, room to code them, total and segments'
 * sums. */
static block thread_block(const moe_rows *rows, const plan *a, int thread) {
  return moe_new_block(&rows->shape, a, moe_align(rows->workspace) + (size_t)thread * a->scratch);
}

static double *coefficient_space(const moe_rows *rows, const plan *a) {
  return (double *)(moe_align(rows->workspace) + (size_t)rows->threads * a->scratch);
}

/* --- symmetric and reference coding --- */

/* out (rows x (columns - 1)) <- columns 2.. of a minus its first column */
static double *subtract_reference(int rows, int columns, const double *a, double *out) {
  for (int c = 1; c < columns; c++)
    for (int j = 0; j < rows; j++) *out++ = a[at(j, c, rows)] - a[j];
  return out;
}

static void to_reference(const moe_shape *s, const double *theta, double *out) {
  out = subtract_reference(s->r, s->K, theta, out);
  theta += area(s->r, s->K);
  for (int k = 0; k < s->K; k++, theta += area(s->p, s->M))
    out = subtract_reference(s->p, s->M, theta, out);
}

/* A score's columns sum to zero: the reference's is minus the sum of the others. */
static const double *complete_score(int rows, int columns, const double *a, double *out) {
  memset(out, 0, sizeof(double) * (size_t)rows);
  for (int c = 1; c < columns; c++)
    for (int j = 0; j < rows; j++, a++) {
      out[at(j, c, rows)] = *a;
      out[j] -= *a;
    }
  return a;
}

static void to_symmetric(const moe_shape *s, const double *score, double *out) {
  score = complete_score(s->r, s->K, score, out);
  out += area(s->r, s->K);
  for (int k = 0; k < s->K; k++, out += area(s->p, s->M))
    score = complete_score(s->p, s->M, score, out);
}

void moe_code_coefficients(const moe_shape *s, const plan *a, const double *theta, double *out) {
  double *reference = out + a->coefficients;
  to_reference(s, theta, reference);
  for (const moe_part *part = a->part; part < a->part + a->parts; part++) {
    moe_part_code(part, reference, out + part->offset);
    reference += area(part->columns, part->predictors);
  }
}

/* gradient <- that of theta, from the parts' scores */
static void decode_scores(const moe_rows *rows, const plan *a, const double *scores,
                          double *gradient) {
  double *reference = coefficient_space(rows, a), *out = reference;
  for (const moe_part *part = a->part; part < a->part + a->parts; part++) {
    moe_part_decode(part, scores + part->offset, out);
    out += area(part->columns, part->predictors);
  }
  to_symmetric(&rows->shape, reference, gradient);
}

/* --- one block --- */

static void pack_response(const moe_rows *rows, int first, int count, block *b) {
  const moe_data *d = &rows->data;
  const int M = rows->shape.M, filled = moe_block_vecs(count) * MOE_LANES;
  double *indicator = (double *)b->indicator, *weight = (double *)b->weight;
  memset(indicator, 0, sizeof(double) * area(MOE_BLOCK, M));
  for (int i = 0; i < count; i++) {
    indicator[at(i, d->y[first + i], MOE_BLOCK)] = 1;
    weight[i] = d->weight ? d->weight[first + i] : 1;
  }
  for (int i = count; i < filled; i++) {
    indicator[i] = 1;
    weight[i] = 0;
  }
}

/* b->eta, b->gate and b->expert for rows first .. first + count - 1 */
static void block_probabilities(const moe_rows *rows, const plan *a, const double *coefficients,
                                int first, int count, block *b) {
  const moe_shape *s = &rows->shape;
  const int vecs = moe_block_vecs(count);
  vec *packed = b->z, *eta = b->eta;
  for (const moe_part *part = a->part; part < a->part + a->parts; part++) {
    moe_part_multiply(part, first, count, coefficients + part->offset, packed, eta);
    eta += column(part->predictors);
    packed = b->x;
  }
  moe_softmax(vecs, s->K, b->eta, b->gate);
  eta = b->eta + column(a->q_gate);
  for (int k = 0; k < s->K; k++)
    moe_softmax(vecs, s->M, eta + column(k * (s->M - 1)), b->expert + column(k * s->M));
}

/* Row i of the block on the log scale; writes its responsibilities, returns its log-likelihood. Of
 * large predictors the differences are not exact, so responsibilities are made to sum to 1. */
static double rescue_row(const moe_rows *rows, int first, int i, block *b) {
  const moe_shape *s = &rows->shape;
  double *tau = (double *)b->tau + i, total = 0;
  double loglik = moe_log_joint(s->M, s->K, (double *)b->eta + i, rows->data.y[first + i], tau);
  for (int k = 0; k < s->K; k++) {
    double *tau_k = tau + area(MOE_BLOCK, k);
    *tau_k = exp(*tau_k - loglik);
    total += *tau_k;
  }
  for (int k = 0; k < s->K; k++) tau[area(MOE_BLOCK, k)] /= total;
  return loglik;
}

/* Responsibilities of the block; returns its log-likelihood. */
static double block_posterior(const moe_rows *rows, int first, int count, block *b) {
  const moe_shape *s = &rows->shape;
  const int vecs = moe_block_vecs(count);
  double *likelihood = (double *)b->likelihood, *weight = (double *)b->weight, rescued = 0;
  moe_mixture(vecs, s->M, s->K, b->gate, b->expert, b->indicator, b->tau, b->likelihood);
  for (int i = 0; i < count; i++)
    if (!(likelihood[i] >= MOE_TINY)) {
      double value = rescue_row(rows, first, i, b);
      if (weight[i] > 0) rescued += weight[i] * value;
      likelihood[i] = 1;
    }
  return rescued + moe_weighted_log(vecs, b->weight, b->likelihood);
}

/* The same where responsibilities are given; rows that fill the last vecs have none. */
static void pack_given(const moe_rows *rows, int first, int count, block *b) {
  const size_t filled = (size_t)moe_block_vecs(count) * MOE_LANES, given = (size_t)count;
  for (int k = 0; k < rows->shape.K; k++) {
    double *tau = (double *)(b->tau + column(k));
    memcpy(tau, rows->data.tau + at(first, k, rows->shape.n), sizeof(double) * given);
    memset(tau + given, 0, sizeof(double) * (filled - given));
  }
}

static double rescue_expected(const moe_rows *rows, int first, int i, block *b) {
  const moe_shape *s = &rows->shape;
  double *tau = (double *)b->tau + i, expected = 0;
  moe_log_joint(s->M, s->K, (double *)b->eta + i, rows->data.y[first + i], tau);
  for (int k = 0; k < s->K; k++) {
    double *tau_k = tau + area(MOE_BLOCK, k), joint = *tau_k;
    *tau_k = rows->data.tau[at(first + i, k, s->n)];
    if (*tau_k > 0) expected += *tau_k * joint;
  }
  return expected;
}

static double block_expected(const moe_rows *rows, int first, int count, block *b) {
  const moe_shape *s = &rows->shape;
  double *least = (double *)b->likelihood, *expected = (double *)b->weighted, sum = 0;
  const double *weight = (double *)b->weight;
  pack_given(rows, first, count, b);
  moe_expected(moe_block_vecs(count), s->M, s->K, b->gate, b->expert, b->indicator, b->tau,
               b->likelihood, b->weighted);
  for (int i = 0; i < count; i++) {
    if (!(weight[i] > 0)) continue;
    if (!(least[i] >= MOE_TINY)) expected[i] = rescue_expected(rows, first, i, b);
    sum += weight[i] * expected[i];
  }
  return sum;
}

double moe_fill_block(const moe_rows *rows, const plan *a, const double *coefficients, int first,
                      int count, block *b) {
  pack_response(rows, first, count, b);
  block_probabilities(rows, a, coefficients, first, count, b);
  return rows->data.tau ? block_expected(rows, first, count, b)
                        : block_posterior(rows, first, count, b);
}

/* Adds the block's score, with respect to the reference-coded coefficients, to sum. */
static void block_gradient(const moe_rows *rows, const plan *a, int first, int count, block *b,
                           double *sum) {
  const moe_shape *s = &rows->shape;
  moe_block_state state = {s->M, s->K, b->gate, b->expert, b->indicator, b->weight, b->tau};
  const vec *packed = b->z, *resid = b->eta;
  moe_residual(moe_block_vecs(count), &state, b->eta);
  for (const moe_part *part = a->part; part < a->part + a->parts; part++) {
    moe_part_crossprod(part, first, count, packed, resid, sum + part->offset);
    resid += column(part->predictors);
    packed = b->x;
  }
}

static void block_gram(const moe_rows *rows, const plan *a, int first, int count, block *b,
                       double *sum) {
  const moe_shape *s = &rows->shape;
  const int vecs = moe_block_vecs(count);
  moe_part_gram(&a->part[0], first, count, b->z, b->weight, b->product, sum);
  sum += area(s->r, s->r);
  for (int k = 0; k < s->K; k++, sum += area(s->p, s->p)) {
    for (int i = 0; i < vecs; i++) b->weighted[i] = b->weight[i] * b->tau[at(i, k, MOE_VECS)];
    moe_part_gram(&a->part[1], first, count, b->x, b->weighted, b->product, sum);
  }
}

/* --- the loop over segments --- */

/* Rows first .. end - 1 of a segment; what is summed over it starts anew where `starts` is set. */
typedef struct {
  int segment, first, end, starts;
} piece;

typedef void (*piece_work)(const moe_rows *rows, const plan *a, const double *coefficients,
                           const piece *part, block *b, void *out);

/* Multiplications for one segment. */
static double segment_cost(const moe_rows *rows, const plan *a) {
  const moe_shape *s = &rows->shape;
  double r = moe_part_row_length(&a->part[0], s->n), p = moe_part_row_length(&a->part[1], s->n);
  double of_row = (p + r + 8) * (a->q_gate + a->q_expert + 8);
  if (a->with_gram) of_row += r * r + s->K * p * p;
  return a->segment_rows * of_row;
}

/* So many rows of a segment, after those that are done; none where it has no more. */
static piece next_piece(const moe_rows *rows, const plan *a, int segment, int done, int count) {
  const int start = segment * a->segment_rows, left = rows->shape.n - start;
  const int length = left < a->segment_rows ? left : a->segment_rows;
  if (done >= length) return (piece){.segment = segment};
  return (piece){segment, start + done, start + (length - done < count ? length : done + count),
                 done == 0};
}

/* Runs work on segments from .. to - 1, with a poll before each parallel region: of a group of
 * segments or, where these are long, of a piece of each. */
static void for_segments(const moe_rows *rows, const plan *a, const double *coefficients, int from,
                         int to, piece_work work, void *out) {
  const double affordable = POLL_WORK / segment_cost(rows, a); /* segments, for one thread */
  const int group = larger((int)fmin(affordable * rows->threads, a->segments), rows->threads);
  const int blocks = a->segment_rows / MOE_BLOCK;
  const int count = larger((int)fmin(affordable * blocks, blocks), 1) * MOE_BLOCK;
  for (; from < to; from += group) {
    const int end = from + group < to ? from + group : to;
    for (int done = 0; done < a->segment_rows; done += count) {
      rows->poll(rows->poll_context);
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(rows->threads)
#endif
      for (int segment = from; segment < end; segment++) {
        const piece part = next_piece(rows, a, segment, done, count);
        block b = thread_block(rows, a, MOE_THREAD);
        work(rows, a, coefficients, &part, &b, out);
      }
    }
  }
}

static void evaluate_piece(const moe_rows *rows, const plan *a, const double *coefficients,
                           const piece *part, block *b, void *out) {
  double *sum = (double *)out + (size_t)(part->segment % a->slots) * a->partial;
  double *scores = sum + MOE_LANES, *gram = scores + a->coefficients;
  if (part->starts) memset(sum, 0, sizeof(double) * a->partial);
  for (int first = part->first; first < part->end; first += MOE_BLOCK) {
    int count = part->end - first < MOE_BLOCK ? part->end - first : MOE_BLOCK;
    sum[0] += moe_fill_block(rows, a, coefficients, first, count, b);
    block_gradient(rows, a, first, count, b, scores);
    if (a->with_gram) block_gram(rows, a, first, count, b, gram);
  }
}

static void add(size_t length, const double *a, double *sum) {
  for (size_t j = 0; j < length; j++) sum[j] += a[j];
}

/* Adds the sums of so many segments, in order: objective and scores to total, the rest to gram. */
static void add_slots(const moe_shape *s, const plan *a, int count, const double *sums,
                      double *total, double *gram) {
  const size_t head = MOE_LANES + a->coefficients;
  for (int slot = 0; slot < count; slot++, sums += a->partial) {
    add(head, sums, total);
    if (gram) add(moe_gram_length(s), sums + head, gram);
  }
}

static void finish_gram(const moe_shape *s, const plan *a, double *gram) {
  moe_part_finish_gram(&a->part[0], gram);
  gram += area(s->r, s->r);
  for (int k = 0; k < s->K; k++, gram += area(s->p, s->p)) moe_part_finish_gram(&a->part[1], gram);
}

double moe_evaluate_rows(void *context, const double *theta, double *gradient, double *gram) {
  const moe_rows *rows = context;
  const moe_shape *s = &rows->shape;
  const plan a = moe_plan_rows(rows, gram != NULL);
  double *coefficients = coefficient_space(rows, &a);
  double *total = coefficients + 2 * a.coefficients, *sums = total + MOE_LANES + a.coefficients;
  moe_code_coefficients(s, &a, theta, coefficients);
  memset(total, 0, sizeof(double) * (MOE_LANES + a.coefficients));
  if (gram) memset(gram, 0, sizeof(double) * moe_gram_length(s));
  for (int from = 0; from < a.segments; from += a.slots) {
    int to = from + a.slots < a.segments ? from + a.slots : a.segments;
    for_segments(rows, &a, coefficients, from, to, evaluate_piece, sums);
    add_slots(s, &a, to - from, sums, total, gram);
  }
  decode_scores(rows, &a, total + MOE_LANES, gradient);
  if (gram) finish_gram(s, &a, gram);
  return total[0];
}

/* --- prediction --- */

/* The block's columns of one output, n apart, from buffers whose columns are MOE_BLOCK apart. */
static void copy_columns(const moe_rows *rows, int first, int count, int columns, const vec *from,
                         double *to) {
  if (!to) return;
  for (int c = 0; c < columns; c++)
    memcpy(to + at(first, c, rows->shape.n), (const double *)(from + column(c)),
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

static void predict_piece(const moe_rows *rows, const plan *a, const double *coefficients,
                          const piece *part, block *b, void *out) {
  const moe_prediction *to = out;
  const moe_shape *s = &rows->shape;
  for (int first = part->first; first < part->end; first += MOE_BLOCK) {
    int count = part->end - first < MOE_BLOCK ? part->end - first : MOE_BLOCK;
    block_probabilities(rows, a, coefficients, first, count, b);
    copy_columns(rows, first, count, s->K, b->gate, to->gate);
    copy_columns(rows, first, count, s->K * s->M, b->expert, to->expert);
    if (to->prob) {
      average_experts(s, moe_block_vecs(count), b, b->indicator);
      copy_columns(rows, first, count, s->M, b->indicator, to->prob);
    }
    if (to->posterior) {
      pack_response(rows, first, count, b);
      block_posterior(rows, first, count, b);
      copy_columns(rows, first, count, s->K, b->tau, to->posterior);
    }
  }
}

void moe_predict_rows(const moe_rows *rows, const double *theta, const moe_prediction *out) {
  const plan a = moe_plan_rows(rows, 0);
  double *coefficients = coefficient_space(rows, &a);
  moe_prediction to = *out;
  moe_code_coefficients(&rows->shape, &a, theta, coefficients);
  for_segments(rows, &a, coefficients, 0, a.segments, predict_piece, &to);
}
