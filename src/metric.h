/* The metric S of the MM step: Cholesky factors of its sections, lower triangles (metric.c). */
#ifndef MOE_METRIC_H
#define MOE_METRIC_H

#include "moe.h"

typedef struct {
  double *gate;      /* r x r; the same at every theta */
  double *experts;   /* p x p x K */
  double *diagonals; /* p x K: of the Gram matrices that the experts' factors come from */
  double *workspace; /* of the factorisations */
} moe_metric;

size_t moe_metric_workspace(const moe_shape *shape);
moe_metric moe_new_metric(const moe_shape *shape, double *workspace);

/* The factors of 1/2 Gram + the penalty's curvature; gram holds the Gram matrices of all sections.
 * MOE_FAILED if rounding leaves no positive definite matrix. Factoring the experts takes long where
 * p is large, and polls. */
moe_status moe_factor_gate(const moe_objective *objective, const double *gram,
                           const moe_metric *metric);
moe_status moe_factor_experts(const moe_objective *objective, const double *gram,
                              const moe_metric *metric);

/* The same for those experts alone whose Gram matrix has changed much, by its diagonal; what is
 * left is as good a metric for a quasi-Newton step, but no minorizer's. *renewed <- how many there
 * are. */
moe_status moe_refresh_experts(const moe_objective *objective, const double *gram,
                               const moe_metric *metric, int *renewed);

/* a (the shape of theta) <- S^-1 a */
void moe_solve_metric(const moe_shape *shape, const moe_metric *metric, double *a);

#endif
