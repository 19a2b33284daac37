# What users call to make a source of rows (source.R).

#' Rows that are not a data frame
#'
#' A source of rows that do not fit into memory, or are in a database, in files or in other
#' processes. [moe_fit()] takes it as `data`, [predict.moe_fit()] as `newdata`.
#'
#' @details
#' A fit needs its rows only as sums: log-likelihood, gradient and Gram matrices at given
#' coefficients. So rows are read in chunks, one after the other, once per call: the variables that
#' the formula needs are kept, levels and counts taken, and then their designs; the first chunks in
#' memory, the others in files of the temporary folder, from which each evaluation reads numbers
#' alone. These files are removed when the call ends, however it does. A cluster's
#' processes keep their shares in memory, unless these are sources themselves; only coefficients and
#' sums travel, and are added in the order of the processes. The fit is that of the same rows in one
#' data frame, up to rounding, and does not depend on which process is quicker.
#'
#' What depends on all rows at once is computed so:
#' * Levels of factors and text, classes, weights, means and standard deviations of columns are
#'   those of all rows, as is which columns are linear combinations of others.
#' * The search for the optimum sees the same rows as it would see in one data frame, 10,000 or all
#'   of up to 20,000 (see [moe_control()]); the best solutions are run on all rows.
#' * Functions in the formula that take something from all rows, such as the knots of
#'   `splines::ns()`, or the centre of `scale()`, take it from a sample of 10,000 rows (from all,
#'   where there are no more), spread over all chunks, and use it in all of them. A function whose
#'   result in a row depends on other rows in a way that R cannot repeat, such as `cut(x, 3)` or
#'   `rank(x)`, is refused where it shows.
#'
#' `subset`, `weights` and `na.action` are applied to each chunk. Chunks may have no rows. All must
#' have the same variables, of the same kinds, and a source must have as many rows when it is read
#' again. `group` and a matrix as `start` need the rows themselves and are refused, as are methods
#' that give a value per row of the training data, such as [residuals.moe_fit()].
#' [predict.moe_fit()] and [moe_effects()] take a source as `newdata`, and [moe_calibration()] what
#' predict() gives of it. [vcov.moe_fit()], [summary.moe_fit()] and [moe_dendrogram()] read the
#' source of the fit again. [moe_tune()], [moe_average()] and [moe_bootstrap()] draw rows again and
#' again, and say of each what they found: they need them one by one. They can be had on
#' `as.data.frame(x, most = )`, rows that are spread evenly over all: what they choose, such as
#' `lambda` or the number of experts, is for a fit of the source then (a ridge is on the scale of
#' the total log-likelihood, and so to be multiplied by what all rows are to these).
#'
#' When the rows cannot be reached any more, the fit ends with an error of class `moe_error_rows`,
#' which has the last good fit as its element `fit`; `start =` takes it. With
#' `moe_control(checkpoint = )` the same call goes on from a file instead.
#'
#' @param x Where the rows are:
#'   * a function of one argument, as `biglm::bigglm()` has it: `x(TRUE)` starts from the first
#'     row, `x(FALSE)` gives the next chunk, a data frame, or `NULL` when there are no more;
#'   * a connection to a database by package DBI, or a lazy table of dplyr;
#'   * names of files: CSV with a header, or Parquet (`*.parquet`), each read whole, by package
#'     nanoparquet;
#'   * a cluster by [parallel::makeCluster()] or of package snow, such as MPI's, or of package
#'     mirai;
#'   * a data frame, for trials.
#' @param ... Arguments of the method; one that it has not got is an error.
#' @param from The name of a table, or a query that starts with `SELECT` or `WITH`.
#' @param share `function(rank, size)`, called once in each process of the cluster with its number
#'   and how many there are; it gives the rows that this process keeps for later calls too, a data
#'   frame or a source by `moe_rows()`. Objects in its environment are sent with it.
#' @param rows Rows per chunk.
#' @param spill Most bytes of temporary files that a call may write; beyond, it ends with an error.
#' @param memory Bytes of rows that are kept in memory instead, the first ones.
#' @param row.names,optional Not used.
#' @param most The most rows that a data frame shall have.
#' @return An object of class `moe_rows`; of `as.data.frame()`, a data frame of all rows in their
#'   order, or of `most` of them. Text and factors are as the source has them.
#' @seealso [moe_fit()]; `vignette("rows")`
#' @examples
#' rows <- moe_rows(subset(yeast_ppi, split == "test"), rows = 1000)
#' set.seed(1)
#' fit <- moe_fit(confidence ~ l3 + high_share, rows, lambda = 1,
#'                control = moe_control(search = "quick"))
#' head(predict(fit, rows))
#' @export
moe_rows <- function(x, ...) UseMethod("moe_rows")

#' @export
moe_rows.default <- function(x, ...) {
  refuse("moe_rows() takes a function, a connection to a database, names of files, a cluster or a ",
         "data frame, not ", given(x), ".")
}

#' @rdname moe_rows
#' @export
moe_rows.function <- function(x, spill = 50e9, memory = 250e6, ...) {
  check_unused(...)
  new_chunks(x, "a function", spill, memory)
}

#' @rdname moe_rows
#' @export
moe_rows.data.frame <- function(x, rows = 50000, spill = 50e9, memory = 250e6, ...) {
  check_unused(...)
  blocks <- row_blocks(nrow(x), check_count(rows, "rows"))
  new_chunks(block_reader(length(blocks), function(i) x[blocks[[i]], , drop = FALSE]),
             paste("a data frame of", nrow(x), "rows"), spill, memory)
}

#' @rdname moe_rows
#' @export
as.data.frame.moe_rows <- function(x, row.names = NULL, optional = FALSE, most = 10000, ...) {
  check_unused(...)
  most <- check_count(most, "most")
  shares <- open_shares(x)
  on.exit(close_shares(shares))
  found <- on_shares(shares, "sample_rows", most, function(a, b) merge_tables(a, b, most))
  if (is.null(found)) refuse_empty_source()
  # Shares of chunks are rounded up.
  rows <- nrow(found$sample)
  if (rows <= most) found$sample else take_table(found$sample, sort(spread_evenly(rows, most)))
}

#' @export
print.moe_rows <- function(x, ...) {
  cat_wrapped("Rows of ", x$label)
  invisible(x)
}
