# What the package says more than once, and how it is put on the screen.

# --- statuses ---

# How a run of the core may end, in the core's order.
run_statuses <- c("converged", "iteration limit", "stalled", "not finite", "evaluation failed",
                  "trailed")

# A fit may also be the merged measure as it is.
fit_statuses <- c(run_statuses, "merged")

# Which covariates a member of an average has splines of.
member_kinds <- c("none", "expert", "gate")

# --- text ---

describe_classes <- function(levels, most = 10L) {
  shown <- utils::head(levels, most)
  if (length(levels) > most) shown <- c(shown, "...")
  paste0(length(levels), " classes (", paste(shown, collapse = ", "), ")")
}

cat_wrapped <- function(...) {
  cat(strwrap(paste0(...), width = getOption("width"), exdent = 2), sep = "\n")
}

# A call by do.call() may hold the data themselves.
short_call <- function(call, most = 6L) {
  lines <- deparse(call, nlines = most + 1L)
  if (length(lines) > most) lines <- c(lines[seq_len(most)], "...")
  paste(lines, collapse = "\n  ")
}
