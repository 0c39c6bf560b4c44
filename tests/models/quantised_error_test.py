"""Runs with quantised weights against float64 on the same weights, dequantised: docs/numerics.md, "Error of quantised
weights". Arguments: the project's folder, the folder of the tools; --print shows what was measured.

One product: every element within the bound that follows from the rounding of activations, for all block types. Whole
models: logits of every position within the budget of their type, on blocks of random bits for all types, and on the
storyteller for those that oinf-pack quantises to.
"""
import json
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy as np

ROOT, BIN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
sys.path.insert(0, str(ROOT / "tests/models"))
from make_small_models import llama_kin, read_safetensors  # noqa: E402

WORK = pathlib.Path(tempfile.mkdtemp())

# GGUF's number of a type, weights and bytes of a block, where its f16 factors stand (scale first), and the standard
# deviation of its weights for a scale of 1; the minimum's factor makes their mean 0.
TYPES = {
    "q4_0": (2, 32, 18, [0], 4.6, None), "q4_1": (3, 32, 20, [0, 2], 4.6, -7.5),
    "q5_0": (6, 32, 22, [0], 9.2, None), "q5_1": (7, 32, 24, [0, 2], 9.2, -15.5),
    "q8_0": (8, 32, 34, [0], 74.0, None), "q2_k": (10, 256, 84, [80, 82], 15.0, 1.5),
    "q3_k": (11, 256, 110, [108], 42.0, None), "q4_k": (12, 256, 144, [0, 2], 210.0, 7.5),
    "q5_k": (13, 256, 176, [0, 2], 430.0, 15.5), "q6_k": (14, 256, 210, [208], 1360.0, None),
    "iq4_nl": (20, 32, 18, [0], 67.0, None), "iq4_xs": (23, 256, 136, [0], 1240.0, None),
}
# The largest share of the logits' root mean square that the error's may have, on random bits and on the storyteller:
# docs/numerics.md. What is rounded are activations, the same for all types; f16 weights leave them as they are.
RANDOM_BUDGET, STORY_BUDGET, FLOAT_BUDGET = 0.03, 0.0075, 2e-6
SHOW = "--print" in sys.argv


def tool(*arguments):
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


def blocks(name, rows, columns, rng):
    """Random bits with factors that give weights of variance 1 / columns."""
    _, weights, size, factors, deviation, minimum = TYPES[name]
    raw = rng.randint(0, 256, (rows * columns // weights, size)).astype(np.uint8)
    scale = rng.uniform(0.7, 1.3, len(raw)) / deviation / np.sqrt(columns)
    for at, factor in zip(factors, (1.0, minimum)):
        raw[:, at:at + 2] = (scale * factor).astype("<f2")[:, None].view(np.uint8)
    return raw.tobytes()


def gguf(path, keys, tensors):
    """keys: name to (type, packed value); tensors: name to (type, shape, bytes)."""
    text = lambda s: struct.pack("<Q", len(s)) + s.encode()  # noqa: E731
    head = struct.pack("<4sIQQ", b"GGUF", 3, len(tensors), len(keys))
    for name, (kind, value) in keys.items():
        head += text(name) + struct.pack("<I", kind) + value
    data = b""
    for name, (kind, shape, raw) in tensors.items():
        head += text(name) + struct.pack("<I", len(shape)) + struct.pack("<%dQ" % len(shape), *reversed(shape))
        head += struct.pack("<IQ", kind, len(data))
        data += raw + b"\0" * (-len(raw) % 32)
    path.write_bytes(head + b"\0" * (-len(head) % 32) + data)


def string(s):
    return 8, struct.pack("<Q", len(s)) + s.encode()


def dequantised(package):
    """Every tensor of a package in float64."""
    weights = {}
    for t in json.loads(tool(BIN / "oinf-pack", "inspect", package, "--json"))["tensors"]:
        file = WORK / "tensor.npy"
        tool(BIN / "oinf-pack", "extract", package, t["name"], "-o", file)
        weights[t["name"]] = np.load(file).astype(np.float64)
    return weights


def one_product(name, rng):
    rows, columns, tokens = 48, 512, 9
    gguf(WORK / "w.gguf", {"general.architecture": string("product")},
         {"w": (TYPES[name][0], (rows, columns), blocks(name, rows, columns, rng))})
    (WORK / "w.graph").write_text("dynamic { x: f32[T, %d]; }\nconstant { w: auto[%d, %d] @ref(\"w\"); }\n"
                                  "block entry { op linear(x, w) >> y: f32[T, %d]; emit y; }\n"
                                  % (columns, rows, columns, rows))
    tool(BIN / "oinf-pack", "convert", WORK / "w.gguf", "-o", WORK / "w.oinf", "--graph", WORK / "w.graph")
    w = dequantised(WORK / "w.oinf")["w"]
    assert w.std() > 0.5 / np.sqrt(columns), name
    x = (rng.standard_normal((tokens, columns)) * np.exp(rng.standard_normal((tokens, columns)))).astype(np.float32)
    np.save(WORK / "x.npy", x)
    tool(BIN / "oinf-run", WORK / "w.graph", WORK / "w.oinf", "--input", "x=@%s" % (WORK / "x.npy"), "--output",
         "y=%s" % (WORK / "y.npy"))
    error = np.abs(np.load(WORK / "y.npy") - x.astype(np.float64) @ w.T)
    # Half a step of each group times the sum of its weights' sizes, and what f32 adds in 512 steps.
    step = np.abs(x).reshape(tokens, -1, 32).max(axis=2) / 127
    sizes = np.abs(w).reshape(rows, -1, 32).sum(axis=2)
    bound = step @ sizes.T / 2 + 512 * 2.0 ** -24 * (np.abs(x) @ np.abs(w).T)
    worst = float((error / bound).max())
    assert worst <= 1, "%s: an element is %.2f times the bound off" % (name, worst)
    assert worst > 0.01, "%s: nothing was rounded, so nothing was tested" % name
    return worst


def model_error(name, package, config, ids, budget):
    out = tool(BIN / "oinf-run", ROOT / "tests/models/graphs/llama_logits.graph", package, "--entry", "answer", "--input",
               "ids=%s" % json.dumps([int(i) for i in ids]), "--input", "piece=1", "--set", "max_new_tokens=0", "--json")
    logits = np.array([json.loads(line)["value"][0] for line in out.splitlines()], np.float64)
    right = llama_kin(config, dequantised(package), ids)
    assert logits.shape == right.shape
    error = float(np.sqrt(((logits - right) ** 2).mean() / (right ** 2).mean()))
    assert error <= budget, "%s: %.2g of the logits, more than %.2g" % (name, error, budget)
    return error


def random_model(name, rng):
    D, F, H, G, d, V, L = 256, 512, 4, 2, 64, 256, 2
    config = {"model_type": "llama", "hidden_size": D, "num_attention_heads": H, "num_key_value_heads": G, "head_dim": d,
              "num_hidden_layers": L, "rms_norm_eps": 1e-5, "rope_theta": 10000.0}
    u32 = lambda n: (4, struct.pack("<I", n))  # noqa: E731
    f32 = lambda v: (6, struct.pack("<f", v))  # noqa: E731
    keys = {"general.architecture": string("llama"), "llama.block_count": u32(L), "llama.context_length": u32(64),
            "llama.embedding_length": u32(D), "llama.feed_forward_length": u32(F), "llama.attention.head_count": u32(H),
            "llama.attention.head_count_kv": u32(G), "llama.attention.key_length": u32(d), "llama.vocab_size": u32(V),
            "llama.rope.dimension_count": u32(d), "llama.attention.layer_norm_rms_epsilon": f32(1e-5),
            "llama.rope.freq_base": f32(10000.0)}
    matrix = lambda n, k: (TYPES[name][0], (n, k), blocks(name, n, k, rng))  # noqa: E731
    norm = lambda: (0, (D,), (1 + 0.2 * rng.standard_normal(D)).astype("<f4").tobytes())  # noqa: E731
    tensors = {"token_embd.weight": matrix(V, D), "output_norm.weight": norm(), "output.weight": matrix(V, D)}
    for l in range(L):
        tensors |= {"blk.%d.%s.weight" % (l, part): made for part, made in {
            "attn_norm": norm(), "attn_q": matrix(H * d, D), "attn_k": matrix(G * d, D), "attn_v": matrix(G * d, D),
            "attn_output": matrix(D, H * d), "ffn_norm": norm(), "ffn_gate": matrix(F, D), "ffn_up": matrix(F, D),
            "ffn_down": matrix(D, F)}.items()}
    gguf(WORK / "m.gguf", keys, tensors)
    tool(BIN / "oinf-pack", "convert", WORK / "m.gguf", "-o", WORK / "m.oinf")
    return model_error(name, WORK / "m.oinf", config, rng.randint(0, V, 24), RANDOM_BUDGET)


def main():
    measured = {}
    for name in TYPES:
        rng = np.random.RandomState(TYPES[name][0])
        measured[name] = [one_product(name, rng), random_model(name, rng), None]
    story = ROOT / "examples/storyteller"
    config = json.loads((story / "config.json").read_text())
    ids = np.random.RandomState(1).randint(3, 2000, 24)
    for name in ("f16", "q8_0", "q4_0", "q4_1", "q4_k", "q6_k"):
        option = ["--dtype", name] if name == "f16" else ["--quantize", name]
        tool(BIN / "oinf-pack", "convert", story, "-o", WORK / "s.oinf", *option)
        measured.setdefault(name, [None, None, None])[2] = model_error(
            name, WORK / "s.oinf", config, ids, FLOAT_BUDGET if name == "f16" else STORY_BUDGET)
    for name, row in measured.items():
        if SHOW:
            print("%-7s" % name, *("%10s" % ("-" if v is None else "%.2g" % v) for v in row))


main()
