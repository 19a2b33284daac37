# Builds the data sets yeast_ppi, yeast_network and yeast_funcat. Run at the package's root:
#
#   Rscript data-raw/yeast_ppi.R
#
# Needs the packages igraph and Matrix, and a CRAN mirror in options("repos"). The edges of a
# protein network are split at random: most are observed and give the features, the others are the
# targets of prediction. Target edges take no part in any feature.

source("data-raw/pair_features.R")

# The versions the data sets were built from. Others may hold other data.
source_versions <- c(igraphdata = "1.0.1", bionetdata = "1.1")
source_folder <- "data-raw/sources"

edge_shares <- c(observed = 0.60, train = 0.25, test = 0.15)

# --- Sources --------------------------------------------------------------------------------------

fetch_sources <- function(versions, folder) {
  dir.create(folder, showWarnings = FALSE)
  absent <- names(versions)[!dir.exists(file.path(folder, names(versions)))]
  if (length(absent)) {
    archives <- download.packages(absent, folder, type = "source")[, 2]
    for (archive in archives) untar(archive, exdir = folder)
  }
  for (package in names(versions)) {
    found <- read.dcf(file.path(folder, package, "DESCRIPTION"), "Version")
    if (found != versions[package]) {
      warning(package, " ", found, " is used instead of ", versions[package], call. = FALSE)
    }
  }
}

read_source <- function(package, name) {
  holder <- new.env()
  load(file.path(source_folder, package, "data", paste0(name, ".rda")), holder)
  get(name, holder)
}

# Within an edge, the protein listed first in `proteins` comes first.
read_network <- function() {
  graph <- igraph::upgrade_graph(read_source("igraphdata", "yeast"))
  vertex <- igraph::vertex_attr(graph)
  ends <- igraph::as_edgelist(graph, names = FALSE)
  classes <- data.frame(lapply(igraph::graph_attr(graph, "Classes"), trimws))
  names(classes) <- c("class", "label", "mips_category")
  list(
    edges = data.frame(
      protein_a = vertex$name[pmin(ends[, 1], ends[, 2])],
      protein_b = vertex$name[pmax(ends[, 1], ends[, 2])],
      confidence = factor(igraph::edge_attr(graph, "Confidence"), c("medium", "high"))
    ),
    proteins = data.frame(
      name = vertex$name,
      class = factor(vertex$Class, sort(classes$class)),
      description = vertex$Description
    ),
    classes = classes
  )
}

# The two matrices annotate different sets of proteins under one scheme. Category "00" is the root,
# which every protein has.
read_annotation <- function(proteins) {
  parts <- lapply(c("Yeast.Biogrid.FunCat", "Yeast.STRING.FunCat"), function(name) {
    table <- as.matrix(read_source("bionetdata", name))
    cells <- which(table > 0, arr.ind = TRUE)
    data.frame(protein = rownames(table)[cells[, 1]], category = colnames(table)[cells[, 2]])
  })
  annotation <- unique(do.call(rbind, parts))
  annotation <- annotation[annotation$protein %in% proteins & annotation$category != "00", ]
  annotation <- annotation[order(annotation$protein, annotation$category, method = "radix"), ]
  rownames(annotation) <- NULL
  annotation
}

# --- Which edges are observed, and which are targets ----------------------------------------------

# Within each level of confidence, so that every part has the levels in the same proportions.
split_edges <- function(confidence) {
  part <- character(length(confidence))
  for (level in c("high", "medium")) {
    edges <- sample(which(confidence == level))
    sizes <- round(edge_shares[c("observed", "train")] * length(edges))
    part[edges] <- rep(names(edge_shares), c(sizes, length(edges) - sum(sizes)))
  }
  part
}

# --- Pairs without an edge ------------------------------------------------------------------------

# Pairs are rows of a matrix of two columns: the proteins' numbers, the smaller one first.
keep_non_edges <- function(u, v, full) {
  pairs <- cbind(pmin(u, v), pmax(u, v))
  pairs[u != v & full[pairs] == 0, , drop = FALSE]
}

# Half of the ends uniform, half in proportion to `weight`: pairs of hubs look most like edges, and
# uniform pairs alone would leave them out.
mixed_pairs <- function(size, full, weight) {
  half <- size %/% 2
  draw_ends <- function() {
    c(sample(nrow(full), half, TRUE), sample(nrow(full), size - half, TRUE, weight))
  }
  pool <- NULL
  while (NROW(pool) < size) {
    u <- draw_ends()
    v <- draw_ends()
    batch <- keep_non_edges(u, v, full)
    pool <- unique(rbind(pool, batch[sample(nrow(batch)), ]))
  }
  pool
}

# Four times the size is drawn at once, so that one round is nearly always enough.
weighted_pairs <- function(size, full, weight = NULL) {
  pool <- NULL
  while (NROW(pool) < size) {
    u <- sample(nrow(full), 4 * size, TRUE, weight)
    v <- sample(nrow(full), 4 * size, TRUE, weight)
    pool <- unique(rbind(pool, keep_non_edges(u, v, full)))
  }
  pool[sample(nrow(pool), size), ]
}

# Pairs that share an observed neighbour: the hardest to tell from edges.
two_step_pairs <- function(size, full, observed) {
  joined <- Matrix::summary(Matrix::triu(observed %*% observed, 1))
  pairs <- keep_non_edges(joined$i, joined$j, full)
  pairs[sample(nrow(pairs), size), ]
}

# A third each: uniform, in proportion to `weight`, and at distance two. Pairs drawn twice are
# dropped, so slightly fewer than `size` remain.
hard_pairs <- function(size, full, weight, observed) {
  third <- size %/% 3
  unique(rbind(
    weighted_pairs(third, full),
    weighted_pairs(third, full, weight),
    two_step_pairs(size - 2 * third, full, observed)
  ))
}

# No negative is an edge of the full network. The half added to the degrees admits proteins that
# have no observed edge.
draw_negatives <- function(size, network, observed, negatives) {
  full <- adjacency_matrix(network)
  seen <- adjacency_matrix(observed)
  weight <- degrees(seen) + 0.5
  pool <- switch(negatives,
    mix = mixed_pairs(size, full, weight),
    hard = hard_pairs(size, full, weight, seen)
  )
  chosen <- pool[sample(nrow(pool), min(size, nrow(pool))), ]
  train <- round(nrow(chosen) * edge_shares["train"] / (1 - edge_shares["observed"]))
  name <- network$proteins$name
  data.frame(
    protein_a = name[chosen[, 1]], protein_b = name[chosen[, 2]],
    split = sample(rep(c("train", "test"), c(train, nrow(chosen) - train))),
    confidence = "none"
  )
}

# --- The task -------------------------------------------------------------------------------------

# Returns the observed network and the pairs whose confidence is to be predicted, as many without an
# edge as with one.
split_network <- function(network, seed = 1, negatives = c("mix", "hard")) {
  negatives <- match.arg(negatives)
  set.seed(seed)
  part <- split_edges(network$edges$confidence)
  observed <- network
  observed$edges <- network$edges[part == "observed", ]
  rownames(observed$edges) <- NULL
  targets <- cbind(network$edges, split = part)[part != "observed", ]
  pairs <- rbind(targets, draw_negatives(nrow(targets), network, observed, negatives))
  pairs <- pairs[order(pairs$split, pairs$protein_a, pairs$protein_b, method = "radix"), ]
  rownames(pairs) <- NULL
  pairs$split <- factor(pairs$split, c("train", "test"))
  pairs$confidence <- factor(pairs$confidence, c("none", "medium", "high"))
  list(
    pairs = pairs[c("protein_a", "protein_b", "split", "confidence")],
    observed = observed
  )
}

save_data <- function(...) {
  for (name in c(...)) {
    save(list = name, file = file.path("data", paste0(name, ".rda")), compress = "xz", version = 2)
  }
}

if (sys.nframe() == 0) {
  fetch_sources(source_versions, source_folder)
  network <- read_network()
  task <- split_network(network, seed = 1, negatives = "mix")
  yeast_network <- task$observed
  yeast_funcat <- read_annotation(network$proteins$name)
  yeast_ppi <- cbind(task$pairs, pair_features(task$pairs, yeast_network, yeast_funcat))
  save_data("yeast_ppi", "yeast_network", "yeast_funcat")
}
