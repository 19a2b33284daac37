/* What the tests of maximisation share: objectives, fits, and what holds for every fit. */
#ifndef FITTED_H
#define FITTED_H

#include "reference.h"
#include "test_core.h"

/* What the evaluate callback is given: it counts its calls and passes them on. */
typedef struct {
  moe_rows *rows;
  int calls;
} counter;

moe_status evaluate_counted(void *context, const double *theta, double *value, double *gradient,
                            double *gram);

typedef struct {
  sample *sample;
  ridges ridge;
  counter counter;
  moe_objective objective; /* its context is the counter */
} fit_case;

fit_case *new_case(const recipe *recipe, double ridge, double of_intercept);
void free_case(fit_case *c);

typedef struct {
  moe_result result;
  double *start, *theta;
} fitted;

fitted fit_from(const moe_objective *objective, const moe_control *control, const double *start);

/* From the sample's point off the truth; the counter starts anew. */
fitted fit(fit_case *c, moe_method method, int max_iterations, double tolerance);

void free_fitted(fitted a);

/* The penalised objective and the largest entry of its gradient by the reference, and what the MM
 * step at theta is sure to gain: 1/2 g' S^-1 g. */
typedef struct {
  double objective, gradient_norm, gradient_size, promise;
} summit;

summit survey(const fit_case *c, const double *theta);

/* The trace never falls, the result says what the reference finds at its theta, the calls are
 * counted, and the columns of theta still sum to 0. */
void check_fit(const fit_case *c, const fitted *a, int max_iterations);

double largest(size_t length, const double *a);

#endif
