/* A vector of doubles, one row of the data in each lane, and loops compiled for several machines.
 *
 * With gcc and clang a vec holds eight doubles, which the compiler maps onto whatever registers the
 * machine has; with any other compiler it is one double, and the same code is scalar. */
#ifndef MOE_VECTOR_H
#define MOE_VECTOR_H

#include <stddef.h>
#include <stdint.h>

#if defined(__GNUC__)
#define MOE_LANES 8
typedef double vec __attribute__((vector_size(64), may_alias));
typedef int64_t ivec __attribute__((vector_size(64), may_alias));
typedef uint64_t uvec __attribute__((vector_size(64), may_alias));
#define MOE_INLINE static inline __attribute__((always_inline))
#else
#define MOE_LANES 1
typedef double vec;
#define MOE_INLINE static inline
#endif

/* Before a loop of few, constant steps whose variables are to live in registers: -O2 alone would
 * keep them in memory. */
#if defined(__clang__)
#define MOE_UNROLL _Pragma("unroll")
#elif defined(__GNUC__)
#define MOE_UNROLL _Pragma("GCC unroll 8")
#else
#define MOE_UNROLL
#endif

/* Asks for memory so many bytes on, which may lie past the end of an array. */
MOE_INLINE void moe_prefetch(const void *at, size_t bytes) {
#if defined(__GNUC__)
  __builtin_prefetch((const void *)((uintptr_t)at + bytes), 0, 2);
#endif
}

/* Functions marked MOE_CLONES exist once per instruction set and are chosen when the library is
 * loaded. That needs gcc, x86-64 and glibc; sanitizers start too late for it. */
#if defined(__GNUC__) && !defined(__clang__) && __GNUC__ >= 12 && defined(__x86_64__) && \
    defined(__gnu_linux__) && defined(__GLIBC__) && !defined(__SANITIZE_ADDRESS__) &&    \
    !defined(__SANITIZE_THREAD__)
#define MOE_CLONES __attribute__((target_clones("default", "arch=x86-64-v3", "arch=x86-64-v4")))
#else
#define MOE_CLONES
#endif

/* Rows per block: a multiple of MOE_LANES, few enough for a block to stay in cache. */
#define MOE_BLOCK 128
#define MOE_VECS (MOE_BLOCK / MOE_LANES)

/* Lane-wise choice and tests. Each is a macro because a comparison of vecs has another type than a
 * comparison of doubles. */
#if MOE_LANES > 1
#define vec_select(test, a, b) ((vec)(((ivec)(a) & (ivec)(test)) | ((ivec)(b) & ~(ivec)(test))))
#else
#define vec_select(test, a, b) ((test) ? (a) : (b))
#endif
#define vec_max(a, b) vec_select((a) > (b), (a), (b))
#define vec_min(a, b) vec_select((a) < (b), (a), (b))

/* The sum of the lanes, by halves: a chain of eight additions would wait for each. */
MOE_INLINE double vec_sum(const vec *a) {
  const double *lane = (const double *)a;
#if MOE_LANES > 1
  return ((lane[0] + lane[4]) + (lane[1] + lane[5])) + ((lane[2] + lane[6]) + (lane[3] + lane[7]));
#else
  return lane[0];
#endif
}

#endif
