#!/usr/bin/env bash
# Tests the package built or run in another way, apart from any installed copy:
#
#   tools/variant.sh clang|serial|sanitized|fuzz|valgrind|gctorture|coverage [FILTER]
#
# FILTER picks test files by their name, as in testthat::test_dir(). What a checker has to say, and
# nothing else, fails the run besides failing tests.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

variant=${1:?}
filter=${2:-}
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT

die() { echo "$*" >&2; exit 1; }

# Installs the package into $work/library with the lines of Makevars given, after R's own settings.
install_with() {
  mkdir "$work/library"
  printf '%s\n' "$@" >"$work/Makevars"
  R_MAKEVARS_USER="$work/Makevars" R CMD INSTALL --preclean --clean --no-docs --no-test-load \
    "${install_options[@]}" --library="$work/library" . >"$work/install.log" 2>&1 ||
    { cat "$work/install.log" >&2; die "$variant: the package could not be installed"; }
  if grep "warning:" "$work/install.log"; then die "$variant: the compiler warns"; fi
  export R_LIBS="$work/library${R_LIBS:+:$R_LIBS}"
}

# Runs an R script on the package built with the sanitizers.
under_sanitizers() {
  install_with "CFLAGS = -g -O1 -fno-omit-frame-pointer -fsanitize=address,undefined" \
    "LDFLAGS = -fsanitize=address,undefined"
  # R's own leaks at its end are not the package's, and longjmp is how R leaves on errors.
  export ASAN_OPTIONS=detect_leaks=0 UBSAN_OPTIONS=print_stacktrace=1
  LD_PRELOAD=$(gcc -print-file-name=libasan.so) Rscript "$@" 2>&1 | tee "$work/log"
  if grep -E "runtime error|AddressSanitizer" "$work/log"; then die "$variant: see above"; fi
}

install_options=()
export NOT_CRAN=true
case "$variant" in
  clang)
    install_with "CC = ${CLANG:-clang}" "SHLIB_OPENMP_CFLAGS =" \
      "CFLAGS = -g -O2 -Wall -Wextra -Wpedantic -Wno-unknown-pragmas"
    Rscript tools/test.R "$filter"
    ;;
  serial)
    install_with "SHLIB_OPENMP_CFLAGS =" "CFLAGS = -g -O2 -Wall -Wno-unknown-pragmas"
    Rscript tools/test.R "$filter"
    ;;
  sanitized) under_sanitizers tools/test.R "$filter" ;;
  fuzz) under_sanitizers tools/fuzz.R ;;
  valgrind)
    install_with "CFLAGS = -g -O1"
    # What is only possibly lost are the stacks of OpenMP's threads. Forked children log apart.
    R -d "valgrind --leak-check=full --show-leak-kinds=definite --errors-for-leak-kinds=definite \
      --log-file=$work/valgrind.%p" --vanilla --no-echo -f tools/test.R --args "$filter"
    cat "$work"/valgrind.* | grep -E "definitely lost|ERROR SUMMARY"
    if cat "$work"/valgrind.* | grep -q "ERROR SUMMARY: [1-9]"; then
      cat "$work"/valgrind.* >&2
      die "valgrind: see above"
    fi
    ;;
  gctorture)
    # Byte-compiled code would call the routines past the script.
    install_options=(--no-byte-compile)
    install_with "CFLAGS = -g -O1"
    R_ENABLE_JIT=0 Rscript tools/gctorture.R
    ;;
  coverage)
    Rscript tools/coverage.R
    ;;
  *) die "no such variant: $variant" ;;
esac
