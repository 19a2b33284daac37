/* What is used of BLAS and LAPACK, whichever the program is linked with. They are called from one
 * thread, outside parallel regions. Fortran takes the lengths of strings after all arguments. */
#ifndef MOE_BLAS_H
#define MOE_BLAS_H

#include <stddef.h>

void dpotrf_(const char *uplo, const int *n, double *a, const int *lda, int *info,
             size_t uplo_length);
void dpotrs_(const char *uplo, const int *n, const int *columns, const double *factor,
             const int *lda, double *a, const int *ldb, int *info, size_t uplo_length);
void dtrsm_(const char *side, const char *uplo, const char *transpose, const char *diagonal,
            const int *rows, const int *columns, const double *factor_of_a, const double *factor,
            const int *lda, double *a, const int *ldb, size_t side_length, size_t uplo_length,
            size_t transpose_length, size_t diagonal_length);

/* Lower triangle of a (n x n, columns `stride` apart), positive definite <- its Cholesky factor;
 * the rest is not touched. 0 if a is not positive definite. */
static inline int moe_factor_square(int n, int stride, double *a) {
  int info;
  dpotrf_("L", &n, a, &stride, &info, 1);
  return info == 0;
}

/* a (rows x n) <- a factor'^-1, with columns of both `stride` apart. */
static inline void moe_divide_rows(int rows, int n, int stride, const double *factor, double *a) {
  const double one = 1;
  dtrsm_("R", "L", "T", "N", &rows, &n, &one, factor, &stride, a, &stride, 1, 1, 1, 1);
}

/* a (n x columns) <- (factor factor')^-1 a */
static inline void moe_factor_solve(int n, int columns, const double *factor, double *a) {
  int info;
  dpotrs_("L", &n, &columns, factor, &n, a, &n, &info, 1);
}

#endif
