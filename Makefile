# Developer targets; `make help` lists them.

CORE_SOURCES = $(filter-out src/glue%,$(wildcard src/*.c))
CORE = $(CORE_SOURCES) $(wildcard tests/core/*.c)
CORE_FLAGS = -std=c99 -Wall -Wextra -Wpedantic -Werror -Isrc
# What the core keeps to and its tests need not.
STRICT = -Wconversion -Wsign-conversion -Wshadow
# Without OpenMP its pragmas are unknown, which -Wall reports.
SANITIZED = -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -Wno-unknown-pragmas
OPTIMISED = -O2 -fopenmp
CORE_LIBS = -llapack -lblas -lm

.PHONY: help document install test core bench check format lint clean analyse tidy cppcheck clang serial \
	sanitize fuzz valgrind gctorture coverage mutants locales blas interrupt sources spell \
	readme clients

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

document: ## write NAMESPACE and man/ from the roxygen comments
	Rscript -e 'roxygen2::roxygenise()'

install: ## install the package from the sources
	R CMD INSTALL --preclean --clean .

test: ## run all tests, R and C
	./run test

# The last builds leave the widest kernels out, as on machines that do not have them.
core: ## test the C core alone: strict warnings, under sanitizers, then optimised with OpenMP
	$(CC) $(CORE_FLAGS) $(STRICT) -Wno-unknown-pragmas -fsyntax-only $(CORE_SOURCES)
	$(CC) $(CORE_FLAGS) $(SANITIZED) -o tests/core/test_core $(CORE) $(CORE_LIBS) && tests/core/test_core
	$(CC) $(CORE_FLAGS) $(OPTIMISED) -o tests/core/test_core $(CORE) $(CORE_LIBS) && tests/core/test_core
	for lanes in 4 2; do \
	  $(CC) $(CORE_FLAGS) $(OPTIMISED) -DMOE_MOST_LANES=$$lanes -o tests/core/test_core $(CORE) $(CORE_LIBS) && \
	  tests/core/test_core evaluate predict information delta unit sparse || exit 1; done

bench: ## measure speed and memory; QUICK=quick for a trial at small sizes
	mkdir -p bench/build/library
	R CMD INSTALL --preclean --clean --library=bench/build/library .
	bench/run $(QUICK)

check: ## run all tests and R CMD check
	bash .ci/run

format: ## format the C sources
	clang-format -i src/*.c src/*.h tests/core/*.c

lint: ## lint the R sources
	Rscript -e 'lints <- lintr::lint_package(); print(lints); quit(status = length(lints) > 0)'

clean: ## remove what was built
	rm -rf src/*.o src/*.so tests/core/test_core bench/build *.tar.gz *.Rcheck

# --- checkers: one command each; FILTER=fit tests one file where tests are run ---

GCC = gcc
CLANG = clang
SOURCES = $(wildcard src/*.c)
R_HEADERS = -isystem $(shell R --vanilla --no-echo -e 'cat(R.home("include"))')

# gcc 12 takes the number of lanes of a vector for the width of its elements.
analyse: ## look for faults with gcc's static analyser
	@for file in $(SOURCES); do $(GCC) -std=c99 -O2 -fopenmp -fanalyzer -Werror \
	  -Wno-analyzer-shift-count-overflow -Isrc $(R_HEADERS) \
	  -c -o /dev/null $$file || exit 1; done

tidy: ## look for faults with clang-tidy
	clang-tidy --quiet $(SOURCES) -- -std=c99 -Isrc $(R_HEADERS)

# Suppressed: an array that a loop of the same length has filled, a sum over at least one expert,
# and what is read through a pointer only or by R.
cppcheck: ## look for faults with cppcheck
	cppcheck --quiet --enable=all --std=c99 --error-exitcode=1 -DNDEBUG -Isrc \
	  --suppress=missingIncludeSystem --suppress=uninitvar:src/bfgs.c \
	  --suppress=invalidFunctionArg:src/mixture.c \
	  --suppress=unusedFunction:src/glue.c $(SOURCES)

# clang's own runtimes of OpenMP and of the sanitizers may not be there.
clang: ## test the core and the package as built by clang
	$(MAKE) core CC=$(CLANG) SANITIZED=-O0\ -Wno-unknown-pragmas OPTIMISED=-O2\ -Wno-unknown-pragmas
	tools/variant.sh clang "$(FILTER)"

serial: ## test the package as built without OpenMP
	tools/variant.sh serial "$(FILTER)"

sanitize: ## test the package under gcc's address and undefined behaviour sanitizers
	tools/variant.sh sanitized "$(FILTER)"

fuzz: ## call the compiled routines with wrong arguments, 20,000 times, under the sanitizers
	tools/variant.sh fuzz

valgrind: ## test the package under valgrind (an hour or two)
	tools/variant.sh valgrind "$(FILTER)"

gctorture: ## call each compiled routine while every allocation collects garbage
	tools/variant.sh gctorture

coverage: ## list the lines that no test reaches; 98% of R and 95% of C must be reached
	tools/variant.sh coverage

# Files whose path holds FILE, so many mutants of them, and which.
mutants: ## list small changes to the sources that no test notices; FILE=src/fit.c COUNT=50 SEED=2
	CORE_LIBS="$(CORE_LIBS)" SANITIZED="$(SANITIZED)" \
	  Rscript tools/mutants.R "$(FILE)" "$(or $(COUNT),200)" "$(or $(SEED),1)"

locales: ## test the package in other locales
	tools/locales.sh

blas: ## compare results under another BLAS, BLAS=libopenblas.so.0 say, with R's own
	tools/blas.sh "$(BLAS)"

interrupt: ## interrupt long fits, fork after threads, run out of memory
	tools/interrupt.sh

sources: ## compare fits of sources of rows with fits in memory; kill processes (half an hour)
	Rscript tools/sources.R

spell: ## check the spelling
	Rscript tools/spell.R

readme: ## render README.md from README.Rmd, with the package as installed
	Rscript -e 'knitr::knit("README.Rmd", quiet = TRUE)'

clients: ## what other packages make of a fit, against glm() and multinom(): a line per call
	Rscript tools/clients.R
