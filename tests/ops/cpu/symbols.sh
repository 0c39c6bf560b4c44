#!/usr/bin/env bash
# Code for one instruction set must not leak into the rest of the program: a weak symbol of these objects may be the one
# that the linker keeps, and then a processor without that instruction set meets it. symbols.sh NAMESPACE OBJECT…
set -euo pipefail
namespace=$1
shift
command -v nm >/dev/null || { echo "SKIPPED: needs nm"; exit 77; }
(($# > 0)) || { echo "no objects"; exit 1; }
symbols=$(nm -C "$@" | grep -cE ' [TtWV] .*openinfer::'"$namespace"'::' || true)
leaks=$(nm -C "$@" | grep -E ' [WVu] ' | grep -vE "openinfer::$namespace::|DW\.ref|__odr_asan|__asan|__ubsan|__tsan|\.L" || true)
if [ -n "$leaks" ]; then
  printf 'symbols of %s objects that others may be given:\n%s\n' "$namespace" "$leaks"
  exit 1
fi
((symbols > 0)) || { echo "the objects hold no kernel of $namespace"; exit 1; }
echo "$symbols symbols, all in $namespace"
