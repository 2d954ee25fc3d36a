"""A scorer as a process: reads one request a line, writes one outcome a line, with the request's id. Configure a scorer of kind
`command` with `command: [python3, docs/scorers/command_scorer.py]`. What people should read goes to standard error."""
import json
import sys

for line in sys.stdin:
    request = json.loads(line)
    words = request["completion"].split()
    print(json.dumps({"id": request["id"], "value": len(set(words)) / max(1, len(words))}), flush=True)
