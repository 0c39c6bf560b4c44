#!/usr/bin/env bash
# Builds with AddressSanitizer and UndefinedBehaviorSanitizer, runs the small suites, then each fuzz target for a while.
#   bash tests/sanitize.sh [SECONDS a fuzz target = 60]
# The whole suite under a sanitizer: cmake --build --preset asan && ctest --preset asan (or tsan).
set -euo pipefail
cd "$(dirname "$0")/.."
bash .ci/setup all
suites=(adapters conformance dsl ir oinf pack text)
targets=(write_every_type oinf-fmt oinf-opt oinf-pack oinf-run oinf-trace)
for source in tests/fuzz/fuzz_*.cpp; do targets+=("$(basename "$source" .cpp)"); done
cmake --preset asan
cmake --build --preset asan --target "${suites[@]/#/test_}" "${targets[@]}"
ctest --preset asan -j "$(nproc)" -R "^($(IFS='|'; echo "${suites[*]}"))(:|\$)"
bash tests/fuzz/run.sh "${1:-60}"
