/* The mixture over a block of rows: from the gate's probabilities and the experts' table of
 * likelihoods to responsibilities, and what follows from them. */
#include "explog.h"

static void responsibilities(int rows, int K, const double *gate, const double *table, double *tau,
                             double *likelihood) {
  for (int i = 0; i < rows; i += MOE_LANES) {
    vec total = {0};
    for (int k = 0; k < K; k++) {
      const size_t here = at(i, k, MOE_BLOCK);
      vec joint = VEC(gate + here) * VEC(table + here);
      VEC(tau + here) = joint;
      total += joint;
    }
    vec inverse = 1.0 / total;
    for (int k = 0; k < K; k++) VEC(tau + at(i, k, MOE_BLOCK)) *= inverse;
    VEC(likelihood + i) = total;
  }
}

static void expected(int rows, int K, const double *gate, const double *table, const double *tau,
                     const moe_expectation *out) {
  for (int i = 0; i < rows; i += MOE_LANES) {
    vec smallest = {0}, total = {0}, sum = {0};
    smallest += 1.0;
    for (int k = 0; k < K; k++) {
      const size_t here = at(i, k, MOE_BLOCK);
      vec joint = VEC(gate + here) * VEC(table + here);
      smallest = vec_min(joint, smallest);
      total += joint;
      log_positive(&joint);
      sum += VEC(tau + here) * joint;
    }
    VEC(out->least + i) = smallest + 0.0 * total; /* NaN if any of them is */
    VEC(out->expected + i) = sum;
  }
}

static void gate_score(int rows, int K, const double *gate, const double *tau, const double *weight,
                       double *score) {
  for (int k = 1; k < K; k++, score += MOE_BLOCK)
    for (int i = 0; i < rows; i += MOE_LANES) {
      const size_t here = at(i, k, MOE_BLOCK);
      VEC(score + i) = VEC(weight + i) * (VEC(tau + here) - VEC(gate + here));
    }
}

/* Rounding must not leave a probability above 1, whose complement users take. */
static void average(int rows, int M, int K, const double *gate, const double *expert,
                    double *prob) {
  for (int m = 0; m < M; m++, prob += MOE_BLOCK)
    for (int i = 0; i < rows; i += MOE_LANES) {
      vec sum = {0}, one = {0};
      one += 1.0;
      for (int k = 0; k < K; k++)
        sum += VEC(gate + at(i, k, MOE_BLOCK)) * VEC(expert + at(i, M * k + m, MOE_BLOCK));
      VEC(prob + i) = vec_select(sum > one, one, sum);
    }
}

static void normalise(int rows, int K, const double *log_gate, double *tau, double *loglik) {
  for (int i = 0; i < rows; i += MOE_LANES) {
    vec top = VEC(tau + i) + VEC(log_gate + i), all = {0}, sum = {0};
    for (int k = 0; k < K; k++) {
      const size_t here = at(i, k, MOE_BLOCK);
      VEC(tau + here) += VEC(log_gate + here);
      top = vec_max(VEC(tau + here), top);
      all += VEC(tau + here);
    }
    for (int k = 0; k < K; k++) {
      const size_t here = at(i, k, MOE_BLOCK);
      vec share = VEC(tau + here) - top;
      exp_nonpositive(&share);
      VEC(tau + here) = share;
      sum += share;
    }
    vec inverse = 1.0 / (sum + 0.0 * all);
    for (int k = 0; k < K; k++) VEC(tau + at(i, k, MOE_BLOCK)) *= inverse;
    log_positive(&sum);
    VEC(loglik + i) = top + sum + 0.0 * all;
  }
}

/* --- curvature --- */

static void gate_curvature(int rows, double same, const double *weight, const double *const gate[2],
                           const double *const tau[2], double *out) {
  for (int i = 0; i < rows; i += MOE_LANES) {
    const vec given = VEC(gate[0] + i) * (same - VEC(gate[1] + i));
    VEC(out + i) = VEC(weight + i) * (given - VEC(tau[0] + i) * (same - VEC(tau[1] + i)));
  }
}

static void gate_expert_curvature(int rows, double same, const double *weight, const double *tau,
                                  const double *score, double *out) {
  for (int i = 0; i < rows; i += MOE_LANES)
    VEC(out + i) = -VEC(weight + i) * (same - VEC(tau + i)) * VEC(score + i);
}
