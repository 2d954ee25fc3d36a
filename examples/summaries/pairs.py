"""Pairs for a reward model: the maintainer's summary over a sampled one. Reads completions as `counterflow export` writes them."""
import gzip
import json
import sys

seen = set()
with gzip.open(sys.argv[1], "rt", encoding="utf-8") as lines:
    for line in lines:
        completion = json.loads(line)["value"]
        prompt, text = completion["prompt"], completion["text"]
        summary = prompt["metadata"]["summary"]
        if completion["purpose"] == "TRAINING" and text.strip() != summary and (prompt["promptId"], text) not in seen:
            seen.add((prompt["promptId"], text))
            print(json.dumps({"prompt": prompt["text"], "chosen": " " + summary, "rejected": " " + text.strip()}))
