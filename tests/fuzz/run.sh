#!/usr/bin/env bash
# Builds the fuzz targets and runs each over its seeds and then on, with what it makes of them.
#   bash tests/fuzz/run.sh [SECONDS a target = 60] [TARGET …]
# What fails is left as build/asan/failed-…; a failure ends with status 1.
set -euo pipefail
cd "$(dirname "$0")/../.."
seconds=${1:-60}
shift || true
targets=("$@")
((${#targets[@]})) || targets=(chat_template gguf graph_json graph_text image package safetensors tokenizer)

cmake --preset asan >/dev/null
cmake --build --preset asan --target "${targets[@]/#/fuzz_}"

seeds_of() {
  case $1 in
    graph_text) echo tests/fuzz/corpus/graph_text examples examples/lib tests/conformance/cases tests/dsl/golden ;;
    image) echo tests/runtime/adapters/image/data ;;
    *) echo tests/fuzz/corpus/"$1" ;;
  esac
}
run_one() {
  local target=$1 folders=() folder
  mkdir -p build/asan/corpus/"$target"
  for folder in $(seeds_of "$target"); do
    [ ! -d "$folder" ] || folders+=("$folder")
  done
  build/asan/bin/fuzz_"$target" -max_total_time="$seconds" -timeout=10 -rss_limit_mb=4096 -max_len=65536 \
    -print_final_stats=1 -artifact_prefix=build/asan/failed-"$target"- \
    build/asan/corpus/"$target" "${folders[@]}" >build/asan/"$target".log 2>&1 || {
    tail -40 build/asan/"$target".log
    return 1
  }
  printf '%-12s %s\n' "$target" "$(grep -E 'number_of_executed_units' build/asan/"$target".log | tr -s ' ')"
}
# As many at a time as there are processors.
running=() status=0
for target in "${targets[@]}"; do
  while (($(jobs -rp | wc -l) >= $(nproc))); do sleep 1; done
  run_one "$target" &
  running+=($!)
done
for pid in "${running[@]}"; do wait "$pid" || status=1; done
exit $status
