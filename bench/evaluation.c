/* One evaluation of the objective and its gradient against the two matrix products that it cannot
 * do without, X B (n x p by p x q) and X' E (p x n by n x q) with q = K - 1 + K (M - 1) free
 * columns, computed by the dgemm of a library found at run time. The two take turns, on one thread.
 *
 *   evaluation LIBRARY n p M K repeats
 *
 * prints one line per repeat: seconds of the evaluation, seconds of the two products. */
#include <dlfcn.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <time.h>

#include "moe.h"

typedef void dgemm(const char *transpose_a, const char *transpose_b, const int *m, const int *n,
                   const int *k, const double *alpha, const double *a, const int *lda,
                   const double *b, const int *ldb, const double *beta, double *c, const int *ldc);

typedef struct {
  moe_rows rows;
  double *theta, *gradient;
} evaluation;

typedef struct {
  dgemm *multiply;
  int n, p, q;
  const double *x;
  double *b, *eta, *sum;
} products;

static void fail(const char *message) {
  fprintf(stderr, "evaluation: %s\n", message);
  exit(1);
}

static double *doubles(size_t length) {
  double *a = calloc(length, sizeof(double));
  if (!a) fail("out of memory");
  return a;
}

/* Of this process, which has one thread. */
static double seconds(void) {
  struct timespec t;
  clock_gettime(CLOCK_PROCESS_CPUTIME_ID, &t);
  return (double)t.tv_sec + 1e-9 * (double)t.tv_nsec;
}

/* Uniform on (-1, 1), by a linear congruence. */
static double draw(void) {
  static uint64_t state = 1;
  state = state * 6364136223846793005u + 1442695040888963407u;
  return (double)(int64_t)state / 9223372036854775808.0;
}

static double *draw_doubles(size_t length, double scale) {
  double *a = doubles(length);
  for (size_t i = 0; i < length; i++) a[i] = scale * draw();
  return a;
}

static double *constant(size_t length, double value) {
  double *a = doubles(length);
  for (size_t i = 0; i < length; i++) a[i] = value;
  return a;
}

static int keep_on(void *context) {
  (void)context;
  return 0;
}

static evaluation make_evaluation(moe_shape shape) {
  const size_t n = shape.n, p = shape.p;
  double *x = draw_doubles(n * p, 1), *center = constant(p, 0.1), *scale = constant(p, 0.6);
  int *y = calloc(n, sizeof(int));
  if (!y) fail("out of memory");
  for (size_t i = 0; i < n; i++) {
    x[i] = 1;
    y[i] = (int)((draw() + 1) / 2 * shape.M) % shape.M;
  }
  center[0] = 0;
  scale[0] = 1;
  const moe_design design = {x, center, scale, NULL};
  const size_t length = moe_evaluation_workspace(&shape, 1, 0);
  evaluation e = {.rows = {.shape = shape,
                           .data = {.x = design, .z = design, .y = y},
                           .threads = 1,
                           .poll = keep_on,
                           .workspace = {doubles(length), length}},
                  .theta = draw_doubles(moe_theta_length(&shape), 0.5),
                  .gradient = doubles(moe_theta_length(&shape))};
  return e;
}

static products make_products(const char *library, const evaluation *e) {
  const moe_shape *s = &e->rows.shape;
  products a = {
      .n = s->n, .p = s->p, .q = s->K - 1 + s->K * (s->M - 1), .x = e->rows.data.x.values};
  void *handle = dlopen(library, RTLD_NOW | RTLD_LOCAL);
  if (!handle) fail(dlerror());
  *(void **)&a.multiply = dlsym(handle, "dgemm_");
  if (!a.multiply) fail("the library has no dgemm_");
  a.b = draw_doubles((size_t)a.p * a.q, 0.5);
  a.eta = doubles((size_t)a.n * a.q);
  a.sum = doubles((size_t)a.p * a.q);
  return a;
}

static double time_evaluation(evaluation *e) {
  double start = seconds(), value;
  if (moe_evaluate_rows(&e->rows, e->theta, &value, e->gradient, NULL) != MOE_OK)
    fail("the evaluation failed");
  return seconds() - start;
}

static double time_products(const products *a) {
  const double one = 1, zero = 0;
  double start = seconds();
  a->multiply("N", "N", &a->n, &a->q, &a->p, &one, a->x, &a->n, a->b, &a->p, &zero, a->eta, &a->n);
  a->multiply("T", "N", &a->p, &a->q, &a->n, &one, a->x, &a->n, a->eta, &a->n, &zero, a->sum,
              &a->p);
  return seconds() - start;
}

int main(int count, char **argument) {
  if (count != 7) fail("usage: evaluation LIBRARY n p M K repeats");
  int n = atoi(argument[2]), p = atoi(argument[3]);
  moe_shape shape = {.n = n, .p = p, .r = p, .M = atoi(argument[4]), .K = atoi(argument[5])};
  evaluation e = make_evaluation(shape);
  products a = make_products(argument[1], &e);
  for (int i = -1; i < atoi(argument[6]); i++) { /* the first round is not counted */
    double ours = time_evaluation(&e), theirs = time_products(&a);
    if (i >= 0) printf("%.9f %.9f\n", ours, theirs);
  }
  return 0;
}
