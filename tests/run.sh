#!/usr/bin/env bash
# Builds everything and runs all tests. Ends with ctest's summary.
set -euo pipefail
cd "$(dirname "$0")/.."
bash .ci/setup
cmake --preset release
cmake --build --preset release
ctest --preset release -j "$(nproc)"
