"""Packages of this release, read by oinf_reader.py and compared with what they were made of and with what oinf-pack says.
Arguments: write_every_type, oinf-pack, the project's folder."""
import json
import math
import pathlib
import struct
import subprocess
import sys
import tempfile

import numpy

import oinf_reader
from oinf_reader import BLOCK, NAMES, Package, Refused

WRITE, PACK, ROOT = sys.argv[1], sys.argv[2], pathlib.Path(sys.argv[3])
FOLDER = pathlib.Path(tempfile.mkdtemp())
checks = 0


def check(condition, what):
    global checks
    checks += 1
    if not condition:
        raise SystemExit("failed: " + what)


def pack(*arguments):
    return subprocess.run([PACK, *map(str, arguments)], check=True, capture_output=True).stdout


def same(a, b):
    """Bit for bit but for the bits of a NaN."""
    return a.shape == b.shape and numpy.array_equal(a.astype("f8"), b.astype("f8"), equal_nan=True)


def compare_with_tool(package, path):
    """All that oinf-pack tells of a package."""
    said = json.loads(pack("inspect", path, "--json"))
    check(said["hash"] == package.hash.hex(), "hash")
    check(said["architecture"] == package.architecture, "architecture")
    check(said["sizes"] == package.sizes, "sizes")
    check(said["metadata"] == package.metadata, "metadata")
    check(said["labels"] == package.labels, "labels")
    check([t["name"] for t in said["tensors"]] == package.tensors(), "names of tensors")
    for t in said["tensors"]:
        check((t["type"], tuple(t["shape"]), t["layout"]) == package.type_of(t["name"]), "form of " + t["name"])
    check(said["graph"] == [name for name, _ in package.graph()], "names of graphs")
    check(said["provenance"]["options"] == package.options, "options")
    check([(s["name"], s["bytes"], s["hash"]) for s in said["provenance"]["sources"]]
          == [(name, size, sum_.hex()) for name, size, sum_ in package.sources], "sources")
    pack("extract", path, "--graph", "-o", FOLDER / "graphs")
    for name, text in package.graph():
        check((FOLDER / "graphs" / name).read_bytes().decode("utf-8") == text, "graph " + name)
    tokenizer = package.tokenizer()
    check((tokenizer is None) == (said["tokenizer"] is None), "whether there is a tokenizer")
    if tokenizer:
        told = json.loads(pack("extract", path, "--tokenizer"))
        check([t.encode("utf-8") for t in told["vocabulary"]] == tokenizer["vocabulary"], "vocabulary")
        check([tuple(m) for m in told["merges"]] == tokenizer["merges"], "merges")
        check([a["content"] for a in told["added"]] == [a[2] for a in tokenizer["added"]], "added tokens")
        check(told.get("chat_template", "") == tokenizer["chat_template"], "chat template")


def blocks_of(size, stored, *halves):
    """Blocks as rows of bytes, and f16 numbers of theirs as columns."""
    blocks = stored.reshape(-1, size)
    return blocks, *(blocks[:, at : at + 2].copy().view("<f2").astype("f4") for at in halves)


def nibbles(packed):
    return numpy.concatenate([packed & 15, packed >> 4], axis=1).astype("f4")


def q8_0(stored):
    blocks, d = blocks_of(34, stored, 0)
    return d * blocks[:, 2:].copy().view("i1").astype("f4")


def q4_0(stored):
    blocks, d = blocks_of(18, stored, 0)
    return d * (nibbles(blocks[:, 2:]) - 8)


def q4_1(stored):
    blocks, d, m = blocks_of(20, stored, 0, 2)
    return d * nibbles(blocks[:, 4:]) + m


# ggml's definitions, written out here for those that are short.
BLOCKS_OF_32 = {"q8_0": q8_0, "q4_0": q4_0, "q4_1": q4_1}


def compare_tensor_with_tool(package, path, name):
    pack("extract", path, name, "-o", FOLDER / "tensor.npy")
    told = numpy.load(FOLDER / "tensor.npy")
    kind, shape, _ = package.type_of(name)
    if kind in [NAMES[tag] for tag in BLOCK]:
        check((told.dtype, told.shape) == (numpy.float32, shape), "form of the values of " + name)
        if kind in BLOCKS_OF_32:
            stored = numpy.frombuffer(package.stored(name), "u1")
            check(same(told, BLOCKS_OF_32[kind](stored).reshape(shape)), "values of " + name)
    else:
        check(same(told, package.tensor(name)), "values of " + name)
    shown = json.loads(pack("inspect", path, name, "--json"))
    first = [v if isinstance(v, int) or math.isfinite(v) else str(v) for v in told.reshape(-1)[:16].tolist()]
    check(shown["values"] == first, "shown values of " + name)
    check(shown["nan"] == numpy.isnan(told.astype("f8")).sum(), "NaNs of " + name)


def every_type():
    path = FOLDER / "every.oinf"
    subprocess.run([WRITE, str(path)], check=True)
    package = Package(path)
    compare_with_tool(package, path)
    found = set()
    for number, name in enumerate(package.tensors()):
        kind, shape, layout = package.type_of(name)
        found.add((kind, layout))
        stored = package.stored(name)
        pattern = (31 * numpy.arange(len(stored)) + 7 * number + 5) % 256
        if kind == "bool":
            pattern = pattern % 2
        check(stored == pattern.astype("u1").tobytes(), "bytes of " + name)
        compare_tensor_with_tool(package, path, name)
    check({kind for kind, _ in found} == set(NAMES.values()), "every type")
    blocks = {NAMES[tag] for tag in BLOCK}
    check({kind for kind, layout in found if layout == "panel16"} == {"f32", "f16", "bf16", "i8"} | blocks,
          "every type that has panels")
    check(package.metadata["names"] == ["x", "", "ü"] and package.sizes["größe"] == -3, "UTF-8")
    check(package.graph()[1] == ("lib/x.graph", "// nothing\n"), "the second graph")
    quantised(package)
    damaged(path)


def quantised(package):
    """The page's sentence, element by element, on parameters that are cut out of the file here."""
    def parameter(name, which, i, j):
        tensor = package._tensors[name]
        granularity, tag, axis, _, _, group = tensor["parameters"][which]
        if granularity == 0:
            return 0.0
        n = {1: 0, 2: (i, j)[axis], 3: i * math.ceil(5 / max(group, 1)) + j // max(group, 1)}[granularity]
        data = package._bytes(tensor["payloads"][1 + which])
        kind = NAMES[tag]
        if kind in ("i4", "u4"):
            nibble = data[n // 2] >> 4 * (n % 2) & 15
            return float(nibble - 16 if kind == "i4" and nibble > 7 else nibble)
        if kind == "bf16":
            return struct.unpack("<f", b"\0\0" + data[2 * n : 2 * n + 2])[0]
        form = {"f32": "f", "f16": "e", "u8": "B"}[kind]
        return float(struct.unpack_from("<" + form, data, n * struct.calcsize(form))[0])

    for name in ("q1", "q2", "q3", "q4", "q5"):
        q = package.tensor(name)
        expected = [[parameter(name, 0, i, j) * (float(q[i, j]) - parameter(name, 1, i, j)) for j in range(5)]
                    for i in range(3)]
        check(same(numpy.array(expected), package.dequantised(name)), "dequantised " + name)
    check(package.dequantised("f32") is None, "no quantisation")


def refusal(path):
    try:
        package = Package(path)
        for name in package.tensors():
            package.tensor(name)
            package.dequantised(name)
        package.graph()
        package.tokenizer()
    except Refused as error:
        return str(error)[:5]
    return ""


def damaged(path):
    whole = path.read_bytes()
    other = FOLDER / "damaged.oinf"
    step = max(1, len(whole) // 300)
    for at in list(range(64)) + list(range(64, len(whole), step)):
        other.write_bytes(whole[:at] + bytes([whole[at] ^ 1]) + whole[at + 1 :])
        check(refusal(other) != "", "a flipped bit at %d" % at)
    for size in (0, 63, 64, len(whole) // 2, len(whole) - 1):
        other.write_bytes(whole[:size])
        check(refusal(other) == "P0002", "a file of %d bytes" % size)
    other.write_bytes(whole + b"\0")
    check(refusal(other) == "P0002", "a byte too many")


def safetensors(path):
    data = path.read_bytes()
    size = struct.unpack_from("<Q", data)[0]
    for name, entry in json.loads(data[8 : 8 + size]).items():
        if name == "__metadata__":
            continue
        begin, end = (8 + size + at for at in entry["data_offsets"])
        yield name, entry["dtype"], tuple(entry["shape"]), data[begin:end]


def storyteller():
    source, path = ROOT / "examples/storyteller", FOLDER / "story.oinf"
    pack("convert", source, "-o", path)
    package = Package(path)
    compare_with_tool(package, path)
    names = []
    for name, kind, shape, data in safetensors(source / "model.safetensors"):
        names.append(name)
        check(package.type_of(name)[:2] == (kind.lower(), shape), "form of " + name)
        check(package.stored(name) == data, "bytes of " + name)
    check(sorted(names) == sorted(package.tensors()), "all tensors")
    check(any(package.type_of(name)[2] == "panel16" for name in names), "some in panels")
    for key, value in json.loads((source / "config.json").read_text()).items():
        if isinstance(value, int) and not isinstance(value, bool):
            check(package.sizes[key] == value and package.metadata[key] == value, "size " + key)
        elif isinstance(value, (float, str, bool)):
            check(package.metadata[key] == value, "metadata " + key)
    for name, text in package.graph():
        check((ROOT / "examples" / name).read_bytes().decode("utf-8") == text, "graph " + name)
    vocabulary = json.loads((source / "tokenizer.json").read_text())["model"]["vocab"]
    stored = package.tokenizer()["vocabulary"]
    check(all(stored[id_] == token.encode("utf-8") for token, id_ in vocabulary.items()), "vocabulary")


def quantise():
    source, path = ROOT / "tests/data/llama-gqa", FOLDER / "q8.oinf"
    pack("convert", source, "-o", path, "--quantize", "q8_0")
    package = Package(path)
    seen = 0
    for name, kind, shape, data in safetensors(source / "model.safetensors"):
        if package.type_of(name)[0] != "q8_0":
            continue
        seen += 1
        check(kind == "BF16", "the source is bf16")
        x = (numpy.frombuffer(data, "<u2").astype("<u4") << 16).view("<f4").reshape(-1, 32)
        d = numpy.abs(x).max(axis=1) / numpy.float32(127)
        inverse = numpy.divide(numpy.float32(1), d, out=numpy.zeros_like(d), where=d != 0)
        y = (x * inverse[:, None]).astype("f8")
        q = (numpy.sign(y) * numpy.floor(numpy.abs(y) + 0.5)).astype("i1")
        blocks = numpy.concatenate([d.astype("<f2").view("u1").reshape(-1, 2), q.view("u1")], axis=1)
        check(package.stored(name) == blocks.tobytes(), "q8_0 of " + name)
    check(seen > 10, "quantised tensors")


try:
    every_type()
    storyteller()
    quantise()
    print("%d checks" % checks)
finally:
    subprocess.run(["rm", "-rf", str(FOLDER)])
