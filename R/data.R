#' Yeast protein pairs and the confidence of their interaction
#'
#' Pairs of proteins of baker's yeast (*Saccharomyces cerevisiae*), to be classified by whether an
#' interaction between them has been reported, and with what confidence. The 21 features describe
#' where the two proteins stand in a network of other interactions ([yeast_network]) and what is
#' known of their function ([yeast_funcat]).
#'
#' @section How the pairs were made:
#' The source is a network of 2,617 proteins and 11,855 interactions, 2,455 of high and 9,400 of
#' medium confidence (von Mering et al., 2002). Its edges were split at random within each level of
#' confidence: 60% make up the *observed network* ([yeast_network]), 25% are targets for training
#' and 15% targets for testing. To the 4,742 target edges as many pairs without an edge in the
#' *whole* network were added (`"none"`): half of them drawn uniformly, half with proteins drawn in
#' proportion to their observed degree plus one half, because pairs of hubs look most like
#' interacting ones. They were split between training and testing in the same proportions. There
#' are 5,928 training pairs (2,964 none, 2,350 medium, 614 high) and 3,556 test pairs (1,778, 1,410
#' and 368).
#'
#' @section Why the test pairs do not leak:
#' Network features are computed on the observed network alone, and no target edge, of either split,
#' is in it. A target's own edge therefore counts in no feature, neither its own nor another
#' pair's, and training and test pairs are described in the same way.
#'
#' @section Caveats:
#' * *Proteins recur.* For 94% of the test pairs both proteins also occur in training pairs, and for
#'   all but ten at least one does. The split tests new pairs of known proteins, not new proteins,
#'   and pairs that share a protein are not independent: standard errors that take them to be tend
#'   to be too small.
#' * *`"none"` means unreported*, not shown to be absent. Half of the pairs have an edge by design;
#'   of all pairs of the 2,617 proteins it is 0.3%.
#' * *Confidence* reflects how many kinds of evidence agree, and so also how well a protein has been
#'   studied, which `high_share` and `high_min` partly capture.
#' * *FunCat* annotation is of 2007, later than the network, and may itself rest in part on
#'   interactions, target edges among them.
#'
#' @format A data frame with 9,484 rows, one per pair, and 25 columns. In the definitions below,
#'   \eqn{N_a} is the set of proteins joined to \eqn{a} in the observed network and
#'   \eqn{d_a = |N_a|} its degree. Features have no units; logarithms are natural, and
#'   \eqn{\log(1 + x)}{log(1 + x)} and square roots only tame skewed counts.
#' \describe{
#'   \item{protein_a, protein_b}{Systematic names of the two proteins: character. The order carries
#'     no meaning (it is that of `yeast_network$proteins`), and all features are symmetric in it.}
#'   \item{split}{Factor: `train` or `test`.}
#'   \item{confidence}{Factor, the response: `none` (no interaction reported), `medium` or
#'     `high`.}
#'   \item{deg_sum}{\eqn{\log(1 + d_a) + \log(1 + d_b)}{log(1 + d_a) + log(1 + d_b)}.}
#'   \item{deg_diff}{\eqn{|\log(1 + d_a) - \log(1 + d_b)|}{|log(1 + d_a) - log(1 + d_b)|}.}
#'   \item{cn}{Common neighbours, \eqn{C = N_a \cap N_b}{C = N_a & N_b}:
#'     \eqn{\log(1 + |C|)}{log(1 + |C|)}.}
#'   \item{jaccard}{\eqn{|C| / |N_a \cup N_b|}{|C| / |N_a or N_b|}, 0 if both are empty.}
#'   \item{adamic}{Adamic-Adar index:
#'     \eqn{\log(1 + \sum_{u \in C} 1 / \log d_u)}{log(1 + sum over u in C of 1 / log d_u)}.}
#'   \item{ra}{Resource allocation index:
#'     \eqn{(\sum_{u \in C} 1 / d_u)^{1/2}}{sqrt(sum over u in C of 1 / d_u)}.}
#'   \item{l3}{Paths of three steps \eqn{a - u - v - b}, those through hubs counting less:
#'     \eqn{\log(1 + \sum 1 / \sqrt{d_u d_v})}{log(1 + sum of 1 / sqrt(d_u d_v))}.}
#'   \item{cn_high}{As `cn`, counting only common neighbours joined to both proteins with high
#'     confidence.}
#'   \item{dist}{Steps on a shortest path, from 2; 6 stands for six or more and for pairs without a
#'     path. No pair is at distance 1.}
#'   \item{clust_min, clust_max}{The smaller and the larger of the two proteins' local clustering
#'     coefficients: the share of a protein's pairs of neighbours that are joined themselves, 0 if
#'     it has fewer than two neighbours.}
#'   \item{comm}{1 if both proteins are in the same community, otherwise 0. Communities maximise
#'     modularity (the Louvain method, with a fixed seed).}
#'   \item{spectral}{Cosine, from -1 to 1, of the angle between the two proteins' coordinates on the
#'     32 leading eigenvectors of the normalised adjacency matrix, scaled by the roots of the
#'     eigenvalues. Its entries are
#'     \eqn{((d_a + 1)(d_b + 1))^{-1/2}}{1 / sqrt((d_a + 1)(d_b + 1))} for edges, otherwise 0. It is
#'     0 where a protein has no part in these eigenvectors.}
#'   \item{high_share, high_min}{Mean and minimum over the two proteins of the share of
#'     high-confidence edges, \eqn{(h_a + 0.2) / (d_a + 1)}, where \eqn{h_a} is their number: shares
#'     of few edges are drawn towards 0.2, about the share in the whole network.}
#'   \item{same_class}{1 if both proteins are of the same MIPS class other than uncharacterised,
#'     otherwise 0.}
#'   \item{n_unch}{Number of uncharacterised proteins in the pair, 0 to 2: those of class `U` and
#'     those without a class.}
#'   \item{class_lo}{Logarithm of how often the two proteins' classes are joined over how often they
#'     would be if edges ignored classes: for classes \eqn{r} and \eqn{s},
#'     \eqn{\log((e_{rs} + 1) / (E_{rs} + 1))}{log((e_rs + 1) / (E_rs + 1))}. Here
#'     \eqn{e_{rs}}{e_rs} counts the ends in class \eqn{r} of edges that lead to class \eqn{s} (an
#'     edge within a class twice), and \eqn{E_{rs} = e_r e_s / e}{E_rs = e_r e_s / e} with row sums
#'     \eqn{e_r} and total \eqn{e}. Proteins without a class count as `U`.}
#'   \item{fc_resnik}{Resnik similarity: the largest information content of the FunCat categories
#'     that both proteins have, 0 if they share none. It is minus the logarithm of the share of the
#'     2,617 proteins that are in the category.}
#'   \item{fc_jac}{FunCat categories that both proteins have, over those that either has; 0 if
#'     neither has any.}
#'   \item{fc_missing}{1 if at least one of the proteins has no FunCat category, otherwise 0.
#'     `fc_resnik` and `fc_jac` are then 0.}
#' }
#'
#' @section Licence:
#' The pairs and their network features are adapted from data set `yeast` of igraphdata 1.0.1
#' (CC BY-SA 4.0), the `fc_` columns derived from bionetdata 1.1 (GPL >= 2). Together they are
#' distributed under the GPL, version 3, to which CC BY-SA 4.0 permits adaptations to be relicensed.
#'
#' @source
#' Data set `yeast` of the R package igraphdata, version 1.0.1 (Gábor Csárdi); data sets
#' `Yeast.Biogrid.FunCat` and `Yeast.STRING.FunCat` of the R package bionetdata, version 1.1
#' (Giorgio Valentini and Matteo Re).
#'
#' @references
#' von Mering, C., Krause, R., Snel, B., Cornell, M., Oliver, S. G., Fields, S. and Bork, P. (2002).
#' Comparative assessment of large-scale data sets of protein-protein interactions. *Nature* 417,
#' 399-403.
#'
#' Ruepp, A., Zollner, A., Maier, D., Albermann, K., Hani, J., Mokrejs, M., Tetko, I., Güldener, U.,
#' Mannhaupt, G., Münsterkötter, M. and Mewes, H. W. (2004). The FunCat, a functional annotation
#' scheme for systematic classification of proteins from whole genomes. *Nucleic Acids Research* 32,
#' 5539-5545.
#' @seealso [yeast_network] and [yeast_funcat], from which the features were computed;
#'   [moe_ppi_features()] and [moe_ppi_split()], which make such data of other splits;
#'   `vignette("ppi")`.
#' @examples
#' table(yeast_ppi$split, yeast_ppi$confidence)
#'
#' # Interacting proteins are near each other even when their own edge is hidden.
#' with(yeast_ppi, round(prop.table(table(dist, confidence), margin = 2), 2))
"yeast_ppi"

#' Observed part of a yeast protein-interaction network
#'
#' Sixty per cent of the interactions between 2,617 proteins of baker's yeast (*Saccharomyces
#' cerevisiae*): the part from which the network features of [yeast_ppi] were computed. The other
#' interactions are the pairs of confidence medium and high in [yeast_ppi], so that the two data
#' sets together hold the whole network of 11,855 interactions.
#'
#' @format A list of three data frames.
#' \describe{
#'   \item{edges}{One row per observed interaction, 7,113 in all: `protein_a` and `protein_b`,
#'     character, and `confidence`, a factor: `medium` (5,640) or `high` (1,473). Edges have no
#'     direction, none occurs twice, and none joins a protein to itself.}
#'   \item{proteins}{One row per protein, 2,617 in all: its systematic `name`, character; its
#'     functional `class`, a factor with the 13 codes explained in `classes`; and a `description`,
#'     character, which begins with the name of the gene. Class and description are `NA` for 40
#'     proteins. 340 proteins have no observed interaction.}
#'   \item{classes}{One row per functional class: its `class` code, a `label`, and the
#'     `mips_category`, the categories of the MIPS scheme that it stands for; all character.}
#' }
#'
#' @section Licence:
#' CC BY-SA 4.0, adapted from data set `yeast` of igraphdata: a random 60% of its edges, as data
#' frames instead of a graph object.
#'
#' @source Data set `yeast` of the R package igraphdata, version 1.0.1 (Gábor Csárdi).
#'
#' @references
#' von Mering, C., Krause, R., Snel, B., Cornell, M., Oliver, S. G., Fields, S. and Bork, P. (2002).
#' Comparative assessment of large-scale data sets of protein-protein interactions. *Nature* 417,
#' 399-403.
#' @seealso [yeast_ppi]
#' @examples
#' table(yeast_network$edges$confidence)
#'
#' # The proteins with the most observed interactions.
#' degree <- table(unlist(yeast_network$edges[c("protein_a", "protein_b")]))
#' hubs <- names(sort(degree, decreasing = TRUE))[1:5]
#' subset(yeast_network$proteins, name %in% hubs)
"yeast_network"

#' Functional annotation of yeast proteins
#'
#' FunCat categories of the proteins of [yeast_network] (FunCat scheme 2.1, annotation of 16 March
#' 2007), from which the `fc_` columns of [yeast_ppi] were computed.
#'
#' @format A data frame with 20,312 rows, one per protein and category, and two columns. 2,358 of
#'   the 2,617 proteins have at least one of 232 categories; the others do not occur.
#' \describe{
#'   \item{protein}{Systematic name of the protein: character.}
#'   \item{category}{FunCat number: character. Each level of the hierarchy adds two digits, as in
#'     `"01"`, `"01.03"`, `"01.03.16"`; a protein in a category is also in those above it.}
#' }
#'
#' @section Licence:
#' GPL (>= 2). The two source matrices were united, restricted to the proteins of [yeast_network],
#' and written as rows; the root category `"00"` was left out.
#'
#' @source Data sets `Yeast.Biogrid.FunCat` and `Yeast.STRING.FunCat` of the R package bionetdata,
#' version 1.1 (Giorgio Valentini and Matteo Re), after annotation of the Munich Information Center
#' for Protein Sequences (MIPS).
#'
#' @references
#' Ruepp, A., Zollner, A., Maier, D., Albermann, K., Hani, J., Mokrejs, M., Tetko, I., Güldener, U.,
#' Mannhaupt, G., Münsterkötter, M. and Mewes, H. W. (2004). The FunCat, a functional annotation
#' scheme for systematic classification of proteins from whole genomes. *Nucleic Acids Research* 32,
#' 5539-5545.
#' @seealso [yeast_ppi]
#' @examples
#' # Information content of the categories that the proteins of one pair share.
#' pair <- yeast_ppi[1, ]
#' shared <- intersect(
#'   yeast_funcat$category[yeast_funcat$protein == pair$protein_a],
#'   yeast_funcat$category[yeast_funcat$protein == pair$protein_b]
#' )
#' content <- -log(table(yeast_funcat$category)[shared] / nrow(yeast_network$proteins))
#' content
#' c(largest = max(content), stored = pair$fc_resnik)
"yeast_funcat"

#' Purchases of yogurt by a hundred households
#'
#' Which of four brands of yogurt each of 100 households of a scanner panel bought on 2,412
#' occasions, with all prices on that occasion: repeated choices, the rows of a household being a
#' group that `moe_fit(group = household)` takes for one.
#'
#' @format A data frame with 2,412 rows, the purchases of a household in their order.
#' \describe{
#'   \item{household}{Factor of 100 households, with 4 to 185 purchases each.}
#'   \item{occasion}{The number of the purchase within the household: integer.}
#'   \item{brand}{What was bought, a factor: `yoplait`, `dannon`, `hiland` or `weight` (Weight
#'     Watchers).}
#'   \item{feature_yoplait, feature_dannon, feature_hiland, feature_weight}{Whether a newspaper
#'     advertisement featured the brand: logical.}
#'   \item{price_yoplait, price_dannon, price_hiland, price_weight}{Price of the brand, in the unit
#'     of the source: numeric.}
#' }
#'
#' @section Licence:
#' GPL (>= 2), that of Ecdat. Columns were renamed, indicators became logical, and `occasion` was
#' added.
#'
#' @source Data set `Yogurt` of the R package Ecdat, version 0.4.7 (Yves Croissant and Spencer
#'   Graves), after the article.
#'
#' @references
#' Jain, D. C., Vilcassim, N. J. and Chintagunta, P. K. (1994). A random-coefficients logit
#' brand-choice model applied to panel data. *Journal of Business & Economic Statistics* 12,
#' 317-328.
#' @seealso `vignette("groups")`
#' @examples
#' # Most households stay with one brand.
#' most <- with(yogurt, tapply(brand, household, function(a) max(prop.table(table(a)))))
#' quantile(most)
"yogurt"
