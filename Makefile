# Developer targets; `make help` lists them.

CORE = $(filter-out src/glue.c,$(wildcard src/*.c)) $(wildcard tests/core/*.c)
CORE_FLAGS = -std=c99 -Wall -Wextra -Wpedantic -Werror -DMOE_STANDALONE -Isrc
# Without OpenMP its pragmas are unknown, which -Wall reports.
SANITIZED = -g -O1 -fsanitize=address,undefined -fno-sanitize-recover=all \
	-fno-omit-frame-pointer -Wno-unknown-pragmas
OPTIMISED = -O2 -fopenmp
CORE_LIBS = -llapack -lblas -lm

.PHONY: help document install test core bench check format lint clean

help: ## list the targets
	@sed -n 's/^\([a-z]*\):.*## /\1\t/p' Makefile | expand -t 12

document: ## write NAMESPACE and man/ from the roxygen comments
	Rscript -e 'roxygen2::roxygenise()'

install: ## install the package from the sources
	R CMD INSTALL --preclean --clean .

test: ## run all tests, R and C
	./run test

core: ## test the C core alone: under sanitizers, then optimised with OpenMP
	$(CC) $(CORE_FLAGS) $(SANITIZED) -o tests/core/test_core $(CORE) $(CORE_LIBS) && tests/core/test_core
	$(CC) $(CORE_FLAGS) $(OPTIMISED) -o tests/core/test_core $(CORE) $(CORE_LIBS) && tests/core/test_core

bench: ## measure speed and memory; QUICK=quick for a trial at small sizes
	mkdir -p bench/build/library
	R CMD INSTALL --preclean --clean --library=bench/build/library .
	bench/run $(QUICK)

check: ## run all tests and R CMD check
	bash .ci/run

format: ## format the C sources
	clang-format -i src/*.c src/*.h tests/core/*.c

lint: ## lint the R sources
	Rscript -e 'lintr::lint_package()'

clean: ## remove what was built
	rm -rf src/*.o src/*.so tests/core/test_core bench/build *.tar.gz *.Rcheck
