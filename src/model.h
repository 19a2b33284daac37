/* The model at the rows of a block (model.c): what evaluation, prediction and information share. */
#ifndef MOE_MODEL_H
#define MOE_MODEL_H

#include "rows.h"

/* b->eta, b->gate and b->expert for rows first .. first + count - 1, at most MOE_BLOCK; and b->x
 * and b->z except where they are sparse. */
void moe_block_probabilities(const walk *w, int first, int count, block *b);

/* The rest of b, up to `likelihood`, from its probabilities; needs the response. Rows that fill the
 * last vecs have weight 0. Returns the rows' share of the value. */
double moe_block_likelihood(const walk *w, int first, int count, block *b);

/* b->eta <- the scores of its predictors, times weight (of the rows). */
void moe_block_scores(const walk *w, int count, const vec *weight, block *b);

#endif
