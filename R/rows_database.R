# Sources of rows in databases, by package DBI.

#' @rdname moe_rows
#' @export
moe_rows.DBIConnection <- function(x, from, rows = 50000, spill = 50e9, memory = 250e6, ...) {
  check_unused(...)
  need_package("DBI", "rows in a database")
  if (missing(from) || !is.character(from) || length(from) != 1L || is.na(from)) {
    refuse("`from` must be the name of a table or a query",
           if (!missing(from)) paste0(", not ", given(from)), ".")
  }
  database_rows(x, as_query(x, from), check_count(rows, "rows"), spill, memory)
}

#' @rdname moe_rows
#' @export
moe_rows.tbl_sql <- function(x, rows = 50000, spill = 50e9, memory = 250e6, ...) {
  check_unused(...)
  need_package("dbplyr", "lazy tables")
  query <- as.character(dbplyr::sql_render(x))
  database_rows(dbplyr::remote_con(x), query, check_count(rows, "rows"), spill, memory)
}

as_query <- function(connection, from) {
  if (grepl("^\\s*(select|with)\\b", from, ignore.case = TRUE)) return(from)
  if (!DBI::dbExistsTable(connection, from)) {
    refuse("`from` must be a table of the database or a query, but there is no table ",
           dQuote(from, FALSE), ".")
  }
  paste("SELECT * FROM", DBI::dbQuoteIdentifier(connection, from))
}

database_rows <- function(connection, query, rows, spill, memory) {
  result <- NULL
  finish <- function() {
    if (!is.null(result)) try(DBI::dbClearResult(result), silent = TRUE)
    result <<- NULL
  }
  read <- function(reset) {
    if (reset) {
      finish()
      result <<- DBI::dbSendQuery(connection, query)
      return(NULL)
    }
    chunk <- DBI::dbFetch(result, n = rows)
    if (nrow(chunk) > 0L) chunk
  }
  new_chunks(read, paste("a database:", query), spill, memory, finish)
}
