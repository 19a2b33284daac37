/* What all routines share on the way out of the core: interrupts, workspaces and results. */
#include <R.h>
#include <R_ext/Utils.h>
#include <string.h>

#include "glue.h"

/* --- interrupts --- */

static void catch_jump(void *context, Rboolean is_jump) {
  glue_interruption *in = context;
  if (is_jump) longjmp(in->back, 1);
}

int glue_call(glue_interruption *in, SEXP (*call)(void *), void *context) {
  if (in->stopped) return 1;
  if (setjmp(in->back)) return in->stopped = 1;
  R_UnwindProtect(call, context, catch_jump, in, in->jump);
  return 0;
}

static SEXP check_interrupt(void *unused) {
  (void)unused;
  R_CheckUserInterrupt();
  return R_NilValue;
}

int glue_interrupted(void *in) { return glue_call(in, check_interrupt, NULL); }

void glue_poll(moe_rows *rows, glue_interruption *in) {
  rows->poll = glue_interrupted;
  rows->poll_context = in;
}

void glue_leave(const glue_interruption *in, moe_status status) {
  if (in->stopped) R_ContinueUnwind(in->jump);
  if (status != MOE_OK) error("internal error: the core returned status %d", (int)status);
}

/* --- results --- */

moe_workspace glue_workspace(size_t length) {
  return (moe_workspace){(double *)R_alloc(length, sizeof(double)), length};
}

SEXP glue_vector(size_t length, const double *values) {
  SEXP a = allocVector(REALSXP, (R_xlen_t)length);
  if (length) memcpy(REAL(a), values, sizeof(double) * length);
  return a;
}

double *glue_new(SEXP list, int place, size_t length) {
  SET_VECTOR_ELT(list, place, allocVector(REALSXP, (R_xlen_t)length));
  return REAL(VECTOR_ELT(list, place));
}
