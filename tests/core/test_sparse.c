/* Sparse designs: their moments and rows against those of the same matrix stored in full, and what
 * is computed from the rows against the reference, which reads the full matrix. */
#include <float.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "test_core.h"

#define ACCURACY 1e-12

/* --- matrices --- */

/* A matrix and its columns compressed. */
typedef struct {
  double *full, *value;
  int *start, *row;
  moe_columns columns;
} matrix;

/* Takes the full matrix over. Some zeros are stored, as users' matrices may do. */
static matrix compress_columns(int n, int p, double *full) {
  const size_t most = (size_t)n * (size_t)p;
  matrix m = {.full = full,
              .value = new_doubles(most),
              .start = allocate(sizeof(int) * ((size_t)p + 1)),
              .row = allocate(sizeof(int) * most)};
  int count = 0;
  for (int j = 0; j < p; j++) {
    m.start[j] = count;
    for (int i = 0; i < n; i++) {
      double value = full[(size_t)n * (size_t)j + (size_t)i];
      if (value == 0 && between(0, 20) > 0) continue;
      m.row[count] = i;
      m.value[count++] = value;
    }
  }
  m.start[p] = count;
  m.columns = (moe_columns){n, p, m.start, m.row, m.value};
  return m;
}

static void free_matrix(matrix m) {
  free(m.value);
  free(m.start);
  free(m.row);
}

/* Keeps each element but those of column 0 with the probability of its column: for some columns 0,
 * for some 1. Some rows lose all. */
static void thin_out(int n, int p, double density, double *a) {
  for (int j = 1; j < p; j++) {
    const int kind = between(0, 9);
    const double kept = kind == 0 ? 0 : kind == 1 ? 1 : density;
    for (int i = 0; i < n; i++)
      if (uniform(0, 1) > kept) a[(size_t)n * (size_t)j + (size_t)i] = 0;
  }
  for (int i = 0; i < n; i++)
    if (between(0, 9) == 0)
      for (int j = 1; j < p; j++) a[(size_t)n * (size_t)j + (size_t)i] = 0;
}

static moe_sparse *compress_rows(const matrix *m, const double *center, const double *scale) {
  const int n = m->columns.n, p = m->columns.p;
  moe_sparse *out = allocate(sizeof *out);
  out->start = allocate(sizeof(int) * ((size_t)n + 1));
  size_t entries = moe_row_starts(&m->columns, center, scale, out->start);
  out->column = allocate(sizeof(int) * entries);
  out->value = new_doubles(entries);
  out->base = new_doubles((size_t)p);
  moe_compress_rows(&m->columns, center, scale, out);
  CHECK((size_t)out->start[n] == entries, "%d entries, not %d", out->start[n], (int)entries);
  return out;
}

static void free_rows(moe_sparse *x) {
  free(x->start);
  free(x->column);
  free(x->value);
  free(x->base);
  free(x);
}

/* --- samples --- */

/* What a sample's sparse designs are made of; the sample's own full matrices stay. */
typedef struct {
  sample *sample;
  matrix x, z;
  moe_sparse *x_rows, *z_rows;
} sparse_sample;

/* Centre and scale as in a fit: the moments, but the intercept and constants as they are. */
static void standardise(const matrix *m, const double *weight, double *center, double *scale) {
  moe_sparse_moments(&m->columns, weight, center, scale);
  center[0] = 0;
  scale[0] = 1;
  for (int j = 0; j < m->columns.p; j++)
    if (scale[j] <= 1e-13 * fabs(center[j])) scale[j] = 1;
}

/* With `which` 0 both designs are sparse, otherwise the experts' or the gate's alone. */
static sparse_sample new_sparse_sample(const recipe *recipe, double density, int which) {
  const moe_shape *s = &recipe->shape;
  sparse_sample a = {.sample = new_sample(recipe)};
  moe_data *d = &a.sample->rows.data;
  const int shared = a.sample->x == a.sample->z;
  thin_out(s->n, s->p, density, a.sample->x);
  if (!shared) thin_out(s->n, s->r, density, a.sample->z);
  a.x = compress_columns(s->n, s->p, a.sample->x);
  a.z = compress_columns(s->n, s->r, a.sample->z);
  standardise(&a.x, d->weight, a.sample->x_center, a.sample->x_scale);
  standardise(&a.z, d->weight, a.sample->z_center, a.sample->z_scale);
  a.x_rows = compress_rows(&a.x, d->x.center, d->x.scale);
  a.z_rows = compress_rows(&a.z, d->z.center, d->z.scale);
  if (shared || which != 2) d->x.sparse = a.x_rows;
  if (shared) d->z.sparse = a.x_rows;
  if (!shared && which != 1) d->z.sparse = a.z_rows;
  return a;
}

static void free_sparse_sample(sparse_sample a) {
  free_matrix(a.x);
  free_matrix(a.z);
  free_rows(a.x_rows);
  free_rows(a.z_rows);
  free_sample(a.sample);
}

static recipe random_recipe(void) {
  recipe a = {
      .shape = {between(1, 400), between(1, 40), between(1, 9), between(2, 7), between(1, 7)},
      .shared = between(0, 1),
      .with_tau = between(0, 3) == 0,
      .weights = (weighting)between(0, 2),
      .spread = 1,
      .units = between(0, 1) ? uniform(0, 1) : 0};
  if (a.shared) a.shape.r = a.shape.p;
  return a;
}

/* --- from columns to rows --- */

static void check_moments(const matrix *m, const double *weight) {
  const int n = m->columns.n, p = m->columns.p;
  double *center = new_doubles((size_t)p), *scale = new_doubles((size_t)p);
  double *want_center = new_doubles((size_t)p), *want_scale = new_doubles((size_t)p);
  moe_moments(n, p, m->full, weight, want_center, want_scale);
  moe_sparse_moments(&m->columns, weight, center, scale);
  for (int j = 0; j < p; j++) {
    double slack = 2 * DBL_EPSILON * fabs(want_center[j]) + ACCURACY * want_scale[j];
    CHECK(fabs(center[j] - want_center[j]) <= slack, "center %.17g, not %.17g", center[j],
          want_center[j]);
    CHECK(fabs(scale[j] - want_scale[j]) <= ACCURACY * want_scale[j], "scale %.17g, not %.17g",
          scale[j], want_scale[j]);
  }
  free(center);
  free(scale);
  free(want_center);
  free(want_scale);
}

/* Column 1 loses the rows where it is 0, entirely or all but a trace of their weight, and is far
 * from 0 in the others. */
static void concentrate(sample *s, double trace) {
  double *x = s->x + s->rows.shape.n;
  for (int i = 0; i < s->rows.shape.n; i++)
    if (x[i] == 0)
      s->weight[i] *= trace;
    else
      x[i] += 1e5;
}

static void sparse_moments_are_right(void) {
  const double traces[] = {1, 0, 1e-13};
  for (int repeat = 0; repeat < 200; repeat++) {
    recipe a = random_recipe();
    a.weights = (weighting)(repeat % 3);
    sample *s = new_sample(&a);
    thin_out(a.shape.n, a.shape.p, uniform(0, 1), s->x);
    if (s->weight && a.shape.p > 1) concentrate(s, traces[between(0, 2)]);
    matrix m = compress_columns(a.shape.n, a.shape.p, s->x);
    double total = 0;
    for (int i = 0; i < a.shape.n; i++) total += s->weight ? s->weight[i] : 1;
    if (total > 0) check_moments(&m, s->weight);
    free_matrix(m);
    free_sample(s);
  }
}

/* The full row that a sparse design stands for. */
static void expand_row(const moe_sparse *x, int p, int i, double *out) {
  int before = 0;
  memcpy(out, x->base, sizeof(double) * (size_t)p);
  for (int e = x->start[i]; e < x->start[i + 1]; e++) {
    CHECK(x->column[e] > before && x->column[e] < p, "column %d after %d", x->column[e], before);
    CHECK(x->value[e] != 0 || x->base[x->column[e]] == 0, "0 is stored");
    before = x->column[e];
    out[before] += x->value[e];
  }
}

static void rows_are_the_standardised_matrix(void) {
  for (int repeat = 0; repeat < 100; repeat++) {
    recipe a = random_recipe();
    sparse_sample s = new_sparse_sample(&a, uniform(0, 1), 0);
    const double *center = s.sample->x_center, *scale = s.sample->x_scale;
    double *row = new_doubles((size_t)a.shape.p);
    for (int i = 0; i < a.shape.n; i++) {
      expand_row(s.x_rows, a.shape.p, i, row);
      for (int j = 0; j < a.shape.p; j++) {
        double want = (s.sample->x[a.shape.n * j + i] - center[j]) / scale[j];
        CHECK(fabs(row[j] - want) <= 1e-14 * (1 + fabs(want)), "(%d, %d): %.17g, not %.17g", i, j,
              row[j], want);
      }
    }
    free(row);
    free_sparse_sample(s);
  }
}

/* What is stored is what is not 0, unless the column is far from 0. */
static void zeros_are_not_stored(void) {
  double full[12] = {1, 1, 1, 1, 0, 3, 0, -1, 1000, 1001, 0, 1002};
  const double center[] = {0, 0.5, 750.75}, scale[] = {1, 1.5, 433}, near[] = {1, 1.5, 300};
  matrix m = compress_columns(4, 3, full);
  int start[5];
  CHECK(moe_row_starts(&m.columns, center, scale, start) == 5, "%d", start[4]);
  CHECK(moe_row_starts(&m.columns, center, near, start) == 6, "%d", start[4]);
  CHECK(start[0] == 0 && start[1] == 1 && start[2] == 3 && start[3] == 4 && start[4] == 6,
        "%d %d %d %d", start[1], start[2], start[3], start[4]);
  free_matrix(m);
}

/* --- sums over rows and predictions --- */

static void sparse_evaluations(void) {
  for (int repeat = 0; repeat < 200; repeat++) {
    recipe a = random_recipe();
    sparse_sample s = new_sparse_sample(&a, pow(10, uniform(-2, 0)), between(0, 2));
    check_evaluation(s.sample, ACCURACY);
    free_sparse_sample(s);
  }
}

static void sparse_extremes(void) {
  recipe cases[] = {
      {.shape = {1, 1, 1, 2, 1}, .shared = 1, .spread = 1},
      {.shape = {300, 1, 1, 3, 2}, .spread = 1},
      {.shape = {129, 1, 5, 2, 1}, .spread = 1},
      {.shape = {2049, 3, 2, 3, 2}, .weights = RANDOM_WEIGHTS, .spread = 1},
      {.shape = {2600, 150, 150, 2, 3}, .shared = 1, .spread = 1},
      {.shape = {200, 3, 4, 9, 12}, .spread = 1}, /* four and more vecs of predictors */
      {.shape = {200, 3, 3, 5, 8}, .shared = 1, .spread = 1}};
  for (size_t j = 0; j < sizeof cases / sizeof *cases; j++)
    for (int which = 0; which < 3; which++) {
      sparse_sample s = new_sparse_sample(&cases[j], 0.1, which);
      check_evaluation(s.sample, ACCURACY);
      free_sparse_sample(s);
    }
}

/* Means far from 0, in all rows or in all but one, cost no more digits than in a dense design. */
static void sparse_large_means(void) {
  for (int repeat = 0; repeat < 40; repeat++) {
    recipe a = {.shape = {500, 4, 4, 3, 2}, .shared = 1, .spread = 1, .weights = repeat % 2};
    sample *plain = new_sample(&a);
    for (int i = 0; i < 500; i++) plain->x[500 + i] += pow(10, repeat % 8);
    if (repeat >= 20) plain->x[500 + 17] = 0;
    matrix m = compress_columns(500, 4, plain->x);
    standardise(&m, plain->weight, plain->x_center, plain->x_scale);
    moe_sparse *rows = compress_rows(&m, plain->x_center, plain->x_scale);
    plain->rows.data.x.sparse = plain->rows.data.z.sparse = rows;
    check_evaluation(plain, ACCURACY);
    free_rows(rows);
    free_matrix(m);
    free_sample(plain);
  }
}

typedef struct {
  double value, *gradient, *gram, *prob;
} results;

static results compute(sparse_sample *s, int threads) {
  const moe_shape *h = &s->sample->rows.shape;
  results a = {.gradient = new_doubles(moe_theta_length(h)),
               .gram = new_doubles(moe_gram_length(h)),
               .prob = new_doubles((size_t)h->n * (size_t)h->M)};
  set_threads(s->sample, threads);
  moe_evaluate_rows(&s->sample->rows, s->sample->theta, &a.value, a.gradient, a.gram);
  moe_predict_rows(&s->sample->rows, s->sample->theta, &(moe_prediction){.prob = a.prob});
  return a;
}

static void free_results(results a) {
  free(a.gradient);
  free(a.gram);
  free(a.prob);
}

static void sparse_predictions(void) {
  for (int repeat = 0; repeat < 40; repeat++) {
    recipe a = random_recipe();
    sparse_sample s = new_sparse_sample(&a, 0.2, between(0, 2));
    results sparse = compute(&s, 1);
    s.sample->rows.data.x.sparse = s.sample->rows.data.z.sparse = NULL;
    results dense = compute(&s, 1);
    for (int j = 0; j < a.shape.n * a.shape.M; j++)
      CHECK(fabs(sparse.prob[j] - dense.prob[j]) <= ACCURACY, "%.17g, not %.17g", sparse.prob[j],
            dense.prob[j]);
    free_results(sparse);
    free_results(dense);
    free_sparse_sample(s);
  }
}

/* Both information matrices and the scores, one after the other; `length` numbers. */
static double *curvature(sparse_sample *s, int threads, size_t *length) {
  moe_rows *rows = &s->sample->rows;
  const size_t d = moe_coefficients_length(&rows->shape), scores = d * (size_t)rows->shape.n;
  double *out = new_doubles(*length = 2 * d * d + scores);
  const size_t information = moe_information_workspace(&rows->shape, threads, 0);
  const size_t of_scores = moe_rows_workspace(&rows->shape, threads);
  set_workspace(s->sample, threads, information > of_scores ? information : of_scores);
  moe_information_rows(rows, s->sample->theta, MOE_OBSERVED, out);
  moe_information_rows(rows, s->sample->theta, MOE_SCORES, out + d * d);
  moe_score_rows(rows, s->sample->theta, out + 2 * d * d);
  return out;
}

static void sparse_curvature(void) {
  for (int repeat = 0; repeat < 40; repeat++) {
    recipe a = random_recipe();
    a.with_tau = 0;
    sparse_sample s = new_sparse_sample(&a, 0.2, between(0, 2));
    size_t length;
    double *sparse = curvature(&s, 1, &length), *threaded = curvature(&s, 2, &length), most = 1;
    s.sample->rows.data.x.sparse = s.sample->rows.data.z.sparse = NULL;
    double *dense = curvature(&s, 1, &length);
    for (size_t j = 0; j < length; j++) most = fmax(most, fabs(dense[j]));
    for (size_t j = 0; j < length; j++)
      CHECK(fabs(sparse[j] - dense[j]) <= ACCURACY * most, "%.17g, not %.17g", sparse[j], dense[j]);
    CHECK(memcmp(sparse, threaded, sizeof(double) * length) == 0, "threads");
    free(sparse);
    free(threaded);
    free(dense);
    free_sparse_sample(s);
  }
}

static void sparse_threads_change_nothing(void) {
  const int n[] = {1, 129, 1000, 20000};
  for (int repeat = 0; repeat < 8; repeat++) {
    recipe a = random_recipe();
    a.shape.n = n[repeat % 4];
    sparse_sample s = new_sparse_sample(&a, 0.1, between(0, 2));
    const moe_shape *h = &a.shape;
    results one = compute(&s, 1), two = compute(&s, 2);
    CHECK(one.value == two.value, "%.17g, %.17g", one.value, two.value);
    CHECK(memcmp(one.gradient, two.gradient, sizeof(double) * moe_theta_length(h)) == 0,
          "gradient");
    CHECK(memcmp(one.gram, two.gram, sizeof(double) * moe_gram_length(h)) == 0, "Gram");
    CHECK(memcmp(one.prob, two.prob, sizeof(double) * (size_t)(h->n * h->M)) == 0, "prediction");
    free_results(one);
    free_results(two);
    free_sparse_sample(s);
  }
}

void test_sparse(void) {
  run_test("sparse moments are right", sparse_moments_are_right);
  run_test("rows are the standardised matrix", rows_are_the_standardised_matrix);
  run_test("zeros are not stored", zeros_are_not_stored);
  run_test("sparse evaluations", sparse_evaluations);
  run_test("sparse extremes", sparse_extremes);
  run_test("sparse large means", sparse_large_means);
  run_test("sparse predictions", sparse_predictions);
  run_test("sparse curvature", sparse_curvature);
  run_test("sparse threads change nothing", sparse_threads_change_nothing);
}
