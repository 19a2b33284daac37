# Real data sets, as people who fit such models have them: list(formula, data). They come from the
# packages mlbench, carData, MASS and moelogit.

load_set <- function(name, package) {
  found <- new.env()
  utils::data(list = name, package = package, envir = found)
  found[[name]]
}

surveys <- function() {
  wvs <- load_set("WVS", "carData")
  wvs$poverty <- factor(wvs$poverty, ordered = FALSE)
  chile <- vote ~ region + population + sex + age + education + income + statusquo
  list(wvs = list(poverty ~ ., wvs),
       beps = list(vote ~ ., load_set("BEPS", "carData")),
       chile = list(chile, stats::na.omit(load_set("Chile", "carData"))))
}

measurements <- function() {
  births <- load_set("birthwt", "MASS")
  births[c("low", "race")] <- lapply(births[c("low", "race")], factor)
  pixels <- paste0("x.", c(17:20, 1, 9, 33))
  list(birthwt = list(low ~ age + lwt + race + smoke + ptl + ht + ui + ftv, births),
       fgl = list(type ~ ., load_set("fgl", "MASS")),
       vehicle = list(Class ~ ., load_set("Vehicle", "mlbench")),
       satellite = list(classes ~ ., load_set("Satellite", "mlbench")[c(pixels, "classes")]))
}

yeast_pairs <- function() {
  pairs <- subset(load_set("yeast_ppi", "moelogit"), split == "train",
                  -c(protein_a, protein_b, split))
  list(yeast = list(confidence ~ ., pairs))
}

real_sets <- function() c(surveys(), measurements(), yeast_pairs())
