# What is wrong with an object that was edited, cut short or made by another version, in the words
# of the object. The glue would refuse what it then hands over, but cannot say where that came from.

refuse_fault <- function(fault, name, maker) {
  if (is.null(fault)) return(invisible())
  refuse("`", name, "` must be as ", maker, " made it, but ", fault, ": it was edited, or made by ",
         "another version of moelogit. Make it again.")
}

# What is wrong with a list, in words; NULL if nothing is. `rules` are conditions on its elements,
# each named by what is wrong where it does not hold, and are tried in order.
first_fault <- function(x, needed, rules) {
  if (!is.list(x)) return("it is no list")
  lacking <- setdiff(needed, names(x))
  if (length(lacking)) return(paste("it lacks", enumerate(lacking)))
  holds <- function(rule) isTRUE(tryCatch(eval(rule, unclass(x)), error = function(e) FALSE))
  for (fault in names(rules)) if (!holds(rules[[fault]])) return(fault)
  NULL
}

is_one_number <- function(x) is.numeric(x) && length(x) == 1L

is_real_array <- function(x, size) is.double(x) && identical(dim(x), size)

# What an object may lack, and has for each of its rows otherwise.
is_column <- function(x, kind, rows) is.null(x) || kind(x) && length(x) == rows
