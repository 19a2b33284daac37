/* The kernels for x86-64 with AVX512. */
#include <math.h>
#include <string.h>

#include "kernels.h"

#ifdef MOE_MANY_SETS

#if defined(__clang__)
#pragma clang attribute push(__attribute__((target("avx512f,avx512dq,avx512vl,avx2,fma"))), \
                             apply_to = function)
#else
#pragma GCC target("avx512f,avx512dq,avx512vl,avx2,fma")
#endif

#define MOE_LANES 8
#define MOE_REGISTERS 32
#define MOE_KERNELS moe_kernels_avx512
#include "kernels_here.h"

#if defined(__clang__)
#pragma clang attribute pop
#endif

#endif
