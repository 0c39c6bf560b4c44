#!/usr/bin/env bash
# Do the NEON kernels have the bits of this machine's? neon.sh SOURCE BUILD ISA_HASHES
# Builds isa_hashes for AArch64 with a cross compiler, runs it under an emulator, and compares its lines with those of
# the native one. Exit status 77 (skipped) where the compiler or the emulator is missing.
set -euo pipefail
source=$1 build=$2 native=$3
cxx=aarch64-linux-gnu-g++
emulator=$(command -v qemu-aarch64-static || command -v qemu-aarch64 || true)
if ! command -v "$cxx" >/dev/null || [ -z "$emulator" ]; then
  echo "SKIPPED: needs $cxx and qemu-aarch64 (Debian: g++-aarch64-linux-gnu qemu-user-static)"
  exit 77
fi

out=$build/neon
mkdir -p "$out"
cd "$source"
flags=(-std=c++20 -O2 -ffp-contract=off -fno-math-errno -Wall -Wextra -Wno-psabi -I. -I"$build")
objects=()
jobs_file=$out/jobs
: >"$jobs_file"
add() {  # add OBJECT SOURCE FLAGS…
  local object=$out/$1 file=$2
  shift 2
  objects+=("$object")
  echo "$cxx ${flags[*]} $* -c $file -o $object" >>"$jobs_file"
}
for file in ops/cpu/*.cpp; do
  name=$(basename "$file" .cpp)
  case $name in
    faults | lists | machine) add "$name.o" "$file" ;;
    *) add "$name.neon.o" "$file" -DOINF_ISA_NEON && add "$name.portable.o" "$file" ;;
  esac
done
for file in ops/parallel.cpp ops/math/*.cpp ir/shape.cpp ir/dtype.cpp ir/panel16.cpp ir/block_code.cpp tests/ops/cpu/isa_hashes.cpp; do
  add "$(basename "$file" .cpp).o" "$file"
done
xargs -P "$(nproc)" -I{} bash -c '{}' <"$jobs_file"
"$cxx" -static "${objects[@]}" -o "$out/isa_hashes"

"$emulator" "$out/isa_hashes" >"$out/aarch64.txt"
"$native" >"$out/native.txt"
diff "$out/native.txt" "$out/aarch64.txt"
echo "$(wc -l <"$out/aarch64.txt") cases, the same bits on AArch64 and here"
