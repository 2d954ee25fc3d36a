"""Writes the folders fixtures/adapter-*: adapters as PEFT saves them, with the logits that PEFT computes once it has loaded them again.

Made with transformers 5.18, PyTorch 2.13 and PEFT 0.21: python make_peft_adapters.py ../resources/fixtures
"""

import json
import pathlib
import sys

import torch
from peft import LoraConfig, PeftModel, get_peft_model
from transformers import AutoModelForCausalLM

IDS = [[133, 120, 193, 284, 31, 327, 237, 243], [5, 9, 10, 60, 70, 80, 90, 91]]
ADAPTERS = {
    # Several patterns match a module; the first counts.
    "adapter-alpha-patterns": ("tiny-llama", LoraConfig(
        task_type="CAUSAL_LM", target_modules=["q_proj", "v_proj", "down_proj"], r=2, lora_alpha=4, use_rslora=True,
        rank_pattern={"v_proj": 3},
        alpha_pattern={".*_proj": 3, "layers.0.self_attn.q_proj": 40, "q_proj": 16, "self_attn.v_proj": 9})),
    # Biases of adapted modules are saved as those of their "base_layer".
    "adapter-biases": ("tiny-gpt2", LoraConfig(
        task_type="CAUSAL_LM", target_modules=["c_attn"], r=2, lora_alpha=4, bias="all", fan_in_fan_out=True)),
}


def load(folder):
    return AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32)


def main(fixtures):
    torch.set_num_threads(1)
    for name, (base, config) in ADAPTERS.items():
        folder = fixtures / name
        torch.manual_seed(5)
        model = get_peft_model(load(fixtures / base), config)
        with torch.no_grad():
            for p in model.parameters():
                if p.requires_grad:
                    p.add_(torch.randn_like(p) * 0.1)
        model.save_pretrained(folder)
        (folder / "README.md").unlink()
        saved = json.loads((folder / "adapter_config.json").read_text())
        saved["base_model_name_or_path"] = base
        (folder / "adapter_config.json").write_text(json.dumps(saved, indent=2))
        with torch.no_grad():
            logits = PeftModel.from_pretrained(load(fixtures / base), folder).eval()(torch.tensor(IDS)).logits[:, -1]
        (folder / "expected.json").write_text(
            json.dumps({"base": base, "input_ids": IDS, "logits_last": logits.tolist()}))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
