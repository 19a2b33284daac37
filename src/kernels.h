/* The loops over one block of rows in which the time goes, compiled once for each instruction set
 * that a machine may have: one source (*_kernels.h), included by a file for each (kernels_*.c).
 *
 * A block stores its columns one after the other, MOE_BLOCK doubles each, aligned for the widest
 * vectors, so that buffers do not depend on who works on them. `rows` of a kernel is how many rows
 * are filled: moe_filled() of those that there are. */
#ifndef MOE_KERNELS_H
#define MOE_KERNELS_H

#include <stdint.h>

#include "index.h"
#include "moe.h"

/* Rows per block: few enough for a block to stay in cache, many enough for long loops. */
#define MOE_BLOCK 128

/* Rows of a unit that are multiplied beside each other. */
#define MOE_UNIT_RUN 8

/* Doubles of the widest vector. Workspaces are aligned for it, whatever the machine has. */
#define MOE_WIDEST 8

/* Where column c of a block starts. */
static inline size_t column(int c) { return area(MOE_BLOCK, c); }

/* Rows in whole vectors, two at a time as products take them. */
static inline int moe_filled(int rows) {
  return (rows + 2 * MOE_WIDEST - 1) / (2 * MOE_WIDEST) * (2 * MOE_WIDEST);
}

/* The first place in a workspace that is aligned for the widest vectors, at most MOE_WIDEST - 1
 * doubles behind its start. */
static inline double *moe_align(double *workspace) {
  const uintptr_t size = MOE_WIDEST * sizeof(double), start = (uintptr_t)workspace;
  return (double *)((start + size - 1) / size * size);
}

/* Doubles that hold the q predictors of one column of a sparse design side by side. */
static inline int moe_sparse_width(int q) { return (q + MOE_WIDEST - 1) / MOE_WIDEST * MOE_WIDEST; }

/* One expert. */
typedef struct {
  const double *prob;         /* rows x M: p_km */
  const double *indicator;    /* rows x M: 1 in the column of the row's class */
  const double *weight, *tau; /* of the rows */
} moe_expert_rows;

/* expected <- sum_k tau_k log(pi_k table_k); least <- the least of the pi_k table_k, and where that
 * is less than MOE_TINY or NaN, expected is undefined. */
typedef struct {
  double *least, *expected;
} moe_expectation;

/* x'Cz for a matrix C (rows x columns); with `upper` set, C is 0 below its diagonal. */
typedef struct {
  int rows, columns, upper;
  const double *values;
} moe_form;

typedef struct {
  int lanes; /* doubles of a vector */

  /* --- block_kernels.h: products --- */

  /* out[, j] <- (values[, j] - center[j]) / scale[j] for the given rows (any number) of p columns
   * that lie `stride` apart; rows that fill the block's last vectors are 0. */
  void (*pack)(int rows, int p, size_t stride, const double *values, const double *center,
               const double *scale, double *out);
  /* out (rows x q) <- x (rows x p) b (p x q) */
  void (*multiply)(int rows, int p, int q, const double *x, const double *b, double *out);
  /* sum (p x q) += x' (p x rows) a (rows x q) */
  void (*crossprod)(int rows, int p, int q, const double *x, const double *a, double *sum);
  /* sum (p x p, columns `stride` apart) += x' a for an a that is x with its rows weighted, lower
   * triangle. */
  void (*symmetric_crossprod)(int rows, int stride, int p, const double *x, const double *a,
                              double *sum);
  /* out (rows x columns) <- weight (rows) times each column of a */
  void (*weigh)(int rows, int columns, const double *weight, const double *a, double *out);

  /* --- sparse_kernels.h: products with rows first .. first + rows - 1 (any number) --- */

  /* out (rows x q) <- x b, b: width x p; rows that fill the block's last vectors are 0. */
  void (*sparse_multiply)(const moe_sparse *x, int first, int rows, int q, const double *b,
                          double *out);
  /* sum (width x p) += x' a (rows x q) */
  void (*sparse_crossprod)(const moe_sparse *x, int first, int rows, int q, const double *a,
                           double *sum);

  /* --- softmax_kernels.h --- */

  /* prob (rows x count) <- softmax of the predictors (0, eta), eta: rows x (count - 1). */
  void (*softmax)(int rows, int count, const double *eta, double *prob);
  /* sum_i weight_i log(likelihood_i); likelihoods are at least MOE_TINY. */
  double (*weighted_log)(int rows, const double *weight, const double *likelihood);
  /* to (rows x columns) <- log(from); of what is no normal number it is undefined. */
  void (*logs)(int rows, int columns, const double *from, double *to);

  /* --- multinomial_kernels.h --- */

  /* likelihood <- p_k(y) */
  void (*multinomial_likelihood)(int rows, int M, const double *prob, const double *indicator,
                                 double *likelihood);
  /* score (rows x (M - 1)) <- weight tau (1{y = m} - p_km), m = 2..M */
  void (*multinomial_score)(int rows, int M, const moe_expert_rows *e, double *score);
  /* out <- weight tau (p_m (d_mq - p_q) - (1 - tau) r_m r_q), r_m = 1{y = m} - p_m: minus the
   * second derivative of the mixture's log-likelihood by the predictors of classes m and q. */
  void (*multinomial_curvature)(int rows, const moe_expert_rows *e, int m, int q, double *out);
  /* out <- weight tau p_m (d_mq - p_q): the same, were the row's expert known. */
  void (*multinomial_complete_curvature)(int rows, const moe_expert_rows *e, int m, int q,
                                         double *out);

  /* --- mixture_kernels.h --- */

  /* likelihood <- sum_k pi_k table_k; tau (rows x K) <- pi_k table_k / likelihood. */
  void (*responsibilities)(int rows, int K, const double *gate, const double *table, double *tau,
                           double *likelihood);
  void (*expected)(int rows, int K, const double *gate, const double *table, const double *tau,
                   const moe_expectation *out);
  /* score (rows x (K - 1)) <- weight (tau_k - pi_k), k = 2..K */
  void (*gate_score)(int rows, int K, const double *gate, const double *tau, const double *weight,
                     double *score);
  /* prob (rows x M) <- sum_k pi_k p_km, at most 1 */
  void (*average)(int rows, int M, int K, const double *gate, const double *expert, double *prob);
  /* tau (rows x K): logs of the experts' likelihoods -> pi_k exp(that) / their sum; loglik <- the
   * log of the sum. NaN spreads to the whole row. */
  void (*normalise)(int rows, int K, const double *log_gate, double *tau, double *loglik);
  /* out <- weight (pi_k (same - pi_l) - tau_k (same - tau_l)), given the columns of k and l */
  void (*gate_curvature)(int rows, double same, const double *weight, const double *const gate[2],
                         const double *const tau[2], double *out);
  /* out <- -weight (same - tau) score */
  void (*gate_expert_curvature)(int rows, double same, const double *weight, const double *tau,
                                const double *score, double *out);

  /* --- unit_kernels.h --- */

  /* to (rows x columns) <- what each row's unit has in from (units x columns) */
  void (*spread)(int rows, int columns, const double *unit, const double *from, double *to);
  /* to (rows x columns) <- the product of `from` in each row and those that follow it in its unit,
   * of MOE_UNIT_RUN rows at most, or of all where `longest` is less. What lies behind is read. */
  void (*multiply_following)(int rows, int columns, int longest, const double *unit,
                             const double *from, double *to);

  /* --- delta_kernels.h --- */

  /* out <- p_m (same - p_q): the derivative of p_m by the predictor of class q */
  void (*softmax_slope)(int rows, double same, const double *p_m, const double *p_q, double *out);
  /* out <- weight (a - b) */
  void (*weigh_difference)(int rows, const double *weight, const double *a, const double *b,
                           double *out);
  /* out <- slope_0 / prob_0 - slope_1 / prob_1 */
  void (*log_ratio_slope)(int rows, const double *const slope[2], const double *const prob[2],
                          double *out);
  /* out <- x'Cz of each row of x and z */
  void (*quadratic_form)(int rows, const moe_form *form, const double *x, const double *z,
                         double *out);
  /* out += factor times the product of three columns */
  void (*add_product)(int rows, double factor, const double *const of[3], double *out);
} moe_kernels;

/* The widest kernels of at most so many lanes that this machine can run. */
const moe_kernels *moe_kernels_of(int most_lanes);

/* Those that the core uses; built with fewer lanes, to measure them, it leaves the wider out. */
#ifndef MOE_MOST_LANES
#define MOE_MOST_LANES MOE_WIDEST
#endif

/* Instruction sets that are compiled beside the one that the compiler was told, and asked for when
 * a function starts. On Windows compilers do not align the stack for them. */
#if defined(__x86_64__) && (defined(__clang__) || __GNUC__ >= 5) && !defined(_WIN32)
#define MOE_MANY_SETS
#endif

extern const moe_kernels moe_kernels_base;
#ifdef MOE_MANY_SETS
extern const moe_kernels moe_kernels_avx2, moe_kernels_avx512;
#endif

#endif
