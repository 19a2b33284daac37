/* Workspaces of exactly the length asked for serve, as all other tests show under the sanitizers;
 * one double less is refused before anything is done. */
#include <math.h>
#include <stdlib.h>

#include "fitted.h"

static void check_refused(moe_status status, const double *first, const char *what) {
  CHECK(status == MOE_SHORT_WORKSPACE, "%s: status %d", what, (int)status);
  CHECK(isnan(*first), "%s has written", what);
}

static void short_workspaces_of_rows(void) {
  recipe a = {.shape = {300, 3, 2, 3, 2}, .spread = 1};
  sample *s = new_sample(&a);
  double *out = new_doubles(10000), value;
  for (int threads = 1; threads <= 3; threads++) {
    for (int with_gram = 0; with_gram < 2; with_gram++) {
      set_workspace(s, threads, moe_evaluation_workspace(&a.shape, threads, with_gram) - 1);
      check_refused(
          moe_evaluate_rows(&s->rows, s->theta, &value, out, with_gram ? out + 5000 : NULL), out,
          "evaluation");
    }
    set_workspace(s, threads, moe_rows_workspace(&a.shape, threads) - 1);
    check_refused(moe_predict_rows(&s->rows, s->theta, &(moe_prediction){.prob = out}), out,
                  "prediction");
    check_refused(moe_score_rows(&s->rows, s->theta, out), out, "scores");
    set_workspace(s, threads, moe_variance_workspace(&a.shape, threads) - 1);
    check_refused(moe_variance_rows(&s->rows, s->theta, MOE_PROB, out + 5000, out), out,
                  "variances");
    set_workspace(s, threads, moe_average_workspace(&a.shape, threads) - 1);
    check_refused(moe_average_rows(&s->rows, s->theta, out, out + 5), out, "averages");
    set_workspace(s, threads, moe_tangent_workspace(&a.shape, threads) - 1);
    check_refused(moe_tangent_rows(&s->rows, s->theta, out), out, "tangents");
    set_workspace(s, threads, moe_gate_sums_workspace(&a.shape, threads) - 1);
    check_refused(moe_gate_sums_rows(&s->rows, s->theta, out), out, "sums of the gate");
    set_workspace(s, threads, moe_information_workspace(&a.shape, threads, 0) - 1);
    check_refused(moe_information_rows(&s->rows, s->theta, MOE_SCORES, out), out, "information");
  }
  free(out);
  free_sample(s);
}

static void workspaces_with_gram(void) {
  const moe_shape shapes[] = {{300, 3, 2, 3, 2}, {20000, 51, 51, 5, 5}, {100000, 201, 2, 2, 9}};
  for (int i = 0; i < 3; i++)
    for (int threads = 1; threads <= 3; threads++)
      CHECK(moe_evaluation_workspace(&shapes[i], threads, 1) >=
                moe_evaluation_workspace(&shapes[i], threads, 0),
            "shape %d, %d threads", i, threads);
}

static void short_workspaces_of_runs(void) {
  recipe a = {.shape = {300, 3, 2, 3, 2}, .spread = 1};
  fit_case *c = new_case(&a, 1, 0);
  const moe_control control = {MOE_MM, 10, 0, NULL};
  moe_workspace workspace = new_workspace(moe_fit_workspace(&a.shape));
  moe_result result = {.trace = new_doubles(11), .trace_capacity = 11};
  workspace.length--;
  check_refused(moe_maximise(&c->objective, &control, workspace, c->sample->theta, &result),
                result.trace, "a run");
  workspace.length++;
  result.trace_capacity = 1;
  check_refused(moe_maximise(&c->objective, &control, workspace, c->sample->theta, &result),
                result.trace, "a run");
  CHECK(c->counter.calls == 0, "%d evaluations", c->counter.calls);
  free(result.trace);
  free(workspace.values);
  free_case(c);
}

static void short_workspaces_of_mergers(void) {
  const double weight[] = {1, 2, 3}, atoms[] = {1, 2, 4, 5, 9, 9};
  int merge[4];
  double height[2] = {NAN, NAN}, merged[2], parameters[4];
  const moe_merges out = {merge, height, merged, parameters};
  moe_workspace workspace = new_workspace(moe_merge_workspace(3, 2));
  CHECK(moe_merge(3, 2, weight, atoms, workspace, &out) == MOE_OK && !isnan(height[0]), "whole");
  height[0] = NAN;
  workspace.length--;
  check_refused(moe_merge(3, 2, weight, atoms, workspace, &out), height, "mergers");
  free(workspace.values);
}

void test_workspace(void) {
  run_test("short workspaces of rows", short_workspaces_of_rows);
  run_test("workspaces for Gram matrices serve without", workspaces_with_gram);
  run_test("short workspaces of runs", short_workspaces_of_runs);
  run_test("short workspaces of mergers", short_workspaces_of_mergers);
}
