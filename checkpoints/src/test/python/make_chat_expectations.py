"""Renders the templates beside ../resources/chat/expected.json as transformers does, for a few conversations.

Made with transformers 5.18, Jinja2 3.1: python make_chat_expectations.py ../resources/chat
"""

import datetime
import json
import pathlib
import sys

from transformers.utils.chat_template_utils import _compile_jinja_template

CONVERSATIONS = [
    [{"role": "user", "content": "Hi there  "}],
    [
        {"role": "system", "content": " Be brief. "},
        {"role": "user", "content": "What is 1+1?\nTell <me> & \"all\" it's naïve 你好 🙂."},
        {"role": "assistant", "content": "<think>\nhm\n</think>\n\n2"},
        {"role": "user", "content": "Thanks"},
    ],
    [{"role": "user", "content": "a"}, {"role": "assistant", "content": "b"}, {"role": "assistant", "content": "c"}],
]


def render(template, messages, prompt):
    # The date is fixed, so that the text is.
    template.environment.globals["strftime_now"] = lambda f: datetime.datetime(2026, 3, 5, 17, 4, 9).strftime(f)
    try:
        return template.render(
            messages=messages, add_generation_prompt=prompt, bos_token="<s>", eos_token="</s>", tools=None, documents=None
        )
    except Exception as e:
        return {"error": str(e)}


def main(folder):
    expected = {
        path.name: [
            [render(_compile_jinja_template(path.read_text()), messages, prompt) for prompt in (True, False)]
            for messages in CONVERSATIONS
        ]
        for path in sorted(folder.glob("*.jinja"))
    }
    text = json.dumps({"conversations": CONVERSATIONS, "expected": expected}, ensure_ascii=False, indent=1)
    (folder / "expected.json").write_text(text + "\n")


if __name__ == "__main__":
    main(pathlib.Path(sys.argv[1]))
