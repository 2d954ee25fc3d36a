"""Makes the checkpoints fixtures/family-*: small random models of the families and layouts that the other fixtures leave out,
each with the expected.json that README.md of the fixtures describes.

Made with transformers 5.17 and 5.18, PyTorch 2.13: python make_families.py ../resources/fixtures [FOLDER...]
"""

import json
import pathlib
import shutil
import sys

import torch
from safetensors.torch import load_file, save_file
from transformers import (
    AutoModelForCausalLM,
    AutoModelForSequenceClassification,
    GPT2Config,
    LlamaConfig,
    MistralConfig,
    Qwen2Config,
    Qwen3Config,
)

TOKENS, PROMPT, LENGTH = 300, 6, 20
SMALL = dict(
    vocab_size=TOKENS, hidden_size=32, intermediate_size=48, num_hidden_layers=2, num_attention_heads=4, num_key_value_heads=2,
    max_position_embeddings=128, initializer_range=0.2, bos_token_id=0, eos_token_id=1, pad_token_id=1,
)
DEFAULT = {"rope_type": "default", "rope_theta": 10000.0}

FAMILIES = {
    # Queries and keys normalised; heads together wider than the model.
    "family-qwen3": (Qwen3Config(**{**SMALL, "head_dim": 12}, tie_word_embeddings=True, rope_parameters=DEFAULT), {}),
    # A window shorter than the rows.
    "family-mistral": (MistralConfig(**SMALL, sliding_window=7, rope_parameters=DEFAULT), {}),
    # Scaled rotary embedding under the old keys, several end tokens, bfloat16, shards.
    "family-llama3": (
        LlamaConfig(
            **{**SMALL, "eos_token_id": [1, 298, 299], "head_dim": 16},
            tie_word_embeddings=True,
            rope_parameters={"rope_type": "llama3", "rope_theta": 500.0, "factor": 8.0, "low_freq_factor": 1.0,
                             "high_freq_factor": 4.0, "original_max_position_embeddings": 32},
        ),
        {"dtype": torch.bfloat16, "old_rope": True, "max_shard_size": "20KB"},
    ),
    # Biases everywhere, linear scaling, another activation, float16.
    "family-llama-bias": (
        LlamaConfig(
            **SMALL, attention_bias=True, mlp_bias=True, hidden_act="gelu_pytorch_tanh",
            rope_parameters={"rope_type": "linear", "factor": 4.0, "rope_theta": 10000.0},
        ),
        {"dtype": torch.float16},
    ),
    # A window in the upper layer only.
    "family-qwen2-window": (
        Qwen2Config(**SMALL, use_sliding_window=True, sliding_window=5, max_window_layers=1, rope_parameters=DEFAULT), {}
    ),
    # Output projection of its own, other scales, exact GELU, inner width given.
    "family-gpt2-untied": (
        GPT2Config(
            vocab_size=TOKENS, n_embd=32, n_layer=2, n_head=4, n_inner=40, n_positions=128, initializer_range=0.2,
            bos_token_id=0, eos_token_id=1, activation_function="gelu", scale_attn_by_inverse_layer_idx=True,
            tie_word_embeddings=False,
        ),
        {},
    ),
    # What contradicts itself: tied, but with an output projection of its own; YaRN under the old key, none under the new.
    # The token for padding stands in the rows, where its embedding takes no gradient.
    "family-llama-contradictory": (
        LlamaConfig(
            **{**SMALL, "num_hidden_layers": 1, "num_attention_heads": 2, "num_key_value_heads": 1, "hidden_size": 16},
            tie_word_embeddings=True, rope_parameters=DEFAULT,
        ),
        {
            "own_output": True,
            "config": {
                "rope_scaling": {"type": "yarn", "factor": 4.0, "original_max_position_embeddings": 32},
                "rope_theta": 500.0,
                "rope_parameters": {"rope_type": "default", "rope_theta": 10.0},
            },
            "padding_at": [3, 12],
        },
    ),
}
REWARD_MODELS = {
    "family-qwen3-reward": Qwen3Config(**SMALL, head_dim=8, num_labels=1, rope_parameters=DEFAULT),
    "family-gpt2-reward": GPT2Config(
        vocab_size=TOKENS, n_embd=32, n_layer=2, n_head=4, n_positions=128, initializer_range=0.2, bos_token_id=0, eos_token_id=1,
        pad_token_id=1, num_labels=1,
    ),
    "family-mistral-reward": MistralConfig(**SMALL, sliding_window=7, num_labels=3, rope_parameters=DEFAULT),
    # The end token is the one for padding too, and texts end with it.
    "family-qwen2-reward": Qwen2Config(
        **{**SMALL, "num_hidden_layers": 1, "hidden_size": 16}, num_labels=2, rope_parameters=DEFAULT
    ),
}


def randomise(model):
    """Gives biases and norms other values than 0 and 1, so that leaving one out shows."""
    for name, parameter in model.named_parameters():
        if parameter.dim() == 1:
            parameter.data.add_(torch.randn_like(parameter) * 0.2)


def save(model, folder, dtype=None, max_shard_size="50GB", old_rope=False, own_output=False, config=None):
    if dtype is not None:
        model = model.to(dtype)
    model.save_pretrained(folder, max_shard_size=max_shard_size)
    if own_output:
        weights = load_file(folder / "model.safetensors")
        weights["lm_head.weight"] = torch.randn_like(weights["model.embed_tokens.weight"]) * 0.2
        save_file(weights, folder / "model.safetensors", metadata={"format": "pt"})
    if config is not None:
        path = folder / "config.json"
        path.write_text(json.dumps({**json.loads(path.read_text()), **config}, indent=2, sort_keys=True) + "\n")
    if old_rope:
        path = folder / "config.json"
        config = json.loads(path.read_text())
        scaling = config.pop("rope_parameters")
        config["rope_theta"] = scaling.pop("rope_theta")
        config["rope_scaling"] = scaling
        config["torch_dtype"] = config.pop("dtype")
        path.write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
    return model.float()


def log_probabilities(model, ids):
    logits = model(ids).logits
    return logits, logits[:, :-1].log_softmax(-1).gather(-1, ids[:, 1:, None])[..., 0]


def expected(model, ids):
    model.eval()
    with torch.no_grad():
        logits, tokens = log_probabilities(model, ids)
        row = ids[:1, :PROMPT]
        for _ in range(16):
            row = torch.cat([row, model(row).logits[:, -1:].argmax(-1)], 1)
        state = {k: v.clone() for k, v in model.state_dict().items()}
        for parameter in model.parameters():
            parameter.mul_(0.98)
        reference = log_probabilities(model, ids)[1][:, PROMPT - 1 :].sum(-1)
        model.load_state_dict(state)
    beta, rewards = 0.1, [1.5, -0.5]

    def loss():
        h = log_probabilities(model, ids)[1][:, PROMPT - 1 :].sum(-1) - reference
        return (rewards[0] - rewards[1] - beta * (h[0] - h[1])) ** 2 / (2 * beta)

    optimizer = torch.optim.AdamW(model.parameters(), lr=1e-3, betas=(0.9, 0.999), eps=1e-8, weight_decay=0.0)
    first = loss()
    first.backward()
    norms = {n: p.grad.norm().item() for n, p in model.named_parameters()}
    optimizer.step()
    return {
        "input_ids": ids.tolist(),
        "prompt_length": PROMPT,
        "logits_last": logits[:, -1].tolist(),
        "token_log_probs": tokens.tolist(),
        "completion_log_prob": tokens[:, PROMPT - 1 :].sum(-1).tolist(),
        "greedy": row[0, PROMPT:].tolist(),
        "copg": {
            "beta": beta,
            "rewards": rewards,
            "reference_scale": 0.98,
            "reference_completion_log_prob": reference.tolist(),
            "loss": first.item(),
            "gradient_norms": norms,
            "gradient_norm": sum(n * n for n in norms.values()) ** 0.5,
            "adamw": {"lr": 1e-3, "betas": [0.9, 0.999], "eps": 1e-8, "weight_decay": 0.0},
            "loss_after_step": loss().item(),
        },
    }


def rounded(value):
    if isinstance(value, float):
        return float(f"{value:.8g}")
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return [rounded(v) for v in value] if isinstance(value, list) else value


def write(folder, values, tokenizer):
    (folder / "expected.json").write_text(json.dumps(rounded(values)) + "\n")
    for name in ("tokenizer.json", "tokenizer_config.json"):
        shutil.copy(tokenizer / name, folder / name)
    (folder / "generation_config.json").unlink(missing_ok=True)


def main(fixtures, names):
    tokenizer = fixtures / "tiny-llama"
    for seed, (name, (config, layout)) in enumerate(FAMILIES.items()):
        if names and name not in names:
            continue
        torch.manual_seed(seed)
        folder = fixtures / name
        shutil.rmtree(folder, ignore_errors=True)
        config._attn_implementation = "eager"
        model = AutoModelForCausalLM.from_config(config)
        randomise(model)
        padding_at = layout.pop("padding_at", [])
        model = save(model, folder, **layout)
        ids = torch.randint(2, TOKENS, (2, LENGTH))
        ids[:, padding_at] = 1
        ids[1, :PROMPT] = ids[0, :PROMPT]
        # What was saved, not what was in memory before rounding.
        model = AutoModelForCausalLM.from_pretrained(folder, dtype=torch.float32, attn_implementation="eager")
        write(folder, expected(model, ids), tokenizer)
    for seed, (name, config) in enumerate(REWARD_MODELS.items()):
        if names and name not in names:
            continue
        torch.manual_seed(100 + seed)
        folder = fixtures / name
        shutil.rmtree(folder, ignore_errors=True)
        model = AutoModelForSequenceClassification.from_config(config)
        randomise(model)
        save(model, folder)
        model = AutoModelForSequenceClassification.from_pretrained(folder, dtype=torch.float32).eval()
        lengths = [18, 11, 5]
        mask = torch.tensor([[1] * n + [0] * (18 - n) for n in lengths])
        ids = torch.randint(2, TOKENS, (3, 18)) * mask + (1 - mask)
        if name == "family-qwen2-reward":
            ids[0, 16:] = 1
            ids[1, 10] = 1
        with torch.no_grad():
            scores = model(ids, attention_mask=mask).logits
        values = {"input_ids": ids.tolist(), "attention_mask": mask.tolist(), "scores": scores.squeeze(-1).tolist()}
        write(folder, values, tokenizer)


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]), sys.argv[2:])
