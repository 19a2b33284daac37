#!/usr/bin/env bash
# What a session can do to a fit, and the other way round: 50 interrupts by signal, interrupts of all
# calls that take long, forks after threads, and no memory left. Needs /proc and a POSIX shell.
set -euo pipefail
cd "$(dirname "${BASH_SOURCE[0]}")/.."

work=$(mktemp -d)
trap 'rm -rf "$work"' EXIT
mkdir "$work/library"
R CMD INSTALL --preclean --clean --no-docs --library="$work/library" . >"$work/log" 2>&1 ||
  { cat "$work/log" >&2; exit 1; }
export R_LIBS="$work/library${R_LIBS:+:$R_LIBS}"

Rscript tools/interrupt.R signals
Rscript tools/interrupt.R calls
timeout 120 Rscript tools/interrupt.R forks || { echo "forked fits hang or fail" >&2; exit 1; }

# Room for R and the data, but not for the fit's matrices beside them.
(ulimit -v 1200000 && Rscript tools/interrupt.R memory)
