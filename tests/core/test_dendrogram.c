/* Merging against a slow reference, in which a cluster is a set of atoms whose mean is taken
 * afresh; and against what must hold of any tree. */
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "test_core.h"

#define ACCURACY 1e-13

/* --- cases --- */

typedef struct {
  int K, length;
  double *weight, *atoms;
  moe_merges out;
} tree_case;

static tree_case new_case(int K, int length) {
  size_t merges = K - 1;
  tree_case c = {K,
                 length,
                 new_doubles(K),
                 new_doubles((size_t)length * K),
                 {allocate(sizeof(int) * 2 * merges), new_doubles(merges), new_doubles(merges),
                  new_doubles(length * merges)}};
  return c;
}

static void free_case(tree_case c) {
  free(c.weight);
  free(c.atoms);
  free(c.out.merge);
  free(c.out.height);
  free(c.out.weight);
  free(c.out.atoms);
}

/* The atoms are handed over as copies, which must stay as they are. */
static void merge(tree_case *c) {
  const size_t length = (size_t)c->length * c->K;
  double *weight = copy_doubles(c->K, c->weight), *atoms = copy_doubles(length, c->atoms);
  moe_workspace workspace = new_workspace(moe_merge_workspace(c->K, c->length));
  moe_merge(c->K, c->length, weight, atoms, workspace, &c->out);
  CHECK(memcmp(weight, c->weight, sizeof *weight * c->K) == 0, "weights were written to");
  CHECK(memcmp(atoms, c->atoms, sizeof *atoms * length) == 0, "atoms were written to");
  free(weight);
  free(atoms);
  free(workspace.values);
}

static tree_case random_case(int K, double spread) {
  tree_case c = new_case(K, between(1, 9));
  for (int i = 0; i < K; i++) c.weight[i] = exp(spread * normal());
  for (int l = 0; l < c.length * K; l++) c.atoms[l] = normal();
  return c;
}

/* Atoms with few different values and equal weights: many pairs are equally close. */
static tree_case tied_case(int K) {
  tree_case c = new_case(K, between(1, 9));
  for (int i = 0; i < K; i++) c.weight[i] = 1.0 / K;
  for (int l = 0; l < c.length * K; l++) c.atoms[l] = between(0, 2) / 3.0;
  return c;
}

/* --- the reference --- */

typedef struct {
  const tree_case *c;
  int *label; /* of each atom: the name of the cluster it is in now, as in hclust */
  long double *mean_a, *mean_b;
} reference;

/* Mean and weight of a cluster; 0 if there is none of that name. */
static long double describe(const reference *r, int label, long double *mean) {
  const int length = r->c->length;
  long double weight = 0;
  for (int l = 0; l < length; l++) mean[l] = 0;
  for (int i = 0; i < r->c->K; i++)
    if (r->label[i] == label) weight += r->c->weight[i];
  for (int i = 0; i < r->c->K; i++)
    if (r->label[i] == label)
      for (int l = 0; l < length; l++)
        mean[l] += r->c->weight[i] / weight * r->c->atoms[(size_t)length * i + l];
  return weight;
}

typedef struct {
  long double value, factor; /* factor times the squared distance */
} dissimilarity;

static dissimilarity compare(const reference *r, int a, int b) {
  long double qa = describe(r, a, r->mean_a), qb = describe(r, b, r->mean_b), sum = 0;
  for (int l = 0; l < r->c->length; l++)
    sum += (r->mean_a[l] - r->mean_b[l]) * (r->mean_a[l] - r->mean_b[l]);
  dissimilarity d = {qa * qb / (qa + qb) * sum, qa * qb / (qa + qb)};
  return d;
}

/* The least dissimilarity of two clusters. */
static long double least(const reference *r) {
  long double value = INFINITY;
  for (int j = 1; j < r->c->K; j++)
    for (int i = 0; i < j; i++)
      if (r->label[i] != r->label[j])
        value = fminl(value, compare(r, r->label[i], r->label[j]).value);
  return value;
}

static double largest_entry(const tree_case *c) {
  double value = 0;
  for (int l = 0; l < c->length * c->K; l++) value = fmax(value, fabs(c->atoms[l]));
  return value;
}

/* --- checks --- */

/* Atoms before clusters, atoms in their order, clusters in order of age. */
static int in_order(int a, int b) {
  if ((a < 0) != (b < 0)) return a < 0;
  return a < 0 ? a > b : a < b;
}

static int exists(const reference *r, int label) {
  for (int i = 0; i < r->c->K; i++)
    if (r->label[i] == label) return 1;
  return 0;
}

/* Distances are compared by their roots, which rounding of the atoms changes by so much. */
static void check_height(const reference *r, int step, dissimilarity d) {
  double slack = ACCURACY * (1 + largest_entry(r->c)) * (double)sqrtl(d.factor);
  long double root = sqrtl(d.value), closest = sqrtl(least(r)), got = sqrtl(r->c->out.height[step]);
  slack += ACCURACY * (double)root;
  CHECK(root <= closest + slack, "merge %d: at %Lg, while others are at %Lg", step, d.value,
        closest * closest);
  CHECK(fabsl(got - root) <= slack, "merge %d: height %.17g, not %.17Lg", step,
        r->c->out.height[step], d.value);
}

static void check_merged(const reference *r, int step) {
  const tree_case *c = r->c;
  long double weight = describe(r, step + 1, r->mean_a);
  CHECK(fabsl(c->out.weight[step] - weight) <= ACCURACY * weight, "merge %d: weight %.17g, not %Lg",
        step, c->out.weight[step], weight);
  for (int l = 0; l < c->length; l++) {
    double got = c->out.atoms[(size_t)c->length * step + l];
    CHECK(fabsl(got - r->mean_a[l]) <= ACCURACY * largest_entry(c), "merge %d: %.17g, not %.17Lg",
          step, got, r->mean_a[l]);
  }
}

/* Follows the merges: each must join, in the order of hclust, the closest two of what is left. */
static void check_tree(const tree_case *c) {
  reference r = {c, allocate(sizeof(int) * c->K), allocate(sizeof(long double) * c->length),
                 allocate(sizeof(long double) * c->length)};
  for (int i = 0; i < c->K; i++) r.label[i] = -(i + 1);
  for (int step = 0; step < c->K - 1; step++) {
    int a = c->out.merge[step], b = c->out.merge[step + c->K - 1];
    CHECK(a != b && exists(&r, a) && exists(&r, b), "merge %d of %d and %d", step, a, b);
    CHECK(in_order(a, b), "merge %d of %d and %d: other way round", step, a, b);
    check_height(&r, step, compare(&r, a, b));
    for (int i = 0; i < c->K; i++)
      if (r.label[i] == a || r.label[i] == b) r.label[i] = step + 1;
    check_merged(&r, step);
  }
  free(r.label);
  free(r.mean_a);
  free(r.mean_b);
}

/* --- tests --- */

static void merges_are_the_closest(void) {
  for (int repeat = 0; repeat < 300; repeat++) {
    tree_case c = random_case(between(1, 16), 1);
    merge(&c);
    check_tree(&c);
    free_case(c);
  }
}

static void units_of_the_atoms(void) {
  for (int repeat = 0; repeat < 100; repeat++) {
    tree_case c = random_case(between(2, 10), 1);
    double unit = pow(10, between(-60, 60)), origin = between(0, 1) ? 0 : 1e3 * unit;
    for (int l = 0; l < c.length * c.K; l++) c.atoms[l] = origin + unit * c.atoms[l];
    merge(&c);
    check_tree(&c);
    free_case(c);
  }
}

static void tied_merges_are_the_closest(void) {
  for (int repeat = 0; repeat < 300; repeat++) {
    tree_case c = tied_case(between(2, 16));
    merge(&c);
    check_tree(&c);
    free_case(c);
  }
}

/* Not even by rounding: a tree whose heights fall cannot be cut at a height. */
static void heights_never_fall(void) {
  for (int repeat = 0; repeat < 2000; repeat++) {
    tree_case c = repeat % 2 ? tied_case(between(2, 16)) : random_case(between(2, 16), 1);
    merge(&c);
    for (int step = 1; step < c.K - 1; step++)
      CHECK(c.out.height[step] >= c.out.height[step - 1], "merge %d: %.17g after %.17g", step,
            c.out.height[step], c.out.height[step - 1]);
    free_case(c);
  }
}

static void equal_atoms_merge_at_zero(void) {
  const int want[] = {-1, -3, -4, -2, 1, 2}; /* the first among equals */
  tree_case c = new_case(4, 3);
  for (int i = 0; i < 4; i++) {
    c.weight[i] = 0.1 + 0.3 * i;
    for (int l = 0; l < 3; l++) c.atoms[3 * i + l] = 0.1 * l - 0.7;
  }
  merge(&c);
  CHECK(memcmp(c.out.merge, want, sizeof want) == 0, "first %d and %d", c.out.merge[0],
        c.out.merge[3]);
  for (int step = 0; step < 3; step++) {
    CHECK(c.out.height[step] == 0, "merge %d: height %g", step, c.out.height[step]);
    CHECK(memcmp(c.out.atoms + 3 * step, c.atoms, sizeof(double) * 3) == 0, "merge %d moved", step);
  }
  free_case(c);
}

/* A copy of an atom is merged with it before anything else. */
static void a_copy_merges_first(void) {
  for (int repeat = 0; repeat < 100; repeat++) {
    tree_case c = random_case(between(3, 12), 1);
    int from = between(0, c.K - 2), to = between(from + 1, c.K - 1);
    memcpy(c.atoms + (size_t)c.length * to, c.atoms + (size_t)c.length * from,
           sizeof(double) * c.length);
    merge(&c);
    CHECK(c.out.merge[0] == -(from + 1) && c.out.merge[c.K - 1] == -(to + 1),
          "%d and %d, not %d and %d", c.out.merge[0], c.out.merge[c.K - 1], -(from + 1), -(to + 1));
    CHECK(c.out.height[0] == 0, "height %g", c.out.height[0]);
    free_case(c);
  }
}

static void one_atom(void) {
  tree_case c = random_case(1, 1);
  merge(&c); /* outputs have no room: a write is found by the sanitizer */
  free_case(c);
}

static void two_atoms(void) {
  const double atoms[] = {0, 0, 1, 2}, mean[] = {0.75, 1.5};
  tree_case c = new_case(2, 2);
  c.weight[0] = 1;
  c.weight[1] = 3;
  memcpy(c.atoms, atoms, sizeof atoms);
  merge(&c);
  CHECK(c.out.merge[0] == -1 && c.out.merge[1] == -2, "%d and %d", c.out.merge[0], c.out.merge[1]);
  CHECK(c.out.height[0] == 3.75, "height %.17g", c.out.height[0]); /* 3/4 (1 + 4) */
  CHECK(c.out.weight[0] == 4, "weight %.17g", c.out.weight[0]);
  CHECK(memcmp(c.out.atoms, mean, sizeof mean) == 0, "at %g, %g", c.out.atoms[0], c.out.atoms[1]);
  free_case(c);
}

/* Weights from 1e-300 to 1, several of them tiny. */
static void tiny_weights(void) {
  for (int repeat = 0; repeat < 200; repeat++) {
    tree_case c = random_case(between(2, 10), 1);
    for (int i = 0; i < c.K; i++)
      if (between(0, 1)) c.weight[i] = pow(10, repeat % 2 ? -300 : between(-300, 0));
    merge(&c);
    check_tree(&c);
    free_case(c);
  }
}

/* Squares beyond a double's range: heights are lost, but not the tree. */
static void distances_that_overflow(void) {
  const double unit[] = {1e160, 1e200, 1e307};
  for (int repeat = 0; repeat < 30; repeat++) {
    tree_case c = random_case(between(2, 8), 1);
    for (int l = 0; l < c.length * c.K; l++) c.atoms[l] = unit[repeat % 3] * uniform(-1, 1);
    merge(&c);
    for (int step = 0; step < c.K - 1; step++)
      CHECK(c.out.merge[step] >= -c.K && c.out.merge[step] <= step && c.out.merge[step] != 0 &&
                c.out.merge[step] != c.out.merge[step + c.K - 1],
            "merge %d of %d and %d", step, c.out.merge[step], c.out.merge[step + c.K - 1]);
    free_case(c);
  }
}

void test_dendrogram(void) {
  run_test("merges are the closest", merges_are_the_closest);
  run_test("merges in any units", units_of_the_atoms);
  run_test("tied merges are the closest", tied_merges_are_the_closest);
  run_test("heights never fall", heights_never_fall);
  run_test("equal atoms merge at zero", equal_atoms_merge_at_zero);
  run_test("a copy merges first", a_copy_merges_first);
  run_test("one atom", one_atom);
  run_test("two atoms", two_atoms);
  run_test("tiny weights", tiny_weights);
  run_test("distances that overflow", distances_that_overflow);
}
