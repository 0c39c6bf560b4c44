"""A model of the registry as a checkpoint of random weights: oinf-pack knows it, its plan is the one that oinf-run --list
gives, and it runs. Arguments: the project's folder, the folder of the tools, a model's name (default: the smallest).
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np

ROOT, BIN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
NAME = sys.argv[3] if len(sys.argv) > 3 else "SmolLM2 135M"
TYPE = "q4_0"


def tool(*arguments):
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def tensors_of(model, family):
    """Names and shapes, spelled out of models.json a second time."""
    config = model["config"]

    def size(text):
        product = 1
        for factor in text.split("*"):
            product *= int(factor) if factor.isdigit() else config[factor]
        return product

    for pattern, dims in family["tensors"].items():
        if pattern == "lm_head.weight" and model["tied"]:
            continue
        for l in range(size(family["layers"]) if "{l}" in pattern else 1):
            yield pattern.replace("{l}", str(l)), [size(d) for d in dims.split()]


def write_checkpoint(folder, model, family):
    """bf16, the same million of random numbers again and again."""
    rng = np.random.RandomState(0)
    piece = ((0.02 * rng.standard_normal(1 << 20)).astype(np.float32).view(np.uint32) >> 16).astype("<u2").tobytes()
    header, at = {}, 0
    for name, shape in tensors_of(model, family):
        size = 2 * int(np.prod(shape))
        header[name] = {"dtype": "BF16", "shape": shape, "data_offsets": [at, at + size]}
        at += size
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(folder / "model.safetensors", "wb") as out:
        out.write(struct.pack("<Q", len(text)) + text)
        while at > 0:
            out.write(piece[:min(at, len(piece))])
            at -= min(at, len(piece))
    config = {"model_type": model["architecture"], "architectures": ["Any"], "tie_word_embeddings": model["tied"]}
    for key, value in model["config"].items():
        inner = config
        *outer, last = key.split(".")
        for part in outer:
            inner = inner.setdefault(part, {})
        inner[last] = value
    (folder / "config.json").write_text(json.dumps(config))


def main():
    registry = json.loads((ROOT / "oinf/registry/models.json").read_text())
    model = next(m for m in registry["models"] if m["name"] == NAME)
    listed = next(m for m in json.loads(tool(BIN / "oinf-run", "--list", "--json"))["models"] if m["name"] == NAME)
    with tempfile.TemporaryDirectory() as name:
        work = pathlib.Path(name)
        (work / "model").mkdir()
        write_checkpoint(work / "model", model, registry["architectures"][model["architecture"]])
        # Vectors stay as they are: as many bytes in bf16 as in the f16 of the list.
        tool(BIN / "oinf-pack", "convert", work / "model", "-o", work / "m.oinf", "--quantize", TYPE)
        shown = json.loads(tool(BIN / "oinf-pack", "inspect", work / "m.oinf", "--json"))
        assert shown["model"]["name"] == NAME, shown["model"]
        assert shown["parameters"] == listed["parameters"]
        for kind, taken in listed["bytes"].items():  # without scalars and what panels fill up
            assert abs(shown["model"]["bytes"][kind] - taken["weights"]) < taken["weights"] / 1000, kind
        assert "model %s, as %s; its weights are " % (NAME, model["from"]) in tool(BIN / "oinf-pack", "inspect", work / "m.oinf")
        plan = json.loads(tool(BIN / "oinf-run", work / "m.oinf", "--plan", "--json"))["bytes"]
        expected = listed["bytes"][TYPE]
        for ours, theirs in (("weights_mapped", "weights"), ("caches", "caches"), ("total", "total")):
            assert plan[ours] == expected[theirs], (ours, plan[ours], expected[theirs])
        tool(BIN / "oinf-run", work / "m.oinf", "--input", "tokens=@[1, 2, 3]", "--set", "max_new_tokens=2", "--output",
             "next=%s" % (work / "next.npy"))
        assert np.load(work / "next.npy").size == 2
    print("%s: %d parameters, a plan of %d bytes as %s" % (NAME, listed["parameters"], expected["total"], TYPE))


main()
