/* How BLAS and LAPACK are called. Inside the package R's own declarations are used; on its own the
 * core declares the two routines it needs. */
#ifndef MOE_BLAS_H
#define MOE_BLAS_H

#ifdef MOE_STANDALONE
#define FCONE
#define F77_CALL(name) name##_
void F77_CALL(dpotrf)(const char *uplo, const int *n, double *a, const int *lda, int *info);
void F77_CALL(dpotrs)(const char *uplo, const int *n, const int *nrhs, const double *a,
                      const int *lda, double *b, const int *ldb, int *info);
#else
#define USE_FC_LEN_T
#include <R_ext/Lapack.h>
#ifndef FCONE
#define FCONE
#endif
#endif

#endif
