#!/usr/bin/env bash
# Tests the package in locales with other rules of case, order and decimal mark. Those that the
# machine lacks are made, in a folder of their own.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/library" "$work/locales"
R CMD INSTALL --preclean --clean --no-docs --library="$work/library" . >"$work/log" 2>&1 ||
  { cat "$work/log" >&2; exit 1; }
for name in tr_TR de_DE; do
  localedef --inputfile="$name" --charmap=UTF-8 "$work/locales/$name.UTF-8"
done

status=0
for name in C C.UTF-8 tr_TR.UTF-8 de_DE.UTF-8; do
  echo "== $name"
  # The C library looks nowhere else for locales once LOCPATH is set.
  if [[ -d "$work/locales/$name" ]]; then export LOCPATH="$work/locales"; else unset LOCPATH; fi
  LC_ALL="$name" LANGUAGE=en NOT_CRAN=true R_LIBS="$work/library${R_LIBS:+:$R_LIBS}" \
    Rscript tools/test.R || status=1
done
exit $status
