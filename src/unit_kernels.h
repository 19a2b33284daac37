/* Columns of a block by unit. Loops over the rows of each unit would be short, and of lengths that
 * no processor foresees. */
#include <string.h>

#include "vector.h"

/* What units have, for the rows of a vec: these are of as many units at most as there are lanes. */
#if MOE_LANES > 1 && defined(__GNUC__) && !defined(__clang__)
MOE_INLINE vec of_units(const double *unit, const double *from) {
  const double first = unit[0];
  vec near;
  memcpy(&near, from + (int)first, sizeof(vec));
  return __builtin_shuffle(near, (ivec)(VEC(unit) - first + 0x1.8p52)); /* the last bits count */
}
#else
MOE_INLINE vec of_units(const double *unit, const double *from) {
  double lane[MOE_LANES];
  vec out;
  for (int l = 0; l < MOE_LANES; l++) lane[l] = from[(int)unit[l]];
  memcpy(&out, lane, sizeof(vec));
  return out;
}
#endif

static void spread(int rows, int columns, const double *unit, const double *from, double *to) {
  for (int c = 0; c < columns; c++, from += MOE_BLOCK, to += MOE_BLOCK)
    for (int i = 0; i < rows; i += MOE_LANES) VEC(to + i) = of_units(unit + i, from);
}

/* By doubling: products of at most `step` rows become those of twice as many. */
static void multiply_following(int rows, int columns, int longest, const double *unit,
                               const double *from, double *to) {
  for (int c = 0; c < columns; c++, from += MOE_BLOCK, to += MOE_BLOCK) {
    memcpy(to, from, sizeof(double) * (size_t)rows);
    for (int step = 1; step < longest && step < MOE_UNIT_RUN; step *= 2)
      for (int i = 0; i < rows; i += MOE_LANES) {
        vec next, unit_of_next, one = {0};
        one += 1.0;
        memcpy(&next, to + i + step, sizeof(vec));
        memcpy(&unit_of_next, unit + i + step, sizeof(vec));
        VEC(to + i) *= vec_select(unit_of_next == VEC(unit + i), next, one);
      }
  }
}
