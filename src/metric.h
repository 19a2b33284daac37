/* The metric S of the MM step: Cholesky factors of its sections, in place of the Gram matrices that
 * they come from, lower triangles (metric.c). */
#ifndef MOE_METRIC_H
#define MOE_METRIC_H

#include "moe.h"

typedef struct {
  double *gate;    /* r x r; the same at every theta */
  double *experts; /* p x p x K */
} moe_metric;

/* gate, experts: Gram matrices <- factors of 1/2 Gram + the penalty's curvature; MOE_FAILED if
 * rounding leaves no positive definite matrix. Factoring the experts takes long where p is large,
 * and polls. */
moe_status moe_factor_gate(const moe_objective *objective, double *gate);
moe_status moe_factor_experts(const moe_objective *objective, double *experts);

/* a (the shape of theta) <- S^-1 a */
void moe_solve_metric(const moe_shape *shape, const moe_metric *metric, double *a);

#endif
