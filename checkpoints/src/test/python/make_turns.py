"""Writes turns.json: conversations of several turns as transformers encodes and masks them, with every kind of tokenizer.

    python make_turns.py ../resources/tokenizers

Parts end with a character of one byte: of a last character that several tokens spell, transformers masks the first of them alone.

The file says which versions it was made with. trim_offsets is off, as in splits.json: it hides which token a space belongs to.
"""
import json
import pathlib
import sys

import tokenizers
import transformers

folder = pathlib.Path(sys.argv[1])

MARKED = {
    "chatml": "{% for m in messages %}{% if m.role == 'assistant' %}<|im_start|>assistant\n{% generation %}{{ m.content }}<|im_end|>"
    "{% endgeneration %}{{ '\\n' }}{% else %}<|im_start|>{{ m.role }}\n{{ m.content }}<|im_end|>\n{% endif %}{% endfor %}"
    "{% if add_generation_prompt %}<|im_start|>assistant\n{% endif %}",
    "plain": "{% for m in messages %}{% if m.role == 'assistant' %}{% generation %} {{ m.content }}</s>{% endgeneration %}"
    "{% else %}[{{ m.role }}] {{ m.content }} [said]{% endif %}{% endfor %}",
    "words": "{% for m in messages %}{{ m.role }}: {% if m.role == 'assistant' %}{% generation %}{{ m.content }}{% endgeneration %}"
    "{% else %}{{ m.content }}{% endif %}\n{% endfor %}{% if add_generation_prompt %}assistant: {% endif %}",
}

CONVERSATIONS = [
    [("user", "the cat"), ("assistant", "sat on the mat")],
    [("user", "the cat"), ("assistant", "sat"), ("user", "and then"), ("assistant", "it ran away")],
    [("system", "be kind"), ("user", "call it"), ("assistant", "now"), ("tool", "the result 42"), ("assistant", "it is 42"),
     ("user", "thanks")],
    [("user", "größe 🐈 ?"), ("assistant", "die katze 🐈‍⬛ sitzt"), ("user", "日本"), ("assistant", "語 é!")],
    [("user", "a  b"), ("assistant", "two  spaces\nand a line"), ("user", "\n"), ("assistant", "x")],
]


def untrimmed(path):
    text = json.loads(path.read_text())

    def walk(node):
        if isinstance(node, dict):
            if "trim_offsets" in node:
                node["trim_offsets"] = False
            for value in node.values():
                walk(value)
        elif isinstance(node, list):
            for value in node:
                walk(value)

    walk(text)
    return tokenizers.Tokenizer.from_str(json.dumps(text))


cases = []
for path in sorted(folder.glob("*.json")):
    if path.stem in ("splits", "turns"):
        continue
    for kind, template in MARKED.items():
        fast = transformers.PreTrainedTokenizerFast(tokenizer_object=untrimmed(path))
        fast.chat_template = template
        for number, turns in enumerate(CONVERSATIONS):
            messages = [{"role": role, "content": content} for role, content in turns]
            try:
                encoded = fast.apply_chat_template(messages, tokenize=True, return_dict=True, return_assistant_tokens_mask=True)
            except Exception as e:  # a closed vocabulary
                print(path.stem, kind, number, repr(e)[:80])
                continue
            if not any(encoded["assistant_masks"]):
                # WordPiece drops spaces, and transformers finds no token where a part begins with one.
                print(path.stem, kind, number, "has no mask")
                continue
            cases.append({"tokenizer": path.stem, "template": kind, "conversation": number, "ids": encoded["input_ids"],
                          "mask": encoded["assistant_masks"]})
out = {
    "transformers": transformers.__version__,
    "tokenizers": tokenizers.__version__,
    "templates": MARKED,
    "conversations": [[{"role": r, "content": c} for r, c in turns] for turns in CONVERSATIONS],
    "cases": cases,
}
(folder / "turns.json").write_text(json.dumps(out, ensure_ascii=False) + "\n")
print(len(cases), "cases")
