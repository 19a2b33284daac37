/* Limited-memory BFGS whose initial matrix is S^-1, section by section times a scale that is learnt
 * from the pairs. */
#include "bfgs.h"

#include <math.h>
#include <string.h>

#include "index.h"

#define SCALE_RANGE 4 /* a section's scale is within this factor of that of all sections */

static int sections(const moe_shape *h) { return 1 + h->K; }

static size_t section_length(const moe_shape *h, int section) {
  return section == 0 ? area(h->r, h->K) : area(h->p, h->M);
}

size_t moe_bfgs_workspace(const moe_shape *h) {
  return (3 * MOE_PAIRS + 1) * moe_theta_length(h) + (size_t)sections(h);
}

moe_bfgs moe_new_bfgs(const moe_shape *h, double *workspace) {
  const size_t length = moe_theta_length(h), columns = length * MOE_PAIRS;
  moe_bfgs b = {.shape = *h, .length = length, .steps = workspace};
  b.yields = b.steps + columns;
  b.solved_yields = b.yields + columns;
  b.left = b.solved_yields + columns;
  b.scale = b.left + length;
  moe_bfgs_forget(&b);
  return b;
}

void moe_bfgs_forget(moe_bfgs *b) {
  b->pairs = 0;
  b->newest = MOE_PAIRS - 1;
  for (int c = 0; c < sections(&b->shape); c++) b->scale[c] = 1;
}

static double dot(size_t n, const double *a, const double *b) {
  double sum = 0;
  for (size_t j = 0; j < n; j++) sum += a[j] * b[j];
  return sum;
}

/* a += by b */
static void add_multiple(size_t n, double by, const double *b, double *a) {
  for (size_t j = 0; j < n; j++) a[j] += by * b[j];
}

/* Where a pair is kept. */
static int slot_of(const moe_bfgs *b, int ago) { return (b->newest - ago + MOE_PAIRS) % MOE_PAIRS; }

/* Where its column of `steps`, `yields` or `solved_yields` starts. */
static double *column_at(const moe_bfgs *b, double *columns, int slot) {
  return columns + b->length * (size_t)slot;
}

moe_slope moe_bfgs_yield(const moe_bfgs *b, int ago) {
  const int slot = slot_of(b, ago);
  return (moe_slope){column_at(b, b->yields, slot), column_at(b, b->solved_yields, slot)};
}

/* Multiplies each section of a (the shape of theta) by its scale. */
static void scale_sections(const moe_bfgs *b, double *a) {
  for (int c = 0; c < sections(&b->shape); c++)
    for (size_t left = section_length(&b->shape, c); left > 0; left--) *a++ *= b->scale[c];
}

/* The two-loop recursion. Between the loops S^-1 is taken of the gradient less multiples of the
 * yields, that is of what is solved already. */
void moe_bfgs_direction(const moe_bfgs *b, const moe_slope *at, double *direction) {
  const size_t n = b->length;
  double weight[MOE_PAIRS];
  memcpy(b->left, at->gradient, sizeof(double) * n);
  memcpy(direction, at->solved, sizeof(double) * n);
  for (int ago = 0; ago < b->pairs; ago++) {
    const int slot = slot_of(b, ago);
    weight[slot] = dot(n, column_at(b, b->steps, slot), b->left) / b->curvature[slot];
    add_multiple(n, -weight[slot], column_at(b, b->yields, slot), b->left);
    add_multiple(n, -weight[slot], column_at(b, b->solved_yields, slot), direction);
  }
  scale_sections(b, direction);
  for (int ago = b->pairs - 1; ago >= 0; ago--) {
    const int slot = slot_of(b, ago);
    const double share = dot(n, column_at(b, b->yields, slot), direction) / b->curvature[slot];
    add_multiple(n, weight[slot] - share, column_at(b, b->steps, slot), direction);
  }
}

/* Learns the scales from a pair. The ratio step' yield / yield' S^-1 yield says how much the bound
 * overstates the curvature; it differs between the gate and the experts, and between an expert that
 * has its rows to itself and one that shares them. One section's ratio is noisy, so it is kept near
 * that of all sections. */
static void learn_scales(moe_bfgs *b, int slot, double overall) {
  const double *step = column_at(b, b->steps, slot), *yield = column_at(b, b->yields, slot);
  const double *solved = column_at(b, b->solved_yields, slot);
  for (int c = 0; c < sections(&b->shape); c++) {
    const size_t length = section_length(&b->shape, c);
    const double norm = dot(length, yield, solved);
    const double ratio = norm > 0 ? dot(length, step, yield) / norm : overall;
    b->scale[c] = fmin(fmax(ratio, overall / SCALE_RANGE), overall * SCALE_RANGE);
    step += length;
    yield += length;
    solved += length;
  }
}

void moe_bfgs_remember(moe_bfgs *b, double length, const double *direction, const moe_slope *from,
                       const moe_slope *to) {
  const int slot = (b->newest + 1) % MOE_PAIRS;
  double *step = column_at(b, b->steps, slot), *yield = column_at(b, b->yields, slot);
  double *solved = column_at(b, b->solved_yields, slot);
  for (size_t j = 0; j < b->length; j++) {
    step[j] = length * direction[j];
    yield[j] = from->gradient[j] - to->gradient[j];
    solved[j] = from->solved[j] - to->solved[j];
  }
  const double curvature = dot(b->length, step, yield), norm = dot(b->length, yield, solved);
  if (!(curvature > 1e-10 * norm) || norm <= 0) {
    if (b->pairs == MOE_PAIRS) b->pairs--; /* the oldest has been written over */
    return;
  }
  learn_scales(b, slot, curvature / norm);
  b->curvature[slot] = curvature;
  b->newest = slot;
  if (b->pairs < MOE_PAIRS) b->pairs++;
}
