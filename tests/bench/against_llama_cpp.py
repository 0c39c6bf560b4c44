#!/usr/bin/env python3
"""Times a Llama folder in llama.cpp and in oinf-run on the same f16 weights, in turns, and prints ratios.

    python3 -m venv peers && CC=clang-19 CXX=clang++-19 CMAKE_ARGS=-DGGML_NATIVE=ON \\
        peers/bin/pip install --no-binary llama-cpp-python llama-cpp-python==0.3.36 gguf==0.19.0 numpy safetensors
    peers/bin/python tests/bench/against_llama_cpp.py examples/storyteller --threads 1

A ratio is llama.cpp's time over ours: above 1 we are faster. The spread is that of the rounds.
"""

import argparse
import ctypes
import json
import statistics
import subprocess
import tempfile
import time
from pathlib import Path

import gguf
import llama_cpp
import numpy as np
from safetensors.numpy import load_file


def interleave_rotary_halves(weight, heads):
    """Rotary pairs are row i and i + half of a head in Hugging Face's files, row 2i and 2i + 1 in GGUF's."""
    rows, columns = weight.shape
    return weight.reshape(heads, 2, rows // heads // 2, columns).swapaxes(1, 2).reshape(rows, columns)


def write_gguf(folder, path):
    config = json.loads((folder / "config.json").read_text())
    tokenizer = json.loads((folder / "tokenizer.json").read_text())
    tensors = load_file(folder / "model.safetensors")
    layers = config["num_hidden_layers"]
    names = gguf.get_tensor_name_map(gguf.MODEL_ARCH.LLAMA, layers)
    writer = gguf.GGUFWriter(path, "llama")
    writer.add_name(folder.name)
    writer.add_file_type(gguf.LlamaFileType.MOSTLY_F16)
    writer.add_block_count(layers)
    writer.add_context_length(config["max_position_embeddings"])
    writer.add_embedding_length(config["hidden_size"])
    writer.add_feed_forward_length(config["intermediate_size"])
    writer.add_head_count(config["num_attention_heads"])
    writer.add_head_count_kv(config["num_key_value_heads"])
    writer.add_rope_dimension_count(config["head_dim"])
    writer.add_rope_freq_base(config["rope_parameters"]["rope_theta"])
    writer.add_layer_norm_rms_eps(config["rms_norm_eps"])
    writer.add_vocab_size(config["vocab_size"])
    vocabulary = sorted(tokenizer["model"]["vocab"].items(), key=lambda item: item[1])
    special = {token["id"] for token in tokenizer["added_tokens"]}
    kinds = [gguf.TokenType.CONTROL if i in special else gguf.TokenType.NORMAL for _, i in vocabulary]
    writer.add_tokenizer_model("gpt2")
    writer.add_tokenizer_pre("gpt-2")
    writer.add_token_list([token for token, _ in vocabulary])
    writer.add_token_types(kinds)
    writer.add_token_merges([" ".join(merge) for merge in tokenizer["model"]["merges"]])
    writer.add_bos_token_id(config["bos_token_id"])
    writer.add_eos_token_id(config["eos_token_id"])
    for name, values in tensors.items():
        if name.endswith("q_proj.weight"):
            values = interleave_rotary_halves(values, config["num_attention_heads"])
        if name.endswith("k_proj.weight"):
            values = interleave_rotary_halves(values, config["num_key_value_heads"])
        found = names.get_name(name, try_suffixes=(".weight",))
        writer.add_tensor(found, np.ascontiguousarray(values.astype(np.float32 if values.ndim == 1 else np.float16)))
    writer.write_header_to_file()
    writer.write_kv_data_to_file()
    writer.write_tensors_to_file()
    writer.close()


class LlamaCpp:
    def __init__(self, path, threads, flash):
        self.log = llama_cpp.llama_log_callback(lambda *_: None)
        llama_cpp.llama_log_set(self.log, None)
        llama_cpp.llama_backend_init()
        self.model = llama_cpp.llama_model_load_from_file(str(path).encode(), llama_cpp.llama_model_default_params())
        parameters = llama_cpp.llama_context_default_params()
        parameters.n_ctx = 1024
        parameters.n_batch = parameters.n_ubatch = 512
        parameters.n_threads = parameters.n_threads_batch = threads
        parameters.flash_attn_type = 1 if flash else 0
        self.context = llama_cpp.llama_init_from_model(self.model, parameters)
        self.memory = llama_cpp.llama_get_memory(self.context)

    def decode(self, tokens):
        pointer = tokens.ctypes.data_as(ctypes.POINTER(llama_cpp.llama_token))
        assert llama_cpp.llama_decode(self.context, llama_cpp.llama_batch_get_one(pointer, len(tokens))) == 0
        llama_cpp.llama_synchronize(self.context)

    def run(self, prompt, generate):
        llama_cpp.llama_memory_seq_rm(self.memory, 0, 0, -1)
        random = np.random.default_rng(0)
        start = time.perf_counter()
        self.decode(random.integers(16, 2048, size=prompt, dtype=np.int32))
        first = time.perf_counter()
        for token in random.integers(16, 2048, size=generate - 1, dtype=np.int32):
            self.decode(np.array([token], dtype=np.int32))
        return first - start, (time.perf_counter() - first) / (generate - 1)


def ours(oinf_run, package, threads, prompt, generate):
    out = subprocess.check_output([oinf_run, package, "--bench", "--json", "--reps", "3", "--threads", str(threads),
                                   "--bench-prompt", str(prompt), "--bench-generate", str(generate),
                                   "--set", "temperature=0"])
    found = json.loads(out)
    return found["first_token_time_s"]["median"], found["avg_token_time_s"]["median"]


def main():
    parser = argparse.ArgumentParser(description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter)
    parser.add_argument("model", type=Path)
    parser.add_argument("--threads", type=int, default=1)
    parser.add_argument("--prompt", type=int, default=64)
    parser.add_argument("--generate", type=int, default=64)
    parser.add_argument("--rounds", type=int, default=7)
    parser.add_argument("--bin", type=Path, default=Path("build/release/bin"))
    arguments = parser.parse_args()
    with tempfile.TemporaryDirectory() as scratch:
        package, peer_file = Path(scratch) / "model.oinf", Path(scratch) / "model.gguf"
        subprocess.check_call([arguments.bin / "oinf-pack", "convert", arguments.model, "-o", package],
                              stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
        write_gguf(arguments.model, peer_file)
        peers = {"flash attention on": LlamaCpp(peer_file, arguments.threads, True),
                 "flash attention off": LlamaCpp(peer_file, arguments.threads, False)}
        rows = {name: [] for name in peers}
        for _ in range(arguments.rounds):
            mine = ours(arguments.bin / "oinf-run", package, arguments.threads, arguments.prompt, arguments.generate)
            for name, peer in peers.items():
                runs = [peer.run(arguments.prompt, arguments.generate) for _ in range(4)][1:]
                theirs = [statistics.median(run[i] for run in runs) for i in range(2)]
                rows[name].append((theirs[0] / mine[0], theirs[1] / mine[1], theirs[1], mine[1]))
        for name, found in rows.items():
            for what, column in (("prompt", 0), ("token", 1)):
                values = sorted(row[column] for row in found)
                print(f"{arguments.threads} thread(s), llama.cpp with {name}: {what} {statistics.median(values):.2f} "
                      f"({values[0]:.2f} … {values[-1]:.2f})")
            print(f"    a token: llama.cpp {statistics.median(r[2] for r in found) * 1e6:.0f} us, "
                  f"oinf-run {statistics.median(r[3] for r in found) * 1e6:.0f} us")


if __name__ == "__main__":
    main()
