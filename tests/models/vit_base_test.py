"""A two-class ViT-base as people have it, of its real shape (86 million weights of f16) with random numbers: a folder as
transformers writes it, packed, then examples/vit.graph as it stands from a grey PNG to labels and scores.

Scores are shares of 1 for both labels, other pictures give others, and one and two threads give the same text. Only the
standard library is needed. Arguments: the project's folder, the folder of the tools.
"""
import array
import json
import math
import pathlib
import random
import struct
import subprocess
import sys
import tempfile
import zlib

ROOT, BIN = pathlib.Path(sys.argv[1]), pathlib.Path(sys.argv[2])
WIDTH, LAYERS, HEADS, INNER, SIDE, PATCH = 768, 12, 12, 3072, 224, 16
LABELS = ["NORMAL", "PNEUMONIA"]
WEIGHTS = 85_800_194


def shapes():
    """Name and shape of every tensor, as ViTForImageClassification has them."""
    yield "vit.embeddings.cls_token", [1, 1, WIDTH]
    yield "vit.embeddings.position_embeddings", [1, (SIDE // PATCH) ** 2 + 1, WIDTH]
    yield from linear("vit.embeddings.patch_embeddings.projection", [WIDTH, 3, PATCH, PATCH])
    for layer in range(LAYERS):
        at = f"vit.encoder.layer.{layer}"
        for name in ("query", "key", "value"):
            yield from linear(f"{at}.attention.attention.{name}", [WIDTH, WIDTH])
        yield from linear(f"{at}.attention.output.dense", [WIDTH, WIDTH])
        yield from linear(f"{at}.intermediate.dense", [INNER, WIDTH])
        yield from linear(f"{at}.output.dense", [WIDTH, INNER])
        yield from linear(f"{at}.layernorm_before", [WIDTH])
        yield from linear(f"{at}.layernorm_after", [WIDTH])
    yield from linear("vit.layernorm", [WIDTH])
    yield from linear("classifier", [len(LABELS), WIDTH])


def linear(name, shape):
    yield name + ".weight", shape
    yield name + ".bias", shape[:1]


def write_weights(path):
    """Normal numbers of the deviations that such models begin with; a tensor is a window of one long list."""
    source = random.Random(4)
    count = 1 << 17
    matrix = struct.pack(f"<{count}e", *(source.gauss(0, 0.02) for _ in range(count)))
    vector = struct.pack(f"<{count}e", *(source.gauss(0, 0.05) for _ in range(count)))
    scale = struct.pack(f"<{count}e", *(source.gauss(1, 0.05) for _ in range(count)))
    header, end, total = {}, 0, 0
    for name, shape in shapes():
        size = math.prod(shape)
        total += size
        header[name] = {"dtype": "F16", "shape": shape, "data_offsets": [end, end + 2 * size]}
        end += 2 * size
    assert total == WEIGHTS, total
    text = json.dumps(header).encode()
    text += b" " * (-len(text) % 8)
    with open(path, "wb") as file:
        file.write(struct.pack("<Q", len(text)) + text)
        for name, shape in shapes():
            numbers = matrix if len(shape) > 1 else scale if "norm" in name and name.endswith("weight") else vector
            begin, rest = 2 * source.randrange(count), 2 * math.prod(shape)
            while rest > 0:
                part = numbers[begin:begin + rest]
                file.write(part)
                begin, rest = 0, rest - len(part)


def write_folder(folder):
    folder.mkdir()
    write_weights(folder / "model.safetensors")
    (folder / "config.json").write_text(json.dumps({
        "architectures": ["ViTForImageClassification"], "model_type": "vit", "hidden_size": WIDTH,
        "num_hidden_layers": LAYERS, "num_attention_heads": HEADS, "intermediate_size": INNER, "hidden_act": "gelu",
        "layer_norm_eps": 1e-12, "image_size": SIDE, "patch_size": PATCH, "num_channels": 3, "qkv_bias": True,
        "id2label": {str(i): label for i, label in enumerate(LABELS)}}))
    (folder / "preprocessor_config.json").write_text(json.dumps({
        "image_processor_type": "ViTImageProcessor", "do_resize": True, "size": {"height": SIDE, "width": SIDE},
        "resample": 2, "do_rescale": True, "rescale_factor": 1 / 255, "do_normalize": True,
        "image_mean": [0.5] * 3, "image_std": [0.5] * 3}))


def write_picture(path, width, height, seed):
    """A grey PNG: two bright ellipses on a dark ground, and noise."""
    source = random.Random(seed)
    rows = bytearray()
    for y in range(height):
        line = array.array("B", [0])  # no filter
        for x in range(width):
            inside = any(((x / width - c) / 0.16) ** 2 + ((y / height - 0.5) / 0.35) ** 2 < 1 for c in (0.3, 0.7))
            line.append((150 if inside else 40) + source.randrange(60))
        rows += line.tobytes()

    def chunk(kind, data):
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))
    header = struct.pack(">IIBBBBB", width, height, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", zlib.compress(bytes(rows), 1)) +
                     chunk(b"IEND", b""))


def tool(*arguments):
    done = subprocess.run(list(map(str, arguments)), capture_output=True, text=True)
    assert done.returncode == 0, done.stderr
    return done.stdout


with tempfile.TemporaryDirectory() as temporary:
    work = pathlib.Path(temporary)
    write_folder(work / "xray")
    tool(BIN / "oinf-pack", "convert", work / "xray", "-o", work / "xray.oinf")
    (work / "xray" / "model.safetensors").unlink()
    write_picture(work / "lungs.png", 310, 260, 1)
    answers = {}
    for picture in (work / "lungs.png", ROOT / "examples/pictures/seven.png"):
        for threads in (1, 2):
            answers[picture, threads] = tool(BIN / "oinf-run", ROOT / "examples/vit.graph", work / "xray.oinf",
                                             "--input", f"pixels=@{picture}", "--threads", threads)
        assert answers[picture, 1] == answers[picture, 2], answers
        lines = [line.rsplit(None, 1) for line in answers[picture, 1].splitlines()]
        scores = [float(score) for _, score in lines]
        assert sorted(label for label, _ in lines) == LABELS, lines
        assert abs(sum(scores) - 1) < 1e-5 and scores == sorted(scores, reverse=True) and min(scores) > 0, lines
        print(picture.name, lines)
    assert len(set(answers.values())) == 2, answers
