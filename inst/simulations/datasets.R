# Real data with classes, as people who fit such models have them, of the packages AER, carData,
# datasets, kernlab, MASS, mlbench, moelogit and rpart: a formula and a data frame each.

stored_data <- function(package, names) {
  from <- new.env()
  utils::data(list = names, package = package, envir = from)
  mget(names, from)
}

unordered <- function(a) factor(a, ordered = FALSE)

surveys <- function() {
  car <- stored_data("carData", c("BEPS", "Chile", "Mroz", "Womenlf", "WVS"))
  aer <- stored_data("AER", c("Affairs", "BankWages", "HMDA", "SwissLabor"))
  housing <- stored_data("MASS", "housing")$housing
  housing <- housing[rep(seq_len(nrow(housing)), housing$Freq), ]
  list(
    beps = list(vote ~ ., car$BEPS),
    chile = list(vote ~ ., stats::na.omit(car$Chile)),
    mroz = list(lfp ~ ., car$Mroz),
    womenlf = list(partic ~ ., car$Womenlf),
    wvs = list(poverty ~ ., transform(car$WVS, poverty = unordered(poverty))),
    affairs = list(unfaithful ~ . - affairs, transform(aer$Affairs, unfaithful = affairs > 0)),
    bankwages = list(job ~ ., transform(aer$BankWages, job = unordered(job))),
    hmda = list(deny ~ ., aer$HMDA),
    swisslabor = list(participation ~ ., aer$SwissLabor),
    housing = list(Sat ~ Infl + Type + Cont, transform(housing, Sat = unordered(Sat)))
  )
}

patients <- function() {
  mass <- stored_data("MASS", c("biopsy", "birthwt", "Pima.tr"))
  birthwt <- transform(mass$birthwt, low = factor(low), race = factor(race))
  list(
    biopsy = list(class ~ . - ID, stats::na.omit(mass$biopsy)),
    birthwt = list(low ~ . - bwt, birthwt),
    pima_small = list(type ~ ., mass$Pima.tr),
    pima = list(diabetes ~ ., stored_data("mlbench", "PimaIndiansDiabetes")[[1]]),
    infert = list(factor(case) ~ age + parity + induced + spontaneous,
                  stored_data("datasets", "infert")[[1]]),
    kyphosis = list(Kyphosis ~ ., stored_data("rpart", "kyphosis")[[1]])
  )
}

measurements <- function() {
  bench <- stored_data("mlbench", c("Ionosphere", "Satellite", "Vehicle", "Vowel"))
  yeast <- stored_data("moelogit", "yeast_ppi")$yeast_ppi
  list(
    fgl = list(type ~ ., stored_data("MASS", "fgl")[[1]]),
    ionosphere = list(Class ~ V3 + V5 + V6 + V7 + V8 + V9 + V10 + V15 + V21 + V27,
                      bench$Ionosphere),
    satellite = list(classes ~ x.1 + x.9 + x.17 + x.18 + x.19 + x.20 + x.33, bench$Satellite),
    spam = list(type ~ capitalAve + charExclamation + charDollar + free + your + remove + hp +
                  money + our + george, stored_data("kernlab", "spam")[[1]]),
    vehicle = list(Class ~ ., bench$Vehicle),
    vowel = list(Class ~ . - V1, bench$Vowel),
    yeast = list(confidence ~ . - protein_a - protein_b - split, subset(yeast, split == "train"))
  )
}

real_data <- function() c(surveys(), patients(), measurements())
