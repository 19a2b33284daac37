/* The whole interface of the core: a softmax-gated mixture of multinomial-logistic experts,
 *
 *   p(y = m | x, z) = sum_k softmax_k(z' gamma_k) softmax_m(x' beta_km),
 *
 * the moments of its covariates (design.c), sparse designs (sparse.c), its objective and gradient
 * over rows (model.c), its maximisation by MM (fit.c), its curvature (information.c), and the
 * merging of its experts (dendrogram.c).
 *
 * symbol   name in code       meaning
 * n        shape.n            rows
 * p, r     shape.p, shape.r   columns of the expert and of the gate design, intercept included
 * M, K     shape.M, shape.K   classes, experts
 * v_i      data.weight        case weight
 * tau_ik   data.tau, tau      posterior weight (responsibility) of expert k for row i
 * theta    theta              gate (r x K), then expert (p x M x K); column-major, in the symmetric
 *                             form: the K gate columns, and the M columns of one expert, sum to 0
 * D        ridge_*            ridge of each design column, on the scale of the log-likelihood
 * S        metric             minorizer's curvature per block, 1/2 X'V T_k X + D (1/2 Z'VZ + D)
 *
 * The core allocates nothing: a *_workspace() function gives the number of doubles that the caller
 * must hand over. It prints nothing, draws no random numbers, and takes valid input for granted.
 */
#ifndef MOE_H
#define MOE_H

#include <stddef.h>

typedef struct {
  int n, p, r, M, K;
} moe_shape;

/* A standardised design compressed by row. Element (i, j) is base[j] plus what row i stores for
 * column j; row i stores the entries start[i] .. start[i + 1] - 1, by rising column. Column 0 is
 * the intercept: it stores nothing, and base[0] is 1. */
typedef struct {
  int *start;    /* n + 1 */
  int *column;   /* start[n], from 0 */
  double *value; /* start[n] */
  double *base;  /* p */
} moe_sparse;

/* Both designs are column-major with n rows; the core works on (value - center) / scale. A design
 * may be sparse instead: x_sparse (z_sparse) is then not NULL, and x (z), which is not read, and
 * its center and scale are. Where z, its center and its scale are those of x (the same pointers),
 * and it has as many columns, the rows are read once for both. */
typedef struct {
  const double *x, *x_center, *x_scale;
  const double *z, *z_center, *z_scale;
  const moe_sparse *x_sparse, *z_sparse;
  const int *y;         /* n classes, 0 .. M-1; NULL for predictions that need no response */
  const double *weight; /* n, or NULL for 1 */
  const double *tau;    /* n x K given posterior weights, or NULL: see moe_evaluate_rows */
} moe_data;

/* Called at most about 0.1 s of work apart, outside parallel regions. It may leave by longjmp. */
typedef void (*moe_poll)(void *context);

/* --- design.c: columns --- */

/* Weighted mean and standard deviation (divisor sum_i v_i) of each column of x (n x p). */
void moe_moments(int n, int p, const double *x, const double *weight, double *center,
                 double *scale);

/* A matrix compressed by column: column j stores the entries start[j] .. start[j + 1] - 1, by
 * rising row, and is 0 elsewhere. */
typedef struct {
  int n, p;
  const int *start; /* p + 1 */
  const int *row;   /* start[p], from 0 */
  const double *value;
} moe_columns;

void moe_sparse_moments(const moe_columns *x, const double *weight, double *center, double *scale);

/* kept (p flags) loses the columns that are linear combinations of kept ones before them, less than
 * 1e-12 of their sum of squares being left; gram (p x p), of those columns, is overwritten. */
void moe_independent_columns(int p, double *gram, int *kept);

/* --- sparse.c: from columns to the standardised rows of a sparse design --- */

/* start (n + 1) <- where the rows of the design start; returns the number of its entries. If that
 * is more than INT_MAX, start is not of use. The first column of x is the intercept. */
size_t moe_row_starts(const moe_columns *x, const double *center, const double *scale, int *start);

/* The design: out->start as moe_row_starts() made it, the rest is written. */
void moe_compress_rows(const moe_columns *x, const double *center, const double *scale,
                       const moe_sparse *out);

/* --- model.c: sums over rows --- */

typedef struct {
  moe_shape shape;
  moe_data data;
  int threads;
  moe_poll poll;
  void *poll_context;
  double *workspace; /* moe_rows_workspace() doubles */
} moe_rows;

/* Doubles in theta: r K + p M K; in the Gram matrices of all blocks: r^2 + K p^2. */
size_t moe_theta_length(const moe_shape *shape);
size_t moe_gram_length(const moe_shape *shape);

size_t moe_rows_workspace(const moe_shape *shape, int threads, int with_gram);

/* Log-likelihood sum_i v_i log p(y_i | x_i, z_i) at theta, and its gradient (the shape of theta).
 * gram, if not NULL, receives Z'VZ and then X'V T_k X for each expert (full symmetric matrices).
 * With data.tau given, the value is instead the expected complete-data log-likelihood
 * sum_i v_i sum_k tau_ik (log pi_ik + log p_k(y_i | x_i)). context is a moe_rows. */
double moe_evaluate_rows(void *context, const double *theta, double *gradient, double *gram);

/* Any of the outputs may be NULL. posterior needs data.y. */
typedef struct {
  double *prob;      /* n x M: p(m | x, z) */
  double *gate;      /* n x K */
  double *expert;    /* n x M x K */
  double *posterior; /* n x K */
} moe_prediction;

void moe_predict_rows(const moe_rows *rows, const double *theta, const moe_prediction *out);

/* --- fit.c: maximisation; sees the rows through a callback only --- */

typedef double (*moe_evaluate)(void *context, const double *theta, double *gradient, double *gram);

typedef struct {
  moe_shape shape;
  const double *ridge_gate;   /* r */
  const double *ridge_expert; /* p */
  moe_evaluate evaluate;
  void *context;
  moe_poll poll; /* between factorisations, which take long where p or r is large */
  void *poll_context;
} moe_problem;

typedef enum { MOE_MM, MOE_ACCELERATED } moe_method;

typedef struct {
  moe_method method;
  int max_iterations;
  double tolerance; /* stop when the estimated gain left is below tolerance * (1 + |objective|) */
} moe_control;

typedef enum {
  MOE_CONVERGED,
  MOE_ITERATION_LIMIT,
  MOE_STALLED,   /* rounding hides any further ascent */
  MOE_NOT_FINITE /* the objective is not finite at the start */
} moe_status;

typedef struct {
  moe_status status;
  int iterations, evaluations;
  double objective, loglik;
  double gradient_norm; /* largest absolute entry of the penalised objective's gradient */
  double gain;          /* estimate of what the objective could still gain */
  double *trace;        /* max_iterations + 1 objectives; the first iterations + 1 are set */
} moe_result;

size_t moe_fit_workspace(const moe_problem *problem);

/* Maximises loglik(theta) - 1/2 sum ridge * theta^2 from theta, which is overwritten. */
void moe_maximise(const moe_problem *problem, const moe_control *control, double *workspace,
                  double *theta, moe_result *result);

/* --- information.c: curvature and scores --- */

/* Both are in reference coding, that is with respect to the differences of theta from the first
 * expert (gate) and from the first class (experts): d = r (K-1) + p K (M-1) coefficients, the
 * gate's predictors first, column-major as theta. They are of the log-likelihood alone, without a
 * penalty: rows know of none. They need data.y and no data.tau. rows->workspace must hold
 * moe_information_workspace() doubles. */
size_t moe_coefficients_length(const moe_shape *shape);
size_t moe_information_workspace(const moe_shape *shape, int threads);

typedef enum {
  MOE_OBSERVED, /* minus the Hessian of the log-likelihood */
  MOE_SCORES    /* sum_i v_i s_i s_i' of the rows' scores s_i = d log p(y_i | x_i, z_i) */
} moe_information;

/* out: d x d */
void moe_information_rows(const moe_rows *rows, const double *theta, moe_information kind,
                          double *out);

/* out (n x d): v_i s_i in row i */
void moe_score_rows(const moe_rows *rows, const double *theta, double *out);

/* --- dendrogram.c: merging the atoms of a mixing measure --- */

/* Row s of each output belongs to merge s = 1 .. K-1, which leaves K - s atoms. */
typedef struct {
  int *merge;     /* (K-1) x 2, as in R's hclust: -i is atom i, s is the atom of merge s */
  double *height; /* K-1: the pair's dissimilarity */
  double *weight; /* K-1: of the merged atom */
  double *atoms;  /* length x (K-1): its parameters, a column per merge */
} moe_merges;

size_t moe_merge_workspace(int K, int length);

/* Merges K atoms (length x K) of positive weight, the closest pair first. */
void moe_merge(int K, int length, const double *weight, const double *atoms, double *workspace,
               const moe_merges *out);

#endif
