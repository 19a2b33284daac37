# Slices of a problem (distant.R) in a store (store.R), which each evaluation reads again: in files
# they are the numbers alone.

put_slice <- function(store, slice) {
  if (is.null(store)) return(list(slice = slice))
  if (!is.null(take_memory(store, slice))) return(list(slice = slice))
  shared <- identical(slice$x, slice$z)
  path <- put_file(store, function(connection) {
    for (values in list(slice$x, if (!shared) slice$z, slice$weights, slice$y)) {
      if (length(values)) writeBin(as.vector(values), connection)
    }
  })
  list(path = path, shape = list(rows = nrow(slice$x), x = ncol(slice$x),
                                 z = if (!shared) ncol(slice$z), weights = !is.null(slice$weights)))
}

# A slice from a file is overwritten when another of its shape is read.
get_slice <- function(store, handle) {
  if (is.null(handle$path)) return(handle$slice)
  if (!identical(store$buffer$shape, handle$shape)) store$buffer <- new_buffer(handle$shape)
  tryCatch(core_read(handle$path, store$buffer$vectors), error = function(e) {
    refuse("Rows that were kept in ", handle$path, " must stay as they were, but ",
           conditionMessage(e), ".")
  })
  store$buffer$slice
}

# A slice of this shape, and its vectors in the order in which a file has them.
new_buffer <- function(shape) {
  side <- function(columns) matrix(0, shape$rows, columns)
  x <- side(shape$x)
  z <- if (!is.null(shape$z)) side(shape$z)
  weights <- if (shape$weights) numeric(shape$rows)
  y <- integer(shape$rows)
  list(shape = shape, vectors = Filter(length, list(x, z, weights, y)),
       slice = list(x = x, z = if (is.null(z)) x else z, weights = weights, y = y))
}
