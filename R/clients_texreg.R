# Tables by the package texreg, whose generic is S4.

# A column of a table by texreg: coefficients with all of their name, as vcov() has it, and what
# glance() says about the fit. Further arguments are those of tidy().
extract_for_texreg <- function(model, ...) {
  table <- tidy.moe_fit(model, ...)
  estimated <- !is.na(table$estimate)
  figures <- c(AIC = stats::AIC(model), BIC = stats::BIC(model),
               `Log Likelihood` = model$loglik, Experts = model$experts, Ridge = model$lambda,
               `Num. obs.` = model$nobs)
  texreg::createTexreg(
    coef.names = names(coefficient_vector(model))[estimated], coef = table$estimate[estimated],
    se = table$std.error[estimated], pvalues = table$p.value[estimated],
    gof.names = names(figures), gof = unname(figures),
    gof.decimal = !names(figures) %in% c("Experts", "Num. obs.")
  )
}

# A namespace that is loaded takes no more methods, so the method has an environment of its own.
announce_to_texreg <- function(...) {
  methods::setMethod("extract", "moe_fit", extract_for_texreg,
                     where = new.env(parent = asNamespace("texreg")))
}

methods::setOldClass("moe_fit")
