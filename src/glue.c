/* The routines that R calls. The files glue*.c are the only ones that know R: glue_arguments.c
 * checks what R hands over, glue_leave.c brings the core's work back. */
#include "glue.h"

#include <R_ext/Rdynload.h>

static const R_CallMethodDef calls[] = {
    {"C_moe_moments", (DL_FUNC)&C_moe_moments, 2},
    {"C_moe_sparse_moments", (DL_FUNC)&C_moe_sparse_moments, 5},
    {"C_moe_compress_rows", (DL_FUNC)&C_moe_compress_rows, 6},
    {"C_moe_independent_columns", (DL_FUNC)&C_moe_independent_columns, 2},
    {"C_moe_pair_features", (DL_FUNC)&C_moe_pair_features, 3},
    {"C_moe_room", (DL_FUNC)&C_moe_room, 3},
    {"C_moe_evaluate", (DL_FUNC)&C_moe_evaluate, 5},
    {"C_moe_maximise", (DL_FUNC)&C_moe_maximise, 5},
    {"C_moe_maximise_distant", (DL_FUNC)&C_moe_maximise_distant, 5},
    {"C_moe_predict", (DL_FUNC)&C_moe_predict, 4},
    {"C_moe_information", (DL_FUNC)&C_moe_information, 4},
    {"C_moe_scores", (DL_FUNC)&C_moe_scores, 3},
    {"C_moe_variances", (DL_FUNC)&C_moe_variances, 5},
    {"C_moe_averages", (DL_FUNC)&C_moe_averages, 3},
    {"C_moe_tangent", (DL_FUNC)&C_moe_tangent, 3},
    {"C_moe_gate_sums", (DL_FUNC)&C_moe_gate_sums, 3},
    {"C_moe_merge", (DL_FUNC)&C_moe_merge, 2},
    {"C_moe_read", (DL_FUNC)&C_moe_read, 2},
    {NULL, NULL, 0}};

void R_init_moelogit(DllInfo *info) {
  R_registerRoutines(info, NULL, calls, NULL, NULL);
  R_useDynamicSymbols(info, FALSE);
  R_forceSymbols(info, TRUE);
}
