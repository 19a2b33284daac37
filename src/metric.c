/* The minorizer's metric, a section for the gate and one for each expert. */
#include "metric.h"

#include <float.h>

#include "cholesky.h"
#include "index.h"

#define JITTER 1e-12 /* relative to the diagonal of S */

/* A jitter, far above rounding but far below any curvature that matters, keeps a section definite;
 * more curvature is still a minorizer. */
static void factor_section(int length, const moe_penalty *penalty, double *a) {
  for (size_t j = 0; j < area(length, length); j++) a[j] *= 0.5;
  penalty->add_curvature(penalty->context, length, a);
  for (int j = 0; j < length; j++) {
    double *diagonal = a + at(j, j, length);
    *diagonal = *diagonal * (1 + JITTER) + DBL_MIN;
  }
  moe_cholesky(length, a);
}

void moe_factor_gate(const moe_objective *o, double *gate) {
  factor_section(o->shape.r, &o->gate, gate);
}

moe_status moe_factor_experts(const moe_objective *o, double *experts) {
  const int p = o->shape.p;
  for (int k = 0; k < o->shape.K; k++, experts += area(p, p)) {
    if (o->poll(o->poll_context)) return MOE_STOPPED;
    factor_section(p, &o->expert, experts);
  }
  return MOE_OK;
}

/* Rounding that S^-1 blows up must not leave the symmetric form: each row sums to 0. */
static void center_rows(int rows, int columns, double *a) {
  for (int j = 0; j < rows; j++) {
    double mean = 0;
    for (int c = 0; c < columns; c++) mean += a[at(j, c, rows)] / columns;
    for (int c = 0; c < columns; c++) a[at(j, c, rows)] -= mean;
  }
}

static void solve_section(int rows, int columns, const double *factor, double *a) {
  moe_cholesky_solve(rows, columns, factor, a);
  center_rows(rows, columns, a);
}

void moe_solve_metric(const moe_shape *h, const moe_metric *metric, double *a) {
  const double *factor = metric->experts;
  solve_section(h->r, h->K, metric->gate, a);
  a += area(h->r, h->K);
  for (int k = 0; k < h->K; k++, factor += area(h->p, h->p), a += area(h->p, h->M))
    solve_section(h->p, h->M, factor, a);
}
