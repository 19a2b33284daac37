/* Cholesky factors of matrices that may be large (factor.c). */
#ifndef MOE_FACTOR_H
#define MOE_FACTOR_H

#include <stddef.h>

size_t moe_factor_workspace(int n);

/* Lower triangle of a (n x n), positive definite <- its Cholesky factor; above the diagonal it is
 * undefined. 0 if a is not positive definite. */
int moe_factor(int n, double *a, double *workspace);

#endif
