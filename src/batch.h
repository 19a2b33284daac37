/* Rows in batches of blocks that are in memory together (batch.c): threads share first the blocks,
 * to load them, and then what is summed over them, each sum in the order of the rows. So results do
 * not depend on the number of threads, and no thread needs sums of its own. */
#ifndef MOE_BATCH_H
#define MOE_BATCH_H

#include "rows.h"

#define MOE_MAX_BATCH 16 /* blocks */

typedef struct {
  walk walk;  /* its workspace starts with the blocks of a batch */
  int size;   /* blocks of a whole batch */
  int filled; /* of the current one */
  span spans[MOE_MAX_BATCH];
  int unit, part; /* where the next one starts */
} moe_batch;

/* Blocks of a batch of which each costs so many multiplications: a batch is polls apart at most.
 * It must depend on the shape alone. */
int moe_batch_size(double block_cost);

moe_batch moe_start_batches(const moe_rows *rows, int size, const double *theta);

/* The next batch: its number of blocks, 0 after the last. */
int moe_fill_batch(moe_batch *b);

#endif
