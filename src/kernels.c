/* Which kernels a machine can run. */
#include "kernels.h"

#ifdef MOE_MANY_SETS
static int has_avx512(void) {
  return __builtin_cpu_supports("avx512f") && __builtin_cpu_supports("avx512dq") &&
         __builtin_cpu_supports("avx512vl");
}

static int has_avx2(void) {
  return __builtin_cpu_supports("avx2") && __builtin_cpu_supports("fma");
}
#endif

const moe_kernels *moe_kernels_of(int most_lanes) {
#ifdef MOE_MANY_SETS
  if (moe_kernels_base.lanes < 8 && most_lanes >= 8 && has_avx512()) return &moe_kernels_avx512;
  if (moe_kernels_base.lanes < 4 && most_lanes >= 4 && has_avx2()) return &moe_kernels_avx2;
#else
  (void)most_lanes;
#endif
  return &moe_kernels_base;
}
