"""What ModelBenchmark measures, on PyTorch eager: transformers where there is one, else the same decoder written plainly below; adapters are
PEFT's.

Says one JSON object. The engine "pytorch bfloat16" trains under autocast; sampling is in float32.
"""

import contextlib
import json
import resource
import sys
import time

import torch
from torch import nn
from torch.nn import functional as F

try:
    from transformers import LlamaConfig, LlamaForCausalLM
except ImportError:
    LlamaForCausalLM = None

name, threads = sys.argv[1], int(sys.argv[2])
vocabulary, hidden, intermediate, layers, heads, key_value_heads, context, steps, rows, tokens, rank = map(int, sys.argv[3:14])
clock = getattr(time, sys.argv[14])
device = torch.device(sys.argv[15])
task, kind, engine = sys.argv[16:19]
head_size = hidden // heads
torch.set_num_threads(threads)
torch.manual_seed(1)


class Norm(nn.Module):
    def __init__(self):
        super().__init__()
        self.weight = nn.Parameter(torch.ones(hidden))

    def forward(self, x):
        if hasattr(F, "rms_norm"):
            return F.rms_norm(x, (hidden,), self.weight, 1e-5)
        return x * torch.rsqrt(x.pow(2).mean(-1, keepdim=True) + 1e-5) * self.weight


def rotate(x, cos, sin):
    a, b = x.chunk(2, -1)
    return x * cos + torch.cat((-b, a), -1) * sin


class Layer(nn.Module):
    def __init__(self):
        super().__init__()
        self.norm, self.norm2 = Norm(), Norm()
        self.q = nn.Linear(hidden, heads * head_size, bias=False)
        self.k = nn.Linear(hidden, key_value_heads * head_size, bias=False)
        self.v = nn.Linear(hidden, key_value_heads * head_size, bias=False)
        self.o = nn.Linear(heads * head_size, hidden, bias=False)
        self.gate = nn.Linear(hidden, intermediate, bias=False)
        self.up = nn.Linear(hidden, intermediate, bias=False)
        self.down = nn.Linear(intermediate, hidden, bias=False)

    def forward(self, x, cos, sin, cache):
        b, t, _ = x.shape
        h = self.norm(x)
        q = rotate(self.q(h).view(b, t, heads, head_size).transpose(1, 2), cos, sin)
        k = rotate(self.k(h).view(b, t, key_value_heads, head_size).transpose(1, 2), cos, sin)
        v = self.v(h).view(b, t, key_value_heads, head_size).transpose(1, 2)
        if cache is not None:
            if cache:
                k, v = torch.cat((cache[0], k), 2), torch.cat((cache[1], v), 2)
            cache[:] = k, v
        group = heads // key_value_heads
        if group > 1:
            k, v = k.repeat_interleave(group, 1), v.repeat_interleave(group, 1)
        if hasattr(F, "scaled_dot_product_attention"):
            q, k = q.to(v.dtype), k.to(v.dtype)
            a = F.scaled_dot_product_attention(q, k, v, is_causal=t > 1)
        else:
            scores = q @ k.transpose(2, 3) * head_size**-0.5
            if t > 1:
                scores = scores.masked_fill(torch.ones(t, t, dtype=torch.bool).triu(1), float("-inf"))
            a = torch.softmax(scores, -1) @ v
        x = x + self.o(a.transpose(1, 2).reshape(b, t, -1))
        h = self.norm2(x)
        return x + self.down(F.silu(self.gate(h)) * self.up(h))


class PlainLlama(nn.Module):
    def __init__(self):
        super().__init__()
        self.embedding = nn.Embedding(vocabulary, hidden)
        nn.init.normal_(self.embedding.weight, std=0.02)
        self.layers = nn.ModuleList(Layer() for _ in range(layers))
        self.norm = Norm()
        angles = torch.outer(torch.arange(context), 10000.0 ** -(torch.arange(0, head_size, 2) / head_size))
        self.register_buffer("cos", torch.cat((angles, angles), -1).cos())
        self.register_buffer("sin", torch.cat((angles, angles), -1).sin())

    def forward(self, ids, start=0, caches=None):
        cos, sin = self.cos[start : start + ids.shape[1]], self.sin[start : start + ids.shape[1]]
        x = self.embedding(ids)
        for i, layer in enumerate(self.layers):
            x = layer(x, cos, sin, None if caches is None else caches[i])
        if caches is not None:
            x = x[:, -1:]
        return F.linear(self.norm(x), self.embedding.weight)

    def generate(self, ids, count):
        caches = [[] for _ in self.layers]
        next_ids = ids
        for _ in range(count):
            logits = self(next_ids, ids.shape[1] - next_ids.shape[1], caches)[:, -1]
            next_ids = torch.multinomial(torch.softmax(logits, -1), 1)
            ids = torch.cat((ids, next_ids), 1)
        return ids


if LlamaForCausalLM:
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
else:
    model = PlainLlama()

if rank:
    from peft import LoraConfig, get_peft_model

    model = get_peft_model(model, LoraConfig(r=rank, lora_alpha=2 * rank, target_modules="all-linear", task_type="CAUSAL_LM"))
model.to(device)


def finished():
    if device.type == "cuda":
        torch.cuda.synchronize()
    return clock()


def report(repetitions, work):
    rates = []
    for i in range(-2, repetitions):
        start = finished()
        done = 0
        passed = 0.0
        while passed < 1:
            done += work()
            passed = finished() - start
        if i >= 0:
            rates.append(done / passed)
    peak = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    rate = sorted(rates)[len(rates) // 2]
    print(
        json.dumps({"engine": engine, "shape": name, "task": task, "tokensPerSecond": rate, "peakMegabytes": peak}),
        flush=True,
    )


def adamw():
    settings = dict(lr=1e-4, betas=(0.9, 0.95), weight_decay=0.0)
    trained = [p for p in model.parameters() if p.requires_grad]
    try:
        return torch.optim.AdamW(trained, fused=True, **settings)
    except (RuntimeError, TypeError):  # a PyTorch that has it on GPUs only, or not at all
        return torch.optim.AdamW(trained, foreach=True, **settings)


def train(optimizer, autocast):
    ids = torch.randint(3, vocabulary, (rows, tokens + 1), device=device)
    with torch.autocast(device.type, torch.bfloat16) if autocast else contextlib.nullcontext():
        output = model(ids[:, :-1])
        logits = output.logits if LlamaForCausalLM else output
        loss = F.cross_entropy(logits.reshape(-1, vocabulary).float(), ids[:, 1:].reshape(-1))
    loss.backward()
    nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    optimizer.step()
    optimizer.zero_grad()
    return rows * tokens


def sample():
    ids = torch.randint(3, vocabulary, (rows, 16), device=device)
    with torch.no_grad():
        if LlamaForCausalLM:
            mask = torch.ones_like(ids)
            out = model.generate(
                ids, attention_mask=mask, do_sample=True, top_k=0, max_new_tokens=tokens, min_new_tokens=tokens
            )
        else:
            out = model.generate(ids, tokens)
    return rows * (out.shape[1] - 16)


if kind == "train":
    optimizer = adamw()
    report(steps, lambda: train(optimizer, engine.endswith("bfloat16")))
else:
    model.eval()
    report(steps, sample)
