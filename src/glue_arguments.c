/* What R hands over: its types, lengths, ranges and shapes are checked here, once, before the core
 * runs. */
#include <R.h>
#include <limits.h>
#include <math.h>
#include <string.h>

#include "glue.h"
#include "index.h"

#define MOST_THREADS 1024

/* --- lists, and vectors of a type and a length --- */

/* NULL for an element that the list has not got. */
static SEXP optional_element(SEXP list, const char *name, const char *of) {
  if (TYPEOF(list) != VECSXP)
    error("`%s` must be a list, not of type %s.", of, type2char(TYPEOF(list)));
  SEXP names = getAttrib(list, R_NamesSymbol);
  for (R_xlen_t i = 0; i < xlength(list) && names != R_NilValue; i++)
    if (strcmp(CHAR(STRING_ELT(names, i)), name) == 0) return VECTOR_ELT(list, i);
  return R_NilValue;
}

static SEXP element(SEXP list, const char *name, const char *of) {
  SEXP a = optional_element(list, name, of);
  if (a == R_NilValue) error("`%s` must have an element `%s`.", of, name);
  return a;
}

static void check_vector(SEXP a, SEXPTYPE type, double length, const char *name) {
  if ((SEXPTYPE)TYPEOF(a) != type)
    error("`%s` must be of type %s, not %s.", name, type2char(type), type2char(TYPEOF(a)));
  if ((double)xlength(a) != length)
    error("`%s` must have length %.0f, not %.0f.", name, length, (double)xlength(a));
}

static const double *reals(SEXP a, double length, const char *name) {
  check_vector(a, REALSXP, length, name);
  return REAL_RO(a);
}

static const int *integers(SEXP a, double length, const char *name) {
  check_vector(a, INTSXP, length, name);
  return INTEGER_RO(a);
}

/* --- numbers in a range --- */

static double number(SEXP a, const char *name) {
  if ((TYPEOF(a) != INTSXP && TYPEOF(a) != REALSXP) || xlength(a) != 1)
    error("`%s` must be one number, not of type %s and length %.0f.", name, type2char(TYPEOF(a)),
          (double)xlength(a));
  return asReal(a);
}

int glue_count(SEXP a, int least, int most, const char *name) {
  const double value = number(a, name);
  if (!(value >= least && value <= most && value == floor(value)))
    error("`%s` must be a whole number from %d to %d, not %g.", name, least, most, value);
  return (int)value;
}

const int *glue_flags(SEXP a, double length, const char *name) {
  check_vector(a, LGLSXP, length, name);
  const int *flags = LOGICAL_RO(a);
  for (R_xlen_t i = 0; i < xlength(a); i++)
    if (flags[i] == NA_LOGICAL) error("`%s` must not be NA.", name);
  return flags;
}

int glue_flag(SEXP a, const char *name) { return glue_flags(a, 1, name)[0]; }

typedef enum { FINITE, NOT_NEGATIVE, POSITIVE } number_range;

static const double *numbers_in(number_range range, SEXP a, double length, const char *name) {
  static const char *const words[] = {"finite", "finite and not negative", "finite and positive"};
  const double *values = reals(a, length, name);
  for (R_xlen_t i = 0; i < xlength(a); i++)
    if (!isfinite(values[i]) || (range == NOT_NEGATIVE && values[i] < 0) ||
        (range == POSITIVE && values[i] <= 0))
      error("`%s` must be %s; element %.0f is %g.", name, words[range], (double)i + 1, values[i]);
  return values;
}

const double *glue_finite(SEXP a, double n, const char *name) {
  return numbers_in(FINITE, a, n, name);
}

const double *glue_weights(SEXP a, double n, const char *name) {
  return numbers_in(NOT_NEGATIVE, a, n, name);
}

const double *glue_positive(SEXP a, double n, const char *name) {
  return numbers_in(POSITIVE, a, n, name);
}

const double *glue_optional_weights(SEXP a, double n, const char *name) {
  return isNull(a) ? NULL : glue_weights(a, n, name);
}

const int *glue_numbers(SEXP a, double n, int most, const char *name) {
  const int *from_one = integers(a, n, name);
  int *out = (int *)R_alloc((size_t)n + 1, sizeof(int)); /* not NULL where there are none */
  for (R_xlen_t i = 0; i < xlength(a); i++) {
    if (from_one[i] < 1 || from_one[i] > most)
      error("`%s` must be from 1 to %d; element %.0f is not.", name, most, (double)i + 1);
    out[i] = from_one[i] - 1;
  }
  return out;
}

/* --- matrices --- */

static const int *dimensions(SEXP dim, const char *name) {
  if (TYPEOF(dim) != INTSXP || xlength(dim) != 2) error("`%s` must have two dimensions.", name);
  const int *lengths = INTEGER_RO(dim);
  if (lengths[0] < 0 || lengths[1] < 0)
    error("`%s` must have dimensions that are not negative, not %d and %d.", name, lengths[0],
          lengths[1]);
  return lengths;
}

glue_matrix glue_matrix_of(SEXP a, const char *name) {
  const int *lengths = dimensions(getAttrib(a, R_DimSymbol), name);
  return (glue_matrix){lengths[0], lengths[1], reals(a, (double)lengths[0] * lengths[1], name)};
}

/* start (0 first, never falling, the number of entries last) and, for each of `count` stretches
 * between starts, indices that rise and are from least to most. */
static void check_stretches(SEXP start, SEXP index, int count, int least, int most,
                            const char *name) {
  const int *from = integers(start, (double)count + 1, name);
  if (from[0] != 0 || from[count] != xlength(index))
    error("`%s` must count from 0 to its %.0f entries, not from %d to %d.", name,
          (double)xlength(index), from[0], from[count]);
  for (int j = 0; j < count; j++)
    if (from[j] > from[j + 1]) error("`%s` must not fall; it does after element %d.", name, j + 1);
  const int *entry = integers(index, (double)xlength(index), name);
  for (int j = 0; j < count; j++)
    for (int e = from[j], before = least - 1; e < from[j + 1]; before = entry[e++])
      if (entry[e] <= before || entry[e] > most)
        error("`%s` must have entries that rise from %d to at most %d; there is %d after %d.", name,
              least, most, entry[e], before);
}

moe_columns glue_columns(SEXP p, SEXP i, SEXP x, SEXP dim) {
  const int *lengths = dimensions(dim, "x");
  if (lengths[1] == INT_MAX) error("`x` must have fewer than %d columns.", INT_MAX);
  check_stretches(p, i, lengths[1], 0, lengths[0] - 1, "x");
  return (moe_columns){.n = lengths[0],
                       .p = lengths[1],
                       .start = INTEGER_RO(p),
                       .row = INTEGER_RO(i),
                       .value = reals(x, (double)xlength(i), "x")};
}

/* --- designs --- */

typedef struct {
  int rows, columns;
  moe_design design;
} checked_design;

/* list(start, column, value, base, dim); the core only reads it. */
static const moe_sparse *compressed_rows(SEXP a, const int *lengths, const char *name) {
  SEXP start = element(a, "start", name), column = element(a, "column", name);
  moe_sparse *out = (moe_sparse *)R_alloc(1, sizeof(moe_sparse));
  if (lengths[0] == INT_MAX) error("`%s` must have fewer than %d rows.", name, INT_MAX);
  check_stretches(start, column, lengths[0], 1, lengths[1] - 1, name);
  reals(element(a, "value", name), (double)xlength(column), name);
  reals(element(a, "base", name), lengths[1], name);
  *out = (moe_sparse){INTEGER(start), INTEGER(column), REAL(element(a, "value", name)),
                      REAL(element(a, "base", name))};
  return out;
}

static checked_design one_design(SEXP a, SEXP center, SEXP scale, const char *name) {
  checked_design d = {.design = {.values = NULL}};
  if (TYPEOF(a) == VECSXP) {
    const int *lengths = dimensions(element(a, "dim", name), name);
    d.rows = lengths[0];
    d.columns = lengths[1];
    d.design.sparse = compressed_rows(a, lengths, name);
  } else {
    const glue_matrix m = glue_matrix_of(a, name);
    d.rows = m.rows;
    d.columns = m.columns;
    d.design.values = m.values;
  }
  if (d.columns < 1) error("`%s` must have at least one column.", name);
  d.design.center = glue_finite(center, d.columns, name);
  d.design.scale = glue_positive(scale, d.columns, name);
  return d;
}

static int same_integers(const int *a, const int *b, size_t n) {
  return a == b || memcmp(a, b, n * sizeof(int)) == 0;
}

static int same_reals(const double *a, const double *b, size_t n) {
  return a == b || memcmp(a, b, n * sizeof(double)) == 0;
}

static int same_sparse(const moe_sparse *a, const moe_sparse *b, size_t rows, size_t columns) {
  if (!same_integers(a->start, b->start, rows + 1)) return 0;
  const size_t entries = (size_t)a->start[rows];
  return same_integers(a->column, b->column, entries) && same_reals(a->value, b->value, entries) &&
         same_reals(a->base, b->base, columns);
}

/* Whether one can be read for both. Values are compared, not only objects: of what was saved or
 * sent to another process, R makes two objects where there was one. Where designs differ, they
 * mostly do in one of the first columns. */
static int same_design(const checked_design *a, const checked_design *b) {
  const moe_design *x = &a->design, *z = &b->design;
  if (a->rows != b->rows || a->columns != b->columns || !x->sparse != !z->sparse) return 0;
  const size_t rows = (size_t)a->rows, columns = (size_t)a->columns;
  if (!same_reals(x->center, z->center, columns) || !same_reals(x->scale, z->scale, columns))
    return 0;
  return x->sparse ? same_sparse(x->sparse, z->sparse, rows, columns)
                   : same_reals(x->values, z->values, rows * columns);
}

/* list(start, repeats) of n rows: start counts from 0, no unit is empty; repeats may be NULL. */
static void read_units(SEXP unit, int n, moe_data *out) {
  if (isNull(unit)) return;
  SEXP start = element(unit, "start", "unit");
  const double count = (double)xlength(start) - 1;
  if (count < 0 || count > n) error("`start` must have from 1 to %d elements.", n + 1);
  const int *from = integers(start, count + 1, "start");
  if (from[0] != 0 || from[(int)count] != n)
    error("`start` must count from 0 to the %d rows, not from %d to %d.", n, from[0],
          from[(int)count]);
  for (int g = 0; g < (int)count; g++)
    if (from[g] >= from[g + 1]) error("`start` must rise; it does not after element %d.", g + 1);
  out->units = (moe_units){(int)count, from};
  out->repeats = glue_optional_weights(optional_element(unit, "repeats", "unit"), n, "repeats");
}

int glue_units(const moe_rows *rows) {
  return rows->data.units.start ? rows->data.units.count : rows->shape.n;
}

static void read_designs(SEXP design, SEXP unit, moe_rows *rows) {
  SEXP x = element(design, "x", "design"), z = element(design, "z", "design");
  SEXP x_center = element(design, "x_center", "design");
  SEXP x_scale = element(design, "x_scale", "design");
  SEXP z_center = element(design, "z_center", "design");
  SEXP z_scale = element(design, "z_scale", "design");
  const checked_design a = one_design(x, x_center, x_scale, "x");
  const int is_one = x == z && x_center == z_center && x_scale == z_scale;
  checked_design b = is_one ? a : one_design(z, z_center, z_scale, "z");
  if (same_design(&a, &b)) b = a;
  read_units(unit, a.rows, &rows->data);
  if (!rows->data.units.start && a.rows != b.rows)
    error("`x` and `z` must have as many rows; they have %d and %d.", a.rows, b.rows);
  if (rows->data.units.start && rows->data.units.count != b.rows)
    error("`z` must have a row for each of %d units, but has %d.", rows->data.units.count, b.rows);
  rows->data.x = a.design;
  rows->data.z = b.design;
  rows->shape.n = a.rows;
  rows->shape.p = a.columns;
  rows->shape.r = b.columns;
}

/* --- problems --- */

/* Lengths that the core multiplies: theta and the Gram matrices must have as many elements as a
 * vector of R can have, and the predictors must be countable. */
static void check_sizes(const moe_shape *s) {
  const double p = s->p, r = s->r, M = s->M, K = s->K;
  if (K * M > INT_MAX)
    error("`experts` times `classes` must be below 2^31; they are %d and %d.", s->K, s->M);
  if (r * r + K * p * p > (double)R_XLEN_T_MAX || r * K + p * M * K > (double)R_XLEN_T_MAX)
    error("The problem is too large: %d and %d columns, %d classes, %d experts.", s->p, s->r, s->M,
          s->K);
}

static void read_outcomes(SEXP problem, moe_shape *s) {
  s->M = glue_count(element(problem, "classes", "problem"), 2, INT_MAX, "classes");
  s->K = glue_count(element(problem, "experts", "problem"), 1, INT_MAX, "experts");
  check_sizes(s);
}

moe_shape glue_distant_shape(SEXP problem, SEXP dim) {
  const int *columns = dimensions(dim, "dim");
  if (columns[0] < 1 || columns[1] < 1) error("`dim` must count at least one column of each.");
  moe_shape s = {.p = columns[0], .r = columns[1]};
  read_outcomes(problem, &s);
  return s;
}

moe_rows glue_rows(SEXP problem, SEXP threads) {
  moe_rows rows = {.threads = glue_count(threads, 1, MOST_THREADS, "threads")};
  moe_shape *s = &rows.shape;
  read_designs(element(problem, "design", "problem"), optional_element(problem, "unit", "problem"),
               &rows);
  read_outcomes(problem, s);
  rows.data.weight = glue_optional_weights(optional_element(problem, "weights", "problem"),
                                           glue_units(&rows), "weights");
  SEXP y = optional_element(problem, "y", "problem");
  rows.data.y = isNull(y) ? NULL : glue_numbers(y, s->n, s->M, "y");
  return rows;
}

moe_rows glue_observed_rows(SEXP problem, SEXP threads) {
  moe_rows rows = glue_rows(problem, threads);
  if (!rows.data.y) error("`problem` must have an element `y`.");
  return rows;
}

void glue_penalty(SEXP problem, moe_objective *o) {
  SEXP penalty = element(problem, "penalty", "problem");
  o->gate = moe_ridge(glue_weights(element(penalty, "gate", "penalty"), o->shape.r, "gate"));
  o->expert = moe_ridge(glue_weights(element(penalty, "expert", "penalty"), o->shape.p, "expert"));
}

/* --- what else belongs to a problem --- */

static void copy_reals(SEXP a, size_t length, const char *name, double *to) {
  memcpy(to, reals(a, (double)length, name), sizeof(double) * length);
}

void glue_evaluation(SEXP a, const moe_shape *s, double *value, double *gradient, double *gram) {
  copy_reals(element(a, "loglik", "evaluation"), 1, "loglik", value);
  copy_reals(element(a, "gradient", "evaluation"), moe_theta_length(s), "gradient", gradient);
  if (gram) copy_reals(element(a, "gram", "evaluation"), moe_gram_length(s), "gram", gram);
}

const double *glue_theta(SEXP a, const moe_shape *s) {
  return reals(a, (double)s->r * s->K + (double)s->p * s->M * s->K, "theta");
}

const double *glue_tau(SEXP a, const moe_rows *rows) {
  const int units = glue_units(rows), K = rows->shape.K;
  if (isNull(a)) return NULL;
  const glue_matrix m = glue_matrix_of(a, "tau");
  if (m.rows != units || m.columns != K)
    error("`tau` must be a %d x %d matrix, not %d x %d.", units, K, m.rows, m.columns);
  return glue_weights(a, (double)units * K, "tau");
}

/* NULL, or where the number is. */
static const double *optional_number(SEXP a, const char *name) {
  if (isNull(a)) return NULL;
  if (TYPEOF(a) != REALSXP || isnan(number(a, name)))
    error("`%s` must be NULL or a double that is not NA.", name);
  return REAL(a);
}

moe_control glue_control(SEXP a) {
  moe_control out = {
      .method = (moe_method)glue_count(element(a, "method", "settings"), MOE_MM, MOE_ACCELERATED,
                                       "method"),
      .max_iterations =
          glue_count(element(a, "max_iterations", "settings"), 0, INT_MAX, "max_iterations"),
      .tolerance = number(element(a, "tolerance", "settings"), "tolerance"),
      .target = optional_number(optional_element(a, "target", "settings"), "target")};
  if (!(out.tolerance >= 0))
    error("`tolerance` must not be negative or NA, but is %g.", out.tolerance);
  return out;
}
