/* How rows in memory are walked, in one place: blocks that stay in cache, threads, polls (rows.c).
 * Inside, all is with respect to the coefficients: the gate's r x (K - 1), then p x (M - 1) for
 * each expert. */
#ifndef MOE_ROWS_H
#define MOE_ROWS_H

#include "block.h"

#define POLL_WORK 3e7 /* multiplications of a thread between two polls, under 0.1 s anywhere */

/* What depends on the shape alone, but for the designs. */
typedef struct {
  int q_gate, q_expert; /* predictors: K - 1 and K (M - 1) */
  int designs;          /* 1 where gate and experts have one, otherwise 2: */
  moe_linear linear[2]; /* the gate's (with one design: all), the experts' (with one: all) */
  size_t
      coefficients; /* doubles of the coefficients as the designs take them, and of their scores */
  size_t scratch;   /* vecs of one block */
  int segments, segment_rows;
} plan;

/* One block: rows x p, r (x itself where shared), q_gate + q_expert, K, M K, K, K, M, 1, 1, and,
 * for its user's own work, 1 and max(p, r). */
typedef struct {
  vec *x, *z, *eta, *gate, *expert, *table, *tau, *indicator, *weight, *likelihood, *weighted,
      *product;
} block;

/* The rows at one theta, and a workspace that starts with so many blocks, then has the coefficients
 * and room to code them. */
typedef struct {
  const moe_rows *rows;
  plan plan;
  vec *blocks;
  double *coefficients; /* 2 plan.coefficients */
  double *rest;         /* aligned for vecs */
} walk;

plan moe_plan(const moe_shape *shape);

/* Doubles of a workspace up to its rest, but for alignment, which MOE_LANES more are for. */
size_t moe_walk_length(const plan *plan, int blocks);

walk moe_start_walk(const moe_rows *rows, int blocks, const double *theta);

/* The block in this place of the workspace. */
block moe_block_at(const walk *w, int place);

/* task(context, item, thread) for items 0 .. count - 1 of `cost` multiplications each, shared by
 * the rows' threads, with polls between groups of items. */
typedef void (*moe_task)(const void *context, int item, int thread);
moe_status moe_share(const moe_rows *rows, int count, double cost, moe_task task,
                     const void *context);

/* Rows first .. end - 1 of a segment; what is summed over it starts anew where `starts` is set. */
typedef struct {
  int segment, first, end, starts;
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

/* The piece's block that starts at row `first` has so many rows. */
int moe_block_rows(const piece *of, int first);

#endif
