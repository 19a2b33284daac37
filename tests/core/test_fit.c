/* The MM step, ascent and convergence. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "fitted.h"

static recipe random_recipe(void) {
  recipe a = {
      .shape = {between(100, 300), between(1, 5), between(1, 4), between(2, 6), between(1, 6)},
      .shared = between(0, 2) == 0,
      .standardised = between(0, 1),
      .weights = (weighting)between(0, 2),
      .spread = uniform(0.5, 2),
      .correlation = between(0, 1) ? uniform(0.5, 0.99) : 0,
      .units = between(0, 1) ? uniform(0, 1.5) : 0};
  if (a.shared) a.shape.r = a.shape.p;
  return a;
}

/* --- the MM step --- */

/* The first step of either method is the closed form. */
static void check_first_step(const recipe *a, double ridge) {
  fit_case *c = new_case(a, ridge, 0);
  size_t length = moe_theta_length(&a->shape);
  double *want = new_doubles(length);
  reference_mm_step(&a->shape, &c->sample->rows.data, &c->ridge, c->sample->theta, want);
  for (int method = MOE_MM; method <= MOE_ACCELERATED; method++) {
    fitted got = fit(c, (moe_method)method, 1, 0);
    for (size_t j = 0; j < length; j++)
      CHECK(fabs(got.theta[j] - want[j]) <= 1e-9 * (1 + largest(length, want)),
            "method %d: entry %d is %.17g, not %.17g", method, (int)j, got.theta[j], want[j]);
    check_fit(c, &got, 1);
    free_fitted(got);
  }
  free(want);
  free_case(c);
}

static void step_is_the_closed_form(void) {
  for (int repeat = 0; repeat < 60; repeat++) {
    recipe a = random_recipe();
    a.correlation = a.units = 0;
    check_first_step(&a, between(0, 1) ? uniform(0, 5) : 0);
  }
}

/* Wide designs, whose metric is factored by panels: of the experts, of the gate. */
static void step_of_wide_designs_is_the_closed_form(void) {
  check_first_step(&(recipe){.shape = {300, 141, 3, 3, 2}, .spread = 1}, 1);
  check_first_step(&(recipe){.shape = {300, 2, 141, 2, 3}, .spread = 1}, 1);
}

/* A step gains at least what the minorizer does, far from the maximum and near it. */
static void step_gains_what_it_promises(void) {
  for (int repeat = 0; repeat < 40; repeat++) {
    recipe a = random_recipe();
    a.spread = repeat % 2 ? 1 : 5;
    fit_case *c = new_case(&a, between(0, 1) ? pow(10, uniform(-3, 2)) : 0, 0);
    for (int step = 0; step < 6; step++) {
      double promise = survey(c, c->sample->theta).promise;
      fitted b = fit(c, MOE_MM, 1, 0);
      double gain = b.result.objective - b.result.trace[0];
      CHECK(gain >= promise * (1 - 1e-6) - 1e-11 * (1 + fabs(b.result.objective)),
            "gains %.17g of %.17g", gain, promise);
      memcpy(c->sample->theta, b.theta, sizeof *b.theta * moe_theta_length(&a.shape));
      free_fitted(b);
    }
    free_case(c);
  }
}

/* --- whole fits --- */

/* Every MM step is taken, one evaluation for each: none is ever refused before rounding hides it.
 */
static void mm_never_falls(void) {
  for (int repeat = 0; repeat < 60; repeat++) {
    recipe a = random_recipe();
    fit_case *c = new_case(&a, between(0, 1) ? pow(10, uniform(-3, 2)) : 0, 0);
    fitted b = fit(c, MOE_MM, 120, 0);
    const moe_result *r = &b.result;
    check_fit(c, &b, 120);
    CHECK(r->evaluations == r->iterations + 1 + (r->ending == MOE_STALLED), "%d, %d",
          r->evaluations, r->iterations);
    CHECK(r->iterations == 120 || r->ending != MOE_ITERATION_LIMIT, "%d", r->iterations);
    if (r->ending == MOE_STALLED) {
      double promise = survey(c, b.theta).promise;
      CHECK(promise <= 1e-11 * (1 + fabs(r->objective)), "stalled with %g to gain", promise);
    }
    free_fitted(b);
    free_case(c);
  }
}

static void accelerated_never_falls(void) {
  for (int repeat = 0; repeat < 100; repeat++) {
    recipe a = random_recipe();
    a.with_tau = repeat % 5 == 0;
    fit_case *c = new_case(&a, between(0, 1) ? pow(10, uniform(-3, 2)) : 0, 0);
    fitted b = fit(c, MOE_ACCELERATED, 150, 0);
    check_fit(c, &b, 150);
    free_fitted(b);
    free_case(c);
  }
}

/* With a ridge, on the intercepts too, a maximum is attained; there the gradient vanishes. */
static void gradient_vanishes_at_convergence(void) {
  double worst_promise = 0, worst_gradient = 0;
  int evaluations = 0;
  for (int repeat = 0; repeat < 60; repeat++) {
    recipe a = random_recipe();
    a.with_tau = repeat % 5 == 0;
    a.units = 0; /* elsewhere convergence may take thousands of steps */
    fit_case *c = new_case(&a, pow(10, uniform(-1, 1)), 0.1);
    fitted b = fit(c, MOE_ACCELERATED, 2000, 1e-12);
    summit end = survey(c, b.theta);
    double relative = end.gradient_norm / end.gradient_size;
    worst_promise = fmax(worst_promise, end.promise / (1 + fabs(end.objective)));
    worst_gradient = fmax(worst_gradient, relative);
    evaluations += b.result.evaluations;
    check_fit(c, &b, 2000);
    CHECK(b.result.ending == MOE_CONVERGED || b.result.ending == MOE_STALLED, "status %d",
          b.result.ending);
    CHECK(b.result.gain <= 1e-12 * (1 + fabs(b.result.objective)) || b.result.ending == MOE_STALLED,
          "gain %g", b.result.gain);
    CHECK(end.promise <= 1e-10 * (1 + fabs(end.objective)), "%g still to gain", end.promise);
    CHECK(relative <= 1e-5, "gradient %g of %g", end.gradient_norm, end.gradient_size);
    free_fitted(b);
    free_case(c);
  }
  printf(
      "  at convergence: gradient at most %.2g of its terms, a step's gain %.2g; "
      "%.0f evaluations on average\n",
      worst_gradient, worst_promise, evaluations / 60.0);
}

/* MM's gains shrink geometrically, so that the last two tell what is left. It stops as soon as that
 * is small, and not far from the maximum. */
static void mm_stops_by_what_is_left(void) {
  for (int repeat = 0; repeat < 15; repeat++) {
    const double tolerance = 1e-7;
    recipe a = {.shape = {150, 3, 3, 3, between(1, 2)}, .spread = 1};
    fit_case *c = new_case(&a, 2, 1);
    fitted b = fit(c, MOE_MM, 3000, tolerance);
    const double *trace = b.result.trace;
    const int end = b.result.iterations;
    CHECK(b.result.ending == MOE_CONVERGED && end > 2, "ending %d", (int)b.result.ending);
    for (int t = 2; t <= end; t++) {
      double last = trace[t] - trace[t - 1], before = trace[t - 1] - trace[t - 2];
      double left = last < before ? last * last / (before - last) : INFINITY;
      CHECK((left <= tolerance * (1 + fabs(trace[t]))) == (t == end), "%g left after %d of %d",
            left, t, end);
    }
    fitted best =
        fit_from(&c->objective, &(moe_control){MOE_ACCELERATED, 1000, 1e-13, NULL}, b.theta);
    double left = best.result.objective - b.result.objective;
    CHECK(left <= 5 * b.result.gain && b.result.gain <= 5 * left, "%g left, not %g", left,
          b.result.gain);
    free_fitted(best);
    free_fitted(b);
    free_case(c);
  }
}

/* At the maximum rounding decides, and a step that gains nothing is none. */
static void no_step_without_a_gain(void) {
  for (int repeat = 0; repeat < 20; repeat++) {
    recipe a = {.shape = {60, 2, 2, 2, between(1, 2)}, .spread = 1};
    fit_case *c = new_case(&a, 2, 1);
    fitted near = fit(c, MOE_ACCELERATED, 1000, 1e-14);
    for (int method = MOE_MM; method <= MOE_ACCELERATED; method++) {
      moe_control control = {(moe_method)method, 300, 0, NULL};
      fitted b = fit_from(&c->objective, &control, near.theta);
      for (int t = 1; t <= b.result.iterations; t++)
        CHECK(b.result.trace[t] > b.result.trace[t - 1], "method %d, iteration %d of %d", method, t,
              b.result.iterations);
      free_fitted(b);
    }
    free_fitted(near);
    free_case(c);
  }
}

/* The problems are the same at each run, and the number of evaluations until convergence, unlike
 * time, depends on the algorithm alone. With half the memory it is a tenth more, with a memory of
 * one pair twice as many. */
static void acceleration_saves_evaluations(void) {
  int evaluations = 0;
  for (int repeat = 0; repeat < 20; repeat++) {
    recipe a = {.shape = {between(100, 200), 4, 3, between(2, 4), between(2, 4)}, .spread = 1};
    a.correlation = uniform(0.5, 0.95);
    fit_case *c = new_case(&a, 1, 0.1);
    fitted b = fit(c, MOE_ACCELERATED, 5000, 1e-10);
    CHECK(b.result.ending == MOE_CONVERGED, "ending %d", (int)b.result.ending);
    evaluations += b.result.evaluations;
    free_fitted(b);
    free_case(c);
  }
  CHECK(evaluations <= 20 * 55, "%d evaluations of 20 problems", evaluations);
  printf("  acceleration: %.1f evaluations on average\n", evaluations / 20.0);
}

static void methods_agree(void) {
  double worst = 0;
  for (int repeat = 0; repeat < 15; repeat++) {
    recipe a = random_recipe();
    a.shape.K = between(1, 3);
    a.correlation = 0;
    fit_case *c = new_case(&a, uniform(0.5, 5), 0.1);
    fitted near = fit(c, MOE_ACCELERATED, 2000, 1e-13);
    double *away = random_theta(&a.shape, 0.02);
    for (size_t j = 0; j < moe_theta_length(&a.shape); j++)
      c->sample->theta[j] = near.theta[j] + away[j];
    fitted mm = fit(c, MOE_MM, 3000, 1e-12);
    check_fit(c, &mm, 3000);
    fitted accelerated = fit(c, MOE_ACCELERATED, 3000, 1e-12);
    check_fit(c, &accelerated, 3000);
    double difference = fabs(mm.result.objective - accelerated.result.objective);
    worst = fmax(worst, difference / (1 + fabs(mm.result.objective)));
    CHECK(difference <= 1e-6 * (1 + fabs(mm.result.objective)), "%.17g, %.17g", mm.result.objective,
          accelerated.result.objective);
    free_fitted(near);
    free_fitted(mm);
    free_fitted(accelerated);
    free(away);
    free_case(c);
  }
  printf("  methods: objectives differ by at most %.2g\n", worst);
}

/* A design column given twice leaves the likelihood's maximum as it was. */
static void collinear_columns(void) {
  for (int repeat = 0; repeat < 10; repeat++) {
    recipe a = {.shape = {300, 3, 1, between(2, 4), 1}, .spread = 1, .units = 1};
    fit_case *c = new_case(&a, 0, 0);
    memcpy(c->sample->x + 600, c->sample->x + 300, sizeof(double) * 300);
    fitted twice = fit(c, MOE_ACCELERATED, 500, 1e-12);
    check_fit(c, &twice, 500);
    recipe narrow = a;
    narrow.shape.p = 2;
    fit_case *d = new_case(&narrow, 0, 0);
    memcpy(d->sample->x, c->sample->x, sizeof(double) * 600);
    memcpy(d->sample->y, c->sample->y, sizeof(int) * 300);
    fitted once = fit(d, MOE_ACCELERATED, 500, 1e-12);
    CHECK(fabs(once.result.objective - twice.result.objective) <=
              1e-9 * (1 + fabs(once.result.objective)),
          "%.17g, %.17g", once.result.objective, twice.result.objective);
    free_fitted(once);
    free_fitted(twice);
    free_case(c);
    free_case(d);
  }
}

/* Without a ridge, columns in other units (powers of two, so nothing is rounded) and coefficients
 * to match give the same fit. */
static void units_do_not_matter(void) {
  for (int repeat = 0; repeat < 12; repeat++) {
    recipe a = {.shape = {300, 4, 3, 3, between(1, 3)}, .spread = 1};
    fit_case *c = new_case(&a, 0, 0);
    sample *s = c->sample;
    fitted plain = fit(c, MOE_MM, 40, 0);
    for (int j = 1; j < 4; j++) {
      int power = between(-12, 12);
      for (int i = 0; i < 300; i++) s->x[300 * j + i] = ldexp(s->x[300 * j + i], power);
      for (int m = 0; m < 3 * a.shape.K; m++) {
        double *coefficient = s->theta + 3 * a.shape.K + 4 * m + j;
        *coefficient = ldexp(*coefficient, -power);
      }
    }
    fitted other = fit(c, MOE_MM, 40, 0);
    for (int t = 0; t <= 40; t++)
      CHECK(fabs(plain.result.trace[t] - other.result.trace[t]) <= 1e-6,
            "iteration %d: %.17g, %.17g", t, plain.result.trace[t], other.result.trace[t]);
    free_fitted(plain);
    free_fitted(other);
    free_case(c);
  }
}

void test_fit(void) {
  run_test("a step is the closed form", step_is_the_closed_form);
  run_test("a step of wide designs is the closed form", step_of_wide_designs_is_the_closed_form);
  run_test("a step gains what it promises", step_gains_what_it_promises);
  run_test("MM never falls", mm_never_falls);
  run_test("accelerated MM never falls", accelerated_never_falls);
  run_test("the gradient vanishes at convergence", gradient_vanishes_at_convergence);
  run_test("MM stops by what is left", mm_stops_by_what_is_left);
  run_test("no step without a gain", no_step_without_a_gain);
  run_test("the acceleration saves evaluations", acceleration_saves_evaluations);
  run_test("the methods agree", methods_agree);
  run_test("collinear columns", collinear_columns);
  run_test("units do not matter", units_do_not_matter);
}
