/* All kernels for MOE_LANES and MOE_REGISTERS, as the table MOE_KERNELS. */
#include "block_kernels.h"
#include "delta_kernels.h"
#include "mixture_kernels.h"
#include "multinomial_kernels.h"
#include "softmax_kernels.h"
#include "sparse_kernels.h"
#include "unit_kernels.h"

const moe_kernels MOE_KERNELS = {.lanes = MOE_LANES,
                                 .pack = pack,
                                 .multiply = multiply,
                                 .crossprod = crossprod,
                                 .symmetric_crossprod = symmetric_crossprod,
                                 .weigh = weigh,
                                 .sparse_multiply = sparse_multiply,
                                 .sparse_crossprod = sparse_crossprod,
                                 .softmax = softmax,
                                 .weighted_log = weighted_log,
                                 .logs = logs,
                                 .multinomial_likelihood = multinomial_likelihood,
                                 .multinomial_score = multinomial_score,
                                 .multinomial_curvature = multinomial_curvature,
                                 .multinomial_complete_curvature = multinomial_complete_curvature,
                                 .responsibilities = responsibilities,
                                 .expected = expected,
                                 .gate_score = gate_score,
                                 .average = average,
                                 .normalise = normalise,
                                 .gate_curvature = gate_curvature,
                                 .gate_expert_curvature = gate_expert_curvature,
                                 .spread = spread,
                                 .multiply_following = multiply_following,
                                 .softmax_slope = softmax_slope,
                                 .weigh_difference = weigh_difference,
                                 .log_ratio_slope = log_ratio_slope,
                                 .quadratic_form = quadratic_form,
                                 .add_product = add_product};
