/* The tests of the C core on its own. Prints each failure, the accuracy that was measured, and
 * finally how many tests passed. */
#include "test_core.h"

#include <math.h>
#include <stdarg.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define SHOWN 5 /* failures printed per test */

/* --- checks --- */

static int passed, failed, failures;

void check(int holds, const char *file, int line, const char *text, const char *format, ...) {
  if (holds || failures++ >= SHOWN) return;
  va_list arguments;
  va_start(arguments, format);
  printf("  %s:%d: not %s: ", file, line, text);
  vprintf(format, arguments);
  printf("\n");
  va_end(arguments);
}

static uint64_t generator;

void run_test(const char *name, void (*test)(void)) {
  generator = 0;
  for (const char *c = name; *c; c++) generator = generator * 31 + (unsigned char)*c;
  failures = 0;
  test();
  if (failures == 0) {
    passed++;
  } else {
    failed++;
    printf("FAILED (%d checks): %s\n", failures, name);
  }
  fflush(stdout);
}

static const struct {
  const char *name;
  void (*test)(void);
} groups[] = {
    {"softmax", test_softmax},
    {"evaluate", test_evaluate},
    {"predict", test_predict},
    {"fit", test_fit},
    {"information", test_information},
    {"unit", test_unit},
    {"callbacks", test_callbacks},
    {"endings", test_endings},
    {"design", test_design},
    {"sparse", test_sparse},
    {"factor", test_factor},
    {"penalty", test_penalty},
    {"workspace", test_workspace},
    {"dendrogram", test_dendrogram},
    {"delta", test_delta},
    {"pairs", test_pairs},
};

/* Runs the groups that are named, or all. */
int main(int count, char **names) {
  for (size_t g = 0; g < sizeof groups / sizeof *groups; g++) {
    int wanted = count == 1;
    for (int i = 1; i < count; i++) wanted |= strcmp(names[i], groups[g].name) == 0;
    if (wanted) groups[g].test();
  }
  printf("core: %d passed, %d failed\n", passed, failed);
  return failed > 0;
}

/* --- random numbers: splitmix64 --- */

static uint64_t next_bits(void) {
  uint64_t a = generator += 0x9e3779b97f4a7c15u;
  a = (a ^ (a >> 30)) * 0xbf58476d1ce4e5b9u;
  a = (a ^ (a >> 27)) * 0x94d049bb133111ebu;
  return a ^ (a >> 31);
}

double uniform(double least, double most) {
  return least + (most - least) * ((double)(next_bits() >> 11) + 0.5) * 0x1p-53;
}

int between(int least, int most) {
  return least + (int)(next_bits() % (uint64_t)(most - least + 1));
}

double normal(void) {
  double radius = sqrt(-2 * log(uniform(0, 1)));
  return radius * cos(uniform(0, 6.283185307179586));
}

/* --- memory --- */

void *allocate(size_t bytes) {
  void *a = malloc(bytes > 0 ? bytes : 1);
  if (!a) abort();
  return a;
}

double *new_doubles(size_t length) {
  double *a = allocate(sizeof *a * length);
  for (size_t j = 0; j < length; j++) a[j] = NAN;
  return a;
}

double *copy_doubles(size_t length, const double *from) {
  double *a = allocate(sizeof *a * length);
  if (length > 0) memcpy(a, from, sizeof *a * length);
  return a;
}

moe_workspace new_workspace(size_t length) { return (moe_workspace){new_doubles(length), length}; }
