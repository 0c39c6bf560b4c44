#!/usr/bin/env bash
# From a fresh clone to a tale: installs what the build needs, builds the tools, packs the storyteller's weights into
# one file, and lets them tell.
#
#   bash examples/quickstart.sh                                   a tale
#   bash examples/quickstart.sh "The Golden Bird"                 a tale of that title
#   bash examples/quickstart.sh "The Golden Bird" --seed 7        any options of oinf-run behind the title
set -euo pipefail
cd "$(dirname "$0")/.."

title=${1:-The Fox and the Golden Bird}
(($# == 0)) || shift

bash .ci/setup build
cmake --preset release
cmake --build --preset release --target oinf-pack oinf-run

bin=build/release/bin
model=build/storyteller.oinf
"$bin/oinf-pack" convert examples/storyteller -o "$model"

printf '\n%s\n\n' "$title"
"$bin/oinf-run" "$model" --prompt "$title"$'\n\n' \
  --set temperature=0.7 --set top_p=0.9 --set max_new_tokens=250 "$@"
printf '\n'
