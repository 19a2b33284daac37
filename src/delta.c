/* Predictions as functions of the coefficients. A prediction depends on a row's predictors, and by
 * predictor a its gradient is a number, the slope s_a, times the row x_a of the predictor's design.
 * So its variance is sum_ab s_a s_b x_a' C_ab x_b, and what takes the time, the forms x_a' C_ab
 * x_b, serves all predictions. */
#include <string.h>

#include "score.h"

int moe_output_count(const moe_shape *s, moe_output kind) {
  switch (kind) {
    case MOE_LINK: return s->M - 1;
    case MOE_GATE: return s->K;
    case MOE_EXPERT: return s->M * s->K;
    default: return s->M;
  }
}

/* --- slopes --- */

/* Of `outputs` predictions by `predictors` predictors, from the given ones on: that of output o by
 * the predictor a from there is column a * stride + o. */
typedef struct {
  const double *columns;
  int outputs, predictors, first, stride;
} slopes;

static int predictor_count(const moe_shape *s) { return s->K - 1 + s->K * (s->M - 1); }

/* Columns for the slopes of anything. */
static size_t slopes_length(const moe_shape *s) {
  return column(larger(s->M, s->K)) * (size_t)predictor_count(s);
}

static const double *slope_of(const slopes *of, int a, int output) {
  return of->columns + column(a * of->stride + output);
}

/* Of the softmax of `count` classes by its predictors. */
static slopes softmax_slopes(const walk *w, int rows, int count, const double *prob, double *out) {
  for (int q = 1; q < count; q++)
    for (int m = 0; m < count; m++, out += MOE_BLOCK)
      w->kernels->softmax_slope(rows, m == q, prob + column(m), prob + column(q), out);
  return (slopes){out - column(count * (count - 1)), count, count - 1, 0, count};
}

/* Of class probabilities, which are in b->indicator. */
static slopes prob_slopes(const walk *w, int rows, block *b, double *out) {
  const moe_shape *s = &w->rows->shape;
  double *to = out;
  for (int k = 1; k < s->K; k++)
    for (int m = 0; m < s->M; m++, to += MOE_BLOCK)
      w->kernels->weigh_difference(rows, b->gate + column(k), b->expert + column(s->M * k + m),
                                   b->indicator + column(m), to);
  for (int k = 0; k < s->K; k++, to += column(s->M * (s->M - 1))) {
    softmax_slopes(w, rows, s->M, b->expert + column(s->M * k), to);
    w->kernels->weigh(rows, s->M * (s->M - 1), b->gate + column(k), to, to);
  }
  return (slopes){out, s->M, predictor_count(s), 0, s->M};
}

/* Of log-odds against the first class, in place of those of the other classes. */
static slopes link_slopes(const walk *w, int rows, block *b, double *out) {
  const int M = w->rows->shape.M, count = predictor_count(&w->rows->shape);
  double *of_predictor = out;
  prob_slopes(w, rows, b, out);
  for (int a = 0; a < count; a++, of_predictor += column(M))
    for (int m = 1; m < M; m++) {
      const double *const slope[] = {of_predictor + column(m), of_predictor};
      const double *const prob[] = {b->indicator + column(m), b->indicator};
      w->kernels->log_ratio_slope(rows, slope, prob, of_predictor + column(m));
    }
  return (slopes){out + MOE_BLOCK, M - 1, count, 0, M};
}

/* Group `group` of predictions that depend on the same predictors: experts are apart. */
static slopes group_slopes(const walk *w, int rows, moe_output kind, int group, block *b,
                           double *out) {
  const moe_shape *s = &w->rows->shape;
  if (kind == MOE_PROB) return prob_slopes(w, rows, b, out);
  if (kind == MOE_LINK) return link_slopes(w, rows, b, out);
  if (kind == MOE_GATE) return softmax_slopes(w, rows, s->K, b->gate, out);
  slopes of = softmax_slopes(w, rows, s->M, b->expert + column(s->M * group), out);
  of.first = s->K - 1 + group * (s->M - 1);
  return of;
}

/* Designs, probabilities of gate and experts, and of the classes in b->indicator. */
static void load_predictions(const walk *w, const span *of, block *b) {
  const moe_shape *s = &w->rows->shape;
  moe_block_probabilities(w, of, b);
  moe_linear_unpack(&w->plan.linear[0], of->unit, of->units, b->z);
  if (w->plan.designs > 1) moe_linear_unpack(&w->plan.linear[1], of->row, of->rows, b->x);
  w->kernels->average(moe_filled(of->rows), s->M, s->K, b->gate, b->expert, b->indicator);
}

/* --- variances --- */

static size_t form_length(const moe_shape *s) {
  return area(larger(s->p, s->r), larger(s->p, s->r));
}

static size_t pair_place(int a, int c) { return area(a, a + 1) / 2 + (size_t)c; }

static size_t forms_length(const moe_shape *s) {
  return form_length(s) * pair_place(predictor_count(s), 0);
}

static size_t variance_scratch(const moe_shape *s) {
  return slopes_length(s) + column(larger(s->M, s->K));
}

size_t moe_variance_workspace(const moe_shape *s, int threads) {
  const plan a = moe_plan(s);
  return MOE_WIDEST + moe_walk_length(&a, threads) + forms_length(s) +
         (size_t)threads * variance_scratch(s);
}

typedef struct {
  moe_output kind;
  double *scratch, *forms, *out;
} variances;

/* Of one design x'Cx is that of an upper triangle, in half the time. */
static int is_symmetric(const walk *w, const predictor *a, const predictor *c) {
  return w->plan.designs == 1 || !a->class == !c->class;
}

static void pack_form(const predictor *a, const predictor *c, int upper, const double *covariance,
                      size_t d, double *out) {
  const double *from = covariance + a->start + d * c->start;
  for (int l = 0; l < c->length; l++)
    for (int j = 0; j < a->length; j++, out++) {
      const double value = from[(size_t)j + d * (size_t)l];
      *out = !upper || j == l ? value : j < l ? value + from[(size_t)l + d * (size_t)j] : 0;
    }
}

static void pack_forms(const walk *w, const double *covariance, double *out) {
  const moe_shape *s = &w->rows->shape;
  const size_t d = moe_coefficients_length(s);
  for (int i = 0; i < predictor_count(s); i++)
    for (int j = 0; j <= i; j++, out += form_length(s)) {
      const predictor a = moe_predictor_at(s, i), c = moe_predictor_at(s, j);
      pack_form(&a, &c, is_symmetric(w, &a, &c), covariance, d, out);
    }
}

/* b->weighted <- x_a' C_ac x_c */
static void find_form(const walk *w, int rows, const double *forms, const int pair[2], block *b) {
  const moe_shape *s = &w->rows->shape;
  const predictor a = moe_predictor_at(s, pair[0]), c = moe_predictor_at(s, pair[1]);
  const moe_form form = {a.length, c.length, is_symmetric(w, &a, &c),
                         forms + form_length(s) * pair_place(pair[0], pair[1])};
  w->kernels->quadratic_form(rows, &form, moe_design_of(b, &a), moe_design_of(b, &c), b->weighted);
}

static void add_variances(const walk *w, int rows, const double *forms, const slopes *of, block *b,
                          double *sum) {
  memset(sum, 0, sizeof(double) * column(of->outputs));
  for (int a = 0; a < of->predictors; a++)
    for (int c = 0; c <= a; c++) {
      find_form(w, rows, forms, (const int[]){of->first + a, of->first + c}, b);
      for (int o = 0; o < of->outputs; o++) {
        const double *const product[] = {slope_of(of, a, o), slope_of(of, c, o), b->weighted};
        w->kernels->add_product(rows, a == c ? 1 : 2, product, sum + column(o));
      }
    }
}

/* What rounding makes negative is 0; what is NaN stays so. */
static void write_variances(const span *of, int n, int outputs, const double *sum, double *out) {
  for (int o = 0; o < outputs; o++)
    for (int i = 0; i < of->rows; i++) {
      const double value = sum[at(i, o, MOE_BLOCK)];
      out[at(of->row + i, o, n)] = value < 0 ? 0 : value;
    }
}

static void variance_piece(const walk *w, const piece *of, block *b, void *context) {
  const variances *v = context;
  const moe_shape *s = &w->rows->shape;
  double *scratch = v->scratch + (size_t)of->thread * variance_scratch(s);
  double *sum = scratch + slopes_length(s);
  const int groups = v->kind == MOE_EXPERT ? s->K : 1;
  for (int unit = of->first; unit < of->end;) {
    const span next = moe_span_from(w, unit, of->end);
    const int rows = moe_filled(next.rows);
    load_predictions(w, &next, b);
    for (int group = 0; group < groups; group++) {
      const slopes here = group_slopes(w, rows, v->kind, group, b, scratch);
      add_variances(w, rows, v->forms, &here, b, sum);
      write_variances(&next, s->n, here.outputs, sum, v->out + at(0, group * s->M, s->n));
    }
    unit += next.units;
  }
}

static double form_cost(const walk *w) {
  const double d = (double)moe_coefficients_length(&w->rows->shape);
  return moe_row_cost(w) + d * d;
}

moe_status moe_variance_rows(const moe_rows *rows, const double *theta, moe_output kind,
                             const double *covariance, double *out) {
  const moe_shape *s = &rows->shape;
  if (rows->workspace.length < moe_variance_workspace(s, rows->threads)) return MOE_SHORT_WORKSPACE;
  const walk w = moe_start_walk(rows, rows->threads, theta);
  variances v = {kind, w.rest, w.rest + (size_t)rows->threads * variance_scratch(s), out};
  pack_forms(&w, covariance, v.forms);
  const moe_job job = {variance_piece, form_cost(&w), &v};
  return moe_walk_segments(&w, 0, w.plan.segments, &job);
}

/* --- averages --- */

/* Of a segment: M probabilities, then p or r x M of their gradient for each predictor. */
static size_t average_length(const moe_shape *s) {
  return (moe_coefficients_length(s) + 1) * (size_t)s->M;
}

size_t moe_average_workspace(const moe_shape *s, int threads) {
  const plan a = moe_plan(s);
  return MOE_WIDEST + moe_walk_length(&a, threads) + (size_t)threads * slopes_length(s) +
         (size_t)a.segments * average_length(s);
}

typedef struct {
  double *scratch, *sums;
} averages;

static void add_averages(const walk *w, const span *of, block *b, double *scratch, double *sum) {
  const moe_shape *s = &w->rows->shape;
  const int rows = moe_filled(of->rows);
  load_predictions(w, of, b);
  moe_pack_weights(w, of, b);
  const slopes by = prob_slopes(w, rows, b, scratch);
  w->kernels->crossprod(rows, 1, s->M, b->weight, b->indicator, sum);
  w->kernels->weigh(rows, by.predictors * s->M, b->weight, scratch, scratch);
  sum += s->M;
  for (int a = 0; a < by.predictors; a++) {
    const predictor linear = moe_predictor_at(s, a);
    w->kernels->crossprod(rows, linear.length, s->M, moe_design_of(b, &linear), slope_of(&by, a, 0),
                          sum);
    sum += area(linear.length, s->M);
  }
}

static void average_piece(const walk *w, const piece *of, block *b, void *context) {
  const averages *v = context;
  const moe_shape *s = &w->rows->shape;
  double *scratch = v->scratch + (size_t)of->thread * slopes_length(s);
  double *sum = v->sums + (size_t)of->segment * average_length(s);
  if (of->starts) memset(sum, 0, sizeof(double) * average_length(s));
  for (int unit = of->first; unit < of->end;) {
    const span next = moe_span_from(w, unit, of->end);
    add_averages(w, &next, b, scratch, sum);
    unit += next.units;
  }
}

/* prob and gradient (d x M) += those of a segment */
static void add_segment(const moe_shape *s, const double *sum, double *prob, double *gradient) {
  for (int m = 0; m < s->M; m++) prob[m] += *sum++;
  for (int a = 0; a < predictor_count(s); a++) {
    const predictor linear = moe_predictor_at(s, a);
    for (int m = 0; m < s->M; m++)
      for (int j = 0; j < linear.length; j++)
        gradient[moe_coefficients_length(s) * (size_t)m + linear.start + (size_t)j] += *sum++;
  }
}

moe_status moe_average_rows(const moe_rows *rows, const double *theta, double *prob,
                            double *gradient) {
  const moe_shape *s = &rows->shape;
  if (rows->workspace.length < moe_average_workspace(s, rows->threads)) return MOE_SHORT_WORKSPACE;
  const walk w = moe_start_walk(rows, rows->threads, theta);
  averages v = {w.rest, w.rest + (size_t)rows->threads * slopes_length(s)};
  const double cost = moe_row_cost(&w) + (double)moe_coefficients_length(s) * s->M;
  const moe_job job = {average_piece, cost, &v};
  const moe_status status = moe_walk_segments(&w, 0, w.plan.segments, &job);
  if (status != MOE_OK) return status;
  memset(prob, 0, sizeof(double) * (size_t)s->M);
  memset(gradient, 0, sizeof(double) * moe_coefficients_length(s) * (size_t)s->M);
  for (int segment = 0; segment < w.plan.segments; segment++)
    add_segment(s, v.sums + (size_t)segment * average_length(s), prob, gradient);
  return MOE_OK;
}
