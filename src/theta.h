/* theta and the coefficients: its symmetric form and the reference coding in which the rows are
 * walked (theta.c). */
#ifndef MOE_THETA_H
#define MOE_THETA_H

#include "moe.h"

/* out (the coefficients) <- theta: differences from the first expert, and from the first class. */
void moe_theta_to_reference(const moe_shape *shape, const double *theta, double *out);

/* out (the shape of theta) <- score with respect to the coefficients. */
void moe_score_to_symmetric(const moe_shape *shape, const double *score, double *out);

#endif
