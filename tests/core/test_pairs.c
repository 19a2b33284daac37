/* Features of pairs of rows against values by hand, and where a result must lie. */
#include <stdlib.h>

#include "test_core.h"

static const double x[] = {1, 5, 2, 0, -3, 3}; /* 3 x 2 */

/* A pair, the same turned round, and a row with itself. */
static void features_by_hand(void) {
  const int a[] = {0, 1, 2}, b[] = {1, 0, 2};
  const double want[] = {3, 3, 2, -1.5, -1.5, 3, 4, 4, 0, 3, 3, 0};
  const moe_pairs pairs = {3, a, b};
  double *got = new_doubles(12);
  moe_pair_features(&pairs, 3, 2, x, got);
  for (int j = 0; j < 12; j++) CHECK(got[j] == want[j], "entry %d is %g", j, got[j]);
  free(got);
}

static void no_pairs_have_no_features(void) {
  const moe_pairs pairs = {0, NULL, NULL};
  double nothing = 7;
  moe_pair_features(&pairs, 3, 2, x, &nothing);
  CHECK(nothing == 7, "%g was written", nothing);
}

void test_pairs(void) {
  run_test("features of pairs by hand", features_by_hand);
  run_test("no pairs have no features", no_pairs_have_no_features);
}
