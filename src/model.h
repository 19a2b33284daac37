/* The model at the rows of a block (model.c): what evaluation, prediction and information share. */
#ifndef MOE_MODEL_H
#define MOE_MODEL_H

#include "rows.h"

/* b->eta, b->gate and b->expert for a span that fits; and b->x and b->z except where they are
 * sparse. */
void moe_block_probabilities(const walk *w, const span *of, block *b);

/* From its probabilities: b->indicator, b->table and the weights; needs the response. Rows that
 * fill the last vectors have weight 0. */
void moe_block_response(const walk *w, const span *of, block *b);

/* Of rows that are units: b->weight. */
void moe_pack_weights(const walk *w, const span *of, block *b);

/* The same, and responsibilities. Returns the units' share of the value. A span may be a part of a
 * unit only where responsibilities are given, and the value is then of no use. */
double moe_block_likelihood(const walk *w, const span *of, block *b);

/* b->eta <- the scores of the gate's predictors, times weight (of the units); and of the experts',
 * times weight and tau (of the rows). */
void moe_gate_scores(const walk *w, const span *of, const double *weight, block *b);
void moe_expert_scores(const walk *w, const span *of, const double *weight, const double *tau,
                       block *b);

#endif
