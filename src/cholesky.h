/* Cholesky factors of small matrices (cholesky.c). */
#ifndef MOE_CHOLESKY_H
#define MOE_CHOLESKY_H

/* Lower triangle of a (n x n), positive definite <- its Cholesky factor; the rest is not touched.
 */
void moe_cholesky(int n, double *a);

/* a (n x columns) <- (factor factor')^-1 a */
void moe_cholesky_solve(int n, int columns, const double *factor, double *a);

#endif
