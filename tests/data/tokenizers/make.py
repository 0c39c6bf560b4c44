#!/usr/bin/env python3
"""Trains the small SentencePiece models of this folder and writes the ids that the sentencepiece library gives.

    python3 -m venv venv && venv/bin/pip install sentencepiece==0.2.* && venv/bin/python tests/data/tokenizers/make.py

The models are trained on this project's own documents. What is committed is what this wrote once: training another
time, on other documents, gives other models."""
import glob
import json
import os

import sentencepiece

HERE = os.path.dirname(os.path.abspath(__file__))
ROOT = os.path.join(HERE, "..", "..", "..")
RULES = "65 301\tE9\n49\t4F\n2460\t31\nFB01\t66 69\nA0\t20\n9\t20\nA\t20\n"

MODELS = {
    # A normaliser with a map of characters, blanks collapsed.
    "unigram": dict(model_type="unigram", vocab_size=400, character_coverage=1.0, rules=RULES),
    # Llama's settings: texts as they are, bytes for what the vocabulary lacks.
    "bpe": dict(model_type="bpe", vocab_size=600, character_coverage=0.99, byte_fallback=True,
                normalization_rule_name="identity", remove_extra_whitespaces=False),
    # No blank in front, unknown characters, tokens of the user's.
    "unigram_bare": dict(model_type="unigram", vocab_size=300, character_coverage=0.98, add_dummy_prefix=False,
                         normalization_rule_name="identity", user_defined_symbols=["<sep>", "XYZ"]),
}
TEXTS = ["", " ", "  ", "\t", "\n", " \n a", "Hello world", " Hello world ", "a  b   c ", "Äpfel", "e\u0301t\u00e9",
         "ﬁne ①②", "12345 tokens", "нещо на Български", "🚀 (normal) 😶‍🌫️", "한국어", "<sep>helloXYZ", "a\u00a0b",
         "A model's weights are a package, one `.oinf` file.", "int main() { return 0; }", "ééé" * 20, "I" * 9]


def main():
    corpus = os.path.join(HERE, "corpus.txt")
    with open(corpus, "w", encoding="utf-8") as out:
        for path in sorted(glob.glob(os.path.join(ROOT, "docs", "*.md"))):
            with open(path, encoding="utf-8") as text:
                out.write(text.read())
    expected = {}
    for name, settings in MODELS.items():
        settings = dict(settings)
        prefix = os.path.join(HERE, name)
        rules = settings.pop("rules", None)
        if rules:
            with open(prefix + ".tsv", "w", encoding="utf-8") as out:
                out.write(rules)
            settings["normalization_rule_tsv"] = prefix + ".tsv"
        sentencepiece.SentencePieceTrainer.train(input=corpus, model_prefix=prefix, minloglevel=2, **settings)
        model = sentencepiece.SentencePieceProcessor(model_file=prefix + ".model")
        expected[name] = [{"text": text, "ids": model.encode(text), "back": model.decode(model.encode(text))}
                          for text in TEXTS]
        for left in (".vocab", ".tsv"):
            if os.path.exists(prefix + left):
                os.remove(prefix + left)
    os.remove(corpus)
    with open(os.path.join(HERE, "expected.json"), "w", encoding="utf-8") as out:
        json.dump(expected, out, ensure_ascii=False, indent=0)
        out.write("\n")


if __name__ == "__main__":
    main()
