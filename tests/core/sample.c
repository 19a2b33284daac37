/* Samples drawn from the model. */
#include <math.h>
#include <stdlib.h>

#include "reference.h"
#include "test_core.h"

/* An intercept and then columns with a common part, each in its own unit. */
static double *random_design(const recipe *recipe, int n, int columns) {
  double *a = new_doubles((size_t)n * columns), *common = new_doubles(n);
  for (int i = 0; i < n; i++) common[i] = normal();
  for (int j = 0; j < columns; j++) {
    double unit = pow(10, uniform(-recipe->units, recipe->units)), shift = uniform(-1, 1);
    for (int i = 0; i < n; i++) {
      double own = sqrt(1 - recipe->correlation) * normal();
      double value = shift + own + sqrt(recipe->correlation) * common[i];
      a[(size_t)n * j + i] = j == 0 ? 1 : unit * value;
    }
  }
  free(common);
  return a;
}

/* Centre and scale of every column but the intercept: arbitrary, or 0 and 1. */
static void random_standards(const recipe *recipe, int columns, double **center, double **scale) {
  *center = new_doubles(columns);
  *scale = new_doubles(columns);
  for (int j = 0; j < columns; j++) {
    int changed = recipe->standardised && j > 0;
    (*center)[j] = changed ? uniform(-1, 1) : 0;
    (*scale)[j] = changed ? uniform(0.3, 3) : 1;
  }
}

/* Units of random lengths, as many as n rows make. */
static moe_units random_units(int n, int most) {
  int *start = allocate(sizeof *start * ((size_t)n + 1)), count = 0;
  for (start[0] = 0; start[count] < n; count++) {
    const int left = n - start[count], rows = between(1, most);
    start[count + 1] = start[count] + (rows < left ? rows : left);
  }
  return (moe_units){count, start};
}

static double *random_repeats(int n) {
  double *a = new_doubles(n);
  for (int i = 0; i < n; i++) a[i] = between(0, 4);
  return a;
}

static double *random_weights(int n, weighting weights) {
  double *a = new_doubles(n);
  for (int i = 0; i < n; i++)
    a[i] = weights == SOME_ZERO_WEIGHTS && between(0, 2) == 0 ? 0 : uniform(0.1, 3);
  return a;
}

/* Rows that sum to 1; some experts get nothing. */
static double *random_tau(int n, int K) {
  double *a = new_doubles((size_t)n * K);
  for (int i = 0; i < n; i++) {
    double sum = 0;
    for (int k = 0; k < K; k++)
      sum += a[(size_t)n * k + i] = k > 0 && between(0, 3) == 0 ? 0 : uniform(0.01, 1);
    for (int k = 0; k < K; k++) a[(size_t)n * k + i] /= sum;
  }
  return a;
}

/* Columns that sum to 0 across `columns` of them. */
static void random_block(int rows, int columns, double spread, double *a) {
  for (int j = 0; j < rows; j++) {
    double sum = 0;
    for (int c = 0; c < columns; c++) sum += a[(size_t)rows * c + j] = spread * normal();
    for (int c = 0; c < columns; c++) a[(size_t)rows * c + j] -= sum / columns;
  }
}

double *random_theta(const moe_shape *s, double spread) {
  double *theta = new_doubles(moe_theta_length(s)), *expert = theta + (size_t)s->r * s->K;
  random_block(s->r, s->K, spread / sqrt(s->r), theta);
  for (int k = 0; k < s->K; k++)
    random_block(s->p, s->M, spread / sqrt(s->p), expert + (size_t)s->p * s->M * k);
  return theta;
}

static double block_column_sum(int rows, int columns, const double *a) {
  double top = 0;
  for (int j = 0; j < rows; j++) {
    double sum = 0;
    for (int c = 0; c < columns; c++) sum += a[(size_t)rows * c + j];
    top = fmax(top, fabs(sum));
  }
  return top;
}

double column_sum(const moe_shape *s, const double *theta) {
  const double *expert = theta + (size_t)s->r * s->K;
  double top = block_column_sum(s->r, s->K, theta);
  for (int k = 0; k < s->K; k++)
    top = fmax(top, block_column_sum(s->p, s->M, expert + (size_t)s->p * s->M * k));
  return top;
}

/* The index drawn with the given log probabilities. */
static int draw(int count, const long double *log_prob) {
  double left = uniform(0, 1);
  for (int c = 0; c < count - 1; c++) {
    left -= (double)expl(log_prob[c]);
    if (left < 0) return c;
  }
  return count - 1;
}

static int *draw_classes(const moe_shape *s, const moe_data *data, const double *theta) {
  int *y = allocate(sizeof *y * s->n);
  reference_row *row = reference_new_row(s);
  for (int i = 0, k = 0; i < s->n; i++) {
    reference_compute_row(s, data, theta, i, row);
    if (reference_starts_unit(data, i)) k = draw(s->K, row->log_gate);
    y[i] = draw(s->M, row->log_expert + s->M * k);
  }
  reference_free_row(row);
  return y;
}

static int count_poll(void *context) {
  ++*(int *)context;
  return 0;
}

sample *new_sample(const recipe *recipe) {
  const moe_shape *shape = &recipe->shape;
  sample *s = allocate(sizeof *s);
  moe_data data = {.units = {0, NULL}};
  if (recipe->unit_rows) data.units = random_units(shape->n, recipe->unit_rows);
  const int units = reference_units(shape, &data);
  s->start = data.units.start;
  s->repeats = recipe->with_repeats ? random_repeats(shape->n) : NULL;
  s->x = random_design(recipe, shape->n, shape->p);
  s->z = recipe->shared ? s->x : random_design(recipe, units, shape->r);
  random_standards(recipe, shape->p, &s->x_center, &s->x_scale);
  if (recipe->shared) {
    s->z_center = s->x_center;
    s->z_scale = s->x_scale;
  } else {
    random_standards(recipe, shape->r, &s->z_center, &s->z_scale);
  }
  s->weight = recipe->weights == UNWEIGHTED ? NULL : random_weights(units, recipe->weights);
  s->tau = recipe->with_tau ? random_tau(units, shape->K) : NULL;
  s->truth = random_theta(shape, recipe->spread);
  s->theta = random_theta(shape, recipe->spread);
  data.x = (moe_design){s->x, s->x_center, s->x_scale, NULL};
  data.z = (moe_design){s->z, s->z_center, s->z_scale, NULL};
  s->y = draw_classes(shape, &data, s->truth);
  data.y = s->y;
  data.repeats = s->repeats;
  data.weight = s->weight;
  data.tau = s->tau;
  s->polls = 0;
  s->rows = (moe_rows){*shape, data, 1, count_poll, &s->polls, {NULL, 0}};
  set_threads(s, 1);
  return s;
}

void set_workspace(sample *s, int threads, size_t length) {
  free(s->rows.workspace.values);
  s->rows.threads = threads;
  s->rows.workspace = new_workspace(length);
}

void set_threads(sample *s, int threads) {
  set_workspace(s, threads, moe_evaluation_workspace(&s->rows.shape, threads, 1));
}

void free_sample(sample *s) {
  if (s->z != s->x) {
    free(s->z);
    free(s->z_center);
    free(s->z_scale);
  }
  double *owned[] = {s->x,      s->x_center, s->x_scale,
                     s->weight, s->repeats,  s->tau,
                     s->truth,  s->theta,    s->rows.workspace.values};
  for (size_t j = 0; j < sizeof owned / sizeof *owned; j++) free(owned[j]);
  free(s->y);
  free((void *)s->start);
  free(s);
}
