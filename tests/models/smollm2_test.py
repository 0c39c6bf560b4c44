"""SmolLM2-135M-Instruct as people have it: from GGUF to the answers that another runtime gave (data/smollm2.json).

Prompts must become the same ids. Answers may part where two tokens are nearly even, since runtimes round differently:
there the margin, ours against theirs in our own logits, is shown and must be small. Exit status 77 (skipped) where the
model cannot be fetched. Arguments: the project's folder, the folder of the tools.
"""
import json
import pathlib
import re
import subprocess
import sys
import tempfile

import numpy

ROOT, BIN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
WORK = pathlib.Path(tempfile.mkdtemp())
NEAR_TIE = 0.5  # of logits whose standard deviation is 3.4


def tool(*arguments, **more):
    return subprocess.run(list(map(str, arguments)), check=True, capture_output=True, text=True, **more).stdout


def fetched():
    package = ROOT / "build" / "smollm2.oinf"
    try:
        done = subprocess.run(["bash", ROOT / "examples/smollm2/chat.sh", "--fetch"], capture_output=True, text=True,
                              timeout=400)
        reason = done.stderr.strip().splitlines()[-1:] if done.returncode else []
    except subprocess.TimeoutExpired:
        reason = ["it took too long"]
    if not package.exists():
        print("SKIPPED: SmolLM2 cannot be fetched:", *reason)
        sys.exit(77)
    return package


def read_only_graph():
    """examples/llama.graph, stopped at the logits of what follows its input."""
    text = (ROOT / "examples/llama.graph").read_text()
    text = re.sub(r'include "', 'include "%s/examples/' % ROOT, text)
    head, loop = text.split("  loop generate")
    graph = WORK / "logits.graph"
    graph.write_text(head + "  emit logits;\n}\n")
    assert "stop" in loop
    return graph


def logits(package, graph, ids):
    numpy.save(WORK / "ids.npy", numpy.array(ids, "i4"))
    tool(BIN / "oinf-run", graph, package, "--input", "tokens=@%s" % (WORK / "ids.npy"), "--output",
         "logits=%s" % (WORK / "logits.npy"))
    return numpy.load(WORK / "logits.npy").reshape(-1)


package = fetched()
graph = read_only_graph()
same = parted = 0
for case in json.loads((ROOT / "tests/models/data/smollm2.json").read_text()):
    messages = json.dumps({"messages": [{"role": "user", "content": case["question"]}], "add_generation_prompt": True})
    prompt = tool(BIN / "oinf-pack", "render", package, input=messages)
    assert prompt == case["prompt"], (prompt, case["prompt"])
    ids = json.loads(tool(BIN / "oinf-pack", "tokenize", package, "--special", input=json.dumps(prompt) + "\n"))
    assert ids == case["prompt_ids"], (ids, case["prompt_ids"])
    for place, token in enumerate(case["greedy_ids"]):
        found = logits(package, graph, ids)
        ours = int(found.argmax())
        margin = float(found[ours] - found[token])
        if ours == token:
            same += 1
        else:
            parted += 1
            print("%s: token %d is %d here and %d there, margin %.3f" % (case["question"], place, ours, token, margin))
            assert margin < NEAR_TIE, "not a near tie"
        ids.append(token)  # theirs, so that every token of theirs is judged
print("%d tokens as the other runtime, %d at near ties" % (same, parted))
assert same > 5 * parted
