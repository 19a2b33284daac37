/* The minorizer's metric, a section for the gate and one for each expert. */
#include "metric.h"

#include <float.h>
#include <math.h>
#include <string.h>

#include "blas.h"
#include "factor.h"
#include "index.h"

#define JITTER 1e-12 /* relative to the diagonal of S */
#define MUCH 0.05    /* change of a diagonal, relative to its sum */

/* A jitter, far above rounding but far below any curvature that matters, keeps a section definite;
 * more curvature is still a minorizer. */
static moe_status factor_section(int length, const moe_penalty *penalty, double *a,
                                 double *workspace) {
  for (size_t j = 0; j < area(length, length); j++) a[j] *= 0.5;
  penalty->add_curvature(penalty->context, length, a);
  for (int j = 0; j < length; j++) {
    double *diagonal = a + at(j, j, length);
    *diagonal = *diagonal * (1 + JITTER) + DBL_MIN;
  }
  return moe_factor(length, a, workspace) ? MOE_OK : MOE_FAILED;
}

size_t moe_metric_workspace(const moe_shape *h) {
  return moe_gram_length(h) + area(h->p, h->K) + moe_factor_workspace(larger(h->p, h->r));
}

moe_metric moe_new_metric(const moe_shape *h, double *workspace) {
  double *experts = workspace + area(h->r, h->r);
  double *diagonals = experts + area(h->p, h->p) * (size_t)h->K;
  return (moe_metric){workspace, experts, diagonals, diagonals + area(h->p, h->K)};
}

/* Expert k's factor from its Gram matrix. */
static moe_status factor_expert(const moe_objective *o, const double *gram,
                                const moe_metric *metric, int k) {
  const int p = o->shape.p;
  double *factor = metric->experts + area(p, p) * (size_t)k;
  if (o->poll(o->poll_context)) return MOE_STOPPED;
  for (int j = 0; j < p; j++) metric->diagonals[at(j, k, p)] = gram[at(j, j, p)];
  memcpy(factor, gram, sizeof(double) * area(p, p));
  return factor_section(p, &o->expert, factor, metric->workspace);
}

moe_status moe_factor_gate(const moe_objective *o, const double *gram, const moe_metric *metric) {
  memcpy(metric->gate, gram, sizeof(double) * area(o->shape.r, o->shape.r));
  return factor_section(o->shape.r, &o->gate, metric->gate, metric->workspace);
}

moe_status moe_factor_experts(const moe_objective *o, const double *gram,
                              const moe_metric *metric) {
  const int p = o->shape.p;
  moe_status status = MOE_OK;
  gram += area(o->shape.r, o->shape.r);
  for (int k = 0; k < o->shape.K && status == MOE_OK; k++, gram += area(p, p))
    status = factor_expert(o, gram, metric, k);
  return status;
}

static int has_changed(int p, const double *gram, const double *diagonal) {
  double change = 0, sum = 0;
  for (int j = 0; j < p; j++) {
    change += fabs(gram[at(j, j, p)] - diagonal[j]);
    sum += diagonal[j];
  }
  return change > MUCH * sum;
}

moe_status moe_refresh_experts(const moe_objective *o, const double *gram, const moe_metric *metric,
                               int *renewed) {
  const int p = o->shape.p;
  moe_status status = MOE_OK;
  *renewed = 0;
  gram += area(o->shape.r, o->shape.r);
  for (int k = 0; k < o->shape.K && status == MOE_OK; k++, gram += area(p, p)) {
    if (!has_changed(p, gram, metric->diagonals + area(p, k))) continue;
    status = factor_expert(o, gram, metric, k);
    ++*renewed;
  }
  return status;
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
