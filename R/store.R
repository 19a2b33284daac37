# A store of tables and matrices: in memory as long as there is room, then in files of a temporary
# folder, which take no more than a limit. The folder goes when the store is closed, and no later
# than it is forgotten or R ends. Without a store (NULL) objects are kept as they are.

# Bytes that files may take, and of what is kept in memory before; slices that are read share a
# buffer.
open_store <- function(limit, memory) {
  store <- new.env(parent = emptyenv())
  store$folder <- tempfile("moelogit-rows-")
  store$limit <- limit
  store$used <- 0
  store$memory <- memory
  store$count <- 0L
  if (!dir.create(store$folder)) refuse("Rows must be kept in a folder, but none can be made.")
  reg.finalizer(store, close_store, onexit = TRUE)
  store
}

close_store <- function(store) {
  if (!is.null(store)) unlink(store$folder, recursive = TRUE)
  invisible()
}

# A handle of what write(connection) has written; the limit counts the bytes in the files.
put_file <- function(store, write) {
  store$count <- store$count + 1L
  path <- file.path(store$folder, store$count)
  connection <- file(path, "wb")
  tryCatch(write(connection), error = function(e) {
    refuse("Rows could not be written to ", path, ": ", conditionMessage(e), ".")
  }, finally = close(connection))
  store$used <- store$used + file.size(path)
  if (store$used > store$limit) {
    refuse("Rows must fit into the disk space that `spill` allows, ", format_bytes(store$limit),
           ", but take more: raise it in moe_rows(), or use fewer variables.")
  }
  path
}

drop_file <- function(store, path) {
  store$used <- store$used - file.size(path)
  unlink(path)
}

format_bytes <- function(bytes) format(structure(bytes, class = "object_size"), units = "auto")

# The bytes of an object that is kept in memory; NULL where there is no room for it.
take_memory <- function(store, object) {
  size <- as.numeric(utils::object.size(object))
  if (size > store$memory) return(NULL)
  store$memory <- store$memory - size
  size
}

# --- any object ---

put_object <- function(store, object) {
  if (is.null(store)) return(list(object = object))
  size <- take_memory(store, object)
  if (!is.null(size)) return(list(object = object, size = size))
  path <- put_file(store, function(connection) serialize(object, connection, xdr = FALSE))
  list(path = path)
}

get_object <- function(handle) {
  if (is.null(handle$path)) return(handle$object)
  if (!file.exists(handle$path)) {
    refuse("Rows that were kept in ", handle$path, " must stay as they were, but the file is gone.")
  }
  connection <- file(handle$path, "rb", raw = TRUE)
  on.exit(close(connection))
  unserialize(connection)
}

# Also where the object was kept as it is.
drop_object <- function(store, handle) {
  if (!is.null(handle$path)) drop_file(store, handle$path)
  if (!is.null(handle$size)) store$memory <- store$memory + handle$size
}
