#!/usr/bin/env bash
# Unpacks OpenBLAS into bench/build without installing it, so that R's own BLAS stays as it is, and
# prints the path of the library. Needs apt-get; elsewhere set OPENBLAS to the path of a library.
set -euo pipefail
folder="$(cd "$(dirname "${BASH_SOURCE[0]}")" && pwd)/build/openblas"

find_library() { find "$folder" -name libopenblas.so.0 2>/dev/null; }

if [[ -z "$(find_library)" ]]; then
  mkdir -p "$folder"
  cd "$folder"
  apt-get download libopenblas0-pthread >&2
  dpkg -x ./*.deb .
fi
find_library
