/* Exponential and logarithm against long double, and what the kernels make of them, each that this
 * machine can run. */
#include <float.h>
#include <math.h>
#include <stdio.h>

#include "kernels.h"
#include "test_core.h"

#if defined(__GNUC__)
#define MOE_LANES 2
#define ALIGNED __attribute__((aligned(64)))
#else
#define MOE_LANES 1
#define ALIGNED
#endif
#include "explog.h"

#define POINTS 400000 /* per way of choosing them */

static void apply_exp(double *a) {
  for (int i = 0; i < MOE_BLOCK; i += MOE_LANES) exp_nonpositive(&VEC(a + i));
}

static void apply_log(double *a) {
  for (int i = 0; i < MOE_BLOCK; i += MOE_LANES) log_positive(&VEC(a + i));
}

static void for_all_kernels(void (*test)(const moe_kernels *kernels)) {
  const moe_kernels *kernels = moe_kernels_of(MOE_WIDEST);
  for (; kernels != &moe_kernels_base; kernels = moe_kernels_of(kernels->lanes / 2)) test(kernels);
  test(&moe_kernels_base);
}

/* The distance to `want` in units of the last place of a double of that size. */
static double ulps(double got, long double want) {
  int exponent;
  if (want == 0) return got == 0 ? 0 : INFINITY;
  frexpl(want, &exponent);
  return (double)(fabsl(got - want) / ldexpl(1, exponent - DBL_MANT_DIG));
}

typedef struct {
  double worst, at;
} accuracy;

static void record(double got, long double want, double x, accuracy *result) {
  double error = ulps(got, want);
  if (error <= result->worst) return;
  result->worst = error;
  result->at = x;
}

typedef struct {
  void (*apply)(double *a);
  long double (*exact)(long double x);
} elementary;

/* The worst error over points that come from `choose`. */
static accuracy measure(const elementary *function, double (*choose)(void)) {
  double x[MOE_BLOCK], value[MOE_BLOCK] ALIGNED;
  accuracy result = {0, NAN};
  for (int done = 0; done < POINTS; done += MOE_BLOCK) {
    for (int i = 0; i < MOE_BLOCK; i++) value[i] = x[i] = choose();
    function->apply(value);
    for (int i = 0; i < MOE_BLOCK; i++) record(value[i], function->exact(x[i]), x[i], &result);
  }
  return result;
}

typedef struct {
  const char *where;
  double (*choose)(void);
} range;

static void check_accuracy(const char *name, const elementary *function, const range *ranges,
                           int count, double bound) {
  for (int j = 0; j < count; j++) {
    accuracy a = measure(function, ranges[j].choose);
    printf("  %s, %s: at most %.3f ulp (at %a)\n", name, ranges[j].where, a.worst, a.at);
    CHECK(a.worst <= bound, "%s %s: %g ulp at %a", name, ranges[j].where, a.worst, a.at);
  }
}

/* --- exp --- */

static const double log_2 = 0.6931471805599453;

static double anywhere(void) { return uniform(-708, 0); }
static double moderate(void) { return uniform(-40, 0); }
static double near_zero(void) { return -pow(10, uniform(-20, 0)); }
static double near_multiple(void) {
  double x = -log_2 * between(1, 1021) + (between(0, 1) ? 1 : -1) * pow(10, uniform(-17, -1));
  return fmax(x, -708);
}
static double near_half_multiple(void) { /* where the reduced argument is largest */
  return -log_2 * (between(0, 1020) + 0.5) * (1 + uniform(-1e-9, 1e-9));
}

static void exp_is_accurate(void) {
  const elementary function = {apply_exp, expl};
  const range ranges[] = {{"-708 to 0", anywhere},
                          {"-40 to 0", moderate},
                          {"near 0", near_zero},
                          {"near multiples of log 2", near_multiple},
                          {"between multiples of log 2", near_half_multiple}};
  if (LDBL_MANT_DIG > DBL_MANT_DIG) check_accuracy("exp", &function, ranges, 5, 1);
}

static void exp_has_its_limits(void) {
  const double x[] = {0, -0.0, -708, -708.0000001, -708.5, -745, -746, -1e4, -1e300, -INFINITY};
  const int count = sizeof x / sizeof *x;
  double value[MOE_BLOCK] ALIGNED;
  for (int i = 0; i < MOE_BLOCK; i++) value[i] = i < count ? x[i] : NAN;
  apply_exp(value);
  CHECK(value[0] == 1 && value[1] == 1, "exp(0) = %.17g, exp(-0) = %.17g", value[0], value[1]);
  for (int i = 2; i < count; i++)
    CHECK(fabs(value[i] - exp(x[i])) <= (x[i] < -708 ? exp(-708) : 1e-15 * exp(x[i])),
          "exp(%.17g) = %g", x[i], value[i]);
  CHECK(isnan(value[count]), "exp(NaN) = %g", value[count]);
}

/* --- log --- */

static double any_size(void) { return pow(10, uniform(-280, 0)); }
static double unit(void) { return uniform(0, 1); }
static double near_one(void) { return 1 - pow(10, uniform(-16, -0.5)); }
static double above_one(void) { return 1 + between(0, 100) * DBL_EPSILON; }
static double near_power(void) {
  return fmin(1, ldexp(1 + (between(0, 1) ? 1 : -1) * pow(10, uniform(-16, -1)), -between(0, 929)));
}
static double near_half_power(void) { /* where the reduced argument is farthest from 1 */
  return ldexp(0.7071067811865476 * (1 + uniform(-1e-9, 1e-9)), -between(0, 929));
}

static void log_is_accurate(void) {
  const elementary function = {apply_log, logl};
  const range ranges[] = {{"1e-280 to 1", any_size},
                          {"0 to 1", unit},
                          {"below 1", near_one},
                          {"just above 1", above_one},
                          {"near powers of 2", near_power},
                          {"between powers of 2", near_half_power}};
  if (LDBL_MANT_DIG > DBL_MANT_DIG) check_accuracy("log", &function, ranges, 6, 2);
}

static void log_of_one_is_zero(void) {
  double value[MOE_BLOCK] ALIGNED;
  for (int i = 0; i < MOE_BLOCK; i++) value[i] = 1;
  apply_log(value);
  for (int i = 0; i < MOE_BLOCK; i++) CHECK(value[i] == 0, "log(1) = %g", value[i]);
}

/* --- softmax and the sum of logs --- */

/* Four columns of predictors, the last three in use beside the implied 0. */
static void check_softmax(const moe_kernels *kernels) {
  double e[3 * MOE_BLOCK] ALIGNED, p[4 * MOE_BLOCK] ALIGNED, worst = 0;
  for (int repeat = 0; repeat < 300; repeat++) {
    double spread = pow(10, uniform(-3, 2.5));
    for (int j = 0; j < 3 * MOE_BLOCK; j++) e[j] = spread * normal();
    kernels->softmax(MOE_BLOCK, 4, e, p);
    for (int i = 0; i < MOE_BLOCK; i++) {
      long double top = 0, sum = 0, term[4] = {0};
      for (int c = 1; c < 4; c++) term[c] = e[MOE_BLOCK * (c - 1) + i];
      for (int c = 1; c < 4; c++) top = fmaxl(top, term[c]);
      for (int c = 0; c < 4; c++) sum += expl(term[c] - top);
      for (int c = 0; c < 4; c++) {
        long double want = expl(term[c] - top) / sum;
        if (want < 1e-300L) /* among the numbers that are rounded to 0 */
          CHECK(p[MOE_BLOCK * c + i] < 1e-299, "%g for %Lg", p[MOE_BLOCK * c + i], want);
        else /* the difference of two predictors is rounded, too */
          worst = fmax(worst, ulps(p[MOE_BLOCK * c + i], want) / (double)(1 + top - term[c]));
      }
    }
  }
  printf("  softmax, %d lanes: at most %.3f ulp for each unit of the predictors' difference\n",
         kernels->lanes, worst);
  CHECK(worst <= 4, "%d lanes: %g", kernels->lanes, worst);
}

static void softmax_is_accurate(void) { for_all_kernels(check_softmax); }

/* Only the rows asked for are read and written. */
static void check_end(const moe_kernels *kernels) {
  double e[2 * MOE_BLOCK] ALIGNED, p[3 * MOE_BLOCK] ALIGNED;
  for (int j = 0; j < 2 * MOE_BLOCK; j++) e[j] = 0;
  for (int j = 0; j < 3 * MOE_BLOCK; j++) p[j] = -1;
  kernels->softmax(16, 3, e, p);
  for (int j = 0; j < 3 * MOE_BLOCK; j++) {
    double want = j % MOE_BLOCK < 16 ? 1.0 / 3 : -1;
    CHECK(fabs(p[j] - want) < 1e-15, "entry %d is %g, not %g", j, p[j], want);
  }
}

static void work_ends_with_the_rows(void) { for_all_kernels(check_end); }

static void check_weighted_log(const moe_kernels *kernels) {
  double w[MOE_BLOCK] ALIGNED, l[MOE_BLOCK] ALIGNED;
  for (int repeat = 0; repeat < 200; repeat++) {
    int rows = 16 * between(1, MOE_BLOCK / 16);
    long double want = 0, size = 0;
    for (int i = 0; i < MOE_BLOCK; i++) {
      w[i] = uniform(0, 2);
      l[i] = any_size();
      if (i >= rows) continue;
      want += w[i] * logl(l[i]);
      size += w[i] * fabsl(logl(l[i]));
    }
    double got = kernels->weighted_log(rows, w, l);
    CHECK(fabsl(got - want) <= 1e-14L * size, "%d rows: %.17g, not %.17Lg", rows, got, want);
  }
}

static void weighted_log_is_a_sum(void) { for_all_kernels(check_weighted_log); }

void test_softmax(void) {
  run_test("exp is accurate", exp_is_accurate);
  run_test("exp has its limits", exp_has_its_limits);
  run_test("log is accurate", log_is_accurate);
  run_test("log of one is zero", log_of_one_is_zero);
  run_test("softmax is accurate", softmax_is_accurate);
  run_test("work ends with the rows", work_ends_with_the_rows);
  run_test("weighted log is a sum", weighted_log_is_a_sum);
}
