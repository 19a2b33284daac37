/* Lengths of what belongs to theta, and its two codings. */
#include "theta.h"

#include <string.h>

#include "index.h"

size_t moe_theta_length(const moe_shape *s) {
  return area(s->r, s->K) + area(s->p, s->M) * (size_t)s->K;
}

size_t moe_gram_length(const moe_shape *s) {
  return area(s->r, s->r) + area(s->p, s->p) * (size_t)s->K;
}

size_t moe_coefficients_length(const moe_shape *s) {
  return area(s->r, s->K - 1) + area(s->p, s->M - 1) * (size_t)s->K;
}

/* out (rows x (columns - 1)) <- columns 2.. of a minus its first column */
static double *subtract_reference(int rows, int columns, const double *a, double *out) {
  for (int c = 1; c < columns; c++)
    for (int j = 0; j < rows; j++) *out++ = a[at(j, c, rows)] - a[j];
  return out;
}

void moe_theta_to_reference(const moe_shape *s, const double *theta, double *out) {
  out = subtract_reference(s->r, s->K, theta, out);
  theta += area(s->r, s->K);
  for (int k = 0; k < s->K; k++, theta += area(s->p, s->M))
    out = subtract_reference(s->p, s->M, theta, out);
}

/* A score's columns sum to zero: the reference's is minus the sum of the others. */
static const double *complete_score(int rows, int columns, const double *a, double *out) {
  memset(out, 0, sizeof(double) * (size_t)rows);
  for (int c = 1; c < columns; c++)
    for (int j = 0; j < rows; j++, a++) {
      out[at(j, c, rows)] = *a;
      out[j] -= *a;
    }
  return a;
}

void moe_score_to_symmetric(const moe_shape *s, const double *score, double *out) {
  score = complete_score(s->r, s->K, score, out);
  out += area(s->r, s->K);
  for (int k = 0; k < s->K; k++, out += area(s->p, s->M))
    score = complete_score(s->p, s->M, score, out);
}
