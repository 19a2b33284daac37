/* The ridge against values by hand. */
#include <string.h>

#include "test_core.h"

static const double ridge[] = {0, 2, 0.5};
static const double theta[] = {1, -1, 2, 3, 0.5, -4}; /* 3 x 2 */

/* 1/2 (2 (1 + 1/4) + 1/2 (4 + 16)) */
static void value_of_the_ridge(void) {
  const moe_penalty a = moe_ridge(ridge);
  CHECK(a.value(a.context, 3, 2, theta) == 6.25, "%g", a.value(a.context, 3, 2, theta));
  CHECK(a.value(a.context, 3, 1, theta) == 2, "%g", a.value(a.context, 3, 1, theta));
}

static void gradient_of_the_ridge(void) {
  const moe_penalty a = moe_ridge(ridge);
  const double want[] = {10, 12, 9, 10, 9, 12};
  double got[] = {10, 10, 10, 10, 10, 10};
  a.subtract_gradient(a.context, 3, 2, theta, got);
  for (int j = 0; j < 6; j++) CHECK(got[j] == want[j], "entry %d is %g", j, got[j]);
}

/* The ridge's curvature is its own bound: on the diagonal, and nothing else. */
static void curvature_of_the_ridge(void) {
  const moe_penalty a = moe_ridge(ridge);
  const double want[] = {1, 1, 1, 1, 3, 1, 1, 1, 1.5};
  double got[] = {1, 1, 1, 1, 1, 1, 1, 1, 1};
  a.add_curvature(a.context, 3, got);
  CHECK(memcmp(got, want, sizeof want) == 0, "%g %g %g", got[0], got[4], got[8]);
}

void test_penalty(void) {
  run_test("value of the ridge", value_of_the_ridge);
  run_test("gradient of the ridge", gradient_of_the_ridge);
  run_test("curvature of the ridge", curvature_of_the_ridge);
}
