"""Writes the folders fixtures/adapter-classifier-*: a language model ("base") and, beside it, the adapter of a sequence classifier on it as PEFT saves
it, its head among the modules saved whole, with the scores that PEFT computes.

Made with transformers 5.18, PyTorch 2.13 and PEFT 0.21: python make_classifier_adapters.py ../resources/fixtures
"""

import json
import pathlib
import shutil
import sys

import torch
from peft import LoraConfig, get_peft_model
from transformers import (
    AutoModelForCausalLM, AutoModelForSequenceClassification, GPT2Config, LlamaConfig, Qwen2Config)

IDS = [[1, 40, 51, 62], [1, 280, 7, 7, 19, 33], [5]]
VOCABULARY = 289
SHAPE = dict(
    vocab_size=VOCABULARY, hidden_size=16, intermediate_size=24, num_hidden_layers=2, num_attention_heads=2, num_key_value_heads=1,
    max_position_embeddings=64, bos_token_id=1, eos_token_id=2)
ADAPTERS = {
    "adapter-classifier-llama": (
        LlamaConfig(**SHAPE), 1, dict(target_modules=["q_proj", "v_proj", "down_proj"])),
    "adapter-classifier-qwen2": (
        Qwen2Config(**SHAPE, tie_word_embeddings=True), 2, dict(target_modules="all-linear", bias="lora_only")),
    "adapter-classifier-gpt2": (
        GPT2Config(vocab_size=VOCABULARY, n_embd=16, n_layer=2, n_head=2, n_positions=64, bos_token_id=1, eos_token_id=2), 1,
        dict(target_modules=["c_attn", "c_proj"], fan_in_fan_out=True)),
}


def main(fixtures):
    torch.set_num_threads(1)
    for seed, (name, (shape, labels, lora)) in enumerate(ADAPTERS.items()):
        folder = fixtures / name
        shutil.rmtree(folder, ignore_errors=True)
        torch.manual_seed(seed)
        base = AutoModelForCausalLM.from_config(shape)
        for p in base.parameters():
            if p.dim() > 1:
                torch.nn.init.normal_(p, std=0.2)
        base.save_pretrained(folder / "base")
        for file in ("tokenizer.json", "tokenizer_config.json"):
            shutil.copy(fixtures / "tiny-llama" / file, folder / "base")
        classifier = AutoModelForSequenceClassification.from_pretrained(folder / "base", num_labels=labels)
        model = get_peft_model(classifier, LoraConfig(task_type="SEQ_CLS", r=3, lora_alpha=7, **lora)).eval()
        for p in model.parameters():
            if p.requires_grad:
                torch.nn.init.normal_(p, std=0.3)
        model.peft_config["default"].base_model_name_or_path = "base"
        model.save_pretrained(folder / "adapter")
        (folder / "adapter" / "README.md").unlink()
        with torch.no_grad():
            scores = [model(input_ids=torch.tensor([row])).logits[0].tolist() for row in IDS]
        (folder / "adapter" / "expected.json").write_text(json.dumps({"base": "base", "input_ids": IDS, "scores": scores}))


main(pathlib.Path(sys.argv[1]))
