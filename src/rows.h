/* How rows in memory are walked, in one place: units, blocks that stay in cache, threads, polls
 * (rows.c).
 * Inside, all is with respect to the coefficients: the gate's r x (K - 1), then p x (M - 1) for
 * each expert. */
#ifndef MOE_ROWS_H
#define MOE_ROWS_H

#include "linear.h"

#define POLL_WORK 3e7 /* multiplications of a thread between two polls, under 0.1 s anywhere */

/* What depends on the shape alone, but for the designs. */
typedef struct {
  int q_gate, q_expert; /* predictors: K - 1 and K (M - 1) */
  int designs;          /* 1 where gate and experts have one, otherwise 2: */
  moe_linear linear[2]; /* the gate's (with one design: all), the experts' (with one: all) */
  size_t
      coefficients; /* doubles of the coefficients as the designs take them, and of their scores */
  size_t scratch;   /* doubles of one block */
  int segments, segment_rows;
} plan;

/* What a block holds: rows row .. row + rows - 1, of units unit .. unit + units - 1. All of their
 * rows, unless the span is a part of a unit that has more rows than a block. */
typedef struct {
  int row, rows, unit, units;
  int is_last; /* the units end with the span */
} span;

/* One block. Rows x p, q_expert, M K, K, K, M, 1; units x r (x itself where shared), q_gate, K, K,
 * 1, 1; the rows' units, numbered from 0 on, where they have several; and, for its user's own work,
 * rows x 1 and max(p, r). The predictors of the gate come first in eta. Where each row is a unit,
 * unit_tau is tau, and unit_weight is weight. */
typedef struct {
  double *x, *eta, *expert, *table, *tau, *indicator, *weight;
  double *z, *gate, *unit_tau, *unit_weight, *likelihood;
  double *unit; /* and beyond the block MOE_UNIT_RUN more, which are none */
  double *weighted, *product;
} block;

/* The rows at one theta, and a workspace that starts with so many blocks, then has the coefficients
 * and room to code them. */
typedef struct {
  const moe_rows *rows;
  plan plan;
  const moe_kernels *kernels;
  double *blocks;
  double *coefficients; /* 2 plan.coefficients */
  double *rest;         /* aligned */
} walk;

plan moe_plan(const moe_shape *shape);

/* n where each row is a unit. */
int moe_unit_count(const moe_rows *rows);

/* Doubles of a workspace up to its rest, but for alignment, which MOE_WIDEST more are for. */
size_t moe_walk_length(const plan *plan, int blocks);

walk moe_start_walk(const moe_rows *rows, int blocks, const double *theta);

/* The block in this place of the workspace. */
block moe_block_at(const walk *w, int place);

/* task(context, item, thread) for items 0 .. count - 1 of `cost` multiplications each, shared by
 * the rows' threads, with polls between groups of items. */
typedef void (*moe_task)(const void *context, int item, int thread);
moe_status moe_share(const moe_rows *rows, int count, double cost, moe_task task,
                     const void *context);

/* Units first .. end - 1 of a segment, all of which start in its rows; what is summed over it
 * starts anew where `starts` is set. One thread works on it. */
typedef struct {
  int segment, first, end, starts, thread;
} piece;

/* work on all rows of segments from .. to - 1, `row_cost` multiplications each; each thread has a
 * block. A segment's pieces come in order. */
typedef void (*moe_piece_work)(const walk *w, const piece *of, block *b, void *out);
typedef struct {
  moe_piece_work work;
  double row_cost;
  void *out;
} moe_job;
moe_status moe_walk_segments(const walk *w, int from, int to, const moe_job *job);

/* Multiplications of a row for its probabilities and scores. */
double moe_row_cost(const walk *w);

/* The span of a block that starts with a unit: more units before `end`, as long as all their rows
 * fit; or a unit by itself, and where that is longer than a block, it is to be taken in parts. */
span moe_span_from(const walk *w, int unit, int end);

/* Parts 0 .. moe_parts() - 1 of a span: itself, where it fits. */
int moe_parts(const span *whole);
span moe_part(const span *whole, int part);

/* The block's rows from .. end - 1 are those of unit u, from 0 on, of the span. */
typedef struct {
  int from, end;
} extent;
static inline extent moe_unit_extent(const walk *w, const span *of, int u) {
  const int *start = w->rows->data.units.start + of->unit + u;
  const int from = start[0] - of->row, end = start[1] - of->row;
  return (extent){larger(from, 0), end < of->rows ? end : of->rows};
}

#endif
