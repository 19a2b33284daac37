/* Batches of blocks. */
#include "batch.h"

int moe_batch_size(double block_cost) {
  const double affordable = POLL_WORK / (block_cost > 1 ? block_cost : 1);
  return affordable < 1 ? 1 : affordable < MOE_MAX_BATCH ? (int)affordable : MOE_MAX_BATCH;
}

moe_batch moe_start_batches(const moe_rows *rows, int size, const double *theta) {
  return (moe_batch){.walk = moe_start_walk(rows, size, theta), .size = size};
}

/* Units, and parts of those that are longer than a block, until it is full. */
int moe_fill_batch(moe_batch *b) {
  const int count = moe_unit_count(b->walk.rows);
  for (b->filled = 0; b->filled < b->size && b->unit < count; b->filled++) {
    const span next = moe_span_from(&b->walk, b->unit, count);
    b->spans[b->filled] = moe_part(&next, b->part++);
    if (b->part < moe_parts(&next)) continue;
    b->unit += next.units;
    b->part = 0;
  }
  return b->filled;
}
