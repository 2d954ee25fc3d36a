"""Writes fixtures/tiny-qwen2-lora/training.json, what PEFT computes when the adapter is trained: as "copg" of the models, which README.md
of the fixtures describes, with the adapter switched off as the reference.

Made with transformers 5.18, PyTorch 2.13 and PEFT 0.21: python make_adapter.py ../resources/fixtures
"""

import json
import pathlib
import sys

import torch
from peft import PeftModel
from transformers import AutoModelForCausalLM

ADAMW = {"lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.01}


def log_probs(model, ids, prompt):
    """ln p of the completion of each row, summed over its tokens."""
    tokens = torch.log_softmax(model(input_ids=ids).logits[:, :-1], -1)
    return tokens.gather(-1, ids[:, 1:, None]).squeeze(-1)[:, prompt - 1:].sum(-1)


def pair_loss(model, ids, prompt, beta, rewards, reference):
    h = log_probs(model, ids, prompt) - reference
    return (rewards[0] - rewards[1] - beta * (h[0] - h[1])) ** 2 / (2 * beta)


def main(fixtures):
    base = json.loads((fixtures / "tiny-qwen2" / "expected.json").read_text())
    ids = torch.tensor(base["input_ids"])
    prompt, beta, rewards = base["prompt_length"], base["copg"]["beta"], base["copg"]["rewards"]
    model = PeftModel.from_pretrained(
        AutoModelForCausalLM.from_pretrained(fixtures / "tiny-qwen2", dtype=torch.float32),
        fixtures / "tiny-qwen2-lora", is_trainable=True)
    trained = {name: p for name, p in model.named_parameters() if p.requires_grad}
    with torch.no_grad(), model.disable_adapter():
        reference = log_probs(model, ids, prompt)
    optimizer = torch.optim.AdamW(
        trained.values(), lr=ADAMW["lr"], betas=ADAMW["betas"], eps=ADAMW["eps"], weight_decay=ADAMW["weight_decay"])
    loss = pair_loss(model, ids, prompt, beta, rewards, reference)
    loss.backward()
    plain = {name.removeprefix("base_model.model.").replace(".default.", "."): p.grad.norm().item()
             for name, p in trained.items()}
    norm = torch.stack([p.grad.norm() for p in trained.values()]).norm().item()
    optimizer.step()
    expected = {
        "beta": beta,
        "rewards": rewards,
        "reference_completion_log_prob": reference.tolist(),
        "loss": loss.item(),
        "gradient_norms": plain,
        "gradient_norm": norm,
        "adamw": ADAMW,
        "loss_after_step": pair_loss(model, ids, prompt, beta, rewards, reference).item(),
    }
    (fixtures / "tiny-qwen2-lora" / "training.json").write_text(json.dumps(expected, indent=1) + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
