/* Slopes of probabilities over a block of rows, and the quadratic forms that errors are made of. */
#include "vector.h"

#define FORM_TILE 4 /* columns of a form whose sums stay in registers */

static void softmax_slope(int rows, double same, const double *p_m, const double *p_q,
                          double *out) {
  for (int i = 0; i < rows; i += MOE_LANES) VEC(out + i) = VEC(p_m + i) * (same - VEC(p_q + i));
}

static void weigh_difference(int rows, const double *weight, const double *a, const double *b,
                             double *out) {
  for (int i = 0; i < rows; i += MOE_LANES)
    VEC(out + i) = VEC(weight + i) * (VEC(a + i) - VEC(b + i));
}

static void log_ratio_slope(int rows, const double *const slope[2], const double *const prob[2],
                            double *out) {
  for (int i = 0; i < rows; i += MOE_LANES)
    VEC(out + i) = VEC(slope[0] + i) / VEC(prob[0] + i) - VEC(slope[1] + i) / VEC(prob[1] + i);
}

/* Two vecs of rows of x times `columns` columns of c, of which `length` rows count, times z;
 * inlined with a constant number of columns. */
MOE_INLINE void add_form_tile(int p, int length, int columns, const double *x, const double *c,
                              const double *z, double *out) {
  vec sum[FORM_TILE][2];
  MOE_UNROLL
  for (int l = 0; l < columns; l++) sum[l][0] = sum[l][1] = (vec){0};
  for (int j = 0; j < length; j++) {
    const vec x0 = VEC(x + column(j)), x1 = VEC(x + column(j) + MOE_LANES);
    MOE_UNROLL
    for (int l = 0; l < columns; l++) {
      const double coefficient = c[at(j, l, p)];
      sum[l][0] += x0 * coefficient;
      sum[l][1] += x1 * coefficient;
    }
  }
  MOE_UNROLL
  for (int l = 0; l < columns; l++) {
    VEC(out) += sum[l][0] * VEC(z + column(l));
    VEC(out + MOE_LANES) += sum[l][1] * VEC(z + column(l) + MOE_LANES);
  }
}

static void quadratic_form(int rows, const moe_form *form, const double *x, const double *z,
                           double *out) {
  const int p = form->rows, q = form->columns;
  for (int i = 0; i < rows; i++) out[i] = 0;
  for (int c = 0; c < q; c += FORM_TILE) {
    const int length = form->upper && c + FORM_TILE < p ? c + FORM_TILE : p;
    const double *of = form->values + area(p, c), *zc = z + column(c);
    for (int i = 0; i < rows; i += 2 * MOE_LANES) switch (q - c) {
        case 1: add_form_tile(p, length, 1, x + i, of, zc + i, out + i); break;
        case 2: add_form_tile(p, length, 2, x + i, of, zc + i, out + i); break;
        case 3: add_form_tile(p, length, 3, x + i, of, zc + i, out + i); break;
        default: add_form_tile(p, length, 4, x + i, of, zc + i, out + i);
      }
  }
}

static void add_product(int rows, double factor, const double *const of[3], double *out) {
  for (int i = 0; i < rows; i += MOE_LANES)
    VEC(out + i) += factor * VEC(of[0] + i) * VEC(of[1] + i) * VEC(of[2] + i);
}
