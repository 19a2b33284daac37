/* The kernels for the instruction set that the compiler was told to use. Compilers other than gcc
 * and clang have no vectors of their own: there a vec is one double, and the same code is scalar.
 */
#include <math.h>
#include <string.h>

#include "kernels.h"

#if !defined(__GNUC__)
#define MOE_LANES 1
#elif defined(__AVX512F__)
#define MOE_LANES 8
#elif defined(__AVX__)
#define MOE_LANES 4
#else
#define MOE_LANES 2
#endif

#if defined(__AVX512F__) || defined(__aarch64__)
#define MOE_REGISTERS 32
#else
#define MOE_REGISTERS 16
#endif

#define MOE_KERNELS moe_kernels_base
#include "kernels_here.h"
