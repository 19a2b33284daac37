/* Exponential and logarithm of the lanes of a vec, in place. */
#ifndef MOE_EXPLOG_H
#define MOE_EXPLOG_H

#include <math.h>

#include "vector.h"

#if MOE_LANES > 1

static const double shifter = 0x1.8p52; /* adding it rounds a double to an integer */

/* exp of *at <= 0, in place: x = n log 2 + r with |r| <= log(2) / 2, the Taylor polynomial of
 * exp(r) to degree 13 (its remainder is below 1e-17), and n added to the exponent's bits. The tail
 * of r stays apart until the end, which keeps the error below 1 ulp. Below -708, where the result
 * would leave the normal range, it is 0. What it makes of NaN is undefined. */
MOE_INLINE void exp_nonpositive(vec *at) {
  const double log2e = 0x1.71547652b82fep0;
  const double ln2_high = 0x1.62e42fee00000p-1; /* 32 bits: n * ln2_high is exact */
  const double ln2_low = 0x1.a39ef35793c76p-33;
  static const double inverse_factorial[] = {
      1.0 / 6227020800.0, 1.0 / 479001600.0, 1.0 / 39916800.0, 1.0 / 3628800.0,
      1.0 / 362880.0,     1.0 / 40320.0,     1.0 / 5040.0,     1.0 / 720.0,
      1.0 / 120.0,        1.0 / 24.0,        1.0 / 6.0,        0.5};
  const vec x = *at;
  vec shifted = x * log2e + shifter;
  vec n = shifted - shifter;
  vec head = x - n * ln2_high, tail = n * ln2_low, r = head - tail;
  vec sum = r * inverse_factorial[0] + inverse_factorial[1];
  MOE_UNROLL
  for (int d = 2; d < 12; d++) sum = sum * r + inverse_factorial[d];
  sum = 1.0 + (head + (r * r * sum - tail));
  uvec power = (uvec)sum + ((uvec)shifted << 52);
  *at = (vec)(power & ~(uvec)(x < -708.0));
}

/* log of a normal *at > 0, in place: x = 2^n f with f in [sqrt(1/2), sqrt(2)), and the series
 * log f = 2 (s + s^3/3 + s^5/5 + ...), s = (f - 1) / (f + 1), |s| <= 0.1716. n + offset, which is
 * not negative, is shifted: few machines can shift signs in. */
MOE_INLINE void log_positive(vec *at) {
  const uint64_t sqrt_half = 0x3fe6a09e667f3bcd, offset = 1024;
  const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
  const vec x = *at;
  uvec shifted = ((uvec)x + (offset << 52) - sqrt_half) >> 52;
  vec f = (vec)((uvec)x - ((shifted - offset) << 52));
  vec n = (vec)(shifted - offset + 0x4338000000000000u) - shifter;
  vec s = (f - 1.0) / (f + 1.0), s2 = s * s;
  vec sum = s2 * (1.0 / 21) + 1.0 / 19;
  MOE_UNROLL
  for (int d = 17; d >= 3; d -= 2) sum = sum * s2 + 1.0 / d;
  *at = n * ln2_high + (2.0 * s + (2.0 * s * s2 * sum + n * ln2_low));
}

#else
MOE_INLINE void exp_nonpositive(vec *at) { *at = exp(*at); }
MOE_INLINE void log_positive(vec *at) { *at = log(*at); }
#endif

#endif
