# Calls every compiled routine of the package while each allocation collects garbage, and compares
# with the same call at rest: what is not protected would be lost. For tools/variant.sh.
library(moelogit)

most_calls <- 12L # of each routine
calls <- integer()
dot_call <- .Primitive(".Call")

is_ours <- function(routine) {
  inherits(routine, "CallRoutine") && routine$dll[["name"]] == "moelogit"
}

# A routine that calls R may come back here.
under_way <- FALSE

tortured <- function(routine, ...) {
  if (under_way || !is_ours(routine)) return(dot_call(routine, ...))
  under_way <<- TRUE
  on.exit(under_way <<- FALSE)
  before <- dot_call(routine, ...)
  name <- routine$name
  calls[name] <<- sum(calls[name], 1L, na.rm = TRUE)
  if (calls[[name]] <= most_calls) {
    gctorture2(1L)
    under <- dot_call(routine, ...)
    gctorture2(0L)
    # Room is for values that are still to come.
    if (name == "C_moe_room") before[] <- under[] <- 0
    stopifnot(identical(before, under))
  }
  before
}

unlockBinding(".Call", baseenv())
assign(".Call", tortured, baseenv())

set.seed(1)
n <- 20
d <- data.frame(x = rnorm(n), z = rnorm(n), y = factor(rep(c("a", "b", "c", "b"), n / 4)))
for (method in c("mm", "accelerated")) {
  control <- moe_control(method, search = "quick", max_iterations = 4, threads = 2)
  fit <- suppressWarnings(moe_fit(y ~ x | z, d, 3, lambda = 1, weights = 1 + d$x^2,
                                  control = control))
}
for (type in c("prob", "gate", "expert", "posterior")) predict(fit, type = type)
invisible(predict(fit, type = "prob", se.fit = TRUE))
invisible(moe_effects(fit))
invisible(simulate(fit, 2))
invisible(suppressWarnings(summary(fit)))
tree <- suppressWarnings(moe_dendrogram(fit, pairs = 2))
invisible(suppressWarnings(cut(tree, 2)))
fit <- moe_fit(y ~ x, d, 1, lambda = 1)
invisible(vcov(fit, cluster = rep(1:10, 2)))
sparse <- Matrix::Matrix(cbind(d$x, rep(0:1, n / 2)), sparse = TRUE)
colnames(sparse) <- c("x", "half")
fit <- suppressWarnings(moe_fit(sparse, d$y, experts = 2, lambda = 1, control = control))
features <- matrix(d$x, 5, dimnames = list(1:5, NULL))
invisible(moe_pair_features(data.frame(protein_a = 1:5, protein_b = 5:1), features))
invisible(moelogit:::core_room(2L, 3L, FALSE))
few <- moe_control(search = "quick", max_iterations = 1)
fit <- suppressWarnings(moe_fit(y ~ x, moe_rows(d, memory = 0), 2, lambda = 1, start = moe_fit(
  y ~ x, d, 2, lambda = 1, control = few
), control = few))

routines <- names(getDLLRegisteredRoutines("moelogit")$.Call)
never <- setdiff(routines, names(calls))
if (length(never)) stop("never called: ", paste(never, collapse = ", "))
print(data.frame(calls = calls, tortured = pmin(calls, most_calls)))
cat("gctorture: ", length(routines), " routines, all as at rest\n", sep = "")
