/* The walk over rows in memory. They are taken in blocks that stay in cache, so memory beyond the
 * data does not grow with n. A unit belongs to the segment in which it starts, and is never divided
 * between threads or by a poll. This is the only file that knows of threads and of polls. */
#include "rows.h"

#include <math.h>

#include "theta.h"

#ifdef _OPENMP
#include <omp.h>
#define MOE_THREAD omp_get_thread_num()
#else
#define MOE_THREAD 0
#endif

/* Sums belong to segments of rows whose number depends on the shape alone and are added in order,
 * so that results do not depend on the number of threads. */
#define MAX_SEGMENTS 64
#define MIN_SEGMENTS 16
#define SEGMENT_DOUBLES 1000000 /* beyond MIN_SEGMENTS, their sums take at most this many */

/* --- plan and workspace --- */

static size_t block_length(const moe_shape *s) {
  return column(s->p) + column(s->r) +                         /* x z */
         column(s->K - 1) + column(1) * area(s->K, s->M - 1) + /* eta */
         column(s->K) + column(1) * area(s->K, s->M) +         /* gate expert */
         3 * column(s->K) + column(s->M) + column(4) +
         column(2) +                 /* table tau unit_tau indicator .. weighted, unit */
         column(larger(s->p, s->r)); /* product */
}

/* Sums with and without Gram matrices have the same segments, and so the same rounding. */
plan moe_plan(const moe_shape *s) {
  plan a = {.q_gate = s->K - 1, .q_expert = s->K * (s->M - 1)};
  const size_t sums = 1 + moe_coefficients_length(s) + moe_gram_length(s);
  const int most = within(SEGMENT_DOUBLES / sums, MIN_SEGMENTS, MAX_SEGMENTS);
  const int blocks = s->n / MOE_BLOCK + (s->n % MOE_BLOCK > 0);
  a.coefficients = moe_linear_length(s->r, a.q_gate) + moe_linear_length(s->p, a.q_expert);
  a.scratch = block_length(s);
  a.segment_rows = larger(blocks / most + (blocks % most > 0), 1) * MOE_BLOCK;
  a.segments = s->n / a.segment_rows + (s->n % a.segment_rows > 0);
  return a;
}

static int is_same(const moe_design *a, const moe_design *b) {
  return a->values == b->values && a->sparse == b->sparse && a->center == b->center &&
         a->scale == b->scale;
}

int moe_unit_count(const moe_rows *rows) {
  return rows->data.units.start ? rows->data.units.count : rows->shape.n;
}

static void plan_designs(const moe_rows *rows, const moe_kernels *kernels, plan *a) {
  const moe_shape *s = &rows->shape;
  const moe_data *d = &rows->data;
  a->designs = !d->units.start && is_same(&d->x, &d->z) && s->p == s->r ? 1 : 2;
  a->linear[0] = (moe_linear){d->z, moe_unit_count(rows), s->r, a->q_gate, 0, kernels};
  a->linear[1] =
      (moe_linear){d->x, s->n, s->p, a->q_expert, moe_linear_length(s->r, a->q_gate), kernels};
  if (a->designs == 1) {
    a->linear[0].predictors += a->q_expert;
    a->linear[1] = a->linear[0];
  }
}

size_t moe_walk_length(const plan *a, int blocks) {
  return (size_t)blocks * a->scratch + 2 * a->coefficients;
}

size_t moe_rows_workspace(const moe_shape *s, int threads) {
  const plan a = moe_plan(s);
  return MOE_WIDEST + moe_walk_length(&a, threads);
}

static void code_coefficients(const walk *w, const double *theta) {
  double *reference = w->coefficients + w->plan.coefficients;
  moe_theta_to_reference(&w->rows->shape, theta, reference);
  for (int d = 0; d < w->plan.designs; d++) {
    const moe_linear *of = &w->plan.linear[d];
    moe_linear_code(of, reference, w->coefficients + of->offset);
    reference += area(of->columns, of->predictors);
  }
}

walk moe_start_walk(const moe_rows *rows, int blocks, const double *theta) {
  walk w = {
      .rows = rows, .plan = moe_plan(&rows->shape), .kernels = moe_kernels_of(MOE_MOST_LANES)};
  plan_designs(rows, w.kernels, &w.plan);
  w.blocks = moe_align(rows->workspace.values);
  w.coefficients = w.blocks + (size_t)blocks * w.plan.scratch;
  w.rest = w.coefficients + 2 * w.plan.coefficients;
  code_coefficients(&w, theta);
  return w;
}

static int has_units(const walk *w) { return w->rows->data.units.start != NULL; }

static double *take(double **rest, int columns) {
  double *start = *rest;
  *rest += column(columns);
  return start;
}

block moe_block_at(const walk *w, int place) {
  const moe_shape *s = &w->rows->shape;
  double *rest = w->blocks + (size_t)place * w->plan.scratch;
  block b;
  b.x = take(&rest, s->p);
  b.z = w->plan.designs == 1 ? b.x : take(&rest, s->r);
  b.eta = take(&rest, w->plan.q_gate + w->plan.q_expert);
  b.gate = take(&rest, s->K);
  b.expert = take(&rest, s->K * s->M);
  b.table = take(&rest, s->K);
  b.tau = take(&rest, s->K);
  b.unit_tau = has_units(w) ? take(&rest, s->K) : b.tau;
  b.indicator = take(&rest, s->M);
  b.weight = take(&rest, 1);
  b.unit_weight = has_units(w) ? take(&rest, 1) : b.weight;
  b.unit = take(&rest, 2);
  b.likelihood = take(&rest, 1);
  b.weighted = take(&rest, 1);
  b.product = take(&rest, larger(s->p, s->r));
  return b;
}

/* --- threads and polls --- */

moe_status moe_share(const moe_rows *rows, int count, double cost, moe_task task,
                     const void *context) {
  const double affordable = POLL_WORK / cost * rows->threads;
  const int group = larger((int)fmin(affordable, count), rows->threads);
  for (int from = 0; from < count; from += group) {
    const int end = count - from > group ? from + group : count;
    if (rows->poll(rows->poll_context)) return MOE_STOPPED;
#ifdef _OPENMP
#pragma omp parallel for schedule(dynamic, 1) num_threads(rows->threads)
#endif
    for (int item = from; item < end; item++) task(context, item, MOE_THREAD);
  }
  return MOE_OK;
}

/* --- segments --- */

typedef struct {
  const walk *walk;
  const moe_job *job;
  int from, done, count; /* the first segment; rows of each that are done, and to be done now */
} round_of_pieces;

/* The first unit that starts at this row or later. */
static int unit_from(const walk *w, int row) {
  const moe_units *units = &w->rows->data.units;
  if (!units->start) return row;
  int low = 0, high = units->count;
  while (low < high) {
    const int middle = low + (high - low) / 2;
    if (units->start[middle] < row)
      low = middle + 1;
    else
      high = middle;
  }
  return low;
}

/* Units that start in so many rows of a segment, after those that are done; none where it has no
 * more. */
static piece next_piece(const walk *w, int segment, int done, int count) {
  const int start = segment * w->plan.segment_rows, left = w->rows->shape.n - start;
  const int length = left < w->plan.segment_rows ? left : w->plan.segment_rows;
  if (done >= length) return (piece){.segment = segment};
  const int end = start + (length - done < count ? length : done + count);
  return (piece){segment, unit_from(w, start + done), unit_from(w, end), done == 0, 0};
}

static void work_on_piece(const void *context, int item, int thread) {
  const round_of_pieces *now = context;
  piece of = next_piece(now->walk, now->from + item, now->done, now->count);
  of.thread = thread;
  block b = moe_block_at(now->walk, thread);
  now->job->work(now->walk, &of, &b, now->job->out);
}

/* A segment that is long is done in rounds, a piece of each segment in one. */
moe_status moe_walk_segments(const walk *w, int from, int to, const moe_job *job) {
  const int blocks = w->plan.segment_rows / MOE_BLOCK;
  const double affordable = POLL_WORK / (MOE_BLOCK * job->row_cost);
  round_of_pieces now = {w, job, from, 0, larger((int)fmin(affordable, blocks), 1) * MOE_BLOCK};
  for (; now.done < w->plan.segment_rows; now.done += now.count) {
    moe_status status =
        moe_share(w->rows, to - from, now.count * job->row_cost, work_on_piece, &now);
    if (status != MOE_OK) return status;
  }
  return MOE_OK;
}

double moe_row_cost(const walk *w) {
  const plan *a = &w->plan;
  const double r = moe_linear_row_length(&a->linear[0]);
  const double p = moe_linear_row_length(&a->linear[1]);
  return (p + r + 8) * (a->q_gate + a->q_expert + 8);
}

/* --- spans --- */

span moe_span_from(const walk *w, int unit, int end) {
  const int *start = w->rows->data.units.start;
  if (!start) {
    const int count = end - unit < MOE_BLOCK ? end - unit : MOE_BLOCK;
    return (span){unit, count, unit, count, 1};
  }
  int last = unit + 1;
  while (last < end && start[last + 1] - start[unit] <= MOE_BLOCK) last++;
  return (span){start[unit], start[last] - start[unit], unit, last - unit, 1};
}

int moe_parts(const span *whole) { return whole->rows / MOE_BLOCK + (whole->rows % MOE_BLOCK > 0); }

span moe_part(const span *whole, int part) {
  const int done = part * MOE_BLOCK, left = whole->rows - done;
  const int rows = left < MOE_BLOCK ? left : MOE_BLOCK;
  return (span){whole->row + done, rows, whole->unit, whole->units, left <= MOE_BLOCK};
}
