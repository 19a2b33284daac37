/* Units of several rows (unit.c): from the table of likelihoods of their rows to responsibilities;
 * on the log scale where the product of the likelihoods is too small for a number. */
#ifndef MOE_UNIT_H
#define MOE_UNIT_H

#include "rows.h"

/* b->unit */
void moe_number_units(const walk *w, const span *of, block *b);

/* b->unit_weight <- v_g, b->weight <- v_g w_i. */
void moe_unit_weights(const walk *w, const span *of, block *b);

/* From the likelihoods of all rows of the span's units in b->table: b->unit_tau <-
 * responsibilities, value <- the units' share of it. Returns 0, and neither is of use, where that
 * takes logs: where a unit's likelihood is less than MOE_TINY, rows count several times, or
 * responsibilities are given. */
int moe_unit_products(const walk *w, const span *of, block *b, double *value);

/* b->unit_tau (units x K) <- 0, and then += sum_i w_i log p_k(y_i) over the span's rows; b->table
 * is overwritten. */
void moe_clear_unit_logs(const walk *w, const span *of, block *b);
void moe_add_unit_logs(const walk *w, const span *of, block *b);

/* From all rows' logs in b->unit_tau: b->unit_tau <- responsibilities, found or those given.
 * Returns the units' share of the value, which is of no use where the span is only a part of a
 * unit. */
double moe_unit_posterior(const walk *w, const span *of, block *b);
double moe_unit_expected(const walk *w, const span *of, block *b);

/* out (p columns, `stride` apart, for each of the experts' predictors; a row per unit of the span)
 * += sum_i r_i x_i over the span's rows, b->x and the predictors' scores r in b->eta. */
void moe_add_unit_scores(const walk *w, const span *of, const block *b, size_t stride, double *out);

/* to (rows x columns) <- what their units have, from (units x columns) */
void moe_spread(const walk *w, const span *of, const block *b, int columns, const double *from,
                double *to);

#endif
