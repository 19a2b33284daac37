# Sources of rows in files: CSV, and Parquet by package nanoparquet.

#' @rdname moe_rows
#' @export
moe_rows.character <- function(x, rows = 50000, spill = 50e9, memory = 250e6, ...) {
  check_unused(...)
  absent <- x[!file.exists(x)]
  if (length(x) == 0L || length(absent)) {
    refuse("`x` must name files that exist, but ",
           if (length(absent)) paste("there is no", enumerate(absent)) else "names none", ".")
  }
  rows <- check_count(rows, "rows")
  parquet <- grepl("[.]parquet$", x, ignore.case = TRUE)
  if (any(parquet)) need_package("nanoparquet", "Parquet files")
  readers <- Map(function(path, of) of(path, rows), x,
                 ifelse(parquet, list(parquet_reader), list(csv_reader)))
  joined <- join_readers(readers)
  new_chunks(joined$read, paste0("the file", if (length(x) > 1L) "s", " ", enumerate(x)), spill,
             memory, joined$finish)
}

# Readers are list(read, finish), see source.R.
join_readers <- function(readers) {
  at <- 0L
  finish <- function() {
    if (at %in% seq_along(readers)) readers[[at]]$finish()
    at <<- 0L
  }
  read <- function(reset) {
    if (reset) {
      finish()
      return(NULL)
    }
    repeat {
      chunk <- if (at > 0L) readers[[at]]$read(FALSE)
      if (!is.null(chunk)) return(chunk)
      if (at > 0L) readers[[at]]$finish()
      if (at == length(readers)) return(NULL)
      at <<- at + 1L
      readers[[at]]$read(TRUE)
    }
  }
  list(read = read, finish = finish)
}

# The first chunk says what its columns are; those of whole numbers may turn out to hold others.
csv_reader <- function(path, rows) {
  connection <- NULL
  names <- NULL
  classes <- NA
  finish <- function() {
    if (!is.null(connection)) close(connection)
    connection <<- NULL
  }
  start <- function() {
    finish()
    connection <<- file(path, "r")
    header <- utils::read.csv(connection, header = FALSE, nrows = 1L, colClasses = "character",
                              na.strings = character())
    names <<- as.character(header)
    NULL
  }
  read <- function(reset) {
    if (reset) return(start())
    # There is nothing more to read where even one line is too much.
    line <- readLines(connection, 1L)
    if (length(line) == 0L) return(NULL)
    pushBack(line, connection)
    chunk <- utils::read.csv(connection, header = FALSE, nrows = rows, col.names = names,
                             colClasses = classes, check.names = FALSE)
    if (identical(classes, NA)) classes <<- column_classes(chunk)
    chunk
  }
  list(read = read, finish = finish)
}

# A column in which all is missing may turn out to be anything.
column_classes <- function(chunk) {
  vapply(unname(as.list(chunk)), function(x) {
    if (all(is.na(x))) NA_character_ else if (is.numeric(x)) "numeric" else class(x)[1]
  }, "")
}

# A file is read whole: nanoparquet has no rows of a file.
parquet_reader <- function(path, rows) {
  blocks <- NULL
  list(read = function(reset) {
    if (reset) {
      data <- as.data.frame(nanoparquet::read_parquet(path))
      blocks <<- block_reader(1L, function(i) data)
      return(NULL)
    }
    blocks(FALSE)
  }, finish = function() blocks <<- NULL)
}
