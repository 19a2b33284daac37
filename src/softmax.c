/* Softmax and mixture over a block of rows; the only caller of exp and log.
 *
 * Predictors are shifted by their largest before exponentials are taken, so nothing overflows, and
 * a row whose likelihood underflows is computed again on the log scale (moe_log_joint). */
#include <math.h>

#include "block.h"

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
  for (int d = 2; d < 12; d++) sum = sum * r + inverse_factorial[d];
  sum = 1.0 + (head + (r * r * sum - tail));
  uvec power = (uvec)sum + ((uvec)shifted << 52);
  *at = (vec)(power & ~(uvec)(x < -708.0));
}

/* log of a normal *at > 0, in place: x = 2^n f with f in [sqrt(1/2), sqrt(2)), and the series
 * log f = 2 (s + s^3/3 + s^5/5 + ...), s = (f - 1) / (f + 1), |s| <= 0.1716. */
MOE_INLINE void log_positive(vec *at) {
  const int64_t sqrt_half = 0x3fe6a09e667f3bcd;
  const double ln2_high = 0x1.62e42fee00000p-1, ln2_low = 0x1.a39ef35793c76p-33;
  const vec x = *at;
  ivec exponent = ((ivec)x - sqrt_half) >> 52;
  vec f = (vec)((uvec)x - ((uvec)exponent << 52));
  vec n = (vec)((uvec)exponent + 0x4338000000000000u) - shifter;
  vec s = (f - 1.0) / (f + 1.0), s2 = s * s;
  vec sum = s2 * (1.0 / 21) + 1.0 / 19;
  for (int d = 17; d >= 3; d -= 2) sum = sum * s2 + 1.0 / d;
  *at = n * ln2_high + (2.0 * s + (2.0 * s * s2 * sum + n * ln2_low));
}

#else
MOE_INLINE void exp_nonpositive(vec *at) { *at = exp(*at); }
MOE_INLINE void log_positive(vec *at) { *at = log(*at); }
#endif

MOE_CLONES void moe_softmax(int vecs, int count, const vec *eta, vec *prob) {
  for (int i = 0; i < vecs; i++) {
    vec top = {0}, all = {0}; /* all: NaN if a predictor is */
    for (int c = 1; c < count; c++) {
      vec value = eta[at(i, c - 1, MOE_VECS)];
      top = vec_max(value, top);
      all += value;
    }
    vec sum = -top;
    exp_nonpositive(&sum);
    prob[i] = sum;
    for (int c = 1; c < count; c++) {
      vec e = eta[at(i, c - 1, MOE_VECS)] - top;
      exp_nonpositive(&e);
      prob[at(i, c, MOE_VECS)] = e;
      sum += e;
    }
    vec inverse = 1.0 / (sum + 0.0 * all);
    for (int c = 0; c < count; c++) prob[at(i, c, MOE_VECS)] *= inverse;
  }
}

/* joint <- pi_k p_k(y), from the columns of expert k */
MOE_INLINE void joint_probability(int M, const vec *gate, const vec *expert, const vec *indicator,
                                  vec *joint) {
  vec of_class = {0};
  for (int m = 0; m < M; m++) of_class += expert[column(m)] * indicator[column(m)];
  *joint = *gate * of_class;
}

MOE_CLONES void moe_mixture(int vecs, int M, int K, const vec *gate, const vec *expert,
                            const vec *indicator, vec *tau, vec *likelihood) {
  for (int i = 0; i < vecs; i++) {
    vec total = {0};
    for (int k = 0; k < K; k++) {
      vec joint;
      joint_probability(M, gate + at(i, k, MOE_VECS), expert + at(i, M * k, MOE_VECS),
                        indicator + i, &joint);
      tau[at(i, k, MOE_VECS)] = joint;
      total += joint;
    }
    vec inverse = 1.0 / total;
    for (int k = 0; k < K; k++) tau[at(i, k, MOE_VECS)] *= inverse;
    likelihood[i] = total;
  }
}

MOE_CLONES void moe_expected(int vecs, int M, int K, const vec *gate, const vec *expert,
                             const vec *indicator, const vec *tau, vec *least, vec *expected) {
  for (int i = 0; i < vecs; i++) {
    vec smallest = {0}, total = {0}, sum = {0};
    smallest += 1.0;
    for (int k = 0; k < K; k++) {
      vec joint;
      joint_probability(M, gate + at(i, k, MOE_VECS), expert + at(i, M * k, MOE_VECS),
                        indicator + i, &joint);
      smallest = vec_min(joint, smallest);
      total += joint;
      log_positive(&joint);
      sum += tau[at(i, k, MOE_VECS)] * joint;
    }
    least[i] = smallest + 0.0 * total; /* NaN if any of them is */
    expected[i] = sum;
  }
}

MOE_CLONES double moe_weighted_log(int vecs, const vec *weight, const vec *likelihood) {
  vec sum = {0};
  for (int i = 0; i < vecs; i++) {
    vec value = likelihood[i];
    log_positive(&value);
    sum += weight[i] * value;
  }
  return vec_sum(&sum);
}

MOE_CLONES void moe_residual(int vecs, const moe_block_state *state, vec *resid) {
  const int M = state->M, K = state->K;
  for (int k = 1; k < K; k++, resid += MOE_VECS)
    for (int i = 0; i < vecs; i++) {
      size_t here = at(i, k, MOE_VECS);
      resid[i] = state->weight[i] * (state->tau[here] - state->gate[here]);
    }
  for (int k = 0; k < K; k++)
    for (int m = 1; m < M; m++, resid += MOE_VECS) {
      const vec *prob = state->expert + column(M * k + m);
      for (int i = 0; i < vecs; i++)
        resid[i] = state->weight[i] * state->tau[at(i, k, MOE_VECS)] *
                   (state->indicator[at(i, m, MOE_VECS)] - prob[i]);
    }
}

/* log sum exp of the predictors 0 and eta[0], eta[MOE_BLOCK], ... (count - 1 of them). */
static double log_sum_exp(int count, const double *eta) {
  double top = 0, sum;
  for (int c = 1; c < count; c++) top = fmax(top, eta[area(MOE_BLOCK, c - 1)]);
  sum = exp(-top);
  for (int c = 1; c < count; c++) sum += exp(eta[area(MOE_BLOCK, c - 1)] - top);
  return top + log(sum);
}

double moe_log_joint(int M, int K, const double *eta, int y, double *joint) {
  const double *expert = eta + area(MOE_BLOCK, K - 1);
  double gate_total = log_sum_exp(K, eta), top = -INFINITY, sum = 0;
  for (int k = 0; k < K; k++, expert += area(MOE_BLOCK, M - 1)) {
    double gate = k == 0 ? 0 : eta[area(MOE_BLOCK, k - 1)];
    double of_class = y == 0 ? 0 : expert[area(MOE_BLOCK, y - 1)];
    double value = (gate - gate_total) + (of_class - log_sum_exp(M, expert));
    joint[area(MOE_BLOCK, k)] = value;
    top = fmax(top, value);
  }
  for (int k = 0; k < K; k++) sum += exp(joint[area(MOE_BLOCK, k)] - top);
  return top + log(sum);
}
