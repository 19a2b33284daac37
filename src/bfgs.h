/* The quasi-Newton matrix H of the accelerated method: limited-memory BFGS in the metric S
 * (bfgs.c). It needs S^-1 of gradients only, once each, and never S itself. */
#ifndef MOE_BFGS_H
#define MOE_BFGS_H

#include "moe.h"

#define MOE_PAIRS 20 /* that are remembered */

/* The gradient at a point, and S^-1 of it. */
typedef struct {
  double *gradient, *solved;
} moe_slope;

typedef struct {
  moe_shape shape;
  size_t length;
  double *steps, *yields;      /* MOE_PAIRS columns: changes of theta, falls of the gradient, */
  double *solved_yields;       /* and S^-1 of these */
  double curvature[MOE_PAIRS]; /* step' yield of each pair */
  double *scale;               /* of each section of S^-1 in H */
  double *left;                /* what the recursion has left of the gradient */
  int pairs, newest;
} moe_bfgs;

/* The gate and each expert have a section of theta and of the metric. */
size_t moe_bfgs_workspace(const moe_shape *shape);
moe_bfgs moe_new_bfgs(const moe_shape *shape, double *workspace);

/* H becomes S^-1. */
void moe_bfgs_forget(moe_bfgs *b);

/* direction <- H gradient */
void moe_bfgs_direction(const moe_bfgs *b, const moe_slope *at, double *direction);

/* Remembers the step of the given length along direction, from one point to another. A pair that
 * shows no positive curvature is left out. */
void moe_bfgs_remember(moe_bfgs *b, double length, const double *direction, const moe_slope *from,
                       const moe_slope *to);

/* The yield of the pair that was remembered so long ago (0: the last), and S^-1 of it, which is to
 * be computed anew when S changes. */
moe_slope moe_bfgs_yield(const moe_bfgs *b, int ago);

#endif
