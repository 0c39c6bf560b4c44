"""python3 check_schema.py OINF_RUN SCHEMA GRAPH: runs the graph at every trace level, into a file and through a pipe, and
checks the traces against the published schema."""
import json
import os
import subprocess
import sys
import tempfile

import jsonschema


def main(tool, schema_path, graph):
    with open(schema_path, encoding="utf-8") as file:
        schema = json.load(file)
    jsonschema.Draft7Validator.check_schema(schema)
    validator = jsonschema.Draft7Validator(schema)
    wrong = 0
    with tempfile.TemporaryDirectory() as folder:
        for level in ("time", "stats", "digest", "full"):
            path = os.path.join(folder, level + ".json")
            run = [tool, graph, "--input", "x=[[1, 2], [3, 4]]", "--trace-level", level, "--trace"]
            subprocess.run([*run, path], check=True, stdout=subprocess.DEVNULL)
            with open(path, encoding="utf-8") as file:
                traces = [file.read()]
            if level == "time":
                traces.append(subprocess.run([*run, "/dev/stderr"], check=True, capture_output=True, text=True).stderr)
            for text in traces:
                trace = json.loads(text)
                kinds = {event["ph"] for event in trace["traceEvents"]}
                if not kinds >= {"M", "B", "E", "X", "C", "s", "f"}:
                    print(f"{level}: events of these kinds only: {sorted(kinds)}")
                    wrong += 1
                for error in validator.iter_errors(trace):
                    print(f"{level}: /{'/'.join(map(str, error.absolute_path))}: {error.message[:300]}")
                    wrong += 1
    return 1 if wrong else 0


if __name__ == "__main__":
    sys.exit(main(*sys.argv[1:]))
