/* The whole interface of the core: a softmax-gated mixture of multinomial-logistic experts,
 *
 *   p(y = m | x, z) = sum_k softmax_k(z' gamma_k) softmax_m(x' beta_km),
 *
 * the moments of its covariates (design.c), sparse designs (sparse.c), features of pairs of rows
 * (pairs.c), rows that share an expert (unit.c), its log-likelihood and gradient (evaluate.c),
 * predictions (predict.c), curvature and scores (information.c), errors of predictions (delta.c),
 * sums of predictions (average.c, tangent.c), penalties (penalty.c), its maximisation by MM
 * (fit.c), and the merging of its experts (dendrogram.c).
 *
 * symbol   name in code       meaning
 * n        shape.n            rows
 * G        units.count        units: n where each row is one
 * p, r     shape.p, shape.r   columns of the expert and of the gate design, intercept included
 * M, K     shape.M, shape.K   classes, experts
 * x_i, z_i data.x, data.z     rows of the expert design and of the gate design, standardised
 * v_g      data.weight        case weight of unit g
 * w_i      data.repeats       how often row i is there within its unit
 * tau_gk   data.tau, tau      posterior weight (responsibility) of expert k for unit g
 * theta    theta              gate (r x K), then expert (p x M x K); column-major, in the symmetric
 *                             form: the K gate columns, and the M columns of one expert, sum to 0
 * S        metric             minorizer's curvature: 1/2 Z'VZ for the gate, 1/2 X'V T_k X for
 * expert k, each with the penalty's
 *
 * One meaning a word, here and in the files:
 *
 * unit         rows that share one expert; a row of its own where nothing else is said
 * block        up to MOE_BLOCK rows that are worked on together and stay in cache
 * span         the units, or the part of one, whose rows make up a block
 * segment      the rows whose sums are kept apart, so that threads cannot change the rounding
 * piece        those rows of a segment that are done between two polls
 * section      of theta, or of a metric: the gate's, or one expert's
 * design       a matrix of covariates; gate and experts may share one
 * predictor    a column of the linear predictors z' gamma_k, x' beta_km
 * coefficients theta in reference coding: differences from the first expert, from the first class
 * score        derivative of the log-likelihood of a row or a unit
 * table        n x K likelihoods p_k(y_i | x_i), which is all that units see of the experts
 * objective    what is maximised: log-likelihood less penalty
 * evaluation   value, gradient and, if asked for, Gram matrices of the log-likelihood at a theta
 * run          one maximisation, from a start to its ending
 * status       what a call returns; ending: what stopped a run
 *
 * The core allocates nothing: a *_workspace() function gives the number of doubles that the caller
 * must hand over. It prints nothing, draws no random numbers, and takes valid input for granted.
 */
#ifndef MOE_H
#define MOE_H

/* Values that are missing or infinite are told by what they compare to. */
#ifdef __FAST_MATH__
#error "moelogit must be compiled without -ffast-math, which takes NaN and infinities for numbers"
#endif

#include <stddef.h>

typedef struct {
  int n, p, r, M, K;
} moe_shape;

typedef enum {
  MOE_OK,
  MOE_FAILED,         /* a source of rows could not be read, say; results are of no use */
  MOE_STOPPED,        /* a poll asked for it; results are of no use */
  MOE_SHORT_WORKSPACE /* less than was asked for; nothing was done */
} moe_status;

typedef struct {
  double *values;
  size_t length;
} moe_workspace;

/* Called at most about 0.1 s of work apart, outside parallel regions; what returns nonzero is not
 * called again: every function that polls then returns MOE_STOPPED at once. */
typedef int (*moe_poll)(void *context);

/* --- designs --- */

/* A standardised design compressed by row. Element (i, j) is base[j] plus what row i stores for
 * column j; row i stores the entries start[i] .. start[i + 1] - 1, by rising column. Column 0 is
 * the intercept: it stores nothing, and base[0] is 1. */
typedef struct {
  int *start;    /* n + 1 */
  int *column;   /* start[n], from 0 */
  double *value; /* start[n] */
  double *base;  /* p */
} moe_sparse;

/* (values - center) / scale, values being column-major with n rows; or, where it is not NULL,
 * sparse, and then the others are not read. */
typedef struct {
  const double *values, *center, *scale;
  const moe_sparse *sparse;
} moe_design;

/* Rows start[g] .. start[g + 1] - 1 are those of unit g: one expert, drawn by the gate at z_g,
 * makes the responses of all of them,
 *
 *   p(unit g) = sum_k pi_k(z_g) prod_i p_k(y_i | x_i)^w_i. */
typedef struct {
  int count;
  const int *start; /* count + 1, rising from 0 to n; or NULL: each row is a unit of its own */
} moe_units;

/* Where x and z are the same (the same pointers) and have as many columns, and each row is a unit,
 * the rows are read once for both. */
typedef struct {
  moe_design x, z; /* x has a row per row, z a row per unit */
  moe_units units;
  const int *y;          /* n classes, 0 .. M-1; NULL for predictions that need no response */
  const double *repeats; /* n, or NULL for 1, as it must be without units.start */
  const double *weight;  /* G, or NULL for 1 */
  const double *tau;     /* G x K given posterior weights, or NULL: see moe_evaluate_rows */
} moe_data;

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

/* --- pairs.c: features of pairs of rows --- */

typedef struct {
  int count;
  const int *a, *b; /* count: rows, from 0 */
} moe_pairs;

/* out (count x 2p) <- for each column of x (n x p) the mean of the pairs' two rows, and then for
 * each column the absolute difference. */
void moe_pair_features(const moe_pairs *pairs, int n, int p, const double *x, double *out);

/* --- theta.c: lengths --- */

/* theta: r K + p M K; the Gram matrices of all sections: r^2 + K p^2; the coefficients:
 * r (K-1) + p K (M-1). */
size_t moe_theta_length(const moe_shape *shape);
size_t moe_gram_length(const moe_shape *shape);
size_t moe_coefficients_length(const moe_shape *shape);

/* --- rows in memory, and what is computed from them --- */

typedef struct {
  moe_shape shape;
  moe_data data;
  int threads;
  moe_poll poll;
  void *poll_context;
  moe_workspace workspace; /* as long as the function that it is for asks */
} moe_rows;

/* --- evaluate.c --- */

size_t moe_evaluation_workspace(const moe_shape *shape, int threads, int with_gram);

/* value <- the log-likelihood sum_g v_g log p(unit g) at theta; gradient (the shape of theta) <-
 * its gradient. gram, if not NULL, receives Z'VZ, a row per unit, and then X'V T_k X for each
 * expert, with v_g w_i for each row (full symmetric matrices). With data.tau given, the value is
 * instead the expected complete-data log-likelihood sum_g v_g sum_k tau_gk (log pi_gk + sum_i w_i
 * log p_k(y_i | x_i)). context is a moe_rows. */
moe_status moe_evaluate_rows(void *context, const double *theta, double *value, double *gradient,
                             double *gram);

/* --- predict.c --- */

/* For predictions, and for moe_score_rows(). */
size_t moe_rows_workspace(const moe_shape *shape, int threads);

/* Any of the outputs may be NULL. posterior needs data.y. */
typedef struct {
  double *prob;      /* n x M: p(m | x, z), with no regard to the responses of the unit */
  double *gate;      /* G x K */
  double *expert;    /* n x M x K */
  double *posterior; /* G x K, from y alone: data.tau must be NULL */
} moe_prediction;

moe_status moe_predict_rows(const moe_rows *rows, const double *theta, const moe_prediction *out);

/* --- information.c: curvature and scores --- */

/* With respect to the coefficients, the gate's predictors first, column-major as theta: d of them.
 * Both are of the log-likelihood alone, without a penalty: rows know of none. They need data.y, and
 * data.tau where data.units.start is given: the posterior weights at theta, as predictions have
 * them. Otherwise data.tau must be NULL. */
size_t moe_information_workspace(const moe_shape *shape, int threads, int with_units);

typedef enum {
  MOE_OBSERVED, /* minus the Hessian of the log-likelihood */
  MOE_SCORES    /* sum_g v_g s_g s_g' of the units' scores s_g = d log p(unit g) */
} moe_information;

/* out: d x d */
moe_status moe_information_rows(const moe_rows *rows, const double *theta, moe_information kind,
                                double *out);

/* out (G x d): v_g s_g in row g */
moe_status moe_score_rows(const moe_rows *rows, const double *theta, double *out);

/* --- delta.c: errors of predictions --- */

/* Each row must be a unit. */
typedef enum {
  MOE_PROB,  /* p(m | x, z): M outputs */
  MOE_LINK,  /* log p(m | x, z) - log p(1 | x, z), m > 1: M - 1 */
  MOE_GATE,  /* pi_k: K */
  MOE_EXPERT /* p_k(m | x): M x K */
} moe_output;

int moe_output_count(const moe_shape *shape, moe_output kind);

/* out (n x outputs) <- g'Cg for the gradient g of each output and the coefficients' covariance C
 * (d x d). */
size_t moe_variance_workspace(const moe_shape *shape, int threads);
moe_status moe_variance_rows(const moe_rows *rows, const double *theta, moe_output kind,
                             const double *covariance, double *out);

/* --- average.c, tangent.c: sums of predictions as functions of the coefficients --- */

/* prob (M) <- sum_i v_i p(m | x_i, z_i); gradient (d x M) <- its gradient. Each row must be a unit,
 * here and in the next. */
size_t moe_average_workspace(const moe_shape *shape, int threads);
moe_status moe_average_rows(const moe_rows *rows, const double *theta, double *prob,
                            double *gradient);

/* out (d x M x predictors) <- the derivative of that gradient by each predictor, moved by the same
 * in all rows */
size_t moe_tangent_workspace(const moe_shape *shape, int threads);
moe_status moe_tangent_rows(const moe_rows *rows, const double *theta, double *out);

/* out (K) <- sum_g v_g pi_k(z_g) */
size_t moe_gate_sums_workspace(const moe_shape *shape, int threads);
moe_status moe_gate_sums_rows(const moe_rows *rows, const double *theta, double *out);

/* --- penalty.c: what is subtracted from the log-likelihood --- */

/* Of the theta that belongs to one design, `length` x `columns`. */
typedef struct {
  double (*value)(const void *context, int length, int columns, const double *theta);
  /* gradient (of the objective) <- less that of the penalty */
  void (*subtract_gradient)(const void *context, int length, int columns, const double *theta,
                            double *gradient);
  /* metric (length x length, lower triangle) <- plus a bound on the penalty's curvature that holds
   * at every theta and for every column */
  void (*add_curvature)(const void *context, int length, double *metric);
  const void *context;
} moe_penalty;

/* 1/2 sum_j ridge[j] sum_c theta[j, c]^2 */
moe_penalty moe_ridge(const double *ridge);

/* --- fit.c: maximisation; sees the rows through a callback only --- */

/* As moe_evaluate_rows(): a sum over rows, wherever they are. */
typedef moe_status (*moe_evaluate)(void *context, const double *theta, double *value,
                                   double *gradient, double *gram);

typedef struct {
  moe_shape shape;
  moe_penalty gate, expert;
  moe_evaluate evaluate;
  void *context;
  moe_poll poll; /* between factorisations, which take long where p or r is large */
  void *poll_context;
} moe_objective;

typedef enum { MOE_MM, MOE_ACCELERATED } moe_method;

typedef struct {
  moe_method method;
  int max_iterations;
  double tolerance; /* stop when the estimated gain left is below tolerance * (1 + |objective|) */
  const double *target; /* an objective: the run ends where that seems out of reach; or NULL */
} moe_control;

typedef enum {
  MOE_CONVERGED,
  MOE_ITERATION_LIMIT,
  MOE_STALLED,           /* rounding hides any further ascent */
  MOE_NOT_FINITE,        /* the start could not be evaluated, or not to finite numbers */
  MOE_EVALUATION_FAILED, /* the same of a later point: the run ends at the last good one */
  MOE_TRAILED            /* the target seems out of reach */
} moe_ending;

/* The trace holds the objectives after iterations 0, step, 2 step, ... and after the last. The step
 * is 1 until the trace is full: then every other entry goes and the step doubles. So a trace of
 * max_iterations + 1 keeps all, and a short one the outline of a long run. */
typedef struct {
  moe_ending ending;
  int iterations, evaluations;
  double objective, loglik;
  double gradient_norm; /* largest absolute entry of the objective's gradient */
  double gain;          /* estimate of what the objective could still gain */
  double *trace;
  int trace_capacity; /* set by the caller: at least 2 */
  int trace_length, trace_step;
} moe_result;

size_t moe_fit_workspace(const moe_shape *shape);

/* Maximises the objective from theta, which is overwritten by the best point found. */
moe_status moe_maximise(const moe_objective *objective, const moe_control *control,
                        moe_workspace workspace, double *theta, moe_result *result);

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
moe_status moe_merge(int K, int length, const double *weight, const double *atoms,
                     moe_workspace workspace, const moe_merges *out);

#endif
