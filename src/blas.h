/* What is used of BLAS and LAPACK, whichever the program is linked with. They are called from one
 * thread, outside parallel regions. Fortran takes the lengths of strings after all arguments. */
#ifndef MOE_BLAS_H
#define MOE_BLAS_H

#include <stddef.h>

void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info,
             size_t uplo_length);
void dpotrs_(const char *uplo, const int *n, const int *columns, const double *factor,
             const int *lda, double *a, const int *ldb, int *info, size_t uplo_length);

/* Lower triangle of a (n x n), positive definite <- its Cholesky factor; the rest is not touched. 0
 * if a is not positive definite. */
static inline int moe_factor(int n, double *a) {
  int info;
  dpotrf_("L", &n, a, &n, &info, 1);
  return info == 0;
}

/* a (n x columns) <- (factor factor')^-1 a */
static inline void moe_factor_solve(int n, int columns, const double *factor, double *a) {
  int info;
  dpotrs_("L", &n, &columns, factor, &n, a, &n, &info, 1);
}

#endif
