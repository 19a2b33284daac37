# Mutants of a source file: small changes that a test should notice.
#
# A mutant is a row of a data frame: the `file`, the `line`, the characters of the file's text that
# are replaced, from `first` to `last`, what stands there (`old`), what comes there (`new`), and
# `where`: what R assigns it to at top level (NA in C).

read_text <- function(file) paste0(readLines(file), "\n", collapse = "")

mutate_text <- function(text, mutant) {
  paste0(substr(text, 1L, mutant$first - 1L), mutant$new,
         substr(text, mutant$last + 1L, nchar(text)))
}

mutants_of <- function(file) {
  text <- read_text(file)
  edits <- if (endsWith(file, ".R")) edits_of_r(text) else edits_of_c(text)
  old <- substring(rep(text, nrow(edits)), edits$first, edits$last)
  data.frame(file = rep(file, nrow(edits)), line = line_of(text, edits$first), edits, old = old)
}

line_of <- function(text, at) findInterval(at, c(1L, gregexpr("\n", text)[[1]] + 1L))

edit <- function(first, last, new, where = NA_character_) {
  count <- length(new)
  data.frame(first = rep_len(first, count), last = rep_len(last, count), new = as.character(new),
             where = rep_len(where, count))
}

# A list of what comes for each token -> edits.
swap_tokens <- function(tokens, new) {
  edit(rep(tokens$first, lengths(new)), rep(tokens$last, lengths(new)), unlist(new))
}

# The edits of each item, together.
edits_of_each <- function(items, edits_of_item) {
  do.call(rbind, c(list(edit(integer(), integer(), character())), lapply(items, edits_of_item)))
}

# --- what becomes of words, operators and numbers ---

swaps <- list(
  "<" = c("<=", ">="), "<=" = c("<", ">"), ">" = c(">=", "<="), ">=" = c(">", "<"),
  "==" = "!=", "!=" = "==", "&&" = "||", "||" = "&&", "&" = "|", "|" = "&",
  "+" = "-", "-" = "+", "*" = "/", "/" = "*", "+=" = "-=", "-=" = "+=", "*=" = "/=", "/=" = "*=",
  "TRUE" = "FALSE", "FALSE" = "TRUE", "any" = "all", "all" = "any",
  "min" = "max", "max" = "min", "pmin" = "pmax", "pmax" = "pmin", "fmin" = "fmax", "fmax" = "fmin",
  "which.min" = "which.max", "which.max" = "which.min", "floor" = "ceiling", "ceiling" = "floor"
)

# Counts move by one, other numbers by a factor of ten. The suffix of an R integer is kept.
swap_number <- function(text) {
  value <- suppressWarnings(as.numeric(sub("[LuU]+$", "", text)))
  suffix <- if (endsWith(text, "L")) "L" else ""
  if (is.na(value) || !is.finite(value)) return(character())
  if (value == 0) return(paste0("1", suffix))
  if (value < 10 && value == trunc(value)) return(paste0(value + c(-1, 1), suffix))
  sprintf(c("(10%s * %s)", if (suffix == "L") "(%2$s %%/%% 10%1$s)" else "(%2$s / 10)"),
          suffix, text)
}

# --- R: on the table of what was parsed ---

edits_of_r <- function(text) {
  expressions <- parse(text = text, keep.source = TRUE)
  parsed <- utils::getParseData(expressions)
  starts <- c(0L, gregexpr("\n", text)[[1]])
  parsed$first <- starts[parsed$line1] + parsed$col1
  parsed$last <- starts[parsed$line2] + parsed$col2
  edits <- rbind(edits_of_tokens(parsed), edits_of_conditions(parsed, text),
                 edits_of_statements(parsed))
  edits$where <- owners(expressions)[findInterval(line_of(text, edits$first),
                                                  expression_lines(expressions))]
  edits[!is.na(edits$where), ]
}

expression_lines <- function(expressions) {
  vapply(attr(expressions, "srcref"), function(reference) reference[1], 0L)
}

# The variable that each expression at top level gives a value, or of which it changes a part.
owners <- function(expressions) {
  vapply(expressions, function(expression) {
    if (is.call(expression) && expression[[1]] == "<-") all.vars(expression[[2]])[1] else
      NA_character_
  }, "")
}

edits_of_tokens <- function(parsed) {
  tokens <- parsed[parsed$terminal & !parsed$token %in% c("COMMENT", "STR_CONST", "SYMBOL"), ]
  swap_tokens(tokens, Map(swap_in_r, tokens$token, tokens$text))
}

swap_in_r <- function(token, text) {
  if (text == "!") return("")
  if (token == "NUM_CONST" && is.null(swaps[[text]])) swap_number(text) else swaps[[text]]
}

# The condition stands third, after the word and the bracket.
edits_of_conditions <- function(parsed, text) {
  words <- parsed[parsed$token %in% c("IF", "WHILE"), ]
  edits_of_each(words$parent, function(parent) {
    children <- parsed[parsed$parent == parent & parsed$token != "COMMENT", ]
    condition <- children[order(children$first), ][3L, ]
    negated <- paste0("!(", substr(text, condition$first, condition$last), ")")
    edit(condition$first, condition$last, negated)
  })
}

# All but the last statement in braces, whose value may be the braces' own.
edits_of_statements <- function(parsed) {
  braces <- parsed$parent[parsed$token == "'{'"]
  edits_of_each(braces, function(parent) {
    inside <- parsed[parsed$parent == parent & parsed$token %in% c("expr", "equal_assign"), ]
    inside <- utils::head(inside[order(inside$first), ], -1L)
    edit(inside$first, inside$last, rep_len("NULL", nrow(inside)))
  })
}

# --- C: on its tokens, formatted by clang-format ---

# Numbers that the preprocessor defines count as the code's; its other lines do not.
c_patterns <- c(
  skipped = paste0("/\\*.*?\\*/|//[^\\n]*|\"(?:\\\\.|[^\"\\\\])*\"|'(?:\\\\.|[^'\\\\])*'",
                   "|^#define \\w+ +(?=[0-9])|^ *#(?:\\\\\\n|[^\\n])*"),
  number = "(?:0[xX][0-9a-fA-F.]+(?:[pP][-+]?\\d+)?|\\d*\\.?\\d+\\.?(?:[eE][-+]?\\d+)?)[uUlL]*",
  word = "[A-Za-z_]\\w*",
  operator = "<<=|>>=|->|\\+\\+|--|[-+*/%&|^<>=!]=|&&|\\|\\||<<|>>|[^\\s\\w]"
)

c_tokens <- function(text) {
  pattern <- paste0("(?sm)", paste0("(", c_patterns, ")", collapse = "|"))
  found <- gregexpr(pattern, text, perl = TRUE)[[1]]
  kind <- names(c_patterns)[max.col(attr(found, "capture.start") > 0, "first")]
  first <- as.integer(found)
  last <- first + attr(found, "match.length") - 1L
  tokens <- data.frame(kind, first, last, text = substring(text, first, last))
  tokens$spaced <- substring(text, first - 1L, first - 1L) %in% c(" ", "\n") &
    substring(text, last + 1L, last + 1L) %in% c(" ", "\n")
  tokens[tokens$kind != "skipped", ]
}

edits_of_c <- function(text) {
  tokens <- c_tokens(text)
  tokens$close <- closing(tokens$text)
  rbind(swap_tokens(tokens, Map(swap_in_c, tokens$kind, tokens$text, tokens$spaced)),
        negate_in_c(tokens, text), remove_in_c(tokens))
}

# For each opening bracket the place of the one that closes it.
closing <- function(text) {
  out <- rep(NA_integer_, length(text))
  open <- integer()
  for (i in seq_along(text)) {
    if (text[i] %in% c("(", "[", "{")) open <- c(i, open)
    if (text[i] %in% c(")", "]", "}")) {
      out[open[1]] <- i
      open <- open[-1]
    }
  }
  out
}

# An operator between spaces is one of two operands, as a star that declares a pointer is not.
swap_in_c <- function(kind, text, spaced) {
  switch(kind,
    number = swap_number(text),
    word = swaps[[text]],
    operator = if (spaced) swaps[[text]] else if (text %in% c("!", "-")) ""
  )
}

negate_in_c <- function(tokens, text) {
  open <- which(tokens$text %in% c("if", "while")) + 1L
  first <- tokens$first[open] + 1L
  last <- tokens$last[tokens$close[open]] - 1L
  edit(first, last, sprintf("!(%s)", substring(rep(text, length(open)), first, last)))
}

# Expression statements, `continue` and `break`: what starts where a statement can, and goes on as
# no declaration does.
remove_in_c <- function(tokens) {
  before <- c("", tokens$text[-nrow(tokens)])
  after <- c(tokens$text[-1], "")
  other <- c("if", "for", "while", "switch", "return", "else", "sizeof", "int", "double", "void")
  goes_on <- c("(", "[", ".", "->", "=", "+=", "-=", "*=", "/=", "++", "--")
  within <- cumsum((tokens$text == "(") - (tokens$text == ")")) > 0L # the head of a `for`
  starts <- !within & before %in% c(";", "{", "}", ")", "else") &
    (tokens$kind == "word" & !tokens$text %in% other & after %in% goes_on |
       tokens$text %in% c("continue", "break"))
  ends <- which(tokens$text == ";")
  last <- ends[findInterval(which(starts), ends) + 1L]
  edit(tokens$first[starts], tokens$last[last], rep_len(";", sum(starts)))
}
