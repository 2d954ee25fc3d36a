"""Makes the checkpoints fixtures/encoder-*: small random classifiers of the encoder families, each with the expected.json that README.md
of the fixtures describes. The network is written out here in plain operations, in float64, with padding and a mask. One of them also as
ONNX and TorchScript.

Made with PyTorch 1.13: python3 make_encoders.py ../resources/fixtures
"""

import json
import math
import pathlib
import string
import struct
import sys

import torch

WIDTH, INNER, LAYERS, HEADS, POSITIONS = 16, 24, 2, 2, 64
STEP = dict(learning_rate=0.01, beta1=0.9, beta2=0.95, epsilon=1e-8, weight_decay=0.1, max_gradient_norm=1.0)
TEXTS = [
    ("a man sleeps.", None),
    ("a man sleeps on a bench in the park, alone.", "nobody is awake"),
    ("no", "yes"),
    ("zebra", None),
]

FAMILIES = {
    "encoder-bert": dict(
        config=dict(
            architectures=["BertForSequenceClassification"], model_type="bert", hidden_size=WIDTH, intermediate_size=INNER,
            num_hidden_layers=LAYERS, num_attention_heads=HEADS, max_position_embeddings=POSITIONS, type_vocab_size=2,
            hidden_act="gelu", layer_norm_eps=1e-12, pad_token_id=0, initializer_range=0.02,
        ),
        labels=["entailment", "neutral", "contradiction"], prefix="bert.", segments=2, offset=0, specials=["[PAD]", "[UNK]", "[CLS]", "[SEP]"],
        middle=1, act=lambda x: x * 0.5 * (1 + torch.erf(x / math.sqrt(2))), head=torch.tanh, dense="bert.pooler.dense", out="classifier",
        epsilon=1e-12,
    ),
    # Positions after the padding token's, one segment, GELU by its approximation, a separator twice between the texts.
    "encoder-roberta": dict(
        config=dict(
            architectures=["RobertaForSequenceClassification"], model_type="roberta", hidden_size=WIDTH, intermediate_size=INNER,
            num_hidden_layers=LAYERS, num_attention_heads=HEADS, max_position_embeddings=POSITIONS, type_vocab_size=1,
            hidden_act="gelu_new", layer_norm_eps=1e-5, pad_token_id=1, initializer_range=0.02,
        ),
        labels=["reward"], prefix="roberta.", segments=1, offset=2, specials=["<s>", "<pad>", "</s>", "<unk>"], middle=2,
        act=lambda x: 0.5 * x * (1 + torch.tanh(math.sqrt(2 / math.pi) * (x + 0.044715 * x**3))), head=torch.tanh,
        dense="classifier.dense", out="classifier.out_proj", epsilon=1e-5,
    ),
    # No segments, other names, a head with ReLU.
    "encoder-distilbert": dict(
        config=dict(
            architectures=["DistilBertForSequenceClassification"], model_type="distilbert", dim=WIDTH, hidden_dim=INNER, n_layers=LAYERS,
            n_heads=HEADS, max_position_embeddings=POSITIONS, activation="gelu", pad_token_id=0, initializer_range=0.02,
        ),
        labels=["bad", "good"], prefix="distilbert.", segments=0, offset=0, specials=["[PAD]", "[UNK]", "[CLS]", "[SEP]"], middle=1,
        act=lambda x: x * 0.5 * (1 + torch.erf(x / math.sqrt(2))), head=torch.relu, dense="pre_classifier", out="classifier", epsilon=1e-12,
    ),
}
BERT = dict(
    layer="encoder.layer.%d.", q="attention.self.query", k="attention.self.key", v="attention.self.value", o="attention.output.dense",
    n1="attention.output.LayerNorm", up="intermediate.dense", down="output.dense", n2="output.LayerNorm",
)
DISTILBERT = dict(
    layer="transformer.layer.%d.", q="attention.q_lin", k="attention.k_lin", v="attention.v_lin", o="attention.out_lin", n1="sa_layer_norm",
    up="ffn.lin1", down="ffn.lin2", n2="output_layer_norm",
)


def vocabulary(specials):
    letters = list(string.ascii_lowercase)
    return specials + [".", ","] + letters + ["##" + letter for letter in letters]


def tokenize(text, ids):
    tokens = []
    for word in text.replace(".", " .").replace(",", " ,").split():
        tokens += [ids[word[0]]] + [ids["##" + letter] for letter in word[1:]]
    return tokens


def tokenizer_json(family):
    specials = family["specials"]
    start, end = (specials[0], specials[2]) if specials[0] == "<s>" else (specials[2], specials[3])
    second = 0 if family["middle"] == 2 else 1
    special = lambda token, segment: {"SpecialToken": {"id": token, "type_id": segment}}
    single = [special(start, 0), {"Sequence": {"id": "A", "type_id": 0}}, special(end, 0)]
    pair = single + [special(end, 0)] * (family["middle"] - 1)
    pair += [{"Sequence": {"id": "B", "type_id": second}}, special(end, second)]
    ids = {token: i for i, token in enumerate(vocabulary(specials))}
    return dict(
        version="1.0",
        # A limit and a padding that must not be followed.
        truncation=dict(max_length=8, strategy="LongestFirst", stride=0, direction="Right"),
        padding=dict(strategy=dict(Fixed=8), direction="Right", pad_to_multiple_of=None, pad_id=0, pad_type_id=0, pad_token=specials[0]),
        added_tokens=[
            dict(id=ids[token], content=token, single_word=False, lstrip=False, rstrip=False, normalized=False, special=True)
            for token in specials
        ],
        normalizer=dict(type="BertNormalizer", clean_text=True, handle_chinese_chars=True, strip_accents=None, lowercase=True),
        pre_tokenizer=dict(type="BertPreTokenizer"),
        post_processor=dict(
            type="TemplateProcessing", single=single, pair=pair,
            special_tokens={token: dict(id=token, ids=[ids[token]], tokens=[token]) for token in (start, end)},
        ),
        decoder=dict(type="WordPiece", prefix="##", cleanup=True),
        model=dict(
            type="WordPiece", unk_token=[t for t in specials if "unk" in t.lower()][0], continuing_subword_prefix="##",
            max_input_chars_per_word=100, vocab=ids,
        ),
    )


def encode(first, second, family):
    ids = {token: i for i, token in enumerate(vocabulary(family["specials"]))}
    start, end = (0, 2) if family["specials"][0] == "<s>" else (2, 3)
    tokens = [start] + tokenize(first, ids) + [end]
    segments = [0] * len(tokens)
    if second is not None:
        tail = tokenize(second, ids) + [end]
        tokens += [end] * (family["middle"] - 1) + tail
        segments += [0] * (family["middle"] - 1) + [0 if family["middle"] == 2 else 1] * len(tail)
    return tokens, segments


def weights(family):
    names = DISTILBERT if family["prefix"] == "distilbert." else BERT
    ws = {}

    def draw(name, *shape):
        # float32, as it is stored.
        ws[name] = (torch.randn(*shape) * 0.25 + (1 if "norm" in name.lower() and name.endswith("weight") else 0)).double()

    def linear(name, inputs, outputs):
        draw(name + ".weight", outputs, inputs)
        draw(name + ".bias", outputs)

    prefix = family["prefix"]
    draw(prefix + "embeddings.word_embeddings.weight", len(vocabulary(family["specials"])), WIDTH)
    draw(prefix + "embeddings.position_embeddings.weight", POSITIONS, WIDTH)
    if family["segments"]:
        draw(prefix + "embeddings.token_type_embeddings.weight", family["segments"], WIDTH)
    draw(prefix + "embeddings.LayerNorm.weight", WIDTH)
    draw(prefix + "embeddings.LayerNorm.bias", WIDTH)
    for i in range(LAYERS):
        layer = prefix + names["layer"] % i
        for part in "qkvo":
            linear(layer + names[part], WIDTH, WIDTH)
        for norm in ("n1", "n2"):
            draw(layer + names[norm] + ".weight", WIDTH)
            draw(layer + names[norm] + ".bias", WIDTH)
        linear(layer + names["up"], WIDTH, INNER)
        linear(layer + names["down"], INNER, WIDTH)
    linear(family["dense"], WIDTH, WIDTH)
    linear(family["out"], WIDTH, len(family["labels"]))
    return ws, names


def norm(x, ws, name, epsilon):
    centred = x - x.mean(-1, keepdim=True)
    return centred / torch.sqrt((centred**2).mean(-1, keepdim=True) + epsilon) * ws[name + ".weight"] + ws[name + ".bias"]


def forward(ws, names, family, ids, segments, mask):
    prefix, epsilon = family["prefix"], family["epsilon"]
    b, t = ids.shape
    linear = lambda x, name: x @ ws[name + ".weight"].T + ws[name + ".bias"]
    heads = lambda x: x.view(b, t, HEADS, WIDTH // HEADS).transpose(1, 2)
    x = ws[prefix + "embeddings.word_embeddings.weight"][ids]
    x = x + ws[prefix + "embeddings.position_embeddings.weight"][family["offset"] : family["offset"] + t]
    if family["segments"]:
        x = x + ws[prefix + "embeddings.token_type_embeddings.weight"][segments]
    x = norm(x, ws, prefix + "embeddings.LayerNorm", epsilon)
    for i in range(LAYERS):
        layer = prefix + names["layer"] % i
        q, k, v = (heads(linear(x, layer + names[part])) for part in "qkv")
        scores = q @ k.transpose(-1, -2) / math.sqrt(WIDTH // HEADS)
        scores = scores.masked_fill(~mask[:, None, None, :], -math.inf)
        a = (scores.softmax(-1) @ v).transpose(1, 2).reshape(b, t, WIDTH)
        x = norm(linear(a, layer + names["o"]) + x, ws, layer + names["n1"], epsilon)
        y = linear(family["act"](linear(x, layer + names["up"])), layer + names["down"])
        x = norm(y + x, ws, layer + names["n2"], epsilon)
    return x, linear(family["head"](linear(x[:, 0], family["dense"])), family["out"])


def loss_of(logits, targets):
    if logits.size(1) == 1:
        # Bradley-Terry: every input above the next.
        return -torch.nn.functional.logsigmoid(logits[:-1, 0] - logits[1:, 0]).mean()
    return torch.nn.functional.cross_entropy(logits, targets)


def expected(ws, names, family):
    rows = [encode(first, second, family) for first, second in TEXTS]
    t = max(len(tokens) for tokens, _ in rows)
    pad = lambda row: row + [0] * (t - len(row))
    ids = torch.tensor([pad(tokens) for tokens, _ in rows])
    segments = torch.tensor([pad(segments) for _, segments in rows])
    mask = torch.tensor([[i < len(tokens) for i in range(t)] for tokens, _ in rows])
    targets = torch.tensor([i % len(family["labels"]) for i in range(len(rows))])
    for w in ws.values():
        w.requires_grad_(True)
    hidden, logits = forward(ws, names, family, ids, segments, mask)
    loss = loss_of(logits, targets)
    loss.backward()
    gradients = {name: w.grad.clone() for name, w in ws.items()}
    total = math.sqrt(sum(g.pow(2).sum().item() for g in gradients.values()))
    clip = min(1.0, STEP["max_gradient_norm"] / (total + 1e-6))
    stepped = {}
    for name, w in ws.items():
        decay = STEP["weight_decay"] if w.dim() > 1 else 0
        g = gradients[name] * clip
        # The first step's corrected moments are the gradient and its square.
        stepped[name] = w.detach() * (1 - STEP["learning_rate"] * decay) - STEP["learning_rate"] * g / (g.abs() + STEP["epsilon"])
    _, after = forward(stepped, names, family, ids, segments, mask)
    return dict(
        inputs=[
            dict(text=first, pair=second, tokens=tokens, segments=kinds)
            for (first, second), (tokens, kinds) in zip(TEXTS, rows)
        ],
        hidden=[hidden[i, : len(tokens)].flatten().tolist() for i, (tokens, _) in enumerate(rows)],
        logits=logits.tolist(),
        targets=targets.tolist(),
        loss=loss.item(),
        gradient_norm=total,
        gradients={name: gradient.flatten().tolist() for name, gradient in gradients.items() if gradient.numel() <= 300},
        gradient_norms={name: gradient.norm().item() for name, gradient in gradients.items()},
        step=STEP,
        logits_after_step=after.tolist(),
    )


def rounded(value):
    if isinstance(value, float):
        return float("%.8g" % value)
    if isinstance(value, list):
        return [rounded(v) for v in value]
    if isinstance(value, dict):
        return {k: rounded(v) for k, v in value.items()}
    return value


def save_safetensors(path, ws):
    header, at, data = {"__metadata__": {"format": "pt"}}, 0, b""
    for name in sorted(ws):
        raw = ws[name].detach().float().numpy().astype("<f4").tobytes()
        header[name] = dict(dtype="F32", shape=list(ws[name].shape), data_offsets=[at, at + len(raw)])
        at += len(raw)
        data += raw
    text = json.dumps(header, separators=(",", ":")).encode()
    text += b" " * (-len(text) % 8)
    path.write_bytes(struct.pack("<Q", len(text)) + text + data)


class Exported(torch.nn.Module):
    """The same network with the inputs of transformers' models, for export."""

    def __init__(self, ws, names, family):
        super().__init__()
        self.ws = {name: w.detach().float() for name, w in ws.items()}
        self.names, self.family = names, family

    def forward(self, input_ids, attention_mask, token_type_ids):
        return forward(self.ws, self.names, self.family, input_ids, token_type_ids, attention_mask != 0)[1]


def export(folder, model):
    """As ONNX and as TorchScript, for batches of any size."""
    example = tuple(torch.ones(2, 5, dtype=torch.int64) for _ in range(3))
    names = ["input_ids", "attention_mask", "token_type_ids"]
    axes = {name: {0: "batch", 1: "length"} for name in names}
    torch.onnx.export(
        model, example, str(folder / "model.onnx"), input_names=names, output_names=["logits"],
        dynamic_axes={**axes, "logits": {0: "batch"}}, opset_version=14,
    )
    torch.jit.trace(model, example).save(str(folder / "model.pt"))


def main(target):
    for seed, (name, family) in enumerate(FAMILIES.items()):
        torch.manual_seed(seed)
        folder = target / name
        folder.mkdir(parents=True, exist_ok=True)
        ws, names = weights(family)
        labels = family["labels"]
        config = dict(
            family["config"], vocab_size=len(vocabulary(family["specials"])), dtype="float32",
            id2label={str(i): label for i, label in enumerate(labels)}, label2id={label: i for i, label in enumerate(labels)},
        )
        save_safetensors(folder / "model.safetensors", ws)
        (folder / "config.json").write_text(json.dumps(config, indent=2, sort_keys=True) + "\n")
        (folder / "tokenizer.json").write_text(json.dumps(tokenizer_json(family), indent=1) + "\n")
        (folder / "expected.json").write_text(json.dumps(rounded(expected(ws, names, family))) + "\n")
        if name == "encoder-bert":
            exported = target / "encoder-bert-exported"
            exported.mkdir(exist_ok=True)
            export(exported, Exported(ws, names, family))


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
