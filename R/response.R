# The response: a factor, whatever the user gave, and its codes.

# A factor, or counts by counts.R.
as_response <- function(y, name = "y") {
  if (is.data.frame(y) && length(y) == 1L) {
    refuse("`", name, "` must be a vector or a matrix, not a data frame of one column: ",
           "give the column itself, as in ", name, "[[1]].")
  }
  y <- plain(y, name)
  y <- if (length(dim(y)) > 2L) {
    refuse("`", name, "` must be a vector or a matrix, not ", given(y), ".")
  } else if (length(dim(y)) == 2L) {
    response_from_matrix(y, name)
  } else if (is.factor(y)) {
    y
  } else if (is.character(y)) {
    text_factor(y)
  } else if (is.logical(y)) {
    factor(y)
  } else if (is.numeric(y) && all(y %in% c(0, 1, NA))) {
    factor(y)
  } else if (is.numeric(y)) {
    refuse("A numeric response must hold only 0 and 1, but `", name, "` has ",
           format(y[!y %in% c(0, 1, NA)][1]), "; for more classes use factor(", name, ").")
  } else {
    refuse("`", name, "` must be a factor, a character, logical or 0/1 vector, or a matrix ",
           "of indicators or counts, not ", given(y), ".")
  }
  if (anyNA(y)) {
    refuse("`", name, "` must not hold missing values: row ", which(is.na(y))[1], " is NA.")
  }
  if (anyNA(levels(y))) {
    refuse("`", name, "` must not have NA as a level: name that class, or leave its rows out.")
  }
  y
}

harmless_matrices <- c("matrix", "array", "table", "AsIs", "moe_counts", "ts", "mts")

# Indicators, of which each row has one, as a factor; other whole numbers as counts. Rows of NA are
# missing responses.
response_from_matrix <- function(y, name) {
  if (is.data.frame(y)) y <- as.matrix(y)
  if (!is.numeric(y) && !is.logical(y) || length(setdiff(class(y), harmless_matrices))) {
    refuse("A matrix `", name, "` must hold numbers, indicators of the classes or counts of them, ",
           "not ", given(y), ".")
  }
  if (is_counts(y)) return(y)
  labels <- column_labels(y)
  check_unique(labels, paste0("Columns of a matrix `", name, "`, one per class, must have ",
                              "different names"))
  absent <- rowSums(is.na(y)) == ncol(y)
  of_one <- absent | (rowSums(y == 0 | y == 1) == ncol(y) & rowSums(y) == 1) %in% TRUE
  if (!all(of_one)) {
    check_counts(y, absent, name)
    return(new_counts(y, labels))
  }
  y[absent, ] <- 0
  label <- labels[max.col(y, "first")]
  label[absent] <- NA
  factor(label, levels = labels)
}

# Names of the columns, or their numbers where they have none.
column_labels <- function(y) {
  labels <- colnames(y)
  if (is.null(labels)) labels <- character(ncol(y))
  ifelse(labels == "", as.character(seq_len(ncol(y))), labels)
}

check_counts <- function(y, absent, name) {
  valid <- absent | vapply(seq_len(nrow(y)), function(i) !anyNA(y[i, ]) && hold_counts(y[i, ]), NA)
  if (all(valid)) return(invisible())
  row <- which(!valid)[1]
  refuse("A matrix `", name, "` must hold indicators of the classes or counts of them, whole ",
         "numbers of at least 0, but row ", row, " is ",
         paste(format(utils::head(y[row, ], 6L), trim = TRUE), collapse = ", "),
         if (ncol(y) > 6L) ", ...", ".")
}

check_classes <- function(y, weights) {
  if (length(y) == 0L) refuse("There must be at least one row, but there is none",
                              " (left, after `subset` and `na.action`).")
  if (nlevels(y) < 2L) {
    refuse("The response must have at least two classes, but all rows are ",
           dQuote(levels(y)[1], FALSE), ".")
  }
  empty <- levels(y)[class_totals(y, weights) == 0]
  if (length(empty)) {
    refuse("Every level of the response must occur with positive weight, but ",
           enumerate(empty), if (length(empty) > 1L) " do" else " does",
           " not; ", how_to_remove(y, empty), ".")
  }
}

how_to_remove <- function(y, empty) {
  if (is_counts(y)) return("leave out their columns")
  paste0(if (any(y %in% empty)) "leave out rows without weight, then ",
         "droplevels() removes empty levels")
}

# The first of the most probable; rows without probabilities have none.
most_probable <- function(prob, levels, ordered = FALSE) {
  factor_of(top_codes(prob), levels, ordered)
}

top_codes <- function(prob) {
  missing <- which(is.na(prob[, 1]))
  if (length(missing)) prob[missing, ] <- 0
  class <- max.col(prob, "first")
  class[missing] <- NA
  class
}

# A factor from its codes; it is ordered if the response was.
factor_of <- function(codes, levels, ordered) {
  structure(codes, levels = levels, class = c(if (isTRUE(ordered)) "ordered", "factor"))
}

# One class per row by inversion; NA where the probabilities are.
draw_classes <- function(prob, levels, ordered) {
  u <- stats::runif(nrow(prob))
  below <- 0
  class <- rep.int(1L, nrow(prob))
  for (m in seq_len(ncol(prob) - 1L)) {
    below <- below + unname(prob[, m])
    class <- class + (u > below)
  }
  factor_of(class, levels, ordered)
}
