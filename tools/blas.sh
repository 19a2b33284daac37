#!/usr/bin/env bash
# Compares fits, trees and predictions under another BLAS with those under R's own:
#
#   tools/blas.sh /path/to/libopenblas.so.0
#
# The library is put before R's own for one process; nothing is installed.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

other=$(readlink -f "${1:?the file of another BLAS}")
work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/library"
R CMD INSTALL --preclean --clean --no-docs --library="$work/library" . >"$work/log" 2>&1 ||
  { cat "$work/log" >&2; exit 1; }
export R_LIBS="$work/library${R_LIBS:+:$R_LIBS}"
Rscript tools/results.R make "$work/own.rds"
LD_PRELOAD="$other" LD_LIBRARY_PATH="$(dirname "$other")" Rscript tools/results.R make "$work/other.rds"
Rscript tools/results.R compare "$work/own.rds" "$work/other.rds"
