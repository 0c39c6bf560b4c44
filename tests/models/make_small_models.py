"""Writes tests/data/{qwen2,qwen3,mistral,gpt2}-small: checkpoints as Hugging Face saves them, with seeded weights, and
reference.safetensors, what each gives in float64.

    /usr/bin/python3 tests/models/make_small_models.py          # needs NumPy only

The reference is a statement of each architecture in NumPy, written from the models' papers and from how transformers
names the parts. It is held against two others: against tests/data/llama-gqa and llama3-rope, which transformers made and
which share all but biases, head norms, windows and GPT-2; and, where torch and transformers are installed, against
transformers itself on these models, in float64. Run with --check it writes nothing and compares what is committed.
"""
import json
import pathlib
import struct
import sys

import numpy as np

DATA = pathlib.Path(__file__).resolve().parent.parent / "data"


# Files

def bf16_bits(x):
    """float32 to bfloat16, to nearest even."""
    bits = np.asarray(x, np.float32).view(np.uint32).astype(np.uint64)
    return ((bits + 0x7FFF + ((bits >> 16) & 1)) >> 16).astype(np.uint16)


def write_safetensors(path, tensors):
    header, parts, at = {"__metadata__": {"format": "pt"}}, [], 0
    for name in sorted(tensors):
        kind, array = tensors[name]
        raw = {"BF16": bf16_bits, "F16": lambda a: a.astype("<f2"), "F32": lambda a: a.astype("<f4"),
               "I64": lambda a: a.astype("<i8")}[kind](array).tobytes()
        header[name] = {"dtype": kind, "shape": list(array.shape), "data_offsets": [at, at + len(raw)]}
        parts.append(raw)
        at += len(raw)
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + b"".join(parts))


def read_safetensors(path):
    raw = path.read_bytes()
    length = struct.unpack("<Q", raw[:8])[0]
    tensors = {}
    for name, info in json.loads(raw[8:8 + length]).items():
        if name == "__metadata__":
            continue
        begin, end = info["data_offsets"]
        part = raw[8 + length + begin:8 + length + end]
        if info["dtype"] == "BF16":
            array = (np.frombuffer(part, "<u2").astype(np.uint32) << 16).view(np.float32)
        else:
            array = np.frombuffer(part, {"F16": "<f2", "F32": "<f4", "I64": "<i8"}[info["dtype"]])
        tensors[name] = array.reshape(info["shape"]).astype(np.int64 if info["dtype"] == "I64" else np.float64)
    return tensors


# The architectures, all in float64. ids: the whole text; the result has the logits behind each token.

def softmax(x):
    e = np.exp(x - x.max(axis=-1, keepdims=True))
    return e / e.sum(axis=-1, keepdims=True)


def attention(q, k, v, window=None):
    """q [T, H, d], k and v [T, G, d]: causal, H / G heads share one k and v; a token sees `window` tokens, itself too."""
    repeat = q.shape[1] // k.shape[1]
    k, v = np.repeat(k, repeat, axis=1), np.repeat(v, repeat, axis=1)
    scores = np.einsum("ihd,jhd->hij", q, k) / np.sqrt(q.shape[2])
    i, j = np.indices(scores.shape[1:])
    hidden = j > i if window is None else (j > i) | (j <= i - window)
    return np.einsum("hij,jhd->ihd", softmax(np.where(hidden, -np.inf, scores)), v)


def rotary(config, d):
    """Angles per position of the d / 2 pairs: those of `default` and of Llama 3's scaling."""
    rope = config.get("rope_parameters") or {}
    freq = (rope.get("rope_theta") or config.get("rope_theta", 10000.0)) ** (-np.arange(0, d, 2) / d)
    if rope.get("rope_type") == "llama3":
        turns = rope["original_max_position_embeddings"] * freq / (2 * np.pi)
        low, high = rope["low_freq_factor"], rope["high_freq_factor"]
        blend = np.clip((turns - low) / (high - low), 0, 1)
        freq = freq / rope["factor"] * (1 - blend) + freq * blend
    return freq


def llama_kin(config, w, ids):
    """Llama, Qwen 2 (biases on q, k and v), Qwen 3 (norms on the heads of q and k), Mistral (a sliding window)."""
    def rms(x, weight):
        return x / np.sqrt((x * x).mean(axis=-1, keepdims=True) + config["rms_norm_eps"]) * weight

    heads, groups = config["num_attention_heads"], config["num_key_value_heads"]
    d = config.get("head_dim") or config["hidden_size"] // heads
    angle = np.arange(len(ids))[:, None] * rotary(config, d)
    cos, sin = np.cos(angle)[:, None], np.sin(angle)[:, None]

    def rope(x):  # pairs are (i, i + d / 2)
        a, b = x[..., :d // 2], x[..., d // 2:]
        return np.concatenate([a * cos - b * sin, b * cos + a * sin], axis=-1)

    h = w["model.embed_tokens.weight"][ids]
    for l in range(config["num_hidden_layers"]):
        p = f"model.layers.{l}."
        x = rms(h, w[p + "input_layernorm.weight"])

        def project(name, n):
            y = x @ w[p + f"self_attn.{name}_proj.weight"].T + w.get(p + f"self_attn.{name}_proj.bias", 0.0)
            y = y.reshape(len(ids), n, d)
            return rms(y, w[p + f"self_attn.{name}_norm.weight"]) if p + f"self_attn.{name}_norm.weight" in w else y

        q, k, v = rope(project("q", heads)), rope(project("k", groups)), project("v", groups)
        a = attention(q, k, v, config.get("sliding_window") if config["model_type"] == "mistral" else None)
        h = h + a.reshape(len(ids), -1) @ w[p + "self_attn.o_proj.weight"].T
        x = rms(h, w[p + "post_attention_layernorm.weight"])
        gate = x @ w[p + "mlp.gate_proj.weight"].T
        h = h + (gate / (1 + np.exp(-gate)) * (x @ w[p + "mlp.up_proj.weight"].T)) @ w[p + "mlp.down_proj.weight"].T
    return rms(h, w["model.norm.weight"]) @ w.get("lm_head.weight", w["model.embed_tokens.weight"]).T


def gpt2(config, w, ids):
    def norm(x, name):
        c = x - x.mean(axis=-1, keepdims=True)
        return c / np.sqrt((c * c).mean(axis=-1, keepdims=True) + config["layer_norm_epsilon"]) * \
            w[name + ".weight"] + w[name + ".bias"]

    def product(x, name):  # Conv1D stores in × out
        return x @ w[name + ".weight"] + w[name + ".bias"]

    heads = config["n_head"]
    d = config["n_embd"] // heads
    h = w["transformer.wte.weight"][ids] + w["transformer.wpe.weight"][:len(ids)]
    for l in range(config["n_layer"]):
        p = f"transformer.h.{l}."
        q, k, v = np.split(product(norm(h, p + "ln_1"), p + "attn.c_attn"), 3, axis=-1)
        a = attention(*(x.reshape(len(ids), heads, d) for x in (q, k, v)))
        h = h + product(a.reshape(len(ids), -1), p + "attn.c_proj")
        x = product(norm(h, p + "ln_2"), p + "mlp.c_fc")
        x = 0.5 * x * (1 + np.tanh(np.sqrt(2 / np.pi) * (x + 0.044715 * x ** 3)))
        h = h + product(x, p + "mlp.c_proj")
    return norm(h, "transformer.ln_f") @ w["transformer.wte.weight"].T


def logits_of(config, w, ids):
    return (gpt2 if config["model_type"] == "gpt2" else llama_kin)(config, w, ids)


# The models

def llama_shapes(c, bias=False, head_norms=False):
    D, F, d = c["hidden_size"], c["intermediate_size"], c["head_dim"]
    H, G = c["num_attention_heads"], c["num_key_value_heads"]
    shapes = {"model.embed_tokens.weight": (c["vocab_size"], D), "model.norm.weight": (D,)}
    if not c["tie_word_embeddings"]:
        shapes["lm_head.weight"] = (c["vocab_size"], D)
    for l in range(c["num_hidden_layers"]):
        p = f"model.layers.{l}."
        shapes |= {p + "input_layernorm.weight": (D,), p + "post_attention_layernorm.weight": (D,),
                   p + "self_attn.o_proj.weight": (D, H * d), p + "mlp.gate_proj.weight": (F, D),
                   p + "mlp.up_proj.weight": (F, D), p + "mlp.down_proj.weight": (D, F)}
        for name, n in (("q", H), ("k", G), ("v", G)):
            shapes[p + f"self_attn.{name}_proj.weight"] = (n * d, D)
            if bias:
                shapes[p + f"self_attn.{name}_proj.bias"] = (n * d,)
            if head_norms and name != "v":
                shapes[p + f"self_attn.{name}_norm.weight"] = (d,)
    return shapes


def gpt2_shapes(c):
    D = c["n_embd"]
    shapes = {"transformer.wte.weight": (c["vocab_size"], D), "transformer.wpe.weight": (c["n_positions"], D),
              "transformer.ln_f.weight": (D,), "transformer.ln_f.bias": (D,)}
    for l in range(c["n_layer"]):
        p = f"transformer.h.{l}."
        for name in ("ln_1", "ln_2"):
            shapes |= {p + name + ".weight": (D,), p + name + ".bias": (D,)}
        for name, rows, columns in (("attn.c_attn", D, 3 * D), ("attn.c_proj", D, D), ("mlp.c_fc", D, 4 * D),
                                    ("mlp.c_proj", 4 * D, D)):
            shapes |= {p + name + ".weight": (rows, columns), p + name + ".bias": (columns,)}
    return shapes


def kin(kind, name, **more):
    return {"architectures": [name], "model_type": kind, "vocab_size": 160, "hidden_size": 64, "intermediate_size": 160,
            "num_hidden_layers": 2, "num_attention_heads": 4, "num_key_value_heads": 2, "head_dim": 16,
            "hidden_act": "silu", "max_position_embeddings": 128, "rms_norm_eps": 1e-6, "bos_token_id": 1,
            "eos_token_id": 2, "tie_word_embeddings": False, "use_cache": True,
            "rope_parameters": {"rope_theta": 10000.0, "rope_type": "default"}} | more


QWEN2 = kin("qwen2", "Qwen2ForCausalLM", tie_word_embeddings=True, use_sliding_window=False, dtype="bfloat16")
QWEN3 = kin("qwen3", "Qwen3ForCausalLM", head_dim=32, attention_bias=False, use_sliding_window=False, dtype="float16")
MISTRAL = kin("mistral", "MistralForCausalLM", sliding_window=8, dtype="bfloat16")
GPT2 = {"architectures": ["GPT2LMHeadModel"], "model_type": "gpt2", "vocab_size": 160, "n_embd": 64, "n_layer": 2,
        "n_head": 4, "n_positions": 96, "n_inner": None, "activation_function": "gelu_new", "layer_norm_epsilon": 1e-5,
        "bos_token_id": 1, "eos_token_id": 2, "tie_word_embeddings": True, "use_cache": True, "dtype": "float16"}
MODELS = {"qwen2-small": (QWEN2, llama_shapes(QWEN2, bias=True), 2), "qwen3-small": (QWEN3, llama_shapes(QWEN3, head_norms=True), 3),
          "mistral-small": (MISTRAL, llama_shapes(MISTRAL), 11), "gpt2-small": (GPT2, gpt2_shapes(GPT2), 5)}
STORED = {"bfloat16": "BF16", "float16": "F16", "float32": "F32"}
PROMPT, ANSWER = 19, 24


def weights_of(shapes, seed):
    rng = np.random.RandomState(seed)
    weights = {}
    for name, shape in sorted(shapes.items()):
        x = rng.standard_normal(shape)
        if name.endswith("bias"):
            x *= 0.3
        elif len(shape) == 1:
            x = 1 + 0.2 * x
        elif "embed" in name or "wte" in name or "lm_head" in name:
            x *= 0.5
        else:
            x *= 1.5 / np.sqrt(shape[1])
        weights[name] = x
    return weights


def answer(config, w, ids):
    """Greedy, and the least distance of the likeliest token to the next one, as a share of the largest logit."""
    ids, margin = list(ids), np.inf
    for _ in range(ANSWER):
        logits = logits_of(config, w, np.array(ids))[-1]
        second, first = np.sort(logits)[-2:]
        margin = min(margin, (first - second) / np.abs(logits).max())
        ids.append(int(logits.argmax()))
    return np.array(ids), margin


def difference(a, b):
    return float(np.abs(a - b).max() / np.abs(b).max())


def with_transformers(folder, ids):
    """The logits by transformers, or why not."""
    try:
        import torch
        import transformers
    except ImportError as e:
        return None, str(e)
    try:
        model = transformers.AutoModelForCausalLM.from_pretrained(folder, torch_dtype=torch.float64,
                                                                  attn_implementation="eager")
    except (KeyError, ValueError) as e:
        return None, f"transformers {transformers.__version__}: {e}"
    with torch.no_grad():
        return model(torch.tensor(ids[None])).logits[0].numpy(), f"transformers {transformers.__version__}"


def main():
    check = "--check" in sys.argv[1:]
    for name in ("llama-gqa", "llama3-rope"):
        config = json.loads((DATA / name / "config.json").read_text())
        reference = read_safetensors(DATA / name / "reference.safetensors")
        ours = logits_of(config, read_safetensors(DATA / name / "model.safetensors"), reference["input_ids"][0])
        d = difference(ours, reference["logits"][0])
        print(f"{name}: {d:.1e} from transformers' reference")
        assert d < 1e-6
    for name, (config, shapes, seed) in MODELS.items():
        folder = DATA / name
        if not check:
            folder.mkdir(exist_ok=True)
            (folder / "config.json").write_text(json.dumps(config, indent=2) + "\n")
            kind = STORED[config["dtype"]]
            write_safetensors(folder / "model.safetensors",
                              {n: (kind, x) for n, x in weights_of(shapes, seed).items()})
        w = read_safetensors(folder / "model.safetensors")  # as they are stored, rounded
        ids = np.random.RandomState(100 + seed).randint(3, config["vocab_size"], PROMPT)
        logits = logits_of(config, w, ids)
        greedy, margin = answer(config, w, ids)
        assert margin > 1e-3, f"{name}: a near tie, {margin:.1e}; take another seed"
        theirs, how = with_transformers(folder, ids)
        if theirs is not None:
            d = difference(logits, theirs)
            assert d < 1e-9, f"{name}: {d:.1e} from {how}"
            how = f"{d:.1e} from {how}"
        else:
            how = f"not held against transformers: {how}"
        if check:
            reference = read_safetensors(folder / "reference.safetensors")
            assert (reference["input_ids"][0] == ids).all() and (reference["greedy_ids"][0] == greedy).all()
            assert difference(reference["logits"][0], logits) < 1e-6
        else:
            write_safetensors(folder / "reference.safetensors",
                              {"input_ids": ("I64", ids[None]), "greedy_ids": ("I64", greedy[None]),
                               "logits": ("F32", logits[None])})
        print(f"{name}: least margin {margin:.1e}, {how}")


if __name__ == "__main__":
    main()
