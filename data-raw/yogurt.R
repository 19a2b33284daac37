# Builds the data set yogurt. Run at the package's root:
#
#   Rscript data-raw/yogurt.R
#
# Needs a CRAN mirror in options("repos").

source_version <- "0.4.7" # of Ecdat; others may hold other data
source_folder <- "data-raw/sources"

fetch_source <- function(folder) {
  dir.create(folder, showWarnings = FALSE)
  if (!dir.exists(file.path(folder, "Ecdat"))) {
    untar(download.packages("Ecdat", folder, type = "source")[, 2], exdir = folder)
  }
  found <- read.dcf(file.path(folder, "Ecdat", "DESCRIPTION"), "Version")
  if (found != source_version) {
    warning("Ecdat ", found, " is used instead of ", source_version, call. = FALSE)
  }
}

fetch_source(source_folder)
holder <- new.env()
load(file.path(source_folder, "Ecdat", "data", "Yogurt.rda"), holder)
bought <- holder$Yogurt

brands <- levels(bought$choice)
yogurt <- data.frame(
  household = factor(bought$id),
  occasion = as.integer(ave(bought$id, bought$id, FUN = seq_along)),
  brand = bought$choice,
  setNames(lapply(bought[paste0("feat.", brands)], `==`, 1), paste0("feature_", brands)),
  setNames(bought[paste0("price.", brands)], paste0("price_", brands))
)
stopifnot(nrow(yogurt) == 2412, nlevels(yogurt$household) == 100, !anyNA(yogurt))
save(yogurt, file = "data/yogurt.rda", version = 3, compress = "xz")
