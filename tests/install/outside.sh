#!/usr/bin/env bash
# BUILD SOURCE CXX
set -euo pipefail
build=$1 source=$2 cxx=$3
prefix=$build/installed
rm -rf "$prefix" "$build/outside"
cmake --install "$build" --prefix "$prefix" > /dev/null
cmake -S "$source/examples/cpp" -B "$build/outside" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$cxx" > /dev/null
cmake --build "$build/outside" > /dev/null
"$prefix/bin/oinf-pack" convert "$source/examples/storyteller" -o "$build/outside/storyteller.oinf" > /dev/null
out=$(LD_LIBRARY_PATH=$prefix/lib:$prefix/lib/x86_64-linux-gnu "$build/outside/tell" "$build/outside/storyteller.oinf" "The Fox and the Crow")
echo "$out"
test "$(wc -w <<< "$out")" -gt 10
# A model that is not there is refused with the package's status.
status=0
LD_LIBRARY_PATH=$prefix/lib "$build/outside/tell" "$build/outside/nothing.oinf" "x" 2> /dev/null || status=$?
test "$status" -eq 4
# Every part of the API.
cmake -S "$source/tests/install/api" -B "$build/outside/api" -DCMAKE_PREFIX_PATH="$prefix" -DCMAKE_CXX_COMPILER="$cxx" > /dev/null
cmake --build "$build/outside/api" > /dev/null
LD_LIBRARY_PATH=$prefix/lib:$prefix/lib/x86_64-linux-gnu "$build/outside/api/api" "$source/tests/install/api/api.graph"
# Completions stand where the shells look.
test -f "$prefix/share/bash-completion/completions/oinf-run"
test -f "$prefix/share/fish/vendor_completions.d/oinf-pack.fish"
test -f "$prefix/share/zsh/site-functions/_openinfer"
