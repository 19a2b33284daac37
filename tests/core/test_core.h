/* What the tests of the core share: checks, random numbers and random samples. */
#ifndef TEST_CORE_H
#define TEST_CORE_H

#include "moe.h"

/* --- checks --- */

/* Counts a failure of the running test, and prints it, unless `test` holds; what follows describes
 * the case as in printf. */
#define CHECK(test, ...) check((test) != 0, __FILE__, __LINE__, #test, __VA_ARGS__)

#if defined(__GNUC__)
__attribute__((format(printf, 5, 6)))
#endif
void check(int holds, const char *file, int line, const char *text, const char *format, ...);

/* Runs one test; its random numbers depend on its name alone. */
void run_test(const char *name, void (*test)(void));

/* One per file of tests. */
void test_softmax(void);
void test_evaluate(void);
void test_predict(void);
void test_fit(void);
void test_information(void);
void test_delta(void);
void test_unit(void);
void test_callbacks(void);
void test_endings(void);
void test_design(void);
void test_sparse(void);
void test_pairs(void);
void test_factor(void);
void test_penalty(void);
void test_workspace(void);
void test_dendrogram(void);

/* --- random numbers --- */

double uniform(double least, double most);
int between(int least, int most); /* both included */
double normal(void);

/* --- memory --- */

/* As malloc(), but ends the program if there is none. */
void *allocate(size_t bytes);

/* Exactly this many doubles, each NaN, so that reading beyond them or before they are set shows. */
double *new_doubles(size_t length);
double *copy_doubles(size_t length, const double *from);
moe_workspace new_workspace(size_t length);

/* --- samples --- */

typedef enum { UNWEIGHTED, RANDOM_WEIGHTS, SOME_ZERO_WEIGHTS } weighting;

typedef struct {
  moe_shape shape;
  int shared;       /* the gate has the experts' design; needs r = p */
  int standardised; /* centre and scale are not 0 and 1 */
  int with_tau;     /* posterior weights are given */
  int unit_rows;    /* most rows of a unit; 0: each row is one */
  int with_repeats; /* rows count several times within their unit */
  weighting weights;
  double spread;      /* standard deviation of the linear predictors, roughly */
  double correlation; /* between the covariates */
  double units;       /* covariates' standard deviations are 10^-units to 10^units */
} recipe;

/* A sample drawn from the model. `rows` is ready for use with one thread; what its data point to
 * is owned by the sample. theta is a point elsewhere than the truth. */
typedef struct {
  moe_rows rows;
  double *x, *x_center, *x_scale, *z, *z_center, *z_scale, *weight, *repeats, *tau;
  const int *start; /* of units, or NULL */
  int *y;
  double *truth, *theta;
  int polls;
} sample;

sample *new_sample(const recipe *recipe);
void free_sample(sample *sample);

/* Gives rows so many threads, and a workspace of exactly the length asked for, or the one that
 * evaluations need. */
void set_workspace(sample *sample, int threads, size_t length);
void set_threads(sample *sample, int threads);

/* Random coefficients whose columns sum to 0. */
double *random_theta(const moe_shape *shape, double spread);

/* The largest sum over columns (gate: over experts, expert: over classes), in absolute value. */
double column_sum(const moe_shape *shape, const double *theta);

/* Value, gradient and Gram matrices at the sample's theta against the reference, which reads the
 * dense designs. */
void check_evaluation(sample *sample, double bound);

/* Information and scores of a sample against the reference. */
void check_curvature(const recipe *recipe, double bound);

#endif
