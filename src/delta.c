/* Variances of predictions: sum_ab s_a s_b x_a' C_ab x_b over the slopes s_a by the predictors,
 * whose designs have the rows x_a. What takes the time, the forms x_a' C_ab x_b, serves all
 * predictions. */
#include <string.h>

#include "slopes.h"

int moe_output_count(const moe_shape *s, moe_output kind) {
  switch (kind) {
    case MOE_LINK: return s->M - 1;
    case MOE_GATE: return s->K;
    case MOE_EXPERT: return s->M * s->K;
    default: return s->M;
  }
}

/* Group `group` of predictions that depend on the same predictors: experts are apart. */
static slopes group_slopes(const walk *w, int rows, moe_output kind, int group, block *b,
                           double *out) {
  const moe_shape *s = &w->rows->shape;
  if (kind == MOE_PROB) return moe_prob_slopes(w, rows, b, out);
  if (kind == MOE_LINK) return moe_link_slopes(w, rows, b, out);
  if (kind == MOE_GATE) return moe_softmax_slopes(w, rows, s->K, b->gate, out);
  slopes of = moe_softmax_slopes(w, rows, s->M, b->expert + column(s->M * group), out);
  of.first = s->K - 1 + group * (s->M - 1);
  return of;
}

static size_t form_length(const moe_shape *s) {
  return area(larger(s->p, s->r), larger(s->p, s->r));
}

static size_t pair_place(int a, int c) { return area(a, a + 1) / 2 + (size_t)c; }

static size_t forms_length(const moe_shape *s) {
  return form_length(s) * pair_place(moe_predictor_count(s), 0);
}

static size_t variance_scratch(const moe_shape *s) {
  return moe_slopes_length(s) + column(larger(s->M, s->K));
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
  for (int i = 0; i < moe_predictor_count(s); i++)
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
        const double *const product[] = {moe_slope_of(of, a, o), moe_slope_of(of, c, o),
                                         b->weighted};
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
  double *sum = scratch + moe_slopes_length(s);
  const int groups = v->kind == MOE_EXPERT ? s->K : 1;
  for (int unit = of->first; unit < of->end;) {
    const span next = moe_span_from(w, unit, of->end);
    const int rows = moe_filled(next.rows);
    moe_load_predictions(w, &next, b);
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
