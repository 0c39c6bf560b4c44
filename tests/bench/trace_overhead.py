#!/usr/bin/env python3
"""What a trace costs: runs a model with and without one in turns, and prints the ratio of their times with its spread.

  python3 tests/bench/trace_overhead.py build/storyteller.oinf [--rounds 20] [--threads 1] [--level time]

Each pair is one run with `oinf-run --bench` and one with --trace beside it, which comes first changes from pair to pair.
A pair's ratio is that of the fastest rep of each; `fastest` is that of the fastest rep of all pairs, which other work of the
machine disturbed least.
"""
import argparse
import json
import os
import statistics
import subprocess
import tempfile


def figures(tool, options, trace):
    command = [tool, *options, "--bench", "--json"] + (["--trace", trace[0], "--trace-level", trace[1]] if trace else [])
    return json.loads(subprocess.run(command, check=True, capture_output=True, text=True).stdout)


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model")
    parser.add_argument("--tool", default="build/release/bin/oinf-run")
    parser.add_argument("--rounds", type=int, default=20)
    parser.add_argument("--reps", type=int, default=5)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--prompt", type=int, default=64)
    parser.add_argument("--generate", type=int, default=64)
    parser.add_argument("--level", default="time")
    arguments = parser.parse_args()
    options = [arguments.model, "--bench-prompt", str(arguments.prompt), "--bench-generate", str(arguments.generate),
               "--threads", str(arguments.threads), "--reps", str(arguments.reps)]
    ratios = {"total_time_s": [], "avg_token_time_s": [], "min_token_time_s": []}
    fastest = {figure: {False: [], True: []} for figure in ratios}
    with tempfile.TemporaryDirectory() as folder:
        trace = (os.path.join(folder, "run.json"), arguments.level)
        for pair in range(arguments.rounds):
            runs = {}
            for traced in (False, True) if pair % 2 == 0 else (True, False):
                runs[traced] = figures(arguments.tool, options, trace if traced else None)
            for figure, list_ in ratios.items():
                list_.append(runs[True][figure]["min"] / runs[False][figure]["min"])
                for traced, run in runs.items():
                    fastest[figure][traced].append(run[figure]["min"])
        size = os.path.getsize(trace[0])
    print(f"{arguments.rounds} pairs, {arguments.threads} threads, level {arguments.level}, trace {size / 1e6:.1f} MB, "
          f"a token {min(fastest['avg_token_time_s'][False]) * 1e6:.0f} us")
    for figure, list_ in ratios.items():
        low, middle, high = statistics.quantiles(list_, n=4)
        best = min(fastest[figure][True]) / min(fastest[figure][False])
        print(f"{figure}: with / without {middle:.4f} (quartiles {low:.4f} ... {high:.4f}), fastest {best:.4f}")


if __name__ == "__main__":
    main()
