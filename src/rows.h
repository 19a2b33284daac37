/* How the rows are walked: blocks that stay in cache, with the model's probabilities at given
 * coefficients. Shared by what sums over rows (model.c, information.c).
 *
 * Inside, the model is in reference coding (first expert, first class): the coefficients are the
 * gate's r x (K - 1), then p x (M - 1) for each expert. */
#ifndef MOE_ROWS_H
#define MOE_ROWS_H

#include "block.h"

#ifdef _OPENMP
#include <omp.h>
#define MOE_THREAD omp_get_thread_num()
#else
#define MOE_THREAD 0
#endif

#define POLL_WORK 3e7 /* multiplications between two polls, under 0.1 s anywhere */

typedef struct {
  int q_gate, q_expert; /* columns of the linear predictor: K - 1 and K (M - 1) */
  int parts;            /* 1 where gate and experts have one design, otherwise 2: */
  moe_part part[2];     /* the gate (with one part: all), the experts (with one part: all) */
  size_t coefficients;  /* doubles of the parts' coefficients, and of their scores */
  size_t partial;       /* doubles in one segment's sums: objective, scores, Gram matrices */
  size_t scratch;       /* vecs of one block */
  int with_gram;
  int segments, segment_rows;
  int slots; /* segments whose sums are in memory at a time */
} plan;

/* What depends on the shape alone, and all of it. */
plan moe_make_plan(const moe_shape *shape, int threads, int with_gram);
plan moe_plan_rows(const moe_rows *rows, int with_gram);

/* One block: rows x p, r (x itself where shared), q_gate + q_expert, K, M K, K, M, 1, 1, and, for
 * its user's own work, 1 and max(p, r). */
typedef struct {
  vec *x, *z, *eta, *gate, *expert, *tau, *indicator, *weight, *likelihood, *weighted, *product;
} block;

/* The first place in a workspace that is aligned for vecs. */
vec *moe_align(double *workspace);

/* A block in the plan's `scratch` vecs at `rest`. */
block moe_new_block(const moe_shape *shape, const plan *a, vec *rest);

/* out <- the coefficients of theta as the parts take them; it is aligned for vecs and has room for
 * 2 a->coefficients doubles. */
void moe_code_coefficients(const moe_shape *shape, const plan *a, const double *theta, double *out);

/* Fills b, up to `likelihood`, for rows first .. first + count - 1, at most MOE_BLOCK, except for x
 * and z where they are sparse; needs the response. Rows that fill the last vecs have weight 0.
 * Returns the rows' share of the objective. */
double moe_fill_block(const moe_rows *rows, const plan *a, const double *coefficients, int first,
                      int count, block *b);

#endif
