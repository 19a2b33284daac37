/* Greedy merging of the atoms of a mixing measure; no data are touched.
 *
 * The dissimilarity of two atoms with weights q and parameters a (one column of `length` numbers),
 *
 *   d(i, j) = q_i q_j / (q_i + q_j) ||a_i - a_j||^2,
 *
 * is Ward's: the rise of the weighted sum of squares when both are replaced by their mean. So
 * merged weights add, merged parameters are weighted means, and heights never fall. */
#include <math.h>
#include <string.h>

#include "index.h"
#include "moe.h"

static double dissimilarity(int length, const double *a, const double *b, double qa, double qb) {
  double sum = 0;
  for (int j = 0; j < length; j++) sum += (a[j] - b[j]) * (a[j] - b[j]);
  return qa * (qb / (qa + qb)) * sum;
}

size_t moe_merge_workspace(int K, int length) { return area(K, K) + area(length, K) + area(K, 2); }

typedef struct {
  int K, length;
  double *distance; /* K x K, of which i < j is used */
  double *atoms;    /* length x K */
  double *weight;   /* K; negative once the atom is merged into another */
  double *label;    /* K: what hclust calls the cluster in this place */
} merging;

/* The closest pair of what is left, i < j; the first among equals, also where all are infinite. */
static void closest(const merging *m, int *i, int *j) {
  double least = INFINITY;
  *i = *j = -1;
  for (int b = 1; b < m->K; b++)
    for (int a = 0; a < b; a++) {
      double d = m->distance[at(a, b, m->K)];
      if (m->weight[a] < 0 || m->weight[b] < 0 || !(*i < 0 || d < least)) continue;
      least = d;
      *i = a;
      *j = b;
    }
}

static void update_distances(merging *m, int i) {
  for (int j = 0; j < m->K; j++) {
    if (j == i || m->weight[j] < 0) continue;
    size_t pair = j < i ? at(j, i, m->K) : at(i, j, m->K);
    m->distance[pair] = dissimilarity(m->length, m->atoms + area(m->length, i),
                                      m->atoms + area(m->length, j), m->weight[i], m->weight[j]);
  }
}

/* Atom i takes in atom j. */
static void join(merging *m, int i, int j) {
  double q = m->weight[i] + m->weight[j], share = m->weight[j] / q;
  double *into = m->atoms + area(m->length, i);
  const double *from = m->atoms + area(m->length, j);
  for (int l = 0; l < m->length; l++) into[l] += share * (from[l] - into[l]);
  m->weight[i] = q;
  m->weight[j] = -1;
  update_distances(m, i);
}

static merging start_merging(int K, int length, const double *weight, const double *atoms,
                             double *workspace) {
  double *after_distance = workspace + area(K, K), *after_atoms = after_distance + area(length, K);
  merging m = {K, length, workspace, after_distance, after_atoms, after_atoms + K};
  memcpy(m.atoms, atoms, sizeof(double) * area(length, K));
  memcpy(m.weight, weight, sizeof(double) * (size_t)K);
  for (int i = 0; i < K; i++) m.label[i] = -(i + 1);
  for (int i = 0; i < K; i++) update_distances(&m, i);
  return m;
}

/* Merges the closest pair: row `step` of out. */
static void merge_closest(merging *m, int step, const moe_merges *out) {
  int i, j;
  closest(m, &i, &j);
  double a = m->label[i], b = m->label[j];
  /* As in hclust: atoms come before clusters; atoms in their order, clusters in order of age. */
  int in_order = (a < 0) != (b < 0) ? a < 0 : (a < 0 ? a > b : a < b);
  out->merge[step] = (int)(in_order ? a : b);
  out->merge[step + m->K - 1] = (int)(in_order ? b : a);
  out->height[step] = m->distance[at(i, j, m->K)];
  if (step > 0) out->height[step] = fmax(out->height[step], out->height[step - 1]); /* rounding */
  join(m, i, j);
  m->label[i] = step + 1;
  out->weight[step] = m->weight[i];
  memcpy(out->atoms + area(m->length, step), m->atoms + area(m->length, i),
         sizeof(double) * (size_t)m->length);
}

moe_status moe_merge(int K, int length, const double *weight, const double *atoms,
                     moe_workspace workspace, const moe_merges *out) {
  if (workspace.length < moe_merge_workspace(K, length)) return MOE_SHORT_WORKSPACE;
  merging m = start_merging(K, length, weight, atoms, workspace.values);
  for (int step = 0; step < K - 1; step++) merge_closest(&m, step, out);
  return MOE_OK;
}
