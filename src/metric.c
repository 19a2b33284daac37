/* The minorizer's metric, a section for the gate and one for each expert. */
#include "metric.h"

#include <float.h>
#include <string.h>

#include "blas.h"
#include "index.h"

#define JITTER 1e-12 /* relative to the diagonal of S */

/* A jitter, far above rounding but far below any curvature that matters, keeps a section definite;
 * more curvature is still a minorizer. */
static moe_status factor_section(int length, const moe_penalty *penalty, double *a) {
  for (size_t j = 0; j < area(length, length); j++) a[j] *= 0.5;
  penalty->add_curvature(penalty->context, length, a);
  for (int j = 0; j < length; j++) {
    double *diagonal = a + at(j, j, length);
    *diagonal = *diagonal * (1 + JITTER) + DBL_MIN;
  }
  return moe_factor(length, a) ? MOE_OK : MOE_FAILED;
}

moe_status moe_factor_gate(const moe_objective *o, double *gate) {
  return factor_section(o->shape.r, &o->gate, gate);
}

moe_status moe_factor_experts(const moe_objective *o, double *experts) {
  const int p = o->shape.p;
  for (int k = 0; k < o->shape.K; k++, experts += area(p, p)) {
    if (o->poll(o->poll_context)) return MOE_STOPPED;
    const moe_status status = factor_section(p, &o->expert, experts);
    if (status != MOE_OK) return status;
  }
  return MOE_OK;
}

/* In the symmetric form each row sums to 0: the last column is what the others leave, which also
 * keeps rounding that S^-1 blows up within the form. */
static void solve_section(int rows, int columns, const double *factor, double *a) {
  double *last = a + area(rows, columns - 1);
  moe_factor_solve(rows, columns - 1, factor, a);
  memset(last, 0, sizeof(double) * (size_t)rows);
  for (int c = 0; c < columns - 1; c++)
    for (int j = 0; j < rows; j++) last[j] -= a[at(j, c, rows)];
}

void moe_solve_metric(const moe_shape *h, const moe_metric *metric, double *a) {
  const double *factor = metric->experts;
  solve_section(h->r, h->K, metric->gate, a);
  a += area(h->r, h->K);
  for (int k = 0; k < h->K; k++, factor += area(h->p, h->p), a += area(h->p, h->M))
    solve_section(h->p, h->M, factor, a);
}
