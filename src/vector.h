/* A vector of MOE_LANES doubles, one row of the data in each lane, for the kernels. */
#ifndef MOE_VECTOR_H
#define MOE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#include "kernels.h"

#if MOE_LANES > 1
typedef double vec __attribute__((vector_size(8 * MOE_LANES), may_alias));
typedef int64_t ivec __attribute__((vector_size(8 * MOE_LANES), may_alias));
typedef uint64_t uvec __attribute__((vector_size(8 * MOE_LANES), may_alias));
#define MOE_INLINE static inline __attribute__((always_inline))
#else
typedef double vec;
#define MOE_INLINE static inline
#endif

/* The vec at a place in a block: a column's first row, or MOE_LANES on, and so on. */
#define VEC(place) (*(vec *)(place))

/* Before a loop of few, constant steps whose variables are to live in registers: -O2 alone would
 * keep them in memory. */
#if defined(__clang__)
#define MOE_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define MOE_UNROLL _Pragma("GCC unroll 16")
#else
#define MOE_UNROLL
#endif

/* Asks for memory so many bytes on, which may lie past the end of an array. */
MOE_INLINE void moe_prefetch(const void *at, size_t bytes) {
#if defined(__GNUC__)
  __builtin_prefetch((const void *)((uintptr_t)at + bytes), 0, 2);
#endif
}

/* Lane-wise choice and tests. Each is a macro because a comparison of vecs has another type than a
 * comparison of doubles. */
#if MOE_LANES > 1
#define vec_select(test, a, b) ((vec)(((ivec)(a) & (ivec)(test)) | ((ivec)(b) & ~(ivec)(test))))
#else
#define vec_select(test, a, b) ((test) ? (a) : (b))
#endif
#define vec_max(a, b) vec_select((a) > (b), (a), (b))
#define vec_min(a, b) vec_select((a) < (b), (a), (b))

/* The sum of the lanes, by halves: a chain of additions would wait for each. */
MOE_INLINE double vec_sum(const vec *a) {
  const double *lane = (const double *)a;
#if MOE_LANES == 8
  return ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));
#elif MOE_LANES == 4
  return (lane[0] + lane[2]) + (lane[1] + lane[3]);
#elif MOE_LANES == 2
  return lane[0] + lane[1];
#else
  return lane[0];
#endif
}

#endif
