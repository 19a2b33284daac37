/* Numbers from files into vectors of R: rows that are read again at each evaluation. */
#include <R.h>
#include <stdio.h>

#include "glue.h"

static size_t read_vector(FILE *file, SEXP a) {
  const size_t length = (size_t)xlength(a);
  return TYPEOF(a) == REALSXP ? fread(REAL(a), sizeof(double), length, file)
                              : fread(INTEGER(a), sizeof(int), length, file);
}

/* Whether the file holds the numbers of all vectors and no more. */
static int read_vectors(FILE *file, SEXP vectors) {
  for (R_xlen_t i = 0; i < xlength(vectors); i++) {
    SEXP a = VECTOR_ELT(vectors, i);
    if (read_vector(file, a) != (size_t)xlength(a)) return 0;
  }
  return fgetc(file) == EOF;
}

/* Overwrites doubles and integers by those of a file, one vector after the other: memory that is
 * used again stays in the processor's caches, and new memory costs more than to read the file. */
SEXP C_moe_read(SEXP path, SEXP vectors) {
  if (TYPEOF(path) != STRSXP || xlength(path) != 1) error("`path` must be one string.");
  if (TYPEOF(vectors) != VECSXP || xlength(vectors) == 0)
    error("`vectors` must be a list of some.");
  for (R_xlen_t i = 0; i < xlength(vectors); i++)
    if (TYPEOF(VECTOR_ELT(vectors, i)) != REALSXP && TYPEOF(VECTOR_ELT(vectors, i)) != INTSXP)
      error("`vectors` must be of doubles or integers; number %.0f is not.", (double)i + 1);
  FILE *file = fopen(translateChar(STRING_ELT(path, 0)), "rb");
  if (!file) error("the file is gone");
  const int complete = read_vectors(file, vectors);
  (void)fclose(file); /* which was only read */
  if (!complete) error("the file does not hold the numbers that were written");
  return R_NilValue;
}
