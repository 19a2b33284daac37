/* Routines that take no problem: the moments, layout and rank of columns, features of pairs of
 * rows, room for results, and the merging of mixing measures. */
#include <R.h>
#include <limits.h>

#include "glue.h"

/* --- columns --- */

/* A list with room for numbers per column. */
static SEXP new_moments(int p) {
  const char *names[] = {"center", "scale", ""};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  glue_new(out, 0, (size_t)p);
  glue_new(out, 1, (size_t)p);
  UNPROTECT(1);
  return out;
}

SEXP C_moe_moments(SEXP x, SEXP weights) {
  const glue_matrix m = glue_matrix_of(x, "x");
  const double *v = glue_optional_weights(weights, m.rows, "weights");
  SEXP out = PROTECT(new_moments(m.columns));
  moe_moments(m.rows, m.columns, m.values, v, REAL(VECTOR_ELT(out, 0)), REAL(VECTOR_ELT(out, 1)));
  UNPROTECT(1);
  return out;
}

/* p, i, x, dim: the slots of a dgCMatrix, here and in C_moe_compress_rows(). */
SEXP C_moe_sparse_moments(SEXP p, SEXP i, SEXP x, SEXP dim, SEXP weights) {
  const moe_columns columns = glue_columns(p, i, x, dim);
  const double *v = glue_optional_weights(weights, columns.n, "weights");
  SEXP out = PROTECT(new_moments(columns.p));
  moe_sparse_moments(&columns, v, REAL(VECTOR_ELT(out, 0)), REAL(VECTOR_ELT(out, 1)));
  UNPROTECT(1);
  return out;
}

/* NULL if there would be more entries than an integer can count. */
SEXP C_moe_compress_rows(SEXP p, SEXP i, SEXP x, SEXP dim, SEXP center, SEXP scale) {
  const moe_columns columns = glue_columns(p, i, x, dim);
  const double *shift = glue_finite(center, columns.p, "center");
  const double *unit = glue_positive(scale, columns.p, "scale");
  const char *names[] = {"start", "column", "value", "base", "dim", ""};
  if (columns.n == INT_MAX) error("`x` must have fewer than %d rows.", INT_MAX);
  SEXP out = PROTECT(mkNamed(VECSXP, names)), start, column;
  SET_VECTOR_ELT(out, 0, start = allocVector(INTSXP, (R_xlen_t)columns.n + 1));
  const size_t entries = moe_row_starts(&columns, shift, unit, INTEGER(start));
  if (entries > INT_MAX) {
    UNPROTECT(1);
    return R_NilValue;
  }
  SET_VECTOR_ELT(out, 1, column = allocVector(INTSXP, (R_xlen_t)entries));
  const moe_sparse rows = {INTEGER(start), INTEGER(column), glue_new(out, 2, entries),
                           glue_new(out, 3, (size_t)columns.p)};
  SET_VECTOR_ELT(out, 4, duplicate(dim));
  moe_compress_rows(&columns, shift, unit, &rows);
  UNPROTECT(1);
  return out;
}

/* kept: flags of the columns whose Gram matrix (p x p) is given. */
SEXP C_moe_independent_columns(SEXP gram, SEXP kept) {
  const glue_matrix m = glue_matrix_of(gram, "gram");
  if (m.rows != m.columns) error("`gram` must be square, not %d x %d.", m.rows, m.columns);
  glue_flags(kept, m.columns, "kept");
  SEXP out = PROTECT(duplicate(kept)), work = PROTECT(duplicate(gram));
  moe_independent_columns(m.columns, REAL(work), LOGICAL(out));
  UNPROTECT(2);
  return out;
}

/* --- pairs of rows --- */

/* a, b: rows of the matrix x, from 1 */
SEXP C_moe_pair_features(SEXP x, SEXP a, SEXP b) {
  const glue_matrix m = glue_matrix_of(x, "x");
  const R_xlen_t count = xlength(a);
  if (count > INT_MAX || m.columns > INT_MAX / 2) error("There are too many pairs or features.");
  const moe_pairs pairs = {.count = (int)count,
                           .a = glue_numbers(a, (double)count, m.rows, "a"),
                           .b = glue_numbers(b, (double)count, m.rows, "b")};
  SEXP out = PROTECT(allocMatrix(REALSXP, pairs.count, 2 * m.columns));
  moe_pair_features(&pairs, m.rows, m.columns, m.values, REAL(out));
  UNPROTECT(1);
  return out;
}

/* --- results that come in parts --- */

/* A matrix of integers or doubles whose values are what memory held before. To clear it would take
 * as long as to fill it, and R could not be interrupted meanwhile. */
SEXP C_moe_room(SEXP rows, SEXP columns, SEXP is_integer) {
  const int n = glue_count(rows, 1, INT_MAX, "rows");
  const int p = glue_count(columns, 1, INT_MAX, "columns");
  return allocMatrix(glue_flag(is_integer, "is_integer") ? INTSXP : REALSXP, n, p);
}

/* --- mixing measures --- */

/* weight: K positive numbers; atoms: a matrix with a column per atom */
SEXP C_moe_merge(SEXP weight, SEXP atoms) {
  const glue_matrix m = glue_matrix_of(atoms, "atoms");
  const int K = m.columns;
  const double *q = glue_positive(weight, K, "weight");
  if (K < 1) error("`atoms` must have at least one column.");
  const char *names[] = {"merge", "height", "weight", "atoms", ""};
  glue_interruption in = {.stopped = 0};
  SEXP out = PROTECT(mkNamed(VECSXP, names));
  SET_VECTOR_ELT(out, 0, allocMatrix(INTSXP, K - 1, 2));
  SET_VECTOR_ELT(out, 3, allocMatrix(REALSXP, m.rows, K - 1));
  const moe_merges merges = {.merge = INTEGER(VECTOR_ELT(out, 0)),
                             .height = glue_new(out, 1, (size_t)K - 1),
                             .weight = glue_new(out, 2, (size_t)K - 1),
                             .atoms = REAL(VECTOR_ELT(out, 3))};
  glue_leave(&in, moe_merge(K, m.rows, q, m.values, glue_workspace(moe_merge_workspace(K, m.rows)),
                            &merges));
  UNPROTECT(1);
  return out;
}
