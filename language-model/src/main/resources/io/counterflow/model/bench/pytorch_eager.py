"""What ModelBenchmark measures, of transformers on PyTorch eager in float32. One JSON object a line."""

import json
import resource
import sys
import time

import torch
from transformers import LlamaConfig, LlamaForCausalLM

name, threads = sys.argv[1], int(sys.argv[2])
vocabulary, hidden, intermediate, layers, heads, key_value_heads, context, steps = map(int, sys.argv[3:])
torch.set_num_threads(threads)
torch.manual_seed(1)
model = LlamaForCausalLM(
    LlamaConfig(
        vocab_size=vocabulary,
        hidden_size=hidden,
        intermediate_size=intermediate,
        num_hidden_layers=layers,
        num_attention_heads=heads,
        num_key_value_heads=key_value_heads,
        max_position_embeddings=context,
        tie_word_embeddings=True,
        rms_norm_eps=1e-5,
        bos_token_id=1,
        eos_token_id=2,
        pad_token_id=0,
    )
)


def report(task, repetitions, work):
    rates = []
    for i in range(-2, repetitions):
        start = time.perf_counter()
        tokens = work()
        if i >= 0:
            rates.append(tokens / (time.perf_counter() - start))
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    print(
        json.dumps({"shape": name, "task": task, "tokensPerSecond": sorted(rates)[len(rates) // 2], "peakMegabytes": peak}),
        flush=True,
    )


optimizer = torch.optim.AdamW(model.parameters(), lr=1e-4, betas=(0.9, 0.95), weight_decay=0.0, fused=True)


def train():
    ids = torch.randint(3, vocabulary, (8, 129))
    logits = model(input_ids=ids[:, :-1]).logits
    loss = torch.nn.functional.cross_entropy(logits.reshape(-1, vocabulary), ids[:, 1:].reshape(-1))
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return 8 * 128


def sample(rows):
    ids = torch.randint(3, vocabulary, (rows, 16))
    with torch.no_grad():
        out = model.generate(
            ids,
            attention_mask=torch.ones_like(ids),
            do_sample=True,
            top_k=0,
            max_new_tokens=64,
            min_new_tokens=64,
        )
    return rows * (out.shape[1] - 16)


report("train 8 x 128", steps, train)
model.eval()
optimizer = None
for rows in (1, 32):
    report(f"sample 64, batch {rows}", 3, lambda: sample(rows))
