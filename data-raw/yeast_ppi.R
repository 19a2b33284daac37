# Builds the data sets yeast_ppi, yeast_network and yeast_funcat. Run at the package's root:
#
#   Rscript data-raw/yeast_ppi.R
#
# Needs the packages moelogit, igraph and Matrix, and a CRAN mirror in options("repos").

# The versions the data sets were built from. Others may hold other data.
source_versions <- c(igraphdata = "1.0.1", bionetdata = "1.1")
source_folder <- "data-raw/sources"

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

# --- The task -------------------------------------------------------------------------------------

save_data <- function(...) {
  for (name in c(...)) {
    save(list = name, file = file.path("data", paste0(name, ".rda")), compress = "xz", version = 2)
  }
}

if (sys.nframe() == 0) {
  fetch_sources(source_versions, source_folder)
  network <- read_network()
  set.seed(1)
  task <- moelogit::moe_ppi_split(network, negatives = "mix")
  yeast_network <- task$observed
  yeast_funcat <- read_annotation(network$proteins$name)
  features <- moelogit::moe_ppi_features(task$pairs, yeast_network, yeast_funcat)
  yeast_ppi <- cbind(task$pairs, features)
  save_data("yeast_ppi", "yeast_network", "yeast_funcat")
}
